"""The picture: charts, tables and CSV of the flagged stories of a period."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from store_records import CLEAR, SmallOutlet, judged, verdict
from visitors import Visitor, visiting

from monitor.store import Store, begin_demo, connect_readonly
from workbench import words
from workbench.charts import FEWEST, LABELS, shade, stacked, ticks
from workbench.memory import Memory
from workbench.pairs import pair_filters, pairs_of
from workbench.periods import Period, cut, read_period
from workbench.picture import BARS, COLUMNS, STATES, TABLES, Story, picture, read_picture
from workbench.spreadsheet import as_csv

NIGHT = datetime(2026, 11, 21, 20, tzinfo=UTC)
TODAY = NIGHT.date()
FIRST = date(2024, 3, 5)
DAYS = st.dates(date(1990, 1, 1), date(2035, 12, 31))


def words_of(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


# Periods


@pytest.mark.parametrize(
    ("query", "since", "until", "preset"),
    [
        ({}, "2026-08-17", "2026-11-21", "3months"),
        ({"period": "3months"}, "2026-08-17", "2026-11-21", "3months"),
        ({"period": "year"}, "2025-11-17", "2026-11-21", "year"),
        ({"period": "all"}, "2024-03-05", "2026-11-21", "all"),
        ({"since": "2026-01-10", "until": "2026-02-09"}, "2026-01-10", "2026-02-09", ""),
        ({"since": "2026-01-10", "period": "all"}, "2026-01-10", "2026-11-21", ""),
        ({"until": "2025-01-01"}, "2024-03-05", "2025-01-01", ""),
        ({"since": " ", "until": ""}, "2026-08-17", "2026-11-21", "3months"),
        ({"until": "9999-12-31"}, "2024-03-05", "2026-11-21", ""),
        ({"since": "9999-12-31"}, "2026-11-21", "2026-11-21", ""),
    ],
)
def test_a_period_is_read_from_the_address(
    query: dict[str, str], since: str, until: str, preset: str
) -> None:
    period, complaints = read_period({k: [v] for k, v in query.items()}, FIRST, TODAY)
    assert (str(period.since), str(period.until), period.preset) == (since, until, preset)
    assert complaints == []


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ({"since": "yesterday"}, "From: “yesterday” is no day. Write it as 2026-11-21."),
        ({"until": "2026-02-30"}, "To: “2026-02-30” is no day. Write it as 2026-11-21."),
        (
            {"since": "2026-02-02", "until": "2026-02-01"},
            "The first day is later than the last one: nothing can lie between.",
        ),
        ({"period": "month"}, "There is no period “month”, only 3months, year, all."),
    ],
)
def test_what_is_no_period_is_said_and_three_months_shown(
    query: dict[str, str], complaint: str
) -> None:
    period, complaints = read_period({k: [v] for k, v in query.items()}, FIRST, TODAY)
    assert complaints == [complaint]
    assert period.preset == "3months"


def test_weeks_begin_on_monday_and_the_period_cuts_the_ends() -> None:
    weeks = cut(Period(date(2026, 11, 11), date(2026, 11, 24)), COLUMNS)
    assert weeks.unit == "weeks"
    assert [(str(week.since), str(week.until), week.label) for week in weeks.each] == [
        ("2026-11-11", "2026-11-15", "11 Nov"),
        ("2026-11-16", "2026-11-22", "16 Nov"),
        ("2026-11-23", "2026-11-24", "23 Nov"),
    ]
    assert weeks.each[1].name == "16 Nov to 22 Nov 2026"


@pytest.mark.parametrize(
    ("since", "unit", "labels"),
    [
        ("2026-08-17", "weeks", ["17 Aug", "16 Nov"]),
        ("2025-11-17", "months", ["Nov 2025", "Nov 2026"]),
        ("2024-01-31", "quarters", ["Q1 2024", "Q4 2026"]),
        ("2014-01-01", "years", ["2014", "2026"]),
        ("1990-06-01", "decades", ["1990s", "2020s"]),
        ("0001-01-01", "decades", ["0s", "2020s"]),
    ],
)
def test_a_longer_period_is_cut_into_larger_pieces(
    since: str, unit: str, labels: list[str]
) -> None:
    pieces = cut(Period(date.fromisoformat(since), TODAY), COLUMNS)
    assert pieces.unit == unit
    assert [pieces.each[0].label, pieces.each[-1].label] == labels


@given(DAYS, DAYS, st.sampled_from([COLUMNS, BARS]))
def test_every_day_of_a_period_lies_in_one_piece(one: date, other: date, most: int) -> None:
    period = Period(min(one, other), max(one, other))
    pieces = cut(period, most)

    assert len(pieces.each) <= most
    assert (pieces.each[0].since, pieces.each[-1].until) == (period.since, period.until)
    for before, after in zip(pieces.each, pieces.each[1:], strict=False):
        assert after.since == before.until + timedelta(days=1)
    ends = Counter(str(day) for piece in pieces.each for day in {piece.since, piece.until})
    assert pieces.sums(ends) == [1 if piece.since == piece.until else 2 for piece in pieces.each]


# Bars


@pytest.mark.parametrize(
    ("most", "lines"),
    [
        (0, [1]),
        (1, [1]),
        (4, [1, 2, 3, 4]),
        (5, [2, 4, 6]),
        (20, [5, 10, 15, 20]),
        (21, [10, 20, 30]),
        (1234, [500, 1000, 1500]),
    ],
)
def test_the_lines_of_a_chart_are_round_numbers(most: int, lines: list[int]) -> None:
    assert ticks(most) == lines


COUNTS = st.lists(st.tuples(*[st.integers(0, 5000)] * 3), max_size=BARS)


@given(COUNTS)
def test_bars_lie_side_by_side_and_their_parts_upon_each_other(
    counts: list[tuple[int, ...]],
) -> None:
    chart = stacked(["May"] * len(counts), counts, 200, 20)

    assert [bar.total for bar in chart.bars] == [sum(each) for each in counts]
    assert sum(bool(bar.label) for bar in chart.bars) <= LABELS
    for number, bar in enumerate(chart.bars):
        assert bar.x >= number * chart.place - 0.1
        assert bar.x + bar.width <= 100.1
        bottom = 200.0
        for part in bar.parts:
            assert part.y + part.height == pytest.approx(bottom, abs=0.2)
            bottom = part.y
        assert bar.top == bottom
        assert bar.top >= 10


def test_one_bar_alone_does_not_fill_the_page() -> None:
    (bar,) = stacked(["May"], [[3]], 200).bars
    assert bar.width < 100 / FEWEST


def test_the_smallest_bar_is_seen_beside_the_largest() -> None:
    small, _ = stacked(["a", "b"], [[1], [5000]], 200).bars
    assert small.parts[0].height >= 1


@given(st.integers(1, 9999), st.integers(0, 9999))
def test_a_shade_is_darker_for_more(most: int, stories: int) -> None:
    stories = min(stories, most)
    assert shade(most, most) == 5
    assert (shade(stories, most) == 0) == (stories == 0)
    assert shade(stories, most) <= shade(min(stories + 1, most), most)


# Pairs


@pytest.mark.parametrize(
    ("sending", "receiving", "pairs"),
    [
        ('["TH"]', '["KH"]', [("TH", "KH")]),
        ('["TH", "TH"]', '["KH", "VN"]', [("TH", "KH"), ("TH", "VN")]),
        ("[]", '["KH"]', [(None, "KH")]),
        ("[]", "no list", [(None, None)]),
    ],
)
def test_a_story_has_the_pairs_of_its_states(sending: str, receiving: str, pairs: Any) -> None:
    assert list(pairs_of(sending, receiving)) == pairs


# Counting


def story(day: str = "2026-11-20", **fields: str | None) -> Story:
    usual = {"story_type": "incident", "language": "en", "outlet": "courier"}
    states = {"sending": '["TH"]', "receiving": '["KH"]'}
    return Story(**{"day": day, **usual, **states, **fields})  # type: ignore[arg-type]


WEEKS = Period(date(2026, 8, 17), TODAY, "3months")


def test_each_story_counts_in_its_week_under_its_type() -> None:
    types = picture(
        [story("2026-11-16"), story("2026-11-15", story_type="risk"), story("2026-11-21")], WEEKS
    ).types
    assert types.kinds == [("incident", 2), ("risk", 1), ("averted", 0), ("policy", 0)]
    assert [tuple(each) for each in types.counts[-2:]] == [(0, 1, 0, 0), (2, 0, 0, 0)]


def test_a_story_without_a_type_is_not_lost() -> None:
    types = picture([story(story_type=None)], WEEKS).types
    assert types.kinds[-1] == ("", 1)


def test_a_story_of_several_states_counts_once_a_state() -> None:
    matrix = picture([story(receiving='["KH", "VN"]'), story(sending="[]")], WEEKS).matrix
    assert matrix.cells == {("TH", "KH"): 1, ("TH", "VN"): 1, (None, "KH"): 1}
    assert matrix.rows == {"TH": 1, None: 1}
    assert list(matrix.columns.items()) == [("KH", 2), ("VN", 1)]


def test_the_matrix_has_the_largest_states_and_counts_the_others() -> None:
    codes = list(words._words()["countries"])[: STATES + 3]
    stories = [
        story(sending=f'["{code}"]') for place, code in enumerate(codes) for _ in range(place + 1)
    ]
    matrix = picture(stories, WEEKS).matrix
    assert list(matrix.rows) == codes[:2:-1]
    assert (matrix.other_rows, matrix.other_columns) == (3, 0)


def test_a_pair_that_one_language_reports_on_is_a_gap() -> None:
    stories = [
        story(),
        story(language="km", outlet="thmey"),
        *[story(sending='["MY"]', outlet=outlet) for outlet in ("courier", "star", "star")],
        story(sending='["LA"]', day="2026-11-02"),
        story(sending='["LA"]', receiving="[]"),
    ]
    found = picture(stories, WEEKS)

    assert [(gap.pair, gap.stories, gap.languages, gap.outlets) for gap in found.gaps] == [
        (("MY", "KH"), 3, ["en"], ["star", "courier"]),
        (("LA", "KH"), 1, ["en"], ["courier"]),
    ]
    assert [gap.one_outlet for gap in found.gaps] == [False, True]
    assert (found.known_pairs, len(found.pairs)) == (3, 4)


STORIES = st.builds(
    Story,
    st.dates(WEEKS.since, WEEKS.until).map(str),
    st.sampled_from(["incident", "risk", "averted", "policy", None]),
    st.sampled_from(["en", "th", "und"]),
    st.text(max_size=5),
    st.sampled_from(["[]", '["TH"]', '["TH", "MY"]', '["<b>"]']),
    st.sampled_from(["[]", '["KH"]', '["KH", "VN"]']),
)


@given(st.lists(STORIES, max_size=30))
def test_every_table_adds_up_to_all_stories(stories: list[Story]) -> None:
    shown = picture(stories, WEEKS)
    columns = {
        name: [dict(zip(rows[0], row, strict=True))["stories"] for row in rows[1:]]
        for name, table in TABLES.items()
        for rows in [table(shown, {})]
    }
    assert sum(columns["types"]) == sum(columns["languages"]) == len(stories)
    assert sum(columns["outlets"]) == len(stories)
    assert sum(columns["pairs"]) == sum(len(pairs_of(s.sending, s.receiving)) for s in stories)
    assert sum(shown.matrix.cells.values()) == sum(columns["pairs"])


# CSV


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_a_spreadsheet_is_given_no_formula(start: str) -> None:
    (row,) = csv.reader(io.StringIO(as_csv([[f"{start}cmd", "a=b", -3]]), newline=""))
    assert row == [f"'{start}cmd", "a=b", "-3"]


@given(
    st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=2))
)
def test_csv_keeps_every_other_text(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(as_csv(rows), newline="")))
    assert [[cell.removeprefix("'") for cell in row] for row in read] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]


# What is remembered


def test_a_memory_begins_anew_when_it_is_full() -> None:
    memory = Memory[str](2)
    for number in range(3):
        assert memory.keep((number,), f"answer {number}") == f"answer {number}"
    assert [memory.recall((number,)) for number in range(3)] == [None, None, "answer 2"]


# Pages

HOSTILE = "=1+1<script>alert(1)</script>"
RECORDS = [
    judged(
        f"https://{outlet}.example/{number}",
        f"Text {number}.",
        title=f"Story {number}",
        at=NIGHT,
        outlet=outlet,
        language=language,
        published_at=published,
        flag=verdict(0.9, story_type=kind, sending=sending, receiving=receiving),
    )
    for number, (outlet, language, published, kind, sending, receiving) in enumerate(
        [
            ("courier", "en", NIGHT, "incident", ("TH",), ("KH",)),
            ("thmey", "km", NIGHT - timedelta(days=9), "risk", ("TH",), ("KH",)),
            ("thmey", "km", None, "policy", ("MY",), ("MM", "KH")),
            ("courier", "en", NIGHT - timedelta(days=400), "averted", (), ("KH",)),
        ],
        start=1,
    )
]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("picture") / "demo.db"
    begin_demo(path)
    with Store(path) as store:
        store.add_outlets([SmallOutlet("courier", HOSTILE), SmallOutlet("thmey", "ដំណឹងថ្មី")])
        store.begin_crawl("courier", NIGHT.isoformat(), NIGHT)
        store.write(RECORDS)
    return path


@pytest.fixture(scope="module")
def visitor(db: Path) -> Iterator[Visitor]:
    with visiting(db) as visitors:
        yield visitors.anonymous()


def table(visitor: Visitor, name: str, query: str = "") -> list[dict[str, str]]:
    answer = visitor.get(f"/picture/{name}.csv{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_the_page_says_what_it_shows(visitor: Visitor) -> None:
    shown = visitor.page("/picture")
    assert words_of(shown.find_class("lead-line")[0]) == (
        "3 flagged stories, 17 Aug 2026 to 21 Nov 2026: 3 country pairs, 2 outlets, 2 languages."
    )
    assert shown.xpath("//nav//a[text()='Picture']/@href") == ["/picture"]


def test_the_chart_has_words_for_those_who_do_not_see_it(visitor: Visitor) -> None:
    shown = visitor.page("/picture")
    (chart,) = shown.find_class("chart")
    title, description = (chart.xpath(f"./{tag}")[0] for tag in ("title", "desc"))
    assert chart.get("role") == "img"
    assert chart.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "Flagged stories by type and week"
    assert chart.xpath(".//rect[@class='place']/title/text()")[-1] == (
        "16 Nov to 21 Nov 2026: 2 stories (1 incident, 1 policy)"
    )
    last = shown.xpath("//details[@class='numbers']//tbody/tr")[-1]
    assert [words_of(cell) for cell in last] == ["16 Nov to 21 Nov 2026", "1", "0", "0", "1", "2"]


def test_types_differ_by_pattern_not_by_colour_alone(visitor: Visitor) -> None:
    fills = visitor.page("/picture").xpath("//ul[@class='key']//rect/@fill")
    assert len(set(fills)) == 4
    assert sum(fill.startswith("url(#") for fill in fills) == 3


@pytest.mark.parametrize("query", ["", "?period=all", "?since=2025-01-01&until=2026-11-20"])
def test_every_number_that_leads_somewhere_leads_to_so_many_stories(
    visitor: Visitor, query: str
) -> None:
    shown = visitor.page(f"/picture{query}")
    links = [(int(a.text_content()), a.get("href")) for a in shown.xpath("//td/a")]
    for row in shown.xpath("//tr[th[@scope='row']/a]"):
        number = row.xpath("./td[contains(@class, 'sum')]")[0]
        links.append((int(number.text_content()), row.xpath("./th/a/@href")[0]))
    assert len(links) >= 8
    for stories, href in links:
        answer = visitor.get(href.replace("/articles?", "/articles.json?") + "&_shape=array")
        assert len(answer.json()) == stories, href


def test_what_an_outlet_is_called_is_text_and_no_formula(visitor: Visitor) -> None:
    shown = visitor.page("/picture")
    assert HOSTILE in [each.text_content() for each in shown.xpath("//th//bdi")]
    assert shown.xpath("//main//script") == []
    assert {row["name"] for row in table(visitor, "outlets")} == {f"'{HOSTILE}", "ដំណឹងថ្មី"}


def test_the_tables_as_csv_have_the_period_of_the_page(visitor: Visitor) -> None:
    assert sum(int(row["stories"]) for row in table(visitor, "types")) == 3
    assert sum(int(row["stories"]) for row in table(visitor, "types", "?period=all")) == 4
    assert table(visitor, "gaps") == [
        {
            "sending": "MY",
            "receiving": receiving,
            "stories": "1",
            "languages": "km",
            "outlets": "thmey",
            "last": "2026-11-21",
        }
        for receiving in ("KH", "MM")
    ]
    hrefs = visitor.page("/picture?since=2026-01-01").xpath("//p[@class='numbers-as']/a/@href")
    assert hrefs == [
        f"/picture/{name}.csv?since=2026-01-01&until=2026-11-21"
        for name in ("types", "pairs", "languages", "outlets", "gaps")
    ]


def test_a_program_is_told_what_is_no_period(visitor: Visitor) -> None:
    answer = visitor.get("/picture/types.csv?since=soon")
    assert answer.status_code == 400
    assert answer.text == "From: “soon” is no day. Write it as 2026-11-21.\n"
    assert "is no day" in words_of(visitor.page("/picture?since=soon").find_class("notice")[0])
    assert visitor.get("/picture/other.csv").status_code == 404


@given(st.text(st.characters(codec="utf-8"), max_size=30), st.text(max_size=30))
def test_an_odd_period_is_answered_not_an_error(since: str, period: str) -> None:
    found, _ = read_period({"since": [since], "period": [period]}, FIRST, TODAY)
    assert found.since <= found.until <= TODAY


def test_days_without_a_story_are_said_to_be_so(visitor: Visitor) -> None:
    shown = visitor.page("/picture?since=2020-01-01&until=2020-02-01")
    assert words_of(shown.find_class("empty")[0]) == "No flagged story lies in these days. All days"


def test_an_empty_database_has_an_empty_picture(tmp_path: Path) -> None:
    with Store(tmp_path / "empty.db"):
        pass
    with visiting(tmp_path / "empty.db") as visitors:
        for query in ("", "?period=year", "?period=all"):
            shown = visitors.anonymous().page(f"/picture{query}")
            assert "0 flagged stories" in words_of(shown.find_class("lead-line")[0])
        for name in TABLES:
            rows = table(visitors.anonymous(), name)
            assert [row for row in rows if row["stories"] != "0"] == []


def test_a_story_more_is_seen_at_once_and_else_nothing_is_counted_again(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    with Store(path) as store:
        store.add_outlets([SmallOutlet("courier")])
        store.write([RECORDS[0]])
        period = Period(FIRST, TODAY)
        with closing(connect_readonly(path)) as connection:
            first = read_picture(connection, period)
            rice = replace(RECORDS[2], flag=CLEAR)
            store.write([rice])
            assert read_picture(connection, period) is first
            store.write([RECORDS[3]])
            assert (first.stories, read_picture(connection, period).stories) == (1, 2)
            store.write([replace(RECORDS[0], flag=replace(CLEAR, lexicon_version="2"))])
            assert read_picture(connection, period).stories == 1


@pytest.mark.parametrize("pair", [("TH", "KH"), (None, "KH")])
def test_the_filters_of_a_pair_find_it(visitor: Visitor, pair: tuple[str | None, str]) -> None:
    query = urlencode([*pair_filters(pair), ("_shape", "array")])
    rows = visitor.get(f"/monitor/articles.json?{query}").json()
    assert [pair in pairs_of(row["sending"], row["receiving"]) for row in rows] == [True] * len(
        rows
    )
    assert rows
