"""Feeds, sitemaps and section pages → entries, however untidy they are."""

from __future__ import annotations

import gzip
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import sources
from monitor.items import Entry
from monitor.sources import (
    Section,
    Sitemap,
    SourceError,
    read_feed,
    read_homepage,
    read_section,
    read_sitemap,
    robots_sitemaps,
)

BASE = "http://news.example/"
BANGKOK = timezone(timedelta(hours=7))


def rss(*items: str) -> bytes:
    return f"""<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>
        <title>News</title>{"".join(items)}</channel></rss>""".encode()


def test_an_rss_entry_keeps_title_summary_and_date() -> None:
    feed = rss(
        "<item><title>Two sent &amp;amp; one kept</title><link>/a?x=1&amp;y=2</link>"
        "<description>&lt;p&gt;A &lt;b&gt;short&lt;/b&gt; text&lt;/p&gt;</description>"
        "<pubDate>Fri, 20 Nov 2026 08:30:00 +0700</pubDate></item>"
    )
    assert read_feed(feed, BASE) == (
        Entry(
            url="http://news.example/a?x=1&y=2",
            title="Two sent & one kept",
            summary="A short text",
            published_at=datetime(2026, 11, 20, 1, 30, tzinfo=UTC),
        ),
    )


def test_an_atom_entry_keeps_its_update() -> None:
    feed = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>N</title><entry><title>T</title>
      <link rel="alternate" href="http://news.example/t"/><id>1</id>
      <published>2026-11-20T08:30:00+07:00</published><updated>2026-11-22T05:00:00Z</updated>
      </entry></feed>"""
    assert read_feed(feed, BASE) == (
        Entry(
            url="http://news.example/t",
            title="T",
            published_at=datetime(2026, 11, 20, 1, 30, tzinfo=UTC),
            updated_at=datetime(2026, 11, 22, 5, tzinfo=UTC),
        ),
    )


def test_broken_xml_is_read_as_far_as_it_goes() -> None:
    feed = rss(
        "<item><title>A</title><link>http://news.example/a</link></item>", "<item><title>B & C"
    )
    assert [entry.url for entry in read_feed(feed, BASE)] == ["http://news.example/a"]


def test_an_entry_without_an_address_is_left_out() -> None:
    item = '<item><title>A</title><guid isPermaLink="false">abc</guid></item>'
    assert read_feed(rss(item), BASE) == ()


def test_an_address_in_the_guid_serves_when_there_is_no_link() -> None:
    feed = rss("<item><title>A</title><guid>http://news.example/a</guid></item>")
    assert [entry.url for entry in read_feed(feed, BASE)] == ["http://news.example/a"]


@pytest.mark.parametrize("body", [b"", b"<html><body>Just a moment</body></html>", b"\x00\xff"])
def test_what_is_no_feed_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        read_feed(body, BASE)
    assert caught.value.reason == "not_a_feed"


NEWS_SITEMAP = b"""<?xml version="1.0"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
        xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
  <url><loc> http://news.example/a </loc><lastmod>2026-11-21</lastmod>
    <news:news><news:publication_date>2026-11-20T08:30:00+07:00</news:publication_date>
    <news:title>A &amp; B</news:title></news:news></url>
  <url><lastmod>2026-11-21</lastmod></url>
  <url><loc>/b</loc><lastmod>yesterday</lastmod></url>
