"""The one writer of ``monitor.db``: batches of records in, one transaction each."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from monitor.items import (
    Entry,
    Flag,
    Forbidden,
    Gone,
    Judged,
    Listing,
    Quarantined,
    Record,
    Unchanged,
)
from monitor.store import addresses, articles, nights, quarantine, revisits
from monitor.store.addresses import Address, SourceState
from monitor.store.connection import open_writer, utc_now
from monitor.store.hosts import Host, note_night, read_hosts
from monitor.store.lock import WriterLock
from monitor.store.search_keys import SearchKeys
from monitor.store.statistics import gather
from monitor.store.values import happened, json_array

logger = logging.getLogger(__name__)

_TROUBLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
"""SQLite's errors that are about the disk or the file, not about one record."""


class OutletRow(Protocol):
    """What the store keeps of an outlet (``monitor.outlets.Outlet`` has more)."""

    @property
    def slug(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def homepage(self) -> str: ...
    @property
    def country(self) -> str | None: ...
    @property
    def languages(self) -> Sequence[str]: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def status(self) -> str: ...
    @property
    def notes(self) -> str: ...


class Store:
    """The database, open for writing. Use as a context manager, in one thread.

    Construction creates the file if need be, brings its schema and its search
    index up to date and takes the writer lock. Raises
    :class:`monitor.store.StoreBusy` when another process (or another
    ``Store``) holds it, :class:`monitor.store.StoreError` when the file
    cannot be used. Readers are never blocked.
    """

    def __init__(self, path: Path, *, now: Callable[[], datetime] = utc_now) -> None:
        self.path = Path(path)
        self._now = now
        self._lock = WriterLock(self.path, now())
        try:
            self._database = open_writer(self.path)
        except BaseException:
            self._lock.release()
            raise
        self._connection = self._database.conn
        self._search_keys = SearchKeys(self._connection)
        self._started: dict[int, datetime] = {}
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Refresh the planner's statistics, close the file, release the lock."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._connection.total_changes:
                with self._transaction():
                    gather(self._connection)
        except sqlite3.Error as error:
            logger.warning("%s: no statistics gathered: %s", self.path, error)
        finally:
            self._connection.close()
            self._lock.release()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing. The write lock is taken first, so nothing fails midway
        for want of it; ``Database.atomic()`` inside makes savepoints."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            self._database.rollback()
            raise

    # Outlets and crawls

    def add_outlets(self, outlets: Iterable[OutletRow]) -> None:
        """Insert outlets or update them by slug. Never deletes one."""
        rows = [
            {
                "slug": o.slug,
                "name": o.name,
                "homepage": o.homepage,
                "country": o.country,
                "languages": json_array(o.languages),
                "kind": o.kind,
                "status": o.status,
                "notes": o.notes,
            }
            for o in outlets
        ]
        with self._transaction():
            self._connection.executemany(
                """
                INSERT INTO outlets(slug, name, homepage, country, languages, kind, status, notes)
                VALUES (:slug, :name, :homepage, :country, :languages, :kind, :status, :notes)
                ON CONFLICT(slug) DO UPDATE SET
                    name = excluded.name, homepage = excluded.homepage,
                    country = excluded.country, languages = excluded.languages,
                    kind = excluded.kind, status = excluded.status, notes = excluded.notes
                """,
                rows,
            )

    def outlet_is_new(self, slug: str) -> bool:
        """Whether no outlet of this slug was ever added."""
        row = self._connection.execute("SELECT 1 FROM outlets WHERE slug = ?", [slug]).fetchone()
        return row is None

    def begin_crawl(self, outlet: str, night: str, at: datetime) -> int:
        """The id of a new crawl of ``outlet``; a leftover ``running`` one becomes
        ``interrupted``."""
        with self._transaction():
            crawl = nights.begin_crawl(self._connection, outlet, night, at)
        self._started[crawl] = at
        return crawl

    def end_crawl(
        self,
        crawl: int,
        outcome: str,
        counts: Mapping[str, int],
        *,
        at: datetime,
        reason: str = "",
        text_median: int | None = None,
        errors: Mapping[str, int] | None = None,
    ) -> None:
        """Store how a crawl that this store began went. ``text_median`` is the median
        length of its texts in characters, ``errors`` counts what it missed by
        ``stage:reason``. Raises ValueError for a count that has no column in ``crawls``."""
        seconds = (at - self._started[crawl]).total_seconds()
        with self._transaction():
            nights.end_crawl(
                self._connection, crawl, outcome, counts, at, seconds, reason, text_median, errors
            )

    def hosts(self) -> dict[str, Host]:
        """The hosts that asked for rest on earlier nights, by name."""
        return read_hosts(self._connection)

    def note_host(self, host: str, *, not_before: datetime | None, reason: str) -> None:
        """Remember whether a host asked for rest tonight (``reason``) and until when."""
        with self._transaction():
            note_night(self._connection, host, self._now(), not_before=not_before, reason=reason)

    # What the spider asks

    def source(self, url: str) -> SourceState | None:
        """What a source answered last; None if it was never read."""
        return addresses.source(self._connection, url)

    def address(self, url: str) -> Address | None:
        """What is known of an address; None if it was never seen."""
        return addresses.find(self._connection, [url]).get(url)

    def addresses(self, urls: Iterable[str]) -> dict[str, Address]:
        """What is known of these addresses, by address; unseen ones are left out."""
        return addresses.find(self._connection, urls)

    def wanted(self, outlet: str, entries: Iterable[Entry]) -> list[Entry]:  # noqa: ARG002
        """Those of the entries that have to be fetched, in their order, each address once.

        The same before and after the listing was written. See
        :func:`monitor.store.addresses.is_wanted` for the rule.
        """
        first: dict[str, Entry] = {}
        for entry in entries:
            first.setdefault(entry.url, entry)
        known = addresses.find(self._connection, first)
        return [entry for url, entry in first.items() if addresses.is_wanted(known.get(url), entry)]

    def pending(self, outlet: str, *, limit: int | None = None) -> list[Entry]:
        """What earlier nights listed but did not fetch, or have to fetch again."""
        return addresses.pending(self._connection, outlet, limit)

    def due(self, outlet: str, now: datetime) -> list[Address]:
        """Flagged live articles to look at again: 1, 3, 7, 30, 90 days after the first fetch."""
        return revisits.due(self._connection, outlet, now)

    # Records

    def write(self, batch: Sequence[Record], *, crawl: int | None = None) -> list[str]:
        """Store records in one transaction; an outcome word for each.

        ``new``, ``changed``, ``unchanged``, ``gone`` or ``headline`` (all that is
        known of a new story) for an article;
        ``listed``, ``forbidden``, ``quarantined``. A 404 of an address that
        never was an article is ``quarantined``, one of an article already
        gone ``unchanged``, an article that is back ``changed``.

        A record that cannot be stored is quarantined and costs no other
        record. Trouble with the disk or the file raises ``sqlite3.Error`` and
        leaves nothing of the batch behind.
        """
        try:
            for record in batch:
                self._prepare(record)
            with self._transaction():
                return [self._write_or_refuse(record, crawl) for record in batch]
        finally:
            self._search_keys.forget()

    def rejudge(self, verdicts: Iterable[tuple[int, Flag]]) -> None:
        """Store new verdicts on the content of articles (by id), in one transaction."""
        at = happened(self._now())
        with self._transaction():
            for article, flag in verdicts:
                articles.rejudge(self._connection, article, flag, at)

    def _prepare(self, record: Record) -> None:
        # What fails here fails again in the transaction, where it is dealt with.
        if isinstance(record, Judged):
            with suppress(Exception):
                known = {f"{record.article.title}\n{record.article.text}": record.search_key}
                self._search_keys.prepare(
                    articles.texts_to_index(self._connection, record),
                    {text: key for text, key in known.items() if key is not None},
                )

    def _write_or_refuse(self, record: Record, crawl: int | None) -> str:
        try:
            with self._database.atomic():
                return self._write(record, crawl)
        except Exception as error:
            self._raise_if_trouble(error)
            refused = quarantine.refused(record, error, self._now())
            logger.warning("%s cannot be stored: %s", refused.url, refused.detail)
            self._quarantine_refused(record, refused, crawl)
            return "quarantined"

    def _raise_if_trouble(self, error: Exception) -> None:
        code = getattr(error, "sqlite_errorcode", None) or 0
        # The low byte is the primary code. An error that ended the transaction
        # (SQLite does that on a full disk) must not let the rest commit alone.
        if code & 0xFF in _TROUBLE or not self._connection.in_transaction:
            raise error

    def _quarantine_refused(self, record: Record, refused: Quarantined, crawl: int | None) -> None:
        keep = (
            quarantine.write_quarantined
            if isinstance(record, Judged | Quarantined)
            else quarantine.note_failure
        )
        try:
            with self._database.atomic():
                # The reason of the refusal may be that nobody added the outlet.
                self._connection.execute(
                    "INSERT OR IGNORE INTO outlets(slug, name, homepage, status)"
                    " VALUES (?, ?, '', 'unknown')",
                    [refused.outlet, refused.outlet],
                )
                keep(self._connection, refused, crawl)
        except Exception as error:
            self._raise_if_trouble(error)
            logger.exception("%s cannot even be quarantined", refused.url)

    def _write(self, record: Record, crawl: int | None) -> str:
        connection = self._connection
        match record:
            case Judged():
                write = articles.write_headline if record.headline_only else articles.write_article
                stored = write(connection, record)
                if stored.kept_at is not None:
                    fault = quarantine.canonical_conflict(record, stored.kept_at)
                    logger.warning("%s: %s", fault.url, fault.detail)
                    quarantine.note_failure(connection, fault, crawl)
                if stored.misplaced:
                    fault = quarantine.misplaced(record, stored.misplaced)
                    logger.warning("%s: %s", fault.url, fault.detail)
                    quarantine.note_failure(connection, fault, crawl)
                return stored.outcome
            case Quarantined():
                quarantine.write_quarantined(connection, record, crawl)
                return "quarantined"
            case Listing():
                for url in addresses.write_listing(connection, record):
                    fault = quarantine.bad_entry(record.outlet, url, record.fetched_at)
                    quarantine.note_failure(connection, fault, crawl)
                return "listed"
            case Gone():
                outcome = articles.write_gone(connection, record)
                if outcome != "unknown":
                    return outcome
                quarantine.note_failure(connection, quarantine.not_found(record), crawl)
                return "quarantined"
            case Unchanged():
                return articles.write_unchanged(connection, record)
            case Forbidden():
                addresses.write_forbidden(connection, record)
                return "forbidden"
        raise TypeError(f"not a record of monitor.items: {record!r}")
