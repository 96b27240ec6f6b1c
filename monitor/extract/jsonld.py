"""What a page's JSON-LD says of its article (schema.org, https://json-ld.org).

Sites print several blocks: the organisation, a breadcrumb, teasers of other
articles, and somewhere the article itself. This module reads them all and
picks that one.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml.html import HtmlElement

from monitor.extract.visible import squeezed
from monitor.urls import absolute_url, canonical_url, is_home_page

Node = dict[str, Any]

_MAX_BLOCK = 2_000_000
"""Characters of one block; the longest live blog of 258 news pages had 0.9 million."""
_MAX_DEPTH = 12

# schema.org's subtypes of Article end in Article, Posting or Report (NewsArticle, BlogPosting …).
# An advertisement is an article too, but LiveBlogPosting's updates are parts of one.
_ARTICLE = re.compile(r"(?:Article|Posting|Report)$")
_WEAK = frozenset(
    {"WebPage", "ItemPage", "VideoObject", "AudioObject", "Review", "CreativeWork", "NewsMediaWork"}
)

_SITE = frozenset({"WebSite", "Organization", "NewsMediaOrganization"})

# Properties that hold other articles: teasers, updates, the site. Their nodes do not describe this page.
_ELSEWHERE = frozenset(
    {"itemListElement", "liveBlogUpdate", "isPartOf", "hasPart", "relatedLink", "citation", "isBasedOn",
     "publisher", "mentions", "about", "significantLink", "comment", "subjectOf", "breadcrumb", "image",
     "video", "author", "creator", "potentialAction", "review", "exampleOfWork", "backstory"}
)  # fmt: skip

_WRAPPER = re.compile(
    r"^\s*(?://\s*)?(?:<!\[CDATA\[|<!--|/\*\s*<!\[CDATA\[\s*\*/)|(?://\s*)?(?:\]\]>|-->|/\*\s*\]\]>\s*\*/)\s*$|;\s*$"
)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_BAD_ESCAPE = re.compile(r"\\(?![\"\\/bfnrtu])")
_RAW_BETWEEN = re.compile(r"}\s*{")


@dataclass(frozen=True, slots=True)
class LinkedData:
    """The node that describes this page's article, and what supports it.

    ``article`` is empty when no block describes one. ``by_id`` resolves
    references such as ``{"@id": "#author"}``. ``supporting`` are this page's
    other nodes (WebPage, VideoObject), asked for what the article lacks.
    """

    article: Node = field(default_factory=dict)
    supporting: tuple[Node, ...] = ()
    by_id: dict[str, Node] = field(default_factory=dict)
    site_names: tuple[str, ...] = ()

    def first(self, *names: str) -> Any:
        """The first property of these names that has a value, in the article
        and then in the supporting nodes."""
        for node in (self.article, *self.supporting):
            for name in names:
                if value := node.get(name):
                    return value
        return None

    def resolve(self, value: Any) -> Any:
        """A node for a bare reference to it; everything else unchanged."""
        if isinstance(value, dict) and isinstance(identifier := value.get("@id"), str):
            target = self.by_id.get(identifier)
            if target is not None and not value.get("name"):
                return target
        return value


def read_linked_data(
    tree: HtmlElement, url: str, *, own: Collection[str] = (), titles: Collection[str] = ()
) -> LinkedData:
    """The JSON-LD of a page at ``url`` (the address after redirects).

    ``own`` are further addresses that the page gives as its own, ``titles``
    other opinions of its title (``og:title``, ``<h1>``). Of several article
    nodes the one is taken that agrees with an address or a title, else the
    first that has a headline; a node that names another address and another
    title describes another page.
    """
    nodes: list[Node] = []
    by_id: dict[str, Node] = {}
    names: dict[str, None] = {}
    for block in _blocks(tree):
        for node, on_page in _nodes(block, own=True, depth=0):
            identifier = node.get("@id")
            if isinstance(identifier, str) and len(node) > len(by_id.get(identifier, ())):
                by_id[identifier] = node
            if on_page and types(node):
                nodes.append(node)
            if on_page and types(node) & _SITE and (name := text_of(node.get("name"))):
                names[name] = None
    here = {canonical_url(absolute_url(url, address) or url) for address in (url, *own)}
    wanted = {squeezed(title) for title in titles if title}

    def at_home(node: Node) -> bool | None:
        """Whether the node names this page's address; None when it names none."""
        named = {canonical_url(address) for address in _addresses(node, url)}
        return bool(named & here) if named else None

    def titled(node: Node) -> bool:
        return squeezed(text_of(node.get("headline") or node.get("name"))) in wanted

    def rank(node: Node) -> tuple[bool, bool, bool, bool]:
        return (
            at_home(node) is True,
            titled(node),
            bool(node.get("headline")),
            bool(node.get("datePublished")),
        )

    nodes = [node for node in nodes if at_home(node) is not False or titled(node)]
    articles = [node for node in nodes if any(_ARTICLE.search(name) for name in types(node))]
    article = max(articles, key=rank, default={})
    supporting = [node for node in nodes if types(node) & _WEAK and node.get("datePublished")]
    if not article and supporting and not is_home_page(url):
        article = max(supporting, key=rank)
    return LinkedData(
        article, tuple(node for node in supporting if node is not article), by_id, tuple(names)
    )


