"""Pages that scripts build, in a real Chromium over loopback sites: what is read, and
what is never asked for."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from scripted_site import Answer, ScriptedSite, crawl, crawl_command, feed, serving, write_outlet

from monitor import browser
from monitor.items import Listing
from monitor.outlets import load_outlets
from monitor.store import Store

needs_chromium = pytest.mark.skipif(
    bool(browser.missing()), reason=f"rendering {browser.missing()}"
)

SHELL = """<!doctype html><html lang="en"><head><title>Daily</title></head>
<body><div id="root"></div><script src="/app.js"></script></body></html>"""

NOSY_SHELL = SHELL.replace(
    "</head>",
    """<link rel="stylesheet" href="/style.css"><link rel="preload" as="font" href="/font.woff2">
    <script src="{tracker}/tracker.js"></script><img src="/photo.jpg"><iframe src="/frame"></iframe>
    </head>""",
)

STORY_SCRIPT = """
const show = (html) => document.getElementById("root").insertAdjacentHTML("beforeend", html);
const name = location.pathname.split("/").pop();
const busy = performance.now();
while (performance.now() - busy < 700);  // longer than the silence that passes for the end
fetch(`/data/${name}.json`).then((answer) => answer.json()).then((story) => {
  document.title = story.title;
  show(`<article><h1>${story.title}</h1>${story.paragraphs.map((p) => `<p>${p}</p>`).join("")}</article>`);
});
"""

NOSY_SCRIPT = """
document.cookie = "visitor=1";
fetch("{tracker}/collect?page=" + location.pathname).catch(() => {});
fetch("/leave").catch(() => {});
fetch("/private/comments.json").then((answer) => answer.text()).then(show).catch(() => {});
fetch("/data/vote.json", {method: "POST", body: "1"}).catch(() => {});
navigator.sendBeacon("/beacon", "1");
new Image().src = "{tracker}/pixel.gif";
setTimeout(() => { location.href = "/elsewhere"; }, 100);
new WebSocket("{tracker}/socket".replace("http", "ws"));
"""

LIST_SCRIPT = """
document.body.innerHTML = `<a href="/a/three">Three, a story found on the section page</a>`;
"""


def script(text: str) -> Answer:
    return Answer(text, headers={"Content-Type": "text/javascript"})


def story(name: str) -> Answer:
    sentence = f"The river rose by two metres overnight and the ferry stayed in port, {name} said."
    body = json.dumps({"title": f"Story {name}", "paragraphs": [sentence] * 4})
    return Answer(body, headers={"Content-Type": "application/json"})


def processes(mark: Path) -> list[str]:
    """Command lines of what still runs with ``mark`` in it (a browser's profile is there)."""
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True
    )
    return [line for line in listed.stdout.splitlines() if str(mark) in line]


