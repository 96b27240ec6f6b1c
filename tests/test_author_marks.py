"""The author that trafilatura guesses, asked of few elements: the same answer."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import HtmlElement, document_fromstring
from trafilatura.metadata import extract_author
from trafilatura.xpaths import AUTHOR_XPATHS

from monitor.extract.author_marks import _names_author, guessed_author


def same(tree: HtmlElement) -> str:
    """What both find; ours leaves the tree as it is."""
    elements = [(element.tag, dict(element.attrib), element.text) for element in tree.iter()]
    found = guessed_author(tree)
    assert found == (extract_author(tree) or "")
    assert elements == [
        (element.tag, dict(element.attrib), element.text) for element in tree.iter()
    ]
    return found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<p>One.<p>Two.", ""),
        ("<p>One.<div class='Post-Author'>Jane <b>Doe</b></div>", "Jane Doe"),
        ("<div id=comments><a rel=author>A Reader</a></div><b class=x_byline>Jane Doe</b>", "Jane Doe"),
        ("<div class=authors><span class=author>Jane Doe</span></div>", "Jane Doe"),
        ("<figure><span class=author>A Painter</span></figure>", ""),
        ("<author>Jane Doe</author>", "Jane Doe"),
    ],
)  # fmt: skip
def test_the_author_is_found_among_the_marked_elements(body: str, found: str) -> None:
    assert same(document_fromstring(f"<html><body><main>{body}</main></body></html>")) == found


def test_a_marked_root_is_searched_as_a_whole() -> None:
    page = "<html class=author-page><body><p class=byline>Jane Doe</p></body></html>"
    assert same(document_fromstring(page)) == "Jane Doe"


_marks = st.sampled_from(
    ["author", "byline", "entry-author", "comments", "sidebar", "author-name", "text", "print"]
)
_pages = st.recursive(
    st.sampled_from(["", "Jane Doe", "John Roe", "a sentence of some length about the river"]),
    lambda inner: st.builds(
        lambda tag, mark, parts: f"<{tag} class='{mark}'>{' '.join(parts)}</{tag}> tail",
        st.sampled_from(["div", "span", "a", "section", "time", "figure"]),
        _marks,
        st.lists(inner, min_size=1, max_size=3),
    ),
)


@given(_pages)
def test_on_any_page_it_is_what_trafilatura_says(body: str) -> None:
    same(document_fromstring(f"<html><body>{body}</body></html>"))


def test_every_word_that_trafilatura_looks_for_is_a_mark() -> None:
    words = {
        re.sub(r"-\?", "", choice)
        for expression in AUTHOR_XPATHS
        for quoted in re.findall(r"'([^']+)'", expression.path)
        for choice in quoted.replace("[Aa]", "a").replace("[Bb]", "b").split("|")
    } - {"me"}  # of an element <rel>, which HTML does not have
    assert len(words) > 20
    assert [word for word in sorted(words) if not _names_author(word)] == []
