"""The demo newsroom over real HTTP: a small site of its own, then the bundled ones."""

from __future__ import annotations

import contextlib
import gzip
import html
import json
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from monitor.newsroom import Newsroom, NewsroomError, SiteError, Wild, load_sites
from monitor.newsroom.__main__ import main
from monitor.newsroom.addresses import copy_path, feed_path, listing_path, old_path, story_path
from monitor.newsroom.http import listen
from monitor.newsroom.wild import HUGE
from monitor.outlets import load_outlets

HTTP = httpx.Client(verify=False)
"""Loads no certificates, which would take longer than the requests: there is no TLS here."""

MANNER = """
name = "Small Gazette"
host = 2
language = "en"
country = "TH"
template = "mekong-courier.html"
metadata = "json-ld"
article = "/{year}/{slug}/"
old = "/?p={number}"
copy = "/{year}/{slug}/amp/"
listing = "/in/{section}"
listing_page = "/in/{section}?page={page}"
latest = "all"
article_url = '/\\d{4}/[^/?#]+/'
disallow = ["/members/"]
crawl_delay = 1

[[feeds]]
kind = "rss"
path = "/feed/"
tracking = "utm_source=rss"

[[feeds]]
kind = "atom"
path = "/atom.xml"
old_addresses = true

[[feeds]]
kind = "news_sitemap"
path = "/news.xml"
limit = 3

[[feeds]]
kind = "sitemap_index_gz"
path = "/maps/index.xml.gz"

[[sources]]
kind = "feed"
path = "/feed/"

[[sources]]
kind = "section"
path = "/in/all"
"""

ARTICLE = """
[[article]]
slug = "story-{n}"
section = "{section}"
published = 2026-11-{day:02}T08:00:00+07:00
byline = ["Ann Onym"]
title = "Story number {n}"
text = '''
First paragraph of story {n}, in "quotes" & with an ampersand.

Second paragraph.
'''
label = "none"
category = "general"
"""

WILD = """
[[wild]]
kind = "{kind}"
path = "/wild/{kind}"
expect = "{expect}"
published = 2026-11-01T09:00:00+08:00
title = "Wild {kind}"
text = "A paragraph with “quotes”."
"""

SECOND_NIGHT = {
    2: '[article.night2]\ntext = "Corrected."\nupdated = 2026-11-22T05:00:00+07:00\n',
    3: "[article.night2]\nwithdrawn = 410\n",
    8: "night = 2\n",
}


def write_site(folder: Path, manner: str, articles: str) -> None:
    folder.mkdir(parents=True)
    (folder / "site.toml").write_text(manner, encoding="utf-8")
    (folder / "articles.toml").write_text(articles, encoding="utf-8")


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sites")
    articles = "".join(
        ARTICLE.format(n=n, day=10 + n, section="members" if n == 4 else "city")
        + SECOND_NIGHT.get(n, "")
        for n in range(1, 9)
    )
    write_site(folder / "small-gazette", MANNER, articles)
    kinds = ["throttled", "unavailable_once", "redirect_loop", "truncated", "huge", "charset_meta"]
    wild = MANNER.replace("host = 2", "host = 3") + "".join(
        WILD.format(kind=kind, expect="article") for kind in kinds
    )
    write_site(folder / "wild-gazette", wild, ARTICLE.format(n=1, day=11, section="city"))
    return folder


@pytest.fixture
def newsroom(sites: Path) -> Iterator[Newsroom]:
    with Newsroom(sites) as newsroom:
        yield newsroom


@pytest.fixture
def site(newsroom: Newsroom) -> Iterator[httpx.Client]:
    with httpx.Client(verify=False, base_url=newsroom.base_url("small-gazette")) as client:
        yield client


@pytest.fixture
def wild(newsroom: Newsroom) -> Iterator[httpx.Client]:
    with httpx.Client(verify=False, base_url=newsroom.base_url("wild-gazette")) as client:
        yield client


def locations(xml: bytes) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(xml).iter() if e.tag.endswith("}loc")]


def test_each_site_has_a_host_of_its_own_and_all_share_the_port(newsroom: Newsroom) -> None:
    bases = [httpx.URL(newsroom.base_url(slug)) for slug in ("small-gazette", "wild-gazette")]
    assert [base.host for base in bases] == ["127.0.0.2", "127.0.0.3"]
    assert bases[0].port == bases[1].port


