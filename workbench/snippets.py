"""A text, and a query's words or a verdict's reasons → the piece of it that shows them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from monitor.text.clusters import DEPENDENT, STACKERS
from monitor.text.finding import Finder, Found
from monitor.text.zawgyi import zawgyi_lines
from workbench.highlight import Mark, Segment, marks_of, segments
from workbench.legible import legible_segments

FOUND = "found"
"""The concept of the marks, as :mod:`workbench.highlight` calls what decides the colour."""
LENGTH = 260
"""Characters of a snippet: two or three lines."""
_BEFORE = 70
"""Characters before the first place, so that it is not read without its sentence."""
_LEEWAY = 25
"""How far a cut may move to fall between words."""
_PARAGRAPHS = 3
"""Paragraphs that are compared. More would mean reading long texts to their end."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """``pieces`` in order; whether something was cut at either end."""

    pieces: list[Segment]
    cut_before: bool = False
    cut_after: bool = False


def marked(line: str, finder: Finder) -> list[Segment]:
    """A headline with the query's words marked."""
    marks = [
        Mark(start, end, FOUND) for found in finder.paragraphs(line) for start, end in found.places
    ]
    return legible_segments(segments(line, marks), zawgyi_lines(line))


def around_words(text: str, finder: Finder) -> Snippet:
    """The piece of ``text`` around the query's words; its beginning if they are not in it."""
    candidates = islice(finder.paragraphs(text), _PARAGRAPHS)
    best = max(candidates, key=lambda found: found.words, default=None)
    if best is None:
        best = Found(0, len(text.partition("\n\n")[0]), ())
    paragraph = text[best.start : best.end]
    marks = [Mark(start - best.start, end - best.start, FOUND) for start, end in best.places]
    return _around(paragraph, marks[0].start if marks else 0, marks, LENGTH)


def around_reasons(
    text: str, matches: Iterable[Mapping[str, Any]], reasons: Sequence[Iterable[Mapping[str, Any]]]
) -> Snippet | None:
    """The piece of ``text`` around the first reason that rests on words of it, else its
    beginning; None without a text. ``matches`` are rows of the table, ``reasons`` each
    reason's matches, the weightiest first."""
    if not text.strip():
        return None
    starts = (
        min((match["start"] for match in reason if match["field"] == "text"), default=None)
        for reason in reasons
    )
    first = next((start for start in starts if start is not None), 0)
    length = LENGTH // _width(text[first : first + LENGTH])
    return _around(text, first, marks_of(matches, "text", text), length)


def _around(text: str, place: int, marks: Iterable[Mark], length: int) -> Snippet:
    start, end = _window(text, place, length)
    pieces = [piece for piece in segments(text, marks, (start, end)) if start <= piece.offset < end]
    return Snippet(legible_segments(pieces, zawgyi_lines(text)), start > 0, end < len(text))


def _width(text: str) -> int:
    """2 where most characters are as wide as two Latin letters (Chinese), else 1."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return 2 if wide * 2 > len(text) else 1


def _window(text: str, place: int, length: int) -> tuple[int, int]:
    """A span of about ``length`` characters around ``place``, cut between words if spaces
    show where, between clusters otherwise."""
    start = 0 if place <= _BEFORE + _LEEWAY else place - _BEFORE
    if start:
        space = next((at for at in range(start, start + _LEEWAY) if text[at].isspace()), None)
        start = _cluster_start(text, start) if space is None else space + 1
    end = start + length
    if end >= len(text):
        return start, len(text)
    space = next((at for at in range(end, end - _LEEWAY, -1) if text[at].isspace()), None)
    return start, _cluster_start(text, end) if space is None else space


def _cluster_start(text: str, at: int) -> int:
    """The first place from ``at`` on where a cluster begins."""
    while at < len(text) and (DEPENDENT.match(text, at) or text[at - 1] in STACKERS):
        at += 1
    return at
