"""Read sites from their folders.

``sites/<slug>/site.toml`` is the manner of a site, ``articles.toml`` beside it
its stories. Both become the values of ``sites``, or a :class:`SiteError` that
names file, field and expectation.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, get_args

from monitor.newsroom.errors import NewsroomError
from monitor.newsroom.sites import (
    CopyKind,
    Dates,
    Feed,
    FeedKind,
    Metadata,
    Site,
    Story,
    Wild,
    WildKind,
)

BUNDLED = Path(__file__).parent / "sites"

T = TypeVar("T")


class SiteError(NewsroomError):
    """A site's file that cannot be used: names file, field and expectation."""


def load_sites(directory: Path | None = None) -> dict[str, Site]:
    """All sites of a folder (the bundled ones by default) by slug.

    A folder counts when it holds both files. Raises :class:`SiteError` for the
    first that cannot be used, or when there is none.
    """
    folder = directory or BUNDLED
    paths = sorted(
        p.parent for p in folder.glob("*/site.toml") if (p.parent / "articles.toml").exists()
    )
    if not paths:
        raise SiteError(f"{folder}: expected folders with site.toml and articles.toml, found none")
    return {path.name: load_site(path) for path in paths}


def load_site(folder: Path) -> Site:
    """One site out of its folder. Raises :class:`SiteError`."""
    manner = _Reader(folder / "site.toml", _toml(folder / "site.toml"))
    articles = folder / "articles.toml"
    rows = _toml(articles).get("article", [])
    first, second = [], {}
    for number, row in enumerate(rows, 1):
        reader = _Reader(articles, row, f"article {number} ({row.get('slug', '?')}): ")
        story = reader.story(number)
        first.append(story)
        if night2 := row.get("night2"):
            second[story.slug] = reader.changed(story, night2)
    if len({story.slug for story in first}) < len(first):
        raise SiteError(f"{articles}: slug: expected a different one for each article")
    return manner.site(folder.name, tuple(first), second)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SiteError(f"{path}: not readable as TOML: {error}") from error


@dataclass(frozen=True)
class _Reader:
    """Takes fields out of one table and complains in terms of its file."""

    path: Path
    data: Mapping[str, Any]
    where: str = ""

    def get(self, name: str, kind: type[T], default: T | None = None) -> T:
        value = self.data.get(name, default)
        if not isinstance(value, kind):
            raise SiteError(
                f"{self.path}: {self.where}{name}: expected {kind.__name__}, got {value!r}"
            )
        return value

    def choice(self, name: str, allowed: Any, default: str | None = None) -> Any:
        value = self.get(name, str, default)
        if value not in get_args(allowed):
            known = ", ".join(get_args(allowed))
            raise SiteError(f"{self.path}: {self.where}{name}: expected one of {known}")
        return value

    def time(self, name: str) -> datetime:
        value = self.get(name, datetime)
        if value.tzinfo is None:
            raise SiteError(
                f"{self.path}: {self.where}{name}: expected a time with its offset from UTC"
            )
        return value

    def words(self, name: str, default: list[str] | None = None) -> tuple[str, ...]:
        return tuple(str(word) for word in self.get(name, list, default or []))

    def rows(self, name: str) -> list[_Reader]:
        rows = self.get(name, list, [])
        return [_Reader(self.path, row, f"{name} {n}: ") for n, row in enumerate(rows, 1)]

    def story(self, number: int) -> Story:
        return Story(
            slug=self.get("slug", str),
            section=self.get("section", str, "news"),
            published=self.time("published"),
            title=self.get("title", str),
            text=self.get("text", str, ""),
            number=number,
            byline=self.words("byline"),
            label=self.get("label", str, "none"),
            category=self.get("category", str, ""),
            sending=self.words("sending"),
            receiving=self.words("receiving"),
            night=self.get("night", int, 1),
        )

    def changed(self, story: Story, night2: Mapping[str, Any]) -> Story:
        change = _Reader(self.path, night2, f"{self.where}night2: ")
        if unknown := sorted(set(night2) - {"withdrawn", "title", "byline", "text", "updated"}):
            raise SiteError(f"{self.path}: {change.where}{unknown[0]}: expected a known field")
        if "withdrawn" in night2:
            when = change.time("updated") if "updated" in night2 else story.updated
            return replace(story, withdrawn=change.get("withdrawn", int), updated=when)
        return replace(
            story,
            title=change.get("title", str, story.title),
            byline=change.words("byline", list(story.byline)),
            text=change.get("text", str, story.text),
            updated=change.time("updated"),
        )

    def wild(self, number: int) -> Wild:
        path = self.get("path", str)
        story = replace(
            _Reader(self.path, {"slug": path.rsplit("/", 1)[-1], **self.data}, self.where).story(0),
            number=9000 + number,
        )
        return Wild(
            kind=self.choice("kind", WildKind),
            path=path,
            expect=self.get("expect", str),
            story=story,
            status=self.get("status", int, 200),
            retry_after=self.get("retry_after", int, 2),
        )

    def feed(self) -> Feed:
        return Feed(
            kind=self.choice("kind", FeedKind),
            path=self.get("path", str),
            limit=self.get("limit", int, 20),
            tracking=self.get("tracking", str, ""),
            old_addresses=self.get("old_addresses", bool, False),
        )

    def spoken_dates(self) -> Dates:
        dates = _Reader(self.path, self.get("dates", dict, {}), "dates: ")
        plain = Dates()
        return Dates(
            pattern=dates.get("pattern", str, plain.pattern),
            months=dates.words("months", list(plain.months)),
            weekdays=dates.words("weekdays", list(plain.weekdays)),
            era=dates.get("era", int, 0),
            digits=dates.get("digits", str, plain.digits),
        )

    def site(self, slug: str, stories: tuple[Story, ...], second: Mapping[str, Story]) -> Site:
        delay = self.get("crawl_delay", int, 0)
        return Site(
            slug=slug,
            name=self.get("name", str),
            host=self.get("host", int),
            language=self.get("language", str),
            country=self.get("country", str),
            article=self.get("article", str),
            article_url=self.get("article_url", str),
            listing=self.get("listing", str),
            listing_page=self.get("listing_page", str),
            latest=self.get("latest", str),
            stories=stories,
            kind=self.get("kind", str, "news"),
            template=self.get("template", str, f"{slug}.html"),
            encoding=self.get("encoding", str, "utf-8"),
            content_type=self.get("content_type", str, "text/html; charset=UTF-8"),
            server=self.get("server", str, "nginx"),
            compress=self.get("compress", bool, False),
            metadata=self.choice("metadata", Metadata, "meta"),
            old=self.get("old", str, ""),
            copy=self.get("copy", str, ""),
            copy_kind=self.choice("copy_kind", CopyKind, "amp"),
            disallow=self.words("disallow"),
            crawl_delay=delay or None,
            notes=self.get("notes", str, "").strip(),
            feeds=tuple(row.feed() for row in self.rows("feeds")),
            sources=tuple((r.get("kind", str), r.get("path", str)) for r in self.rows("sources")),
            dates=self.spoken_dates(),
            sections=self.get("sections", dict, {}),
            words=self.get("words", dict, {}),
            wild=tuple(row.wild(n) for n, row in enumerate(self.rows("wild"), 1)),
            second_night=second,
        )
