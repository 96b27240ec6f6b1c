"""A crawl that is killed, stopped or kept out: what is lost, what is said."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.newsroom import Newsroom
from monitor.newsroom.server import utc_now
from monitor.store import Store

NOW = "2026-11-21T20:00:00+00:00"


class Watched:
    """A newsroom of a few quick sites that says when some pages were asked for."""

    def __init__(self, newsroom: Newsroom, folder: Path, after: threading.Semaphore) -> None:
        self.newsroom = newsroom
        self.answered = after
        self.db = folder / "monitor.db"
        self.outlets = folder / "outlets"
        newsroom.outlets_toml(self.outlets)

    def start(self, *options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "monitor.cli", "crawl", "--now", NOW]
        return subprocess.Popen(
            [*command, "--outlets", str(self.outlets), "--db", str(self.db), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for_answers(self, number: int) -> None:
        for _ in range(number):
            assert self.answered.acquire(timeout=60), "the crawl asks for nothing"

    def query(self, sql: str) -> list[tuple[object, ...]]:
        connection = sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    answers = threading.Semaphore(0)

    def clock() -> datetime:
        answers.release()  # the newsroom asks for the time of each answer
        return utc_now()

    with Newsroom(clock=clock) as newsroom:
        yield Watched(newsroom, tmp_path, answers)


QUICK = ("damnoeng-thmey", "mekong-courier", "xieng-lao")


def test_a_killed_crawl_is_made_good_by_the_next_one(watched: Watched) -> None:
    first = watched.start(*QUICK)
    watched.wait_for_answers(14)
    first.kill()
    first.communicate(timeout=30)
    assert watched.query("PRAGMA integrity_check") == [("ok",)]
    assert watched.query("SELECT DISTINCT outcome FROM crawls") == [("running",)]

    output, errors = watched.start(*QUICK).communicate(timeout=120)
    assert "mekong-courier" in output, errors
    assert watched.query("SELECT outlet, count(*) FROM articles GROUP BY outlet") == [
        ("damnoeng-thmey", 8),
        ("mekong-courier", 9),
        ("xieng-lao", 8),
    ]
    assert watched.query("SELECT DISTINCT outcome FROM crawls ORDER BY 1") == [
        ("finished",),
        ("interrupted",),
    ]
    assert watched.query("SELECT count(*) FROM urls WHERE state = 'pending'") == [(0,)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_crawl_cleanly_and_the_next_goes_on(
    watched: Watched, number: signal.Signals
) -> None:
    slow = "siam-dispatch"  # a second between requests: no end before the signal
    crawl = watched.start(slow)
    watched.wait_for_answers(4)
    crawl.send_signal(number)
    _, errors = crawl.communicate(timeout=60)
    assert crawl.returncode == 1
    assert f"{number.name}: ending after the downloads in flight" in errors
    assert errors.strip().endswith(f"monitor: not crawled to the end: {slow}")
    assert "Traceback" not in errors
    (row,) = watched.query("SELECT outcome, fetched, new FROM crawls")
    assert row[0] == "interrupted"
    assert row[1] == row[2], "what was fetched is stored"

    output, _ = watched.start(slow, "--json").communicate(timeout=120)
    assert '"outcome": "finished"' in output
    assert watched.query("SELECT count(*) FROM articles") == [(8,)]
    asked = [hit.path for hit in watched.newsroom.log if hit.path.startswith("/news/")]
    assert len(asked) == len(set(asked)), "no page was asked for twice"


def test_a_second_crawl_is_kept_out_with_words(watched: Watched) -> None:
    with Store(watched.db, now=lambda: datetime(2026, 11, 21, 19, tzinfo=UTC)):
        crawl = watched.start(*QUICK)
        _, errors = crawl.communicate(timeout=60)
    assert crawl.returncode == 1
    assert "another crawl (pid" in errors
    assert "since 2026-11-21 19:00 UTC" in errors
    assert len(errors.strip().splitlines()) == 1
    assert watched.newsroom.log == []


def test_an_outlet_that_cannot_be_reached_fails_and_costs_no_other(watched: Watched) -> None:
    dead = watched.outlets / "dead-end.toml"
    text = (watched.outlets / "xieng-lao.toml").read_text(encoding="utf-8")
    base = watched.newsroom.base_url("xieng-lao")
    dead.write_text(text.replace(base, "http://127.0.0.250:9"), encoding="utf-8")
    crawl = watched.start("dead-end", "xieng-lao")
    output, errors = crawl.communicate(timeout=120)
    assert crawl.returncode == 1
    assert errors.strip().splitlines()[-1] == "monitor: not crawled to the end: dead-end"
    assert "dead-end: failed: none of its sources could be read" in output
    assert watched.query("SELECT count(*) FROM articles") == [(8,)]
    assert watched.query("SELECT stage, reason FROM quarantine") == [
        ("discover", "robots_unreachable")
    ]
