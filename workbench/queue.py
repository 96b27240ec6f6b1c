"""The queue: flagged stories that wait for a decision, and those that have one.

What waits is in one database, what was decided in another. The addresses that
have a decision are few (thousands) and go into the question as a list; the
index ``articles_stories`` answers it without touching the articles' texts.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Self
from urllib.parse import urlencode

from workbench import words
from workbench.legible import legible
from workbench.snippets import Snippet, around_reasons

PAGE = 20
"""Stories on a page."""

COUNTED = 1000
"""More are not counted."""

REASONS = 3
"""Reasons shown for each story: the weightiest that speak for it, phrases last."""

Row = Mapping[str, Any]

_WAITING = "flagged = 1 and url not in (select value from json_each(:decided))"
_ORDERS = {
    "score": ("score", "score desc, id desc"),
    "newest": (
        "coalesce(published_at, first_fetched_at)",
        "coalesce(published_at, first_fetched_at) desc, id desc",
    ),
}
_STORY = (
    "id, url, outlet, title, published_at, first_fetched_at, language, script, state, score,"
    " gutted_at, headline_only, story_type, sending, receiving, revision, text"
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the queue's address asks for; every field is a parameter of it, "" when
    not given. ``show`` is ``waiting`` or ``decided``; ``from_day`` and ``to_day`` are
    ISO days, ``score`` is the least one."""

    show: str = ""
    language: str = ""
    outlet: str = ""
    sending: str = ""
    receiving: str = ""
    story_type: str = ""
    score: str = ""
    from_day: str = ""
    to_day: str = ""
    reviewer: str = ""
    decision: str = ""
    sort: str = ""
    after: str = ""

    @classmethod
    def read(cls, arguments: Mapping[str, str]) -> Self:
        """From an address's parameters; what makes no sense there is left out."""
        given = {
            field.name: (arguments.get(field.name) or "").strip()[:200] for field in fields(cls)
        }
        for name, sound in (("score", _number), ("from_day", _day), ("to_day", _day)):
            if given[name] and not sound(given[name]):
                given[name] = ""
        if given["show"] != "decided":
            given |= {"show": "", "reviewer": "", "decision": ""}
        if given["sort"] not in _ORDERS:
            given["sort"] = ""
        return cls(**given)

    @property
    def decided(self) -> bool:
        return self.show == "decided"

    def address(self, **changes: str) -> str:
        """The query string with these parameters otherwise; where the page starts goes."""
        other = replace(self, **{"after": "", **changes})
        given = {field.name: getattr(other, field.name) for field in fields(other)}
        return urlencode({name: value for name, value in given.items() if value})

    @property
    def narrowing(self) -> list[tuple[str, str]]:
        """Name and value of each filter that is on."""
        apart = ("show", "sort", "after")
        return [
            (field.name, getattr(self, field.name))
            for field in fields(self)
            if field.name not in apart and getattr(self, field.name)
        ]

    def conditions(self, dated: str) -> tuple[str, dict[str, Any]]:
        """SQL on the columns that ``articles`` and ``decisions`` share; ``dated`` is
        the expression of a row's day."""
        sql, values = [], dict[str, Any]()
        for name in ("language", "outlet", "story_type", "reviewer", "decision"):
            if value := getattr(self, name):
                sql.append(f"{name} = :{name}")
                values[name] = value
        for name in ("sending", "receiving"):
            if value := getattr(self, name):
                sql.append(f"instr({name}, :{name})")
                values[name] = json.dumps(value)
        if self.score:
            sql.append("score >= :least")
            values["least"] = float(self.score)
        if self.from_day:
            sql.append(f"{dated} >= :from_day")
            values["from_day"] = self.from_day
        if self.to_day:
            # A moment of that day sorts behind the day alone.
            sql.append(f"{dated} < :to_day || 'U'")
            values["to_day"] = self.to_day
        return " and ".join(sql) or "1", values


