"""Revisits: flagged articles that are looked at again, when and where."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from monitor.store.addresses import Address, find
from monitor.store.values import moment

REVISIT_AFTER = tuple(timedelta(days=days) for days in (1, 3, 7, 30, 90))
"""When a flagged article is looked at again, counted from its first fetch:
edits and withdrawals come soon or, after a complaint, within weeks."""

EARLY = timedelta(hours=6)
"""How much too early a revisit may come: nights do not start on the second,
and "after one day" must not become two because a crawl was quick."""


def due(connection: sqlite3.Connection, outlet: str, now: datetime) -> list[Address]:
    """Flagged live articles whose next revisit has come, each at the address to ask.

    One attempt a revisit: what fails is tried again at the next one (or
    sooner, as :func:`pending`, when it was quarantined as such).
    """
    rows = connection.execute(
        """
        SELECT articles.id, first_fetched_at,
               (SELECT max(tried_at) FROM urls
                WHERE urls.article = articles.id OR urls.url = articles.url) AS tried_at
        FROM articles INDEXED BY articles_revisits
        WHERE outlet = ? AND flagged AND state = 'live'
        ORDER BY articles.id
        """,
        [outlet],
    ).fetchall()
    urls = [
        home(connection, row["id"])
        for row in rows
        if _is_due(moment(row["first_fetched_at"]), moment(row["tried_at"]), now)
    ]
    found = find(connection, urls)
    return [found[url] for url in urls if url in found]


def _is_due(first: datetime | None, tried: datetime | None, now: datetime) -> bool:
    if first is None:
        return False
    last = tried or first
    return any(last < first + after - EARLY <= now for after in REVISIT_AFTER)


def home(connection: sqlite3.Connection, article: int) -> str:
    """The address at which to look for an article again.

    Its canonical one, unless nobody ever answered there: some pages name a
    canonical address that does not exist. Then where its text came from.
    """
    row = connection.execute(
        """
        SELECT iif((SELECT fetched_at FROM urls WHERE urls.url = articles.url) IS NULL,
                   page_url, articles.url) AS home
        FROM articles JOIN revisions ON article = articles.id AND number = revision
        WHERE articles.id = ?
        """,
        [article],
    ).fetchone()
    return str(row["home"])