def types(node: Node) -> set[str]:
    """The node's schema.org types without their prefix."""
    value = node.get("@type")
    names = value if isinstance(value, list) else [value]
    return {re.split(r"[/#:]", name)[-1] for name in names if isinstance(name, str)}


def text_of(value: Any) -> str:
    """The text of a JSON-LD value: a string, the first of a list, or an object's
    ``@value`` or ``name``; entities resolved, one line. Empty when there is none."""
    for _ in range(4):
        if isinstance(value, list):
            value = value[0] if value else None
        elif isinstance(value, dict):
            value = value.get("@value") or value.get("name")
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return " ".join(html.unescape(html.unescape(value)).split()) if isinstance(value, str) else ""


def _blocks(tree: HtmlElement) -> Iterator[Any]:
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        source = script.text or ""
        if source.strip() and len(source) <= _MAX_BLOCK:
            yield from _parsed(source)


def _parsed(source: str) -> Iterator[Any]:
    """The block's value, after the cheap repairs that bring most broken blocks back."""
    try:
        yield json.loads(source, strict=False)
        return
    except (ValueError, RecursionError):
        pass
    source = _WRAPPER.sub("", _WRAPPER.sub("", source.strip())).strip()
    source = _BAD_ESCAPE.sub("", _TRAILING_COMMA.sub(r"\1", source))
    for attempt in (source, html.unescape(source), f"[{_RAW_BETWEEN.sub('},{', source)}]"):
        try:
            yield json.loads(attempt, strict=False)
            return
        except (ValueError, RecursionError):
            continue
    try:
        # a finished object followed by rubbish is still an object
        yield json.JSONDecoder(strict=False).raw_decode(source)[0]
    except (ValueError, RecursionError):
        return


def _nodes(value: Any, *, own: bool, depth: int) -> Iterator[tuple[Node, bool]]:
    """Every object in a block, and whether it can describe this very page."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _nodes(item, own=own, depth=depth + 1)
    elif isinstance(value, dict):
        yield value, own
        for name, item in value.items():
            if isinstance(item, dict | list):
                yield from _nodes(item, own=own and name not in _ELSEWHERE, depth=depth + 1)


def _addresses(node: Node, url: str) -> Iterator[str]:
    """The addresses that a node gives as its own; a front page is nobody's in particular."""
    for name in ("url", "@id", "mainEntityOfPage"):
        value = node.get(name)
        for item in value if isinstance(value, list) else [value]:
            reference = item.get("@id") or item.get("url") if isinstance(item, dict) else item
            address = absolute_url(url, reference) if isinstance(reference, str) else None
            if address and not is_home_page(address):
                yield address
