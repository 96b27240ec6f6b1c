"""Read sources: a feed, a sitemap or a section page → the entries that it lists;
and what names sources: a homepage, robots.txt.

Pure functions of the bytes. What cannot be read raises :class:`SourceError`
with a short reason code and a sentence for the operator; what is merely
untidy (broken XML, a missing date) is read as far as it goes.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import feedparser
from lxml import etree, html
from protego import Protego

from monitor.extract.markup import decoded, parsed
from monitor.items import Entry
from monitor.text.scripts import SPACELESS
from monitor.urls import absolute_url, is_home_page, same_site

SITEMAP_MAX_BYTES = 50 * 1024 * 1024
"""Largest sitemap after decompression: the limit of the sitemaps.org protocol.
It also keeps a gzip bomb from filling the memory."""

SUMMARY_MAX_CHARS = 2_000
"""Some feeds carry whole articles as summaries; the article page has the text."""


class SourceError(ValueError):
    """A source that cannot be read. ``reason`` is a code, the text a sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What one sitemap file lists: articles, and for an index further sitemaps.

    ``children`` are (address, lastmod or None).
    """

    entries: tuple[Entry, ...]
    children: tuple[tuple[str, datetime | None], ...]


@dataclass(frozen=True, slots=True)
class Homepage:
    """What a front page says of its site.

    ``name`` is "" and ``language`` (BCP 47, as written) None when it does not
    say. ``feeds`` are (title, address), the likeliest first. Of ``links``, which
    stay on the site, ``sections`` look like listings, and the text of
    ``headlines`` reads like one.
    """

    name: str
    language: str | None
    feeds: tuple[tuple[str, str], ...]
    links: tuple[str, ...]
    sections: tuple[str, ...]
    headlines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """What one page of a listing shows: articles, and the next page if any."""

    entries: tuple[Entry, ...]
    next_page: str | None


def read_feed(body: bytes, url: str, content_type: str = "") -> tuple[Entry, ...]:
    """Entries of an RSS or Atom feed, in its order.

    Entries without an address are left out. Raises :class:`SourceError`
    (``not_a_feed``) when the body is something else, such as an error page.
    """
    feed = feedparser.parse(
        BytesIO(body), response_headers={"content-type": content_type, "content-location": url}
    )
    if not feed.get("version") and not feed.entries:
        raise SourceError("not_a_feed", f"{url} answered with something that is not a feed")
    return tuple(_feed_entries(feed.entries, url))


def _feed_entries(rows: list[dict[str, Any]], url: str) -> Iterator[Entry]:
    for row in rows:
        link = row.get("feedburner_origlink") or row.get("link")
        address = _absolute(url, link)
        if address is None:
            continue
        yield Entry(
            url=address,
            title=_plain(row.get("title")),
            summary=_plain(row.get("summary")),
            published_at=_utc(row.get("published_parsed")),
            # Not .get(): feedparser would answer with the published date.
            updated_at=_utc(dict.get(row, "updated_parsed")),
        )


def _absolute(base: str, link: str | None) -> str | None:
    """The address that a link leads to; None for one that is no address."""
    if not link or not link.strip():
        return None
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return None


def _plain(markup: str | None) -> str | None:
    if not markup or not markup.strip():
        return None
    if "<" in markup or "&" in markup:
        try:
            markup = str(html.fromstring(f"<div>{markup}</div>").text_content())
        except (etree.ParserError, ValueError):
            markup = re.sub(r"<[^>]*>", " ", markup)
    return " ".join(markup.split())[:SUMMARY_MAX_CHARS] or None


def _utc(parsed: Any) -> datetime | None:
    """feedparser's UTC tuple as a datetime; None when it is missing or impossible."""
    if not parsed:
        return None
    try:
        year, month, day, hour, minute, second = parsed[:6]
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (TypeError, ValueError):
        return None


