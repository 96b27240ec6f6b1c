"""Seasons of the newsroom and what befalls their sites, asked over real HTTP."""

from __future__ import annotations

import gzip
import re
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import httpx
import pytest

from monitor.newsroom import (
    PLAYED,
    Newsroom,
    NewsroomError,
    SeasonSite,
    Story,
    Trouble,
    TroubleKind,
    evening,
    season,
)
from monitor.newsroom.__main__ import main
from monitor.newsroom.addresses import listing_path, story_path
from monitor.newsroom.seasons import STEP
from monitor.newsroom.troubled_answers import HUGE_FEED
from monitor.outlets import load_outlets

SITES = season()


@dataclass
class Played:
    """One site of a season, and a client that asks it."""

    newsroom: Newsroom
    site: SeasonSite
    client: httpx.Client

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def on(self, night: int) -> Played:
        self.newsroom.night = night
        return self

    def path(self, story: Story) -> str:
        return story_path(self.site, story)


@contextmanager
def playing(slug: str, *troubles: Trouble, night: int = 10) -> Iterator[Played]:
    site = season({slug: troubles})[slug]
    with (
        Newsroom(sites={slug: site}, night=night) as newsroom,
        httpx.Client(verify=False, base_url=newsroom.base_url(slug)) as client,
    ):
        yield Played(newsroom, site, client)


def first(night: int, slug: str = "daily-lantern") -> Story:
    """The first story that a healthy site publishes on a night."""
    return next(story for story in SITES[slug].every(night) if story.night == night)


def items(feed: httpx.Response) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(feed.content).iter("item"))


def texts(feed: httpx.Response, tag: str) -> list[str]:
    return [item.findtext(tag) or "" for item in items(feed)]


def locations(xml: bytes, tag: str = "loc") -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(xml).iter() if e.tag.endswith("}" + tag)]


def next_page(page: httpx.Response) -> str | None:
    found = re.search(r'<a rel="next" href="([^"]+)"', page.text)
    return found and found[1].replace("&amp;", "&")


# Healthy sites


@pytest.mark.parametrize("slug", SITES)
def test_a_site_publishes_as_many_stories_a_night_as_the_weekday_asks(slug: str) -> None:
    site = SITES[slug]
    assert max(site.volume) <= STEP
    for night in range(1, 41):
        told = [story for story in site.every(40) if story.night == night]
        assert len(told) == site.volume[evening(night).weekday()]
        assert len(site.every(night)) - len(site.every(night - 1)) == len(told)
        for story in told:
            assert evening(night) - timedelta(days=1) < story.published < evening(night)


def test_night_one_is_the_first_evening_of_the_demo() -> None:
    assert evening(1) == datetime(2026, 11, 21, 20, tzinfo=UTC)
    assert evening(1).weekday() == 5
    assert evening(41) - evening(1) == timedelta(days=40)


@pytest.mark.parametrize("slug", SITES)
def test_no_two_stories_are_alike_and_all_are_always_the_same(slug: str) -> None:
    stories = SITES[slug].every(60)
    for distinct in ("slug", "number", "title", "text"):
        assert len({getattr(story, distinct) for story in stories}) == len(stories)
    assert all(6 <= len(story.paragraphs) <= 12 and story.byline for story in stories)
    assert season()[slug].every(60) == stories


def test_the_first_story_of_each_night_is_one_to_flag() -> None:
    for site in SITES.values():
        labels = [story.label for story in site.every(3) if story.night == 3]
        assert labels == ["incident", *["none"] * (len(labels) - 1)]


def test_old_stories_stay_and_listings_lead_to_all_of_them() -> None:
    with playing("quiet-river", night=40) as played:
        stories = played.site.on(40)
        assert played.get(played.path(stories[-1])).status_code == 200
        seen, page = "", played.get("/section/latest")
        while following := next_page(page):
            seen += page.text
            page = played.get(following)
        seen += page.text
        assert all(f'href="{played.path(story)}"' in seen for story in stories)


def test_the_sitemaps_index_the_archive_and_old_parts_stay_as_they_are() -> None:
    with playing("northern-wire", night=38) as played:
        parts = locations(gzip.decompress(played.get("/sitemaps/index.xml.gz").content))
        old = played.get(parts[0])
        urls = [u for part in parts for u in locations(gzip.decompress(played.get(part).content))]
        base = played.newsroom.base_url("northern-wire")
        assert {base + played.path(story) for story in played.site.on(38)} <= set(urls)
        played.on(40)
        again = played.get(parts[0], If_Modified_Since=old.headers["last-modified"])
        assert again.status_code == 304
        index = gzip.decompress(played.get("/sitemaps/index.xml.gz").content)
        assert len(locations(index)) > len(parts)


