"""What the first page shows: how much there is, the last night, the newest stories."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from monitor.store import night_summary, utc_now
from monitor.summary import totals
from workbench.outlets import OutletCard, read_outlets

NEWEST = 12
"""Stories on the first page: what one screen holds."""

_COUNTS = {
    "articles": "select count(*) from articles",
    "stories": "select count(*) from articles where flagged = 1",
    "outlets": "select count(*) from outlets where status = 'active'",
    "languages": "select count(distinct language) from articles where language <> 'und'",
}

_STORIES = """
select id, outlet, url, title, published_at, first_fetched_at, language, script, state, score,
       gutted_at, headline_only,
       story_type, sending, receiving, why
from articles where flagged = 1 order by published_at desc, id desc limit ?
"""


@dataclass(frozen=True, slots=True)
class LastNight:
    """``rows`` as :func:`monitor.store.night_summary` gives them."""

    night: str
    rows: Sequence[dict[str, Any]]

    @property
    def totals(self) -> dict[str, int]:
        return totals(self.rows)

    @property
    def finished(self) -> int:
        return sum(row["outcome"] == "finished" for row in self.rows)


@dataclass(frozen=True, slots=True)
class Home:
    """``night`` is None before the first crawl; ``trouble`` the outlets that are not healthy."""

    counts: dict[str, int]
    night: LastNight | None
    stories: Sequence[sqlite3.Row]
    trouble: Sequence[OutletCard]


def read_home(connection: sqlite3.Connection) -> Home:
    """Read the first page's contents. The connection gives rows by column name."""
    counts = {name: connection.execute(sql).fetchone()[0] for name, sql in _COUNTS.items()}
    latest = connection.execute("select max(night) from crawls").fetchone()[0]
    night = LastNight(latest, night_summary(connection, latest)) if latest else None
    stories = connection.execute(_STORIES, [NEWEST]).fetchall()
    trouble = [card for card in read_outlets(connection, utc_now()) if not card.health.well]
    return Home(counts, night, stories, trouble)


def read_outlet_names(connection: sqlite3.Connection) -> dict[str, str]:
    """Name of each outlet by slug."""
    return dict(connection.execute("select slug, name from outlets").fetchall())