def read_sitemap(body: bytes, url: str) -> Sitemap:
    """Entries and children of a sitemap, a news sitemap or a sitemap index.

    Gzip is recognised by its first bytes, not by the name. Raises
    :class:`SourceError` (``not_a_sitemap``, ``too_large``).
    """
    xml = _gunzip(body, url)
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None or etree.QName(root).localname not in ("urlset", "sitemapindex"):
        raise SourceError("not_a_sitemap", f"{url} answered with something that is not a sitemap")
    entries: list[Entry] = []
    children: list[tuple[str, datetime | None]] = []
    for node in root.iterchildren("{*}url", "{*}sitemap"):
        address = _absolute(url, node.findtext("{*}loc"))
        if address is None:
            continue
        changed = parse_date(node.findtext("{*}lastmod"))
        if etree.QName(node).localname == "sitemap":
            children.append((address, changed))
            continue
        entries.append(
            Entry(
                url=address,
                title=_plain(node.findtext("{*}news/{*}title")),
                published_at=parse_date(node.findtext("{*}news/{*}publication_date")),
                updated_at=changed,
            )
        )
    return Sitemap(tuple(entries), tuple(children))


def _gunzip(body: bytes, url: str) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        with gzip.open(BytesIO(body)) as stream:
            xml = stream.read(SITEMAP_MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError("not_a_sitemap", f"{url} is broken gzip: {error}") from error
    if len(xml) > SITEMAP_MAX_BYTES:
        raise SourceError("too_large", f"{url} unpacks to more than {SITEMAP_MAX_BYTES} bytes")
    return xml


def parse_date(text: str | None) -> datetime | None:
    """A W3C date or date and time (``2026-11-20``, ``…T08:30+07:00``); else None."""
    try:
        return datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None


def in_utc(moment: datetime) -> datetime:
    """``moment`` itself, or, without an offset, taken for UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_section(
    body: bytes, url: str, is_article: Callable[[str], bool], content_type: str = ""
) -> Section:
    """Article links of a listing page in their order, and its next page.

    The next page is the one that the page itself names (``rel=next``), or
    else a link to this listing with the following page number. Raises
    :class:`SourceError` (``no_page``) when the body holds no HTML.
    """
    tree = _html(body, url, content_type)
    entries: dict[str, Entry] = {}
    links: list[str] = []
    next_page = None
    for link in tree.iter("a", "link"):
        href = (link.get("href") or "").strip()
        try:
            address = urljoin(url, href).partition("#")[0]
            parts = urlsplit(address)
        except ValueError:
            continue
        if not href or parts.scheme not in ("http", "https"):
            continue
        if "next" in (link.get("rel") or "").lower().split():
            next_page = next_page or address
        elif link.tag == "a":
            links.append(address)
            if is_article(address):
                title = " ".join(str(link.text_content()).split())
                known = entries.get(address)
                if known is None or (title and not known.title):
                    entries[address] = Entry(address, title=title or None)
    return Section(tuple(entries.values()), next_page or _following(url, links))


_PAGE_NUMBER = re.compile(r"(?<=[?&]page=)\d+|(?<=/page/)\d+|(?<=[?&]paged=)\d+")


def _following(url: str, links: list[str]) -> str | None:
    """The link that differs from ``url`` by the next page number, if there is one."""
    number = _PAGE_NUMBER.search(url)
    wanted = str(int(number.group()) + 1) if number else "2"
    listing = _PAGE_NUMBER.sub("", url).rstrip("?&=/").removesuffix("page").rstrip("?&/")
    for address in links:
        found = _PAGE_NUMBER.search(address)
        if found and found.group() == wanted:
            other = _PAGE_NUMBER.sub("", address).rstrip("?&=/").removesuffix("page")
            if other.rstrip("?&/").removesuffix("paged").rstrip("?&/") == listing:
                return address
    return None


def read_homepage(body: bytes, url: str, content_type: str = "") -> Homepage:
    """Feeds and sections that a front page names. Raises :class:`SourceError`
    (``no_page``) when the body holds no HTML.

    Feeds are those of its ``<link rel=alternate>``; without any, links that
    look like feeds. First come the site's own, then those on other hosts, last
    those of one tag or author; feeds of comments are left out.
    """
    tree = _html(body, url, content_type)
    base = absolute_url(url, tree.xpath("string(//base/@href)")) or url
    links: dict[str, str] = {}
    for link in tree.iter("a"):
        if address := absolute_url(base, (link.get("href") or "").partition("#")[0]):
            title = " ".join(str(link.text_content()).split())
            links[address] = links.get(address) or title
    own = [address for address in links if same_site(address, url) and not is_home_page(address)]
    return Homepage(
        name=_site_name(tree),
        language=tree.xpath("string(/html/@lang)").strip() or None,
        feeds=_feeds(tree, base, links),
        links=tuple(own),
        sections=tuple(address for address in own if _is_section(address, links[address])),
        headlines=tuple(address for address in own if _is_headline(links[address])),
    )


# JSON Feed has a type too, but feedparser does not read it.
_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml"})
_FEED_LINK = re.compile(
    r"https?://(?:feeds\d?\.feedburner\.com/.+"
    r"|[^?#]*/(?:feeds?|rss|atom|rss2|(?:rss|feed|atom|index)\.xml|[\w-]+\.rss)/?(?:\?.*)?$"
    r"|.*[?&]feed=(?:rss2?|atom)\b)",
    re.IGNORECASE,
)
_COMMENT_FEED = re.compile(r"\bcomments?\b", re.IGNORECASE)
_PARTIAL_FEED = re.compile(r"[/?&](?:tags?|author|topics?|search|s)[/=]", re.IGNORECASE)


def _feeds(tree: html.HtmlElement, base: str, links: dict[str, str]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for link in tree.iter("link"):
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        if kind in _FEED_TYPES and "alternate" in (link.get("rel") or "").lower().split():
            address = absolute_url(base, link.get("href") or "")
            if address and address != base:
                found.setdefault(address, " ".join((link.get("title") or "").split()))
    if not found:
        found = {address: title for address, title in links.items() if _FEED_LINK.match(address)}

    def rank(address: str) -> tuple[bool, bool]:
        return _PARTIAL_FEED.search(address) is not None, not same_site(address, base)

    kept = (address for address in found if not _COMMENT_FEED.search(address))
    return tuple((found[address], address) for address in sorted(kept, key=rank))


_NO_LISTING = re.compile(
    r"(?:about|contact|privacy|terms|cookie|legal|log-?in|sign-?(?:in|up)|account|register|"
    r"subscri|newsletter|donat|support|advert|career|jobs?$|search|author|tags?$|feeds?$|rss|"
    r"wp-|cart|shop|help|faq|sitemap|apps?$|podcast|video|photo|galler)",
    re.IGNORECASE,
)
_SECTION_MAX_DEPTH = 3
_SECTION_MAX_WORDS = 3
"""Words in the last part of a section's address (``human-rights-news``); a story's has more."""
_SECTION_NAME_MAX = 40


def _is_section(address: str, title: str) -> bool:
    """Whether a link looks like a listing of one subject: a short name, few words
    and no numbers in its address."""
    parts = urlsplit(address)
    names = [unquote(name) for name in parts.path.strip("/").split("/")]
    return (
        0 < len(title) <= _SECTION_NAME_MAX
        and not parts.query
        and len(names) <= _SECTION_MAX_DEPTH
        and not re.search(r"\d\d|\.", "/".join(names))
        and len(re.split(r"[-_ ]", names[-1])) <= _SECTION_MAX_WORDS
        and not any(map(_NO_LISTING.match, names))
    )


def _site_name(tree: html.HtmlElement) -> str:
    """``og:site_name``, or the page's title up to its first dash or bar."""
    named = tree.xpath("string(//meta[@property='og:site_name']/@content)")
    title = re.split(r"\s+[-–—|:•]\s+|\s*[|]\s*", tree.xpath("string(//title)").strip())[0]
    return " ".join((named or title).split())


_HEADLINE = 30
_HEADLINE_SPACELESS = 15
"""Least characters of a link's text that is a headline rather than the name of a section."""
_SPACELESS = re.compile(f"[{SPACELESS}]")


def _is_headline(title: str) -> bool:
    return len(title) >= (_HEADLINE_SPACELESS if _SPACELESS.search(title) else _HEADLINE)


def robots_sitemaps(body: bytes) -> list[str]:
    """The addresses in the ``Sitemap`` lines of a robots.txt, in its order."""
    named = Protego.parse(body.decode("utf-8-sig", errors="replace")).sitemaps
    return [url for url in dict.fromkeys(named) if absolute_url(url, "")]


def _html(body: bytes, url: str, content_type: str) -> html.HtmlElement:
    """The page's tree, decoded as an article's page is. Raises :class:`SourceError` (``no_page``)."""
    tree = parsed(decoded(body, content_type))
    if tree is None:
        raise SourceError("no_page", f"{url} holds no HTML")
    return tree
