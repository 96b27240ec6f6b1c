"""Nights: the crawls of each outlet, as they begin, as they end, and looked back on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitor.store.values import happened, printable

COUNTS = (
    "discovered",
    "fetched",
    "new",
    "changed",
    "unchanged",
    "gone",
    "flagged",
    "blocked",
    "failed",
    "requests",
    "bytes",
    "fresh",
    "headlines",
    "extracted",
    "titled",
    "dated",
    "bylined",
    "sources_ok",
    "sources_missed",
)
"""The counts of a crawl, as the columns of ``crawls``."""

_SUMS = ", ".join(f"sum({name}) AS {name}" for name in COUNTS)


def begin_crawl(connection: sqlite3.Connection, outlet: str, night: str, at: datetime) -> int:
    """The id of a new crawl. What an earlier process of this outlet left
    ``running`` becomes ``interrupted``."""
    connection.execute(
        "UPDATE crawls SET outcome = 'interrupted',"
        " reason = 'the process ended before the crawl did'"
        " WHERE outlet = ? AND outcome = 'running'",
        [outlet],
    )
    row = connection.execute(
        "INSERT INTO crawls(night, outlet, started_at) VALUES (?, ?, ?) RETURNING id",
        [night, outlet, happened(at)],
    ).fetchone()
    return int(row["id"])


def end_crawl(
    connection: sqlite3.Connection,
    crawl: int,
    outcome: str,
    counts: Mapping[str, int],
    at: datetime,
    seconds: float,
    reason: str,
    text_median: int | None = None,
    errors: Mapping[str, int] | None = None,
) -> None:
    """Store how a crawl went. Raises ValueError for a count that has no column."""
    unknown = sorted(set(counts) - set(COUNTS))
    if unknown:
        raise ValueError(f"crawls have no count {', '.join(unknown)}; they have {COUNTS}")
    columns: dict[str, object] = dict(counts) | {"outcome": outcome, "reason": printable(reason)}
    columns |= {"finished_at": happened(at), "seconds": round(seconds, 3)}
    columns |= {"text_median": text_median, "errors": json.dumps(dict(errors or {}))}
    connection.execute(
        f"UPDATE crawls SET {', '.join(f'{name} = :{name}' for name in columns)} WHERE id = :crawl",
        columns | {"crawl": crawl},
    )


def night_summary(connection: sqlite3.Connection, night: str) -> list[dict[str, Any]]:
    """One dict per outlet crawled in a night, by slug: ``night``, ``outlet``, ``name``,
    the counts, ``seconds``, ``crawls``, ``outcome`` and ``reason``.

    An outlet crawled twice in one night has its counts added up, with the
    outcome of the last crawl and ``crawls`` = 2.
    """
    rows = connection.execute(
        f"""
        SELECT night, outlet, outlets.name, {_SUMS}, round(sum(seconds), 1) AS seconds,
               count(*) AS crawls, max(crawls.id) AS last
        FROM crawls JOIN outlets ON slug = outlet
        WHERE night = ? GROUP BY outlet ORDER BY outlet
        """,
        [night],
    )
    return [_with_outcome(connection, row) for row in _dicts(rows)]


def last_crawls(connection: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    """The last crawl of each outlet that was ever crawled, as its row of ``crawls``."""
    rows = connection.execute(
        "SELECT * FROM crawls WHERE id IN (SELECT max(id) FROM crawls GROUP BY outlet)"
        " ORDER BY outlet"
    )
    return {row["outlet"]: row for row in _dicts(rows)}


def _with_outcome(connection: sqlite3.Connection, summary: dict[str, Any]) -> dict[str, Any]:
    last = connection.execute(
        "SELECT outcome, reason FROM crawls WHERE id = ?", [summary.pop("last")]
    ).fetchone()
    return summary | {"outcome": last[0], "reason": last[1]}


def _dicts(cursor: sqlite3.Cursor) -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
