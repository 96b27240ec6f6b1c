"""What troubles do to single answers. Pure: (site, edition, night, request) → answer.

An answer that was tampered with has the ETag of what it says now and no
Last-Modified, since nothing in it is a date to trust.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, partial
from html import escape
from urllib.parse import parse_qs, urlsplit

from monitor.newsroom.addresses import listing_path, plain_target, story_path
from monitor.newsroom.edition import Edition, good_page
from monitor.newsroom.http import Answer, entity_tag
from monitor.newsroom.pages import TEMPLATES
from monitor.newsroom.sites import Site
from monitor.newsroom.troubles import FEEDS, Trouble, TroubleKind, evening, successor

HUGE_FEED = 100 * 1024 * 1024
"""Bytes of the huge feed, at least."""

RETRY_AFTER = 120
"""Seconds that a throttled client is to wait, unless the trouble says otherwise."""

HTML = {"Content-Type": "text/html; charset=UTF-8", "Server": "nginx"}


@dataclass(frozen=True)
class Scene:
    """Where an answer is given: ``site`` in good health, ``edition`` of the night."""

    site: Site
    edition: Edition
    night: int
    trouble: Trouble
    target: str

    @cached_property
    def path(self) -> str:
        """Path and query without tracking, as the edition knows it."""
        return plain_target(self.target)

    def is_robots(self) -> bool:
        return self.path == "/robots.txt"

    def is_page(self) -> bool:
        """Whether it is anything but robots.txt, which most servers refuse to nobody."""
        return not self.is_robots()

    def is_article(self) -> bool:
        patterns = (self.site.article_url, self.edition.pages.site.article_url)
        return any(re.match(pattern, self.target) for pattern in patterns)

    def is_feed(self) -> bool:
        return self.path in _feed_paths(self.edition.pages.site)

    def is_left_feed(self) -> bool:
        """Whether a feed was here before it moved."""
        return self.path in _feed_paths(self.site)

    def absolute(self, path: str) -> str:
        return self.edition.pages.base + path


Change = Callable[[Scene, Answer], Answer]


def _feed_paths(site: Site) -> list[str]:
    return [feed.path for feed in site.feeds if feed.kind in FEEDS]


def troubled_answer(site: Site, edition: Edition, night: int, target: str) -> Answer:
    """What the site answers to a request for ``target`` in that night's troubles."""
    answer = edition.answer(target)
    for trouble in site.troubles:
        change = _CHANGES.get(trouble.kind)
        if change and trouble.strikes(night):
            answer = change(Scene(site, edition, night, trouble, target), answer)
    return answer


def _tampered(answer: Answer, body: bytes | Callable[[], Iterator[bytes]]) -> Answer:
    tag = entity_tag(body) if isinstance(body, bytes) else None
    return replace(answer, body=body, etag=tag, last_modified=None)


def _instead(where: Callable[[Scene], bool], other: Callable[[Scene], Answer]) -> Change:
    """The other answer where ``where`` says so."""
    return lambda scene, answer: other(scene) if where(scene) else answer


# The server

_REFUSED = Answer(403, HTML, b"<h1>403 Forbidden</h1>\n")
_UNAVAILABLE = Answer(503, HTML, b"Backend fetch failed\n")
_CRASHED = Answer(500, HTML, b"Internal Server Error\n")


def _slow(scene: Scene, answer: Answer) -> Answer:
    return replace(answer, delay=scene.trouble.amount or 1.0)


def _challenge(status: int, template: str) -> Answer:
    headers = {**HTML, "Cache-Control": "no-store"}
    return Answer(status, headers, (TEMPLATES / template).read_bytes())


def _throttled(scene: Scene) -> Answer:
    wait = int(scene.trouble.amount or RETRY_AFTER)
    return Answer(429, {**HTML, "Retry-After": str(wait)}, b"Too many requests\n")


# Traps


