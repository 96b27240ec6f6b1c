"""A full crawl of real pages beside trafilatura alone on the same pages.

    python -m bench.crawl DIR|WARC… [--pages 2000] [--outlets 8] [--workers N] [--rounds 3]

The stored pages of DIR (see ``bench/replay.py``), from the beginning again where there
are fewer than ``--pages``, are shared among outlets, each on a loopback address of its
own, served by one further process. Every round runs, taking turns at who goes first:

- crawl: fetch, obstacles, extract, language, flag, store and search index into a fresh
  database, delays off, with as many workers as the machine has CPUs;
- pool: as many processes that only run ``trafilatura.bare_extraction(with_metadata=True)``
  on the same pages, which each holds in memory before the clock starts.

Both are warmed up with some of the pages. CPU time is that of the crawl's process, its
workers and, apart, the server's; memory is what ``/proc`` calls Pss. On a machine that others
use as well the ratio of CPU times is the one to trust: the crawl has one process more
than the pool, and so gets a larger share of what is left.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import trafilatura

from bench.processes import cpu_seconds, descendants, in_process, megabytes
from bench.replay import Replay, StoredPage, stored_pages

if TYPE_CHECKING:
    from scrapy.crawler import AsyncCrawlerRunner

    from monitor.night import Night

WARM = 16
"""Pages that nobody measures, one outlet of them."""

FIRST_LOOK = 500
"""Pages after which memory is read for the first time; the second time is the end."""


@dataclass(frozen=True)
class Took:
    """Seconds of the clock, and of all CPUs by process: ``main``, ``workers``."""

    seconds: float
    cpu: dict[str, float]


@dataclass(frozen=True)
class Crawled(Took):
    """``stored`` counts addresses by state; ``memory`` is in MB by process, after
    ``FIRST_LOOK`` pages and at the end."""

    stored: dict[str, int]
    memory: list[dict[str, float]]


# The pages


def lay_out(sources: Sequence[Path], count: int, outlets: int, folder: Path) -> int:
    """Write ``count`` pages into a folder for each outlet, and some into ``warm``.

    Returns how many different ones there are.
    """
    pages = [page for source in sources for page in stored_pages(source)]
    if not pages:
        raise SystemExit("no pages: expected .html, .html.gz or WARC files")
    for number, page in enumerate(islice(cycle(pages), count)):
        _copy(page, folder / f"site-{number % outlets:02}", number)
    for number, page in enumerate(pages[:: max(1, len(pages) // WARM)]):
        _copy(page, folder / "warm", number)
    return min(count, len(pages))


def _copy(page: StoredPage, folder: Path, number: int) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{number:06}.html").write_bytes(page.body())


def serve(connection: Connection, folder: Path) -> None:
    """Serve each ``site-…`` of the folder, write its outlet file; say when asked how much
    CPU time that took so far."""
    for number, site in enumerate(sorted(folder.glob("site-*")), 1):
        replay = Replay([site], host=f"127.0.0.{number + 1}")
        replay.outlet_toml(folder / "outlets", site.name)
        replay.__enter__()
    warm = Replay([folder / "warm"])
    warm.outlet_toml(folder / "outlets-warm", "warm")
    warm.__enter__()
    connection.send("ready")
    while connection.recv():
        connection.send(time.process_time())


# The crawl


def crawl(connection: Connection, folder: Path, workers: int) -> None:
    """Crawl each database that ``connection`` names into being, in one process."""
    from monitor.crawl import crawl_outlets, run_in_reactor, scrapy_settings
    from monitor.night import Night
    from monitor.outlets import load_outlets
    from monitor.store import Store, connect_readonly, last_crawls, utc_now
    from monitor.workers import Workers

    log = folder / "crawl.log"
    logging.basicConfig(filename=log, level=logging.INFO)
    for chatty in ("scrapy", "twisted"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    settings = scrapy_settings(DOWNLOAD_DELAY=0, AUTOTHROTTLE_ENABLED=False)

    async def one(path: Path, outlet_files: Path, runner: AsyncCrawlerRunner) -> Crawled:
        outlets = list(load_outlets(outlet_files).values())
        store = Store(path)
        store.add_outlets(outlets)
        night = Night(store, pool, utc_now, since=utc_now() - timedelta(days=30), limit=10_000)
        started, cpu = time.perf_counter(), _cpu()
        watcher = asyncio.ensure_future(_memory_after(night, FIRST_LOOK))
        await crawl_outlets(outlets, night, settings, runner)
        night.finish()
        took = _since(started, cpu)
        with closing(connect_readonly(path)) as readable:
            stored = dict(readable.execute("SELECT state, count(*) FROM urls GROUP BY state"))
            ends = [row["outcome"] for row in last_crawls(readable).values()]
        if ends != ["finished"] * len(outlets):
            raise SystemExit(f"not a whole crawl: {ends}\n{log.read_text()[-2000:]}")
        # A round of few pages is over before the first look.
        memory = [watcher.result(), _memory()] if watcher.done() else []
        watcher.cancel()
        return Crawled(took.seconds, took.cpu, stored, memory)

    async def rounds(runner: AsyncCrawlerRunner) -> None:
        await one(folder / "warm.db", folder / "outlets-warm", runner)
        connection.send("ready")
        while path := await asyncio.to_thread(connection.recv):
            connection.send(await one(path, folder / "outlets", runner))

    with Workers(workers) as pool:
        run_in_reactor(rounds, settings, asyncio.Event())


async def _memory_after(night: Night, pages: int) -> dict[str, float]:
    while sum(counts.fetched for counts in night.counts.values()) < pages:
        await asyncio.sleep(0.05)
    return _memory()


def _memory() -> dict[str, float]:
    return {
        "main": megabytes(os.getpid()),
        "workers": sum(map(megabytes, descendants(os.getpid()))),
    }


def _cpu() -> dict[str, float]:
    own = time.process_time()
    return {"main": own, "workers": cpu_seconds(os.getpid()) - own}


def _since(started: float, cpu: Mapping[str, float]) -> Took:
    used = {name: value - cpu[name] for name, value in _cpu().items()}
    return Took(time.perf_counter() - started, used)


# Trafilatura alone

_held: list[bytes] = []


def hold(folder: Path) -> None:
    """Load every page; and trafilatura with all that it loads at its first use."""
    logging.disable(logging.CRITICAL)
    _held.extend(path.read_bytes() for path in sorted(folder.glob("site-*/*.html")))
    for path in (folder / "warm").iterdir():
        trafilatura.bare_extraction(path.read_bytes(), url="http://warm/", with_metadata=True)


def bare(number: int) -> None:
    trafilatura.bare_extraction(_held[number], url=f"http://site/{number}", with_metadata=True)


def extract_alone(connection: Connection, folder: Path, workers: int) -> None:
    context = multiprocessing.get_context("fork")
    count = len(list(folder.glob("site-*/*.html")))
    with context.Pool(workers, hold, [folder]) as pool:
        pool.map(time.sleep, [0.2] * workers, chunksize=1)  # every worker holds its pages
        connection.send("ready")
        while connection.recv():
            started, cpu = time.perf_counter(), _cpu()
            for _ in pool.imap_unordered(bare, range(count)):
                pass
            connection.send(_since(started, cpu))


# Both


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sources", nargs="+", type=Path, metavar="DIR|WARC")
    parser.add_argument("--pages", type=int, default=2_000)
    parser.add_argument("--outlets", type=int, default=8)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        different = lay_out(options.sources, options.pages, options.outlets, folder)
        print(
            f"{options.pages} pages ({different} different ones), {options.outlets} outlets,"
            f" {options.workers} workers, {os.cpu_count()} CPUs"
        )
        at_server = in_process(serve, folder)
        at_crawl = in_process(crawl, folder, options.workers)
        at_pool = in_process(extract_alone, folder, options.workers)
        ratios, cpu_ratios = [], []
        for number in range(options.rounds):
            at_server.send(True)
            before: float = at_server.recv()
            for turn in (0, 1) if number % 2 else (1, 0):
                if turn:
                    at_crawl.send(folder / f"round-{number}.db")
                    crawled: Crawled = at_crawl.recv()
                    at_server.send(True)
                    served: float = at_server.recv() - before
                else:
                    at_pool.send(True)
                    alone: Took = at_pool.recv()
            ratios.append(alone.seconds / crawled.seconds)
            cpu_ratios.append(sum(alone.cpu.values()) / sum(crawled.cpu.values()))
            report(number + 1, options.pages, crawled, alone, served)
        for connection in (at_crawl, at_pool, at_server):
            connection.send(None)
    for what, each in (("pages/s", ratios), ("CPU seconds a page, inverse", cpu_ratios)):
        median, least, most = statistics.median(each), min(each), max(each)
        print(f"crawl : pool = {median:.2f} by {what} ({least:.2f} to {most:.2f})")


def report(number: int, pages: int, crawled: Crawled, alone: Took, served: float) -> None:
    outcomes = ", ".join(f"{count} {state}" for state, count in sorted(crawled.stored.items()))
    print(f"round {number}: crawl {pages / crawled.seconds:.1f} pages/s,", end=" ")
    print(f"pool {pages / alone.seconds:.1f}, ratio {alone.seconds / crawled.seconds:.2f}")
    print(f"  stored: {outcomes}")
    print(
        f"  CPU seconds: crawl {sum(crawled.cpu.values()):.1f} (main {crawled.cpu['main']:.1f},"
        f" workers {crawled.cpu['workers']:.1f}), server {served:.1f},"
        f" pool {sum(alone.cpu.values()):.1f}"
    )
    for when, memory in zip((f"{FIRST_LOOK} pages", "the end"), crawled.memory, strict=False):
        print(f"  MB at {when}: main {memory['main']:.0f}, workers {memory['workers']:.0f}")


if __name__ == "__main__":
    main()
