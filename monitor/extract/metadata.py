"""Title, byline, date, language and own address of a page's article.

Order: JSON-LD, then meta tags and what the markup says outright (``<time>``,
``rel=author``, ``<h1>``). Guesses are for :mod:`monitor.extract` to ask for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from monitor.extract import bylines, visible
from monitor.extract.dates import Dated, find_date, parse_date, plausible
from monitor.extract.jsonld import LinkedData, read_linked_data, text_of
from monitor.extract.visible import squeezed
from monitor.language.languages import canonical as language_code
from monitor.urls import absolute_url, canonical_url, is_home_page, language_mark, same_site

_TITLE_TAGS = ("og:title", "twitter:title", "parsely-title", "citation_title", "dc.title", "dcterms.title", "sailthru.title", "headline", "title")  # fmt: skip
_SITE_TAGS = ("og:site_name", "application-name", "twitter:site", "publisher", "dc.publisher", "al:android:app_name")  # fmt: skip
_AUTHOR_TAGS = ("author", "article:author", "article:author_name", "og:article:author", "parsely-author", "sailthru.author", "citation_author", "dc.creator", "dcterms.creator", "dc:creator", "byl", "authors", "article.author", "articleauthor", "cxenseparse:author", "twitter:creator")  # fmt: skip
_DATE_TAGS = ("article:published_time", "og:article:published_time", "article:published", "og:published_time", "datepublished", "citation_publication_date", "citation_online_date", "parsely-pub-date", "sailthru.date", "publishdate", "publish-date", "publish_date", "publication_date", "published_time", "published_at", "pubdate", "cxenseparse:recs:publishtime", "cxenseparse:publishtime", "dc.date.issued", "dcterms.issued", "dc.date.created", "dcterms.created", "dcterms.date", "dc.date", "article.published", "article_date_original", "originalpublicationdate", "datecreated", "date")  # fmt: skip

_SEPARATOR = re.compile(r"\s+[|–—·•»«:~/-]+\s+|\s*[|｜]\s*")


@dataclass(frozen=True)
class PageMetadata:
    """What the page at ``url`` says of its article. Reads the tree, never changes it;
    every property is computed when first asked for."""

    tree: HtmlElement
    url: str
    fetched_at: datetime | None = None

    @cached_property
    def meta(self) -> dict[str, list[str]]:
        """Contents of the meta tags by lower-case ``property``, ``name`` or ``itemprop``."""
        found: dict[str, list[str]] = {}
        for element in self.tree.iter("meta"):
            content = " ".join((element.get("content") or "").split())
            if not content:
                continue
            for attribute in ("property", "name", "itemprop"):
                if name := element.get(attribute):
                    found.setdefault(name.lower(), []).append(content)
        return found

    @cached_property
    def linked(self) -> LinkedData:
        """The page's JSON-LD."""
        return read_linked_data(
            self.tree,
            self.url,
            own=list(self._own_addresses()),
            titles=(self._tag(_TITLE_TAGS), self.headline),
        )

    @cached_property
    def headline(self) -> str:
        """The text of the visible headline; empty when there is none."""
        return visible.line(visible.headline(self.tree))

    @cached_property
    def site_names(self) -> tuple[str, ...]:
        """What the site calls itself."""
        named = [content for tag in _SITE_TAGS for content in self.meta.get(tag, ())]
        host = (urlsplit(self.url).hostname or "").removeprefix("www.")
        publisher = text_of(self.linked.resolve(self.linked.article.get("publisher")))
        return tuple(
            dict.fromkeys(
                name.lstrip("@")
                for name in (*named, publisher, *self.linked.site_names, host, host.split(".")[0])
                if name
            )
        )

    @cached_property
    def title(self) -> str:
        """The article's title without the site's name; empty when the page gives none."""
        sites = set(map(squeezed, self.site_names))
        candidates = (
            text_of(self.linked.article.get("headline")),
            self._tag(_TITLE_TAGS),
            self.headline,
            text_of(self.linked.article.get("name")),
            visible.line(self.tree.find(".//title")),
        )
        for candidate in candidates:
            title = without_site_name(candidate, self.site_names)
            if title and squeezed(title) not in sites:
                # an unknown site name or section behind the headline: `Headline | DW | 28.04.2023`
                head = self.headline
                rest = title[len(head) :] if head and title.startswith(head) else ""
                return head if _SEPARATOR.match(rest) else title
        return ""

    @cached_property
    def byline(self) -> tuple[str, ...]:
        """The authors' names. People and agencies before the site itself, which is the byline
        only where the page names it as the author and nobody else."""
        said = [list(self._linked_authors()), list(self._tagged_authors())]
        for origin in said:
            if found := bylines.names(origin, site_names=self.site_names):
                return found
        lines = visible.author_lines(self.tree)
        if found := bylines.names_in_prose(lines, site_names=self.site_names):
            return found
        if found := bylines.names_after_by(self.dateline):
            return found
        return next(filter(None, map(bylines.names, said)), ())

    @cached_property
    def published(self) -> tuple[Dated, str] | None:
        """When the article appeared and where that was said (``json-ld``, ``meta``,
        or ``page`` for a visible dateline)."""
        linked = (
            self.linked.first("datePublished"),
            self.linked.first("dateCreated", "uploadDate"),
        )
        for value in linked:
            if dated := self._believed(parse_date(text_of(value))):
                return dated, "json-ld"
        for text in (*self._tagged_dates(), *visible.machine_times(self.tree)):
            if dated := self._believed(parse_date(text)):
                return dated, "meta"
        return (self._visible_date[1], "page") if self._visible_date else None

    @property
    def dateline(self) -> str:
        """The line near the headline that told the date; empty when the page told machines."""
        if self.published and self.published[1] == "page" and self._visible_date:
            return self._visible_date[0]
        return ""

    @cached_property
    def _visible_date(self) -> tuple[str, Dated] | None:
        for text in visible.date_lines(self.tree):
            if dated := self._believed(find_date(text, day_first=not self._american)):
                return text, dated
        return None

    @cached_property
    def language(self) -> str | None:
        """The language that the page declares, as BCP 47 with hyphens."""
        root = self.tree if self.tree.tag == "html" else self.tree.find(".//html")
        declared = (
            root.get("lang") or root.get("xml:lang") if root is not None else None,
            self._tag(("og:locale", "content-language", "language", "dc.language")),
            text_of(self.linked.article.get("inLanguage")),
        )
        for value in declared:
            value = (value or "").strip().replace("_", "-")
            if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", value):
                return value
        return None

    @cached_property
    def canonical(self) -> str:
        """The article's own address: what the page names as such, when that is on the same
        site, no front page and no other language's; else the address that it came from.
        Canonical in both cases."""
        for reference in self._own_addresses():
            address = absolute_url(self.url, reference)
            if address and same_site(address, self.url):
                address = canonical_url(address)
                front = is_home_page(address) or self._section(address)
                if is_home_page(self.url) or not (front or self._translated(address)):
                    return address
        return canonical_url(self.url)

    def _translated(self, address: str) -> bool:
        """Whether the address is that of this article in another language, by what the two
        addresses say of theirs or by the page's list of languages (``hreflang``). Some sites
        name the original as canonical; an article and its translation are two articles."""
        declared = language_code(self.language) if self.language else None
        ours, theirs = language_mark(self.url), language_mark(address)
        if ours != theirs and (ours or declared not in (None, theirs)):
            return True
        here = self._alternates.get(canonical_url(self.url)) or {declared} - {None}
        there = self._alternates.get(address)
        return bool(here and there) and here.isdisjoint(there or ())

    @cached_property
    def _alternates(self) -> dict[str, set[str | None]]:
        """The languages that the page says its other versions are in, by their addresses."""
        found: dict[str, set[str | None]] = {}
        for link in self.tree.iter("link"):
            code = link.get("hreflang")
            if not code or code.lower() == "x-default":
                continue
            if address := absolute_url(self.url, link.get("href") or ""):
                found.setdefault(canonical_url(address), set()).add(language_code(code))
        return found

    def _section(self, address: str) -> bool:
        """Whether the address is a section that this page lies in: /news for /news/a-story. Sites
        that name it as canonical would make one article of all their stories."""
        path, above = urlsplit(canonical_url(self.url)).path, urlsplit(address).path.rstrip("/")
        return path.startswith(above + "/") and "-" in path[len(above) :]

    def _own_addresses(self) -> Iterator[str]:
        for link in self.tree.iter("link"):
            if "canonical" in (link.get("rel") or "").lower().split() and link.get("href"):
                yield link.get("href") or ""
        yield from self.meta.get("og:url", ())

    def _tag(self, tags: Iterable[str]) -> str:
        return next((self.meta[tag][0] for tag in tags if tag in self.meta), "")

    @property
    def _american(self) -> bool:
        """Whether 03/04 is March the 4th: English from the United States, or English
        that does not say where from."""
        return (self.language or "").lower() in {"en", "en-us"}

    def _believed(self, dated: Dated | None) -> Dated | None:
        return dated if dated and plausible(dated.at, self.fetched_at) else None

    def _linked_authors(self) -> Iterator[str]:
        for name in ("author", "creator"):
            value: Any = self.linked.article.get(name)
            people = value if isinstance(value, list) else [value]
            for person in people:
                person = self.linked.resolve(person)
                if isinstance(person, dict) and isinstance(person.get("name"), list):
                    yield from map(text_of, person["name"])
                elif isinstance(person, dict) and not person.get("name"):
                    yield f"{text_of(person.get('givenName'))} {text_of(person.get('familyName'))}"
                else:
                    yield text_of(person)
            if value:
                return

    def _tagged_authors(self) -> Iterator[str]:
        for tag in _AUTHOR_TAGS:
            if bylines.names(self.meta.get(tag, ())):
                yield from self.meta[tag]

    def _tagged_dates(self) -> Iterator[str]:
        for tag in _DATE_TAGS:
            yield from self.meta.get(tag, ())


def without_site_name(title: str, site_names: Iterable[str]) -> str:
    """The title without the site's name at its end or beginning: ``A story | The Site``."""
    sites = {squeezed(name) for name in site_names} - {""}
    pieces = list(_SEPARATOR.finditer(title))
    if pieces and squeezed(title[pieces[-1].end() :]) in sites:
        title = title[: pieces[-1].start()]
    elif pieces and squeezed(title[: pieces[0].start()]) in sites:
        title = title[pieces[0].end() :]
    return title.strip()
