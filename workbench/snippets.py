"""A text and a query's words → the piece of it that shows them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from monitor.text.clusters import DEPENDENT, STACKERS
from monitor.text.finding import Finder, Found
from monitor.text.zawgyi import zawgyi_lines
from workbench.highlight import Mark, Segment, segments
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
    """``pieces`` in order; whether something of the paragraph was cut at either end."""

    pieces: list[Segment]
    cut_before: bool = False
    cut_after: bool = False


def marked(line: str, finder: Finder) -> list[Segment]:
    """A headline with the query's words marked."""
    marks = [
        Mark(start, end, FOUND) for found in finder.paragraphs(line) for start, end in found.places
    ]
    return legible_segments(segments(line, marks), zawgyi_lines(line))


def snippet(text: str, finder: Finder) -> Snippet:
    """The piece of ``text`` around the query's words; its beginning if they are not in it."""
    candidates = islice(finder.paragraphs(text), _PARAGRAPHS)
    best = max(candidates, key=lambda found: found.words, default=None)
    if best is None:
        best = Found(0, len(text.partition("\n\n")[0]), ())
    paragraph = text[best.start : best.end]
    places = [(start - best.start, end - best.start) for start, end in best.places]
    start, end = _window(paragraph, places[0][0] if places else 0)
    marks = [Mark(first, last, FOUND) for first, last in places]
    pieces = [
        piece for piece in segments(paragraph, marks, (start, end)) if start <= piece.offset < end
    ]
    return Snippet(
        legible_segments(pieces, zawgyi_lines(paragraph)), start > 0, end < len(paragraph)
    )


def _window(text: str, place: int) -> tuple[int, int]:
    """A span of about ``LENGTH`` characters around ``place``, cut between words if spaces
    show where, between clusters otherwise."""
    start = 0 if place <= _BEFORE + _LEEWAY else place - _BEFORE
    if start:
        space = next((at for at in range(start, start + _LEEWAY) if text[at].isspace()), None)
        start = _cluster_start(text, start) if space is None else space + 1
    end = start + LENGTH
    if end >= len(text):
        return start, len(text)
    space = next((at for at in range(end, end - _LEEWAY, -1) if text[at].isspace()), None)
    return start, _cluster_start(text, end) if space is None else space


def _cluster_start(text: str, at: int) -> int:
    """The first place from ``at`` on where a cluster begins."""
    while at < len(text) and (DEPENDENT.match(text, at) or text[at - 1] in STACKERS):
        at += 1
    return at
