"""Addresses and sources: what was listed, what was tried, what has to be fetched.

Every address that a source listed, a page redirected to or called canonical
is one row of ``urls`` and stays one. ``tried_at`` is when it was last asked,
whatever came of it; ``fetched_at`` when its content was last seen.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.items import Entry, Forbidden, Listing
from monitor.store.values import happened, instant, moment, printable

MAX_ATTEMPTS = 5
"""Nights on which an address is tried before it counts as failed. A site's
outage or a wall seldom lasts a working week; a broken page lasts for ever."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address ever seen. ``article`` is the id of the article it leads to,
    ``key`` what the outlet's rules know that article by.

    ``entry`` is what sources said of it; ``visited_at`` when its article (or,
    without one, the address itself) was last seen on any of its addresses;
    ``refetch`` whether it has to be fetched again although it is known.
    """

    url: str
    outlet: str
    state: str
    article: int | None
    reason: str | None
    attempts: int
    status: int | None
    etag: str | None
    last_modified: str | None
    source: str | None
    entry: Entry
    discovered_at: datetime
    tried_at: datetime | None
    fetched_at: datetime | None
    visited_at: datetime | None
    refetch: bool
    key: str | None

    def is_said_to_have_changed(self, entry: Entry) -> bool:
        """Whether ``entry.updated_at`` is later than what we have seen.

        A date that the source gave before is no news, whatever our clock says:
        many outlets write local time and call it UTC, hours in the future.
        """
        updated, told = entry.updated_at, self.entry.updated_at
        seen = self.visited_at or self.tried_at
        if updated is None or seen is None or instant(updated) in (None, instant(told)):
            return False
        if updated.tzinfo is not None:
            return updated > seen
        if told is not None and told.tzinfo is None:
            return updated > told
        return updated.replace(tzinfo=UTC) > seen


@dataclass(frozen=True, slots=True)
class SourceState:
    """What a source answered last. ``changed_at`` is when it last had anything
    else to say than 304; ``entries`` how many it listed then."""

    url: str
    outlet: str
    kind: str
    status: int | None
    etag: str | None
    last_modified: str | None
    entries: int | None
    fetched_at: datetime | None
    changed_at: datetime | None


_ADDRESS = """
SELECT urls.*, coalesce(
    (SELECT max(other.fetched_at) FROM urls other WHERE other.article = urls.article),
    fetched_at) AS visited_at