</urlset>"""


def test_a_news_sitemap_keeps_titles_and_dates() -> None:
    assert read_sitemap(NEWS_SITEMAP, BASE) == Sitemap(
        entries=(
            Entry(
                url="http://news.example/a",
                title="A & B",
                published_at=datetime(2026, 11, 20, 8, 30, tzinfo=BANGKOK),
                updated_at=datetime(2026, 11, 21),
            ),
            Entry(url="http://news.example/b"),
        ),
        children=(),
    )


def test_a_gzipped_index_lists_its_children() -> None:
    index = gzip.compress(
        b"<sitemapindex><sitemap><loc>http://news.example/1.xml.gz</loc>"
        b"<lastmod>2026-11-21T00:00:00Z</lastmod></sitemap>"
        b"<sitemap><loc>http://news.example/2.xml.gz</loc></sitemap></sitemapindex>"
    )
    assert read_sitemap(index, BASE).children == (
        ("http://news.example/1.xml.gz", datetime(2026, 11, 21, tzinfo=UTC)),
        ("http://news.example/2.xml.gz", None),
    )


def test_a_gzip_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "SITEMAP_MAX_BYTES", 1000)
    with pytest.raises(SourceError) as caught:
        read_sitemap(gzip.compress(b"<urlset>" + b" " * 1000 + b"</urlset>"), BASE)
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize("body", [b"", b"<html/>", b"\x1f\x8bnot gzip", b"plain"])
def test_what_is_no_sitemap_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        read_sitemap(body, BASE)
    assert caught.value.reason == "not_a_sitemap"


def is_story(url: str) -> bool:
    return "/story/" in url


def test_a_section_page_gives_its_articles_once_and_the_next_page() -> None:
    page = """<a href="/story/1"><img></a><a href="/story/1">First <b>one</b></a>
      <a href="/story/2#comments">Second</a><a href="/about">About</a><a href="mailto:x@y">x</a>
      <a href="http://[broken/story/3">?</a><a rel="next nofollow" href="?page=2">Older</a>"""
    assert read_section(page.encode(), BASE + "news", is_story) == Section(
        entries=(
            Entry("http://news.example/story/1", title="First one"),
            Entry("http://news.example/story/2", title="Second"),
        ),
        next_page="http://news.example/news?page=2",
    )


@pytest.mark.parametrize(
    ("url", "link", "follows"),
    [
        ("news", "/news?page=2", True),
        ("news?page=2", "/news?page=3", True),
        ("news?page=2", "/news?page=1", False),
        ("news/", "/news/page/2/", True),
        ("news/page/2/", "/news/page/3/", True),
        ("news/", "/sport/page/2/", False),
        ("news?cat=4", "/news?cat=4&page=2", True),
        ("news?cat=4", "/news?cat=5&page=2", False),
    ],
)
def test_the_next_page_is_known_by_its_number(url: str, link: str, follows: bool) -> None:
    page = f'<a href="{link}">2</a>'.encode()
    found = read_section(page, BASE + url, is_story).next_page
    assert found == ("http://news.example" + link if follows else None)


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda t: f"<rss><item>{t}".encode()))
def test_no_bytes_raise_anything_but_a_source_error(body: bytes) -> None:
    for read in (
        lambda: read_feed(body, BASE),
        lambda: read_sitemap(body, BASE),
        lambda: read_section(body, BASE, is_story),
        lambda: read_homepage(body, BASE),
        lambda: robots_sitemaps(body),
    ):
        with suppress(SourceError):
            read()


HOMEPAGE = """<html lang="th-TH"><head><title>ข่าวแม่น้ำ - หน้าแรก</title>
  <link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed/">
  <link rel="alternate" type="application/rss+xml" title="Tag" href="/tag/river/feed/">
  <link rel="alternate" type="application/atom+xml" href="https://feeds.feedburner.com/river">
  <link rel="alternate" type="application/rss+xml; charset=UTF-8" title=" แม่น้ำ " href="/feed/">
  <link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">
  <link rel="alternate" hreflang="en" href="/en/"><link rel="stylesheet" href="/s.css">
  </head><body><a href="/">Home</a><a href="/rss.xml">RSS</a>
  <a href="/news/">News</a><a href="/news/human-rights#top">Human rights</a>
  <a href="/%E0%B8%82%E0%B9%88%E0%B8%B2%E0%B8%A7">ข่าว</a><a href="/about-us">About us</a>
  <a href="/news/2026/11/ferry">Ferry</a><a href="/the-ferry-stays-in-port">The ferry stays</a>
  <a href="/news?page=2">More</a><a href="http://other.example/news">Other</a>
  <a href="mailto:x@y.example">Write</a><a href="http://[bad">?</a></body></html>"""


def test_a_homepage_names_its_feeds_the_likeliest_first() -> None:
    found = read_homepage(HOMEPAGE.encode(), BASE)
    assert (found.name, found.language) == ("ข่าวแม่น้ำ", "th-TH")
    assert found.feeds == (
        ("แม่น้ำ", BASE + "feed/"),
        ("", "https://feeds.feedburner.com/river"),
        ("Tag", BASE + "tag/river/feed/"),
    )


def test_a_homepage_names_its_sections() -> None:
    found = read_homepage(HOMEPAGE.encode(), BASE)
    assert found.sections == (
        BASE + "news/",
        BASE + "news/human-rights",
        BASE + "%E0%B8%82%E0%B9%88%E0%B8%B2%E0%B8%A7",
    )
    assert {BASE + "news/2026/11/ferry", BASE + "about-us"} < set(found.links)
    assert BASE not in found.links


@pytest.mark.parametrize(
    ("href", "is_feed"),
    [
        ("/feed", True),
        ("/feed/", True),
        ("/en/rss", True),
        ("/rss.xml", True),
        ("/atom.xml", True),
        ("/?feed=rss2", True),
        ("/section/asia.rss", True),
        ("http://feeds.feedburner.com/river", True),
        ("/comments/feed/", False),
        ("/feedback", False),
        ("/news/feed-prices-rise", False),
        ("/feeds.html", False),
    ],
)
def test_without_link_elements_links_that_look_like_feeds_count(href: str, is_feed: bool) -> None:
    found = read_homepage(f'<a href="{href}">News</a>'.encode(), BASE)
    assert bool(found.feeds) == is_feed


def test_a_homepage_may_name_itself_and_move_its_links() -> None:
    page = b"""<base href="/en/"><meta property="og:site_name" content="The River">
      <title>Home | River</title><link rel="alternate" type="application/rss+xml" href="rss">"""
    found = read_homepage(page, BASE)
    assert (found.name, found.feeds) == ("The River", (("", BASE + "en/rss"),))


def test_robots_txt_names_sitemaps() -> None:
    body = b"""\xef\xbb\xbfSitemap: http://news.example/1.xml\nUser-agent: *\nDisallow: /x
      SITEMAP:http://news.example/2.xml # two\nSitemap: /relative.xml\nSitemap:
      sitemap: http://news.example/1.xml\nSitemap: http://[bad"""
    assert robots_sitemaps(body) == ["http://news.example/1.xml", "http://news.example/2.xml"]


def test_a_listing_is_read_in_its_own_encoding() -> None:
    page = '<a href="/a/1">ส่งผู้ลี้ภัยกลับประเทศกลางดึก</a>'.encode("cp874")
    kind = "text/html; charset=windows-874"
    (entry,) = read_section(page, BASE, lambda _: True, kind).entries
    assert entry.title == "ส่งผู้ลี้ภัยกลับประเทศกลางดึก"
    assert read_homepage(page, BASE, kind).headlines == (BASE + "a/1",)
