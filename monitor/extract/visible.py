"""What a reader sees around the headline: the headline, the byline, the dateline.

For pages that tell machines nothing. Only the neighbourhood of the headline is
looked at: site headers print today's date, and lists of other stories theirs.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from lxml.etree import iterwalk
from lxml.html import HtmlElement

_MARKED_DATE = re.compile(
    r"(?:^|[\s_-])(?:date|time|datetime|timestamp|publish|published|posted|pubdate|postdate|entrydate|dateline|created)(?:$|[\s_-])",
    re.IGNORECASE,
)
_MARKED_AUTHOR = re.compile(
    r"(?:^|[\s_-])(?:byline|authors?|author-?names?|writer|reporter)(?:$|[\s_-])", re.IGNORECASE
)
_BESIDE = frozenset(
    (
        "aside",
        "footer",
        "nav",
        "form",
        "select",
        "script",
        "style",
        "noscript",
        "figure",
        "figcaption",
    )
)
_CODE = frozenset({"script", "style", "noscript", "template"})
_BREAKS = frozenset(
    {"br", "p", "div", "li", "h1", "h2", "h3", "td", "tr", "section", "time", "ul", "hr"}
)

_PARAGRAPH = 80
_MAX_LINE = 100
"""Characters of a byline or dateline; a paragraph of the story is longer."""
_MAX_UNMARKED = 50
"""The same for a date in a line that nothing marks as a dateline: a subtitle may hold a date too."""
_HEADINGS = 50
_BEFORE, _AFTER = 12, 60
"""How many elements around the headline belong to it: a kicker or dateline above, the
byline, dateline and share buttons below."""


def line(element: HtmlElement | None, limit: int = 1_000) -> str:
    """The element's text in one line, cut near ``limit`` characters (so that asking a whole
    article for its text costs little). Block elements part words, inline ones do not."""
    if element is None:
        return ""
    pieces: list[str] = []
    length = 0
    for event, node in iterwalk(element, events=("start", "end")):
        if not isinstance(node.tag, str):
            piece = node.tail if event == "end" else ""
        elif event == "start":
            piece = (" " if node.tag in _BREAKS else "") + (node.text or "")
        else:
            piece = (" " if node.tag in _BREAKS else "") + (
                (node.tail or "") if node is not element else ""
            )
        if piece:
            pieces.append(piece)
            length += len(piece)
            if length > limit:
                break
    return " ".join("".join(pieces).split())


def anything_to_read(tree: HtmlElement) -> bool:
    """Whether a reader without scripts sees any text on the page."""
    body = tree.find(".//body")
    return body is not None and any(
        ((element.text or "").strip() and element.tag not in _CODE) or (element.tail or "").strip()
        for element in body.iter()
    )


def paragraphs(tree: HtmlElement) -> list[str]:
    """The paragraphs, each in one line, that stand together and have most text: those of the
    story, as a rule. Shorter ones than :data:`_PARAGRAPH` (links, captions) are left out."""
    together: dict[HtmlElement | None, list[str]] = defaultdict(list)
    for element in tree.iter("p"):
        text = " ".join("".join(element.itertext()).split())
        if len(text) >= _PARAGRAPH:
            together[element.getparent()].append(text)
    return max(together.values(), key=lambda texts: sum(map(len, texts)), default=[])


def headline(tree: HtmlElement) -> HtmlElement | None:
    """The heading of the story: the longest ``<h1>`` or ``<h2>`` that the page's ``<title>``
    repeats (some sites keep ``<h1>`` for their logo), else the first ``<h1>``."""
    title = squeezed(line(tree.find(".//title")))
    headings = [
        (text, element)
        for element in islice(tree.iter("h1", "h2"), _HEADINGS)
        if len(text := line(element)) > 3 and not _beside(element)
    ]
    repeated = [heading for heading in headings if squeezed(heading[0]) in title]
    if repeated:
        return max(repeated, key=lambda heading: len(heading[0]))[1]
    return next((element for _, element in headings if element.tag == "h1"), None)


def squeezed(text: str) -> str:
    """Letters and digits only, case folded: what two spellings of a title share."""
    return "".join(filter(str.isalnum, text.casefold()))


def author_lines(tree: HtmlElement) -> Iterator[str]:
    """Texts marked as the author's: by ``rel`` or ``itemprop`` anywhere in the story, else by
    their class near the headline."""
    found = False
    for element in tree.iter("a", "span", "div", "p", "address"):
        marked = (
            element.get("itemprop") == "author"
            or "author" in (element.get("rel") or "").lower().split()
        )
        if marked and not _beside(element) and (text := line(element, _MAX_LINE)):
            found = True
            yield text
    if not found:
        for element in _near_headline(tree):
            text = line(element, _MAX_LINE)
            if _MARKED_AUTHOR.search(element.get("class") or "") and 2 < len(text) <= _MAX_LINE:
                yield text
                return


def machine_times(tree: HtmlElement) -> Iterator[str]:
    """What the markup says outright: ``itemprop=datePublished``, then ``<time datetime>`` marked as
    the publication, then ``<time datetime>`` near the headline."""
    for element in tree.iterfind(".//*[@itemprop='datePublished']"):
        yield element.get("content") or element.get("datetime") or ""
    for element in tree.iter("time"):
        marks = f"{element.get('itemprop') or ''} {element.get('class') or ''}".lower()
        if "publi" in marks or element.get("pubdate") is not None:
            yield element.get("datetime") or ""
    for element in _near_headline(tree):
        if element.tag == "time":
            yield element.get("datetime") or ""


def date_lines(tree: HtmlElement) -> Iterator[str]:
    """Short texts near the headline: first those that are marked as a date, then all."""
    plain: list[str] = []
    for element in _near_headline(tree):
        text = line(element, _MAX_LINE)
        if not 5 < len(text) <= _MAX_LINE:
            continue
        marks = " ".join(element.get(name) or "" for name in ("class", "id", "itemprop"))
        if element.tag == "time" or _MARKED_DATE.search(marks):
            yield text
        elif len(text) <= _MAX_UNMARKED and element.tag not in {"a", "li"}:
            plain.append(text)
    yield from plain


def _near_headline(tree: HtmlElement) -> list[HtmlElement]:
    """The elements below the headline, nearest first, then those above it."""
    title = headline(tree)
    if title is None:
        return []
    above: list[HtmlElement] = []
    below: list[HtmlElement] = []
    passed = False
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        if element is title:
            passed = True
        elif passed:
            below.append(element)
            if len(below) == _AFTER:
                break
        else:
            above.append(element)
    within = {*title.iterancestors(), *title.iterdescendants()}
    near = below + above[-_BEFORE:][::-1]
    return [element for element in near if element not in within and not _beside(element)]


def _beside(element: HtmlElement) -> bool:
    return element.tag in _BESIDE or any(
        parent.tag in _BESIDE for parent in element.iterancestors()
    )
