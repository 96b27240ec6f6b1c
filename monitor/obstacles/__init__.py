"""Recognise what stands in place of an article, in one HTTP response, before extraction.

Bot checks, consent dialogues, paywalls, login forms, pages that say "not found" with status 200,
shells that only scripts fill, notices of a censor, a domain trader or a mechanic: saved as an
article each would be a lost story and a false text. We never try to get past one.

A page that is none of them is one to a reader's eye: it shows a story's worth of text. So
most pages are done with after a look at their paragraphs, and all others are parsed and measured
before they are called an obstacle. Only markers that nothing but a challenge's own machinery has
(``sure`` in ``markers.toml``) count by themselves.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit

from monitor.extract.markup import decoded, parsed
from monitor.obstacles.markers import Mark, Markers, ObstacleKind, known_markers
from monitor.obstacles.sight import Sight, holds_prose, length

__all__ = ["Obstacle", "ObstacleKind", "obstacle"]

HEAD_BYTES = 30_000
"""Challenge pages are small and say so at once; a long article that mentions a challenge deep in
its text is not one."""
MAX_BYTES = 3_000_000
"""No obstacle is larger; the largest of 1,600 public test pages has 2.9 MB."""
STUB = 1_000
"""Letters of running text on a page, below which it is a stub. Of 1,600 public test pages, 67
call themselves not free; the whole ones among them have 1,280 and more."""
LITTLE = 1_500
"""Letters that a page shows in all, menus and links included, below which it is no article page
and no list of articles."""
SHELL = 200
"""Letters that the bare frame of a page built by scripts may show: a name, a notice."""

_FEW_PARAGRAPHS = 3
_PARAGRAPH = re.compile(rb"<p[\s>]")
_TITLE_BYTES = 1_000
_PROLOGUE = re.compile(rb"\s*(?:<\?[^>]*>|<!--.*?-->|<!doctype[^>]*>)", re.IGNORECASE | re.DOTALL)
_ROOT = re.compile(rb"\s*<([a-z][\w:.-]*)", re.IGNORECASE)
_XML_ROOTS = frozenset({b"rss", b"feed", b"urlset", b"sitemapindex", b"rdf:rdf"})
_REFUSED = frozenset({202, 401, 403, 405, 429, 503})
_PASSWORD = ".//input[@type='password']"

_DETAILS: dict[ObstacleKind, str] = {
    "bot_wall": "a bot check ({}) stands before the page",
    "consent_wall": "a consent dialogue ({}) stands before the page",
    "paywall": "a paywall: the page holds only the beginning of the article",
    "login": "a login form stands before the page",
    "not_found": "the page says that nothing is there, though with HTTP status 200",
    "maintenance": "the page says that the site is being maintained",
    "script_shell": "the page only renders by JavaScript; without it there is nothing to read",
    "censored": "a notice that the site is blocked on this network ({}) stands before the page",
    "parked": "the address is not the outlet's now: {} answers there",
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in place of an article; ``detail`` is a sentence for an operator."""

    kind: ObstacleKind
    detail: str


def obstacle(
    status: int, headers: Mapping[str, str], body: bytes, url: str, requested_url: str
) -> Obstacle | None:
    """What stands in place of the article that was asked for, or None.

    ``headers`` have lower-case names; ``url`` is where ``requested_url`` led to. XML and JSON are
    never an obstacle. Never raises.
    """
    mark = _mark(known_markers(), status, headers, body, url, requested_url)
    return Obstacle(mark.kind, _DETAILS[mark.kind].format(mark.product)) if mark else None


def _mark(
    known: Markers,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    url: str,
    requested_url: str,
) -> Mark | None:
    if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        body = decoded(body).encode("utf-8", "replace")
    if _is_data(body):
        return None
    if mark := _by_header(known, status, headers):
        return mark
    (host, path), (asked_host, asked_path) = _address(url), _address(requested_url)
    if host != asked_host and (mark := known.host(host)):
        return mark
    if not body or len(body) > MAX_BYTES or not _is_html(body):
        return None
    body = _utf8(body, headers.get("content-type"))
    lowered = body.lower()
    if mark := known.sure_in(lowered[:HEAD_BYTES]):
        return mark
    nothing_there = known.said(_title(lowered)) == Mark("not_found")
    if holds_prose(lowered, STUB) and not nothing_there:
        return None
    tree = parsed(body.decode("utf-8", "replace"))
    if tree is None:
        return None
    to_login = known.login_address(host, path) and not known.login_address(asked_host, asked_path)
    mark = _seen(known, Sight(tree, url), lowered, to_login)
    if mark and status >= 400 and mark.kind not in ("bot_wall", "censored"):
        return None  # the status says what is the matter
    return mark


