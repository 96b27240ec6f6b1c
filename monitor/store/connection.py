"""How ``monitor.db`` is opened: for the one writer, and for commands that read."""

from __future__ import annotations

import logging
import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

import db
from db.migrations import migrations
from monitor import text
from monitor.store.statistics import forget

logger = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 30_000
"""How long a connection waits for another one's write transaction. Transactions
last milliseconds; only a rebuild of the search index takes longer."""

WAL_LIMIT_BYTES = 64 * 1024 * 1024
"""The log is cut back to this after a checkpoint, so that one huge batch does
not keep its disk space for ever."""


class StoreError(Exception):
    """A database that cannot be used, and what to do about it."""


def unwritable(path: Path, error: OSError | sqlite3.Error) -> StoreError:
    """What to say when the system or SQLite refuses to write ``path``."""
    why = f"{error.strerror} ({error.filename})" if isinstance(error, OSError) else str(error)
    return StoreError(f"{path} cannot be written: {why}")


def utc_now() -> datetime:
    """The time now, aware, in UTC."""
    return datetime.now(UTC)


def default_path() -> Path:
    """``MONITOR_DB``, or else ``db/monitor.db`` in the project's folder."""
    configured = os.environ.get("MONITOR_DB")
    if configured:
        return Path(configured).expanduser()
    return Path(db.__file__).resolve().parent / "monitor.db"


def open_writer(path: Path) -> Database:
    """Open or create the database with its newest schema and a current search index.

    The caller holds the writer lock. Transactions are explicit (the driver
    opens none). Raises :class:`StoreError`.
    """
    # isolation_level None: a transaction starts where BEGIN IMMEDIATE is
    # written. The driver's own BEGIN is deferred, and a deferred transaction
    # that reads before it writes fails at once when another one got in between.
    try:
        connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
    except sqlite3.OperationalError as error:
        raise unwritable(path, error) from error
    try:
        database = Database(connection)
        connection.row_factory = sqlite3.Row
        _prepare(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
        connection.execute("PRAGMA foreign_keys = ON")
        unknown = {applied.name for applied in migrations.applied(database)} - _known_migrations()
        if unknown:
            raise StoreError(
                f"{path} was made by a newer version of the monitor "
                f"(it has {', '.join(sorted(unknown))}); update this installation"
            )
        if migrations.pending(database):
            migrations.apply(database)
            forget(connection)
        _keep_search_current(database)
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlite3.DatabaseError) and "not a database" in str(error):
            raise StoreError(f"{path} is not an SQLite database; choose another path") from error
        if isinstance(error, sqlite3.OperationalError):
            raise unwritable(path, error) from error
        raise
    return database


def _known_migrations() -> set[str]:
    return {migration.name for migration in migrations.pending(Database(memory=True))}


def connect_readonly(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, with rows by column name and the search functions.

    Never blocks the writer nor is blocked by it (WAL). Raises :class:`StoreError`.
    """
    try:
        exists = path.exists()
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from error
    if not exists:
        raise StoreError(f"there is no database at {path}; `monitor crawl` makes one")
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        _prepare(connection)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise StoreError(f"{path} cannot be read: {error}") from error
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    text.register(connection)


def _keep_search_current(database: Database) -> None:
    """Rebuild the search index if another version of the normaliser made it.

    The index stores no text of its own: to remove an old entry, the triggers
    recompute it, which is only right with the normaliser that wrote it.
    """
    current = text.NORMALISER_VERSION
    row = database.execute("SELECT value FROM meta WHERE key = 'normaliser_version'").fetchone()
    if row is not None and row["value"] == current:
        return
    articles = database.execute("SELECT count(*) FROM articles").fetchone()[0]
    if articles:
        logger.info(
            "rebuilding the search index of %d articles (normaliser %s, was %s)",
            articles,
            current,
            row["value"] if row else "unknown",
        )
    with database.atomic():
        if articles:
            database.execute("INSERT INTO articles_fts(articles_fts) VALUES ('rebuild')")
        database.execute(
            "INSERT OR REPLACE INTO meta(key, value) VALUES ('normaliser_version', ?)", [current]
        )
