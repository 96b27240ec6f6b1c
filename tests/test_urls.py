"""One address for one article."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import urls
from monitor.urls import absolute_url, canonical_url, is_home_page, language_mark, same_site


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://News.Example:443/A/b?x=1#top", "https://news.example/A/b?x=1"),
        ("http://news.example:80", "http://news.example/"),
        ("http://127.0.0.2:8801/a", "http://127.0.0.2:8801/a"),
        ("http://[::1]:80/a", "http://[::1]/a"),
        ("https://editor@news.example/a", "https://news.example/a"),
        ("https://news.example./a", "https://news.example/a"),
        ("https://news.example/a;jsessionid=12AB?id=7", "https://news.example/a?id=7"),
    ],
)
def test_the_same_place_is_written_in_one_way(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


def test_a_slug_written_out_is_the_same_as_escaped() -> None:
    escaped = "https://news.example/%E0%B8%82%E0%B9%88%E0%B8%B2%E0%B8%A7"
    assert canonical_url("https://news.example/ข่าว") == escaped
    assert canonical_url(escaped.lower()) == escaped
    assert canonical_url("https://news.example/%7Ea%2Fb%2D") == "https://news.example/~a%2Fb-"


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("?utm_source=rss&UTM_Medium=feed", ""),
        ("?id=12&fbclid=xyz&page=2", "?id=12&page=2"),
        ("?b=2&a=1", "?b=2&a=1"),
        ("?gclid", ""),
        ("?ref_id=12&story=9", "?ref_id=12&story=9"),
        ("?q=a+b&&empty=", "?q=a+b&empty="),
        ("?p=4711", "?p=4711"),
        ("?at_medium=RSS&at_campaign=rss&traffic_source=rss&spm=a.b.c", ""),
        ("?ref=homepage&id=3", "?id=3"),
        ("?ref=12", "?ref=12"),
        ("?encoding=latin&perm=381&khmer", "?encoding=latin&perm=381&khmer"),
    ],
)
def test_only_tracking_parameters_are_dropped(query: str, kept: str) -> None:
    assert canonical_url(f"https://news.example/a{query}") == f"https://news.example/a{kept}"


@pytest.mark.parametrize(
    ("variant", "plain"),
    [
        ("/2026/11/sent-back/amp/", "/2026/11/sent-back/"),
        ("/2026/11/sent-back/amp", "/2026/11/sent-back"),
        ("/news/12345/print", "/news/12345"),
        ("/sent-back.html?amp", "/sent-back.html"),
        ("/sent-back?amp=1&id=3", "/sent-back?id=3"),
        ("/sent-back?outputType=amp", "/sent-back"),
        ("/sent-back?print=1", "/sent-back"),
    ],
)
def test_amp_and_print_variants_lead_to_the_article(variant: str, plain: str) -> None:
    assert canonical_url(f"https://news.example{variant}") == f"https://news.example{plain}"


@pytest.mark.parametrize(
    "path",
    [
        "/tag/amp",
        "/amp/",
        "/print",
        "/amp/news/12",
        "/sent-back?print=42",
        "/a?output=12",
        "/blueprint",
    ],
)
def test_what_only_looks_like_a_variant_stays(path: str) -> None:
    assert canonical_url(f"https://news.example{path}") == f"https://news.example{path}"


@pytest.mark.parametrize(
    "text", ["", "mailto:a@b.example", "/relative", "http://[::1", "http://a:99999/"]
)
def test_what_is_no_web_address_comes_back(text: str) -> None:
    assert canonical_url(f" {text} ") == text


@given(st.text() | st.text().map(lambda text: f"https://news.example/{text}"))
def test_canonical_is_reached_in_one_step(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.news.example/a", "http://news.example/b", True),
        ("https://m.news.example/a", "https://www.news.example/a", True),
        ("https://amp.news.example/a", "https://edition.news.example/a", True),
        ("https://khmer.news.example/a", "https://news.example/a", True),
        ("https://khmer.news.example/a", "https://thai.news.example/a", False),
        ("https://news.example/a", "https://othernews.example/a", False),
        ("https://news.example/a", "https://example/a", False),
        ("http://127.0.0.2:8801/a", "http://127.0.0.2:8801/b", True),
        ("http://127.0.0.2:8801/a", "http://127.0.0.2:8802/a", False),
        ("http://127.0.0.2:8801/a", "http://127.0.0.3:8801/a", False),
        ("http://0.0.2:8801/a", "http://127.0.0.2:8801/a", False),
        ("https://news.example/a", "not a url", False),
    ],
)
def test_a_site_is_a_host_and_its_subdomains_on_one_port(one: str, other: str, same: bool) -> None:
    assert same_site(one, other) is same
    assert same_site(other, one) is same


@pytest.mark.parametrize("path", ["", "/", "/index.html", "/en", "/th/", "/zh-TW/", "/home"])
def test_front_pages_are_known(path: str) -> None:
    assert is_home_page(f"https://news.example{path}")


@pytest.mark.parametrize("path", ["/?p=12", "/news", "/en/news", "/a-story", "/index.html?id=1"])
def test_other_pages_are_no_front_pages(path: str) -> None:
    assert not is_home_page(f"https://news.example{path}")


@pytest.mark.parametrize(
    ("address", "language"),
    [
        ("khmer.news.example/a", "km"),
        ("en.news.example/a", "en"),
        ("news.example/th/a", "th"),
        ("news.example/kh/a", "km"),
        ("news.example/zh-hans/a", "zh"),
        ("www.news.example/zhongwen/simp/a", "zh"),
        ("news.example/a?lang=vi", "vi"),
        ("news.example/a?p=3&khmer", "km"),
        ("www.news.example/a", None),
        ("news.example/english-lessons", None),
        ("news.example/a/b/c/th/d", None),
        ("news.th/a", None),
        ("news.example/a?id=th", None),
    ],
)
def test_an_address_may_say_its_language(address: str, language: str | None) -> None:
    assert language_mark(f"https://{address}") == language


def test_references_are_resolved_and_bad_ones_refused() -> None:
    base = "https://news.example/a/b"
    assert absolute_url(base, " ../c ") == "https://news.example/c"
    assert absolute_url(base, "//cdn.example/x") == "https://cdn.example/x"
    assert absolute_url(base, "javascript:void(0)") is None
    assert absolute_url(base, "http://[") is None


def test_every_tracking_parameter_is_listed_once_in_lower_case_and_with_a_reason() -> None:
    path = Path(urls.__file__).with_name("tracking_parameters.toml")
    groups = tomllib.loads(path.read_text(encoding="utf-8"))["group"]
    names = [name for group in groups for name in group["names"]]
    assert all(group["reason"] for group in groups)
    assert len(names) == len(set(names))
    assert names == [name.lower() for name in names]