@pytest.mark.parametrize("slug", SITES)
def test_validators_change_with_the_content_and_only_then(slug: str) -> None:
    with playing(slug) as played:
        for night in (1, 2, 20):
            before = played.newsroom.edition(slug, night).answers
            after = played.newsroom.edition(slug, night + 1).answers
            for path, answer in before.items():
                kept = answer.etag == after[path].etag
                assert kept == (answer.last_modified == after[path].last_modified), path


def test_the_log_proves_conditional_requests() -> None:
    with playing("daily-lantern") as played:
        tag = played.get("/rss.xml").headers["etag"]
        played.get("/rss.xml", If_None_Match=tag)
        played.on(11).get("/rss.xml", If_None_Match=tag)
        hits = [(hit.path, hit.if_none_match, hit.status) for hit in played.newsroom.log]
    assert hits == [("/rss.xml", None, 200), ("/rss.xml", tag, 304), ("/rss.xml", tag, 200)]


@pytest.mark.parametrize("night", [-1, 0, 1, 100])
@pytest.mark.parametrize("slug", SITES)
def test_every_source_can_be_read_on_any_night(slug: str, night: int) -> None:
    with playing(slug, night=night) as played:
        assert played.get("/").status_code == 200
        for _, path in played.site.sources:
            assert played.get(path).status_code == 200


def test_outlet_files_know_the_articles_and_the_sources(tmp_path: Path) -> None:
    with Newsroom(sites=SITES) as newsroom:
        newsroom.outlets_toml(tmp_path)
        outlets = load_outlets(tmp_path)
        assert set(outlets) == set(SITES)
        for slug, site in SITES.items():
            base = newsroom.base_url(slug)
            assert len(outlets[slug].sources) == len(site.sources)
            assert all(outlets[slug].is_article(base + story_path(site, s)) for s in site.on(3))
            assert not outlets[slug].is_article(base + listing_path(site, "latest", 2))


def test_troubles_of_an_unknown_site_are_an_error() -> None:
    with pytest.raises(NewsroomError, match="moon-times: no such site"):
        season({"moon-times": [Trouble("silent")]})


VISIBLE = sorted(set(get_args(TroubleKind)) - {"slow", "huge_feed"})
"""The others have tests of their own: what they do is not in the first bytes of an answer."""


@pytest.mark.parametrize("kind", VISIBLE)
def test_every_trouble_begins_and_ends_on_its_nights(kind: TroubleKind) -> None:
    slug = "quiet-river" if kind.startswith("calendar") else "daily-lantern"
    with playing(slug, Trouble(kind, 5, 6)) as troubled, playing(slug) as healthy:
        asked = [*(path for _, path in healthy.site.sources), "/robots.txt", "/"]
        asked.append(healthy.path(first(4, slug)))

        def differs(night: int) -> bool:
            return any(
                said(troubled.on(night), path) != said(healthy.on(night), path) for path in asked
            )

        assert [night for night in (4, 5, 6) if differs(night)] == [5, 6]
        # What was not published then is missing later, too.
        assert differs(7) is (kind in ("silent", "fewer"))


def said(played: Played, path: str) -> object:
    """What a path answers, but for the newsroom's address."""
    try:
        answer = played.get(path)
    except httpx.HTTPError as error:
        return type(error)
    base = played.newsroom.base_url(played.site.slug).encode()
    return answer.status_code, answer.content.replace(base, b"")


# What is published


def test_a_silent_site_publishes_nothing_new() -> None:
    with playing("daily-lantern", Trouble("silent", 5, 7), night=4) as played:
        before = played.get("/rss.xml")
        assert played.on(7).get("/rss.xml", If_None_Match=before.headers["etag"]).status_code == 304
        assert first(8).title in texts(played.on(8).get("/rss.xml"), "title")
        assert [len(played.site.every(night)) for night in range(4, 9)] == [20, 20, 20, 20, 25]


@pytest.mark.parametrize(("share", "left"), [(0.0, 2), (0.2, 1), (0.8, 4)])
def test_the_volume_falls_to_a_share_rounded_down(share: float, left: int) -> None:
    site = season({"daily-lantern": [Trouble("fewer", 3, amount=share)]})["daily-lantern"]
    assert [len(site.every(night)) for night in (2, 3, 4)] == [10, 10 + left, 10 + 2 * left]


