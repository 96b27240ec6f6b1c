"""An article's page: what it says, shows and keeps, and the pieces that it is made of."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from visitors import Get, page, visiting, words_of
from workbench_records import (
    NIGHT,
    SENT_BACK,
    SENT_BACK_FLAG,
    article,
    flag,
    judged,
    make_database,
    place,
)

import workbench
from monitor.flagging import flag as judge
from monitor.items import Flag, Gone, Reason
from monitor.outlets import Outlet
from monitor.store import Store, connect_readonly
from workbench import moments, words
from workbench.highlight import Mark, paragraphs, segments
from workbench.legible import legible


def test_a_story_page_says_what_why_and_where(get: Get) -> None:
    shown = page(get("/monitor/articles/1"))

    assert words_of(shown.xpath("//h1")[0]) == "Thirty-eight refugees sent back at night"
    assert words_of(shown.find_class("verdict")[0]) == (
        "Flagged Incident People were sent back, handed over or turned away."
        " Score 0.91 From → toThailand → Myanmar, Vietnam"
    )
    assert [words_of(p) for p in shown.xpath("//article/p")] == [
        "Border police drove them to the river.",
        "“They were handed over to the army,” a lawyer said.",
    ]
    (reason,) = shown.xpath("//section[@class='reasons']//li")
    assert words_of(reason) == "+1.50 'sent back' near 'refugees' refugeessent back"
    for anchor in reason.xpath(".//a/@href"):
        (mark,) = shown.xpath(f"//mark[@id='{anchor[1:]}']")
        assert words_of(mark) in ("refugees", "sent back")
    assert [words_of(li) for li in shown.xpath("//section[@class='legend']//li")] == [
        "Return 2",
        "Protected person 1",
    ]
    (original,) = shown.xpath("//p[@class='original-link']/a")
    assert original.get("href") == "https://courier.example/1"


@pytest.mark.parametrize(("number", "tag"), [(1, "en"), (2, "th"), (3, "km"), (4, "zh-Hans")])
def test_a_story_is_marked_with_its_language(get: Get, number: int, tag: str) -> None:
    shown = page(get(f"/monitor/articles/{number}"))

    assert shown.xpath("//h1/@lang") == [tag]
    assert shown.xpath("//article/@lang") == [tag]


def test_an_unflagged_article_is_a_plain_page(get: Get) -> None:
    shown = page(get("/monitor/articles/5"))

    assert words_of(shown.find_class("verdict")[0]) == "Not flagged Score 0.00"
    assert shown.xpath("//mark | //section[@class='reasons'] | //section[@class='legend']") == []


def test_a_text_far_from_a_story_is_explained_phrase_by_phrase(tmp_path: Path) -> None:
    path = tmp_path / "plain.db"
    make_database(path)
    cup = article(
        "https://courier.example/cup",
        "Club wins the cup",
        "Tourists filled the hotels. A company will open a factory for rice next year.",
        "en",
        "Latn",
    )
    with Store(path) as store:
        store.write([judged("courier", cup, judge(cup.title, cup.text, "en"))])
    with closing(connect_readonly(path)) as connection:
        number, reasons = connection.execute(
            "select article, reasons from flags order by id desc"
        ).fetchone()

    with visiting(path) as visitors:
        shown = page(visitors.anonymous().get(f"/monitor/articles/{number}"))
    assert "speaks against" not in reasons
    assert shown.xpath("//section[@class='reasons']//li[contains(., 'speaks against')]")


def test_a_story_page_keeps_its_past(tmp_path: Path) -> None:
    path = tmp_path / "past.db"
    make_database(path)
    later = NIGHT + timedelta(days=1)
    edited = replace(SENT_BACK, text="Nothing happened.")
    with Store(path) as store:
        store.write([judged("courier", edited, flag(0.1, lexicon="lexicon-2"), later)])
        store.write([Gone("courier", SENT_BACK.url, 410, later + timedelta(days=1))])

    with visiting(path) as visitors:
        get = visitors.anonymous().get
        shown = page(get("/monitor/articles/1"))
        assert words_of(shown.find_class("notice")[0]) == (
            "Withdrawn. The outlet says that it is gone for good (found 23 Nov 2026, 20:00 UTC)."
            " Its text is kept here."
        )
        revisions, verdicts = shown.find_class("history")
        assert words_of(revisions) == (
            "Revision 2 shown 22 Nov 2026, 20:00 UTC Revision 1 21 Nov 2026, 20:00 UTC"
        )
        assert words_of(verdicts) == (
            "Flagged Incident 0.91 21 Nov 2026, 20:00 UTC · revision 1 · lexicon lexicon-1"
        )


def test_a_gutted_story_and_a_headline_say_so(tmp_path: Path) -> None:
    path = tmp_path / "past.db"
    make_database(path)
    whole = replace(SENT_BACK, text=SENT_BACK.text + "\n\nA sentence that nobody cut." * 20)
    headline = replace(SENT_BACK, url="https://courier.example/never-had", text="")
    with Store(path) as store:
        store.write([judged("courier", whole, flag(0.1), NIGHT + timedelta(days=1))])
        left = replace(SENT_BACK, text="It was revised.")
        store.write([judged("courier", left, flag(0.1), NIGHT + timedelta(days=2))])
        record = judged("courier", headline, flag(0.9), NIGHT)
        store.write([replace(record, headline_only=True)])

    with visiting(path) as visitors:
        get = visitors.anonymous().get
        gutted = words_of(page(get("/monitor/articles/1")).find_class("notice")[0])
        assert gutted.startswith("Gutted. The outlet’s page has lost more than half of this text")
        (number,) = (
            row["id"] for row in get("/monitor/articles.json?_shape=array&headline_only=1").json()
        )
        only = words_of(page(get(f"/monitor/articles/{number}")).find_class("notice")[0])
        assert only.startswith("Headline only. The page could not be had")


def test_hostile_content_is_shown_as_text(tmp_path: Path) -> None:
    path = tmp_path / "hostile.db"
    script = "<script>alert(1)</script>"
    text = f"{script}\n\n<svg onload=alert(2)> {'x' * 10_000} \u202eevil <img src=//x.example/y>"
    bad = article("javascript:alert(3)//https://x.example/", f"{script}<b>", text, "en", "Latn")
    reason = Reason(script, 1.0, (place("<script>", "risk", "<i>", bad),))
    verdict = Flag(
        True, 0.9, "risk", (script,), ("TH",), (script,), (reason,), reason.matches, script
    )
    with Store(path) as store:
        store.add_outlets([Outlet("bad", f"{script}", "javascript:alert(4)", "TH", (), "news")])
        store.write([judged("bad", bad, verdict)])

    with visiting(path) as visitors:
        get = visitors.anonymous().get
        for address in (
            "/",
            "/picture",
            "/search?q=evil+OR+script",
            "/monitor/articles",
            "/monitor/articles/1",
            "/monitor/outlets",
            "/monitor/flags",
            "/monitor/revisions/1",
        ):
            shown = page(get(address))
            assert "alert(" not in "".join(shown.xpath("//script/text()")), address
            assert shown.xpath("//svg[@onload] | //img | //i") == [], address
            assert [
                href for href in shown.xpath("//@href") if href.startswith("javascript")
            ] == [], address
        shown = page(get("/monitor/articles/1"))
        assert words_of(shown.xpath("//h1")[0]) == f"{script}<b>"
        assert script in words_of(shown.xpath("//article")[0])
        assert bad.url in words_of(shown.find_class("original-link")[0])


def test_a_match_that_is_not_where_it_says_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "shifted.db"
    make_database(path, 'update matches set start = start + 1, "end" = "end" + 1')

    with visiting(path) as visitors:
        get = visitors.anonymous().get
        shown = page(get("/monitor/articles/1"))
        assert shown.xpath("//mark") == []
        assert shown.xpath("//section[@class='reasons']//a") == []


def test_only_the_weightiest_reasons_are_open_at_first(tmp_path: Path) -> None:
    path = tmp_path / "many.db"
    make_database(path)
    weights = [*range(8, 0, -1), 0.5, 0.25, -0.25, -9]
    reasons = tuple(Reason(f"point {weight}", weight) for weight in weights)
    verdict = replace(SENT_BACK_FLAG, reasons=reasons, lexicon_version="lexicon-2")
    with Store(path) as store:
        store.write([judged("courier", SENT_BACK, verdict)])

    with visiting(path) as visitors:
        get = visitors.anonymous().get
        why = page(get("/monitor/articles/1")).xpath("//section[@class='reasons']")[0]
        shown = [words_of(one) for one in why.xpath("./ol/li")]
        assert shown[-2:] == ["+0.50 point 0.5", "-9.00 point -9"]
        assert [words_of(one) for one in why.xpath("./details/*")] == [
            "2 lesser points",
            "+0.25 point 0.25 -0.25 point -0.25",
        ]


# The pieces


@given(
    st.text(max_size=40),
    st.lists(st.builds(Mark, st.integers(-5, 45), st.integers(-5, 45), st.sampled_from("abc"))),
)
def test_segments_joined_are_the_text(text: str, marks: list[Mark]) -> None:
    pieces = segments(text, marks)

    assert "".join(piece.text for piece in pieces) == text
    for piece in pieces:
        for at in range(piece.offset, piece.offset + len(piece.text)):
            over = {mark.concept for mark in marks if mark.start <= at < mark.end}
            assert set(piece.concepts) == over


def test_overlapping_marks_show_every_concept_the_most_telling_first() -> None:
    pieces = segments(
        "sent back to Myanmar", [Mark(13, 20, "place:MM"), Mark(0, 20, "return_action")]
    )

    assert [(p.text, p.concept, p.label, p.starts) for p in pieces] == [
        ("sent back to ", "return_action", "Return", True),
        ("Myanmar", "return_action", "Return, Place: Myanmar", True),
    ]


def test_a_phrase_shows_only_where_nothing_more_telling_is_marked() -> None:
    pieces = segments("taken back over", [Mark(0, 15, "phrase"), Mark(0, 10, "return_action")])

    assert [(p.text, p.concept, p.label) for p in pieces] == [
        ("taken back", "return_action", "Return, Telling phrase"),
        (" over", "phrase", "Telling phrase"),
    ]


def test_every_concept_has_a_style() -> None:
    styles = (workbench.STATIC / "workbench.css").read_text(encoding="utf-8")

    assert [name for name in words.concept_order() if f"\n.c-{name} {{" not in styles] == []
    assert words.concept_order()[-1] == "phrase"


def test_paragraphs_keep_the_offsets_of_the_text() -> None:
    shown = paragraphs("one\ntwo\n\nthree", [Mark(4, 12, "risk")])

    assert [[(p.text, p.offset, p.concept) for p in paragraph] for paragraph in shown] == [
        [("one\n", 0, ""), ("two", 4, "risk")],
        [("thr", 9, "risk"), ("ee", 12, "")],
    ]


def test_zawgyi_is_shown_in_unicode_and_other_lines_stay() -> None:
    zawgyi = "ရန္ကုန္ၿမိဳ႕မွာ ဖမ္းဆီးခံရတဲ့ သူနာျပဳကို ျပန္ပို႔မယ္လို႔ ေျပာပါတယ္"

    assert legible(f"Yangon ၂၇\n{zawgyi}") == (
        "Yangon ၂၇\nရန်ကုန်မြို့မှာ ဖမ်းဆီးခံရတဲ့ သူနာပြုကို ပြန်ပို့မယ်လို့ ပြောပါတယ်"
    )


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("2026-11-21T20:03:00+00:00", "21 Nov 2026, 20:03 UTC"),
        ("2026-11-22T03:03:00+07:00", "21 Nov 2026, 20:03 UTC"),
        ("2026-11-21T20:03:00", "21 Nov 2026, 20:03 (time zone unknown)"),
        ("2026-11-21", "21 Nov 2026"),
        ("yesterday", "yesterday"),
        (None, ""),
    ],
)
def test_times_are_written_for_people(stored: str | None, shown: str) -> None:
    assert moments.moment(stored) == shown


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://a.example/x?y#z", True),
        ("http://127.0.0.2:8002/", True),
        ("HTTPS://a.example/", True),
        ("javascript:alert(1)", False),
        ("javascript://a.example/%0aalert(1)", False),
        (" javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//a.example/", False),
        ("https:///x", False),
        ("http://[::1", False),
        ("", False),
        (None, False),
        (7, False),
    ],
)
def test_only_web_addresses_become_links(url: Any, safe: bool) -> None:
    assert words.web_url(url) == (url if safe else None)


def test_names_for_codes_and_codes_without_a_name() -> None:
    assert words.country("TH") == "Thailand"
    assert words.country("XX") == "XX"
    assert words.language("my") == "Burmese"
    assert words.language(None) == "Undecided"
    assert words.language("xx") == "xx"
    assert words.story_type(None) == ""
    assert words.concept("place:KH") == "Place: Cambodia"
    assert words.concept("new_concept") == "new_concept"
    assert words.lang_tag("zh", "Hant") == "zh-Hant"
    assert words.lang_tag("und") == ""
    assert words.codes('["TH", "MM"]') == ["TH", "MM"]
    assert words.codes("not json") == words.codes(None) == words.codes("{}") == []
