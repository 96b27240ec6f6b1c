"""The faults that a night meets: one answer for each kind of wild page.

What a page does may depend on how often it was asked for (a server that is
unavailable once) or when (a rate limit that ends): :class:`Visits` remembers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from monitor.newsroom.http import Answer
from monitor.newsroom.pages import TEMPLATES, Pages
from monitor.newsroom.sites import Wild

HUGE = 30 * 1024 * 1024
"""Bytes of the huge page."""

DEPTH = 20_000
"""Levels of the deeply nested page."""

HTML = {"Content-Type": "text/html; charset=UTF-8", "Server": "nginx"}


@dataclass(slots=True)
class Visits:
    """How often each wild page was asked for, and when first."""

    count: dict[str, int] = field(default_factory=dict)
    first: dict[str, datetime] = field(default_factory=dict)

    def note(self, path: str, at: datetime) -> int:
        """Counts a visit; the number of visits before it."""
        before = self.count.get(path, 0)
        self.count[path] = before + 1
        self.first.setdefault(path, at)
        return before


def answer(
    wild: Wild,
    target: str,
    pages: Pages,
    good: Callable[[bytes], Answer],
    visits: Visits,
    at: datetime,
) -> Answer:
    """What the wild page answers at ``at``.

    ``good`` makes a plain article page, with its validators, out of a body.
    """
    story = wild.story
    before = visits.note(wild.path, at)
    match wild.kind:
        case "status":
            text = pages.message(str(wild.status), pages.word("not_found"))
            return Answer(wild.status, HTML, text)
        case "throttled":
            left = wild.retry_after - (at - visits.first[wild.path]).total_seconds()
            if before == 0 or left > 0:
                return Answer(
                    429, {**HTML, "Retry-After": str(wild.retry_after)}, b"Too many requests\n"
                )
            return good(pages.story(story))
        case "unavailable_once":
            if before == 0:
                return Answer(503, HTML, b"Backend fetch failed\n")
            return good(pages.story(story))
        case "challenge_header":
            headers = {**HTML, "Server": "cloudflare", "cf-mitigated": "challenge"}
            return Answer(403, headers, _check("_interstitial.html"))
        case "challenge_page":
            headers = {**HTML, "Cache-Control": "no-store"}
            return Answer(200, headers, _check("_proof_of_work.html"))
        case "empty":
            return Answer(200, HTML)
        case "huge":
            return Answer(200, HTML, lambda: _huge(pages.story(story)))
        case "broken_markup":
            return good(pages.broken(story))
        case "truncated":
            body = pages.story(story)
            return Answer(200, HTML, body[: len(body) // 2], claimed_length=len(body))
        case "pdf":
            return Answer(200, HTML, _PDF)
        case "deep":
            return good(pages.deep(story, DEPTH))
        case "redirect_loop":
            onward = wild.path if target.endswith("/again") else wild.path + "/again"
            return Answer(302, {**HTML, "Location": pages.base + onward})
        case "charset_header":
            plain = good(pages.story(story))
            wrong = {**plain.headers, "Content-Type": "text/html; charset=ISO-8859-1"}
            return Answer(200, wrong, plain.body, plain.etag, plain.last_modified)
        case "charset_meta":
            return good(pages.story(story).decode("utf-8").encode("cp1252", "xmlcharrefreplace"))


def _check(name: str) -> bytes:
    """A bot check's page: nothing of the site's own, and as long as the real ones."""
    return (TEMPLATES / name).read_bytes()


def _huge(page: bytes) -> Iterator[bytes]:
    """The page, its end pushed back by comments until it has ``HUGE`` bytes."""
    head, _, tail = page.partition(b"</body>")
    tail = b"</body>" + tail
    yield head
    left = HUGE - len(head) - len(tail)
    line = b"<p>One more line of a page that somebody forgot to end.</p>\n" * 1024
    while left:
        chunk = line[:left]
        yield chunk
        left -= len(chunk)
    yield tail


_PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>endobj
4 0 obj<</Length 44>>stream
BT /F1 18 Tf 72 720 Td (Annual report) Tj ET
endstream endobj
trailer<</Root 1 0 R>>
%%EOF
"""
