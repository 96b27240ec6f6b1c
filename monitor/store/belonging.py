"""Which article a page belongs to."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from monitor.items import Judged

SHINGLE = 16
"""Characters of a piece by which texts are compared: three words of English, a
phrase of Thai. Two stories of one outlet share few pieces of this length."""

ALIKE = 0.5
"""Share of the shorter text's pieces that the other one has when both tell the
same story: an AMP page or a version to print adds and drops some."""

COMPARED = 20_000
"""Characters of each text that are compared."""


def settled(connection: sqlite3.Connection, record: Judged) -> Judged:
    """The record, with its page's own address as canonical where the page lies about that.

    Some sites name one address (a section, a template's left-over) as
    canonical on every page. What was read first stays under it; of the others,
    a page that a source listed keeps its own address if nothing was ever read
    at the canonical one by this page, and neither title nor text is alike.
    """
    answered = dict.fromkeys((record.page_url, *record.same_article))
    if record.article.url in answered:
        return record
    known = article_at(connection, [record.article.url])
    if known is None or any(is_address_of(connection, url, known["id"]) for url in answered):
        return record
    own = next((url for url in answered if _is_listed(connection, url)), None)
    if (
        own is None
        or alike(known["title"], record.article.title)
        or alike(known["text"], record.article.text)
    ):
        return record
    return replace(record, article=replace(record.article, url=own))


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
