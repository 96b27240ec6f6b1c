"""The bytes of a page as a tree.

Servers are wrong about their encoding more often than browsers let one see, so
the bytes have a say: what is valid UTF-8 is UTF-8, and only then count the
header and the page's own declaration.
"""

from __future__ import annotations

import re

from lxml.etree import ElementDefaultClassLookup, ParserError
from lxml.html import (
    HtmlComment,
    HtmlElement,
    HtmlEntity,
    HTMLParser,
    HtmlProcessingInstruction,
    document_fromstring,
)
from trafilatura.utils import detect_encoding, repair_faulty_html
from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    resolve_encoding,
)

_MAX_BROKEN = 0.02
"""Share of a page's non-ASCII characters that may be broken before a declared encoding is not
believed. A cut-off response breaks one character; Thai read as UTF-8 breaks nearly all."""

_SAMPLE = 20_000
"""Bytes that the detector sees: it needs a few hundred letters and is slow."""

_HEAD = 4_096
"""Characters in which a broken doctype or a self-closing <html/> is looked for."""
_CONTROLS = bytes({*range(0x20), 0x7F} - {0x09, 0x0A, 0x0D})
_PARSER = HTMLParser(
    collect_ids=False,
    default_doctype=False,
    encoding="utf-8",
    remove_comments=True,
    remove_pis=True,
)
# lxml.html picks a class for every element that is touched, in Python and by its name; forms
# and fields get richer ones. Nobody fills in forms here, and one class for all costs nothing.
_PARSER.set_element_class_lookup(
    ElementDefaultClassLookup(
        element=HtmlElement, comment=HtmlComment, pi=HtmlProcessingInstruction, entity=HtmlEntity
    )
)

_OUTSIDE = re.compile(rb"[\x80-\xff]+")
_WESTERN = frozenset(
    "€…‘’“”•–—™\u00a0£©«»°·½éèêëàáâäåãçíìïîñóòôöõúùûüøæßÉÈÀÁÄÅÇÖØÜÑ".encode("windows-1252")
)
_WESTERN_RUN = 1.5
"""Bytes outside ASCII in a row, on average: German has 1.0, Thai 5 and more."""
_OUTSIDE_ASCII = re.compile(rb"(?:[\x80-\xff]+[ -;=?-~]{0,3})+")


def decoded(body: bytes, content_type: str | None = None) -> str:
    """The page's text. BOM, valid UTF-8, the charset of the header, that of the
    page, in this order; then detection over the parts outside ASCII. Never
    raises: bytes that fit nothing become U+FFFD."""
    encoding, bom = read_bom(body)
    if encoding and bom:
        return body[len(bom) :].decode(encoding, errors="replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body[:4096])
    if declared and (known := resolve_encoding(declared)):
        text = body.decode(known, errors="replace")
        outside = sum(char > "\x7f" for char in text)
        if text.count("\ufffd") <= max(3, _MAX_BROKEN * outside):
            return text
    return _detected(body)


def binary(text: str) -> bool:
    """Whether the beginning holds more control characters than any text does: a picture, a PDF."""
    start = text[:_SAMPLE].encode("utf-8", "replace")
    return len(start) - len(start.translate(None, _CONTROLS)) > _MAX_BROKEN * len(start)


def parsed(text: str) -> HtmlElement | None:
    """The page's tree, ``<html>`` at its root, or None when there is no element in it.

    The work of ``trafilatura.load_html`` without its two passes of regular
    expressions over the page, which cost a third of parsing.
    """
    head = repair_faulty_html(text[:_HEAD], text[:50].lower())
    source = (head + text[_HEAD:]).encode("utf-8", "replace").translate(None, _CONTROLS)
    try:
        return document_fromstring(source, parser=_PARSER)
    except (ParserError, ValueError):
        return None


def strip_code(tree: HtmlElement) -> None:
    """Take scripts, styles and drawings out of the tree, JSON-LD excepted. The extractor copies
    the tree several times over, and on many pages they are most of it."""
    for element in list(tree.iter("script", "style", "svg")):
        if element.getparent() is not None and "json" not in (element.get("type") or ""):
            element.drop_tree()


def strip_furniture(tree: HtmlElement) -> None:
    """Take menus, asides and footers out of the tree. The extractor does so too, but only after
    it copied and searched the tree, of which they are a third. What holds a headline, an article
    or (a footer apart) a paragraph stays: it may be one that somebody forgot to end."""
    for element in list(tree.iter("nav", "aside", "footer")):
        signs = ("h1", "article") if element.tag == "footer" else ("h1", "article", "p")
        if next(element.iter(*signs), None) is None and element.getparent() is not None:
            element.drop_tree()


def _western(body: bytes) -> bool:
    """Whether all bytes outside ASCII stand alone and are what windows-1252 has for Western
    European letters and typographic signs: a detector has too little to go by there."""
    runs = _OUTSIDE.findall(body)
    return (
        bool(runs)
        and sum(map(len, runs)) <= _WESTERN_RUN * len(runs)
        and set(b"".join(runs)) <= _WESTERN
    )


def _detected(body: bytes) -> str:
    if _western(body):
        return body.decode("windows-1252")
    # Only what is outside ASCII tells encodings apart; with head and scripts in front of it, a
    # detector that looks at the first and last bytes of a page would see none of it.
    sample = bytearray()
    for match in _OUTSIDE_ASCII.finditer(body):
        sample += match[0] + b" "
        if len(sample) > _SAMPLE:
            break
    for encoding in detect_encoding(bytes(sample[:_SAMPLE])):
        try:
            return body.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    return body.decode("utf-8", errors="replace")