def test_a_story_is_edited_and_its_validators_say_so() -> None:
    story = first(9)
    with playing("daily-lantern", Trouble("edited", 10), night=9) as played:
        page = played.get(played.path(story))
        since = page.headers["last-modified"]
        again = played.on(10).get(played.path(story), If_Modified_Since=since)
    assert again.status_code == 200
    assert story.paragraphs[-1] in page.text
    assert story.paragraphs[-1] not in again.text
    assert story.paragraphs[1] in again.text


def test_of_a_gutted_story_less_than_half_is_left() -> None:
    for night in range(2, 12):
        site = season({"daily-lantern": [Trouble("gutted", night)]})["daily-lantern"]
        story = first(night - 1)
        gutted = next(s for s in site.every(night) if s.slug == story.slug)
        assert 0 < len(gutted.paragraphs) < len(story.paragraphs) / 2


@pytest.mark.parametrize(
    ("kind", "status", "says"),
    [
        ("withdrawn_404", 404, "no longer available"),
        ("withdrawn_410", 410, "no longer available"),
        ("soft_404", 200, "Page not found"),
        ("sent_home", 302, ""),
    ],
)
def test_a_withdrawn_story_is_gone_in_one_of_four_ways(
    kind: TroubleKind, status: int, says: str
) -> None:
    story, other = first(9), first(8)
    trouble = Trouble(kind, 10, story=story.slug)
    with playing("daily-lantern", trouble) as played:
        answer = played.get(played.path(story))
        assert answer.status_code == status
        assert says in answer.text
        assert story.paragraphs[0] not in answer.text
        if status == 302:
            home = played.newsroom.base_url("daily-lantern") + "/"
            assert answer.headers["location"] == home
        assert story.title not in played.get("/rss.xml").text
        assert played.get(played.path(other)).status_code == 200


# How the pages are built


def test_new_addresses_match_no_longer_and_the_old_ones_redirect(tmp_path: Path) -> None:
    story = first(9, "harbour-voice")
    with playing("harbour-voice", Trouble("new_addresses", 10)) as played:
        played.newsroom.outlets_toml(tmp_path)
        outlet = load_outlets(tmp_path)["harbour-voice"]
        links = texts(played.get("/rss.xml"), "link")
        assert len(links) == 20
        assert not any(outlet.is_article(link) for link in links)
        assert story.paragraphs[0] in played.client.get(_link(links, story)).text
        moved = played.get(played.path(story))
        assert moved.status_code == 301
        assert moved.headers["location"] == _link(links, story)


def _link(links: list[str], story: Story) -> str:
    return next(link for link in links if story.slug in link)


def test_without_metadata_the_text_stays_and_byline_and_date_go() -> None:
    story = first(9)
    with playing("daily-lantern", Trouble("no_metadata", 10)) as played:
        page = played.get(played.path(story)).text
    assert story.paragraphs[-1] in page
    assert not any(lost in page for lost in ("ld+json", "<meta name", "<time", *story.byline))
    assert str(story.published.year) not in page


def test_a_script_shell_holds_no_story_and_no_links() -> None:
    with playing("quiet-river", Trouble("script_shell", 10)) as played:
        pages = {played.get(path).text for path in ("/", "/section/latest")}
        pages.add(played.get(played.path(first(9, "quiet-river"))).text)
    assert len(pages) == 1
    assert "<a " not in pages.pop()


def test_counters_change_every_night_and_the_text_does_not() -> None:
    story = first(9)
    with playing("daily-lantern", Trouble("counters")) as played:
        one, two = (played.on(night).get(played.path(story)) for night in (10, 11))
    assert one.headers["etag"] != two.headers["etag"]
    assert "last-modified" not in one.headers
    bodies = [re.findall(r"<p>.*?</p>", page.text) for page in (one, two)]
    assert bodies[0] == bodies[1] != []
    assert played.site.on(10)[0].title in one.text
    assert played.site.on(11)[0].title in two.text


# How the server answers


def test_a_slow_site_holds_nobody_else_back() -> None:
    sites = season({"slow-boat": [Trouble("slow", amount=0.3)]})
    with Newsroom(sites=sites) as newsroom:
        slow = httpx.URL(newsroom.base_url("slow-boat"))
        begun = time.monotonic()
        with closing(socket.create_connection((slow.host, slow.port or 0))) as waiting:
            waiting.sendall(b"GET /robots.txt HTTP/1.0\r\nHost: x\r\n\r\n")
            httpx.get(newsroom.base_url("daily-lantern") + "/", verify=False)
            assert waiting.makefile("rb").read().startswith(b"HTTP/1.1 200 OK")
        assert time.monotonic() - begun >= 0.3
        assert [hit.site for hit in newsroom.log] == ["daily-lantern", "slow-boat"]


