"""Everything one site answers on one night, by path.

A page is as old as the newest change of what it lists, so that its validators
change with its content, as on a well-kept server. (The ETag exactly so; an edit
that a listing does not show makes the listing newer all the same.) Pages are
made when they are first asked for: of a long archive a night sees few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from monitor.newsroom import sources
from monitor.newsroom.addresses import (
    PER_PAGE,
    copy_path,
    listing_path,
    old_path,
    pages_of,
    plain_target,
    sections_of,
    story_path,
)
from monitor.newsroom.http import Answer, entity_tag
from monitor.newsroom.pages import Pages
from monitor.newsroom.sites import DAWN, Site, Story

_XML_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml"}

_PHOTO = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 90"><rect width="160" height="90"
fill="#cfd8dc"/><circle cx="120" cy="24" r="10" fill="#fff"/><path d="M0 90 50 40l35 35 25-20 50 35z"
fill="#90a4ae"/></svg>
"""


class Answers(Mapping[str, Answer]):
    """Answers by path, each made once, when it is first looked up."""

    def __init__(self, makers: Mapping[str, Callable[[], Answer]]) -> None:
        self._makers = makers
        self._made: dict[str, Answer] = {}

    def __getitem__(self, path: str) -> Answer:
        if path not in self._made:
            self._made[path] = self._makers[path]()
        return self._made[path]

    def __contains__(self, path: object) -> bool:
        return path in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


Makers = dict[str, Callable[[], Answer]]


@dataclass(frozen=True)
class Edition:
    """The answers of ``pages.site`` on one night; paths carry their query."""

    pages: Pages
    answers: Answers

    def answer(self, target: str) -> Answer:
        """What the site says to a request for ``target``; 404 for what it has not."""
        path = plain_target(target)
        if path in self.answers:
            return self.answers[path]
        if path + "/" in self.answers:
            return _redirect(self.pages, path + "/")
        return _page(self.pages, 404, self.pages.message("404", self.pages.word("not_found")))


def publish(site: Site, base: str, night: int) -> Edition:
    """The site's edition of ``night``."""
    pages = Pages(site, base)
    shown, withdrawn = site.on(night), site.withdrawn(night)
    makers = {
        **_stories(pages, shown),
        **_listings(pages, shown, withdrawn),
        **_sources(pages, shown, withdrawn),
        **_fixtures(pages),
    }
    for story in withdrawn:
        for path in filter(None, (story_path(site, story), copy_path(site, story))):
            makers[path] = partial(_in_place_of, pages, story)
    for story in site.every(night):
        if old := old_path(site, story):
            makers[plain_target(old)] = partial(_redirect, pages, story_path(site, story))
    return Edition(pages, Answers(makers))


def good_page(pages: Pages, body: bytes, newest: datetime) -> Answer:
    """A page with its validators, last changed at ``newest``."""
    site = pages.site
    headers = {"Content-Type": site.content_type, "Server": site.server}
    changed = None if site.rebuilt else newest
    return _validated(body, headers, changed, compress=site.compress)


def _stories(pages: Pages, shown: Sequence[Story]) -> Makers:
    site = pages.site

    def page(story: Story) -> Answer:
        return good_page(pages, pages.story(story), story.touched)

    def copy(story: Story) -> Answer:
        return good_page(pages, pages.copy(story), story.touched)

    makers: Makers = {}
    for story in shown:
        makers[story_path(site, story)] = partial(page, story)
        if path := copy_path(site, story):
            makers[path] = partial(copy, story)
    return makers


def _listings(pages: Pages, shown: Sequence[Story], withdrawn: Sequence[Story]) -> Makers:
    site = pages.site

    def home() -> Answer:
        newest = _newest([*shown, *withdrawn])
        return good_page(pages, pages.home(shown[:PER_PAGE]), newest)

    def listing(section: str, part: Sequence[Story], number: int, last: int) -> Answer:
        missing = (s for s in withdrawn if section in (site.latest, s.section))
        body = pages.listing(section, part, number, last)
        return good_page(pages, body, _newest([*part, *missing]))

    makers: Makers = {"/": home}
    for section, stories in sections_of(site, shown).items():
        parts = pages_of(stories)
        for number, part in enumerate(parts, 1):
            path = plain_target(listing_path(site, section, number))
            makers[path] = partial(listing, section, part, number, len(parts))
    return makers


def _sources(pages: Pages, shown: Sequence[Story], withdrawn: Sequence[Story]) -> Makers:
    site, base = pages.site, pages.base
    makers: Makers = {}
    for feed in site.feeds:
        rows = sources.rows_of(site, feed, base, shown)
        mime = _XML_TYPES.get(feed.kind, "application/xml")
        newest = sources.newest(rows)
        files: Mapping[str, tuple[bytes, datetime]]
        match feed.kind:
            case "rss":
                files = {feed.path: (sources.rss(site, feed, base, rows), newest)}
            case "atom":
                files = {feed.path: (sources.atom(site, feed, base, rows), newest)}
            case "news_sitemap":
                files = {feed.path: (sources.news_sitemap(site, rows), newest)}
            case "sitemap":
                listed = [(url, story.touched) for story, url in rows]
                files = {feed.path: (sources.sitemap(listed), newest)}
            case "sitemap_index_gz":
                files = sources.gzipped_sitemaps(site, feed, base, rows)
                mime = "application/gzip"
        headers = {"Content-Type": mime, "Server": site.server}
        for path, (body, touched) in files.items():
            changed = max(touched, _newest(withdrawn))
            makers[path] = partial(_validated, body, headers, changed)
    return makers


def _fixtures(pages: Pages) -> Makers:
    """What is the same on every night: robots.txt, about us, pictures."""
    text = {"Content-Type": "text/plain", "Server": pages.site.server}
    picture = {"Content-Type": "image/svg+xml", "Server": pages.site.server}
    start = min((story.published for story in pages.site.every(1)), default=DAWN)

    def about() -> Answer:
        page = pages.message(pages.word("about"), pages.word("about_text"))
        return good_page(pages, page, start)

    return {
        "/robots.txt": lambda: Answer(200, text, sources.robots(pages.site, pages.base)),
        "/static/photo.svg": lambda: Answer(200, picture, _PHOTO),
        "/favicon.ico": lambda: Answer(204, {"Server": pages.site.server}),
        "/about": about,
    }


def _in_place_of(pages: Pages, story: Story) -> Answer:
    """What the address of a withdrawn story answers."""
    status = story.withdrawn or 410
    if status == 302:
        return _redirect(pages, "/", status)
    if status == 200:
        return _page(pages, 200, pages.message(pages.word("not_found"), pages.word("withdrawn")))
    return _page(pages, status, pages.message(str(status), pages.word("withdrawn")))


def _validated(
    body: bytes, headers: Mapping[str, str], newest: datetime | None, *, compress: bool = False
) -> Answer:
    return Answer(200, headers, body, entity_tag(body), newest, compress)


def _newest(stories: Iterable[Story]) -> datetime:
    return max((story.touched for story in stories), default=DAWN)


def _page(pages: Pages, status: int, body: bytes) -> Answer:
    headers = {"Content-Type": pages.site.content_type, "Server": pages.site.server}
    return Answer(status, headers, body)


def _redirect(pages: Pages, path: str, status: int = 301) -> Answer:
    return Answer(status, {"Location": pages.base + path, "Server": pages.site.server})
