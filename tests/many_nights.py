"""Crawls night after night in one process: starting one for each would take longer
than the nights. The tests tell it the moment of the next night, one line each."""

from __future__ import annotations

import asyncio
import atexit
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import IO, Any

from scrapy.crawler import AsyncCrawlerRunner

from monitor.crawl import crawl_outlets, run_in_reactor, scrapy_settings
from monitor.night import Night, clock_from
from monitor.outlets import load_outlets
from monitor.store import Store, connect_readonly, night_summary
from monitor.workers import Workers


@dataclass
class Nights:
    """``crawl`` runs one night over ``folder/outlets`` into ``folder/monitor.db``."""

    folder: Path
    settings: dict[str, object]

    def crawl(self, now: datetime) -> dict[str, dict[str, Any]]:
        """The night's summary rows by outlet."""
        process = _process()
        assert process.stdin is not None
        assert process.stdout is not None
        asked = {"folder": str(self.folder), "settings": self.settings, "now": now.isoformat()}
        print(json.dumps(asked), file=process.stdin, flush=True)
        answer = process.stdout.readline()
        assert answer, "the crawling process ended"
        return {row["outlet"]: row for row in json.loads(answer)}


@contextmanager
def many_nights(folder: Path, **settings: object) -> Iterator[Nights]:
    """``settings`` are Scrapy's, on top of the project's."""
    yield Nights(folder, settings)


@cache
def _process() -> subprocess.Popen[str]:
    """The one process that crawls for all tests of this one; it ends with it."""
    process = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait()


def main(asked: IO[str]) -> None:
    async def nights(_: AsyncCrawlerRunner) -> None:
        while line := await asyncio.to_thread(asked.readline):
            night = json.loads(line)
            moment = datetime.fromisoformat(night["now"])
            rows = await crawl(Path(night["folder"]), night["settings"], moment)
            print(json.dumps(rows), flush=True)

    async def crawl(
        folder: Path, settings: dict[str, object], now: datetime
    ) -> list[dict[str, Any]]:
        path, of_scrapy = folder / "monitor.db", scrapy_settings(**settings)
        outlets = list(load_outlets(folder / "outlets").values())
        clock = clock_from(now)
        store = Store(path, now=clock)
        store.add_outlets(outlets)
        night = Night(store, workers, clock, since=clock() - timedelta(days=30), limit=1000)
        await crawl_outlets(outlets, night, of_scrapy, AsyncCrawlerRunner(of_scrapy))
        night.finish()
        connection = connect_readonly(path)
        rows = night_summary(connection, night.started.isoformat(timespec="seconds"))
        connection.close()
        return rows

    with Workers(1) as workers:
        run_in_reactor(nights, scrapy_settings(), asyncio.Event())


if __name__ == "__main__":
    main(sys.stdin)
