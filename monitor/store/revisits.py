"""Revisits: flagged articles that are looked at again, when and where."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from monitor.store.addresses import Address, find
from monitor.store.values import happened

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
    # The last revisit whose time has come is the one that counts. Compared in SQL: an
    # archive has thousands of flagged articles, of which a few are due.
    articles: list[int] = []
    later = datetime.min.replace(tzinfo=UTC)
    for after in reversed(REVISIT_AFTER):
        earlier, later = later, now + EARLY - after
        rows = connection.execute(
            """
            SELECT articles.id FROM articles INDEXED BY articles_revisits
            WHERE outlet = :outlet AND flagged AND state = 'live'
                AND first_fetched_at > :earlier AND first_fetched_at <= :later
                AND coalesce((SELECT max(tried_at) FROM urls WHERE article = articles.id), '')
                    < strftime('%Y-%m-%dT%H:%M:%S+00:00', first_fetched_at, :after)
                AND coalesce((SELECT tried_at FROM urls WHERE urls.url = articles.url), '')
                    < strftime('%Y-%m-%dT%H:%M:%S+00:00', first_fetched_at, :after)
            """,
            {
                "outlet": outlet,
                "earlier": happened(earlier),
                "later": happened(later),
                "after": f"{(after - EARLY).total_seconds():+.0f} seconds",
            },
        )
        articles += (row["id"] for row in rows)
    urls = [home(connection, article) for article in sorted(articles)]
    found = find(connection, urls)
    return [found[url] for url in urls if url in found]


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