@pytest.mark.parametrize(
    ("kind", "status", "says"),
    [
        ("forbidden", 403, "Forbidden"),
        ("challenge_200", 200, "anubis_challenge"),
        ("challenge_403", 403, "_cf_chl_opt"),
        ("throttled", 429, "Too many requests"),
    ],
)
def test_a_site_that_blocks_answers_its_robots_txt(
    kind: TroubleKind, status: int, says: str
) -> None:
    with playing("daily-lantern", Trouble(kind, 10, amount=7)) as played:
        assert played.get("/robots.txt").text.startswith("User-agent: *")
        for path in ("/", "/rss.xml", "/news-sitemap.xml", played.path(first(9))):
            answer = played.get(path)
            assert answer.status_code == status
            assert says in answer.text
            assert answer.headers.get("retry-after") == ("7" if kind == "throttled" else None)


def test_a_reset_is_no_answer_and_logged_as_status_0() -> None:
    with playing("daily-lantern", Trouble("reset", 10, 10)) as played:
        with pytest.raises(httpx.ReadError):
            played.get("/robots.txt")
        assert played.on(11).get("/robots.txt").status_code == 200
        assert [hit.status for hit in played.newsroom.log] == [0, 200]


@pytest.mark.parametrize(
    ("kind", "robots", "page"), [("unavailable", 503, 503), ("robots_500", 500, 200)]
)
def test_an_outage_is_of_everything_or_of_robots_txt(
    kind: TroubleKind, robots: int, page: int
) -> None:
    with playing("daily-lantern", Trouble(kind)) as played:
        assert (played.get("/robots.txt").status_code, played.get("/").status_code) == (
            robots,
            page,
        )


# Traps


@pytest.mark.parametrize(("kind", "stories"), [("calendar_empty", 0), ("calendar_same", 5)])
def test_a_calendar_leads_to_ever_new_addresses(kind: TroubleKind, stories: int) -> None:
    with playing("quiet-river", Trouble(kind)) as played:
        seen, path = [], "/section/latest"
        for _ in range(30):
            page = played.get(path)
            seen.append((path, page.text.count('<section class="teaser">')))
            path = next_page(page) or "the end"
    assert len({path for path, _ in seen}) == 30
    assert [count for _, count in seen] == [5] + [stories] * 29


@pytest.mark.parametrize("kind", ["redirect_articles", "redirect_feed"])
def test_redirects_go_on_for_ever_and_never_to_the_same_address(kind: TroubleKind) -> None:
    story = first(9)
    with playing("daily-lantern", Trouble(kind)) as played:
        article = played.path(story)
        asked, other = (article, "/rss.xml") if "article" in kind else ("/rss.xml", article)
        assert played.get(other).status_code == 200
        with pytest.raises(httpx.TooManyRedirects):
            played.client.get(asked, follow_redirects=True)
        paths = [hit.path for hit in played.newsroom.log if hit.status == 302]
    assert len(paths) == len(set(paths)) > 20


# Sitemaps and feeds


def test_a_lying_lastmod_is_always_now() -> None:
    with playing("minute-times", Trouble("lastmod_now")) as played:
        for night in (10, 11):
            index = gzip.decompress(played.on(night).get("/sitemaps/index.xml.gz").content)
            part = gzip.decompress(played.get(locations(index)[0]).content)
            for xml in (index, part):
                said = locations(xml, "lastmod")
                assert set(said) == {evening(night).isoformat()}
                assert len(said) == len(locations(xml))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("dates_1970", r"Thu, 01 Jan 1970 00:00:00 \+0000"),
        ("dates_2099", r"Thu, 31 Dec 2099 23:59:59 \+0000"),
        ("dates_no_zone", r"\w{3}, \d\d \w{3} 2026 \d\d:\d\d:\d\d"),
        ("dates_garbage", "yesterday, around noon"),
    ],
)
def test_feeds_have_wrong_dates(kind: TroubleKind, said: str) -> None:
    with playing("daily-lantern", Trouble(kind)) as rss:
        dates = texts(rss.get("/rss.xml"), "pubDate")
    assert len(dates) == 20
    assert all(re.fullmatch(said, date) for date in dates)
    with playing("slow-boat", Trouble(kind)) as atom:
        dates = locations(atom.get("/atom.xml").content, "published")
    assert not any(re.fullmatch(r"2026-1[12]-\d\dT[\d:]{8}\+07:00", date) for date in dates)


