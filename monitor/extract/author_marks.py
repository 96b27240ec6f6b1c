"""The author by trafilatura's guess, at a fraction of its price.

Its expressions ask a dozen regular expressions of every element of a copy of the page. Only
elements marked in one of a few words can be their answer; most pages that we have to guess at
have none of them.
"""

from __future__ import annotations

import re
from copy import deepcopy
from functools import lru_cache

from lxml.etree import SubElement
from lxml.html import HtmlElement
from trafilatura.metadata import extract_author

_ATTRIBUTES = ("class", "id", "itemprop", "rel", "data-testid", "data-component")
_MARK = re.compile(
    r"author|byl|bbl|username|screenname|writer|zuozhe|bianji|xiaobian|channel-name"
    r"|submitted-by|posted-by|journalist-name"
)
"""Every word of ``trafilatura.xpaths.AUTHOR_XPATHS``, small."""


def guessed_author(tree: HtmlElement) -> str:
    """What ``trafilatura.metadata.extract_author`` finds in the tree, which stays as it is:
    names parted by semicolons, empty when there are none."""
    marked = _marked(tree)
    return (extract_author(marked) or "") if marked is not None else ""


def _marked(tree: HtmlElement) -> HtmlElement | None:
    """A copy of the marked elements with all that they hold, and of what they stand in without
    anything else; None when no element is marked."""
    copies: dict[HtmlElement, HtmlElement] = {}

    def empty_copy(element: HtmlElement) -> HtmlElement:
        if element not in copies:
            parent = element.getparent()
            copies[element] = (
                element.makeelement(element.tag, element.attrib)
                if parent is None
                else SubElement(empty_copy(parent), element.tag, element.attrib)
            )
        return copies[element]

    copied: set[HtmlElement] = set()
    for element in tree.iter():
        if element.tag != "author" and not _is_marked(element):
            continue
        parent = element.getparent()
        if parent is None:
            return tree
        if copied.isdisjoint(element.iterancestors()):
            copied.add(element)
            empty_copy(parent).append(deepcopy(element))
    return copies.get(tree)


def _is_marked(element: HtmlElement) -> bool:
    return any(map(_names_author, filter(None, map(element.get, _ATTRIBUTES))))


@lru_cache(maxsize=20_000)
def _names_author(value: str) -> bool:
    """Kept for a while, because a site's pages have the same classes."""
    return _MARK.search(value.lower()) is not None
