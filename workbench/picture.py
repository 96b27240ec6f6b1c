"""What the flagged stories of a period say together: by time, states, languages, outlets.

:func:`read_picture` reads the stories (the index ``articles_stories`` alone, no article),
:func:`picture` counts them, :data:`TABLES` gives the same numbers to spreadsheets.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from monitor.flagging.story import TYPES
from workbench import words
from workbench.charts import Chart, shade, stacked
from workbench.memory import Memory, stories_version
from workbench.pairs import Pair, pairs_of
from workbench.periods import Buckets, Period, cut

BARS = 106
"""Two years of weeks."""
COLUMNS = 14
"""Of a table over time: three months of weeks, a year of months. They fit on paper."""
STATES = 12
"""Rows and columns of the table of states; what is behind them is added up."""
OUTLETS = 20
"""Rows of the table of outlets."""
GAPS = 20
"""Rows of the table of coverage gaps."""
HEIGHT, HEAD = 230, 20
"""Of the chart of story types, in pixels."""

DAY = "substr(coalesce(published_at, first_fetched_at), 1, 10)"
"""``articles.day``, which would make SQLite 3.40 read the article's row beside an index."""

_STORIES = f"""
select {DAY} as day, story_type, language, outlet, sending, receiving
from articles indexed by articles_stories where flagged = 1 and {DAY} between ? and ?
"""
_BOUNDS = (
    f"select min({DAY}), max({DAY}) from articles indexed by articles_stories where flagged = 1"
)


class Story(NamedTuple):
    """What is counted of a flagged story; ``sending`` and ``receiving`` are JSON lists."""

    day: str
    story_type: str | None
    language: str
    outlet: str
    sending: str
    receiving: str


@dataclass(frozen=True, slots=True)
class Types:
    """Stories of each type over time. ``kinds`` are the types there can be ("" for none) and
    how many stories each has, ``counts`` those of each bucket in the same order."""

    buckets: Buckets
    kinds: Sequence[tuple[str, int]]
    counts: Sequence[Sequence[int]]
    chart: Chart


@dataclass(frozen=True, slots=True)
class Matrix:
    """Stories by sending state (rows) and receiving state (columns), None for unknown. A story
    with several states counts in several cells, in ``rows`` and ``columns`` (state → stories)
    once a state. States behind the first ones are ``other_rows`` and ``other_columns``."""

    rows: Mapping[str | None, int]
    columns: Mapping[str | None, int]
    cells: Mapping[Pair, int]
    other_rows: int
    other_columns: int

    def shade(self, pair: Pair) -> int:
        return shade(self.cells.get(pair, 0), max(self.cells.values()))


@dataclass(frozen=True, slots=True)
class Line:
    """One language or outlet over time."""

    key: str
    total: int
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class Lines:
    """Languages or outlets over time, the largest first."""

    buckets: Buckets
    each: Sequence[Line]

    def shade(self, stories: int) -> int:
        return shade(stories, max(max(line.counts) for line in self.each))


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who reports on a pair of states. ``last`` is the day of the newest story."""

    pair: Pair
    stories: int
    languages: Sequence[str]
    outlets: Sequence[str]
    last: str

    @property
    def is_gap(self) -> bool:
        """Whether one language alone reports on this pair, both of whose states are known."""
        return None not in self.pair and len(self.languages) == 1

    @property
    def one_outlet(self) -> bool:
        return len(self.outlets) == 1


@dataclass(frozen=True, slots=True)
class Picture:
    """``pairs``: every pair of states, the one with most stories first; ``gaps`` the part of
    these that one language alone reports on."""

    period: Period
    stories: int
    types: Types
    matrix: Matrix
    languages: Lines
    outlets: Lines
    pairs: Sequence[Coverage]

    @property
    def gaps(self) -> list[Coverage]:
        return [each for each in self.pairs if each.is_gap]

    @property
    def known_pairs(self) -> int:
        return sum(None not in each.pair for each in self.pairs)


_known = Memory[Picture](20)
_known_bounds = Memory[tuple[date, date]](4)


def read_bounds(connection: sqlite3.Connection, today: date) -> tuple[date, date]:
    """The days of the first and the last story. The last is ``today``, or the day after where a
    story has that date already: its outlet's clock is ahead of UTC."""
    key = (*stories_version(connection), today)
    return _known_bounds.get(key, lambda: _bounds(connection, today))


def _bounds(connection: sqlite3.Connection, today: date) -> tuple[date, date]:
    first, last = connection.execute(_BOUNDS).fetchone()
    tomorrow = today + timedelta(days=1)
    until = tomorrow if last and last >= tomorrow.isoformat() else today
    return date.fromisoformat(first) if first else until, until


def read_picture(connection: sqlite3.Connection, period: Period) -> Picture:
    """The picture of a period. Until a story changes, it is worked out once."""

    def read() -> Picture:
        days = [period.since.isoformat(), period.until.isoformat()]
        return picture(map(Story._make, connection.execute(_STORIES, days)), period)

    return _known.get((*stories_version(connection), period), read)


