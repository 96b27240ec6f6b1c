"""What a reader without scripts sees of a page: its title, its blocks of text, its forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from monitor.extract.jsonld import LinkedData, read_linked_data
from monitor.extract.visible import line

_UNSEEN = frozenset({"head", "script", "style", "svg", "template", "noscript", "iframe", "object"})
_INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "br", "cite", "code", "em", "font", "i", "img", "ins", "mark", "q",
     "s", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "wbr"}
)  # fmt: skip

PROSE = 60
"""Letters of a block of running text; labels, teasers' headlines and captions are shorter."""

_STEP = re.compile(rb"<(?:(p|script|style|template)[\s>]|!--)")
_IN_PARAGRAPH = re.compile(r"<a[\s>].{0,300}?</a\s*>|<[^>]{0,300}>", re.DOTALL)
_MAX_PARAGRAPH = 2_000
"""Bytes of a paragraph that are looked at."""

_HEADINGS = 5
_MAX_SEEN = 400_000
"""Letters after which no more is read: a page with so much to read is an article or a list."""

_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_IDEOGRAPH_LETTERS = 3
"""Letters of a translation that one ideograph stands for, about; what counts here is how much
a text says."""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a cell, a heading. ``length`` counts letters outside links, see
    :func:`length`."""

    text: str
    length: int


@dataclass(frozen=True)
class Sight:
    """A page's tree as it looks without scripts; ``url`` is where it answered."""

    tree: HtmlElement
    url: str

    @cached_property
    def title(self) -> str:
        return line(self.tree.find(".//title"))

    @cached_property
    def headings(self) -> tuple[str, ...]:
        return tuple(map(line, islice(self.tree.iter("h1"), _HEADINGS)))

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(_blocks(self.tree))

    @cached_property
    def visible(self) -> int:
        """Letters that the page shows, menus and links included."""
        return sum(length(block.text) for block in self.blocks)

    @cached_property
    def prose(self) -> int:
        """Letters of running text."""
        return sum(block.length for block in self.blocks if block.length >= PROSE)

    @cached_property
    def text(self) -> str:
        """All that is shown, case folded, in one line."""
        return " ".join(block.text for block in self.blocks).casefold()

    @cached_property
    def without_scripts(self) -> str:
        """What ``<noscript>`` says, case folded."""
        return " ".join(line(part) for part in self.tree.iter("noscript")).casefold()

    @cached_property
    def linked(self) -> LinkedData:
        return read_linked_data(self.tree, self.url, titles=(self.title, *self.headings))

    @cached_property
    def claims_article(self) -> bool:
        """Whether the page tells machines that it is an article."""
        return bool(self.linked.article) or any(
            (meta.get("property") == "og:type" and meta.get("content") == "article")
            or meta.get("property") == "article:published_time"
            for meta in self.tree.iter("meta")
        )

    @cached_property
    def marks(self) -> frozenset[str]:
        """Every ``id`` and ``class`` on the page, lower case."""
        return frozenset(
            mark
            for element in self.tree.iter()
            for name in ("id", "class")
            if (value := element.get(name))
            for mark in value.lower().split()
        )


def holds_prose(lowered: bytes, wanted: int) -> bool:
    """Whether the paragraphs of a page (UTF-8, ASCII letters small) have ``wanted`` letters of
    running text. A cautious :attr:`Sight.prose` without parsing."""
    position = found = 0
    while step := _STEP.search(lowered, position):
        tag = step[1]
        position = lowered.find(b"</" + tag if tag else b"-->", step.end())
        if position < 0:
            return False
        if tag == b"p":
            inner = lowered[step.start() : min(position, step.start() + _MAX_PARAGRAPH)]
            said = length(_IN_PARAGRAPH.sub("", inner.decode("utf-8", "replace")))
            found += said if said >= PROSE else 0
            if found >= wanted:
                return True
    return False


def length(text: str) -> int:
    """How much a text says, in letters of an alphabetic script; blanks are not counted."""
    text = "".join(text.split())
    return len(text) + (_IDEOGRAPH_LETTERS - 1) * len(_IDEOGRAPH.findall(text))


def _blocks(tree: HtmlElement) -> Iterator[Block]:
    pieces: list[str] = []
    own: list[str] = []
    seen = links = 0
    walk: Any = iterwalk(tree, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        start = event == "start"
        if pieces and tag not in _INLINE and tag not in _UNSEEN:
            yield _block(pieces, own)
            pieces, own = [], []
        if tag in _UNSEEN:
            if start:
                walk.skip_subtree()
                continue
        else:
            links += (tag == "a") * (1 if start else -1)
            if tag == "br":
                pieces.append(" ")
        piece = element.text if start else element.tail
        if piece and (pieces or not piece.isspace()):
            pieces.append(piece)
            if not links:
                own.append(piece)
            seen += len(piece)
            if seen > _MAX_SEEN:
                break
    if pieces:
        yield _block(pieces, own)


def _block(pieces: list[str], own: list[str]) -> Block:
    return Block(" ".join("".join(pieces).split()), length("".join(own)))
