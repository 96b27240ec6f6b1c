"""Outlet files: typed when they are right, a clear error when they are not."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import main
from monitor.outlets import Outlet, OutletError, Source, load_outlet, load_outlets

GOOD = """
name = "The Mekong Wire"
homepage = "https://www.mekongwire.example/"
country = "KH"
covers = ["KH", "LA"]
languages = ["en", "km"]
kind = "news"
article_url = '^https://www\\.mekongwire\\.example/\\d{4}/[a-z-]+/$'
delay = 8
notes = "Long weekends without news."

[[sources]]
kind = "feed"
url = "https://www.mekongwire.example/feed/"
verified = 2026-09-17

[[sources]]
kind = "section"
url = "https://www.mekongwire.example/national/"
"""


def write(folder: Path, text: str, name: str = "mekong-wire.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_becomes_a_typed_outlet(tmp_path: Path) -> None:
    assert load_outlet(write(tmp_path, GOOD)) == Outlet(
        slug="mekong-wire",
        name="The Mekong Wire",
        homepage="https://www.mekongwire.example/",
        country="KH",
        covers=("KH", "LA"),
        languages=("en", "km"),
        kind="news",
        article_url=re.compile(r"^https://www\.mekongwire\.example/\d{4}/[a-z-]+/$"),
        delay=8.0,
        notes="Long weekends without news.",
        sources=(
            Source("feed", "https://www.mekongwire.example/feed/", date(2026, 9, 17)),
            Source("section", "https://www.mekongwire.example/national/", None),
        ),
    )


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        (('name = "The Mekong Wire"', ""), "name", "a text in quotes"),
        (('"https://www.mekongwire.example/"', '"mekongwire.example"'), "homepage", "http://"),
        (('"https://www.mekongwire.example/"', '"http://[bad"'), "homepage", "http://"),
        (('.example/feed/"', '.example:99999/feed/"'), "sources, number 1: url", "http://"),
        (('country = "KH"', 'country = "Cambodia"'), "country", "a code"),
        (('languages = ["en", "km"]', "languages = []"), "languages", "a list of codes"),
        (('["en", "km"]', '["English"]'), "languages", "a code"),
        (('kind = "news"', 'kind = "blog"'), "kind", "one of news, state_media"),
        ((r"\d{4}/", r"(\d{4}/"), "article_url", "a valid regular expression"),
        (("delay = 8", "delay = -1"), "delay", "0 or more"),
        (("delay = 8", 'delay = "8"'), "delay", "a number of seconds"),
        (("delay = 8", "delay = nan"), "delay", "a number of seconds"),
        (("delay = 8", "delay = inf"), "delay", "a number of seconds"),
        (("delay = 8", 'browser = "yes"'), "browser", "true or false"),
        (("delay = 8", "max_pages = 0"), "max_pages", "a whole number, 1 or more"),
        (("delay = 8", "max_megabytes = 1.5"), "max_megabytes", "a whole number, 1 or more"),
        (("delay = 8", 'status = "closed"'), "status", "one of active"),
        (("delay = 8", 'status = "archive_only"'), "status_note", "the reason"),
        (("delay = 8", "speed = 8"), "speed", "one of the known fields"),
        (('kind = "feed"', 'kind = "rss"'), "sources, number 1: kind", "one of feed"),
        (("verified = 2026-09-17", 'verified = "2026"'), "sources, number 1: verified", "a day"),
        (("verified = 2026-09-17", "tested = true"), "sources, number 1", "only the fields"),
        (('/feed/"', '/feed/"\nkind = 1'), "mekong-wire.toml", "not readable as TOML"),
    ],
)
def test_an_error_names_file_field_and_expectation(
    tmp_path: Path, change: tuple[str, str], field: str, expected: str
) -> None:
    path = write(tmp_path, GOOD.replace(*change))
    with pytest.raises(OutletError) as caught:
        load_outlet(path)
    assert str(path) in str(caught.value)
    assert field in str(caught.value)
    assert expected in str(caught.value)


def test_a_section_page_needs_an_article_pattern(tmp_path: Path) -> None:
    text = "\n".join(line for line in GOOD.splitlines() if not line.startswith("article_url"))
    with pytest.raises(OutletError, match="article_url: expected a pattern"):
        load_outlet(write(tmp_path, text))


def test_an_outlet_that_is_not_crawled_needs_no_source(tmp_path: Path) -> None:
    text = GOOD[: GOOD.index("[[sources]]")] + 'status = "archive_only"\nstatus_note = "Closed."\n'
    assert load_outlet(write(tmp_path, text)).sources == ()


def test_the_file_name_is_the_slug(tmp_path: Path) -> None:
    with pytest.raises(OutletError, match="lower-case words joined by hyphens"):
        load_outlet(write(tmp_path, GOOD, "Mekong Wire.toml"))


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutletError, match="expected outlet files"):
        load_outlets(tmp_path)


def test_www_is_no_host_of_its_own(tmp_path: Path) -> None:
    assert load_outlet(write(tmp_path, GOOD)).hosts == {"mekongwire.example"}


class TestBundledOutlets:
    outlets = load_outlets()

    def test_there_are_enough_and_in_order(self) -> None:
        crawled = [o for o in self.outlets.values() if o.status == "active"]
        assert len(crawled) >= 77
        assert list(self.outlets) == sorted(self.outlets)

    @pytest.mark.parametrize(
        "slug",
        ["prachatai-en", "phnom-penh-post", "rfa-english", "rfa-khmer", "voa-khmer"],
    )
    def test_the_outlets_of_the_first_five_stories_are_crawled(self, slug: str) -> None:
        assert self.outlets[slug].status == "active"
        assert self.outlets[slug].sources

    def test_a_crawled_outlet_without_a_source_says_what_is_asked_instead(self) -> None:
        bare = [o for o in self.outlets.values() if o.status == "active" and not o.sources]
        assert [o.slug for o in bare] == ["asylum-access", "the-88-project"]
        assert all("homepage is asked" in o.status_note for o in bare)

    def test_no_pattern_takes_its_own_home_page_or_feed_for_an_article(self) -> None:
        wrong = [
            (outlet.slug, url)
            for outlet in self.outlets.values()
            if outlet.article_url is not None
            for url in [outlet.homepage, *(source.url for source in outlet.sources)]
            if outlet.is_article(url)
        ]
        assert wrong == []


def test_the_table_of_the_documentation_is_that_of_the_files() -> None:
    page = (Path(__file__).parent.parent / "docs" / "outlets.md").read_text(encoding="utf-8")
    made = CliRunner().invoke(main, ["outlets", "list", "--markdown"]).output
    assert page.endswith(made), "make it anew: monitor outlets list --markdown"


def test_the_list_names_every_outlet_and_how_many_are_crawled() -> None:
    output = CliRunner().invoke(main, ["outlets", "list"], env={"COLUMNS": "200"}).output
    known = load_outlets()
    assert all(slug in output for slug in known)
    active = sum(outlet.status == "active" for outlet in known.values())
    assert f"{len(known)} outlets, {active} of them crawled" in output


def test_one_outlet_is_shown_whole_and_as_json() -> None:
    output = CliRunner().invoke(main, ["outlets", "show", "prachatai-en"]).output
    assert "Prachatai English (prachatai-en)" in output
    assert "feed: https://prachataienglish.com/rss.xml  (seen to work 2026-08-03)" in output
    row = json.loads(CliRunner().invoke(main, ["outlets", "show", "prachatai-en", "--json"]).output)
    assert row["languages"] == ["en"]
    rows = json.loads(CliRunner().invoke(main, ["outlets", "list", "--json"]).output)
    assert row in rows


def test_an_outlet_that_there_is_not_is_said() -> None:
    result = CliRunner().invoke(main, ["outlets", "show", "nowhere"])
    assert result.exit_code == 2
    assert "no such outlet: nowhere (see monitor outlets list)" in result.output


RULE = """
[[address_rules]]
pattern = '^https://www\\.mekongwire\\.example/node/(?P<id>\\d+)'
address = "https://www.mekongwire.example/story/{id}"
"""


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        (("(?P<id>", "("), "number 1: address", "groups of the pattern (none), got"),
        (("{id}", "{number}"), "number 1: address", "groups of the pattern ({id}), got"),
        (("{id}", "{id"), "number 1: address", "in which braces"),
        (('"https://www.mekongwire.example/story/{id}"', "7"), "number 1: address", "a text"),
        (("(?P<id>", "(?P<id"), "number 1: pattern", "a valid regular expression"),
        (("pattern =", "key ="), "number 1: pattern", "a regular expression in quotes"),
        (("address =", "adress ="), "number 1", "only the fields pattern, address, key, fetch"),
        ((RULE[RULE.index("address =") :], ""), "number 1", "address, key or fetch"),
        ((RULE, "address_rules = 1\n"), "address_rules", "tables written [[address_rules]]"),
    ],
)
def test_an_error_in_an_address_rule_says_what_was_expected(
    tmp_path: Path, change: tuple[str, str], field: str, expected: str
) -> None:
    head, sources = GOOD.split("[[sources]]", 1)
    text = head + RULE.replace(*change) + "\n[[sources]]" + sources
    path = write(tmp_path, text)
    with pytest.raises(OutletError) as caught:
        load_outlet(path)
    assert str(caught.value).startswith(f"{path}: address_rules")
    assert field in str(caught.value)
    assert expected in str(caught.value)
