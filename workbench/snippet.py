"""The few lines of a text that show best why it was flagged."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.text.zawgyi import zawgyi_lines
from workbench.highlight import Mark, Segment, segments
from workbench.legible import legible_segments

BEFORE, LENGTH = 60, 260
"""Characters before the first word of the best reason, and of all; half as many wide ones."""

_LOOK = 30
"""Characters within which a cut moves to a space; scripts without spaces are cut
where no sign stands on the letter before."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """``segments`` of the text; ``opens`` and ``closes``: it begins, ends with the text."""

    segments: Sequence[Segment]
    opens: bool
    closes: bool


def snippet(
    text: str, matches: Iterable[Mapping[str, Any]], reasons: Sequence[Iterable[Mapping[str, Any]]]
) -> Snippet | None:
    """The lines around the first reason that rests on words of the text, else around its
    beginning; None without a text. ``matches`` are rows of the table, ``reasons`` each
    reason's matches, the weightiest first."""
    if not text.strip():
        return None
    marks = [
        Mark(match["start"], match["end"], match["concept"])
        for match in matches
        if match["field"] == "text" and text[match["start"] : match["end"]] == match["surface"]
    ]
    starts = (
        min((match["start"] for match in reason if match["field"] == "text"), default=None)
        for reason in reasons
    )
    first = next((start for start in starts if start is not None), 0)
    start = _cut(text, max(first - BEFORE, 0))
    end = _cut(text, min(start + LENGTH // _width(text[start : start + LENGTH]), len(text)))
    inside = [
        Mark(max(mark.start, start) - start, min(mark.end, end) - start, mark.concept)
        for mark in marks
        if mark.start < end and mark.end > start
    ]
    lines = text[start:end]
    shown = legible_segments(segments(lines, inside), zawgyi_lines(lines))
    return Snippet(shown, start == 0, end == len(text))


def _cut(text: str, at: int) -> int:
    """A place at or after ``at`` where a text may be cut."""
    if at in (0, len(text)):
        return at
    space = next((n for n in range(at, min(at + _LOOK, len(text))) if text[n].isspace()), None)
    if space is not None:
        return space + 1
    while at < len(text) and _leans(text[at]):
        at += 1
    return at


def _width(text: str) -> int:
    """2 where most characters are as wide as two Latin letters (Chinese), else 1."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return 2 if wide * 2 > len(text) else 1


def _leans(character: str) -> bool:
    """Whether it stands on, or joins, the character before."""
    return unicodedata.category(character) in ("Mn", "Mc", "Cf")
