"""What discovery makes of sites that move, lie or go round in circles; each test plays one
over several nights."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from many_nights import many_nights
from scripted_site import STORY, Answer, ScriptedSite, feed, index, serving, urlset, write_outlet

from monitor.hosts import ENOUGH_REFUSALS

NIGHT = datetime(2026, 11, 21, 20, tzinfo=UTC)
DAY = timedelta(days=1)
HOME = '<html><link rel="alternate" type="application/rss+xml" href="{base}/new.xml"></html>'


def rows(folder: Path, sql: str) -> list[dict[str, Any]]:
    connection = sqlite3.connect(folder / "monitor.db")
    connection.row_factory = sqlite3.Row
    found = [dict(row) for row in connection.execute(sql)]
    connection.close()
    return found


def asked_on(site: ScriptedSite, crawl: Any, now: datetime) -> tuple[dict[str, Any], list[str]]:
    """The outlet's row and the paths that one night asked for, robots.txt left out."""
    before = len(site.log)
    row = crawl(now)["daily"]
    return row, [path for _, path, _ in site.log[before:] if path != "/robots.txt"]


def test_an_outlet_without_sources_is_asked_what_its_homepage_names(tmp_path: Path) -> None:
    pages = {"/": Answer(HOME), "/new.xml": Answer(feed("one", "two"))}
    with serving(pages) as site:
        write_outlet(tmp_path / "outlets", "daily", site)
        with many_nights(tmp_path) as nights:
            row, asked = asked_on(site, nights.crawl, NIGHT)
    assert asked == ["/", "/new.xml", "/a/one", "/a/two"]
    assert (row["new"], row["outcome"]) == (2, "finished")


@pytest.mark.parametrize(
    "gone", [Answer(status=404), Answer("<html>Not a feed</html>"), Answer(status=403)]
)
def test_a_feed_that_is_gone_is_looked_for_on_the_homepage(tmp_path: Path, gone: Answer) -> None:
    pages = {"/old.xml": gone, "/": Answer(HOME), "/new.xml": Answer(feed("one"))}
    with serving(pages) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("feed", "/old.xml"))
        with many_nights(tmp_path) as nights:
            row, asked = asked_on(site, nights.crawl, NIGHT)
        assert asked == ["/old.xml", "/", "/new.xml", "/a/one"]
        assert (row["new"], row["outcome"]) == (1, "finished")
        assert row["reason"] == (
            f"1 of its sources could not be read; read what its homepage names: {site.base}/new.xml"
        )


def test_a_host_that_is_down_is_not_asked_for_its_homepage(tmp_path: Path) -> None:
    with serving({"/feed": Answer(status=500), "/": Answer(HOME)}) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("feed", "/feed"))
        with many_nights(tmp_path, RETRY_TIMES=0) as nights:
            row, asked = asked_on(site, nights.crawl, NIGHT)
    assert asked == ["/feed"]
    assert row["outcome"] == "failed"


def test_a_listing_that_goes_round_in_circles_ends(tmp_path: Path) -> None:
    page = (
        '<a href="/a/one">One</a><a href="/a/two">Two</a><a rel="next" href="/day?d={}">older</a>'
    )
    pages = {"/all": Answer(page.format(0))}
    pages |= {f"/day?d={n}": Answer(page.format(n + 1)) for n in range(40)}
    with serving(pages) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("section", "/all"))
        with many_nights(tmp_path) as nights:
            row, asked = asked_on(site, nights.crawl, NIGHT)
    assert asked == ["/all", "/day?d=0", "/a/one", "/a/two"]
    assert row["new"] == 2


def test_a_listing_is_followed_while_it_brings_something_new(tmp_path: Path) -> None:
    page = '<a href="/a/{0}">S</a><a rel="next" href="/all?page={1}">older</a>'
    pages = {"/all": Answer(page.format(1, 2))}
    pages |= {f"/all?page={n}": Answer(page.format(n, n + 1)) for n in range(2, 40)}
    with serving(pages) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("section", "/all"))
        with many_nights(tmp_path, MONITOR_SECTION_PAGES=5) as nights:
            row, _ = asked_on(site, nights.crawl, NIGHT)
            assert row["new"] == 5, "and no further than MONITOR_SECTION_PAGES"
            pages["/all"] = Answer(page.format("news", 2))
            row, asked = asked_on(site, nights.crawl, NIGHT + DAY)
    assert asked == ["/all", "/all?page=2", "/a/news"]


