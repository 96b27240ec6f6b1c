"""What analysts decide on flags: ``reviews.db``, and labelled texts made from it.

Every decision is a row, taking one back is another; rows are never changed
(the tables refuse it). The workbench writes them, one at a time; here is how.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from db.review_migrations import migrations
from monitor.store import StoreError, utc_now
from monitor.store.connection import BUSY_TIMEOUT_MS

DECISIONS = ("confirmed", "rejected", "unsure")

_SHOWN = """
select articles.url, articles.id as article, articles.outlet, articles.language, articles.script,
       revisions.title, articles.published_at, flags.revision, revisions.sha256, flags.id as flag,
       flags.lexicon_version, flags.flagged, flags.score, flags.story_type, flags.sending,
       flags.receiving
from flags
join articles on articles.id = flags.article
join revisions on revisions.article = articles.id and revisions.number = flags.revision
where flags.id = ? and articles.id = ?
"""

_OWN_LAST = """
select * from reviews as decided
where url = :url and reviewer = :reviewer and decision <> 'withdrawn'
  and not exists (select 1 from reviews as later where later.withdraws = decided.id)
order by id desc limit 1
"""


class ReviewRefused(ValueError):
    """A decision that cannot be recorded: says why."""


def reviews_path(db: Path) -> Path:
    """The reviews of the database ``db``: ``reviews.db`` beside ``monitor.db``,
    ``NAME-reviews.db`` beside any other."""
    return db.with_name("reviews.db" if db.stem == "monitor" else f"{db.stem}-reviews.db")


def prepare_reviews(path: Path) -> None:
    """Make the database, for its owner's eyes only, or bring it up to date.
    Raises :class:`monitor.store.StoreError`."""
    try:
        # SQLite gives its journal files the same mode.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            database = Database(connection)
            known = {migration.name for migration in migrations.pending(Database(memory=True))}
            if unknown := {each.name for each in migrations.applied(database)} - known:
                raise StoreError(
                    f"{path} was made by a newer version of the monitor"
                    f" (it has {', '.join(sorted(unknown))}); update this installation"
                )
            connection.execute("PRAGMA journal_mode = WAL")
            migrations.apply(database)
    except (OSError, sqlite3.DatabaseError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise StoreError(f"{path} cannot be used for reviews: {why}") from error


def read_shown(monitor: sqlite3.Connection, article: int, flag: int) -> dict[str, Any] | None:
    """What an analyst sees who judges verdict ``flag`` on ``article``, as columns of
    ``reviews``; None when there is no such verdict. The connection gives rows by name."""
    row = monitor.execute(_SHOWN, [flag, article]).fetchone()
    return dict(row) if row else None


def decide(
    reviews: sqlite3.Connection,
    shown: Mapping[str, Any],
    reviewer: str,
    decision: str,
    *,
    note: str = "",
    corrections: Mapping[str, str | None] | None = None,
) -> int:
    """Record a decision; its number. The same one again, as by a double click, is
    recorded once. ``shown`` is from :func:`read_shown`, ``corrections`` has
    ``corrected_type``, ``corrected_sending``, ``corrected_receiving`` (JSON lists).
    Raises :class:`ReviewRefused`."""
    if decision not in DECISIONS:
        raise ReviewRefused(f"a decision is one of {', '.join(DECISIONS)}")
    said = {
        "corrected_type": None,
        "corrected_sending": None,
        "corrected_receiving": None,
        **(corrections or {}),
        **shown,
        "reviewer": reviewer,
        "decision": decision,
        "note": note,
    }
    if decision == "confirmed" and not (said["corrected_type"] or said["story_type"]):
        raise ReviewRefused("a story that the monitor missed needs a type: choose one")
    with _immediate(reviews):
        last = reviews.execute(_OWN_LAST, said).fetchone()
        if last and all(last[name] == value for name, value in said.items()):
            return int(last["id"])
        return _append(reviews, said)


def withdraw(reviews: sqlite3.Connection, number: int, reviewer: str) -> int:
    """Take back one's own decision ``number`` by a further row; the number of that.
    Raises :class:`ReviewRefused`."""
    with _immediate(reviews):
        row = reviews.execute("select * from reviews where id = ?", [number]).fetchone()
        if row is None or row["reviewer"] != reviewer or row["decision"] == "withdrawn":
            raise ReviewRefused("only a decision of your own can be undone")
        if reviews.execute("select 1 from reviews where withdraws = ?", [number]).fetchone():
            raise ReviewRefused("this decision was undone before")
        said = {name: row[name] for name in row.keys() if name not in ("id", "at")}  # noqa: SIM118
        return _append(reviews, said | {"decision": "withdrawn", "withdraws": number, "note": ""})


def _append(reviews: sqlite3.Connection, said: Mapping[str, Any]) -> int:
    columns = {**said, "at": utc_now().isoformat(timespec="seconds")}
    marks = ", ".join(f":{name}" for name in columns)
    row = reviews.execute(
        f"insert into reviews({', '.join(columns)}) values ({marks}) returning id", columns
    ).fetchone()
    return int(row["id"])


@contextmanager
def _immediate(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that waits for its turn before it reads: one that reads first
    and writes then fails when another one got in between."""
    if connection.in_transaction:  # Datasette 1.0 has begun it, and ends it
        yield
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def open_reviews(path: Path) -> sqlite3.Connection:
    """To read, with rows by name. Raises :class:`monitor.store.StoreError`."""
    if not path.exists():
        raise StoreError(f"there are no reviews at {path}; the workbench makes them")
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    return connection


def labelled_rows(
    reviews: sqlite3.Connection,
    monitor: sqlite3.Connection,
    decisions: Iterable[str] = ("confirmed", "rejected"),
) -> tuple[list[dict[str, Any]], list[str]]:
    """The decisions that count as labelled texts in the golden format, and the
    addresses of those whose revision is no longer in the database.

    The text is the one that was judged. Type and states are the analyst's
    corrections, else the verdict's.
    """
    wanted = set(decisions)
    rows, missing = [], []
    for review in reviews.execute("select * from decisions order by id"):
        if review["decision"] not in wanted:
            continue
        judged = monitor.execute(
            "select revisions.title, revisions.text from revisions"
            " join articles on articles.id = revisions.article"
            " where articles.url = ? and revisions.sha256 = ?",
            [review["url"], review["sha256"]],
        ).fetchone()
        if judged is None:
            missing.append(review["url"])
        else:
            rows.append(_golden(review, judged))
    return rows, missing


def _golden(review: sqlite3.Row, judged: sqlite3.Row) -> dict[str, Any]:
    story = review["decision"] == "confirmed"

    def states(side: str) -> list[str]:
        corrected = review[f"corrected_{side}"]
        return list(json.loads(review[side] if corrected is None else corrected)) if story else []

    return {
        "id": f"review-{review['id']}",
        "language": review["language"],
        "script": review["script"],
        "flag": story,
        "label": (review["corrected_type"] or review["story_type"]) if story else "none",
        "category": None,
        "sending": states("sending"),
        "receiving": states("receiving"),
        "persons": [],
        "date": (review["published_at"] or "")[:10] or None,
        "title": judged["title"],
        "text": judged["text"],
        "url": review["url"],
        "note": review["note"],
    }
