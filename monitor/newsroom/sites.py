"""What the newsroom publishes: sites, their stories, and their state on a night.

A story of the demo may change on the second night: be edited, be withdrawn, or
appear only then. Read from TOML by ``manners``; ``seasons`` generates sites for
any number of nights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from monitor.newsroom.troubles import Trouble, under

Metadata = Literal["json-ld", "json-ld-graph", "meta", "none"]
FeedKind = Literal["rss", "atom", "news_sitemap", "sitemap", "sitemap_index_gz"]
CopyKind = Literal["amp", "print"]
WildKind = Literal[
    "status",
    "throttled",
    "unavailable_once",
    "challenge_header",
    "challenge_page",
    "empty",
    "huge",
    "broken_markup",
    "truncated",
    "pdf",
    "deep",
    "redirect_loop",
    "charset_header",
    "charset_meta",
]


DAWN = datetime(2026, 1, 1, tzinfo=UTC)
"""Before all stories: the date of pages that list none."""


@dataclass(frozen=True, slots=True)
class Story:
    """One story as it stands on one night.

    ``number`` is its place in the file (from 1): the id in addresses that have
    one. ``withdrawn`` is the status with which its address answers when it is
    gone: an error, 200 (a page that only says so) or 302 (to the home page).
    ``label``, ``category``, ``sending`` and ``receiving`` are the writer's
    judgement, for tests; no page shows them.
    """

    slug: str
    section: str
    published: datetime
    title: str
    text: str
    number: int
    byline: tuple[str, ...] = ()
    label: str = "none"
    category: str = ""
    sending: tuple[str, ...] = ()
    receiving: tuple[str, ...] = ()
    night: int = 1
    updated: datetime | None = None
    withdrawn: int | None = None

    @property
    def touched(self) -> datetime:
        """When it last changed."""
        return self.updated or self.published

    @property
    def paragraphs(self) -> tuple[str, ...]:
        return tuple(" ".join(p.split("\n")).strip() for p in self.text.split("\n\n") if p.strip())

    @property
    def summary(self) -> str:
        """The start of the story as a feed shows it: at most 200 characters."""
        first = self.paragraphs[0] if self.paragraphs else ""
        return first if len(first) <= 200 else first[:199].rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Wild:
    """A faulty page that the site's feed lists beside its good stories.

    ``expect`` is the end that a crawl should come to: ``article`` or a reason
    code of the quarantine. ``status`` is for kind ``status``;
    ``retry_after`` (seconds) for ``throttled``. ``story`` is what the feed
    says of it, and what the page holds where it holds an article.
    """

    kind: WildKind
    path: str
    expect: str
    story: Story
    status: int = 200
    retry_after: int = 2


@dataclass(frozen=True, slots=True)
class Feed:
    """A machine-readable listing. ``tracking`` is added to each link's query;
    with ``old_addresses`` every second link is the one from before the move."""

    kind: FeedKind
    path: str
    limit: int = 20
    tracking: str = ""
    old_addresses: bool = False


@dataclass(frozen=True, slots=True)
class Dates:
    """How the site writes a date for its readers: ``pattern`` takes day, month,
    year, hour, minute and weekday; ``era`` is added to the year (543: Buddhist
    era); ``digits`` are the ten digits of the script."""

    pattern: str = "{day} {month} {year}"
    months: tuple[str, ...] = tuple(str(n) for n in range(1, 13))
    weekdays: tuple[str, ...] = ("",) * 7
    era: int = 0
    digits: str = "0123456789"


@dataclass(frozen=True, slots=True)
class Site:
    """One news site: its manner (``site.toml``) and its stories.

    ``host`` is the last number of its loopback address. ``article``, ``old``
    and ``copy`` are address patterns over slug, section, number, year, month
    and day (``old`` redirects to ``article``; ``copy`` is the AMP or print
    duplicate). ``listing`` and ``listing_page`` are the patterns of section
    pages, ``latest`` the section that lists everything. ``second_night`` has the
    stories, by slug, that read otherwise or are withdrawn by then. A
    ``rebuilt`` site no longer knows when a page changed: only ETags are left.
    """

    slug: str
    name: str
    host: int
    language: str
    country: str
    article: str
    article_url: str
    listing: str
    listing_page: str
    latest: str
    stories: tuple[Story, ...] = ()
    kind: str = "news"
    template: str = ""
    encoding: str = "utf-8"
    content_type: str = "text/html; charset=UTF-8"
    server: str = "nginx"
    compress: bool = False
    metadata: Metadata = "meta"
    old: str = ""
    copy: str = ""
    copy_kind: CopyKind = "amp"
    disallow: tuple[str, ...] = ()
    crawl_delay: int | None = None
    notes: str = ""
    feeds: tuple[Feed, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    dates: Dates = Dates()
    sections: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    wild: tuple[Wild, ...] = ()
    second_night: Mapping[str, Story] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()
    rebuilt: bool = False

    def on(self, night: int) -> tuple[Story, ...]:
        """The stories that readers find on that night, newest first."""
        told = (s for s in self.every(night) if s.withdrawn is None)
        return tuple(sorted(told, key=lambda s: s.published, reverse=True))

    def withdrawn(self, night: int) -> tuple[Story, ...]:
        """The stories that were taken down by that night."""
        return tuple(s for s in self.every(night) if s.withdrawn is not None)

    def every(self, night: int) -> tuple[Story, ...]:
        """All stories published by that night in file order, withdrawn ones too."""
        return under(self.troubles, self.written(night), night)

    def written(self, night: int) -> Sequence[Story]:
        """The same as if the site had no troubles."""
        changed = self.second_night if night >= 2 else {}
        return [changed.get(s.slug, s) for s in self.stories if s.night <= night]

    def is_forbidden(self, path: str) -> bool:
        """Whether the site's robots.txt forbids ``path``."""
        return any(path.startswith(prefix) for prefix in self.disallow)
