"""The search page's work: what was asked → which articles, how many, in which order.

A frequent word stands in hundreds of thousands of articles. Ranking and
counting them all takes seconds, so at most :data:`LISTED` are listed, the last
to arrive first, and :data:`EXAMINED` looked at; :class:`Results` says whether
its count is exact. The relevance of bm25 asks how frequent each word is in the
whole index; ours looks at the listed articles alone.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from math import log1p
from typing import Any, Literal
from urllib.parse import urlencode

from monitor.text.clusters import INVISIBLES
from monitor.text.finding import Finder
from monitor.text.query import (
    NOTHING,
    Node,
    Problem,
    expression,
    parse_query,
    query_tokens,
    wanted_words,
)
from monitor.text.scripts import spaceless
from monitor.text.segment import without_marks
from workbench.highlight import Segment
from workbench.memory import Memory, version
from workbench.notions import Alternative, expand
from workbench.periods import last_given, read_days
from workbench.snippets import Snippet, around_words, marked

PAGE = 20
"""Articles on a page."""
LISTED = 1_000
"""Articles that can be paged through, ranked and counted by facet."""
EXAMINED = 20_000
"""Articles with the words that are held against the filters: 0.1 s of work."""
PATIENCE_S = 0.5
"""When to stop looking at further articles, on a busy machine or a cold disk."""
_DATED = 20_000
"""Articles of the days asked for whose numbers are looked up."""
FACET_VALUES = 12
_LEAD = 1_500
"""Characters of a text that relevance looks at: what a story is about stands at its beginning."""
_IN_HEADLINE = 4.0
"""A word in the headline weighs as much as fifty in the lead (log 50 = 3.9)."""
_FLAGGED = 1.0
_UNMARKED = ("en", "id", "ms")
"""Languages whose words have no marks to take off, which takes most of relevance's time."""
_STEM = 5
"""Letters of an English word that its forms share, about."""

Sort = Literal["date", "relevance"]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. ``also``: in other languages, too, but for the terms in ``without``.
    ``since`` and ``until`` are days (``until`` included). ``upto`` is the newest article
    there was on the first page: later ones do not shift the pages behind it."""

    q: str = ""
    sort: Sort = "date"
    also: bool = False
    without: tuple[str, ...] = ()
    language: str = ""
    outlet: str = ""
    flagged: bool = False
    since: str = ""
    until: str = ""
    upto: int = 0
    page: int = 1

    def query_string(self, **changes: Any) -> str:
        """The address of this request with ``changes``; of the first page unless they say
        which."""
        moved = replace(self, **({"page": 1, "upto": 0} | changes))
        fields = [
            ("q", moved.q),
            ("sort", "" if moved.sort == "date" else moved.sort),
            ("also", "1" if moved.also else ""),
            *(("without", term) for term in moved.without),
            ("language", moved.language),
            ("outlet", moved.outlet),
            ("flagged", "1" if moved.flagged else ""),
            ("since", moved.since),
            ("until", moved.until),
            ("upto", str(moved.upto or "")),
            ("page", "" if moved.page == 1 else str(moved.page)),
        ]
        return urlencode([field for field in fields if field[1]])


@dataclass(frozen=True, slots=True)
class Hit:
    """An article found: its row, the headline with the words marked, a snippet."""

    row: Mapping[str, Any]
    title: list[Segment]
    snippet: Snippet


@dataclass(frozen=True, slots=True)
class Results:
    """``count`` articles fit: exactly if ``exact``, otherwise at least so many. ``facets`` count
    the ``listed`` ones: name → values with their counts. ``alternatives`` are the terms of
    other languages, searched only if the request says so."""

    request: Request
    problems: Sequence[Problem] = ()
    alternatives: Sequence[Alternative] = ()
    removed: Sequence[Alternative] = ()
    hits: Sequence[Hit] = ()
    count: int = 0
    exact: bool = True
    listed: int = 0
    facets: Mapping[str, Sequence[tuple[Any, int]]] | None = None
    asked: bool = True

    @property
    def pages(self) -> int:
        return -(-self.listed // PAGE)

    @property
    def first(self) -> int:
        """The number of the first hit on this page, from 1."""
        return (self.request.page - 1) * PAGE + 1


def read_request(arguments: Mapping[str, Sequence[str]]) -> tuple[Request, list[str]]:
    """The request in an address's arguments, and what in it makes no sense, in sentences."""

    last = partial(last_given, arguments)
    since, until, complaints = read_days(arguments)
    request = Request(
        q=last("q"),
        sort="relevance" if last("sort") == "relevance" else "date",
        also=last("also") == "1",
        without=tuple(dict.fromkeys(arguments.get("without", ()))),
        language=last("language"),
        outlet=last("outlet"),
        flagged=last("flagged") == "1",
        since=since.isoformat() if since else "",
        until=until.isoformat() if until else "",
        upto=_number(last("upto")),
        page=max(1, _number(last("page"))),
    )
    return request, complaints