def _seen(known: Markers, page: Sight, lowered: bytes, to_login: bool) -> Mark | None:
    """What the page is to a reader's eye. ``lowered`` are its bytes, ``to_login`` is whether
    its address is that of a login, but the one that was asked for is not."""
    titled, *headed = map(known.said, (page.title, *page.headings))
    if page.prose >= STUB:  # teasers of other stories, where title and heading say "not found"
        return titled if titled == Mark("not_found") and titled in headed else None
    said = next(filter(None, (titled, *headed)), None)
    if said and said.kind != "login":
        return said
    if to_login or _is_login(page, said):
        return Mark("login")
    bare = _is_bare(page)
    if bare and any(_is_empty_root(page, root) for root in known.script_roots):
        return Mark("script_shell")
    if _is_stub(known, page):
        return Mark("paywall")
    if _is_small(page, lowered):
        for mark in known.unsure_in(lowered):
            if mark.kind != "consent_wall" or _asks_consent(known, page):
                return mark
    return Mark("script_shell") if bare and _wants_scripts(known, page) else None


def _is_login(page: Sight, said: Mark | None) -> bool:
    return (
        not page.claims_article
        and page.tree.find(_PASSWORD) is not None
        and (said is not None or (page.visible < LITTLE and page.prose < SHELL))
    )


def _is_small(page: Sight, lowered: bytes) -> bool:
    """Whether the page shows so little that a marker which ordinary pages have too tells."""
    return (
        page.visible < LITTLE
        and len(_PARAGRAPH.findall(lowered)) <= _FEW_PARAGRAPHS
        and not page.claims_article
    )


def _is_stub(known: Markers, page: Sight) -> bool:
    """Whether the page says that it is cut off, and is."""
    if not page.claims_article or _article_body(page) >= STUB:
        return False
    return (
        str(page.linked.article.get("isAccessibleForFree")).lower().endswith("false")
        or not known.paywall_marks.isdisjoint(page.marks)
        or any(phrase in page.text for phrase in known.paywall_phrases)
    )


def _is_bare(page: Sight) -> bool:
    """Whether there is next to nothing to read, but a script that may bring it. A long
    ``<noscript>`` is one that somebody forgot to end: the extractor reads it."""
    return (
        page.visible < SHELL
        and _article_body(page) < SHELL
        and length(page.without_scripts) < STUB
        and page.tree.find(".//body") is not None
        and page.tree.find(".//script") is not None
    )


def _wants_scripts(known: Markers, page: Sight) -> bool:
    return page.visible == 0 or any(
        phrase in page.text or phrase in page.without_scripts for phrase in known.script_phrases
    )


def _is_empty_root(page: Sight, name: str) -> bool:
    root = page.tree.find(f".//*[@id='{name}']")
    if root is None:
        root = page.tree.find(f".//{name}")
    return root is not None and not "".join(root.itertext()).strip()


def _asks_consent(known: Markers, page: Sight) -> bool:
    """Whether most of what the page shows is about cookies and consent."""
    asking = sum(
        length(block.text)
        for block in page.blocks
        if any(word in block.text.casefold() for word in known.consent_words)
    )
    return asking * 2 > page.visible


def _article_body(page: Sight) -> int:
    body = page.linked.article.get("articleBody")
    return length(body) if isinstance(body, str) else 0


def _by_header(known: Markers, status: int, headers: Mapping[str, str]) -> Mark | None:
    for name, mark in known.headers.items():
        value = headers.get(name)
        if value is not None and (status in _REFUSED or value in ("challenge", "captcha", "deny")):
            return mark
    return None


def _utf8(body: bytes, content_type: str | None) -> bytes:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return decoded(body, content_type).encode("utf-8", "replace")
    return body


def _title(lowered: bytes) -> str:
    start = lowered.find(b"<title", 0, HEAD_BYTES)
    if start < 0:
        return ""
    _, _, inner = lowered[start : start + _TITLE_BYTES].partition(b">")
    return unescape(inner.partition(b"<")[0].decode("utf-8", "replace"))


def _is_data(body: bytes) -> bool:
    """Whether this is JSON or XML; XHTML is a page."""
    head = body[:HEAD_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] in (b"{", b"[", b'"'):
        return True
    position = 0
    while match := _PROLOGUE.match(head, position):
        position = match.end()
    root = _ROOT.match(head, position)
    name = root[1].lower() if root else b""
    return name in _XML_ROOTS or (head.startswith(b"<?xml") and name != b"html")


def _is_html(body: bytes) -> bool:
    """Whether there are elements near its beginning; what has none shows no obstacle's marks."""
    head = body[:HEAD_BYTES].lower()
    return b"<html" in head or _ROOT.match(head) is not None


def _address(url: str) -> tuple[str, str]:
    """Host and path, both empty for what is no address."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").lower(), parts.path
    except ValueError:
        return "", ""
