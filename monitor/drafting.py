"""A draft of an outlet's file, from what its site says (``monitor outlets add``).

:func:`explore` asks the site, :func:`draft` writes the file; it is pure. A draft
ends in ``.toml.draft`` and lacks what only a person can say, so that nothing
is crawled by accident.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import get_args
from urllib.parse import urlsplit

from monitor.address_pattern import article_pattern, registered_domain
from monitor.items import Entry, Page
from monitor.language import detect
from monitor.outlets import Kind, Outlet, SourceKind, toml_text
from monitor.sources import (
    Homepage,
    Sitemap,
    SourceError,
    in_utc,
    read_feed,
    read_homepage,
    read_sitemap,
)
from monitor.spiders.failures import Missed
from monitor.visits import Visitor, visit

DRAFT_ENDING = ".toml.draft"

MOST_TRIED = 3
"""Feeds, and sitemaps, that are asked for."""

_USUAL_FEEDS = ("feed/", "rss.xml")
"""Asked for below the homepage when it names no feed."""

_SITEMAP_ENTRIES = 1_000
"""Addresses of a sitemap that the pattern is made from, the newest."""

_NO_ARTICLES = re.compile(r"page|categor|tag|author|image|video|static|misc", re.IGNORECASE)
"""Names of a sitemap's parts that hardly list articles."""

_HEADLINES = 20
_EXAMPLES = 3


class ExploreError(Exception):
    """A site of which no draft can be made. The text is a sentence."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A source that was seen to work, and what it lists."""

    kind: SourceKind
    url: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """What a site said. ``url`` is its homepage after redirects; ``missed`` are
    addresses that were named and did not work, with the reason."""

    url: str
    homepage: Homepage
    seen: tuple[Seen, ...]
    missed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of the file, and what a person has to look at, one line each."""

    text: str
    review: tuple[str, ...]


def slug_for(url: str) -> str:
    """A short name made of an address: ``https://www.news.example.com.my/`` → ``news-example``."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    domain = registered_domain(host)
    try:
        ipaddress.ip_address(host)
        name = host
    except ValueError:
        name = host.removesuffix(domain) + domain.partition(".")[0]
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def same_host(url: str, outlets: Iterable[Outlet]) -> Outlet | None:
    """The outlet that already asks the host of ``url``, if there is one."""
    host = urlsplit(url).netloc.lower().removeprefix("www.")
    return next((outlet for outlet in outlets if host in outlet.hosts), None)


# Ask the site


def explore(url: str, delay: float | None = None) -> Site:
    """Ask a site for its homepage, feeds and sitemaps. Raises :class:`ExploreError`.

    ``delay``: seconds between two requests (None: the setting's). Once per process.
    """
    found: list[Site] = []

    async def errand(visitor: Visitor) -> None:
        found.append(await _explore(visitor, url))

    if not visit([(errand, delay)]) or not found:
        raise ExploreError("interrupted")
    return found[0]


async def _explore(visitor: Visitor, url: str) -> Site:
    page = await visitor.get(url)
    if isinstance(page, Missed):
        raise ExploreError(f"{url}: {page.detail}")
    try:
        homepage = read_homepage(page.body, page.url, page.content_type or "")
    except SourceError as error:
        raise ExploreError(str(error)) from error
    missed: dict[str, str] = {}
    base = page.url.partition("?")[0].rstrip("/") + "/"
    feeds = [feed for _, feed in homepage.feeds] or [base + name for name in _USUAL_FEEDS]
    sitemaps = await visitor.sitemaps(page.url) or [base + "sitemap.xml"]
    seen = [
        *[await _feed(visitor, feed, missed) for feed in feeds[:MOST_TRIED]],
        *[await _sitemap(visitor, sitemap, missed) for sitemap in _likeliest(sitemaps)],
    ]
    return Site(page.url, homepage, tuple(source for source in seen if source), missed)


async def _feed(visitor: Visitor, url: str, missed: dict[str, str]) -> Seen | None:
    page = await visitor.get(url)
    if isinstance(page, Missed):
        missed[url] = page.detail
        return None
    try:
        entries = read_feed(page.body, page.url, page.content_type or "")
    except SourceError as error:
        missed[url] = str(error)
        return None
    return Seen("feed", page.url, entries)


async def _sitemap(visitor: Visitor, url: str, missed: dict[str, str]) -> Seen | None:
    """A sitemap; of an index its newest part is read too, as a sample."""
    page = await visitor.get(url)
    try:
        whole = _read_sitemap(page)
        entries = whole.entries
        if whole.children:
            part = await visitor.get(_newest_part(whole.children))
            entries = _read_sitemap(part).entries
    except SourceError as error:
        missed[url] = str(error)
        return None
    assert isinstance(page, Page)
    is_news = not whole.children and any(entry.published_at for entry in entries)
    return Seen("news_sitemap" if is_news else "sitemap", page.url, entries)


def _read_sitemap(page: Page | Missed) -> Sitemap:
    if isinstance(page, Missed):
        raise SourceError(page.reason, page.detail)
    return read_sitemap(page.body, page.url)


def _likeliest(sitemaps: Sequence[str]) -> list[str]:
    """The sitemaps to ask for: those with news in their name first."""
    return sorted(sitemaps, key=lambda url: "news" not in url.lower())[:MOST_TRIED]


