"""What the page of outlets shows: how each fares, and a plot of its last nights."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from monitor.health import Health, PastNight
from monitor.health.reading import judged_at, read_health
from workbench.memory import Memory, nights_version

DAYS = 90
"""Days of a plot."""

BAR = 4
"""Width of a day in the plot's units, HEIGHT its height; a bar leaves one unit free."""
HEIGHT = 44

_OUTLETS = """
SELECT slug, name,
       (SELECT max(coalesce(published_at, first_fetched_at)) FROM
            (SELECT published_at, first_fetched_at FROM articles
             WHERE outlet = slug ORDER BY id DESC LIMIT 100)) AS last_article
FROM outlets WHERE status = 'active'
"""
"""The newest of the articles that were stored last: quick, whatever the outlet's size."""

_FLAGGED = """
SELECT outlet, sum(new + headlines) AS stories, sum(flagged) AS flagged
FROM crawls WHERE night >= ? GROUP BY outlet
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """A night with new stories: left edge, top and height."""

    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Span:
    """Nights of trouble that follow each other: left edge and width."""

    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Plot:
    """``most`` is what a bar of full height stands for; higher ones are cut off."""

    bars: Sequence[Bar]
    troubled: Sequence[Span]
    most: int
    nights: int
    troubled_nights: int

    @property
    def width(self) -> int:
        return DAYS * BAR


@dataclass(frozen=True, slots=True)
class OutletCard:
    """``stories`` and, of these, ``flagged`` are those of the plot's days."""

    name: str
    health: Health
    last_article: str | None
    stories: int
    flagged: int
    plot: Plot


_known = Memory[list[OutletCard]](4)


def read_outlets(connection: sqlite3.Connection, now: datetime) -> list[OutletCard]:
    """The crawled outlets as they fare now, those in trouble first. Rows come by column name.

    To judge a hundred outlets takes half a second; until a crawl begins or ends, that is
    done once.
    """
    at = judged_at(connection, now)
    key = (at.date(), *nights_version(connection))
    return _known.get(key, lambda: _cards(connection, at))


def read_outlet_names(connection: sqlite3.Connection) -> dict[str, str]:
    """Name of each outlet by slug."""
    return dict(connection.execute("select slug, name from outlets").fetchall())


def _cards(connection: sqlite3.Connection, at: datetime) -> list[OutletCard]:
    outlets = {row["slug"]: row for row in connection.execute(_OUTLETS)}
    since = (at - timedelta(days=DAYS)).isoformat()
    counts = {row["outlet"]: row for row in connection.execute(_FLAGGED, [since])}
    judged = read_health(connection, outlets, at)
    until = max((health.night.day for health in judged if health.night), default=at.date())
    cards = []
    for health in judged:
        row, counted = outlets[health.outlet], counts.get(health.outlet)
        cards.append(
            OutletCard(
                row["name"],
                health,
                row["last_article"],
                counted["stories"] if counted else 0,
                counted["flagged"] if counted else 0,
                plot(health.history, until),
            )
        )
    return cards


def plot(history: Sequence[PastNight], until: date) -> Plot:
    """The last :data:`DAYS` days to ``until``; a day without a crawl stays empty."""
    days = ((DAYS - 1 - (until - night.day).days, night) for night in history)
    shown = [(day, night) for day, night in days if 0 <= day < DAYS]
    if not shown:
        return Plot((), (), 0, 0, 0)
    # The first nights may list an archive, beside which nothing else would be seen.
    counts = sorted(night.fresh or 0 for _, night in shown)
    most = max(1, min(counts[-1], 2 * counts[len(counts) * 9 // 10]))
    bars = []
    for day, night in shown:
        if night.fresh:
            height = round(HEIGHT * min(1.0, night.fresh / most), 1)
            bars.append(Bar(day * BAR, HEIGHT - height, height))
    troubled = [day for day, night in shown if night.trouble]
    runs = [
        [day for _, day in run]
        for _, run in groupby(enumerate(troubled), lambda each: each[1] - each[0])
    ]
    spans = [Span(run[0] * BAR, len(run) * BAR) for run in runs]
    return Plot(bars, spans, most, len(shown), len(troubled))
