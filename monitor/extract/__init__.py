"""A page's bytes → its article. Pure: the same page gives the same article.

The page is parsed once. What it says of itself (:mod:`monitor.extract.metadata`) is
read first, because trafilatura changes the tree; then trafilatura takes the
text out, and its guesses fill what the page left open.
"""

from __future__ import annotations

import html as entities
import logging
import re
import unicodedata
from datetime import datetime, time, timedelta

import trafilatura
from htmldate import find_date as guess_date
from lxml.html import HtmlElement
from trafilatura.metadata import extract_title as guess_title
from trafilatura.settings import Document

from monitor import language
from monitor.extract import bylines, markup, visible
from monitor.extract.address_dates import date_in_address
from monitor.extract.author_marks import guessed_author
from monitor.extract.dates import EARLIEST, Dated, find_date, parse_date, plausible
from monitor.extract.metadata import PageMetadata
from monitor.extract.visible import squeezed
from monitor.items import Article, Entry

# They log an error for every page without a text; that is what ExtractError is for.
for _library in ("trafilatura", "htmldate"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)

_MAX_BYTES = 20_000_000
"""trafilatura's own limit; the largest of 439 real news pages has 2.2 MB."""
_MIN_LETTERS = 20
"""A page with less is a button or a notice; a Chinese news flash has more."""
_BODY_PREFERRED = 2.0
"""A JSON-LD articleBody is taken when it is this many times as long as what was found in the
markup: the page builds its text by script, or hides it behind a wall."""
_SHORT, _LEAST_SHARE = 500, 2 / 3
"""Characters of a text that may lack something, and the share that it should have of the page's
main paragraphs, if these have so many. Then other extractors are asked, too, which takes half as
long again. Of 786 real pages that were 49; F1 is .965 so, and .963 when they are always asked."""

_END = 40
"""Characters at the end of a paragraph by which it is known."""

_MAX_UPDATE_LINE = 40
_MAX_HEAD_LINE = 60
"""Characters of a line above the story that may be its byline or dateline."""

_HEAD_LINES = 5

_ZERO_WIDTH_SPACE = "\u200b"
_STAND_IN = "\u2e1b"
"""A printable sign that no newspaper uses (a tilde with a ring above)."""

_ELEMENT = re.compile(
    r"<(?:html|head|body|title|meta|article|section|main|div|p|span|h[1-6]|table|a|br|ul)\b",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
_BREAK = re.compile(r"</p>|</div>|</li>|</h\d>|<br\s*/?>", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]+")
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\ufeff\ufffe\uffff]")


