"""Pages of every kind, and pages that are none."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.extract import ExtractError, extract
from monitor.items import Entry

PAGES = Path(__file__).parent / "fixtures" / "pages"
URL = "https://outlet.example/2026/11/a-story"
FETCHED = datetime(2026, 11, 23, 2, tzinfo=UTC)
PARAGRAPH = "<p>The families were told on Friday that they would be moved across the river.</p>"


def page(head: str = "", body: str = PARAGRAPH * 5) -> bytes:
    return f"<html><head>{head}</head><body><article>{body}</article></body></html>".encode()


@pytest.mark.parametrize("name", sorted(path.stem for path in PAGES.glob("*.html")))
def test_a_stored_page_becomes_the_article_beside_it(name: str) -> None:
    case: dict[str, Any] = json.loads((PAGES / f"{name}.json").read_text(encoding="utf-8"))
    known, expected = case["given"], case["expected"]
    entry = known.get("entry")
    article = extract(
        (PAGES / f"{name}.html").read_bytes(),
        known["url"],
        content_type=known.get("content_type"),
        declared_language=known.get("declared_language"),
        fetched_at=datetime.fromisoformat(known["fetched_at"]),
        entry=Entry(**{**entry, "published_at": datetime.fromisoformat(entry["published_at"])})
        if entry
        else None,
    )
    got = asdict(article)
    got["published_at"] = article.published_at.isoformat() if article.published_at else None
    got["byline"] = list(article.byline)
    got["text"] = article.text.split("\n\n") if expected["text"] else None
    assert {name: got[name] for name in expected} == expected
    assert article.language == article.verdict.code


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        (b"", "empty_page"),
        (b" \n\t ", "empty_page"),
        (b"<html><body></body></html>", "empty_page"),
        (b"<html><body><div id=app></div><script>start()</script></body></html>", "empty_page"),
        (b"<html><body><p>Log in</p></body></html>", "no_text"),
        (b"%PDF-1.7 \x00\x01\x02", "not_html"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not_html"),
        (bytes(range(256)) * 40 + b"<a>", "not_html"),
        (b'{"articles": []}', "not_html"),
        (b"<p>" + b"x" * 20_000_001, "too_large"),
    ],
)
def test_a_page_without_an_article_says_why(html: bytes, reason: str) -> None:
    with pytest.raises(ExtractError) as raised:
        extract(html, URL)
    assert raised.value.reason == reason
    assert str(raised.value) == raised.value.detail != ""


@pytest.mark.parametrize(
    ("value", "content_type"),
    [
        ("ส่งกลับประเทศ".encode("cp874"), "text/html; charset=windows-874"),
        ("ส่งกลับประเทศ".encode("cp874"), "text/html; charset=TIS-620"),
        ("ส่งกลับประเทศ".encode(), "text/html; charset=iso-8859-1"),
        ("ส่งกลับประเทศ".encode(), None),
    ],
)
def test_bytes_that_are_utf8_are_utf8_and_else_the_header_counts(
    value: bytes, content_type: str | None
) -> None:
    article = extract(page().replace(b"Friday", value), URL, content_type=content_type)
    assert "ส่งกลับประเทศ" in article.text


def test_a_header_that_claims_utf8_for_thai_bytes_is_not_believed() -> None:
    html = (PAGES / "thai_without_charset.html").read_bytes()
    article = extract(html, URL, content_type="text/html; charset=utf-8")
    assert article.title == "ส่งครอบครัวผู้ลี้ภัยกลับข้ามแม่น้ำ"


def test_a_response_cut_inside_a_character_keeps_its_text() -> None:
    html = page(body=PARAGRAPH * 5 + "<p>难民</p>")
    cut = html[: html.index("民".encode()) + 1]
    assert "难" in extract(cut, URL, content_type="text/html; charset=utf-8").text


def test_a_byte_order_mark_outweighs_the_header() -> None:
    html = "\ufeff<html><body><p>" + "Café by the river. " * 20 + "</p></body></html>"
    article = extract(html.encode("utf-16-le"), URL, content_type="text/html; charset=iso-8859-1")
    assert article.text.startswith("Café by the river.")


def test_a_title_repeated_above_the_text_is_dropped() -> None:
    html = page(
        "<meta property=og:title content='They were moved'>",
        "<p>They were moved</p>" + PARAGRAPH * 5,
    )
    article = extract(html, URL)
    assert article.title == "They were moved"
    assert article.text.startswith("The families")


def test_text_is_composed_and_holds_nothing_that_cannot_be_stored() -> None:
    html = page(
        body="<p>Pho\u0302\u0301 cu\u0303 de\xadported \x01 &#xFEFF;"
        + "and sent back across the river. " * 9
    )
    assert extract(html, URL).text.startswith("Phố cũ deported and sent back")


def test_a_date_from_the_future_is_not_believed_and_the_feed_is_asked() -> None:
    head = '<meta property="article:published_time" content="2031-01-01T00:00:00Z">'
    published = datetime(2026, 11, 20, 12, tzinfo=UTC)
    article = extract(page(head), URL, fetched_at=FETCHED, entry=Entry(URL, published_at=published))
    assert (article.published_at, article.published_from) == (published, "feed")


def test_a_day_in_the_feed_stays_a_day() -> None:
    entry = Entry(URL, published_at=datetime(2026, 11, 20))
    assert extract(page(), URL, fetched_at=FETCHED, entry=entry).published_precision == "day"


def test_a_day_in_the_address_comes_after_what_is_said_and_before_a_guess() -> None:
    url = "https://outlet.example/2026/11/20/a-story"
    html = page(body=PARAGRAPH * 5 + "<p>Posted in November on 2026-11-19</p>")

    def published(html: bytes, url: str = url, entry: Entry | None = None) -> tuple[Any, ...]:
        article = extract(html, url, fetched_at=FETCHED, entry=entry)
        return str(article.published_at)[:10], article.published_precision, article.published_from

    assert published(html) == ("2026-11-20", "day", "address")
    fed = Entry(url, published_at=datetime(2026, 11, 21, 8, tzinfo=UTC))
    assert published(html, entry=fed) == ("2026-11-21", "second", "feed")
    assert published(html, url.replace("2026", "2027")) == ("2026-11-19", "day", "trafilatura")
    canonical = page(f"<link rel=canonical href='{url}'>")
    assert published(canonical, "https://outlet.example/node/7") == ("2026-11-20", "day", "address")


def test_a_guessed_date_is_the_last_resort() -> None:
    html = page(body=PARAGRAPH * 5 + "<p>Posted in November on 2026-11-19</p>")
    article = extract(html, URL, fetched_at=FETCHED)
    assert (str(article.published_at), article.published_from) == (
        "2026-11-19 00:00:00",
        "trafilatura",
    )


def test_the_same_page_gives_the_same_article() -> None:
    html = (PAGES / "json_ld_graph.html").read_bytes()
    assert extract(html, URL, fetched_at=FETCHED) == extract(html, URL, fetched_at=FETCHED)


def attempt(html: bytes, url: str = URL) -> None:
    reason = ""
    try:
        article = extract(html, url, fetched_at=FETCHED)
        assert article.text
        for text in (article.title, article.text, *article.byline):
            text.encode()
    except ExtractError as error:
        reason = f"{error.reason}: {error.detail}"
    assert not reason.startswith("extractor_failed"), reason


@given(st.binary(max_size=2_000))
def test_random_bytes_raise_nothing_but_extract_errors(noise: bytes) -> None:
    attempt(noise)
    attempt(b"<html><body><p>" + noise)


_FRAGMENTS = st.sampled_from(
    [b"<div>", b"</div>", b"<p>", b"</p", b"<!--", b"-->", b"<script>", b"</script>", b"<![CDATA[",
     b'{"@type":', b"[[[[", b'"author":{"name":[{}]},', b"\\ud800", b"&#xD800;", b"&#0;", b"<h1>",
     b"<meta property='article:published_time' content='", b"9999-99-99", b"<link rel=canonical href='http://[",
     b"\x00", b"\xff\xfe", b"<table><tr>", b"</html>", b"<body>", b"<time datetime=0>", b"<base href=x>"]
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(PAGES.glob("*.html"))),
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 40), _FRAGMENTS | st.binary(max_size=9)),
        max_size=6,
    ),
)
def test_mutated_pages_raise_nothing_but_extract_errors(
    path: Path, mutations: list[tuple[float, int, bytes]]
) -> None:
    html = path.read_bytes()
    for place, length, replacement in mutations:
        at = int(place * len(html))
        html = html[:at] + replacement + html[at + length :]
    attempt(html)


@pytest.mark.parametrize(("others", "element"), [(0, "p"), (9, "p"), (0, "div")])
def test_a_story_in_an_unusual_place_is_read_at_second_sight(others: int, element: str) -> None:
    # The first look leaves out what stands in an <aside>: little is left, or few of the paragraphs.
    dry = "<p>Along the coast it stays dry until day {} of the month, the weather office says.</p>"
    towed = "Before dawn the navy towed boat {} back past the headland, fishermen at the pier said."
    beside = "".join(map(dry.format, range(100, 100 + others)))
    story = "".join(map(f"<{element}>{towed}</{element}>".format, range(100, 140)))
    body = f"<body><main>{beside}<aside><article>{story}</article></aside></main></body>"
    assert extract(body.encode(), URL).text.count("headland") == 40


def test_menus_asides_and_footers_are_not_the_story() -> None:
    menu = "<ul>" + "<li><a href=/x>A section of the site with a long name</a>" * 60 + "</ul>"
    furniture = f"<nav>{menu}</nav><aside>{menu}</aside><footer>{menu}<p>Imprint</p></footer>"
    story = "<p>Before dawn the navy towed the boat back past the headland, fishermen said.</p>"
    text = extract(f"<body>{furniture}<main>{story}</main></body>".encode(), URL).text
    assert text == "Before dawn the navy towed the boat back past the headland, fishermen said."


def test_a_menu_that_nobody_ended_holds_the_story() -> None:
    body = f"<body><nav><a href=/>Home</a><h1>A headline</h1>{PARAGRAPH * 5}</body>"
    assert PARAGRAPH.removeprefix("<p>").split("<")[0] in extract(body.encode(), URL).text