def test_feeds_repeat_guids_and_links() -> None:
    with playing("daily-lantern", Trouble("same_guids")) as played:
        feed = played.get("/rss.xml")
        assert (len(set(texts(feed, "guid"))), len(set(texts(feed, "link")))) == (1, 20)
    with playing("daily-lantern", Trouble("same_links")) as played:
        feed = played.get("/rss.xml")
        assert (len(set(texts(feed, "guid"))), len(set(texts(feed, "link")))) == (40, 20)
        assert len(items(feed)) == 40


def test_a_feed_escapes_its_titles_twice() -> None:
    with playing("daily-lantern", Trouble("double_escaped")) as played:
        titles = texts(played.get("/rss.xml"), "title")
    assert f"&quot;{first(10).title}&quot; &amp;&nbsp;more" in titles


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("undefined_entity", "undefined entity"),
        ("bare_ampersand", "not well-formed"),
        ("cut_feed", "unclosed token|no element found"),
    ],
)
def test_a_feed_is_no_xml_but_begins_like_it(kind: TroubleKind, error: str) -> None:
    with playing("daily-lantern", Trouble(kind)) as played:
        feed = played.get("/rss.xml")
    assert feed.headers["content-type"] == "application/rss+xml"
    assert first(10).slug in feed.text
    with pytest.raises(ElementTree.ParseError, match=error):
        ElementTree.fromstring(feed.content)


def test_the_huge_feed_is_streamed_and_a_client_may_leave() -> None:
    with playing("daily-lantern", Trouble("huge_feed")) as played:
        with played.client.stream("GET", "/rss.xml") as feed:
            assert "content-length" not in feed.headers
            chunks = feed.iter_raw()
            start = next(chunks)
            assert len(start) + sum(map(len, chunks)) >= HUGE_FEED == 100 * 1024 * 1024
        assert first(10).title.encode() in start
        with played.client.stream("GET", "/rss.xml") as feed:
            next(feed.iter_raw())
        assert played.get("/robots.txt").status_code == 200
        sizes = [hit.size for hit in played.newsroom.log]
    assert sizes[0] >= HUGE_FEED > sizes[1]


@pytest.mark.parametrize(("kind", "status"), [("feed_403", 403), ("feed_html", 200)])
def test_a_feed_fails_while_the_pages_work(kind: TroubleKind, status: int) -> None:
    with playing("daily-lantern", Trouble(kind)) as played:
        feed = played.get("/rss.xml")
        assert feed.status_code == status
        assert feed.headers["content-type"].startswith("text/html")
        assert first(10).slug in played.get("/").text


@pytest.mark.parametrize(("kind", "status"), [("feed_moved", 301), ("feed_gone", 404)])
def test_a_feed_leaves_and_the_pages_name_the_new_one(kind: TroubleKind, status: int) -> None:
    with playing("lost-letter", Trouble(kind, 10)) as played:
        left = played.get("/rss.xml")
        found = re.search(r'<link rel="alternate" [^>]*href="([^"]+)"', played.get("/").text)
        assert found
        assert found[1] != str(left.url)
        assert left.status_code == status
        assert left.headers.get("location") == (found[1] if status == 301 else None)
        assert len(items(played.client.get(found[1]))) == 20


# Several at once, and the command


def test_troubles_add_up() -> None:
    troubles = [Trouble("fewer", 3), Trouble("double_escaped", 3), Trouble("forbidden", 4, 4)]
    with playing("daily-lantern", *troubles, night=3) as played:
        titles = texts(played.get("/rss.xml"), "title")
        assert len(titles) == 12
        assert all(title.endswith("&nbsp;more") for title in titles)
        assert played.on(4).get("/rss.xml").status_code == 403
        assert len(items(played.on(5).get("/rss.xml"))) == 16


def test_the_season_that_is_shown_spares_some_sites() -> None:
    assert set(PLAYED) < set(SITES)
    assert {"daily-lantern", "weekend-herald"} <= set(SITES) - set(PLAYED)
    season(PLAYED)


@pytest.mark.parametrize("arguments", [["--night", "3"], ["--night", "0", "--season"]])
def test_a_night_that_is_not_played_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert "--night: expected 1 or 2" in capsys.readouterr().err