def test_a_lastmod_that_lies_costs_nothing(tmp_path: Path) -> None:
    names = [f"n{number}" for number in range(12)]

    def listed(*names: str, at: datetime) -> Answer:
        return Answer(urlset(*((f"{{base}}/a/{name}", at.isoformat()) for name in names)))

    with serving({"/map.xml": listed(*names, at=NIGHT)}) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("sitemap", "/map.xml"))
        with many_nights(tmp_path) as nights:
            asked_on(site, nights.crawl, NIGHT)
            for night in (1, 2):
                now = NIGHT + night * DAY
                site.pages["/map.xml"] = listed(*names, f"new{night}", at=now + DAY / 24)
                row, asked = asked_on(site, nights.crawl, now)
                assert asked == ["/map.xml", f"/a/new{night}"]
                assert (row["discovered"], row["fresh"], row["new"]) == (13, 1, 1)


def test_an_index_that_calls_every_part_new_is_read_at_its_ends(tmp_path: Path) -> None:
    def listing(now: datetime) -> str:
        parts = "".join(
            f"<sitemap><loc>{{base}}/{n}.xml</loc><lastmod>{now.isoformat()}</lastmod></sitemap>"
            for n in range(9)
        )
        return index().replace("</sitemapindex>", parts + "</sitemapindex>")

    pages = {"/index.xml": Answer(listing(NIGHT))}
    pages |= {f"/{n}.xml": Answer(urlset((f"{{base}}/a/{n}", "2026-11-20"))) for n in range(9)}
    with serving(pages) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("sitemap", "/index.xml"))
        with many_nights(tmp_path) as nights:
            row, _ = asked_on(site, nights.crawl, NIGHT)
            assert row["new"] == 9
            pages["/index.xml"] = Answer(listing(NIGHT + DAY + DAY / 24))
            _, asked = asked_on(site, nights.crawl, NIGHT + DAY)
    assert asked == ["/index.xml", "/0.xml", "/1.xml", "/7.xml", "/8.xml"]


def test_what_a_feed_says_is_kept_when_the_page_cannot_be_had(tmp_path: Path) -> None:
    item = (
        "<item><title>Refugee deported to Cambodia</title><link>{base}/a/one</link><description>"
        "A UN-recognised refugee was handed over to Cambodian police.</description></item>"
    )
    told = f'<rss version="2.0"><channel><title>N</title>{item}</channel></rss>'
    with serving({"/feed": Answer(told), "/a/one": Answer(status=403)}) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("feed", "/feed"))
        with many_nights(tmp_path) as nights:
            row = nights.crawl(NIGHT)["daily"]
            assert (row["headlines"], row["flagged"], row["new"], row["blocked"]) == (1, 1, 0, 1)
            (article,) = rows(tmp_path, "SELECT * FROM articles")
            assert (article["headline_only"], article["flagged"]) == (1, 1)
            del site.pages["/a/one"]
            row = nights.crawl(NIGHT + DAY)["daily"]
            assert (row["headlines"], row["new"]) == (0, 1)
            (article,) = rows(tmp_path, "SELECT * FROM articles")
            assert (article["headline_only"], article["revision"]) == (0, 2)


def test_a_story_that_leads_home_is_gone(tmp_path: Path) -> None:
    refugee = STORY.format("A refugee was deported to Cambodia")
    with serving({"/feed": Answer(feed("one")), "/a/one": Answer(refugee)}) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("feed", "/feed"))
        with many_nights(tmp_path) as nights:
            assert nights.crawl(NIGHT)["daily"]["flagged"] == 1
            site.pages["/a/one"] = Answer(status=302, headers={"Location": f"{site.base}/"})
            site.pages["/"] = Answer("<html><h1>Daily</h1></html>")
            assert nights.crawl(NIGHT + DAY)["daily"]["gone"] == 1
    (article,) = rows(tmp_path, "SELECT * FROM articles")
    assert (article["state"], article["gone_how"]) == ("gone", "redirected_home")


def test_an_outlet_brings_no_more_than_its_limits(tmp_path: Path) -> None:
    pages = {"/feed": Answer(feed("one", "two", "three"))}
    with serving(pages) as site:
        write_outlet(
            tmp_path / "outlets", "daily", site, ("feed", "/feed"), extra="delay = 0\nmax_pages = 2"
        )
        with many_nights(tmp_path) as nights:
            row = nights.crawl(NIGHT)["daily"]
            assert row["new"] == 2
            assert row["reason"] == "1 pages are left for the next night (limit 2)"
            pages["/a/three"] = Answer(STORY.format("x" * 1_100_000))
            pages["/feed"] = Answer(feed("three", "four", "five"))
            extra = "delay = 0\nmax_megabytes = 1"
            write_outlet(tmp_path / "outlets", "daily", site, ("feed", "/feed"), extra=extra)
            row, asked = asked_on(site, nights.crawl, NIGHT + DAY)
    assert asked == ["/feed", "/a/three"], "what comes after the limit waits"
    left = rows(tmp_path, "SELECT url FROM urls WHERE state = 'pending'")
    assert len(left) == 2


