"""The health of outlets as a database knows them."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from monitor.health import LOOKBACK, Health, health
from monitor.health.nights import COLUMNS

_ROWS = f"""
SELECT outlet, {", ".join(COLUMNS)} FROM crawls WHERE night >= ?
UNION ALL
SELECT outlet, {", ".join(COLUMNS)} FROM crawls
WHERE id IN (SELECT max(id) FROM crawls GROUP BY outlet) AND night < ?
ORDER BY night
"""

_MISSED = """
SELECT outlet, detail FROM quarantine
WHERE stage = 'discover' AND crawl IN (SELECT max(id) FROM crawls GROUP BY outlet) ORDER BY id
"""


def active_outlets(connection: sqlite3.Connection) -> list[str]:
    """The outlets that were crawled, without those retired or only imported."""
    return [
        slug for (slug,) in connection.execute("SELECT slug FROM outlets WHERE status = 'active'")
    ]


def judged_at(connection: sqlite3.Connection, now: datetime) -> datetime:
    """The moment as of which the nights are judged: now; of a demo its last night."""
    if not connection.execute("SELECT 1 FROM meta WHERE key = 'demo'").fetchone():
        return now
    last = connection.execute("SELECT max(night) FROM crawls").fetchone()[0]
    return datetime.fromisoformat(last) if last else now


def read_health(
    connection: sqlite3.Connection, outlets: Iterable[str], now: datetime
) -> list[Health]:
    """Of each outlet, the worst first and the longest in trouble first of these.

    The connection gives rows by column name.
    """
    at = judged_at(connection, now)
    cutoff = (at - LOOKBACK).isoformat()
    rows: dict[str, list[sqlite3.Row]] = defaultdict(list)
    for row in connection.execute(_ROWS, [cutoff, cutoff]):
        rows[row["outlet"]].append(row)
    missed: dict[str, list[str]] = defaultdict(list)
    for outlet, detail in connection.execute(_MISSED):
        missed[outlet].append(detail)
    found = [health(outlet, rows[outlet], at, missed[outlet]) for outlet in outlets]
    return sorted(found, key=lambda each: each.order)
