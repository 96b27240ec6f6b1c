"""What the first page shows: what the last crawl brought, changed and lost.

A night lasts from its crawl's begin to the next one's; what is imported meanwhile
counts as of that night, too. Its stories are found in indexes, however many
articles there are; rows are read of those alone that are shown.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from monitor.health.reading import judged_at
from monitor.store import night_summary
from monitor.summary import totals
from workbench.charts import Chart, stacked
from workbench.memory import Memory, nights_version, stories_version
from workbench.outlets import OutletCard, read_outlets
from workbench.pairs import Pair, pairs_of
from workbench.picture import DAY

A_GROUP = 4
"""Stories shown of a country pair."""
GROUPS = 8
"""Country pairs with their stories; of further ones the number alone."""
A_KIND = 5
"""Stories shown of each kind of change."""
EARLIER = 6
"""Stories of earlier nights, shown when this one brought none."""
DAYS = 90
HEIGHT = 64
"""Days of the chart, its height in pixels."""
LATE = timedelta(hours=36)
"""A night that began longer ago than this is not the last one that there should be."""

Row = Mapping[str, Any]

_NEW = """
select id, score, sending, receiving from articles indexed by articles_stories
where flagged = 1 and first_fetched_at >= :night
"""
_REVISED = """
select id, score, sending, receiving, flagged, exists (
    select 1 from flags where article = articles.id and flagged = 1 and judged_at < :night
) as before
from articles indexed by articles_revised
where revision > 1 and changed_at >= :night and first_fetched_at < :night
"""
_LOST = """
select id, score from articles indexed by {index}
where {column} is not null and {column} >= :night and flagged = 1 and first_fetched_at < :night
"""
_EARLIER = f"""
select id from articles indexed by articles_stories where flagged = 1
order by coalesce(published_at, first_fetched_at) desc, id desc limit {EARLIER}
"""
_BY_DAY = f"""
select {DAY} as day, count(*) from articles indexed by articles_stories
where flagged = 1 and {DAY} >= ? group by 1
"""
_ROWS = """
select id, outlet, url, title, published_at, first_fetched_at, language, script, state, score,
       gutted_at, headline_only, story_type, sending, receiving, why
from articles where id in (select value from json_each(?))
"""


class Scored(NamedTuple):
    """A flagged story as it is grouped; ``sending`` and ``receiving`` are JSON lists."""

    id: int
    score: float
    sending: str
    receiving: str


@dataclass(frozen=True, slots=True)
class Group:
    """The stories of a country pair, by number, the highest score first."""

    pair: Pair
    stories: Sequence[int]


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to flagged stories that were known before: ``withdrawn``, ``gutted``,
    ``cleared`` (no longer flagged) or ``revised``; their numbers, the highest score first."""

    kind: str
    stories: Sequence[int]


@dataclass(frozen=True, slots=True)
class Night:
    """``rows`` as :func:`monitor.store.night_summary` gives them; ``age`` is how long ago
    it began."""

    began: str
    age: timedelta
    rows: Sequence[dict[str, Any]]

    @property
    def totals(self) -> dict[str, int]:
        return totals(self.rows)

    @property
    def finished(self) -> int:
        return sum(row["outcome"] == "finished" for row in self.rows)

    @property
    def running(self) -> int:
        return sum(row["outcome"] == "running" for row in self.rows)

    @property
    def late(self) -> int:
        """Whole days since it began, if another night should have begun since; else 0."""
        return self.age.days if self.age > LATE else 0


@dataclass(frozen=True, slots=True)
class Stories:
    """The flagged stories of a night and before. ``rows`` are those of the stories that are
    shown, by number; ``total`` is how many there are of any night; ``days`` and ``chart``: the
    last :data:`DAYS` days, each with its number of stories."""

    groups: Sequence[Group]
    changes: Sequence[Change]
    earlier: Sequence[int]
    rows: Mapping[int, Row]
    total: int
    days: Sequence[tuple[date, int]]
    chart: Chart

    @property
    def new(self) -> int:
        return sum(len(group.stories) for group in self.groups)

    @property
    def busiest(self) -> int:
        """Stories of the day that has most."""
        return max(number for _, number in self.days)

    @property
    def changed(self) -> int:
        return sum(len(change.stories) for change in self.changes)


@dataclass(frozen=True, slots=True)
class Tonight:
    """``night`` is None before the first crawl. ``outlets``: how many are crawled;
    ``trouble``: those that are not healthy."""

    night: Night | None
    stories: Stories
    outlets: int
    trouble: Sequence[OutletCard]


_known = Memory[Stories](4)


