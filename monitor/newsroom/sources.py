"""What a site tells machines: RSS, Atom, sitemaps and robots.txt. Pure."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from monitor.newsroom.addresses import PER_PAGE, feed_path, listing_path
from monitor.newsroom.sites import DAWN, Feed, Site, Story

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'

Row = tuple[Story, str]
"""A story and the address under which a source lists it."""


def rows_of(site: Site, feed: Feed, base: str, stories: Sequence[Story]) -> list[Row]:
    """The newest stories, and the wild pages, with their addresses, newest first."""
    rows = [(story, base + feed_path(site, feed, story)) for story in stories]
    rows += [(wild.story, base + wild.path) for wild in site.wild]
    return sorted(rows, key=lambda row: row[0].published, reverse=True)[: feed.limit]


def rss(site: Site, feed: Feed, base: str, rows: Sequence[Row]) -> bytes:
    items = "".join(
        "<item>"
        f"<title>{escape(story.title)}</title><link>{escape(url)}</link>"
        f'<guid isPermaLink="false">{site.slug}-{story.number}</guid>'
        f"<pubDate>{format_datetime(story.published)}</pubDate>"
        + (f"<atom:updated>{story.updated.isoformat()}</atom:updated>" if story.updated else "")
        + "".join(f"<dc:creator>{escape(name)}</dc:creator>" for name in story.byline)
        + f"<description>{escape(story.summary)}</description></item>\n"
        for story, url in rows
    )
    return (
        f'{_XML}<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"'
        f' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>{escape(site.name)}</title>'
        f'<link>{base}/</link><atom:link href="{base}{escape(feed.path)}" rel="self"'
        f' type="application/rss+xml"/><description>{escape(site.name)}</description>'
        f"<language>{site.language}</language>"
        f"<lastBuildDate>{format_datetime(newest(rows))}</lastBuildDate>\n{items}</channel></rss>\n"
    ).encode()


def atom(site: Site, feed: Feed, base: str, rows: Sequence[Row]) -> bytes:
    entries = "".join(
        f"<entry><title>{escape(story.title)}</title>"
        f'<link rel="alternate" type="text/html" href="{escape(url, {chr(34): "&quot;"})}"/>'
        f"<id>tag:{site.slug}.example,2026:{story.number}</id>"
        f"<published>{story.published.isoformat()}</published>"
        f"<updated>{story.touched.isoformat()}</updated>"
        + "".join(f"<author><name>{escape(name)}</name></author>" for name in story.byline)
        + f"<summary>{escape(story.summary)}</summary></entry>\n"
        for story, url in rows
    )
    return (
        f'{_XML}<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{site.language}">'
        f"<title>{escape(site.name)}</title><id>tag:{site.slug}.example,2026:feed</id>"
        f'<link href="{base}/"/><link rel="self" href="{base}{escape(feed.path)}"/>'
        f"<updated>{newest(rows).isoformat()}</updated>\n{entries}</feed>\n"
    ).encode()


def news_sitemap(site: Site, rows: Sequence[Row]) -> bytes:
    urls = "".join(
        f"<url><loc>{escape(url)}</loc><lastmod>{story.touched.isoformat()}</lastmod><news:news>"
        f"<news:publication><news:name>{escape(site.name)}</news:name>"
        f"<news:language>{site.language}</news:language></news:publication>"
        f"<news:publication_date>{story.published.isoformat()}</news:publication_date>"
        f"<news:title>{escape(story.title)}</news:title></news:news></url>\n"
        for story, url in rows
    )
    news = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    return f"{_XML}<urlset {_SITEMAP} {news}>\n{urls}</urlset>\n".encode()


def sitemap(rows: Sequence[tuple[str, datetime | None]]) -> bytes:
    """A plain sitemap of addresses with the time of their last change, where known."""
    return f"{_XML}<urlset {_SITEMAP}>\n{_locations('url', rows)}</urlset>\n".encode()


def sitemap_index(rows: Sequence[tuple[str, datetime | None]]) -> bytes:
    return (
        f"{_XML}<sitemapindex {_SITEMAP}>\n{_locations('sitemap', rows)}</sitemapindex>\n".encode()
    )


def _locations(tag: str, rows: Sequence[tuple[str, datetime | None]]) -> str:
    return "".join(
        f"<{tag}><loc>{escape(url)}</loc>"
        + (f"<lastmod>{when.isoformat()}</lastmod>" if when else "")
        + f"</{tag}>\n"
        for url, when in rows
    )


def gzipped_sitemaps(
    site: Site, feed: Feed, base: str, rows: Sequence[Row]
) -> Mapping[str, tuple[bytes, datetime]]:
    """Path to file and the time of its last change: an index, gzipped, over gzipped
    sitemaps of a few stories each (oldest first, so that old files never change)
    and one of other pages."""
    folder = feed.path.rsplit("/", 1)[0]
    oldest_first = sorted(rows, key=lambda row: row[0].number)
    files: dict[str, tuple[bytes, datetime]] = {}
    index: list[tuple[str, datetime | None]] = []
    for number, start in enumerate(range(0, len(oldest_first), PER_PAGE), 1):
        part = oldest_first[start : start + PER_PAGE]
        path = f"{folder}/sitemap-posts-{number}.xml.gz"
        files[path] = sitemap([(url, story.touched) for story, url in part]), newest(part)
        index.append((base + path, newest(part)))
    pages = f"{folder}/sitemap-pages.xml.gz"
    locations = [(base + path, None) for path in ("/", "/about", listing_path(site, site.latest))]
    files[pages] = sitemap(locations), DAWN
    index.append((base + pages, None))
    files[feed.path] = sitemap_index(index), newest(rows)
    return {path: (gzip.compress(body, mtime=0), when) for path, (body, when) in files.items()}


def robots(site: Site, base: str) -> bytes:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in site.disallow or ("",))]
    if site.crawl_delay:
        lines.append(f"Crawl-delay: {site.crawl_delay}")
    lines += [f"Sitemap: {base}{feed.path}" for feed in site.feeds if "sitemap" in feed.kind]
    return "\n".join([*lines, ""]).encode()


def newest(rows: Sequence[Row]) -> datetime:
    """The last change among the rows."""
    return max((story.touched for story, _ in rows), default=DAWN)
