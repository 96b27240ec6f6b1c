"""Do the sources of an outlet work? (``monitor outlets check``)

One request a source; one more to the homepage when none of them works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.crawl import host_delay, host_groups
from monitor.items import Entry, Page
from monitor.outlets import Outlet, Source
from monitor.settings import DOWNLOAD_DELAY
from monitor.sources import (
    SourceError,
    in_utc,
    read_feed,
    read_homepage,
    read_section,
    read_sitemap,
)
from monitor.spiders.failures import Missed
from monitor.store import utc_now
from monitor.urls import same_site
from monitor.visits import Errand, Visitor, visit

STALE_DAYS = 60
"""Age of the newest entry from which a source is said to be stale."""

EXAMPLES = 20
"""Articles of a source that robots.txt is read for; none of them is asked for."""

_PRINTED_WIDTH = 200
"""Columns of the table where there is no terminal."""


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """What came of one source. ``answer`` says it in words.

    ``listed`` are the addresses that it lists, ``matching`` those that match
    ``article_url``, ``newest`` the date of the newest of them; None where there
    is nothing to count. ``examples`` are articles' addresses.
    """

    kind: str
    url: str
    works: bool
    answer: str
    robots: str = ""
    moved_to: str | None = None
    listed: int | None = None
    matching: int | None = None
    newest: datetime | None = None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutletCheck:
    """What came of one outlet.

    ``article`` is an example, one that robots.txt allows where there is one, and
    ``article_robots`` what it says. ``instead`` is what the homepage names, asked
    for only when no source works; ``instead_note`` says it in words.
    """

    outlet: str
    sources: tuple[SourceCheck, ...]
    article: str | None = None
    article_robots: str | None = None
    instead: tuple[str, ...] = ()
    instead_note: str = ""

    @property
    def works(self) -> bool:
        """Whether a crawl gets articles: a source works and articles may be asked for."""
        sources_work = any(source.works for source in self.sources)
        return sources_work and self.article_robots not in ("forbidden", "unreachable")

    def as_dict(self) -> dict[str, Any]:
        """Plain values; dates in ISO 8601."""
        fields = asdict(self) | {"works": self.works}
        for source in fields["sources"]:
            source["newest"] = source["newest"].isoformat() if source["newest"] else None
        return fields


def check(outlets: Iterable[Outlet], done: Callable[[str], None]) -> tuple[list[OutletCheck], bool]:
    """Check the sources of ``outlets``, hosts side by side; ``done`` is called
    with a line for each. The results by outlet, and whether it came to its end."""
    results: list[OutletCheck] = []

    def errand(group: Sequence[Outlet]) -> Errand:
        async def check_group(visitor: Visitor) -> None:
            for outlet in group:
                if visitor.night.hosts.stopping.is_set():
                    return
                result = await check_outlet(visitor, outlet)
                results.append(result)
                done(f"{outlet.slug}: {'works' if result.works else 'does not work'}")

        return check_group

    finished = visit(
        (errand(group), host_delay(group, {}, DOWNLOAD_DELAY)) for group in host_groups(outlets)
    )
    return sorted(results, key=lambda result: result.outlet), finished


async def check_outlet(visitor: Visitor, outlet: Outlet) -> OutletCheck:
    sources = tuple([await _check_source(visitor, outlet, source) for source in outlet.sources])
    result = OutletCheck(outlet.slug, sources)
    if examples := next((source.examples for source in sources if source.examples), ()):
        article, robots = await _example(visitor, examples)
        result = replace(result, article=article, article_robots=robots)
    if any(source.works for source in sources):
        return result
    homepage = await visitor.get(outlet.homepage)
    if isinstance(homepage, Missed):
        return replace(result, instead_note=f"the homepage: {homepage.detail}")
    feeds = _named_feeds(homepage)
    note = f"the homepage names {', '.join(feeds)}" if feeds else "the homepage names no feed"
    return replace(result, instead=feeds, instead_note=note)


async def _example(visitor: Visitor, articles: Sequence[str]) -> tuple[str, str]:
    """An article and what robots.txt says of it and of the others on its host."""
    host = urlsplit(articles[0]).netloc
    said = {url: await visitor.robots(url) for url in articles if urlsplit(url).netloc == host}
    forbidden = list(said.values()).count("forbidden")
    article = next((url for url, words in said.items() if words != "forbidden"), articles[0])
    if 0 < forbidden < len(said):
        return article, f"{said[article]}; {forbidden} of {len(said)} articles forbidden"
    return article, said[article]


def _named_feeds(homepage: Page) -> tuple[str, ...]:
    try:
        return tuple(
            url
            for _, url in read_homepage(
                homepage.body, homepage.url, homepage.content_type or ""
            ).feeds
        )
    except SourceError:
        return ()


async def _check_source(visitor: Visitor, outlet: Outlet, source: Source) -> SourceCheck:
    answer = await visitor.get(source.url)
    robots = await visitor.robots(source.url)
    if isinstance(answer, Missed):
        return SourceCheck(source.kind, source.url, False, answer.detail, robots)
    found = read_answer(outlet, source, answer, utc_now())
    return replace(found, robots=robots)


def read_answer(outlet: Outlet, source: Source, page: Page, now: datetime) -> SourceCheck:
    """What a source's page says of the source. Pure."""
    result = _read(outlet, source, page, now)
    if page.url == page.requested_url:
        return result
    return replace(result, moved_to=page.url, answer=f"{result.answer}; moved to {page.url}")


