"""The first page: what the last night brought, changed and lost."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from night_records import night_row, unread, write_nights
from store_records import CLEAR, SmallOutlet, judged, verdict
from visitors import Visitor, add_user, fields_of, visiting

from monitor.items import Gone, Judged
from monitor.store import Store, begin_demo, connect_readonly
from workbench import memory, picture, tonight
from workbench.pairs import pairs_of
from workbench.tonight import (
    A_GROUP,
    DAYS,
    GROUPS,
    Change,
    Scored,
    each_once,
    grouped,
    last_days,
)

NIGHT = datetime(2026, 11, 21, 20, tzinfo=UTC)
BEFORE = NIGHT - timedelta(days=3)
LONG = "Border police sent 38 refugees back overnight. " * 9


def words_of(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def story(
    number: int,
    score: float = 0.8,
    *,
    at: datetime = NIGHT,
    text: str = LONG,
    sending: Sequence[str] = ("TH",),
    receiving: Sequence[str] = ("KH",),
    **fields: Any,
) -> Judged:
    flag = verdict(score, sending=tuple(sending), receiving=tuple(receiving))
    fields = dict[str, Any](title=f"Story {number}", flag=flag, published_at=at) | fields
    return judged(f"https://daily.example/{number}", f"{number}. {text}", at=at, **fields)


def make(path: Path, *nights: tuple[datetime, Sequence[Any]]) -> Path:
    """A demo, judged as of its own last night, whose nights brought these records."""
    begin_demo(path)
    with Store(path) as store:
        store.add_outlets([SmallOutlet("daily")])
        for began, records in nights:
            crawl = store.begin_crawl("daily", began.isoformat(), began)
            store.write(records, crawl=crawl)
            counts = {"sources_ok": 1, "new": len(records)}
            at = began + timedelta(minutes=5)
            store.end_crawl(crawl, "finished", counts, at=at)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "demo.db"


def home(path: Path) -> html.HtmlElement:
    with visiting(path) as visitors:
        return visitors.anonymous().page("/")


def section(shown: html.HtmlElement, name: str) -> html.HtmlElement:
    found: html.HtmlElement
    (found,) = shown.xpath(f"//section[@aria-labelledby='{name}']")
    return found


def groups(found: html.HtmlElement) -> dict[str, list[str]]:
    """Headlines by the heading of their group."""
    return {
        words_of(group.xpath("./h3")[0]): [words_of(each) for each in group.find_class("headline")]
        for group in found.find_class("group")
    }


def glance(shown: html.HtmlElement) -> list[str]:
    return [words_of(each) for each in shown.xpath("//ul[@class='counts']/li")]


# What the night brought


def test_new_stories_are_grouped_by_country_pair_the_highest_score_first(path: Path) -> None:
    old = story(1, 0.99, at=BEFORE)
    new = [story(2, 0.6), story(3, 0.95, sending=["MY"]), story(4, 0.7), story(5, flag=CLEAR)]
    shown = home(make(path, (BEFORE, [old]), (NIGHT, new)))

    assert groups(section(shown, "new")) == {
        "Malaysia →to Cambodia 1": ["Story 3"],
        "Thailand →to Cambodia 2": ["Story 4", "Story 2"],
    }
    assert glance(shown) == [
        "3 new stories",
        "0 changed or withdrawn",
        "0 outlets need attention",
    ]
    assert words_of(shown.find_class("lead-line")[0]) == (
        "The crawl of 21 Nov 2026, 20:00 UTC: 1 of 1 outlet read to the end."
    )


def test_a_story_says_score_type_outlet_date_language_and_why(path: Path) -> None:
    shown = home(make(path, (NIGHT, [story(1, receiving=["KH", "VN"])])))
    (item,) = section(shown, "new").xpath(".//ul[@class='stories']/li")
    assert words_of(item) == (
        "Story 1 0.80 Incident Thailand → Cambodia, Vietnam The Daily 21 Nov 2026 English"
        " Refugees were sent back."
    )
    assert item.xpath(".//a/@href") == ["/monitor/articles/1"]


def test_a_group_shows_its_best_and_leads_to_the_others(path: Path) -> None:
    scores = [0.9 - number / 100 for number in range(A_GROUP + 2)]
    records = [story(number, score) for number, score in enumerate(scores)]
    with visiting(make(path, (NIGHT, records))) as visitors:
        visitor = visitors.anonymous()
        found = section(visitor.page("/"), "new")
        assert groups(found) == {"Thailand →to Cambodia 6": [f"Story {n}" for n in range(A_GROUP)]}
        (more,) = found.xpath(".//p[@class='rest']/a")
        assert words_of(more) == "2 more, Thailand → Cambodia →"
        rows = listed(visitor, more.get("href"))
    assert [row["title"] for row in rows] == [f"Story {n}" for n in range(A_GROUP + 2)]


def listed(visitor: Visitor, href: str) -> list[dict[str, Any]]:
    answer = visitor.get(href.replace("/articles?", "/articles.json?") + "&_shape=array")
    rows: list[dict[str, Any]] = answer.json()
    return rows


def test_of_many_country_pairs_the_last_are_only_counted(path: Path) -> None:
    states = ["TH", "MY", "VN", "LA", "CN", "ID", "IN", "BD", "TR", "TW"]
    records = [
        story(n, 0.9 - n / 50, sending=[state], receiving=[]) for n, state in enumerate(states)
    ]
    with visiting(make(path, (NIGHT, records))) as visitors:
        visitor = visitors.anonymous()
        found = section(visitor.page("/"), "new")
        assert len(groups(found)) == GROUPS
        rest = found.xpath(".//ul[@class='pairs']/li")
        assert [words_of(each) for each in rest] == ["Türkiye → unknown 1", "Taiwan → unknown 1"]
        (row,) = listed(visitor, rest[0].xpath("./a/@href")[0])
    assert row["title"] == "Story 8"


def test_a_story_first_flagged_tonight_is_new(path: Path) -> None:
    before = [story(1, at=BEFORE, flag=CLEAR, text=f"Rice. {LONG}")]
    shown = home(make(path, (BEFORE, before), (NIGHT, [story(1)])))
    assert groups(section(shown, "new")) == {"Thailand →to Cambodia 1": ["Story 1"]}
    assert glance(shown)[1] == "0 changed or withdrawn"


def test_known_stories_that_changed_are_told_apart(path: Path) -> None:
    known = [story(number, 0.8 + number / 100, at=BEFORE) for number in range(1, 7)]
    # Numbers begin the texts: what is left of 2 is less than half, what 3 says is no story.
    records = [
        Gone("daily", known[0].article.url, 410, NIGHT),
        story(2, text="Removed."),
        story(3, text="Rice prices rose. " * 30, flag=replace(CLEAR, lexicon_version="2")),
        story(4, text=f"{LONG} It was wrong."),
        story(5),
        Gone("daily", known[5].article.url, 404, NIGHT),
    ]
    shown = home(make(path, (BEFORE, known), (NIGHT, records)))

    assert groups(section(shown, "changed")) == {
        "Withdrawn 2 The outlet no longer shows them.": ["Story 6", "Story 1"],
        "Gutted 1 More than half of their text is gone from the outlet’s page.": ["Story 2"],
        "No longer flagged 1 Edited so that they are no longer taken for such stories.": [
            "Story 3"
        ],
        "Revised 1 Title or text is another one than before.": ["Story 4"],
    }
    assert glance(shown)[:2] == ["0 new stories", "5 changed or withdrawn"]
    assert [words_of(b) for b in section(shown, "kind-withdrawn").find_class("withdrawn")] == [
        "withdrawn",
        "withdrawn",
    ]


def test_what_happened_on_earlier_nights_is_not_tonights(path: Path) -> None:
    known = story(1, at=BEFORE - timedelta(days=1))
    gone = Gone("daily", known.article.url, 410, BEFORE)
    shown = home(
        make(path, (known.fetched_at, [known]), (BEFORE, [gone]), (NIGHT, [story(2, flag=CLEAR)]))
    )
    assert words_of(section(shown, "changed")) == (
        "Changed and withdrawn No flagged story of earlier nights was changed or withdrawn."
    )


# Nights without news


def test_a_quiet_night_says_so_and_shows_the_newest_earlier_stories(path: Path) -> None:
    old = [story(1, at=BEFORE), story(2, at=BEFORE - timedelta(days=1))]
    shown = home(make(path, (BEFORE, old), (NIGHT, [])))
    assert "A quiet night: no new story was flagged." in words_of(section(shown, "new"))
    earlier = section(shown, "earlier")
    assert words_of(earlier.xpath("./h2")[0]) == "The newest of earlier nights"
    assert [words_of(each) for each in earlier.find_class("headline")] == ["Story 1", "Story 2"]


def test_before_the_first_crawl_the_page_says_what_to_do(path: Path) -> None:
    with Store(path):
        pass
    shown = home(path)
    assert "There was no crawl yet. monitor crawl reads the outlets" in words_of(
        shown.find_class("empty")[0]
    )
    assert shown.xpath("//section") == []


def test_what_was_imported_before_the_first_crawl_is_shown(path: Path) -> None:
    with Store(path) as store:
        store.add_outlets([SmallOutlet("daily")])
        store.write([story(1)])
    shown = home(path)
    assert words_of(section(shown, "earlier").xpath("./h2")[0]) == "The newest stories"


def test_a_crawl_that_goes_on_is_not_taken_for_a_quiet_night(path: Path) -> None:
    make(path)
    with Store(path) as store:
        store.begin_crawl("daily", NIGHT.isoformat(), NIGHT)
    shown = home(path)
    assert words_of(shown.find_class("lead-line")[0]) == (
        "The crawl of 21 Nov 2026, 20:00 UTC: 0 of 1 outlet read to the end, 1 still being read."
    )
    assert "No story has been flagged so far." in words_of(section(shown, "new"))


def test_a_crawl_that_did_not_come_is_said_first(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"  # no demo: it is judged as of today
    began = datetime.now(UTC) - timedelta(days=4, hours=1)
    with Store(path) as store:
        write_nights(store, "daily", [night_row(1, night=began.isoformat(timespec="seconds"))])
    assert words_of(home(path).find_class("notice")[0]) == (
        "No crawl for 4 days. What outlets published since is not here."
    )


def test_outlets_in_trouble_are_named(path: Path) -> None:
    begin_demo(path)
    with Store(path) as store:
        write_nights(store, "courier", map(night_row, range(1, 31)))
        write_nights(store, "shut", [unread(30, "blocked", "discover:http_403")])
    shown = home(path)
    attention = words_of(section(shown, "attention"))
    assert attention.startswith("Need attention Shut ⊘ blocked since 20 Dec 2026: none of its")
    assert attention.endswith("1 of 2 outlets needs attention →")
    assert glance(shown)[2] == "1 outlet needs attention"


# The queue is private


def test_only_who_is_logged_in_learns_how_many_stories_wait(path: Path) -> None:
    make(path, (NIGHT, [story(1), story(2)]))
    add_user(path, "mali")
    with visiting(path) as visitors:
        mali = visitors.logged_in("mali")
        assert glance(mali.page("/"))[-1] == "2 stories wait for a review"
        (form, _) = mali.page("/-/queue").xpath("//form[@class='decide']")
        mali.post("/-/review", fields_of(form) | {"decision": "confirmed"})
        assert glance(mali.page("/"))[-1] == "1 story waits for a review"
        anonymous = visitors.anonymous().page("/")
        assert "review" not in "".join(glance(anonymous))


# What outlets write


@pytest.mark.parametrize(
    "title",
    [
        "<script>alert(1)</script>",
        "\u202eevil\u202c \u2066hidden",
        "x" * 10_000,
        '"><img src=x onerror=alert(1)>',
        "",
    ],
)
def test_a_hostile_headline_is_text(path: Path, title: str) -> None:
    known = story(1, at=BEFORE)
    gone = Gone("daily", known.article.url, 410, NIGHT)
    hostile = [story(2, title=title), gone]
    shown = home(
        make(
            path,
            (BEFORE, [replace(known, article=replace(known.article, title=title))]),
            (NIGHT, hostile),
        )
    )
    assert shown.xpath("//main//script | //img | //*[@onerror]") == []
    headlines = shown.find_class("headline")
    assert [each.text_content() for each in headlines] == [title or "(no headline)"] * 2
    assert [each.getchildren()[0].tag for each in headlines] == ["bdi", "bdi"]


# The pieces

STATES = st.sampled_from(["[]", '["TH"]', '["TH", "MY"]', '["MY"]'])
SCORED = st.lists(
    st.builds(Scored, st.integers(1, 50), st.floats(0, 1), STATES, STATES),
    unique_by=lambda each: each.id,
)


@given(SCORED)
def test_grouping_loses_no_story_and_orders_each_group_by_score(stories: list[Scored]) -> None:
    by_number = {story.id: story for story in stories}
    found = grouped(stories)
    assert sorted(n for group in found for n in group.stories) == sorted(by_number)
    assert len({group.pair for group in found}) == len(found)
    best = []
    for group in found:
        scores = [by_number[number].score for number in group.stories]
        assert scores == sorted(scores, reverse=True)
        best.append(round(scores[0], 2))
        for number in group.stories:
            assert group.pair in pairs_of(by_number[number].sending, by_number[number].receiving)
    assert best == sorted(best, reverse=True)


def test_a_story_of_several_pairs_joins_the_largest() -> None:
    both = Scored(1, 0.9, '["TH"]', '["MM", "VN"]')
    other = Scored(2, 0.5, '["TH"]', '["VN"]')
    (group,) = grouped([both, other])
    assert (group.pair, group.stories) == (("TH", "VN"), [1, 2])


def test_a_story_is_listed_under_the_first_of_its_changes() -> None:
    found = {
        "withdrawn": [(0.5, 1), (0.9, 2), (0.9, 4)],
        "gutted": [(0.9, 2)],
        "revised": [(0.1, 3), (0.9, 1)],
    }
    assert each_once(found, new=[4]) == [Change("withdrawn", [2, 1]), Change("revised", [3])]


@pytest.mark.parametrize(
    ("ahead", "last"), [(0, "2026-11-21"), (1, "2026-11-22"), (2, "2026-11-21")]
)
def test_the_days_end_today_or_where_the_clock_is_ahead_tomorrow(ahead: int, last: str) -> None:
    today = date(2026, 11, 21)
    days = last_days({str(today + timedelta(days=ahead)): 3}, today)
    assert len(days) == DAYS
    assert str(days[-1][0]) == last
    assert days[0][0] == days[-1][0] - timedelta(days=DAYS - 1)


def test_the_chart_of_days_says_in_words_what_it_shows(path: Path) -> None:
    records = [story(1), story(2, published_at=None), story(3, published_at=BEFORE)]
    (chart,) = home(make(path, (NIGHT, records))).find_class("chart")
    assert [each.text for each in chart.xpath("./title | ./desc")] == [
        "Flagged stories a day, 24 Aug 2026 to 21 Nov 2026",
        "3 stories in 90 days, 2 on the busiest.",
    ]
    assert chart.xpath(".//rect[@class='place']/title/text()")[-4:] == [
        "18 Nov 2026: 1 story",
        "19 Nov 2026: 0 stories",
        "20 Nov 2026: 0 stories",
        "21 Nov 2026: 2 stories",
    ]
    assert len(chart.find_class("bar")) == 2


def test_what_a_crawl_brings_is_seen_at_once(path: Path) -> None:
    make(path, (NIGHT, [story(1)]))
    with visiting(path) as visitors:
        assert glance(visitors.anonymous().page("/"))[0] == "1 new story"
        with Store(path) as store:
            store.write([story(2)])
        assert glance(visitors.anonymous().page("/"))[0] == "2 new stories"
        later = NIGHT + timedelta(days=1)
        with Store(path) as store:
            store.begin_crawl("daily", later.isoformat(), later)
        assert glance(visitors.anonymous().page("/"))[0] == "0 new stories"


@pytest.mark.parametrize(
    "sql",
    [
        tonight._NEW,
        tonight._REVISED,
        tonight._LOST.format(index="articles_gone_at", column="gone_at"),
        tonight._LOST.format(index="articles_gutted_at", column="gutted_at"),
        tonight._EARLIER,
        tonight._BY_DAY,
        picture._STORIES,
        picture._BOUNDS,
        memory._STORIES,
    ],
)
def test_no_question_of_these_pages_reads_every_article(path: Path, sql: str) -> None:
    with closing(connect_readonly(make(path))) as connection:
        values: Any = {"night": ""} if ":night" in sql else [""] * sql.count("?")
        plan = [row["detail"] for row in connection.execute(f"explain query plan {sql}", values)]
    assert plan
    assert [step for step in plan if step.startswith("SCAN")] == []