def _number(given: str) -> int:
    return int(given) if re.fullmatch(r"[0-9]{1,15}", given) else 0


def search(connection: sqlite3.Connection, request: Request) -> Results:
    """Answer a request. The connection gives rows by column name."""
    query = parse_query(request.q)
    if query.root is None:
        return Results(request, query.problems, asked=False)
    expansion = expand(query.root, request.without)
    root = expansion.root if request.also else query.root
    found = _find(connection, root, request)
    listed = found.rows[:LISTED]
    ordered = _ordered(connection, listed, root, request.sort)
    last_page = max(1, -(-len(ordered) // PAGE))
    page = min(request.page, last_page)
    request = replace(request, page=page, upto=found.upto)
    shown = ordered[(page - 1) * PAGE : page * PAGE]
    return Results(
        request,
        query.problems,
        expansion.alternatives,
        expansion.removed,
        _hits(connection, shown, root),
        min(len(found.rows), LISTED),
        found.complete and len(found.rows) <= LISTED,
        len(listed),
        _facets(listed),
    )


_CANDIDATES = """
select a.id, a.language, a.outlet, a.flagged, a.published_at, a.score
from articles_fts cross join articles a indexed by articles_found on a.id = articles_fts.rowid
where articles_fts match :expression and articles_fts.rowid between :first and :last
order by articles_fts.rowid desc
"""


@dataclass(frozen=True, slots=True)
class _Found:
    """Up to ``LISTED`` + 1 fitting rows, the last to arrive first. ``complete``: no other
    article can fit."""

    rows: list[sqlite3.Row]
    complete: bool
    upto: int


def _find(connection: sqlite3.Connection, root: Node, request: Request) -> _Found:
    newest = _newest(connection)
    upto = min(request.upto or newest, newest)
    rows: list[sqlite3.Row] = []
    if (wanted := expression(root)) == NOTHING:
        return _Found(rows, True, upto)
    deadline = time.monotonic() + PATIENCE_S
    for number, row in enumerate(_candidates(connection, wanted, request, upto)):
        if number >= EXAMINED or (number % 256 == 255 and time.monotonic() > deadline):
            return _Found(rows, False, upto)
        if _fits(row, request):
            rows.append(row)
            if len(rows) > LISTED:
                return _Found(rows, False, upto)
    return _Found(rows, True, upto)


_known = Memory[list[sqlite3.Row]](200)
"""What rare words were found in, by the state of the database and expression. To find that a
Thai word of frequent clusters is rare takes 0.4 s at a million articles; pages, filters and
orders of the same search need not wait for it again."""


def _candidates(
    connection: sqlite3.Connection, wanted: str, request: Request, upto: int
) -> Iterator[sqlite3.Row]:
    """Articles with the words, the last to arrive first (within each range of numbers)."""
    key = (*version(connection), wanted)
    known = _known.recall(key)
    if known is not None:
        yield from (row for row in known if row["id"] <= upto)
        return
    for first, last in _ranges(connection, request, upto):
        kept: list[sqlite3.Row] = []
        parameters = {"expression": wanted, "first": first, "last": last}
        for row in connection.execute(_CANDIDATES, parameters):
            if len(kept) <= LISTED:
                kept.append(row)
            yield row
        if (first, last) == (0, _newest(connection)) and len(kept) <= LISTED:
            _known.keep(key, kept)


def _newest(connection: sqlite3.Connection) -> int:
    return connection.execute("select max(id) from articles").fetchone()[0] or 0


def _ranges(
    connection: sqlite3.Connection, request: Request, upto: int
) -> Iterator[tuple[int, int]]:
    """The ranges of numbers to look through, the most promising first; together they hold
    every article of the days asked for.

    Articles arrive roughly in the order of their dates, but a backfill does not.
    """
    if not (request.since or request.until):
        yield 0, upto
        return
    count, first, last = connection.execute(
        "select count(*), min(id), max(id) from (select id from articles"
        " where published_at >= ? and published_at < ? and id <= ?"
        " order by published_at desc limit ?)",
        [request.since, _day_after(request.until), upto, _DATED + 1],
    ).fetchone()
    if 0 < count <= _DATED:
        yield first, last
    elif count:
        yield 0, last
        yield last + 1, upto


def _day_after(day: str) -> str:
    """The end of a day as ``published_at`` compares; without a day the end of time."""
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return "~"


def _fits(row: sqlite3.Row, request: Request) -> bool:
    published = row["published_at"] or ""
    return (
        (not request.language or row["language"] == request.language)
        and (not request.outlet or row["outlet"] == request.outlet)
        and (not request.flagged or row["flagged"] == 1)
        and (not request.since or published >= request.since)
        and (not request.until or "" < published < _day_after(request.until))
    )


def _ordered(
    connection: sqlite3.Connection, rows: Sequence[sqlite3.Row], root: Node, sort: Sort
) -> list[int]:
    """The numbers of the articles, the best first."""
    newest_first = sorted(
        rows, key=lambda row: (row["published_at"] or "", row["id"]), reverse=True
    )
    if sort == "date":
        return [row["id"] for row in newest_first]
    weight = _relevance(connection, rows, root)
    return [
        row["id"] for row in sorted(newest_first, key=lambda row: weight[row["id"]], reverse=True)
    ]


def _relevance(
    connection: sqlite3.Connection, rows: Sequence[sqlite3.Row], root: Node
) -> dict[int, float]:
    """Weights by number: the words in the headline, how often in the lead, and whether the
    article was flagged. Words are counted as pieces of text, without stems and word
    boundaries: for an order that is enough, and it is a hundred times faster."""
    needles = list(_needles(root))
    plain = any(needle.isascii() for needle in needles)
    weights = {}
    for row in connection.execute(
        f"select id, title, substr(text, 1, {_LEAD}) as lead, script, language,"
        f" flagged, score from articles where id in ({','.join(str(row['id']) for row in rows)})"
    ):
        title, lead = (_comparable(row[part]) for part in ("title", "lead"))
        if plain and row["script"] == "Latn" and row["language"] not in _UNMARKED:
            title, lead = without_marks(title), without_marks(lead)
        weights[row["id"]] = _FLAGGED * row["flagged"] * row["score"] + sum(
            (_IN_HEADLINE if needle in title else 0.0) + log1p(lead.count(needle))
            for needle in needles
        )
    return weights


def _needles(root: Node) -> Iterator[str]:
    """The words of a query as they can be looked for in :func:`_comparable` text; one that
    is a part of another stands for both."""
    seen: list[str] = []
    for tokens in sorted({query_tokens(word.text) for word in wanted_words(root)} - {""}, key=len):
        needle = tokens.replace(" ", "") if spaceless(tokens[0]) else tokens
        if needle.isascii() and len(needle) > _STEM:
            needle = needle[: max(_STEM, len(needle) - 3)]
        if not any(shorter in needle for shorter in seen):
            seen.append(needle)
            yield needle


def _comparable(text: str) -> str:
    return INVISIBLES.sub("", text).lower()


def _facets(rows: Iterable[sqlite3.Row]) -> dict[str, list[tuple[Any, int]]]:
    rows = list(rows)
    return {
        name: Counter(row[name] for row in rows).most_common(FACET_VALUES)
        for name in ("flagged", "language", "outlet")
    }


def _hits(connection: sqlite3.Connection, numbers: Sequence[int], root: Node) -> list[Hit]:
    rows = {
        row["id"]: row
        for row in connection.execute(
            f"select * from articles where id in ({','.join(map(str, numbers))})"
        )
    }
    finder = Finder(wanted_words(root))
    return [
        Hit(row, marked(row["title"], finder), around_words(row["text"], finder))
        for number in numbers
        if (row := rows.get(number)) is not None
    ]


def languages(connection: sqlite3.Connection) -> list[str]:
    """The languages there are articles in. From one to the next in the index: a
    ``select distinct`` reads it from end to end."""
    rows = connection.execute(
        "with recursive found(code) as (select min(language) from articles union all"
        " select (select min(language) from articles where language > code) from found"
        " where code is not null) select code from found where code is not null"
    )
    return [row[0] for row in rows]
