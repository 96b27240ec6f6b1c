"""Everything one site answers on one night, by path.

An edition knows the one before it: what reads the same bytes keeps its
Last-Modified, what changed gets a later one. So validators change only with
the content, as on a well-kept server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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
from monitor.newsroom.sites import Site, Story

_XML_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml"}

_PHOTO = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 90"><rect width="160" height="90"
fill="#cfd8dc"/><circle cx="120" cy="24" r="10" fill="#fff"/><path d="M0 90 50 40l35 35 25-20 50 35z"
fill="#90a4ae"/></svg>
"""


@dataclass(frozen=True)
class Edition:
    """The answers of ``pages.site`` on one night; paths carry their query."""

    pages: Pages
    answers: Mapping[str, Answer]

    def answer(self, target: str) -> Answer:
        """What the site says to a request for ``target``; 404 for what it has not."""
        path = plain_target(target)
        found = self.answers.get(path)
        if found is None and path + "/" in self.answers:
            return _redirect(self.pages, path + "/")
        return found or _page(
            self.pages, 404, self.pages.message("404", self.pages.word("not_found"))
        )


def publish(site: Site, base: str, night: int, before: Edition | None = None) -> Edition:
    """The site's edition of ``night``; ``before`` is that of the night before."""
    pages = Pages(site, base)
    shown = site.on(night)
    answers = {
        **_stories(pages, shown, before),
        **_listings(pages, shown, before),
        **_sources(pages, shown, before),
        **_fixtures(pages, before),
    }
    for story in site.withdrawn(night):
        gone = pages.message(str(story.withdrawn), pages.word("withdrawn"))
        for path in filter(None, (story_path(site, story), copy_path(site, story))):
            answers[path] = _page(pages, story.withdrawn or 410, gone)
    for story in site.every(night):
        if old := old_path(site, story):
            answers[plain_target(old)] = _redirect(pages, story_path(site, story))
    return Edition(pages, answers)


def good_page(pages: Pages, body: bytes, newest: datetime, before: Answer | None = None) -> Answer:
    """A page with its validators. ``before`` is what the same path said last night."""
    headers = {"Content-Type": pages.site.content_type, "Server": pages.site.server}
    return _validated(body, headers, newest, before, compress=pages.site.compress)


def _stories(pages: Pages, shown: Sequence[Story], before: Edition | None) -> dict[str, Answer]:
    site, answers = pages.site, {}
    for story in shown:
        path, copy = story_path(site, story), copy_path(site, story)
        answers[path] = good_page(pages, pages.story(story), story.touched, _old(before, path))
        if copy:
            answers[copy] = good_page(pages, pages.copy(story), story.touched, _old(before, copy))
    return answers


def _listings(pages: Pages, shown: Sequence[Story], before: Edition | None) -> dict[str, Answer]:
    site, answers = pages.site, {}
    home = pages.home(shown[:PER_PAGE])
    answers["/"] = good_page(pages, home, _newest(shown), _old(before, "/"))
    for section, stories in sections_of(site, shown).items():
        parts = pages_of(stories)
        for number, part in enumerate(parts, 1):
            path = listing_path(site, section, number)
            body = pages.listing(section, part, number, len(parts))
            answers[plain_target(path)] = good_page(pages, body, _newest(part), _old(before, path))
    return answers


def _sources(pages: Pages, shown: Sequence[Story], before: Edition | None) -> dict[str, Answer]:
    site, base, answers = pages.site, pages.base, {}
    for feed in site.feeds:
        rows = sources.rows_of(site, feed, base, shown)
        mime = _XML_TYPES.get(feed.kind, "application/xml")
        match feed.kind:
            case "rss":
                files = {feed.path: sources.rss(site, feed, base, rows)}
            case "atom":
                files = {feed.path: sources.atom(site, feed, base, rows)}
            case "news_sitemap":
                files = {feed.path: sources.news_sitemap(site, rows)}
            case "sitemap":
                listed = [(url, story.touched) for story, url in rows]
                files = {feed.path: sources.sitemap(listed)}
            case "sitemap_index_gz":
                files = dict(sources.gzipped_sitemaps(site, feed, base, rows))
                mime = "application/gzip"
        headers = {"Content-Type": mime, "Server": site.server}
        for path, body in files.items():
            answers[path] = _validated(body, headers, sources.newest(rows), _old(before, path))
    return answers


def _fixtures(pages: Pages, before: Edition | None) -> dict[str, Answer]:
    """What is the same on every night: robots.txt, about us, pictures."""
    text = {"Content-Type": "text/plain", "Server": pages.site.server}
    picture = {"Content-Type": "image/svg+xml", "Server": pages.site.server}
    start = min((story.published for story in pages.site.stories), default=None)
    answers = {"/robots.txt": Answer(200, text, sources.robots(pages.site, pages.base))}
    answers["/static/photo.svg"] = Answer(200, picture, _PHOTO)
    answers["/favicon.ico"] = Answer(204, {"Server": pages.site.server})
    if start:
        about = pages.message(pages.word("about"), pages.word("about_text"))
        answers["/about"] = good_page(pages, about, start, _old(before, "/about"))
    return answers


def _validated(
    body: bytes,
    headers: Mapping[str, str],
    newest: datetime,
    before: Answer | None,
    *,
    compress: bool = False,
) -> Answer:
    tag = entity_tag(body)
    if before and before.last_modified:
        changed = before.etag != tag
        # A withdrawal changes a listing without leaving a newer date in it.
        later = max(newest, before.last_modified + timedelta(hours=1))
        newest = later if changed else before.last_modified
    return Answer(200, headers, body, tag, newest, compress)


def _old(before: Edition | None, path: str) -> Answer | None:
    return before.answers.get(plain_target(path)) if before else None


def _newest(stories: Sequence[Story]) -> datetime:
    return max(story.touched for story in stories)


def _page(pages: Pages, status: int, body: bytes) -> Answer:
    headers = {"Content-Type": pages.site.content_type, "Server": pages.site.server}
    return Answer(status, headers, body)


def _redirect(pages: Pages, path: str) -> Answer:
    return Answer(301, {"Location": pages.base + path, "Server": pages.site.server})