def _newest_part(parts: Sequence[tuple[str, datetime | None]]) -> str:
    """The part of an index that changed last; the last one where no part says when."""
    likely = [part for part in parts if not _NO_ARTICLES.search(urlsplit(part[0]).path)] or parts
    dated = [(in_utc(changed), number) for number, (_, changed) in enumerate(likely) if changed]
    return likely[max(dated)[1] if dated else -1][0]


# Write the draft


def draft(site: Site, today: date, delay: float | None = None) -> Draft:
    """The file of an outlet as far as its site tells."""
    sources = _chosen(site.seen)
    listed = _addresses(sources) or list(site.homepage.headlines)
    found = article_pattern(
        listed,
        [site.url, *site.homepage.sections, *(url for _, url in site.homepage.feeds)],
    )
    name = site.homepage.name or urlsplit(site.url).netloc
    languages = _languages(sources, site.homepage.language)
    review = [
        "country: where it is based, and covers, if it reports on more",
        f"kind: {', '.join(get_args(Kind))}",
        'its terms of use: some forbid crawling (status = "forbidden")',
    ]
    lines = [
        f"# Draft of {today.isoformat()} by monitor outlets add. TODO marks what is left to do.",
        f"name = {toml_text(name)}",
        f"homepage = {toml_text(site.url)}",
        'country = ""  # TODO where it is based: ISO 3166, such as "KH"',
        f"languages = {_list(languages)}" + ("" if languages else '  # TODO, such as ["km"]'),
        f'kind = ""  # TODO one of {", ".join(get_args(Kind))}',
    ]
    if delay is not None:
        lines.append(f"delay = {delay:g}")
    # Of links the longest are the likeliest to be articles.
    shown = listed or sorted(site.homepage.links, key=len, reverse=True)
    examples = [f"#   {_comment(url)}" for url in shown[:_EXAMPLES]]
    if found:
        sentence = f"{found.matched} of {found.total} listed addresses match, such as"
        lines += [f"# {sentence}", *examples, f"article_url = {_literal(found.regex)}"]
        review.append(f"article_url: {sentence.partition(',')[0]} it, and no section does")
    else:
        lines += ["# TODO article_url: a pattern that matches addresses such as", *examples]
        review.append("article_url: none was found that matches 90 % of the listed addresses")
    if not sources and found:
        # No feed, no sitemap: the pattern is that of the homepage's headlines.
        sources = [Seen("section", site.url, ())]
    for source in sources:
        lines += [
            "",
            "[[sources]]",
            f"kind = {toml_text(source.kind)}",
            f"url = {toml_text(source.url)}",
        ]
        if source.entries:
            lines.append(f"verified = {today.isoformat()}")
        lists = f"lists {len(source.entries)} addresses"
        review.append(f"{source.kind} {source.url}: {lists if source.entries else 'to be checked'}")
    if not sources:
        lines += [
            "",
            "# TODO no feed or sitemap works. Sections, for [[sources]] with kind section:",
        ]
        lines += [f"#   {_comment(url)}" for url in site.homepage.sections]
        review.append("sources: no feed or sitemap works; the draft lists sections instead")
    others = {seen.url: f"{seen.kind}, works too" for seen in site.seen if seen not in sources}
    others |= site.missed
    if others:
        lines += ["", "# Also looked at:"]
        lines += [f"#   {_comment(f'{url}: {words}')}" for url, words in others.items()]
    return Draft("\n".join(lines) + "\n", tuple(review))


def _chosen(seen: Sequence[Seen]) -> list[Seen]:
    """The sources to crawl: feeds and news sitemaps; a whole sitemap, which is
    longer and dirtier, only where there is nothing else."""
    distinct = list({source.url: source for source in seen}.values())
    brief = [source for source in distinct if source.kind != "sitemap"]
    return brief if any(source.entries for source in brief) else distinct


def _addresses(sources: Iterable[Seen]) -> list[str]:
    """What the sources list, the newest of each first."""
    found: dict[str, None] = {}
    oldest = datetime.min.replace(tzinfo=UTC)
    for source in sources:
        entries = sorted(
            source.entries,
            key=lambda entry: in_utc(entry.updated_at or entry.published_at or oldest),
            reverse=True,
        )
        found |= dict.fromkeys(entry.url for entry in entries[:_SITEMAP_ENTRIES])
    return list(found)


def _languages(sources: Iterable[Seen], declared: str | None) -> list[str]:
    """The languages of the sources' headlines; without any that of the homepage."""
    found = []
    for source in sources:
        headlines = [entry.title for entry in source.entries if entry.title][:_HEADLINES]
        found.append(detect("\n".join(headlines), declared=declared).code)
    own = (declared or "").replace("_", "-").partition("-")[0].lower()
    heard = [code for code in dict.fromkeys(found) if code != "und"]
    return heard or ([own] if re.fullmatch("[a-z]{2,3}", own) else [])


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(map(toml_text, values))}]"


def _literal(value: str) -> str:
    """A TOML string without escapes, easier to read in a pattern, where it can be one."""
    return f"'{value}'" if "'" not in value and value.isprintable() else toml_text(value)


def _comment(value: str) -> str:
    return "".join(char for char in value if char.isprintable())
