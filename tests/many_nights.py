"""Crawls night after night in one process: starting one for each would take longer
than the nights. The tests tell it the moment of the next night, one line each."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
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

    process: subprocess.Popen[str]

    def crawl(self, now: datetime) -> dict[str, dict[str, Any]]:
        """The night's summary rows by outlet."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(now.isoformat(), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        assert answer, "the crawling process ended"
        return {row["outlet"]: row for row in json.loads(answer)}


@contextmanager
def many_nights(folder: Path, **settings: object) -> Iterator[Nights]:
    """``settings`` are Scrapy's, on top of the project's."""
    process = subprocess.Popen(
        [sys.executable, __file__, str(folder), json.dumps(settings)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Nights(process)
        finally:
            if process.stdin is not None:
                process.stdin.close()


def main(folder: Path, settings: dict[str, object], moments: IO[str]) -> None:
    of_scrapy = scrapy_settings(**settings)
    path = folder / "monitor.db"

    async def nights(runner: AsyncCrawlerRunner) -> None:
        while line := await asyncio.to_thread(moments.readline):
            outlets = list(load_outlets(folder / "outlets").values())
            clock = clock_from(datetime.fromisoformat(line.strip()))
            store = Store(path, now=clock)
            store.add_outlets(outlets)
            night = Night(store, workers, clock, since=clock() - timedelta(days=30), limit=1000)
            await crawl_outlets(outlets, night, of_scrapy, runner)
            night.finish()
            connection = connect_readonly(path)
            rows = night_summary(connection, night.started.isoformat(timespec="seconds"))
            connection.close()
            print(json.dumps(rows), flush=True)

    with Workers(1) as workers:
        run_in_reactor(nights, of_scrapy, asyncio.Event())


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]), sys.stdin)
