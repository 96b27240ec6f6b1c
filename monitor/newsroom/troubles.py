"""Troubles: how a site changes its behaviour from one night to another.

A :class:`Trouble` is data. What it does to the stories and to the manner of a
site is here, what it does to single answers in ``troubled_answers``. All of it
is pure: the same site, night and request give the same answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from monitor.newsroom.sites import Site, Story

TroubleKind = Literal[
    # What is published.
    "silent",  # nothing new
    "fewer",  # a share of the usual volume: amount, by default a half
    "edited",  # a story's last paragraph reads otherwise
    "gutted",  # less than half of a story is left
    "withdrawn_404",
    "withdrawn_410",
    "soft_404",  # "page not found", with status 200
    "sent_home",  # the story's address leads to the home page
    # How the pages are built.
    "new_addresses",  # articles move to addresses of another pattern; the old ones redirect
    "no_metadata",  # title and text are there, byline and date are not
    "script_shell",  # pages that are empty until a script fills them
    "counters",  # share counts and related stories that change every night
    # How the server answers.
    "slow",  # every answer takes seconds: amount
    "forbidden",  # 403 for all but robots.txt
    "challenge_200",  # a bot check in place of every page
    "challenge_403",
    "throttled",  # 429 for all but robots.txt; amount: Retry-After in seconds
    "reset",  # every connection is reset
    "unavailable",  # 503 for everything
    "robots_500",
    # Traps.
    "calendar_empty",  # the listing leads to the day before, for ever, without stories
    "calendar_same",  # likewise, with the same stories on every day
    "redirect_articles",  # every article redirects, for ever, to an address not yet seen
    "redirect_feed",
    # Sitemaps and feeds.
    "lastmod_now",  # everything in every sitemap was changed just now
    "dates_1970",
    "dates_2099",
    "dates_no_zone",
    "dates_garbage",
    "same_guids",  # all entries share one
    "same_links",  # every entry is there twice, with two GUIDs
    "double_escaped",  # titles with &amp;quot;
    "undefined_entity",  # titles with &nbsp;, which XML does not know
    "bare_ampersand",
    "cut_feed",  # it ends half way
    "huge_feed",  # HUGE_FEED bytes
    "feed_403",
    "feed_html",  # an error page with status 200
    "feed_moved",  # 301 to the new address
    "feed_gone",  # 404; the pages name the new address as rel=alternate
]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One trouble from night ``since`` to night ``until``, both included (None: for ever).

    ``amount`` is explained with the kind; 0 is the kind's usual one. ``story`` is the slug of the story
    that is edited, gutted or withdrawn: by default the first one published on
    the night before ``since``.
    """

    kind: TroubleKind
    since: int = 1
    until: int | None = None
    amount: float = 0.0
    story: str = ""

    def strikes(self, night: int) -> bool:
        return self.since <= night and (self.until is None or night <= self.until)

    def __str__(self) -> str:
        until = "" if self.until is None else f" until {self.until}"
        return f"{self.kind} from night {self.since}{until}"


def evening(night: int) -> datetime:
    """When the crawl of a night may begin: all of its stories are out. Night 1 is the
    first evening of the demo, Saturday 21 November 2026, 20:00 UTC."""
    return datetime(2026, 11, 20, 20, tzinfo=UTC) + timedelta(days=night)


# Stories

WITHDRAWN_AS = {"withdrawn_404": 404, "withdrawn_410": 410, "soft_404": 200, "sent_home": 302}
"""The status with which a withdrawn story's address answers."""

_STORY_CHANGES = ("edited", "gutted", *WITHDRAWN_AS)


def under(troubles: Iterable[Trouble], stories: Sequence[Story], night: int) -> tuple[Story, ...]:
    """The stories as they stand on that night. ``stories`` are those of a healthy site."""
    for trouble in troubles:
        if trouble.kind in ("silent", "fewer"):
            stories = _thinned(trouble, stories)
        elif trouble.kind in _STORY_CHANGES and trouble.strikes(night):
            slug = _chosen(trouble, stories)
            stories = [_changed(trouble, s) if s.slug == slug else s for s in stories]
    return tuple(stories)


def _thinned(trouble: Trouble, stories: Sequence[Story]) -> list[Story]:
    """Without what was not written on the nights of the trouble: the share rounds down."""
    share = 0.0 if trouble.kind == "silent" else trouble.amount or 0.5
    volume = Counter(story.night for story in stories)
    seen: Counter[int] = Counter()
    kept = []
    for story in stories:
        seen[story.night] += 1
        if not trouble.strikes(story.night) or seen[story.night] <= volume[story.night] * share:
            kept.append(story)
    return kept


def _chosen(trouble: Trouble, stories: Iterable[Story]) -> str:
    """The slug of the story that the trouble is about."""
    before = (story.slug for story in stories if story.night == trouble.since - 1)
    return trouble.story or next(before, "")


def _changed(trouble: Trouble, story: Story) -> Story:
    # An hour before the crawl, so that no validator from the night before is still good.
    story = replace(story, updated=evening(trouble.since) - timedelta(hours=1))
    if trouble.kind in WITHDRAWN_AS:
        return replace(story, withdrawn=WITHDRAWN_AS[trouble.kind])
    paragraphs = story.paragraphs
    if trouble.kind == "gutted":
        return replace(story, text="\n\n".join(paragraphs[: len(paragraphs) // 3]))
    return replace(story, text="\n\n".join([*paragraphs[:-1], paragraphs[0]]))


# The manner of a site

FEEDS = ("rss", "atom")
"""The kinds of sources that are feeds; the others are sitemaps."""


def restyled(site: Site, night: int) -> Site:
    """The site as it is built on that night."""
    begun = [t for t in site.troubles if t.kind in _REDESIGNS and t.since <= night]
    for trouble in begun:
        if trouble.strikes(night):
            site = _REDESIGNS[trouble.kind](site)
    return replace(site, rebuilt=True) if begun else site


def _new_addresses(site: Site) -> Site:
    return replace(
        site,
        article="/stories/{number}/{slug}.html",
        article_url=r"/stories/\d+/[^/?#]+\.html",
        old=site.article,
    )


def _no_metadata(site: Site) -> Site:
    return replace(site, template="_bare.html", metadata="none", copy="")


def _script_shell(site: Site) -> Site:
    return replace(site, template="_script_shell.html", metadata="none", copy="")


def _feeds_elsewhere(site: Site) -> Site:
    return replace(
        site,
        feeds=tuple(
            replace(feed, path=successor(feed.path)) if feed.kind in FEEDS else feed
            for feed in site.feeds
        ),
    )


def successor(path: str) -> str:
    """Where the feed at ``path`` is after it has moved."""
    return "/syndication" + path


_REDESIGNS: Mapping[str, Callable[[Site], Site]] = {
    "new_addresses": _new_addresses,
    "no_metadata": _no_metadata,
    "script_shell": _script_shell,
    "feed_moved": _feeds_elsewhere,
    "feed_gone": _feeds_elsewhere,
}