def test_a_host_that_asked_for_rest_has_it_on_the_next_night_too(tmp_path: Path) -> None:
    hours = {"Retry-After": str(30 * 3600)}
    pages = {"/feed": Answer(feed("one")), "/a/one": Answer(status=429, headers=hours)}
    with serving(pages) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("feed", "/feed"))
        with many_nights(tmp_path) as nights:
            nights.crawl(NIGHT)
            (host,) = rows(tmp_path, "SELECT * FROM hosts")
            assert host["host"] == site.base.removeprefix("http://")
            assert (host["slowdown"], host["not_before"][:13]) == (2.0, "2026-11-23T02")
            row, asked = asked_on(site, nights.crawl, NIGHT + DAY)
            assert asked == []
            assert row["outcome"] == "failed"
            del site.pages["/a/one"]
            row, asked = asked_on(site, nights.crawl, NIGHT + 2 * DAY)
            assert asked == ["/feed", "/a/one"]
            assert rows(tmp_path, "SELECT * FROM hosts") == []


def test_a_host_that_was_asked_too_often_is_asked_less_often(tmp_path: Path) -> None:
    pages = {"/feed": Answer(feed("one")), "/a/one": Answer(status=429)}
    with serving(pages) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("feed", "/feed"), extra="delay = 0.2")
        with many_nights(tmp_path, RETRY_TIMES=0) as nights:
            nights.crawl(NIGHT)
            pages["/feed"], pages["/a/one"] = Answer(feed("a", "b", "c")), Answer()
            before = len(site.log)
            nights.crawl(NIGHT + DAY)
    times = [at for at, _, _ in site.log[before:]]
    # The first pause is Scrapy's own; from the first answer on it is twice the usual 0.2 s.
    assert all(later - earlier > 0.37 for earlier, later in pairwise(times[1:]))


def test_a_night_on_which_nothing_listed_is_an_article_says_so(tmp_path: Path) -> None:
    """But not one on which a source had not changed: then nobody knows what it lists."""
    pages = {
        "/feed": Answer(feed("one"), etag='"1"'),
        "/other": Answer(feed("about", folder="/pages/")),
    }
    with serving(pages) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("feed", "/feed"), ("feed", "/other"))
        with many_nights(tmp_path) as nights:
            nights.crawl(NIGHT)
            unchanged = nights.crawl(NIGHT + DAY)["daily"]
            pages["/feed"] = Answer(feed("one", folder="/stories/"), etag='"2"')
            redesigned = nights.crawl(NIGHT + 2 * DAY)["daily"]
    assert (unchanged["discovered"], unchanged["reason"]) == (0, "")
    assert redesigned["reason"] == "its sources list nothing that matches article_url"
    errors = [row["errors"] for row in rows(tmp_path, "SELECT errors FROM crawls ORDER BY id")]
    assert errors == ["{}", "{}", '{"discover:no_article": 2}']


def test_a_host_that_keeps_asking_for_rest_does_not_hold_up_the_night(tmp_path: Path) -> None:
    names = [f"n{number}" for number in range(20)]
    soon = Answer(status=429, headers={"Retry-After": "0"})
    pages = {"/feed": Answer(feed(*names))} | {f"/a/{name}": soon for name in names}
    with serving(pages) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("feed", "/feed"))
        with many_nights(tmp_path) as nights:
            row, asked = asked_on(site, nights.crawl, NIGHT)
    assert len(asked) == 1 + ENOUGH_REFUSALS
    assert row["outcome"] == "finished"
    left = rows(tmp_path, "SELECT url FROM urls WHERE state = 'pending'")
    assert len(left) == 20


def test_only_a_page_that_sends_its_reader_on_at_once_leads_elsewhere(tmp_path: Path) -> None:
    refresh = '<meta http-equiv="refresh" content="{}; url={}">'
    pages = {
        "/feed": Answer(feed("itself", "slow", "moved")),
        "/a/itself": Answer(refresh.format(5, "/a/itself") + STORY.format("Itself")),
        "/a/slow": Answer(refresh.format(60, "/") + STORY.format("Slow")),
        "/a/moved": Answer(f"<html>{refresh.format(0, '/b/moved')}</html>"),
        "/b/moved": Answer(STORY.format("Moved")),
    }
    with serving(pages) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("feed", "/feed"))
        with many_nights(tmp_path) as nights:
            row, asked = asked_on(site, nights.crawl, NIGHT)
    assert asked == ["/feed", "/a/itself", "/a/slow", "/a/moved", "/b/moved"]
    assert (row["new"], row["outcome"]) == (3, "finished")