def read_tonight(connection: sqlite3.Connection, now: datetime) -> Tonight:
    """The first page's contents. The connection gives rows by column name."""
    at = judged_at(connection, now)
    began = connection.execute("select max(night) from crawls").fetchone()[0]
    key = (*stories_version(connection), *nights_version(connection), at.date())
    stories = _known.get(key, lambda: _stories(connection, began, at.date()))
    cards = read_outlets(connection, now)
    return Tonight(
        Night(began, at - datetime.fromisoformat(began), night_summary(connection, began))
        if began
        else None,
        stories,
        len(cards),
        [card for card in cards if not card.health.well],
    )


def _stories(connection: sqlite3.Connection, began: str | None, today: date) -> Stories:
    new, changes = _of_night(connection, began) if began else ([], [])
    groups = grouped(new)
    earlier = [] if new else [row["id"] for row in connection.execute(_EARLIER)]
    shown = [number for group in groups[:GROUPS] for number in group.stories[:A_GROUP]]
    shown += [number for change in changes for number in change.stories[:A_KIND]]
    rows = connection.execute(_ROWS, [json.dumps(shown + earlier)])
    since = today - timedelta(days=DAYS)
    by_day = dict(connection.execute(_BY_DAY, [since.isoformat()]).fetchall())
    days = last_days(by_day, today)
    return Stories(
        groups,
        changes,
        earlier,
        {row["id"]: row for row in rows},
        connection.execute("select count(*) from articles where flagged = 1").fetchone()[0],
        days,
        stacked(
            [f"{day.day} {day:%b}" for day, _ in days],
            [[number] for _, number in days],
            HEIGHT,
            most_labels=3,
        ),
    )


def _of_night(connection: sqlite3.Connection, began: str) -> tuple[list[Scored], list[Change]]:
    """The stories first fetched or first flagged in the night, and what became of others."""
    since = {"night": began}
    new = [Scored(*row) for row in connection.execute(_NEW, since)]
    found: dict[str, list[tuple[float, int]]] = {}
    for kind, index, column in (
        ("withdrawn", "articles_gone_at", "gone_at"),
        ("gutted", "articles_gutted_at", "gutted_at"),
    ):
        sql = _LOST.format(index=index, column=column)
        found[kind] = [(row["score"], row["id"]) for row in connection.execute(sql, since)]
    found |= {"cleared": [], "revised": []}
    for row in connection.execute(_REVISED, since):
        if row["flagged"] and not row["before"]:
            new.append(Scored(row["id"], row["score"], row["sending"], row["receiving"]))
        elif row["before"]:
            kind = "revised" if row["flagged"] else "cleared"
            found[kind].append((row["score"], row["id"]))
    return new, each_once(found, {story.id for story in new})


def each_once(
    found: Mapping[str, Iterable[tuple[float, int]]], new: Iterable[int] = ()
) -> list[Change]:
    """Each story that is not ``new`` once, under the first of its kinds; ``found`` has score
    and number of each."""
    seen = set(new)
    listed = []
    for kind, stories in found.items():
        numbers = [number for _, number in sorted(stories, reverse=True) if number not in seen]
        seen.update(numbers)
        if numbers:
            listed.append(Change(kind, numbers))
    return listed


def grouped(stories: Iterable[Scored]) -> list[Group]:
    """Each story once, under the one of its country pairs that has most stories; the pair
    with the highest score first, of equal ones (as people read scores) that with most."""
    ordered = sorted(stories, key=lambda story: (-story.score, -story.id))
    pairs = [pairs_of(story.sending, story.receiving) for story in ordered]
    frequent = Counter(pair for each in pairs for pair in each)
    groups: dict[Pair, list[Scored]] = defaultdict(list)
    for story, each in zip(ordered, pairs, strict=True):
        groups[max(each, key=lambda pair: frequent[pair])].append(story)
    ranked = sorted(groups.items(), key=lambda item: (-round(item[1][0].score, 2), -len(item[1])))
    return [Group(pair, [story.id for story in listed]) for pair, listed in ranked]


def last_days(stories: Mapping[str, int], today: date) -> list[tuple[date, int]]:
    """The last :data:`DAYS` days with their numbers of stories (by ISO day). They end today,
    or tomorrow where that has stories already: its outlets' clocks are ahead of UTC."""
    tomorrow = today + timedelta(days=1)
    until = tomorrow if tomorrow.isoformat() in stories else today
    days = (until - timedelta(days=back) for back in range(DAYS - 1, -1, -1))
    return [(day, stories.get(day.isoformat(), 0)) for day in days]