def rows(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{folder / 'monitor.db'}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


@dataclass
class Crawled:
    """One crawl over two outlets with the same pages; only one of them asks for a browser."""

    folder: Path
    night: dict[str, dict[str, Any]]
    rendered: ScriptedSite
    plain: ScriptedSite
    tracker: ScriptedSite


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("b")
    pages: dict[str, Answer] = {
        "/robots.txt": Answer("User-agent: *\nDisallow: /private/\nDisallow: /a/secret\n"),
        "/rss": Answer(feed("one", "two", "secret")),
        "/news": Answer("<html><body><script src=/list.js></script></body></html>", etag='"same"'),
        "/list.js": script(LIST_SCRIPT),
    }
    for name in ("one", "two", "three", "secret"):
        pages[f"/data/{name}.json"] = story(name)
    with (
        serving({}, host="127.0.0.2") as tracker,
        serving(dict(pages)) as rendered,
        serving(dict(pages)) as plain,
        pytest.MonkeyPatch.context() as environment,
    ):
        for site in (rendered, plain):
            for name in ("one", "two", "three", "secret"):
                site.pages[f"/a/{name}"] = Answer(NOSY_SHELL.replace("{tracker}", tracker.base))
            nosy = NOSY_SCRIPT.replace("{tracker}", tracker.base)
            site.pages["/app.js"] = script(STORY_SCRIPT + nosy)
            site.pages["/leave"] = Answer(status=302, headers={"Location": f"{tracker.base}/away"})
        sources = (("feed", "/rss"), ("section", "/news"))
        outlets = folder / "outlets"
        write_outlet(outlets, "by-script", rendered, *sources, extra="delay = 0.3\nbrowser = true")
        write_outlet(outlets, "plain", plain, *sources, extra="delay = 0.3")
        environment.setenv("TMPDIR", str(folder))
        yield Crawled(folder, crawl(folder), rendered, plain, tracker)


@needs_chromium
def test_what_scripts_build_is_read_where_the_outlet_asks_for_it(crawled: Crawled) -> None:
    row = crawled.night["by-script"]
    assert (row["outcome"], row["new"], row["failed"]) == ("finished", 3, 0)
    assert rows(
        crawled.folder, "SELECT outlet, title FROM articles WHERE NOT headline_only ORDER BY title"
    ) == [
        ("by-script", "Story one"),
        ("by-script", "Story three"),
        ("by-script", "Story two"),
    ]
    (text,) = rows(crawled.folder, "SELECT text FROM articles WHERE title = 'Story one'")[0]
    assert "the ferry stayed in port, one said." in text


@needs_chromium
def test_without_a_browser_the_same_pages_are_said_to_be_empty(crawled: Crawled) -> None:
    assert crawled.night["plain"]["new"] == 0
    found = rows(
        crawled.folder,
        "SELECT reason, detail FROM quarantine WHERE outlet = 'plain' AND stage = 'fetch'",
    )
    assert [reason for reason, _ in found] == ["script_shell", "script_shell"]
    assert all("only renders by JavaScript" in detail for _, detail in found)


@needs_chromium
def test_only_what_the_text_needs_is_asked_for_and_robots_txt_holds(crawled: Crawled) -> None:
    assert sorted(crawled.rendered.paths()) == [
        *("/a/one", "/a/three", "/a/two"),
        "/app.js",  # once for three pages
        *("/data/one.json", "/data/three.json", "/data/two.json"),
        *("/leave", "/leave", "/leave"),
        *("/list.js", "/news", "/rss"),
    ]


@needs_chromium
def test_no_other_site_hears_of_it(crawled: Crawled) -> None:
    assert crawled.tracker.log == []


@needs_chromium
def test_every_request_says_who_asks_and_carries_no_cookie(crawled: Crawled) -> None:
    agents = {headers["User-Agent"] for headers in crawled.rendered.headers}
    assert [agent.partition("/")[0] for agent in agents] == ["RefoulementMonitor"]
    assert not any("Cookie" in headers for headers in crawled.rendered.headers)


@needs_chromium
def test_the_delay_holds_also_between_a_page_and_its_parts(crawled: Crawled) -> None:
    gaps = [later[0] - earlier[0] for earlier, later in pairwise(crawled.rendered.log)]
    assert min(gaps) > 0.15


@needs_chromium
def test_the_browser_ends_with_the_crawl(crawled: Crawled) -> None:
    assert processes(crawled.folder) == []


@needs_chromium
def test_a_page_that_never_rests_is_taken_as_it_is_and_an_empty_one_is_always_read_anew(
    tmp_path: Path,
) -> None:
    restless = "setInterval(() => { fetch('/poll?' + Math.random()); show('.') }, 50)"
    pages = {
        "/news": Answer("<html><body><script src=/list.js></script></body></html>", etag='"same"'),
        "/list.js": script(LIST_SCRIPT),
        "/a/three": Answer(SHELL),
        "/app.js": script(STORY_SCRIPT + restless),
        "/data/three.json": story("three"),
    }
    with serving(pages) as site:
        outlets, db = tmp_path / "outlets", tmp_path / "monitor.db"
        extra = "delay = 0\nbrowser = true"
        write_outlet(outlets, "live", site, ("section", "/news"), extra=extra)
        with Store(db) as store:  # last night
            store.add_outlets(load_outlets(outlets).values())
            night = datetime(2026, 11, 21, tzinfo=UTC)
            last = store.begin_crawl("live", night.isoformat(), night)
            seen = Listing("live", f"{site.base}/news", "section", 200, (), night, '"same"')
            store.write([seen], crawl=last)
        command = [sys.executable, "-m", "scrapy", "crawl", "live"]
        options = {
            "MONITOR_OUTLETS_DIR": outlets,
            "MONITOR_DB_PATH": db,
            "DOWNLOAD_TIMEOUT": 2,
        }
        for name, value in options.items():
            command += ["-s", f"{name}={value}"]
        root = Path(__file__).parent.parent
        subprocess.run(command, cwd=root, capture_output=True, timeout=60, check=True)
    assert rows(tmp_path, "SELECT title FROM articles WHERE NOT headline_only") == [
        ("Story three",)
    ]
    polls = [path for path in site.paths() if path.startswith("/poll")]
    assert len(polls) == browser.MOST_PARTS - 2


@needs_chromium
def test_a_crawl_that_is_stopped_leaves_no_browser_and_no_half_page(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Short, because Chromium has a socket there: 108 characters are the most for one.
    tmp_path = tmp_path_factory.mktemp("s")
    many = "(async () => { for (let i = 0; i < 40; i++) await fetch('/data/' + i) })()"
    pages = {"/rss": Answer(feed("one", "two")), "/a/one": Answer(SHELL), "/app.js": script(many)}
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with serving(pages) as site:
        extra = "delay = 0.3\nbrowser = true"
        write_outlet(tmp_path / "outlets", "slow", site, ("feed", "/rss"), extra=extra)
        crawling = subprocess.Popen(
            crawl_command(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            for _ in range(6):
                assert site.asked.acquire(timeout=60), "the crawl asks for nothing"
            assert any("chromium" in line for line in processes(tmp_path))
            crawling.send_signal(signal.SIGTERM)
            _, errors = crawling.communicate(timeout=45)
        finally:
            crawling.kill()
        assert len(site.log) < 40
    assert "Traceback" not in errors
    assert processes(tmp_path) == []
    assert rows(tmp_path, "SELECT outcome, new FROM crawls") == [("interrupted", 0)]
    states = dict(rows(tmp_path, "SELECT url, state FROM urls"))
    assert states == {f"{site.base}/a/{name}": "pending" for name in ("one", "two")}


def test_without_chromium_that_outlet_alone_fails_and_says_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONITOR_CHROMIUM", str(tmp_path / "no-chromium"))
    pages = {"/rss": Answer(feed("one"))}
    with serving(pages) as site, serving(pages) as other:
        outlets = tmp_path / "outlets"
        write_outlet(outlets, "by-script", site, ("feed", "/rss"), extra="browser = true")
        write_outlet(outlets, "plain", other, ("feed", "/rss"))
        done = subprocess.run(
            crawl_command(tmp_path), capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    night = {row["outlet"]: row for row in json.loads(done.stdout)}
    assert night["plain"]["new"] == 1
    assert night["by-script"]["outcome"] == "failed"
    assert night["by-script"]["reason"].startswith(
        "needs the browser extra: pip install '.[browser]' and Debian's chromium"
    )
    assert site.log == []


@needs_chromium
def test_a_browser_that_does_not_start_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setenv("MONITOR_CHROMIUM", str(broken))
    with serving({"/rss": Answer(feed("one", "two"))}) as site:
        extra = "delay = 0\nbrowser = true"
        write_outlet(tmp_path / "outlets", "by-script", site, ("feed", "/rss"), extra=extra)
        row = crawl(tmp_path)["by-script"]
    assert row["outcome"] == "failed"
    assert row["reason"].startswith("the browser does not start: ")
    assert site.paths() == ["/rss", "/a/one"]


def test_chromium_is_the_system_s_or_the_one_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = tmp_path / "chromium"
    ours.write_text("", encoding="utf-8")
    ours.chmod(0o755)
    monkeypatch.delenv("MONITOR_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert browser.chromium() == str(ours)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("MONITOR_CHROMIUM", str(ours))
    assert browser.chromium() == str(ours)
