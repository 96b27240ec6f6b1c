"""``monitor outlets check``: what it asks, what it says, how it ends."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from scripted_site import Answer, ScriptedSite, feed, index, serving, urlset, write_outlet

from monitor.checking import SourceCheck, print_checks, read_answer
from monitor.cli import main
from monitor.items import Page
from monitor.outlets import Outlet, Source, SourceKind

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
BASE = "http://news.example"
OUTLET = Outlet(
    slug="daily",
    name="Daily",
    homepage=BASE + "/",
    country="KH",
    languages=("en",),
    kind="news",
    article_url=re.compile(rf"^{BASE}/a/"),
)


def answered(kind: SourceKind, body: str, url: str = BASE + "/source") -> SourceCheck:
    source = Source(kind, BASE + "/source")
    page = Page("", source.url, url, 200, {}, body.replace("{base}", BASE).encode(), NOW)
    return read_answer(OUTLET, source, page, NOW)


def dated(days: int) -> str:
    return format_datetime(NOW - timedelta(days=days))


@pytest.mark.parametrize(
    ("kind", "body", "works", "answer"),
    [
        (
            "feed",
            feed("one", "two", at=dated(1)),
            True,
            "works: 2 articles, 2 match the pattern, newest 2026-11-21",
        ),
        ("feed", feed("one"), True, "works: 1 article, 1 match the pattern"),
        (
            "feed",
            feed("one", at=dated(400)),
            True,
            "works: 1 article, 1 match the pattern, but the newest entry is 400 days old",
        ),
        (
            "feed",
            feed("one", "two", "three", folder="/b/"),
            False,
            f"3 articles, none matches article_url, such as {BASE}/b/one and {BASE}/b/two",
        ),
        ("feed", feed(), False, "lists no article"),
        ("feed", "<p>Gone fishing</p>", False, "not a feed"),
        (
            "sitemap",
            urlset(("{base}/a/one", "2026-11-20"), ("{base}/tag/x", "2026-11-21")),
            True,
            "works: 2 articles, 1 match the pattern, newest 2026-11-20",
        ),
        ("news_sitemap", "<p>Hello</p>", False, "not a news sitemap"),
        ("sitemap", index("/1.xml", "/2.xml"), True, "works: an index of 2 sitemaps"),
        (
            "section",
            '<a href="/a/one">One</a><a href="/about">About</a>',
            True,
            "works: 2 links, 1 match the pattern",
        ),
        (
            "section",
            '<a href="/x">X</a><a href="/longer-address">L</a>',
            False,
            f"2 links, none matches article_url, such as {BASE}/longer-address and {BASE}/x",
        ),
        ("section", "", False, f"{BASE}/source holds no HTML"),
    ],
)
def test_a_source_is_said_to_work_or_not_and_why(
    kind: SourceKind, body: str, works: bool, answer: str
) -> None:
    found = answered(kind, body)
    assert (found.works, found.answer) == (works, answer)


def test_a_redirect_is_said() -> None:
    found = answered("feed", feed("one"), url=BASE + "/new")
    assert found.moved_to == BASE + "/new"
    assert found.answer.endswith(f"; moved to {BASE}/new")


def test_a_date_in_the_future_is_not_the_newest() -> None:
    found = answered("sitemap", urlset(("{base}/a/1", "2026-11-20"), ("{base}/a/2", "2099-01-01")))
    assert found.newest == datetime(2026, 11, 20, tzinfo=UTC)


def check(folder: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    """Exit status, results by outlet, standard error."""
    command = [sys.executable, "-m", "monitor.cli", "outlets", "check", "--json"]
    done = subprocess.run(
        [*command, "--outlets", str(folder), *options],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, {row["outlet"]: row for row in json.loads(done.stdout)}, done.stderr


PAGES = {
    "/robots.txt": Answer("User-agent: *\nDisallow: /secret\nCrawl-delay: 0.05"),
    "/": Answer('<link rel="alternate" type="application/rss+xml" href="/rss">'),
    "/rss": Answer(feed("one", "two")),
    "/old": Answer(status=301, headers={"Location": "/rss"}),
    "/wall": Answer("<script>_cf_chl_opt</script>", status=403),
    "/busy": Answer(status=503),
}


def test_each_source_is_asked_once_and_the_homepage_where_none_works(tmp_path: Path) -> None:
    with serving(dict(PAGES)) as site, serving({"/robots.txt": Answer(status=503)}) as down:
        good = (("feed", "/rss"), ("feed", "/old"), ("feed", "/secret"))
        write_outlet(tmp_path, "good", site, *good)
        bad = (("feed", "/none"), ("feed", "/wall"), ("feed", "/busy"))
        write_outlet(tmp_path, "bad", site, *bad)
        write_outlet(tmp_path, "down", down, ("feed", "/rss"))
        nowhere = ScriptedSite({})
        nowhere.base = "http://127.0.0.1:9"  # the discard port: nobody answers
        write_outlet(tmp_path, "nowhere", nowhere, ("feed", "/rss"))

        status, rows, errors = check(tmp_path)

        assert sorted(site.paths()) == ["/", "/busy", "/none", "/old", "/rss", "/rss", "/wall"]
        assert [path for _, path, _ in site.log].count("/robots.txt") == 1
        assert down.paths() == []
    assert status == 1
    assert "does not work: bad, down, nowhere" in errors
    assert "Traceback" not in errors
    assert {slug: row["works"] for slug, row in rows.items()} == {
        "bad": False,
        "down": False,
        "good": True,
        "nowhere": False,
    }
    answers = {slug: [s["answer"] for s in row["sources"]] for slug, row in rows.items()}
    assert answers["good"] == [
        "works: 2 articles, 2 match the pattern",
        f"works: 2 articles, 2 match the pattern; moved to {site.base}/rss",
        "forbidden by robots.txt",
    ]
    assert answers["bad"] == [
        "HTTP 404",
        "a bot check (Cloudflare) stands before the page",
        "HTTP 503",
    ]
    assert answers["down"][0].endswith("could not be read (HTTP 503)")
    assert rows["good"]["sources"][2]["robots"] == "forbidden"
    assert rows["good"]["article_robots"] == "allowed, crawl-delay 0.05 s"
    assert rows["down"]["sources"][0]["robots"] == "unreachable"
    assert rows["bad"]["instead"] == [f"{site.base}/rss"]
    assert rows["good"]["instead_note"] == ""


def test_an_outlet_whose_articles_robots_txt_forbids_does_not_work(tmp_path: Path) -> None:
    pages = {**PAGES, "/robots.txt": Answer("User-agent: *\nDisallow: /a/")}
    with serving(pages) as site:
        write_outlet(tmp_path, "good", site, ("feed", "/rss"))
        status, rows, _ = check(tmp_path, "good")
    assert (status, rows["good"]["article_robots"]) == (1, "forbidden")


def test_one_forbidden_article_is_said_and_no_alarm(tmp_path: Path) -> None:
    pages = {**PAGES, "/robots.txt": Answer("User-agent: *\nDisallow: /a/one")}
    with serving(pages) as site:
        write_outlet(tmp_path, "good", site, ("feed", "/rss"))
        status, rows, _ = check(tmp_path, "good")
    assert (status, rows["good"]["article"]) == (0, f"{site.base}/a/two")
    assert rows["good"]["article_robots"] == "allowed; 1 of 2 articles forbidden"


def test_only_sources_that_nobody_saw_work_are_asked_on_demand(tmp_path: Path) -> None:
    with serving(dict(PAGES)) as site:
        write_outlet(tmp_path, "new", site, ("feed", "/rss"))
        write_outlet(tmp_path, "known", site, ("feed", "/old"))
        path = tmp_path / "known.toml"
        path.write_text(path.read_text(encoding="utf-8") + "\nverified = 2026-11-01")
        status, rows, _ = check(tmp_path, "--unverified")
        assert (status, list(rows), site.paths()) == (0, ["new"], ["/rss"])


def test_the_delay_holds_and_ctrl_c_ends_the_wait(tmp_path: Path) -> None:
    with serving(dict(PAGES)) as site:
        write_outlet(tmp_path, "slow", site, ("feed", "/rss"), extra="delay = 300")
        command = [sys.executable, "-m", "monitor.cli", "outlets", "check"]
        running = subprocess.Popen(
            [*command, "--outlets", str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert site.asked.acquire(timeout=60)
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)
        assert [path for _, path, _ in site.log] == ["/robots.txt"]
    assert running.returncode == 1
    assert "interrupted: not all outlets were checked" in errors


@pytest.mark.parametrize("slug", ["nowhere", "vod-english"])
def test_what_is_not_crawled_is_not_checked(slug: str) -> None:
    result = CliRunner().invoke(main, ["outlets", "check", slug])
    assert result.exit_code == 2
    assert slug in result.output


def test_the_table_has_a_row_a_source(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    from monitor.checking import OutletCheck

    found = replace(answered("feed", feed("one")), robots="allowed")
    print_checks(
        [
            OutletCheck("daily", (found,), f"{BASE}/a/one", "allowed"),
            OutletCheck("dead", (), instead_note="the homepage names no feed"),
        ],
        Console(),
    )
    printed = capsys.readouterr().out
    assert re.search(r"daily +feed +\S+/source +works: 1 article, .* +allowed", printed)
    assert "the homepage names no feed" in printed
    assert "2 outlets, 1 of them works" in printed