FROM urls"""


def find(connection: sqlite3.Connection, urls: Iterable[str]) -> dict[str, Address]:
    """The known ones of ``urls``, by address."""
    asked = [url for url in dict.fromkeys(urls) if storable(url)]
    found: dict[str, Address] = {}
    for start in range(0, len(asked), 500):
        some = asked[start : start + 500]
        marks = ", ".join("?" * len(some))
        for row in connection.execute(f"{_ADDRESS} WHERE url IN ({marks})", some):
            found[row["url"]] = _address(row)
    return found


def source(connection: sqlite3.Connection, url: str) -> SourceState | None:
    """The state of a source, None if it was never read."""
    row = connection.execute("SELECT * FROM sources WHERE url = ?", [url]).fetchone()
    if row is None:
        return None
    times = {name: moment(row[name]) for name in ("fetched_at", "changed_at")}
    return SourceState(**(dict(row) | times))


def is_wanted(address: Address | None, entry: Entry) -> bool:
    """Whether an entry that a source lists has to be fetched.

    - never seen, or listed but not fetched yet (up to ``MAX_ATTEMPTS`` times): yes;
    - known: when the source says that it changed since we saw it;
    - forbidden by robots.txt: asked anew every night, since robots.txt may
      change (the robots check comes before the request);
    - not found (404): a few times, since feeds run ahead of pages; 410 is final;
    - blocked: a few times, since bot checks come and go, and a story behind one
      would else be lost;
    - not an article, failed: only when changed.
    """
    if address is None or address.refetch or address.state in ("pending", "forbidden"):
        return True
    worth_another_try = address.state == "blocked" or (
        address.state == "gone" and address.status != 410
    )
    if worth_another_try and address.attempts < MAX_ATTEMPTS:
        return True
    return address.is_said_to_have_changed(entry)


def pending(connection: sqlite3.Connection, outlet: str, limit: int | None = None) -> list[Entry]:
    """Addresses that earlier nights left to fetch, oldest discovery first."""
    rows = connection.execute(
        # Two searches by index: with OR, SQLite would read every address of the outlet.
        f"""{_ADDRESS} WHERE attempts < :most AND urls.rowid IN (
            SELECT rowid FROM urls WHERE outlet = :outlet AND state = 'pending'
            UNION SELECT rowid FROM urls WHERE outlet = :outlet AND refetch)
        ORDER BY discovered_at, urls.rowid LIMIT :limit""",
        {"outlet": outlet, "most": MAX_ATTEMPTS, "limit": -1 if limit is None else limit},
    )
    return [_address(row).entry for row in rows]


def write_listing(connection: sqlite3.Connection, listing: Listing) -> Sequence[str]:
    """Store a source's answer and its entries.

    New addresses become ``pending``. Known ones keep their state and get the
    newer hints; one that changed since we saw it is marked to be fetched
    again. Returns the addresses that cannot be stored (for quarantine).
    """
    at = happened(listing.fetched_at)
    connection.execute(
        """
        INSERT INTO sources(url, outlet, kind, status, etag, last_modified, entries,
                            fetched_at, changed_at)
        VALUES (:url, :outlet, :kind, :status, :etag, :last_modified, :entries, :at, :changed_at)
        ON CONFLICT(url) DO UPDATE SET
            outlet = :outlet, kind = :kind, status = :status, fetched_at = :at,
            etag = iif(:status = 304, coalesce(:etag, etag), :etag),
            last_modified = iif(:status = 304, coalesce(:last_modified, last_modified),
                                :last_modified),
            entries = coalesce(:entries, entries),
            changed_at = coalesce(:changed_at, changed_at)
        """,
        {
            "url": listing.url,
            "outlet": listing.outlet,
            "kind": listing.kind,
            "status": listing.status,
            "etag": listing.etag,
            "last_modified": listing.last_modified,
            "entries": None if listing.status == 304 else len(listing.entries),
            "at": at,
            "changed_at": None if listing.status == 304 else at,
        },
    )
    entries = [entry for entry in listing.entries if storable(entry.url)]
    known = find(connection, (entry.url for entry in entries))
    connection.executemany(
        """
        INSERT INTO urls(url, outlet, state, source, title, summary, published_at, updated_at,
                         discovered_at)
        VALUES (?, ?, 'pending', ?, ?, ?, ?, ?, ?)
        ON CONFLICT(url) DO NOTHING
        """,
        [
            (entry.url, listing.outlet, listing.url, *_hints(entry), at)
            for entry in entries
            if entry.url not in known
        ],
    )
    _update_hints(connection, [(known[e.url], e) for e in entries if e.url in known])
    return [entry.url for entry in listing.entries if not storable(entry.url)]


def _update_hints(connection: sqlite3.Connection, listed: Iterable[tuple[Address, Entry]]) -> None:
    # Most of a sitemap is the same every night: only what differs is written.
    connection.executemany(
        """
        UPDATE urls SET title = coalesce(?, title), summary = coalesce(?, summary),
                        published_at = coalesce(?, published_at),
                        updated_at = coalesce(?, updated_at)
        WHERE url = ?
        """,
        [
            (*_hints(e), a.url)
            for a, e in listed
            if any(
                new not in (None, old) for new, old in zip(_hints(e), _hints(a.entry), strict=True)
            )
        ],
    )
    connection.executemany(
        """
        UPDATE urls SET attempts = 0, refetch = article IS NOT NULL,
                        state = iif(article IS NULL, 'pending', state)
        WHERE url = ? AND state NOT IN ('pending', 'forbidden')
        """,
        [(a.url,) for a, e in listed if a.is_said_to_have_changed(e)],
    )


def write_forbidden(connection: sqlite3.Connection, record: Forbidden) -> None:
    """Note that robots.txt forbids an address. A known article stays one."""
    at = happened(record.at)
    connection.execute(
        """
        INSERT INTO urls(url, outlet, state, reason, discovered_at, tried_at)
        VALUES (:url, :outlet, 'forbidden', 'robots', :at, :at)
        ON CONFLICT(url) DO UPDATE SET
            state = iif(article IS NULL, 'forbidden', state),
            reason = 'robots', tried_at = :at, refetch = 0
        """,
        {"url": record.url, "outlet": record.outlet, "at": at},
    )


def _hints(entry: Entry) -> tuple[str | None, ...]:
    return (
        printable(entry.title) if entry.title else None,
        printable(entry.summary) if entry.summary else None,
        instant(entry.published_at),
        instant(entry.updated_at),
    )


def storable(url: str) -> bool:
    """Whether an address is text at all: SQLite refuses lone surrogates."""
    try:
        url.encode()
    except UnicodeEncodeError:
        return False
    return True


def _address(row: sqlite3.Row) -> Address:
    columns = dict(row)
    for name in columns:
        if name.endswith("_at"):
            columns[name] = moment(columns[name])
    hints = ("title", "summary", "published_at", "updated_at")
    entry = Entry(columns["url"], **{name: columns.pop(name) for name in hints})
    columns["refetch"] = bool(columns["refetch"])
    return Address(**columns, entry=entry)
