"""Articles and their revisions: what a judged page, a 404 and a 304 do to the tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from monitor.items import Article, Flag, Gone, Judged, Match, Unchanged
from monitor.store.belonging import addresses_of, article_of, is_address_of, make_way, settled
from monitor.store.revisits import home
from monitor.store.values import content_sha256, happened, json_array, published, without_nul
from monitor.store.verdicts import insert, verdict_columns, write_verdict

Written = Literal["new", "changed", "unchanged", "gone", "unknown"]


@dataclass(frozen=True, slots=True)
class Stored:
    """What writing an article did. ``misplaced`` are matches whose offsets do
    not give their surface: a fault in flagging; they were left out.
    ``kept_at`` is the address under which a page was stored because its
    canonical one is another story's."""

    outcome: Written
    misplaced: tuple[Match, ...] = ()
    kept_at: str | None = None


def write_article(connection: sqlite3.Connection, record: Judged) -> Stored:
    """Store a judged page as a new article, a revision, or a visit to a known one.

    A page belongs to the article of its canonical address; else to that of
    any other address that led to it, of its key or of its very words, which
    then moves to the new canonical address; else it is new
    (:mod:`monitor.store.belonging`). The same content leaves the article's row
    alone unless it was gone or is judged otherwise.
    """
    canonical = record.article.url
    make_way(connection, record)
    record = settled(connection, record)
    kept_at = record.article.url if record.article.url != canonical else None
    at = happened(record.fetched_at)
    title, text = without_nul(record.article.title), without_nul(record.article.text)
    sha256 = content_sha256(title, text)
    addresses = addresses_of(record)
    known = article_of(connection, record)
    content = _content(record.article, title, text)
    verdict = verdict_columns(record.flag)

    outcome: Written
    if known is None:
        outcome, revision = "new", 1
        columns = content | verdict | {"url": record.article.url, "outlet": record.outlet}
        columns |= {"first_fetched_at": at, "changed_at": at}
        article = insert(connection, "articles", columns)
    else:
        article, revision = known["id"], known["revision"]
        now = dict(verdict)
        if not is_address_of(connection, record.article.url, article):
            now["url"] = record.article.url
        outcome = "unchanged"
        if known["state"] == "gone":
            outcome = "changed"
            now |= {"state": "live", "gone_at": None}
        if known["sha256"] != sha256:
            outcome = "changed"
            revision = _revision_number(connection, article, sha256)
            # Some pages lose their date when they are edited; the story keeps it.
            content["published_at"] = content["published_at"] or known["published_at"]
            content["published_from"] = content["published_from"] or known["published_from"]
            now |= content | {"changed_at": at, "revision": revision}
        _update(connection, known, now)

    if known is None or known["sha256"] != sha256:
        _keep_revision(connection, article, revision, sha256, content, record)
    misplaced = write_verdict(connection, article, revision, record.flag, title, text, at)
    _visited(connection, record, article, addresses, at)
    return Stored(outcome, misplaced, kept_at)


def rejudge(connection: sqlite3.Connection, article: int, flag: Flag, at: str) -> Stored:
    """Give a stored article another verdict on the same content. The earlier one
    stays in the history."""
    known = connection.execute("SELECT * FROM articles WHERE id = ?", [article]).fetchone()
    changed = {k: v for k, v in verdict_columns(flag).items() if known[k] != v}
    _update(connection, known, changed)
    misplaced = write_verdict(
        connection, article, known["revision"], flag, known["title"], known["text"], at
    )
    return Stored("changed" if changed else "unchanged", misplaced)


def texts_to_index(connection: sqlite3.Connection, record: Judged) -> list[str]:
    """The texts whose search keys storing this page will take: the new content's,
    and those of the content that it replaces."""
    title, text = without_nul(record.article.title), without_nul(record.article.text)
    known = article_of(connection, settled(connection, record))
    if known is None:
        return [f"{title}\n{text}"]
    if known["sha256"] == content_sha256(title, text):
        return []
    return [f"{known['title']}\n{known['text']}", f"{title}\n{text}"]


def write_gone(connection: sqlite3.Connection, record: Gone) -> Written:
    """Note a 404 or 410. ``unknown`` when the address never led to an article.

    The article is gone when this is the address at which it is looked for;
    when only another address of it vanished, it is looked at once more.
    """
    at = happened(record.at)
    row = connection.execute(
        "SELECT articles.id, articles.url, articles.state FROM urls"
        " JOIN articles ON articles.id = article WHERE urls.url = ?",
        [record.url],
    ).fetchone()
    connection.execute(
        """
        INSERT INTO urls(url, outlet, state, status, attempts, discovered_at, tried_at)
        VALUES (:url, :outlet, 'gone', :status, 1, :at, :at)
        ON CONFLICT(url) DO UPDATE SET
            state = 'gone', status = :status, tried_at = :at, refetch = 0, reason = NULL,
            attempts = iif(state = 'gone', attempts + 1, 1)
        """,
        {"url": record.url, "outlet": record.outlet, "status": record.status, "at": at},
    )
    if row is None:
        return "unknown"
    if row["state"] == "gone":
        return "unchanged"
    at_home = home(connection, row["id"])
    if record.url not in (row["url"], at_home):
        connection.execute(
            "UPDATE urls SET refetch = 1, attempts = 0 WHERE url = ? AND state = 'article'",
            [at_home],
        )
        return "unchanged"
    connection.execute(
        "UPDATE articles SET state = 'gone', gone_at = ? WHERE id = ?", [at, row["id"]]
    )
    return "gone"


