"""Hosts that asked for rest: what of it outlasts the night."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from monitor.store.values import happened, moment

MOST_SLOWDOWN = 8.0
"""Times the usual delay between two requests to a host that keeps asking for rest."""


@dataclass(frozen=True, slots=True)
class Host:
    """``not_before`` is until when the host is left alone; ``slowdown`` by how many
    times the delay between requests to it is longer than usual."""

    host: str
    not_before: datetime | None
    slowdown: float
    reason: str


def read_hosts(connection: sqlite3.Connection) -> dict[str, Host]:
    """Every host of which there is something to remember, by name (with a port where
    one was given)."""
    return {
        row["host"]: Host(row["host"], moment(row["not_before"]), row["slowdown"], row["reason"])
        for row in connection.execute("SELECT * FROM hosts")
    }


def note_night(
    connection: sqlite3.Connection,
    host: str,
    at: datetime,
    *,
    not_before: datetime | None,
    reason: str,
) -> None:
    """What a night brought. A host that asked for rest (``reason``) is asked half as
    often from the next night on, one that did not twice as often, until it is the usual."""
    before = connection.execute("SELECT slowdown FROM hosts WHERE host = ?", [host]).fetchone()
    slowdown = before["slowdown"] if before else 1.0
    slowdown = min(MOST_SLOWDOWN, slowdown * 2) if reason else max(1.0, slowdown / 2)
    if slowdown == 1.0:
        connection.execute("DELETE FROM hosts WHERE host = ?", [host])
        return
    connection.execute(
        """
        INSERT INTO hosts(host, not_before, slowdown, reason, changed_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT(host) DO UPDATE SET not_before = excluded.not_before,
            slowdown = excluded.slowdown, reason = iif(excluded.reason = '', reason,
            excluded.reason), changed_at = excluded.changed_at
        """,
        [host, happened(not_before) if not_before else None, slowdown, reason, happened(at)],
    )
