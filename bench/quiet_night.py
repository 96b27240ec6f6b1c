"""Whether a night on which nothing happened costs more over a large archive.

    python -m bench.quiet_night [--articles 100000] [--nights 7] [--folder DIR]

Makes two databases in a temporary folder, one of 1,000 articles and one of
``--articles`` (a million takes some 10 minutes and 2 GB), each with addresses, revisions, verdicts, search index and 90 nights of crawls. Then
the same quiet night over both in turn: every source answers 304, and so do the
flagged articles that are due to be looked at again. Prints the requests of
each and the ratio of times, from opening the store to closing it, delays off.

Texts are made up and a tenth of real ones (40 words): what a night could stumble
over is the number of rows.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import sqlite3
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.processes import in_process
from bench.synthetic import large_pieces, without_triggers
from monitor.newsroom.http import Answer, HttpServer, Request, listen

if TYPE_CHECKING:
    from scrapy.crawler import AsyncCrawlerRunner

FEW = 1_000
OUTLETS = 20
DUE = 3
"""Flagged articles of each outlet that are due to be looked at again."""
FLAGGED_EVERY = 100
"""Articles to one that is flagged."""
NIGHTS = 90
TONIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
WORDS = 20_000
LENGTH = 40
"""Words of a text."""
TAG = '"made-up"'
BATCH = 20_000


class Sites:
    """Every outlet's host on loopback: whatever is asked for has not changed."""

    def __init__(self) -> None:
        self.asked: Counter[int] = Counter()
        first = listen("127.0.0.1", 0)
        self.port = first.getsockname()[1]
        hosts = [listen(f"127.0.0.{number + 1}", self.port) for number in range(1, OUTLETS)]
        self._server = HttpServer([first, *hosts], self._answer, self._record)
        self._server.start()

    def _answer(self, request: Request) -> Answer:
        if request.target == "/robots.txt":
            return Answer(200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow:\n")
        return Answer(200, {"Content-Type": "text/html"}, b"<p>Made up.", etag=TAG)

    def _record(self, request: Request, status: int, size: int) -> None:  # noqa: ARG002
        self.asked[status] += 1

    def base(self, outlet: int) -> str:
        return f"http://127.0.0.{outlet + 1}:{self.port}"

    def stop(self) -> None:
        self._server.stop()


def outlet_files(sites: Sites, folder: Path) -> None:
    folder.mkdir()
    for outlet in range(OUTLETS):
        base = sites.base(outlet)
        lines = [
            f'name = "Made-up {outlet}"',
            f'homepage = "{base}/"',
            'country = "TH"',
            'languages = ["en"]',
            'kind = "news"',
            "delay = 0.0",
        ]
        for kind in ("feed", "sitemap"):
            lines += ["[[sources]]", f'kind = "{kind}"', f'url = "{base}/{kind}.xml"']
        (folder / f"{slug(outlet)}.toml").write_text("\n".join(lines), encoding="utf-8")


def slug(outlet: int) -> str:
    return f"made-up-{outlet}"


# The databases


def archive(path: Path, count: int, sites: Sites, outlet_folder: Path) -> None:
    """A database of ``count`` articles, as ``NIGHTS`` nights of crawls would have left it."""
    from monitor.outlets import load_outlets
    from monitor.store import Store

    with Store(path) as store:
        store.add_outlets(load_outlets(outlet_folder).values())
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for name in ("monitor_seg", "monitor_fold"):  # plain words are their own search key
            connection.create_function(name, 1, str, deterministic=True)
        with without_triggers(connection), large_pieces(connection):
            articles = rows_of(count, sites)
            while some := [row for _, row in zip(range(BATCH), articles, strict=False)]:
                connection.execute("BEGIN")
                _insert(connection, some)
                connection.execute("COMMIT")
            connection.execute("INSERT INTO articles_fts(articles_fts) VALUES ('rebuild')")
        connection.executemany(
            "INSERT INTO crawls(night, outlet, started_at, finished_at, outcome, discovered)"
            " VALUES (:at, :outlet, :at, :at, 'finished', 40)",
            [
                {"at": (TONIGHT - timedelta(days=night)).isoformat(), "outlet": slug(outlet)}
                for night in range(NIGHTS, 0, -1)
                for outlet in range(OUTLETS)
            ],
        )
        connection.executemany(
            "INSERT INTO sources(url, outlet, kind, status, etag, entries, fetched_at, changed_at)"
            " VALUES (?, ?, ?, 200, ?, 40, ?, ?)",
            [
                (f"{sites.base(outlet)}/{kind}.xml", slug(outlet), kind, TAG, *2 * [at])
                for at in [(TONIGHT - timedelta(days=1)).isoformat()]
                for outlet in range(OUTLETS)
                for kind in ("feed", "sitemap")
            ],
        )
        connection.execute("UPDATE meta SET value = ? WHERE key = 'seq'", [count])
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with Store(path) as store:  # as after a night: statistics are gathered when it is closed
        store.add_outlets(load_outlets(outlet_folder).values())


def rows_of(count: int, sites: Sites) -> Iterator[dict[str, Any]]:
    """The articles, oldest first, the same ones every time."""
    chance = random.Random(5)
    words = [f"{chance.choice('bcdfglmnprst')}{chance.randrange(WORDS):x}" for _ in range(WORDS)]
    weights = [1 / (rank + 1) for rank in range(WORDS)]
    drawn = chance.choices(words, weights, k=1_000 * LENGTH)
    for number in range(count):
        start = chance.randrange(len(drawn) - LENGTH)
        first = TONIGHT - timedelta(days=NIGHTS * (count - number) / count + 1)
        outlet = number % OUTLETS
        due = number >= count - OUTLETS * DUE
        yield {
            "id": number + 1,
            "outlet": slug(outlet),
            "url": f"{sites.base(outlet)}/story/{number}",
            "title": " ".join(drawn[start : start + 8]),
            "text": " ".join(drawn[start : start + LENGTH]),
            "sha256": f"{number:064x}",
            "flagged": due or number // OUTLETS % FLAGGED_EVERY == 0,
            "first": first.isoformat(timespec="seconds"),
            # All but those that are due were looked at when they were.
            "tried": (first if due else TONIGHT).isoformat(timespec="seconds"),
            "tag": TAG,
        }


_INSERTS = (
    """
    INSERT INTO articles(id, seq, outlet, url, title, language, script, first_fetched_at,
                         changed_at, published_at, flagged, score, text)
    VALUES (:id, :id, :outlet, :url, :title, 'en', 'Latn', :first, :first, :first, :flagged,
            :flagged * 0.8, :text)
    """,
    """
    INSERT INTO revisions(article, number, sha256, title, fetched_at, page_url, page_sha256, text)
    VALUES (:id, 1, :sha256, :title, :first, :url, :sha256, :text)
    """,
    """
    INSERT INTO flags(article, revision, lexicon_version, flagged, score, judged_at)
    VALUES (:id, 1, 'bench', :flagged, :flagged * 0.8, :first)
    """,
    """
    INSERT INTO urls(url, outlet, state, article, status, etag, source, title, discovered_at,
                     tried_at, fetched_at)
    VALUES (:url, :outlet, 'article', :id, 200, :tag, 'feed', :title, :first, :tried, :tried)
    """,
)


def _insert(connection: sqlite3.Connection, articles: list[dict[str, Any]]) -> None:
    for statement in _INSERTS:
        connection.executemany(statement, articles)
    connection.executemany(
        'INSERT INTO matches(article, flag, concept, term, language, field, start, "end", surface)'
        " VALUES (:id, :id, 'return_action', 'term', 'en', 'text', :at, :at + 4, 'term')",
        (row | {"at": at} for row in articles if row["flagged"] for at in range(0, 400, 50)),
    )


# The nights


def crawl(connection: Connection, outlet_folder: Path) -> None:
    """One quiet night over each database that is named, in one process: the night's
    summary and how many seconds it took."""
    from monitor.crawl import crawl_outlets, run_in_reactor, scrapy_settings
    from monitor.night import Night, clock_from
    from monitor.outlets import load_outlets
    from monitor.store import Store, connect_readonly, night_summary
    from monitor.workers import Workers

    logging.disable(logging.CRITICAL)
    settings = scrapy_settings(DOWNLOAD_DELAY=0, AUTOTHROTTLE_ENABLED=False)
    outlets = list(load_outlets(outlet_folder).values())

    async def one(path: Path, runner: AsyncCrawlerRunner) -> tuple[float, list[dict[str, Any]]]:
        began = time.perf_counter()
        clock = clock_from(TONIGHT)
        store = Store(path, now=clock)
        store.add_outlets(outlets)
        night = Night(store, workers, clock, since=clock() - timedelta(days=30), limit=1000)
        await crawl_outlets(outlets, night, settings, runner)
        night.finish()
        with closing(connect_readonly(path)) as readable:
            rows = night_summary(readable, night.started.isoformat(timespec="seconds"))
        return time.perf_counter() - began, rows

    async def nights(runner: AsyncCrawlerRunner) -> None:
        connection.send("ready")
        while path := await asyncio.to_thread(connection.recv):
            connection.send(await one(path, runner))

    with Workers(1) as workers:
        run_in_reactor(nights, settings, asyncio.Event())


def make_due_again(path: Path, count: int) -> None:
    """As it was before the night, so that the next one finds the same to do."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE urls SET tried_at = (SELECT first_fetched_at FROM articles"
            " WHERE articles.id = article) WHERE article > ?",
            [count - OUTLETS * DUE],
        )
        connection.execute("DELETE FROM crawls WHERE night >= ?", [TONIGHT.isoformat()])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--nights", type=int, default=7, help="nights over each database")
    parser.add_argument("--folder", type=Path, help="where to make the databases (3 kB an article)")
    options = parser.parse_args()
    sites = Sites()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        outlet_files(sites, folder / "outlets")
        sizes = (FEW, options.articles)
        for count in sizes:
            began = time.perf_counter()
            archive(path := folder / f"{count}.db", count, sites, folder / "outlets")
            took, size = time.perf_counter() - began, path.stat().st_size / 1e6
            print(f"{count:>9} articles: {size:.0f} MB, made in {took:.0f} s", flush=True)
        at_crawl = in_process(crawl, folder / "outlets")
        seconds: dict[int, list[float]] = {count: [] for count in sizes}
        requests: dict[int, Counter[int]] = {}
        for number in range(options.nights + 1):
            for count in sizes if number % 2 else reversed(sizes):
                sites.asked.clear()
                at_crawl.send(folder / f"{count}.db")
                took, rows = at_crawl.recv()
                check(rows)
                requests[count] = sites.asked.copy()
                if number:  # the first night warms up
                    seconds[count].append(took)
                make_due_again(folder / f"{count}.db", count)
        at_crawl.send(None)
    sites.stop()
    report(seconds, requests)


def check(rows: list[dict[str, Any]]) -> None:
    """Whether the night was the quiet one that it was meant to be."""
    for row in rows:
        found = row["outcome"], row["unchanged"], row["fetched"], row["new"], row["failed"]
        if found != ("finished", DUE, DUE, 0, 0):
            raise SystemExit(f"not a quiet night: {json.dumps(row)}")
    if len(rows) != OUTLETS:
        raise SystemExit(f"{len(rows)} outlets of {OUTLETS} were crawled")


def report(seconds: dict[int, list[float]], requests: dict[int, Counter[int]]) -> None:
    (few, fast), (many, slow) = seconds.items()
    # Night by night: the machine is not equally busy all the time.
    ratios = [large / small for small, large in zip(fast, slow, strict=True)]
    print(
        f"quiet night over {many} : over {few} articles = {statistics.median(ratios):.2f}", end=""
    )
    print(f" in the median ({min(ratios):.2f} to {max(ratios):.2f})")
    for count, took in seconds.items():
        statuses = ", ".join(f"{number} x {code}" for code, number in requests[count].items())
        print(
            f"{count:>9} articles: {statistics.median(took):.2f} s in the median,"
            f" {sum(requests[count].values())} requests ({statuses})"
        )


if __name__ == "__main__":
    main()
