"""The health of outlets as a database knows them."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from monitor.health import LOOKBACK, Health, health
from monitor.health.nights import COLUMNS

_ROWS = f"""
SELECT outlet, {', '.join(COLUMNS)} FROM crawls WHERE night >= ?
UNION ALL
SELECT outlet, {', '.join(COLUMNS)} FROM crawls
WHERE id IN (SELECT max(id) FROM crawls GROUP BY outlet) AND night < ?
ORDER BY night
"""

_MISSED = """
SELECT outlet, detail FROM quarantine
WHERE stage = 'discover' AND crawl IN (SELECT max(id) FROM crawls GROUP BY outlet) ORDER BY id
"""


def read_health(
    connection: sqlite3.Connection, outlets: Iterable[str], at: datetime
) -> list[Health]:
    """Of each outlet as of ``at``, the worst first, the longest in trouble first.

    A demo is judged as of its last night. The connection gives rows by column name.
    """
    if connection.execute("SELECT 1 FROM meta WHERE key = 'demo'").fetchone():
        last = connection.execute("SELECT max(night) FROM crawls").fetchone()[0]
        at = datetime.fromisoformat(last) if last else at
    cutoff = (at - LOOKBACK).isoformat()
    rows: dict[str, list[sqlite3.Row]] = defaultdict(list)
    for row in connection.execute(_ROWS, [cutoff, cutoff]):
        rows[row["outlet"]].append(row)
    missed: dict[str, list[str]] = defaultdict(list)
    for outlet, detail in connection.execute(_MISSED):
        missed[outlet].append(detail)
    found = [health(outlet, rows[outlet], at, missed[outlet]) for outlet in outlets]
    return sorted(found, key=lambda each: each.order)
