"""A text and its matches → pieces that a page can show, in order and without overlap."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from workbench import words

_PARAGRAPH = re.compile(r"[^\n]+(?:\n[^\n]+)*")
"""A run of lines; paragraphs are separated by one empty line."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A match to show: ``start`` and ``end`` are offsets in characters into the text."""

    start: int
    end: int
    concept: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text under the same marks throughout.

    ``concepts`` are those of the marks over it, the most telling first, empty
    for plain text. ``starts`` is whether a mark begins here: then ``offset``,
    its place in the text, is where a reason points to.
    """

    text: str
    offset: int
    concepts: tuple[str, ...] = ()
    starts: bool = False

    @property
    def concept(self) -> str:
        """What decides the colour: the most telling concept, without its detail."""
        return self.concepts[0].partition(":")[0] if self.concepts else ""

    @property
    def label(self) -> str:
        return ", ".join(words.concept(concept) for concept in self.concepts)


def marks_of(matches: Iterable[Mapping[str, Any]], field: str, text: str) -> list[Mark]:
    """The marks of the matches (rows of the table) in one field that are where they say; a
    wrong highlight is worse than none."""
    return [
        Mark(match["start"], match["end"], match["concept"])
        for match in matches
        if match["field"] == field and text[match["start"] : match["end"]] == match["surface"]
    ]


def segments(text: str, marks: Iterable[Mark], cuts: Iterable[int] = ()) -> list[Segment]:
    """``text`` cut where marks begin and end, and at ``cuts``. Joined, the pieces are the text.

    Marks may overlap, nest, repeat or reach outside; what is outside is ignored.
    """
    opening, closing = defaultdict[int, list[Mark]](list), defaultdict[int, list[Mark]](list)
    for mark in marks:
        start, end = max(mark.start, 0), min(mark.end, len(text))
        if start < end:
            opening[start].append(mark)
            closing[end].append(mark)
    edges = sorted({0, len(text), *opening, *closing, *(c for c in cuts if 0 < c < len(text))})
    pieces, active = [], list[Mark]()
    for start, end in pairwise(edges):
        for mark in closing[start]:
            active.remove(mark)
        active += opening[start]
        pieces.append(Segment(text[start:end], start, _concepts(active), bool(opening[start])))
    return pieces


def paragraphs(text: str, marks: Iterable[Mark]) -> list[list[Segment]]:
    """The segments of each paragraph; offsets are those of the whole text."""
    spans = [found.span() for found in _PARAGRAPH.finditer(text)]
    pieces = segments(text, marks, (edge for span in spans for edge in span))
    starts = [piece.offset for piece in pieces]
    return [pieces[bisect_left(starts, a) : bisect_left(starts, b)] for a, b in spans]


def _concepts(marks: Iterable[Mark]) -> tuple[str, ...]:
    order = words.concept_order()

    def rank(concept: str) -> tuple[int, str]:
        base = concept.partition(":")[0]
        return (order.index(base) if base in order else len(order), concept)

    return tuple(sorted({mark.concept for mark in marks}, key=rank))
