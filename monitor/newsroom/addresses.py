"""Where a site's pages are: paths of stories, copies and section pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from monitor.newsroom.sites import Feed, Site, Story

TRACKING = ("utm_", "fbclid", "gclid", "spm", "traffic_source")
"""Starts of query parameters that no site needs to find its page."""

PER_PAGE = 5
"""Stories on one section page: few, so that sections must be paged through."""


def story_path(site: Site, story: Story) -> str:
    return _fill(site.article, story)


def old_path(site: Site, story: Story) -> str | None:
    """The address from before the site moved, which redirects."""
    return _fill(site.old, story) if site.old else None


def copy_path(site: Site, story: Story) -> str | None:
    """The AMP or print duplicate."""
    return _fill(site.copy, story) if site.copy else None


def listing_path(site: Site, section: str, page: int = 1) -> str:
    pattern = site.listing if page == 1 else site.listing_page
    return pattern.format(section=section, page=page)


def feed_path(site: Site, feed: Feed, story: Story) -> str:
    """A story's address as a feed lists it: maybe the old one, maybe with tracking."""
    old = old_path(site, story) if feed.old_addresses and story.number % 2 else None
    path = old or story_path(site, story)
    if not feed.tracking:
        return path
    return path + ("&" if "?" in path else "?") + feed.tracking


def plain_target(target: str) -> str:
    """Path and query without tracking parameters, as the routes know it."""
    parts = urlsplit(target)
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not name.startswith(TRACKING)
    ]
    return parts.path + ("?" + urlencode(kept) if kept else "")


def pages_of(stories: Sequence[Story]) -> list[Sequence[Story]]:
    """The stories cut into section pages, at least one."""
    return [stories[i : i + PER_PAGE] for i in range(0, len(stories), PER_PAGE)] or [()]


def sections_of(site: Site, stories: Sequence[Story]) -> Mapping[str, list[Story]]:
    """Section slug to its stories; the section of everything comes first."""
    sections: dict[str, list[Story]] = {site.latest: list(stories)}
    for story in stories:
        sections.setdefault(story.section, []).append(story)
    return sections


def _fill(pattern: str, story: Story) -> str:
    when = story.published
    return pattern.format(
        slug=story.slug,
        section=story.section,
        number=f"{10_000 + story.number * 37}",
        year=when.year,
        month=f"{when.month:02}",
        day=f"{when.day:02}",
    )
