"""What one outlet's crawl asks for, and what it must not lose. Each test plays a
site that does what real ones do."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

from scripted_site import (
    STORY,
    Answer,
    crawl,
    crawl_command,
    feed,
    index,
    serving,
    urlset,
    write_outlet,
)

NIGHTS = ("2026-11-21T20:00:00+00:00", "2026-11-22T20:00:00+00:00", "2026-11-23T20:00:00+00:00")


def test_an_unchanged_index_does_not_hide_its_changed_or_failed_parts(tmp_path: Path) -> None:
    pages = {
        "/index.xml": Answer(index("/1.xml", "/2.xml"), etag='"i1"'),
        "/1.xml": Answer(urlset(("{base}/a/one", "2026-11-20")), etag='"c1"'),
        "/2.xml": Answer(status=500),
    }
    with serving(pages) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("sitemap", "/index.xml"))
        assert crawl(tmp_path, "--now", NIGHTS[0])["daily"]["new"] == 1
        pages["/2.xml"] = Answer(urlset(("{base}/a/two", "2026-11-20")), etag='"c2"')
        pages["/1.xml"] = Answer(
            urlset(("{base}/a/one", "2026-11-20"), ("{base}/a/three", "2026-11-22")), etag='"c1b"'
        )
        assert crawl(tmp_path, "--now", NIGHTS[1])["daily"]["new"] == 2
        before = len(site.log)
        assert crawl(tmp_path, "--now", NIGHTS[2])["daily"]["new"] == 0
        assert [status for _, path, status in site.log[before:] if path.endswith(".xml")] == [
            200,
            304,
            304,
        ]


def test_since_reaches_back_also_when_the_source_did_not_change(tmp_path: Path) -> None:
    listed = urlset(("{base}/a/new", "2026-11-20"), ("{base}/a/old", "2026-09-01"))
    with serving({"/map.xml": Answer(listed, etag='"m"')}) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("sitemap", "/map.xml"))
        assert crawl(tmp_path, "--now", NIGHTS[0])["daily"]["new"] == 1
        row = crawl(tmp_path, "--now", NIGHTS[1], "--since", "2026-01-01")["daily"]
        assert (row["discovered"], row["new"], row["unchanged"]) == (2, 1, 1)


def test_a_bad_entry_costs_only_itself(tmp_path: Path) -> None:
    listed = urlset(
        ("http://[bad/x", "2026-11-20"),
        ("{base}/a/good", "2026-11-20"),
        ("{base}/a/late", "9999-12-31"),
    )
    with serving({"/map.xml": Answer(listed)}) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("sitemap", "/map.xml"))
        row = crawl(tmp_path, "--now", NIGHTS[0])["daily"]
        assert (row["outcome"], row["new"]) == ("finished", 2)


def test_pages_are_fetched_in_the_order_of_the_feed(tmp_path: Path) -> None:
    with serving({"/rss": Answer(feed("newest", "second", "third"))}) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("feed", "/rss"))
        crawl(tmp_path)
        assert site.paths() == ["/rss", "/a/newest", "/a/second", "/a/third"]


def test_a_known_article_counts_once_as_unchanged_and_a_failed_one_never(tmp_path: Path) -> None:
    pages = {
        "/rss": Answer(feed("one", "two", "lost")),
        "/more": Answer(feed("one")),
        "/a/lost": Answer(status=410),
    }
    with serving(pages) as site:
        sources = (("feed", "/rss"), ("feed", "/more"))
        write_outlet(tmp_path / "outlets", "daily", site, *sources)
        first = crawl(tmp_path, "--now", NIGHTS[0])["daily"]
        assert (first["discovered"], first["new"], first["failed"]) == (3, 2, 1)
        second = crawl(tmp_path, "--now", NIGHTS[1])["daily"]
        assert (second["discovered"], second["fetched"], second["unchanged"]) == (3, 0, 2)


def test_a_host_that_asks_for_rest_is_left_alone_by_every_outlet_on_it(tmp_path: Path) -> None:
    rest = Answer(status=429, headers={"Retry-After": "3600"})
    pages = {"/rss": Answer(feed("one", "two")), "/a/one": rest, "/other": Answer(feed("three"))}
    with serving(pages) as site:
        write_outlet(tmp_path / "outlets", "a-first", site, ("feed", "/rss"))
        write_outlet(tmp_path / "outlets", "b-second", site, ("feed", "/other"))
        rows = crawl(tmp_path)
        assert site.paths() == ["/rss", "/a/one"]
        assert rows["b-second"]["outcome"] == "failed"


def test_the_delay_holds_between_two_outlets_of_one_host(tmp_path: Path) -> None:
    pages = {"/rss": Answer(feed("one")), "/other": Answer(feed("two"))}
    with serving(pages) as site:
        for slug, path in (("a-first", "/rss"), ("b-second", "/other")):
            write_outlet(tmp_path / "outlets", slug, site, ("feed", path), extra="delay = 1")
        crawl(tmp_path)
        gaps = [later[0] - earlier[0] for earlier, later in pairwise(site.log)]
        assert len(gaps) == 5
        assert min(gaps) > 0.8


def test_ctrl_c_does_not_wait_for_a_host_that_asks_for_rest(tmp_path: Path) -> None:
    rest = Answer(status=503, headers={"Retry-After": "30"})
    pages = {"/rss": Answer(feed("one", "two")), "/a/one": rest}
    with serving(pages) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("feed", "/rss"))
        running = subprocess.Popen(
            crawl_command(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3):
            assert site.asked.acquire(timeout=60)
        began = time.monotonic()
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=45)
        assert time.monotonic() - began < 25
        assert running.returncode == 1
        assert "Traceback" not in errors
        del pages["/a/one"]
        assert crawl(tmp_path)["daily"]["new"] == 2


def test_what_stands_in_place_of_an_article_or_a_source_is_kept_with_its_reason(
    tmp_path: Path,
) -> None:
    form = "<title>Log in</title><form><input type='password'></form>"
    pages = {
        "/rss": Answer(feed("gone", "closed", "empty", "story")),
        "/wall": Answer("<script>window._cf_chl_opt={}</script>"),
        "/a/gone": Answer("<html><title>Page not found</title><h1>Oops!</h1>"),
        "/a/closed": Answer(status=302, headers={"Location": "/login?next=/a/closed"}),
        "/login?next=/a/closed": Answer(form),
        "/a/empty": Answer("<html><body><div id=root></div><script src=/app.js></script>"),
    }
    with serving(pages) as site:
        write_outlet(tmp_path / "outlets", "daily", site, ("feed", "/rss"), ("section", "/wall"))
        row = crawl(tmp_path, "--now", NIGHTS[0])["daily"]
    assert (row["new"], row["blocked"]) == (1, 2)
    with sqlite3.connect(tmp_path / "monitor.db") as db:
        kept = dict(db.execute("SELECT replace(url, ?, ''), reason FROM quarantine", (site.base,)))
        states = dict(db.execute("SELECT replace(url, ?, ''), state FROM urls", (site.base,)))
    assert kept == {
        "/wall": "bot_wall",
        "/a/gone": "soft_404",
        "/a/closed": "login",
        "/a/empty": "script_shell",
    }
    assert (states["/a/gone"], states["/a/closed"]) == ("not_article", "blocked")


def test_an_outlet_that_is_not_active_has_no_spider(tmp_path: Path) -> None:
    with serving({"/rss": Answer(feed("one"))}) as site:
        extra = 'status = "forbidden"\nstatus_note = "Its terms forbid it."'
        write_outlet(tmp_path / "outlets", "closed", site, ("feed", "/rss"), extra=extra)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "scrapy", "crawl", "closed"),
                *("-s", f"MONITOR_OUTLETS_DIR={tmp_path / 'outlets'}"),
            ],
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode != 0
        assert site.log == []


def test_a_page_is_fetched_at_one_address_and_stored_under_another(tmp_path: Path) -> None:
    """A long story in parts: the feed lists its first part, one address has the whole."""
    pages = {
        "/feed": Answer(feed("long?page=1", "gone")),
        "/a/long?page=all": Answer(STORY.format("long")),
        "/a/gone?page=all": Answer(status=404),
    }
    with serving(pages) as site:
        rule = (
            f"delay = 0\n[[address_rules]]\npattern = '^(?P<page>{site.base}/a/[^?#]+)'\n"
            'address = "{page}"\nfetch = "{page}?page=all"'
        )
        write_outlet(tmp_path / "outlets", "daily", site, ("feed", "/feed"), extra=rule)
        for night in NIGHTS[:2]:
            crawl(tmp_path, "--now", night)
        asked = [path for path in site.paths() if path.startswith("/a/")]
        assert sorted(asked) == ["/a/gone?page=all"] * 2 + ["/a/long?page=all"]
        with sqlite3.connect(tmp_path / "monitor.db") as connection:
            read = connection.execute("SELECT url FROM articles WHERE NOT headline_only").fetchall()
            assert read == [(f"{site.base}/a/long",)]
            gone = connection.execute("SELECT url FROM urls WHERE state = 'gone'").fetchall()
            assert gone == [(f"{site.base}/a/gone",)]
