"""The workbench's pages in a real Chromium: searched, read, printed, narrow, without a mouse,
and with articles that mean harm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browsing import (
    arrived,
    golden,
    make_workbench,
    needs_chromium,
    serving,
    session_of,
    watched,
    width_of,
)
from store_records import SmallOutlet, flagged, judged, match

from monitor.items import Reason
from monitor.store import Store

pytestmark = needs_chromium


@pytest.fixture
def page(chromium: Any, address: str, session: Any) -> Iterator[Any]:
    """A page of mali's; at the end nothing may have gone wrong on it."""
    page = chromium.new_page(
        base_url=address, storage_state=session, viewport={"width": 1200, "height": 700}
    )
    page.set_default_timeout(15_000)
    wrong = watched(page, address)
    yield page
    page.close()
    assert wrong == []


def in_view(element: Any) -> bool:
    return bool(
        element.evaluate(
            "e => { const {top, bottom} = e.getBoundingClientRect();"
            " return top >= 0 && bottom <= innerHeight; }"
        )
    )


def open_search(page: Any) -> None:
    """Its box has the focus at once."""
    page.goto("/search")
    page.locator("#search-words:focus").wait_for()


@pytest.mark.parametrize(
    ("language", "query", "marked"),
    [
        ("km", "ជនជាតិអ៊ុយហ្គួរ", "ជនជាតិអ៊ុយហ្គួរ"),
        ("th", "อุยกูร์", "อุยกูร์"),
        ("zh", "異見者", "异见者"),
    ],
)
def test_a_story_is_found_by_words_of_its_own_script(
    page: Any, language: str, query: str, marked: str
) -> None:
    open_search(page)
    page.keyboard.type(query)
    page.keyboard.press("Enter")

    hit = page.locator(".hits > li")
    arrived(page, hit)
    title = hit.locator("h2 a")
    assert title.get_attribute("lang").partition("-")[0] == language
    assert title.inner_text() == golden(language)["title"]
    found = [text.replace("\u200b", "") for text in hit.locator("mark.found").all_inner_texts()]
    assert set(found) == {marked}
    title.press("Enter")
    arrived(page, page.locator(f"article.text:lang({language})"))


def test_a_word_is_searched_in_other_languages_and_a_term_taken_away(page: Any) -> None:
    open_search(page)
    page.keyboard.type("refugee")
    page.get_by_label("Also in other languages").press("Space")
    page.get_by_role("button", name="Search").press("Enter")

    chip = page.locator(".chips .chip", has_text="难民")
    arrived(page, chip)
    chinese = page.locator(".hits h2 a:lang(zh)")
    assert chinese.count() == 1
    chip.press("Enter")
    removed = page.locator(".chip.removed", has_text="难民")
    arrived(page, removed)
    assert chinese.count() == 0
    assert page.locator(".hits h2 a:lang(en)").count() == 1
    removed.press("Enter")
    arrived(page, chip)
    assert chinese.count() == 1


def test_a_reason_leads_to_its_place_in_the_text(page: Any) -> None:
    page.set_viewport_size({"width": 400, "height": 600})
    page.goto("/monitor/articles/1")
    place = page.locator("article.text mark", has_text="under examination")
    assert not in_view(place)

    page.locator(".reasons a", has_text="under examination").press("Enter")

    page.wait_for_url("**/articles/1#text-*")
    assert in_view(place)
    assert place.evaluate("mark => mark.matches(':target')")
    assert place.evaluate("mark => getComputedStyle(mark).outlineStyle") == "solid"
    page.go_back()
    page.wait_for_url("**/articles/1")


def test_a_story_is_printed_whole_and_nothing_else(page: Any) -> None:
    page.goto("/monitor/articles/1")
    page.emulate_media(media="print")

    for gone in ("header.site", "footer.site", "form", "button", ".skip"):
        for each in page.locator(gone).all():
            assert not each.is_visible(), gone
    printed = page.locator("main").inner_text()
    for paragraph in golden("en")["text"].split("\n\n"):
        assert paragraph in printed
    reasons = page.locator(".reasons").inner_text()
    assert "'under examination'" in reasons
    assert "point 11" in reasons, "also the lesser ones"
    assert "https://daily.example/en-g-001" in printed
    cut = page.locator("main *").evaluate_all(
        """all => all.filter((e) => getComputedStyle(e).overflow !== 'visible' && e.checkVisibility()
            && (e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)
            && !e.closest('.sr-only')).map((e) => e.outerHTML)"""
    )
    assert cut == []
    assert page.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.parametrize("path", ["/-/queue", "/search?q=refugee&also=1", "/outlets"])
def test_a_list_is_printed_without_what_needs_a_screen(page: Any, path: str) -> None:
    page.goto(path)
    page.emulate_media(media="print")

    for gone in ("header.site", "footer.site", "form", "button", ".facets"):
        for each in page.locator(gone).all():
            assert not each.is_visible(), gone
    assert page.locator("h1").is_visible()


REACHABLE = """() => [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
    .filter((e) => e.checkVisibility({visibilityProperty: true}) && !e.disabled)
    .map((e, number) => { e.dataset.stop = number; return number; })"""
