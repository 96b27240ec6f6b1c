"""The page of outlets: how each fares, with a plot, and the same for programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import html
from night_records import night_row, pages_lost, unread, write_nights
from visitors import Get, page, visiting, words_of

from monitor.health import PastNight
from monitor.newsroom import evening
from monitor.store import Store, begin_demo
from workbench.outlets import BAR, DAYS, HEIGHT, Plot, Span, plot

NIGHTS = 40
UNTIL = evening(NIGHTS).date()


@pytest.fixture(scope="module")
def get(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Get]:
    path = tmp_path_factory.mktemp("outlets") / "demo.db"
    begin_demo(path)
    numbers = range(1, NIGHTS + 1)
    with Store(path) as store:
        write_nights(store, "courier", map(night_row, numbers))
        write_nights(store, "newcomer", map(night_row, range(36, NIGHTS + 1)))
        shut = (
            night_row(n) if n < 33 else unread(n, "blocked", "discover:http_403") for n in numbers
        )
        write_nights(store, "shut", shut)
        empty = (night_row(n) if n < 38 else pages_lost(n, 5, "extract:no_text") for n in numbers)
        write_nights(store, "<b>&amp;", empty)
    with visiting(path) as visitors:
        yield visitors.anonymous().get


def cards(shown: html.HtmlElement) -> dict[str, html.HtmlElement]:
    return {str(card.get("id")): card for card in shown.xpath("//ul[@class='outlet-cards']/li")}


def test_the_outlets_that_need_attention_come_first(get: Get) -> None:
    shown = page(get("/outlets"))

    assert [words_of(heading) for heading in shown.xpath("//h2")][:2] == [
        "Need attention 2",
        "Without trouble 2",
    ]
    assert list(cards(shown)) == ["shut", "<b>&amp;", "newcomer", "courier"]
    assert words_of(cards(shown)["shut"].find_class("fare")[0]) == (
        "Shut ⊘ blocked since 23 Dec 2026"
        " none of its sources could be read: they answer HTTP 403."
        " 30 Dec 2026: 0 new (usually 5), 0 listed, 0 read what was missed"
    )
    assert words_of(cards(shown)["courier"].find_class("fare")[0]) == (
        "Courier ✓ healthy 30 Dec 2026: 5 new (usually 5), 25 listed, 5 read"
    )


def test_what_an_outlet_is_called_cannot_become_markup(get: Get) -> None:
    card = cards(page(get("/outlets")))["<b>&amp;"]
    assert card.xpath(".//b") == []
    assert card.xpath(".//h3/a/@href") == ["/monitor/articles?outlet=%3Cb%3E%26amp%3B"]


def test_a_plot_has_a_bar_a_night_and_says_in_words_what_it_shows(get: Get) -> None:
    (drawing,) = cards(page(get("/outlets")))["shut"].xpath(".//svg")

    assert drawing.get("role") == "img"
    title, description = (drawing.xpath(f"./{tag}")[0] for tag in ("title", "desc"))
    assert drawing.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "New stories of Shut by night"
    assert description.text == "40 nights, 5 stories at full height; 8 in trouble."
    (bars,) = drawing.xpath("./path[@class='bars']/@d")
    assert bars.count("M") == 32
    (marked,) = drawing.xpath("./rect[@class='troubled']")
    assert (int(marked.get("x")), int(marked.get("width"))) == ((DAYS - 8) * BAR, 8 * BAR)


def test_the_page_needs_no_script_and_nothing_from_elsewhere(get: Get) -> None:
    shown = page(get("/outlets"))
    assert shown.xpath("//script | //img | //iframe | //@style | //@onclick") == []
    assert all(link.startswith("/") for link in shown.xpath("//link/@href"))


def test_every_page_leads_to_the_outlets(get: Get) -> None:
    for address in ("/", "/outlets", "/monitor/articles"):
        assert page(get(address)).xpath("//nav//a[text()='Outlets']/@href") == ["/outlets"]
    attention = page(get("/")).xpath("//ul[@class='trouble']//a/@href")
    assert attention[0] == "/outlets#shut"


def test_programs_get_the_same_as_json(get: Get) -> None:
    answer = get("/outlets.json")
    assert answer.headers["content-type"].startswith("application/json")
    first, *_, last = answer.json()
    assert (first["outlet"], first["state"], first["since"]) == ("shut", "blocked", "2026-12-23")
    assert (last["name"], last["well"], last["night"]["fresh"]) == ("Courier", True, 5)


def test_what_a_new_crawl_found_is_seen_at_once(tmp_path: Path) -> None:
    path = tmp_path / "demo.db"
    begin_demo(path)
    with Store(path) as store:
        write_nights(store, "courier", map(night_row, range(1, 31)))
    with visiting(path) as visitors:
        get = visitors.anonymous().get
        assert get("/outlets.json").json()[0]["state"] == "healthy"
        with Store(path) as store:
            write_nights(store, "courier", [unread(31, "failed", "discover:dns")])
        assert get("/outlets.json").json()[0]["state"] == "failing"


def test_an_empty_database_says_what_to_do(tmp_path: Path) -> None:
    with Store(tmp_path / "empty.db"):
        pass
    with visiting(tmp_path / "empty.db") as visitors:
        get = visitors.anonymous().get
        assert "No outlet has been crawled yet." in words_of(page(get("/outlets")))
        assert get("/outlets.json").json() == []


# Plots


def past(days_ago: int, fresh: int | None, *, trouble: bool = False) -> PastNight:
    return PastNight(UNTIL - timedelta(days_ago), fresh, "silent" if trouble else None)


def test_a_plot_ends_with_the_last_night_and_leaves_days_without_a_crawl_empty() -> None:
    drawn = plot([past(DAYS, 9), past(DAYS - 1, 1), past(3, 2), past(0, 4)], UNTIL)
    assert [bar.x for bar in drawn.bars] == [0, (DAYS - 4) * BAR, (DAYS - 1) * BAR]
    assert [bar.height for bar in drawn.bars] == [HEIGHT / 4, HEIGHT / 2, HEIGHT]
    assert drawn.most == 4


def test_an_archive_on_the_first_night_does_not_flatten_the_rest() -> None:
    drawn = plot([past(60, 900), *(past(day, 5) for day in range(59, -1, -1))], UNTIL)
    assert drawn.most == 10
    assert max(bar.height for bar in drawn.bars) == HEIGHT


def test_troubled_nights_that_follow_each_other_are_one_span() -> None:
    history = [past(day, 0, trouble=day in (9, 4, 3, 2)) for day in range(20, -1, -1)]
    last = (DAYS - 1) * BAR
    assert plot(history, UNTIL).troubled == [
        Span(last - 9 * BAR, BAR),
        Span(last - 4 * BAR, 3 * BAR),
    ]


def test_there_is_no_plot_of_nothing() -> None:
    assert plot([], UNTIL) == plot([past(DAYS + 5, 3)], UNTIL) == Plot((), (), 0, 0, 0)
