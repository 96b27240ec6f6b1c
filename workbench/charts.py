"""Counts → the geometry of a bar chart that a template draws as SVG.

Across in per cent of the chart's width and down in pixels: bars get wider with
the page while texts, lines and patterns keep their size, from a telephone to a
wide screen and on paper.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from math import ceil, sqrt

FEWEST = 12
"""Fewer bars are not made wider than if there were so many."""
LABELS = 6
"""Names below the bars, at most, where nothing else is asked for: what there is room for on a
telephone."""
NUMBERED = 16
"""Up to so many bars carry their number."""
_GAP = 0.16
"""Of a bar's place, what it leaves free."""
_LINES = 4
"""Horizontal lines, at most."""
_LEAST = 1.5
"""Pixels of the smallest bar that is one, so that a single story beside a thousand is seen."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar: the number of its kind, top edge and height."""

    kind: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """Left edge and width of the bar, left edge of its place; ``label`` is "" where there is
    no room for one."""

    x: float
    width: float
    place: float
    parts: Sequence[Part]
    top: float
    total: int
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    y: float
    value: int


@dataclass(frozen=True, slots=True)
class Chart:
    """``place`` is the width of a bar with the gaps beside it; ``numbered`` whether the bars
    carry their numbers."""

    bars: Sequence[Bar]
    lines: Sequence[Line]
    height: int
    place: float
    numbered: bool


def stacked(
    labels: Sequence[str],
    counts: Sequence[Sequence[int]],
    height: int,
    head: int = 0,
    most_labels: int = LABELS,
) -> Chart:
    """A bar for each label; ``counts`` has its numbers, one for each kind, the lowest first.

    ``height`` pixels in all, of which ``head`` above the highest bar stay free.
    """
    totals = [sum(each) for each in counts]
    lines = ticks(max(totals, default=0))
    scale = (height - head) / lines[-1]
    place = 100 / max(len(labels), FEWEST)
    every = -(-len(labels) // most_labels)
    bars = []
    for number, (label, each) in enumerate(zip(labels, counts, strict=True)):
        parts, y = [], float(height)
        for kind, stories in enumerate(each):
            if stories:
                tall = max(_LEAST, stories * scale)
                y -= tall
                parts.append(Part(kind, round(y, 1), round(tall, 1)))
        x = number * place
        bars.append(
            Bar(
                round(x + place * _GAP / 2, 3),
                round(place * (1 - _GAP), 3),
                round(x, 3),
                parts,
                round(y, 1),
                totals[number],
                label if number % every == 0 else "",
            )
        )
    return Chart(
        bars,
        [Line(round(height - value * scale, 1), value) for value in lines],
        height,
        round(place, 3),
        len(labels) <= NUMBERED,
    )


def ticks(most: int) -> list[int]:
    """Round numbers for the horizontal lines, evenly spaced; the last is ``most`` or above."""
    most = max(most, 1)
    step = next(step for step in _round_numbers() if step * _LINES >= most)
    return list(range(step, most + step, step))


def _round_numbers() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50 …"""
    for power in count():
        yield from (factor * 10**power for factor in (1, 2, 5))


def shade(stories: int, most: int, shades: int = 5) -> int:
    """0 for none, else 1 to ``shades``: by the square root, so that small numbers differ."""
    return ceil(shades * sqrt(stories / most)) if stories else 0