STOP = """() => {
    const e = document.activeElement;
    if (e === document.body) return null;
    const seen = (one) => getComputedStyle(one).outlineStyle !== 'none'
        && parseFloat(getComputedStyle(one).outlineWidth) >= 2;
    return [Number(e.dataset.stop), seen(e) || [...e.labels ?? []].some(seen)];
}"""


@pytest.mark.parametrize(
    ("path", "width"),
    [
        ("/-/queue", 1200),
        ("/monitor/articles/1", 1200),
        ("/search?q=refugee&also=1", 400),
        ("/monitor/articles", 400),
        ("/monitor/flags", 1200),
    ],
)
def test_every_control_is_reached_by_tab_and_seen(page: Any, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(path)
    page.evaluate("document.activeElement.blur()")
    page.evaluate("getSelection().removeAllRanges()")
    expected = page.evaluate(REACHABLE)
    reached: dict[int, bool] = {}
    for _ in range(4 * len(expected)):  # day, month, year and calendar of a date are stops, too
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            break
        number, seen = stop
        reached[number] = reached.get(number, False) or seen

    assert list(reached) == expected
    unseen = [number for number, seen in reached.items() if not seen]
    assert [page.locator(f"[data-stop='{n}']").evaluate("e => e.outerHTML") for n in unseen] == []


def test_the_skip_link_leads_past_the_navigation(page: Any) -> None:
    page.goto("/outlets")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to the content"
    assert in_view(skip)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator("main :focus").count() == 1


def test_what_opens_is_opened_by_keyboard(page: Any) -> None:
    page.goto("/-/queue")
    page.get_by_role("button", name="Keys").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Close").press("Enter")
    assert page.get_by_role("dialog").count() == 0
    page.locator(".queue-filters summary").press("Enter")
    page.get_by_label("Language").select_option("th")
    page.get_by_role("button", name="Filter").press("Enter")
    arrived(page, page.locator(".chip", has_text="Language: Thai"))
    assert page.locator(".item").count() == 1

    page.set_viewport_size({"width": 400, "height": 700})
    page.goto("/search?q=refugee&also=1")
    facets = page.locator(".facets")
    assert not facets.is_visible()
    page.locator("#show-facets").press("Space")
    facets.get_by_role("link", name="Chinese").press("Enter")
    arrived(page, page.locator(".chip", has_text="Chinese"))


SCRIPT = "<script>alert('run')</script><img src=https://elsewhere.example/x onerror=alert('run')>"
DRAWN = "<svg onload=alert('run')><image href='https://elsewhere.example/x'/></svg>"
BACKWARDS = "\u202edesrever"
LONG_WORD = "x" * 10_000


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[str]:
    """Articles that mean harm; the first has the most."""
    text = f"{SCRIPT}\n\n{DRAWN} refugees\n\n{BACKWARDS}\n\n{LONG_WORD}"
    found = match("refugees", text, "protected_person")
    verdict = replace(
        flagged(text),
        persons=(BACKWARDS, "Second", SCRIPT, LONG_WORD),
        reasons=(Reason(f"{DRAWN} {BACKWARDS} {LONG_WORD}", 0.8, (found,)),),
    )
    titles = (f"{BACKWARDS} {SCRIPT} {DRAWN}", LONG_WORD)
    path = make_workbench(tmp_path / "hostile.db")
    with Store(path) as store:
        store.add_outlets(
            [SmallOutlet("bad", f"{SCRIPT} {LONG_WORD}", homepage="javascript:alert('run')")]
        )
        for number, title in enumerate(titles):
            record = judged(
                f"javascript:alert('run')//{number}",
                text,
                title=title,
                flag=verdict,
                outlet="bad",
                byline=(BACKWARDS, SCRIPT, LONG_WORD),
            )
            store.write([record])
    with serving(path) as address:
        yield address


def test_hostile_articles_are_shown_as_text(chromium: Any, hostile: str) -> None:
    page = chromium.new_page(
        base_url=hostile,
        storage_state=session_of(chromium, hostile),
        viewport={"width": 400, "height": 700},
    )
    wrong = watched(page, hostile)
    stories = ("/monitor/articles/11", "/monitor/articles/12")
    for path in (
        "/",
        "/-/queue",
        f"/search?q=refugees+OR+{'x' * 100}",
        "/monitor/articles",
        *stories,
        "/outlets",
        "/monitor/flags",
        "/monitor/flags/12",
        "/monitor/outlets/bad",
        "/monitor/revisions",
    ):
        page.goto(path)
        assert width_of(page) <= 400, path
        assert page.locator("main script, main img, main svg image").count() == 0, path
        assert page.locator("a[href^='javascript:' i]").count() == 0, path
    page.goto(stories[0])
    assert page.locator("h1").inner_text() == f"{BACKWARDS} {SCRIPT} {DRAWN}"
    assert [page.locator("article.text p").nth(number).inner_text() for number in (0, 3)] == [
        SCRIPT,
        LONG_WORD,
    ]
    page.set_viewport_size({"width": 1200, "height": 700})
    first, second = (
        page.locator(".verdict bdi", has_text=name).first for name in ("desrever", "Second")
    )
    assert first.bounding_box()["x"] < second.bounding_box()["x"], "read backwards beyond its end"
    assert wrong == []
    page.close()
