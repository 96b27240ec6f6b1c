"""The planner's statistics: how many rows each index has, and how many to a value.

Gathered from every row, but only when a table has grown by a fifth since: a night costs the
same over any archive. A sample (``PRAGMA analysis_limit``) is quicker and worse than nothing: at
1,000,000 articles it took an index for seven times as large as it was, and the newest articles
were found by sorting all.
"""

from __future__ import annotations

import sqlite3

GROWN = 1.2

# Not the search index, which has no index of its own, nor the small tables of counts.
_TABLES = """
SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'index' AND tbl_name IN
    (SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%WITHOUT ROWID%')
"""
_GATHERED = "SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = ?"


def forget(connection: sqlite3.Connection) -> None:
    """The design of the tables has changed: an index without statistics beside others that
    have them would be taken for the best."""
    if _has_any(connection):
        connection.execute("DELETE FROM sqlite_stat1")


def gather(connection: sqlite3.Connection) -> None:
    """Bring the statistics of the tables up to date that have grown since, in the open transaction."""
    known = _has_any(connection)
    for (table,) in connection.execute(_TABLES).fetchall():
        # The last number, not the count, for which every row would be visited.
        rows = connection.execute(f'SELECT max(rowid) FROM "{table}"').fetchone()[0] or 0
        then = connection.execute(_GATHERED, [table]).fetchone()[0] if known else None
        if rows and rows > GROWN * (then or 0):
            connection.execute(f'ANALYZE "{table}"')


def _has_any(connection: sqlite3.Connection) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")
    return found.fetchone() is not None