def picture(stories: Iterable[Story], period: Period) -> Picture:
    """Count ``stories``, all of which lie in ``period``."""
    stories = list(stories)
    return Picture(
        period,
        len(stories),
        _types(stories, cut(period, BARS)),
        _matrix(stories),
        _lines(stories, cut(period, COLUMNS), lambda story: story.language),
        _lines(stories, cut(period, COLUMNS), lambda story: story.outlet),
        _coverage(stories),
    )


def _types(stories: Sequence[Story], buckets: Buckets) -> Types:
    days = _by(stories, lambda story: story.story_type or "")
    kinds = [kind for kind in (*TYPES, "") if kind or kind in days]
    columns = [buckets.sums(days.get(kind, {})) for kind in kinds]
    rows = list(zip(*columns, strict=True))
    labels = [bucket.label for bucket in buckets.each]
    return Types(
        buckets,
        list(zip(kinds, map(sum, columns), strict=True)),
        rows,
        stacked(labels, rows, HEIGHT, HEAD),
    )


def _lines(stories: Sequence[Story], buckets: Buckets, key: Callable[[Story], str]) -> Lines:
    lines = []
    for name, days in _by(stories, key).items():
        counts = buckets.sums(days)
        lines.append(Line(name, sum(counts), counts))
    return Lines(buckets, sorted(lines, key=lambda line: (-line.total, line.key)))


def _by(stories: Sequence[Story], key: Callable[[Story], str]) -> dict[str, dict[str, int]]:
    """How many stories each value has on which days."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for (value, day), number in Counter((key(story), story.day) for story in stories).items():
        found[value][day] = number
    return found


def _matrix(stories: Sequence[Story]) -> Matrix:
    senders: Counter[str | None] = Counter()
    receivers: Counter[str | None] = Counter()
    cells: Counter[Pair] = Counter()
    states = Counter((story.sending, story.receiving) for story in stories)
    for (sending, receiving), number in states.items():
        pairs = pairs_of(sending, receiving)
        for pair in pairs:
            cells[pair] += number
        for sender in {pair[0] for pair in pairs}:
            senders[sender] += number
        for receiver in {pair[1] for pair in pairs}:
            receivers[receiver] += number
    rows, columns = _first(senders), _first(receivers)
    shown = {pair: cells[pair] for pair in cells if pair[0] in rows and pair[1] in columns}
    return Matrix(rows, columns, shown, len(senders) - len(rows), len(receivers) - len(columns))


def _first(states: Counter[str | None]) -> dict[str | None, int]:
    """The states with most stories; what is unknown comes last."""
    known = sorted(
        ((state, number) for state, number in states.items() if state is not None),
        key=lambda item: (-item[1], words.country(item[0])),
    )
    shown: dict[str | None, int] = dict(known[:STATES])
    return shown | ({None: states[None]} if states[None] else {})


def _coverage(stories: Sequence[Story]) -> list[Coverage]:
    languages: dict[Pair, Counter[str]] = defaultdict(Counter)
    outlets: dict[Pair, Counter[str]] = defaultdict(Counter)
    last: dict[Pair, str] = {}
    for story in stories:
        for pair in pairs_of(story.sending, story.receiving):
            languages[pair][story.language] += 1
            outlets[pair][story.outlet] += 1
            last[pair] = max(last.get(pair, ""), story.day)
    found = [
        Coverage(
            pair,
            languages[pair].total(),
            [code for code, _ in languages[pair].most_common()],
            [slug for slug, _ in outlets[pair].most_common()],
            last[pair],
        )
        for pair in last
    ]
    return sorted(found, key=lambda each: (-each.stories, [state or "~" for state in each.pair]))


# The same numbers for spreadsheets and programs

Rows = list[list[Any]]
Names = Mapping[str, str]
"""Names of outlets by slug."""


def _types_table(shown: Picture, _: Names) -> Rows:
    kinds = [kind or "none" for kind, _ in shown.types.kinds]
    rows = zip(shown.types.buckets.each, shown.types.counts, strict=True)
    return [["from", "to", *kinds, "stories"]] + [
        [bucket.since.isoformat(), bucket.until.isoformat(), *counts, sum(counts)]
        for bucket, counts in rows
    ]


def _lines_table(kind: str, lines: Lines, name: Callable[[str], str]) -> Rows:
    return [[kind, "name", "from", "to", "stories"]] + [
        [line.key, name(line.key), bucket.since.isoformat(), bucket.until.isoformat(), number]
        for line in lines.each
        for bucket, number in zip(lines.buckets.each, line.counts, strict=True)
        if number
    ]


def _pairs_table(pairs: Iterable[Coverage]) -> Rows:
    return [["sending", "receiving", "stories", "languages", "outlets", "last"]] + [
        [
            *(state or "" for state in each.pair),
            each.stories,
            " ".join(each.languages),
            " ".join(each.outlets),
            each.last,
        ]
        for each in pairs
    ]


TABLES: Mapping[str, Callable[[Picture, Names], Rows]] = {
    "types": _types_table,
    "pairs": lambda shown, _: _pairs_table(shown.pairs),
    "languages": lambda shown, _: _lines_table("language", shown.languages, words.language),
    "outlets": lambda shown, names: _lines_table(
        "outlet", shown.outlets, lambda slug: names.get(slug, slug)
    ),
    "gaps": lambda shown, _: _pairs_table(shown.gaps),
}
"""By the name in the address ``/picture/NAME.csv``: the heading row, then the numbers."""