def _read(outlet: Outlet, source: Source, page: Page, now: datetime) -> SourceCheck:
    broken = SourceCheck(source.kind, source.url, False, "")
    try:
        entries, parts = _listed(source.kind, page)
    except SourceError as error:
        is_other = error.reason.startswith("not_a_")
        answer = f"not a {source.kind.replace('_', ' ')}" if is_other else str(error)
        return replace(broken, answer=answer)
    if parts:
        newest = _newest((changed for _, changed in parts), now)
        answer = f"works: an index of {_number(len(parts), 'sitemap')}{_age(newest, now)}"
        return replace(broken, works=True, answer=answer, newest=newest)
    what = "link" if source.kind == "section" else "article"
    matching = [entry for entry in entries if outlet.is_article(entry.url)]
    counted = replace(broken, listed=len(entries), matching=len(matching))
    if not entries:
        return replace(counted, answer=f"lists no {what}")
    if not matching:
        examples = " and ".join(entry.url for entry in entries[:2])
        answer = f"{_number(len(entries), what)}, none matches article_url, such as {examples}"
        return replace(counted, answer=answer)
    dates = (date for entry in matching for date in (entry.published_at, entry.updated_at))
    newest = _newest(dates, now)
    of_them = f", {len(matching)} match the pattern" if outlet.article_url else ""
    return replace(
        counted,
        works=True,
        answer=f"works: {_number(len(entries), what)}{of_them}{_age(newest, now)}",
        newest=newest,
        examples=tuple(entry.url for entry in matching[:EXAMPLES]),
    )


def _listed(kind: str, page: Page) -> tuple[Sequence[Entry], Sequence[tuple[str, datetime | None]]]:
    """Entries of a source and, of an index, its parts. Of a section page all links,
    those first that are likelier to be articles: on the site, and long."""
    if kind == "feed":
        return read_feed(page.body, page.url, page.content_type or ""), ()
    if kind == "section":
        links = read_section(page.body, page.url, lambda _: True, page.content_type or "").entries
        return sorted(links, key=lambda e: (not same_site(e.url, page.url), -len(e.url))), ()
    sitemap = read_sitemap(page.body, page.url)
    return sitemap.entries, sitemap.children


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _newest(dates: Iterable[datetime | None], now: datetime) -> datetime | None:
    """The newest date that is not in the future; one without an offset counts as UTC."""
    latest = now + timedelta(days=1)
    known = (in_utc(date) for date in dates if date)
    return max((date for date in known if date <= latest), default=None)


def _age(newest: datetime | None, now: datetime) -> str:
    if newest is None:
        return ""
    days = (now - newest).days
    if days >= STALE_DAYS:
        return f", but the newest entry is {days} days old"
    return f", newest {newest.date().isoformat()}"


def print_checks(results: Sequence[OutletCheck], console: Console) -> None:
    """One row a source, then what else is to be said of an outlet."""
    if not console.is_terminal:
        console = Console(file=console.file, width=_PRINTED_WIDTH)
    table = Table("outlet", "source", "url", "answer", "robots.txt", box=box.SIMPLE_HEAD)
    for column in table.columns:
        column.overflow = "fold"
    for result in results:
        for source in result.sources:
            table.add_row(
                result.outlet,
                source.kind.replace("_", " "),
                Text(source.url),
                Text(source.answer, "" if source.works else "red"),
                source.robots,
            )
        if result.article is not None:
            table.add_row("", "article", Text(result.article), "", result.article_robots)
        if result.instead_note:
            table.add_row("", "", "", Text(result.instead_note), "")
    console.print(table)
    working = sum(result.works for result in results)
    console.print(
        f"{_number(len(results), 'outlet')}, {working} of them {'works' if working == 1 else 'work'}"
    )
