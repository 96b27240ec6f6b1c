"""Which article a page belongs to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from monitor.items import Article, Judged
from monitor.store.revisits import home
from monitor.store.values import content_sha256, published, without_nul
from monitor.urls import same_site

SHINGLE = 16
"""Characters of a piece by which texts are compared: three words of English, a
phrase of Thai. Two stories of one outlet share few pieces of this length."""

ALIKE = 0.5
"""Share of the shorter text's pieces that the other one has when both tell the
same story: an AMP page or a version to print adds and drops some."""

DAY = len("2026-11-22")
"""Characters of a time that say the day."""

COMPARED = 20_000
"""Characters of each text that are compared."""


def settled(connection: sqlite3.Connection, record: Judged) -> Judged:
    """The record, with its page's own address as canonical where the page lies about that.

    Some sites name one address (a section, a template's left-over) as
    canonical on every page. What was read first stays under it; of the others,
    a page that a source listed keeps its own address if nothing was ever read
    at the canonical one by this page, and neither title nor text is alike.
    Others name the original of a translation: an article and its translation
    are two.
    """
    answered = dict.fromkeys((record.page_url, *record.same_article))
    if record.article.url in answered:
        return record
    known = article_at(connection, [record.article.url])
    if known is None or any(is_address_of(connection, url, known["id"]) for url in answered):
        return record
    own = next((url for url in answered if _is_listed(connection, url)), None)
    if _is_translation(known, record.article):
        own = own or record.page_url
    elif (
        own is None
        or alike(known["title"], record.article.title)
        or alike(known["text"], record.article.text)
    ):
        return record
    return replace(record, article=replace(record.article, url=own))


def make_way(connection: sqlite3.Connection, record: Judged) -> None:
    """Free the address at which the page answered and that it calls its own from an article
    in another language that only named it: its translation, which goes back to the address
    where it was read."""
    url = record.article.url
    if url not in (record.page_url, *record.same_article):
        return
    known = article_at(connection, [url])
    if known is None or not _is_translation(known, record.article):
        return
    named = connection.execute(
        "UPDATE urls SET article = NULL, key = NULL, state = 'pending'"
        " WHERE url = ? AND fetched_at IS NULL",
        [url],
    )
    if named.rowcount and known["url"] == url:
        connection.execute(
            "UPDATE articles SET url = ? WHERE id = ?", [home(connection, known["id"]), known["id"]]
        )


def _is_translation(known: sqlite3.Row, article: Article) -> bool:
    """Whether two articles are in different languages. With alike texts only the detection of
    one was wrong: Malay and Indonesian, a short text."""
    languages = {known["language"], article.language}
    return len(languages - {"und"}) == 2 and not alike(known["text"], article.text)


def alike(one: str, other: str) -> bool:
    """Whether two titles or two texts are the same but for additions and small edits."""
    a, b = _pieces(one), _pieces(other)
    return len(a & b) >= ALIKE * min(len(a), len(b))


def _pieces(text: str) -> set[str]:
    text = " ".join(text[:COMPARED].casefold().split())
    return {text[start : start + SHINGLE] for start in range(max(1, len(text) - SHINGLE + 1))}


def addresses_of(record: Judged) -> list[str]:
    """Every address of the page, the canonical one first."""
    return list(dict.fromkeys((record.article.url, record.page_url, *record.same_article)))


def article_of(connection: sqlite3.Connection, record: Judged) -> sqlite3.Row | None:
    """The known article that a settled page belongs to, with its content's digest:

    that of one of its addresses; else, in the same language, that of an address
    which differs in a slash at its end, the one with its key, or the one of its
    very words on the same site and day. An outlet that moves to another system
    (or prints a story in two sections) gives a story a second address that
    nothing in the first one tells.
    """
    addresses = addresses_of(record)
    if known := article_at(connection, addresses):
        return known
    others = chain(
        (url.removesuffix("/") if url.endswith("/") else url + "/" for url in addresses),
        _with_key(connection, record),
        _with_its_words(connection, record),
    )
    for url in others:
        known = article_at(connection, [url])
        if known is not None and not _is_translation(known, record.article):
            return known
    return None


def _with_key(connection: sqlite3.Connection, record: Judged) -> Iterator[str]:
    for row in connection.execute(
        "SELECT url FROM urls WHERE outlet = ? AND key = ? AND article IS NOT NULL",
        [record.outlet, record.key],
    ):
        yield row["url"]


def _with_its_words(connection: sqlite3.Connection, record: Judged) -> Iterator[str]:
    article = record.article
    day = (published(article) or "")[:DAY]
    if not day:
        return
    sha256 = content_sha256(without_nul(article.title), without_nul(article.text))
    for row in connection.execute(
        """
        SELECT url FROM revisions INDEXED BY revisions_sha256
        JOIN articles ON revisions.article = articles.id AND number = revision
        WHERE sha256 = :sha256 AND outlet = :outlet
          AND articles.published_at >= :day AND articles.published_at < :day || '~'
        """,
        {"day": day, "outlet": record.outlet, "sha256": sha256},
    ):
        if same_site(row["url"], article.url):
            yield row["url"]


def article_at(connection: sqlite3.Connection, addresses: list[str]) -> sqlite3.Row | None:
    """The article of the first of these addresses that has one, with its content's digest."""
    for url in addresses:
        row: sqlite3.Row | None = connection.execute(
            """
            SELECT articles.*, sha256 FROM urls
            JOIN articles ON articles.id = urls.article
            JOIN revisions ON revisions.article = articles.id AND number = revision
            WHERE urls.url = ?
            """,
            [url],
        ).fetchone()
        if row is not None:
            return row
    return None


def headline_at(connection: sqlite3.Connection, addresses: list[str]) -> sqlite3.Row | None:
    """The story that one of these addresses stands for as a headline only."""
    for url in addresses:
        row: sqlite3.Row | None = connection.execute(
            """
            SELECT articles.*, sha256 FROM articles
            JOIN revisions ON revisions.article = articles.id AND number = revision
            WHERE url = ? AND headline_only
            """,
            [url],
        ).fetchone()
        if row is not None:
            return row
    return None


def is_address_of(connection: sqlite3.Connection, url: str, article: int) -> bool:
    row = connection.execute(
        "SELECT 1 FROM urls WHERE url = ? AND article = ?", [url, article]
    ).fetchone()
    return row is not None


def _is_listed(connection: sqlite3.Connection, url: str) -> bool:
    row = connection.execute(
        "SELECT 1 FROM urls WHERE url = ? AND source IS NOT NULL", [url]
    ).fetchone()
    return row is not None