def _calendar(with_stories: bool, scene: Scene, answer: Answer) -> Answer:
    """The first page of the listing, and a page for every day before it."""
    site = scene.edition.pages.site
    listing = listing_path(site, site.latest)
    parts = urlsplit(scene.path)
    days = parse_qs(parts.query).get("days_ago", ["0"])[0]
    if parts.path != urlsplit(listing).path or not days.isdigit():
        return answer
    joint = "&" if "?" in listing else "?"
    ago = int(days)
    shown = scene.site.on(scene.night)[:5] if with_stories or ago == 0 else ()
    heading = f"{evening(scene.night) - timedelta(days=min(ago, 500_000)):%Y-%m-%d}"
    body = scene.edition.pages.day(
        heading, shown, scene.path, f"{listing}{joint}days_ago={ago + 1}"
    )
    return good_page(scene.edition.pages, body, evening(scene.night))


def _redirected(where: Callable[[Scene], bool]) -> Change:
    """A redirect to the same address, one hop further."""

    def change(scene: Scene, answer: Answer) -> Answer:
        target, _, hop = scene.target.partition("?hop=")
        if not where(replace(scene, target=target)):
            return answer
        onward = f"{target}?hop={int(hop or 0) + 1}"
        return Answer(302, {**HTML, "Location": scene.absolute(onward)})

    return change


# Pages


def _counters(scene: Scene, answer: Answer) -> Answer:
    """Under each story's title how often it was shared, below it tonight's stories."""
    if answer.status != 200 or not scene.is_article() or not isinstance(answer.body, bytes):
        return answer
    pages = scene.edition.pages
    links = "".join(
        f'<li><a href="{escape(story_path(pages.site, story))}">{escape(story.title)}</a></li>'
        for story in pages.site.on(scene.night)[:3]
    )
    body = answer.body
    for end, added in (
        (b"</h1>", f'</h1><div class="share-count">{scene.night * 37} shares</div>'),
        (b"</main>", f'<aside class="most-read"><ul>{links}</ul></aside></main>'),
    ):
        body = body.replace(end, added.encode(pages.site.encoding, "xmlcharrefreplace"), 1)
    return _tampered(answer, body)


# Sitemaps


def _lastmod_now(scene: Scene, answer: Answer) -> Answer:
    body = answer.body
    if not isinstance(body, bytes):
        return answer
    packed = body.startswith(b"\x1f\x8b")
    xml = gzip.decompress(body) if packed else body
    if b"<loc>" not in xml:
        return answer
    now = f"<lastmod>{evening(scene.night).isoformat()}</lastmod>".encode()
    xml = re.sub(rb"<lastmod>[^<]*</lastmod>", now, xml)
    # Those who lie have a lastmod for everything.
    xml = re.sub(rb"</loc>(?!<lastmod>)", b"</loc>" + now, xml)
    return _tampered(answer, gzip.compress(xml, mtime=0) if packed else xml)


# Feeds


def _in_feeds(change: Callable[[bytes], bytes | Callable[[], Iterator[bytes]]]) -> Change:
    def changed(scene: Scene, answer: Answer) -> Answer:
        if not scene.is_feed() or not isinstance(answer.body, bytes):
            return answer
        return _tampered(answer, change(answer.body))

    return changed


_RSS_DATE = re.compile(rb"(?<=<pubDate>)[^<]*")
_ATOM_DATE = re.compile(rb"(?<=<published>)[^<]*|(?<=<updated>)[^<]*")
_ENTRY = re.compile(rb"<(item|entry)>.*?</\1>\s*", re.DOTALL)
_TITLE = re.compile(rb"(?<=<title>)([^<]*)(?=</title><link)")
_GUID = re.compile(rb"(?<=>)[^<]*(?=</guid>)|(?<=<id>)[^<]*(?=</id>)")


def _all_dated(rss: bytes, atom: bytes) -> Change:
    """Every date of a feed in its stead, as RSS and as Atom write it."""
    return _in_feeds(lambda xml: _RSS_DATE.sub(rss, _ATOM_DATE.sub(atom, xml)))


