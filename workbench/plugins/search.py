"""Search in every language: Datasette's ``?_search=`` through the monitor's own words."""

from __future__ import annotations

import sqlite3

from datasette import hookimpl

from monitor import text
from monitor.store.connection import BUSY_TIMEOUT_MS


@hookimpl(trylast=True)  # type: ignore[untyped-decorator]
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Register the search functions. Last, because Datasette registers an
    ``escape_fts`` of its own, which knows nothing of scripts without spaces."""
    conn.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    text.register(conn)
    conn.create_function("escape_fts", 1, _expression, deterministic=True)


def _expression(query: object) -> str:
    return text.search_query("" if query is None else str(query))
