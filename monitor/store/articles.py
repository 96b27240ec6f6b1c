"""Articles and their revisions: what a judged page, a 404 and a 304 do to the tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from monitor.changes import is_gutted, is_trivial
from monitor.items import Article, Flag, Gone, Judged, Match, Unchanged
from monitor.store.belonging import (
    addresses_of,
    article_of,
    headline_at,
    is_address_of,
    make_way,
    settled,
)
from monitor.store.revisits import home
from monitor.store.values import content_sha256, happened, json_array, published, without_nul
from monitor.store.verdicts import insert, verdict_columns, write_verdict

Written = Literal["new", "changed", "unchanged", "gone", "headline", "unknown"]


@dataclass(frozen=True, slots=True)
class Content:
    """An article's content as it is stored: ``columns`` of ``articles``, its digest."""

    columns: dict[str, Any]
    sha256: str

    @classmethod
    def of(cls, article: Article) -> Content:
        title, text = without_nul(article.title), without_nul(article.text)
        verdict = article.verdict
        columns = {
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
        return cls(columns, content_sha256(title, text))

    @property
    def title(self) -> str:
        return str(self.columns["title"])

    @property
    def text(self) -> str:
        return str(self.columns["text"])


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
    (:mod:`monitor.store.belonging`). The same content, or one that differs in
    its furniture only (:func:`monitor.changes.is_trivial`), leaves the article's
    row alone unless it was gone or is judged otherwise. A text that lost more
    than half is kept as a revision, but the article keeps the last good one and
    is ``gutted``.
    """
    canonical = record.article.url
    make_way(connection, record)
    record = settled(connection, record)
    kept_at = record.article.url if record.article.url != canonical else None
    at = happened(record.fetched_at)
    content = Content.of(record.article)
    addresses = addresses_of(record)
    known = article_of(connection, record)
    foretold = headline_at(connection, addresses)
    if known is None:
        columns = content.columns | verdict_columns(record.flag)
        columns |= {"url": record.article.url, "first_fetched_at": at, "changed_at": at}
        if foretold is None:
            article, revision = (
                insert(connection, "articles", columns | {"outlet": record.outlet}),
                1,
            )
        else:
            # The page of a story that was only a headline until now.
            article = foretold["id"]
            revision = _revision_number(connection, article, content.sha256)
            columns |= {"headline_only": 0, "revision": revision}
            _update(connection, foretold, columns)
        _keep_revision(connection, article, revision, content, record)
        outcome: Written = "new"
    else:
        article = known["id"]
        if foretold is not None:
            _merge_headline(connection, foretold["id"], at)
        moved = {}
        if not is_address_of(connection, record.article.url, article):
            moved["url"] = record.article.url
        outcome, judged_anew = _visit(connection, known, content, record, moved, at)
        if not judged_anew:
            _visited(connection, record, article, addresses, at)
            return Stored(outcome, (), kept_at)
        revision = _revision_number(connection, article, content.sha256)
    misplaced = write_verdict(
        connection, article, revision, record.flag, content.title, content.text, at
    )
    _visited(connection, record, article, addresses, at)
    return Stored(outcome, misplaced, kept_at)


def _visit(
    connection: sqlite3.Connection,
    known: sqlite3.Row,
    content: Content,
    record: Judged,
    moved: dict[str, Any],
    at: str,
) -> tuple[Written, bool]:
    """Bring a known article's row up to date with what its page says now. Whether the
    content is one that the verdict is about."""
    article = known["id"]
    back = {"state": "live", "gone_at": None, "gone_how": None} if known["state"] == "gone" else {}
    outcome: Written = "changed" if back else "unchanged"
    if known["sha256"] == content.sha256:
        whole = {"gutted_at": None} if known["gutted_at"] else {}
        _update(connection, known, verdict_columns(record.flag) | moved | back | whole)
        return "changed" if whole else outcome, True
    if is_gutted(known["text"], content.text):
        revision = _revision_number(connection, article, content.sha256)
        _keep_revision(connection, article, revision, content, record)
        first = {} if known["gutted_at"] else {"gutted_at": at, "changed_at": at}
        _update(connection, known, moved | back | first)
        return "changed" if first else outcome, False
    old = f"{known['title']}\n\n{known['text']}"
    if not known["gutted_at"] and is_trivial(
        old, f"{content.title}\n\n{content.text}", _told(record)
    ):
        _update(connection, known, moved | back)
        return outcome, False
    # Some pages lose their date when they are edited; the story keeps it.
    kept = {
        name: content.columns[name] or known[name] for name in ("published_at", "published_from")
    }
    revision = _revision_number(connection, article, content.sha256)
    now = content.columns | kept | verdict_columns(record.flag) | moved | back
    now |= {"changed_at": at, "revision": revision, "gutted_at": None}
    _update(connection, known, now)
    _keep_revision(connection, article, revision, content, record)
    return "changed", True


def _told(record: Judged) -> list[str]:
    """The words on which the verdict rests: a line that has one of them is no furniture."""
    return [match.surface for reason in record.flag.reasons for match in reason.matches]


def write_headline(connection: sqlite3.Connection, record: Judged) -> Stored:
    """Store what a source says of a story whose page could not be had.

    An article that was read once is left alone: what its outlet's feed says
    of it is less.
    """
    addresses = addresses_of(record)
    if article_of(connection, record) is not None:
        return Stored("unchanged")
    at = happened(record.fetched_at)
    content = Content.of(record.article)
    known = headline_at(connection, addresses)
    columns = content.columns | verdict_columns(record.flag) | {"changed_at": at}
    if known is None:
        columns |= {"url": record.article.url, "outlet": record.outlet, "headline_only": 1}
        article = insert(connection, "articles", columns | {"first_fetched_at": at})
        revision = 1
    elif known["sha256"] == content.sha256:
        return Stored("unchanged")
    else:
        article = known["id"]
        revision = _revision_number(connection, article, content.sha256)
        _update(connection, known, columns | {"revision": revision})
    _keep_revision(connection, article, revision, content, record)
    misplaced = write_verdict(
        connection, article, revision, record.flag, content.title, content.text, at
    )
    return Stored("headline" if known is None else "unchanged", misplaced)


def _merge_headline(connection: sqlite3.Connection, headline: int, at: str) -> None:
    """A headline turned out to be that of an article which we have under another address."""
    connection.execute(
        "UPDATE articles SET state = 'gone', gone_at = ?, gone_how = 'same_story', flagged = 0,"
        " headline_only = 0 WHERE id = ?",
        [at, headline],
    )


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
    content = Content.of(record.article)
    record = settled(connection, record)
    known = article_of(connection, record) or headline_at(connection, addresses_of(record))
    if known is None:
        return [f"{content.title}\n{content.text}"]
    if known["sha256"] == content.sha256:
        return []
    return [f"{known['title']}\n{known['text']}", f"{content.title}\n{content.text}"]


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
        "UPDATE articles SET state = 'gone', gone_at = ?, gone_how = ? WHERE id = ?",
        [at, record.manner, row["id"]],
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
        "UPDATE articles SET state = 'live', gone_at = NULL, gone_how = NULL WHERE id = ?",
        [row["id"]],
    )
    return "changed"


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
    content: Content,
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
            content.sha256,
            *(content.columns[name] for name in ("title", "text", "byline", "published_at")),
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