def _number(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


def _day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Item:
    """One story of the queue. ``row`` is the article's; for a decided one that is no
    longer in the database the review's (``stored`` is False then). ``changed`` is
    whether its text is another one than was decided on."""

    row: Row
    flag: int
    reasons: Sequence[str]
    snippet: Snippet | None
    review: Row | None = None
    stored: bool = True
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """``count`` is exact up to :data:`COUNTED`; ``after`` starts the next page, "" on the last."""

    items: Sequence[Item]
    count: int
    after: str = ""


def read_waiting(monitor: sqlite3.Connection, filters: Filters, decided: Iterable[str]) -> Page:
    """Flagged stories whose addresses are not ``decided``."""
    by, order = _ORDERS[filters.sort or "score"]
    where, values = _waiting(filters, decided)
    count = _count(monitor, where, values)
    if place := _place(filters.after):
        where += f" and ({by}, id) < (:place, :last)"
        values["place"], values["last"] = place
        if by == "score":
            values["place"] = float(place[0]) if _number(place[0]) else 1.0
    found = monitor.execute(
        f"select id, {by} as place {where} order by {order} limit {PAGE + 1}", values
    ).fetchall()
    after = f"{found[PAGE - 1]['place']},{found[PAGE - 1]['id']}" if len(found) > PAGE else ""
    stories = _read_stories(monitor, "id", [row["id"] for row in found[:PAGE]])
    return Page([stories[row["id"]] for row in found[:PAGE] if row["id"] in stories], count, after)


def count_waiting(monitor: sqlite3.Connection, decided: Iterable[str]) -> int:
    """How many flagged stories have addresses that are not ``decided``: exact up to
    :data:`COUNTED`."""
    return _count(monitor, *_waiting(Filters(), decided))


def _waiting(filters: Filters, decided: Iterable[str]) -> tuple[str, dict[str, Any]]:
    sql, values = filters.conditions("coalesce(published_at, first_fetched_at)")
    where = f"from articles indexed by articles_stories where {_WAITING} and {sql}"
    return where, values | {"decided": json.dumps(list(decided))}


def _count(monitor: sqlite3.Connection, where: str, values: dict[str, Any]) -> int:
    limited = f"select count(*) from (select 1 {where} limit {COUNTED + 1})"
    return int(monitor.execute(limited, values).fetchone()[0])


def read_decided_page(reviews: sqlite3.Connection, filters: Filters) -> tuple[list[Row], int, str]:
    """Decisions that count, the last first: a page of them, how many there are, and
    where the next page starts."""
    sql, values = filters.conditions("coalesce(published_at, at)")
    count = reviews.execute(f"select count(*) from decisions where {sql}", values).fetchone()[0]
    if filters.after.isdecimal():
        sql += " and id < :after"
        values["after"] = int(filters.after)
    rows = reviews.execute(
        f"select * from decisions where {sql} order by id desc limit {PAGE + 1}", values
    ).fetchall()
    after = str(rows[PAGE - 1]["id"]) if len(rows) > PAGE else ""
    return rows[:PAGE], count, after


def read_decided(monitor: sqlite3.Connection, page: tuple[list[Row], int, str]) -> Page:
    """:func:`read_decided_page` with the stories as they are now."""
    rows, count, after = page
    stories = _read_stories(monitor, "url", [row["url"] for row in rows])
    items = []
    for review in rows:
        story = stories.get(review["url"])
        if story is None:
            items.append(Item(review, review["flag"], (), None, review, stored=False))
            continue
        changed = story.row["sha256"] != review["sha256"]
        items.append(replace(story, review=review, changed=changed))
    return Page(items, count, after)


def read_decided_addresses(reviews: sqlite3.Connection) -> list[str]:
    return [row["url"] for row in reviews.execute("select url from decisions")]


def read_choices(monitor: sqlite3.Connection) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer: code and name of what flagged stories have."""
    outlets = dict(monitor.execute("select slug, name from outlets").fetchall())

    def values(column: str) -> list[Any]:
        return [
            row[0]
            for row in monitor.execute(
                f"select distinct {column} from articles indexed by articles_stories"
                " where flagged = 1"
            )
            if row[0] is not None
        ]

    def states(column: str) -> set[str]:
        return {code for stored in values(column) for code in words.codes(stored)}

    found = {
        "language": [(code, words.language(code)) for code in values("language")],
        "outlet": [(slug, str(outlets.get(slug, slug))) for slug in values("outlet")],
        "story_type": [(code, words.story_type(code)) for code in values("story_type")],
        "sending": [(code, words.country(code)) for code in states("sending")],
        "receiving": [(code, words.country(code)) for code in states("receiving")],
    }
    return {name: sorted(choices, key=lambda choice: choice[1]) for name, choices in found.items()}


def read_reviewers(reviews: sqlite3.Connection) -> list[str]:
    return [row[0] for row in reviews.execute("select distinct reviewer from reviews order by 1")]


def _read_stories(monitor: sqlite3.Connection, key: str, values: Sequence[Any]) -> dict[Any, Item]:
    """Stories by ``key`` (a unique column of ``articles``): row, newest verdict, snippet."""
    listed = json.dumps(values)
    chosen = f"select id from articles where {key} in (select value from json_each(?))"
    rows = monitor.execute(
        f"select {_STORY}, (select sha256 from revisions where article = articles.id"
        " and number = articles.revision) as sha256"
        f" from articles where id in ({chosen})",
        [listed],
    ).fetchall()
    verdicts = {
        row["article"]: row
        for row in monitor.execute(
            "select id, article, reasons from flags where id in"
            f" (select max(id) from flags where article in ({chosen}) group by article)",
            [listed],
        )
    }
    matches: dict[int, list[Row]] = {}
    for match in monitor.execute(
        'select article, concept, field, start, "end", surface from matches'
        f" where article in ({chosen})",
        [listed],
    ):
        matches.setdefault(match["article"], []).append(match)
    return {
        row[key]: _item(row, verdicts.get(row["id"]), matches.get(row["id"], [])) for row in rows
    }


def _item(row: Row, verdict: Row | None, matches: Sequence[Row]) -> Item:
    reasons = json.loads(verdict["reasons"]) if verdict else []
    speaking = sorted(
        (each for each in reasons if each["weight"] > 0 and each["matches"]),
        key=lambda each: (_only_a_phrase(each), -each["weight"]),
    )[:REASONS]
    return Item(
        row,
        verdict["id"] if verdict else 0,
        [legible(each["sentence"]) for each in speaking],
        around_reasons(row["text"], matches, [each["matches"] for each in speaking]),
    )


def _only_a_phrase(reason: Mapping[str, Any]) -> bool:
    """What stands beside what says more to people than a phrase that such stories use."""
    return all(match["concept"] == "phrase" for match in reason["matches"])


def _place(after: str) -> tuple[str, int] | None:
    place, _, number = after.rpartition(",")
    return (place, int(number)) if place and number.isdecimal() else None