def test_on_one_host_each_site_has_a_port_of_its_own(sites: Path) -> None:
    with Newsroom(sites, one_host=True) as newsroom:
        bases = [newsroom.base_url(slug) for slug in ("small-gazette", "wild-gazette")]
        assert len(set(bases)) == 2
        assert all(base.startswith("http://127.0.0.1:") for base in bases)
        assert HTTP.get(bases[1] + "/robots.txt").status_code == 200


def test_a_taken_port_is_one_clear_line(sites: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.closing(listen("127.0.0.3", 0)) as other:
        port = other.getsockname()[1]
        assert main(["--sites", str(sites), "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"newsroom: port {port} on 127.0.0.3 is taken")
    assert said.count("\n") == 1


def test_robots_txt_forbids_a_part_and_asks_for_a_delay(site: httpx.Client) -> None:
    assert site.get("/robots.txt").text.splitlines()[:3] == [
        "User-agent: *",
        "Disallow: /members/",
        "Crawl-delay: 1",
    ]


def test_an_article_page_shows_its_text_and_names_itself(
    site: httpx.Client, newsroom: Newsroom
) -> None:
    page = site.get("/2026/story-1/").text
    assert "First paragraph of story 1, in &#34;quotes&#34; &amp; with an ampersand." in page
    canonical = f'<link rel="canonical" href="{newsroom.base_url("small-gazette")}/2026/story-1/">'
    assert canonical in page
    data = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    article = next(d for d in map(json.loads, data) if d["@type"] == "NewsArticle")
    assert article["headline"] == "Story number 1"
    assert article["datePublished"] == "2026-11-11T08:00:00+07:00"
    assert article["author"] == {"@type": "Person", "name": "Ann Onym"}


def test_a_copy_names_the_page_as_canonical(site: httpx.Client, newsroom: Newsroom) -> None:
    base = newsroom.base_url("small-gazette")
    copy = site.get("/2026/story-1/amp/").text
    assert f'<link rel="canonical" href="{base}/2026/story-1/">' in copy
    assert "First paragraph of story 1" in copy


def test_tracking_parameters_lead_to_the_same_page(site: httpx.Client) -> None:
    tracked = site.get("/2026/story-1/?utm_source=rss&fbclid=x")
    assert tracked.content == site.get("/2026/story-1/").content


def test_old_addresses_and_missing_slashes_redirect(site: httpx.Client) -> None:
    for path in ("/?p=10037", "/2026/story-1"):
        answer = site.get(path)
        assert answer.status_code == 301
        assert answer.headers["location"].endswith("/2026/story-1/")


def test_an_unknown_path_is_404_with_a_page(site: httpx.Client) -> None:
    answer = site.get("/2026/story-99/")
    assert answer.status_code == 404
    assert "Page not found" in answer.text


def test_section_pages_show_five_stories_and_lead_to_the_next_page(site: httpx.Client) -> None:
    first, second = site.get("/in/all").text, site.get("/in/all?page=2").text
    stories = re.compile(r'<a href="(/20\d\d/[^"]+/)" rel="bookmark"')
    assert len(stories.findall(first)) == 5
    assert len(stories.findall(second)) == 2
    assert re.findall(r'<a rel="next" href="([^"]+)"', first) == ["/in/all?page=2"]
    assert 'rel="next"' not in second
    assert "/2026/story-7/amp/" in first


def test_rss_lists_stories_newest_first_with_tracking(site: httpx.Client) -> None:
    items = ElementTree.fromstring(site.get("/feed/").content).findall("channel/item")
    assert [item.findtext("title") for item in items][:2] == ["Story number 7", "Story number 6"]
    assert (items[0].findtext("link") or "").endswith("/2026/story-7/?utm_source=rss")
    assert items[0].findtext("pubDate") == "Tue, 17 Nov 2026 08:00:00 +0700"
    assert (items[0].findtext("description") or "").startswith("First paragraph of story 7")


def test_atom_lists_every_second_story_under_its_old_address(site: httpx.Client) -> None:
    root = ElementTree.fromstring(site.get("/atom.xml").content)
    atom = "{http://www.w3.org/2005/Atom}"
    links = [link.get("href", "") for link in root.iterfind(f"{atom}entry/{atom}link")]
    assert len(links) == 7
    assert sum("/?p=" in link for link in links) == 4


def test_a_feed_lists_no_more_than_its_limit(site: httpx.Client) -> None:
    assert len(locations(site.get("/news.xml").content)) == 3


def test_a_feed_lists_forbidden_stories_all_the_same(newsroom: Newsroom) -> None:
    small = newsroom.sites["small-gazette"]
    story = next(s for s in small.stories if s.section == "members")
    assert feed_path(small, small.feeds[0], story) in HTTP.get(
        newsroom.base_url("small-gazette") + "/feed/"
    ).text.replace("&amp;", "&")


def test_the_sitemap_index_is_gzipped_and_leads_to_every_story(site: httpx.Client) -> None:
    answer = site.get("/maps/index.xml.gz")
    assert "content-encoding" not in answer.headers
    parts = locations(gzip.decompress(answer.content))
    stories = [
        url
        for part in parts
        for url in locations(gzip.decompress(HTTP.get(part).content))
        if "/2026/" in url
    ]
    assert len(set(stories)) == 7
    assert b"<lastmod>2026-11-" in gzip.decompress(answer.content)


@pytest.mark.parametrize("path", ["/feed/", "/2026/story-1/", "/in/all", "/maps/index.xml.gz"])
def test_what_did_not_change_answers_304(site: httpx.Client, path: str) -> None:
    first = site.get(path)
    by_tag = site.get(path, headers={"If-None-Match": first.headers["etag"]})
    by_date = site.get(path, headers={"If-Modified-Since": first.headers["last-modified"]})
    assert (by_tag.status_code, by_tag.content) == (304, b"")
    assert by_date.status_code == 304


def test_a_tag_that_does_not_match_wins_over_a_date_that_does(site: httpx.Client) -> None:
    headers = {
        "If-None-Match": '"other"',
        "If-Modified-Since": site.get("/feed/").headers["last-modified"],
    }
    assert site.get("/feed/", headers=headers).status_code == 200


def test_the_second_night_edits_withdraws_and_adds(site: httpx.Client, newsroom: Newsroom) -> None:
    assert site.get("/2026/story-8/").status_code == 404
    newsroom.night = 2
    assert "Corrected." in site.get("/2026/story-2/").text
    assert site.get("/2026/story-3/").status_code == 410
    assert site.get("/2026/story-8/").status_code == 200
    feed = site.get("/feed/").text
    assert "story-8" in feed
    assert "story-3" not in feed


def test_validators_change_on_the_second_night_only_where_the_content_did(
    site: httpx.Client, newsroom: Newsroom
) -> None:
    paths = ["/2026/story-1/", "/2026/story-2/", "/feed/", "/in/all", "/in/members", "/about"]
    first = {path: site.get(path) for path in paths}
    newsroom.night = 2
    again = {
        path: site.get(path, headers={"If-None-Match": first[path].headers["etag"]}).status_code
        for path in paths
    }
    dated = {
        path: site.get(
            path, headers={"If-Modified-Since": first[path].headers["last-modified"]}
        ).status_code
        for path in paths
    }
    changed = {"/2026/story-2/", "/feed/", "/in/all"}
    assert again == dated == {path: 200 if path in changed else 304 for path in paths}


def test_head_sends_no_body_and_other_methods_are_refused(site: httpx.Client) -> None:
    head = site.head("/2026/story-1/")
    assert (head.status_code, head.content) == (200, b"")
    assert site.post("/2026/story-1/").status_code == 405


def test_a_malformed_request_is_400_and_the_server_goes_on(
    newsroom: Newsroom, site: httpx.Client
) -> None:
    address = httpx.URL(newsroom.base_url("small-gazette"))
    with socket.create_connection((address.host, address.port or 0)) as raw:
        raw.sendall(b"NONSENSE\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400 ")
    assert site.get("/robots.txt").status_code == 200


def test_the_log_tells_who_asked_for_what(sites: Path, tmp_path: Path) -> None:
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    file = tmp_path / "log.jsonl"
    with Newsroom(sites, clock=lambda: moment, log_file=file) as newsroom:
        base = newsroom.base_url("small-gazette")
        HTTP.get(base + "/feed/?a=b", headers={"User-Agent": "test", "If-None-Match": '"x"'})
        hit = newsroom.log[0]
    assert (hit.site, hit.method, hit.path, hit.status) == (
        "small-gazette",
        "GET",
        "/feed/?a=b",
        404,
    )
    assert (hit.user_agent, hit.if_none_match, hit.if_modified_since) == ("test", '"x"', None)
    assert (hit.at, f"http://{hit.host}") == (moment, base)
    line = json.loads(file.read_text())
    assert line["at"] == "2026-11-22T00:00:00+00:00"
    assert line["size"] == hit.size > 0


def test_a_throttled_page_is_served_after_its_retry_after(sites: Path) -> None:
    now = [datetime(2026, 11, 22, tzinfo=UTC)]
    with Newsroom(sites, clock=lambda: now[0]) as newsroom:
        url = newsroom.base_url("wild-gazette") + "/wild/throttled"
        first = HTTP.get(url)
        assert (first.status_code, first.headers["retry-after"]) == (429, "2")
        now[0] += timedelta(seconds=1)
        assert HTTP.get(url).status_code == 429
        now[0] += timedelta(seconds=1)
        assert HTTP.get(url).status_code == 200


def test_an_unavailable_page_comes_back(wild: httpx.Client) -> None:
    assert [wild.get("/wild/unavailable_once").status_code for _ in range(3)] == [503, 200, 200]


def test_a_redirect_loop_never_ends(wild: httpx.Client) -> None:
    with pytest.raises(httpx.TooManyRedirects):
        wild.get("/wild/redirect_loop", follow_redirects=True)


def test_a_truncated_response_ends_before_its_length(wild: httpx.Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        wild.get("/wild/truncated")


def test_the_huge_page_is_streamed_to_its_end(wild: httpx.Client) -> None:
    with wild.stream("GET", "/wild/huge") as answer:
        assert "content-length" not in answer.headers
        assert sum(len(chunk) for chunk in answer.iter_bytes()) == HUGE == 30 * 1024 * 1024


def test_a_client_may_leave_in_the_middle_of_a_stream(wild: httpx.Client) -> None:
    with wild.stream("GET", "/wild/huge") as answer:
        next(answer.iter_bytes())
    assert wild.get("/robots.txt").status_code == 200


def test_a_page_in_another_charset_than_declared_is_no_utf8(wild: httpx.Client) -> None:
    answer = wild.get("/wild/charset_meta")
    assert answer.headers["content-type"] == "text/html; charset=UTF-8"
    assert "A paragraph with “quotes”." in answer.content.decode("cp1252")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("site.toml", 'name = "Small Gazette"', "name = 3", "name: expected str, got 3"),
        ("site.toml", 'metadata = "json-ld"', 'metadata = "x"', "metadata: expected one of"),
        ("articles.toml", "+07:00", "", "article 1 (story-1): published: expected a time with"),
        ("articles.toml", "title =", "[", "not readable as TOML"),
    ],
)
def test_a_bad_file_is_named_with_field_and_expectation(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    folder = tmp_path / "small-gazette"
    write_site(folder, MANNER, ARTICLE.format(n=1, day=1, section="city"))
    path = folder / file
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(SiteError) as caught:
        load_sites(tmp_path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)


def test_a_folder_without_sites_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NewsroomError, match="found none"):
        Newsroom(tmp_path)


# The bundled sites


@pytest.fixture(scope="module")
def bundled() -> Iterator[Newsroom]:
    with Newsroom() as newsroom:
        yield newsroom


SITES = load_sites()


def test_the_bundled_newsroom_is_as_large_and_varied_as_the_issue_asks() -> None:
    stories = [story for site in SITES.values() for story in site.every(2)]
    assert len(SITES) >= 8
    assert len(stories) >= 80
    told = {story.label for story in stories}
    assert told == {"incident", "risk", "averted", "policy", "none"}
    assert {site.language for site in SITES.values()} >= {
        *("en", "km", "th", "lo", "my", "vi", "zh-Hans", "zh-Hant", "id")
    }
    assert {feed.kind for site in SITES.values() for feed in site.feeds} == {
        *("rss", "atom", "news_sitemap", "sitemap", "sitemap_index_gz")
    }
    assert {site.metadata for site in SITES.values()} == {
        "json-ld",
        "json-ld-graph",
        "meta",
        "none",
    }
    assert any(story.withdrawn for site in SITES.values() for story in site.withdrawn(2))


@pytest.mark.parametrize("slug", SITES)
def test_every_bundled_page_holds_its_story(bundled: Newsroom, slug: str) -> None:
    site = SITES[slug]
    with httpx.Client(verify=False, base_url=bundled.base_url(slug)) as client:
        for story in site.on(1):
            answer = client.get(story_path(site, story))
            page = plain(answer.content.decode(site.encoding))
            assert answer.status_code == 200
            assert plain(story.title) in page
            assert all(plain(paragraph) in page for paragraph in story.paragraphs)
            if copy := copy_path(site, story):
                assert plain(story.paragraphs[-1]) in plain(client.get(copy).text)
            if old := old_path(site, story):
                location = client.get(old).headers["location"]
                assert location == bundled.base_url(slug) + story_path(site, story)


@pytest.mark.parametrize("slug", SITES)
def test_every_story_can_be_found_through_the_sources_of_its_outlet(
    bundled: Newsroom, slug: str
) -> None:
    site, base = SITES[slug], bundled.base_url(slug)
    seen = ""
    for kind, path in site.sources:
        if kind == "section":
            pages = range(1, len(site.on(1)) // 5 + 2)
            paths = [listing_path(site, site.latest, page) for page in pages]
        else:
            paths = [path]
        for one in paths:
            body = HTTP.get(base + one).content
            if one.endswith(".gz"):
                parts = locations(gzip.decompress(body))
                body = b"".join(gzip.decompress(HTTP.get(part).content) for part in parts)
            seen += plain(body.decode(site.encoding))
    for story in site.on(1):
        assert any(
            path and path in seen for path in (story_path(site, story), old_path(site, story))
        ), story.slug


@pytest.mark.parametrize("slug", SITES)
def test_the_outlet_file_finds_the_sites_articles(
    bundled: Newsroom, slug: str, tmp_path: Path
) -> None:
    bundled.outlets_toml(tmp_path)
    outlet, site, base = load_outlets(tmp_path)[slug], SITES[slug], bundled.base_url(slug)
    assert outlet.name == site.name
    assert [source.url for source in outlet.sources] == [base + path for _, path in site.sources]
    for story in site.every(2):
        paths = [story_path(site, story), copy_path(site, story)]
        paths += [feed_path(site, feed, story) for feed in site.feeds]
        assert all(outlet.is_article(base + path) for path in paths if path)
    assert all(outlet.is_article(base + wild.path) for wild in site.wild)
    assert not outlet.is_article(base + listing_path(site, site.latest, 2))
    assert not outlet.is_article(base + "/about")


@pytest.mark.parametrize("slug", SITES)
def test_untouched_pages_keep_their_validators_on_the_second_night(
    bundled: Newsroom, slug: str
) -> None:
    site = SITES[slug]
    first, second = bundled.edition(slug, 1).answers, bundled.edition(slug, 2).answers
    for story in site.on(1):
        path = story_path(site, story)
        touched = site.second_night.get(story.slug) is not None
        assert (first[path].etag != second[path].etag) is touched, path


def test_the_thai_site_says_nothing_of_its_charset(bundled: Newsroom) -> None:
    site = SITES["khao-tawan"]
    answer = HTTP.get(bundled.base_url(site.slug) + story_path(site, site.on(1)[0]))
    assert answer.headers["content-type"] == "text/html"
    assert b"charset" not in answer.content.lower()
    assert "2569" in answer.content.decode("cp874")


@pytest.mark.parametrize("slug", ["song-hong", "baodao-wen"])
def test_sites_that_forbid_a_part_have_stories_there(slug: str) -> None:
    site = SITES[slug]
    assert any(site.is_forbidden(story_path(site, story)) for story in site.on(1))


@pytest.mark.parametrize("wild", SITES["faultline-times"].wild, ids=lambda wild: wild.path)
def test_every_wild_page_is_listed_and_answers_as_declared(bundled: Newsroom, wild: Wild) -> None:
    base = bundled.base_url("faultline-times")
    assert f"<link>{base}{wild.path}</link>" in HTTP.get(base + "/rss.xml").text
    expected = {
        "status": wild.status,
        "throttled": 429,
        "unavailable_once": 503,
        "challenge_header": 403,
        "redirect_loop": 302,
    }
    with HTTP.stream("GET", base + wild.path) as answer:
        assert answer.status_code == expected.get(wild.kind, 200)
        assert ("cf-mitigated" in answer.headers) is (wild.kind == "challenge_header")
        if wild.kind in ("empty", "pdf", "deep", "charset_header", "broken_markup"):
            body = answer.read()
            assert (body == b"") is (wild.kind == "empty")
            assert body.startswith(b"%PDF") is (wild.kind == "pdf")
            assert (body.count(b"<div class=reply>") == 20_000) is (wild.kind == "deep")


def plain(text: str) -> str:
    """Text as a reader sees it: entities resolved, white space single."""
    return " ".join(html.unescape(text).split())
