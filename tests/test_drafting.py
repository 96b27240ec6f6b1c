"""``monitor outlets add``: a site is explored, and a draft written for a person."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from scripted_site import Answer, index, serving, urlset, write_outlet

from monitor.cli import main
from monitor.drafting import Seen, Site, draft, slug_for
from monitor.items import Entry
from monitor.outlets import OutletError, load_outlet, load_outlets
from monitor.sources import Homepage

TODAY = date(2026, 11, 22)
BASE = "http://mekongwire.example/"
HOMEPAGE = Homepage("The Mekong Wire", "en-US", (), (), (BASE + "national/",))
TITLE = "The river rose and the ferry stayed in port on day {}"


def entries(count: int, *, title: str = TITLE, path: str = "2026/11/") -> tuple[Entry, ...]:
    return tuple(
        Entry(f"{BASE}{path}the-river-rose-{n}", title.format(n)) for n in range(1, count + 1)
    )


def site(*seen: Seen, homepage: Homepage = HOMEPAGE, missed: dict[str, str] | None = None) -> Site:
    return Site(BASE, homepage, seen, missed or {})


def completed(text: str) -> str:
    """What a reviewer makes of a draft."""
    return text.replace('country = ""', 'country = "KH"').replace('kind = ""', 'kind = "news"')


def test_a_draft_is_an_outlet_once_a_person_has_completed_it(tmp_path: Path) -> None:
    text = draft(site(Seen("feed", BASE + "feed/", entries(20))), TODAY).text
    path = tmp_path / "mekong-wire.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OutletError, match="country"):
        load_outlet(path)
    path.write_text(completed(text), encoding="utf-8")
    outlet = load_outlet(path)
    assert (outlet.name, outlet.homepage, outlet.languages) == ("The Mekong Wire", BASE, ("en",))
    assert [(s.kind, s.url, s.verified) for s in outlet.sources] == [
        ("feed", BASE + "feed/", TODAY)
    ]
    assert outlet.article_url is not None
    assert outlet.is_article(BASE + "2027/01/another-story/?utm_source=rss")
    assert not outlet.is_article(BASE + "national/")
    assert "# 20 of 20 listed addresses match, such as" in text


def test_the_language_is_that_of_the_headlines_not_of_the_theme() -> None:
    khmer = entries(5, title="ទឹកទន្លេមេគង្គឡើងខ្ពស់ {}")
    found = tomllib.loads(draft(site(Seen("feed", BASE + "feed/", khmer)), TODAY).text)
    assert found["languages"] == ["km"]


def test_a_whole_sitemap_is_a_source_only_where_there_is_nothing_shorter() -> None:
    news = Seen("news_sitemap", BASE + "news.xml", entries(3))
    whole = Seen("sitemap", BASE + "map.xml", entries(9))
    both = draft(site(news, whole), TODAY).text
    assert [s["kind"] for s in tomllib.loads(both)["sources"]] == ["news_sitemap"]
    assert f"#   {BASE}map.xml: sitemap, works too" in both
    alone = draft(site(whole), TODAY).text
    assert [s["kind"] for s in tomllib.loads(alone)["sources"]] == ["sitemap"]


def test_without_sources_the_sections_are_shown() -> None:
    found = draft(site(missed={BASE + "feed/": "HTTP 404"}), TODAY)
    assert "sources" not in tomllib.loads(found.text)
    assert f"#   {BASE}national/" in found.text
    assert f"#   {BASE}feed/: HTTP 404" in found.text
    assert any(line.startswith("sources:") for line in found.review)


def test_without_a_pattern_examples_are_shown() -> None:
    mixed = tuple(Entry(f"http://{n * 3}.example/{n}") for n in "abcdefghijklmnopqrstuvwxyz")
    found = draft(site(Seen("feed", BASE + "feed/", mixed)), TODAY)
    assert "article_url" not in tomllib.loads(found.text)
    assert "# TODO article_url: a pattern that matches addresses such as" in found.text


def test_without_feed_and_sitemap_the_headlines_of_the_homepage_give_the_pattern() -> None:
    stories = tuple(f"{BASE}news.php?id={number}" for number in (10296, 10259, 10222))
    homepage = Homepage("ข่าวตะวัน", "th", (), (*stories, BASE + "list.php?c=1"), (), stories)
    read = tomllib.loads(draft(site(homepage=homepage), TODAY).text)
    assert all(re.match(read["article_url"], story) for story in stories)
    assert not re.match(read["article_url"], BASE + "list.php?c=1")
    assert read["sources"] == [{"kind": "section", "url": BASE}]


WILD = st.text(max_size=30)


@given(WILD, st.none() | WILD, st.lists(WILD, max_size=3), st.sampled_from(["feed", "sitemap"]))
def test_a_site_cannot_break_the_file(
    name: str, language: str | None, wild: list[str], kind: str
) -> None:
    homepage = Homepage(name, language, (), (), tuple(wild))
    seen = Seen(
        "feed" if kind == "feed" else "sitemap",
        BASE + "x",
        tuple(Entry(BASE + text, text) for text in wild),
    )
    found = site(seen, homepage=homepage, missed={text: text for text in wild})
    read = tomllib.loads(draft(found, TODAY).text)
    assert read["name"] in (name, "mekongwire.example")
    assert read["country"] == read["kind"] == ""


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://www.mekongwire.example/", "mekongwire"),
        ("https://burma.irrawaddy.com/", "burma-irrawaddy"),
        ("https://www.thestar.com.my/news", "thestar"),
        ("http://127.0.0.1:8080/", "127-0-0-1"),
    ],
)
def test_the_short_name_comes_from_the_host(url: str, slug: str) -> None:
    assert slug_for(url) == slug


def add(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["outlets", "add", *arguments])


def rss(*paths: str) -> str:
    items = "".join(
        f"<item><title>{TITLE}</title><link>{{base}}{path}</link></item>" for path in paths
    )
    return f'<rss version="2.0"><channel><title>N</title>{items}</channel></rss>'


def test_a_site_is_explored_and_a_draft_written(tmp_path: Path) -> None:
    home = """<html lang="en"><meta property="og:site_name" content="The Mekong Wire">
      <link rel="alternate" type="application/rss+xml" href="/feed/">
      <link rel="alternate" type="application/rss+xml" href="/gone/"><a href="/news/">News</a>"""
    stories = [f"/news/2026/11/{day:02}/the-river-rose" for day in range(1, 21)]
    pages = {
        "/robots.txt": Answer("User-agent: *\nDisallow: /gone\nSitemap: {base}/map.xml"),
        "/": Answer(home),
        "/feed/": Answer(rss(*stories)),
        "/map.xml": Answer(index("/posts-1.xml", "/posts-2.xml", "/tags.xml")),
        "/posts-2.xml": Answer(urlset(("{base}/news/2026/11/20/the-river-rose", "2026-11-20"))),
    }
    with serving(pages) as served:
        command = [sys.executable, "-m", "monitor.cli", "outlets", "add", served.base]
        done = subprocess.run(
            [*command, "--name", "mekong-wire", "--delay", "0", "--outlets", str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert served.paths() == ["/", "/feed/", "/map.xml", "/posts-2.xml"]
    assert (done.returncode, done.stderr) == (0, "")
    assert "mekong-wire.toml.draft is written. It is not crawled yet." in done.stdout
    assert list(tmp_path.glob("*.toml")) == []
    text = (tmp_path / "mekong-wire.toml.draft").read_text(encoding="utf-8")
    assert "/gone/: forbidden by robots.txt" in text
    (tmp_path / "mekong-wire.toml").write_text(completed(text), encoding="utf-8")
    outlet = load_outlets(tmp_path)["mekong-wire"]
    assert outlet.name == "The Mekong Wire"
    assert [source.url for source in outlet.sources] == [f"{served.base}/feed/"]
    assert outlet.is_article(f"{served.base}/asia/2027/01/02/x") is False
    assert outlet.is_article(f"{served.base}/news/2027/01/02/x")


def test_a_site_that_does_not_answer_leaves_no_draft(tmp_path: Path) -> None:
    with serving({"/": Answer(status=403)}) as served:
        command = [sys.executable, "-m", "monitor.cli", "outlets", "add", served.base]
        done = subprocess.run(
            [*command, "--name", "closed", "--delay", "0", "--outlets", str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == f"monitor: {served.base}/: HTTP 403\n"
    assert list(tmp_path.iterdir()) == []


def test_an_outlet_that_is_there_is_not_added_again(tmp_path: Path) -> None:
    with serving({}) as served:
        write_outlet(tmp_path, "daily", served, ("feed", "/rss"))
        (tmp_path / "drafted.toml.draft").touch()
        for url, name, words in [
            (served.base, "other", "daily is on the same host (active)"),
            (BASE, "daily", "daily.toml exists already"),
            (BASE, "drafted", "drafted.toml.draft exists already"),
            (BASE, "No Slug", "is no short name"),
            ("ftp://mekongwire.example/", "other", "is no web address"),
            ("https://[bad", "other", "is no web address"),
        ]:
            result = add(url, "--name", name, "--outlets", str(tmp_path))
            assert result.exit_code == 2
            assert words in result.output
        assert served.log == []