def write_unchanged(connection: sqlite3.Connection, record: Unchanged) -> Written:
    """Note a 304. It shows that a gone article is back (``changed``).

    An address that never was an article and answers 304 all the same becomes
    ``pending``, without validators, so that it is asked for its content.
    """
    at = happened(record.at)
    connection.execute(
        """
        INSERT INTO urls(url, outlet, state, status, discovered_at, tried_at)
        VALUES (:url, :outlet, 'pending', 304, :at, :at)
        ON CONFLICT(url) DO UPDATE SET
            state = iif(article IS NULL, 'pending', 'article'), status = 304, reason = NULL,
            etag = iif(article IS NULL, NULL, etag),
            last_modified = iif(article IS NULL, NULL, last_modified),
            tried_at = :at, fetched_at = iif(article IS NULL, NULL, :at)
        """,
        {"url": record.url, "outlet": record.outlet, "at": at},
    )
    row = connection.execute(
        "SELECT articles.id, articles.state FROM urls JOIN articles ON articles.id = article"
        " WHERE urls.url = ?",
        [record.url],
    ).fetchone()
    if row is None:
        return "unchanged"
    _settle(connection, row["id"])
    if row["state"] == "live":
        return "unchanged"
    connection.execute(
        "UPDATE articles SET state = 'live', gone_at = NULL WHERE id = ?", [row["id"]]
    )
    return "changed"


def _content(article: Article, title: str, text: str) -> dict[str, Any]:
    verdict = article.verdict
    return {
        "title": title,
        "text": text,
        "byline": json_array(article.byline),
        "published_at": published(article),
        "published_from": article.published_from,
        "language": article.language,
        "script": verdict.script,
        "language_declared": article.language_declared,
        "language_langdetect": verdict.langdetect,
        "language_fasttext": verdict.fasttext,
        "language_agree": verdict.agree,
    }


def _revision_number(connection: sqlite3.Connection, article: int, sha256: str) -> int:
    """The number of the revision with this content, or else the next free one."""
    row = connection.execute(
        "SELECT coalesce((SELECT number FROM revisions WHERE article = :article"
        " AND sha256 = :sha256), (SELECT max(number) + 1 FROM revisions"
        " WHERE article = :article)) AS number",
        {"article": article, "sha256": sha256},
    ).fetchone()
    return int(row["number"])


def _keep_revision(
    connection: sqlite3.Connection,
    article: int,
    number: int,
    sha256: str,
    content: dict[str, Any],
    record: Judged,
) -> None:
    connection.execute(
        """
        INSERT INTO revisions(article, number, sha256, title, text, byline, published_at,
                              fetched_at, page_url, page_sha256)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        [
            article,
            number,
            sha256,
            *(content[name] for name in ("title", "text", "byline", "published_at")),
            happened(record.fetched_at),
            record.page_url,
            record.page_sha256,
        ],
    )


def _visited(
    connection: sqlite3.Connection,
    record: Judged,
    article: int,
    addresses: Iterable[str],
    at: str,
) -> None:
    """Record the visit at every address that led here.

    The canonical address was only named by the page, unless it is one of
    those that answered: then it has no status and no validators of its own.
    An address that belongs to another article stays with it.
    """
    answered = {record.page_url, *record.same_article}
    for url in addresses:
        came = url in answered
        connection.execute(
            """
            INSERT INTO urls(url, outlet, state, article, key, status, etag, last_modified,
                             discovered_at, tried_at, fetched_at)
            VALUES (:url, :outlet, 'article', :article, :key, :status, :etag, :last_modified,
                    :at, :came_at, :came_at)
            ON CONFLICT(url) DO UPDATE SET
                state = 'article', article = :article, key = :key,
                reason = NULL, attempts = 0, refetch = 0,
                status = iif(:came, :status, status), etag = iif(:came, :etag, etag),
                last_modified = iif(:came, :last_modified, last_modified),
                tried_at = coalesce(:came_at, tried_at),
                fetched_at = coalesce(:came_at, fetched_at)
            WHERE article IS NULL OR article = :article
            """,
            {
                "url": url,
                "outlet": record.outlet,
                "article": article,
                "key": record.key,
                "status": record.status if came else None,
                "etag": record.etag if came else None,
                "last_modified": record.last_modified if came else None,
                "came": came,
                "at": at,
                "came_at": at if came else None,
            },
        )
        connection.execute(
            "UPDATE urls SET tried_at = ?, refetch = 0 WHERE url = ? AND article <> ?",
            [at, url, article],
        )
    _settle(connection, article)


def _settle(connection: sqlite3.Connection, article: int) -> None:
    """Its content has been seen: no address of the article needs another look."""
    connection.execute(
        "UPDATE urls SET refetch = 0, attempts = 0 WHERE article = ? AND (refetch OR attempts)"
        " AND state = 'article'",
        [article],
    )


def _update(connection: sqlite3.Connection, known: sqlite3.Row, columns: dict[str, Any]) -> None:
    """Write what differs. Nothing at all if nothing does: an update counts ``seq`` up."""
    changes = {name: value for name, value in columns.items() if known[name] != value}
    if changes:
        pairs = ", ".join(f"{name} = :{name}" for name in changes)
        connection.execute(
            f"UPDATE articles SET {pairs} WHERE id = :id", changes | {"id": known["id"]}
        )