class ExtractError(Exception):
    """The page holds no article.

    ``reason`` is a short code: ``empty_page`` (nothing to read), ``too_large``,
    ``not_html``, ``unreadable`` (no tree can be made of it), ``no_text`` (a
    page, but no story), ``extractor_failed`` (the extractor broke on it).
    ``detail`` is a sentence for an operator.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def extract(
    html: bytes,
    url: str,
    *,
    content_type: str | None = None,
    declared_language: str | None = None,
    fetched_at: datetime | None = None,
    entry: Entry | None = None,
) -> Article:
    """The article on the page ``html`` that answered at ``url``.

    ``content_type`` is the response's header, ``declared_language`` what the
    outlet says of itself, ``entry`` what the source had said of the page; its
    title and date fill gaps. Dates later than a day after ``fetched_at`` or
    before 1990 are not believed.

    Raises ExtractError, and nothing else, for a page without an article.
    """
    try:
        return _extract(html, url, content_type, declared_language, fetched_at, entry)
    except ExtractError:
        raise
    except Exception as error:  # whatever a page does to a parser, it is one page
        raise ExtractError(
            "extractor_failed", f"the extractor broke: {type(error).__name__}: {error}"
        ) from error


def _extract(
    html: bytes,
    url: str,
    content_type: str | None,
    declared_language: str | None,
    fetched_at: datetime | None,
    entry: Entry | None,
) -> Article:
    tree = _tree(html, content_type)
    page = PageMetadata(tree, url, fetched_at)
    dated, origin = _published(page, entry)
    byline = page.byline
    markup.strip_code(tree)  # whoever looks for the rest copies the tree
    title = _clean_line(page.title or guess_title(tree) or (entry.title if entry else None) or "")
    byline = byline or bylines.names_in_prose(
        guessed_author(tree).split(";"), site_names=page.site_names
    )
    if dated is None:
        dated, origin = _guessed_date(page)
    address = page.canonical
    declared = page.language or declared_language
    article_body = page.linked.article.get("articleBody")

    text = _paragraphs(_main_text(tree, url))
    if isinstance(article_body, str):
        said = _paragraphs(_plain(article_body))
        # trafilatura takes it too, when it finds nothing else, but loses the paragraphs
        runs_on = "\n\n" not in text and "\n\n" in said and len(said) >= len(text)
        if runs_on or len(said) > _BODY_PREFERRED * len(text):
            text = said
    text = _without_head(text, title, byline, dated, page.dateline)
    if sum(map(str.isalpha, text)) < _MIN_LETTERS:
        if not visible.anything_to_read(tree):
            raise ExtractError("empty_page", f"nothing to read on {address}; built by a script?")
        raise ExtractError("no_text", f"no article text found on {address}")
    verdict = language.detect(text, title=title, declared=declared_language or page.language)
    return Article(
        url=address,
        title=title,
        text=text,
        byline=byline,
        published_at=dated.at if dated else None,
        published_precision=dated.precision if dated else "second",
        published_from=origin,
        language=verdict.code,
        language_declared=declared,
        verdict=verdict,
    )


def _tree(html: bytes, content_type: str | None) -> HtmlElement:
    if not html.strip():
        raise ExtractError("empty_page", "the page is empty")
    if len(html) > _MAX_BYTES:
        raise ExtractError("too_large", f"the page has {len(html) / 1e6:.0f} MB, no article has")
    text = markup.decoded(html, content_type)
    # the header may be wrong either way: text with elements in it is HTML, all else is not
    if markup.binary(text) or not _ELEMENT.search(text):
        kind = (content_type or "").split(";")[0].strip() or "of unknown type"
        raise ExtractError("not_html", f"there is no HTML in the page, which is {kind}")
    tree = markup.parsed(text)
    if tree is None:
        raise ExtractError("unreadable", "no tree could be made of the page's HTML")
    return tree


def _published(page: PageMetadata, entry: Entry | None) -> tuple[Dated | None, str | None]:
    """When the article appeared, and who says so. The dates of the source and of the address come
    before a guess: they were written as dates of publication, a date somewhere in a text was not."""
    if page.published:
        return page.published
    if entry and entry.published_at and plausible(entry.published_at, page.fetched_at):
        at = entry.published_at
        whole_day = at.tzinfo is None and at.time() == time()
        return Dated(at, "day" if whole_day else "second"), "feed"
    for url in (page.url, page.canonical):
        if (said := date_in_address(url)) and plausible(said.at, page.fetched_at):
            return said, "address"
    return None, None


def _guessed_date(page: PageMetadata) -> tuple[Dated | None, str | None]:
    """htmldate's quick guess. Its extensive search takes any number for a date: of 86 more dates on
    the pages of trafilatura's evaluation 12 were right, and most of the others on pages without one."""
    latest = page.fetched_at + timedelta(days=1) if page.fetched_at else datetime(2100, 1, 1)
    guess = guess_date(
        page.tree,
        original_date=True,
        extensive_search=False,
        min_date=EARLIEST.date().isoformat(),
        max_date=latest.date().isoformat(),
        url=page.url,
    )
    dated = parse_date(guess) if guess else None
    return (
        (dated, "trafilatura") if dated and plausible(dated.at, page.fetched_at) else (None, None)
    )