def _without_zone(xml: bytes) -> bytes:
    return re.sub(rb"(:\d\d:\d\d) ?[+-]\d\d:?\d\d(?=<)", rb"\1", xml)


def _same_guids(xml: bytes) -> bytes:
    return _ENTRY.sub(lambda entry: _GUID.sub(b"0", entry[0]), xml)


def _same_links(xml: bytes) -> bytes:
    return _ENTRY.sub(lambda entry: entry[0] + _GUID.sub(rb"\g<0>-again", entry[0]), xml)


def _double_escaped(xml: bytes) -> bytes:
    return _TITLE.sub(rb"&amp;quot;\1&amp;quot; &amp;amp;&amp;nbsp;more", xml)


def _undefined_entity(xml: bytes) -> bytes:
    return _TITLE.sub(rb"\1&nbsp;&ndash;&nbsp;more", xml)


def _bare_ampersand(xml: bytes) -> bytes:
    return _TITLE.sub(rb"\1 R&D & more", xml)


def _cut(xml: bytes) -> bytes:
    return xml[: len(xml) // 2]


def _endless(xml: bytes) -> Iterator[bytes]:
    """The feed, its oldest entry repeated until there are ``HUGE_FEED`` bytes."""
    entries = list(_ENTRY.finditer(xml))
    end = entries[-1].end() if entries else 0
    block = (entries[-1][0] if entries else b" ") * 256
    yield xml[:end]
    for _ in range(HUGE_FEED // len(block) + 1):
        yield block
    yield xml[end:]


def _database_error(scene: Scene) -> Answer:
    body = scene.edition.pages.message("Error", "Error establishing a database connection")
    return Answer(200, HTML, body)


def _moved(scene: Scene) -> Answer:
    return Answer(301, {**HTML, "Location": scene.absolute(successor(scene.path))})


_CHANGES: Mapping[TroubleKind, Change] = {
    "slow": _slow,
    "forbidden": _instead(Scene.is_page, lambda _: _REFUSED),
    "challenge_200": _instead(Scene.is_page, lambda _: _challenge(200, "_proof_of_work.html")),
    "challenge_403": _instead(Scene.is_page, lambda _: _challenge(403, "_interstitial.html")),
    "throttled": _instead(Scene.is_page, _throttled),
    "reset": lambda _, answer: replace(answer, reset=True),
    "unavailable": lambda *_: _UNAVAILABLE,
    "robots_500": _instead(Scene.is_robots, lambda _: _CRASHED),
    "calendar_empty": partial(_calendar, False),
    "calendar_same": partial(_calendar, True),
    "redirect_articles": _redirected(Scene.is_article),
    "redirect_feed": _redirected(Scene.is_feed),
    "counters": _counters,
    "lastmod_now": _lastmod_now,
    "dates_1970": _all_dated(b"Thu, 01 Jan 1970 00:00:00 +0000", b"1970-01-01T00:00:00+00:00"),
    "dates_2099": _all_dated(b"Thu, 31 Dec 2099 23:59:59 +0000", b"2099-12-31T23:59:59+00:00"),
    "dates_no_zone": _in_feeds(_without_zone),
    "dates_garbage": _all_dated(b"yesterday, around noon", b"2026-13-45"),
    "same_guids": _in_feeds(_same_guids),
    "same_links": _in_feeds(_same_links),
    "double_escaped": _in_feeds(_double_escaped),
    "undefined_entity": _in_feeds(_undefined_entity),
    "bare_ampersand": _in_feeds(_bare_ampersand),
    "cut_feed": _in_feeds(_cut),
    "huge_feed": _in_feeds(lambda xml: partial(_endless, xml)),
    "feed_403": _instead(Scene.is_feed, lambda _: _REFUSED),
    "feed_html": _instead(Scene.is_feed, _database_error),
    "feed_moved": _instead(Scene.is_left_feed, _moved),
}
"""The other kinds change what is published or how it is built (see ``troubles``)."""
