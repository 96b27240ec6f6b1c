"""The demo's database: the only one that is ever thrown away, so it is marked."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from monitor.store.connection import (
    StoreError,
    connect_readonly,
    open_writer,
    unwritable,
    utc_now,
)
from monitor.store.lock import WriterLock


def is_demo(path: Path) -> bool:
    """Whether :func:`begin_demo` made the database at ``path``."""
    try:
        with closing(connect_readonly(path)) as connection:
            return (
                connection.execute("SELECT 1 FROM meta WHERE key = 'demo'").fetchone() is not None
            )
    except (StoreError, sqlite3.Error):
        return False


def begin_demo(path: Path) -> None:
    """Start a demo database anew at ``path``.

    Raises :class:`StoreError` for any file that is no demo database, and
    :class:`monitor.store.StoreBusy` while somebody writes to it; both leave
    it as it is.
    """
    lock = WriterLock(path, utc_now())
    try:
        if path.exists() and not is_demo(path):
            raise StoreError(
                f"{path} was not made by the demo, which would replace it; choose another --db"
            )
        for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            name.unlink(missing_ok=True)
        database = open_writer(path)
        try:
            database.execute("INSERT INTO meta VALUES ('demo', 1)")
        finally:
            database.close()
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        lock.release()
