"""Quarantine: pages and records that could not be processed, with the reason."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from datetime import datetime

from monitor.items import Gone, Judged, Match, Quarantined, Record
from monitor.store.addresses import MAX_ATTEMPTS, storable
from monitor.store.values import happened, packed, printable

NEVER_ASKED = ("robots_unreachable", "host_rests", "limit")
"""Reasons for which no request was sent: they say nothing about the address."""


def write_quarantined(
    connection: sqlite3.Connection, record: Quarantined, crawl: int | None
) -> None:
    """Keep what failed and say what becomes of its address.

    The same failure of the same address is one row that counts. A pending
    address is tried ``MAX_ATTEMPTS`` times in all. A known article keeps its
    content; if the failure is worth another try, it is marked for one. An
    address that was never asked stays as it is.
    """
    note_failure(connection, record, crawl)
    if record.stage == "discover":
        # The address is a source's, not an article's.
        connection.execute(
            "UPDATE sources SET status = ?, fetched_at = ? WHERE url = ?",
            [record.status, happened(record.at), record.url],
        )
        return
    if record.stage == "import":
        # A line of a file, not an address to fetch.
        return
    if record.reason in NEVER_ASKED:
        return
    connection.execute(
        """
        INSERT INTO urls(url, outlet, state, reason, status, attempts, discovered_at, tried_at)
        VALUES (:url, :outlet, :state, :reason, :status, 1, :at, :at)
        ON CONFLICT(url) DO UPDATE SET
            reason = :reason, status = :status, tried_at = :at, attempts = attempts + 1,
            refetch = article IS NOT NULL AND attempts + 1 < :most
                      AND (:state = 'pending' OR refetch),
            state = CASE
                WHEN article IS NOT NULL THEN state
                WHEN :state = 'pending' AND attempts + 1 >= :most THEN 'failed'
                ELSE :state
            END
        """,
        {
            "url": record.url,
            "outlet": record.outlet,
            "state": record.state,
            "reason": record.reason,
            "status": record.status,
            "most": MAX_ATTEMPTS,
            "at": happened(record.at),
        },
    )


def note_failure(connection: sqlite3.Connection, record: Quarantined, crawl: int | None) -> None:
    """The quarantine row alone: the address stays as it is."""
    connection.execute(
        """
        INSERT INTO quarantine(outlet, url, stage, reason, detail, status, crawl, first_at,
                               last_at, body)
        VALUES (:outlet, :url, :stage, :reason, :detail, :status,
                (SELECT id FROM crawls WHERE id = :crawl), :at, :at, :body)
        ON CONFLICT(url, stage, reason) DO UPDATE SET
            times = times + 1, last_at = :at, detail = :detail, status = :status,
            crawl = coalesce(excluded.crawl, crawl), body = coalesce(:body, body)
        """,
        {
            "outlet": record.outlet,
            "url": record.url,
            "stage": record.stage,
            "reason": record.reason,
            "detail": printable(record.detail),
            "status": record.status,
            "crawl": crawl,
            "at": happened(record.at),
            "body": packed(record.body),
        },
    )


def not_found(record: Gone) -> Quarantined:
    """A 404 or 410 of an address that never was an article."""
    reason = "gone" if record.status == 410 else "not_found"
    return Quarantined(
        outlet=record.outlet,
        url=record.url,
        stage="fetch",
        reason=reason,
        detail=f"the outlet lists this address, but it answered {record.status}",
        at=record.at,
        status=record.status,
    )


def misplaced(record: Judged, matches: tuple[Match, ...]) -> Quarantined:
    """A stored article some of whose matches do not fit its text."""
    first = matches[0]
    return Quarantined(
        outlet=record.outlet,
        url=record.article.url,
        stage="store",
        reason="match_offsets",
        detail=f"{len(matches)} matches left out: {first.term!r} is not at"
        f" {first.field}[{first.start}:{first.end}]",
        at=record.fetched_at,
        status=record.status,
    )


def canonical_conflict(record: Judged, url: str) -> Quarantined:
    """A page stored under ``url``, its own address, instead of the canonical one."""
    return Quarantined(
        outlet=record.outlet,
        url=url,
        stage="store",
        reason="canonical_conflict",
        detail=f"the page gives {record.article.url} as its address, but that is another"
        " story's; kept under its own",
        at=record.fetched_at,
        status=record.status,
    )


def refused(record: Record, error: Exception, at: datetime) -> Quarantined:
    """A record that could not be written, as one that can: its values as JSON in the body.

    A page is tried again on the next nights: a repaired monitor then stores it.
    """
    try:
        kept = json.dumps(asdict(record), default=str).encode()
    except Exception:  # of a record that got here, nothing can be trusted
        kept = repr(record).encode("utf-8", "backslashreplace")
    return Quarantined(
        outlet=printable(str(getattr(record, "outlet", ""))),
        url=printable(_address_of(record)),
        stage="store",
        reason="not_storable",
        detail=f"{type(error).__name__}: {error}"[:1000],
        at=at,
        body=kept,
        state="pending",
    )


def _address_of(record: Record) -> str:
    """The address to try again: as it was listed, if that is an address at all."""
    if not isinstance(record, Judged):
        return str(getattr(record, "url", ""))
    asked = (*record.same_article, record.page_url, record.article.url)
    return next(filter(storable, asked), record.page_url)


def bad_entry(outlet: str, url: str, at: datetime) -> Quarantined:
    """An address in a listing that is no text."""
    return Quarantined(
        outlet=outlet,
        url=printable(url),
        stage="discover",
        reason="not_storable",
        detail="the address holds characters that no address can have",
        at=at,
    )