def _main_text(tree: HtmlElement, url: str) -> str:
    markup.strip_furniture(tree)
    hidden = _hide_zero_width_spaces(tree)
    text = _by_trafilatura(tree, url, fast=True)
    if _lacks_something(text, tree):
        text = _by_trafilatura(tree, url, fast=False)
    return text.replace(_STAND_IN, _ZERO_WIDTH_SPACE) if hidden else text


def _lacks_something(text: str, tree: HtmlElement) -> bool:
    if len(text) < _SHORT:
        return True
    flat = " ".join(text.split())
    paragraphs = visible.paragraphs(tree)
    size = sum(map(len, paragraphs))
    # By its end: the beginning may be a dateline in another element, or a drop cap.
    kept = sum(len(paragraph) for paragraph in paragraphs if paragraph[-_END:] in flat)
    return size >= _SHORT and kept < _LEAST_SHARE * size


def _by_trafilatura(tree: HtmlElement, url: str, *, fast: bool) -> str:
    document = trafilatura.bare_extraction(tree, url=url, include_comments=False, fast=fast)
    # "python" output is a Document; only the deprecated as_dict makes a dict of it
    return document.text or "" if isinstance(document, Document) else ""


def _hide_zero_width_spaces(tree: HtmlElement) -> bool:
    """Put a stand-in for zero-width spaces, which trafilatura would take out. Whether it did:
    not when the page has none, or (never seen) uses the stand-in itself."""
    if _ZERO_WIDTH_SPACE not in tree.text_content():
        return False
    found = tree.xpath("//text()[contains(., $mark)]", mark=_ZERO_WIDTH_SPACE)
    if not found or tree.xpath("boolean(//text()[contains(., $mark)])", mark=_STAND_IN):
        return False
    for piece in found:
        owner = piece.getparent()
        kept = piece.replace(_ZERO_WIDTH_SPACE, _STAND_IN)
        if piece.is_tail:
            owner.tail = kept
        else:
            owner.text = kept
    return True


def _plain(source: str) -> str:
    """The text of an ``articleBody``, which some sites fill with markup."""
    source = entities.unescape(source)
    return entities.unescape(_TAG.sub("", _BREAK.sub("\n", source)))


def _paragraphs(text: str) -> str:
    """NFC, one empty line between paragraphs, no blanks at either end of one, nothing that
    UTF-8 cannot carry."""
    text = unicodedata.normalize("NFC", _storable(text))
    lines = (_SPACES.sub(" ", line).strip() for line in text.splitlines())
    return "\n\n".join(line for line in lines if line)


def _clean_line(text: str) -> str:
    """One line of text; some templates escape a title twice, or leave tags in it."""
    text = _TAG.sub("", entities.unescape(text))
    return " ".join(unicodedata.normalize("NFC", _storable(text)).split()).strip("\u200b\u2060")


def _storable(text: str) -> str:
    """Without lone surrogates, control characters, soft hyphens and stray byte-order marks:
    none of them is text, and some cannot be stored. Zero-width spaces stay, Khmer words are
    parted by them."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSTORABLE.sub("", text.encode("utf-8", "replace").decode("utf-8"))


def _without_head(
    text: str, title: str, byline: tuple[str, ...], dated: Dated | None, dateline: str
) -> str:
    """The text without the lines above it that only repeat the title, the byline or the date."""
    repeated = {squeezed(title), squeezed(dateline), *map(squeezed, byline)}
    for _line in range(_HEAD_LINES):
        first, _, rest = text.partition("\n\n")
        if not rest or len(first) > max(_MAX_HEAD_LINE, len(title) + 5, len(dateline)):
            return text
        names = set(map(squeezed, bylines.names([first])))
        found = find_date(first) if dated and len(first) <= _MAX_HEAD_LINE else None
        same_day = found and dated and found.at.date() == dated.at.date()
        # "Updated 22 November 2026, 10:30" is a line of its own, not a sentence.
        update = found and len(first) <= _MAX_UPDATE_LINE and first[-1].isdigit()
        known = squeezed(first) in repeated or (names and names <= repeated)
        if not (known or same_day or update):
            return text
        text = rest
    return text
