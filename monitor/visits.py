"""Ask single addresses of a few hosts, as politely as a crawl asks for pages.

The crawl's own settings and middlewares do it: who we are, robots.txt, delays,
``Retry-After``, limits of time and size. Nothing is asked twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerRunner

from monitor.crawl import OUTLETS_AT_ONCE, run_in_reactor, scrapy_settings
from monitor.hosts import Hosts
from monitor.items import Page
from monitor.obstacles import obstacle
from monitor.politeness import ForbiddenByRobots, Robots, RobotsUnreachable
from monitor.responses import headers_of
from monitor.spiders.failures import Missed, missed, obstacle_missed
from monitor.store import utc_now

Errand = Callable[["Visitor"], Awaitable[None]]
"""What is done on one group of hosts, one request after another."""


@dataclass
class Visits:
    """What the visitors of one run share."""

    hosts: Hosts = field(default_factory=Hosts)
    errors: list[Exception] = field(default_factory=list)


class Visitor(Spider):
    """Runs one errand. It yields nothing: the errand awaits its answers."""

    name = "visitor"
    errand: Errand
    night: Visits

    async def start(self) -> AsyncIterator[Any]:
        try:
            await self.errand(self)
        except Exception as error:  # Scrapy would only log it
            self.night.errors.append(error)
        nothing: tuple[Request, ...] = ()
        for request in nothing:
            yield request

    async def get(self, url: str) -> Page | Missed:
        """The page at ``url`` (after redirects) if it was answered whole and
        with 200, else the reason why there is none."""
        try:
            request = Request(url, dont_filter=True)
            response = await self.crawler.engine.download_async(request)
        except ForbiddenByRobots:
            return Missed("robots", "forbidden by robots.txt", "failed")
        except RobotsUnreachable as error:
            return Missed("robots_unreachable", str(error).partition(";")[0], "pending")
        except Exception as error:
            return missed(error, url)
        headers = headers_of(response)
        if stands := obstacle(response.status, headers, response.body, response.url, url):
            return obstacle_missed(stands)
        if response.status != 200:
            return Missed(f"http_{response.status}", f"HTTP {response.status}", "failed")
        if "dataloss" in response.flags:
            return Missed("truncated", "the response ended before its announced length", "pending")
        return Page(
            outlet="",
            requested_url=url,
            url=response.url,
            status=response.status,
            headers=headers,
            body=response.body,
            fetched_at=utc_now(),
        )

    async def robots(self, url: str) -> str:
        """What robots.txt says of ``url``: "allowed", "allowed, crawl-delay 10 s",
        "forbidden" or "unreachable"."""
        try:
            await self._robots.process_request(Request(url))
        except ForbiddenByRobots:
            return "forbidden"
        except RobotsUnreachable:
            return "unreachable"
        delay = self.night.hosts.crawl_delays.get(urlsplit(url).hostname or "")
        return f"allowed, crawl-delay {delay:g} s" if delay else "allowed"

    async def sitemaps(self, url: str) -> list[str]:
        """The sitemaps that robots.txt of the host of ``url`` names."""
        return await self._robots.sitemaps(url)

    @property
    def _robots(self) -> Robots:
        robots = self.crawler.get_downloader_middleware(Robots)
        assert robots is not None
        return robots


def visit(errands: Iterable[tuple[Errand, float | None]]) -> bool:
    """Run errands side by side; no two may ask the same host. Each comes with the
    seconds between two of its requests to a host (None: the setting's).

    Returns False when a signal stopped it before the end. Once per process.
    """
    visits = Visits()
    places = asyncio.Semaphore(OUTLETS_AT_ONCE)
    settings = scrapy_settings(ITEM_PIPELINES={}, RETRY_TIMES=0)

    async def one(runner: AsyncCrawlerRunner, errand: Errand, delay: float | None) -> None:
        own = {} if delay is None else {"DOWNLOAD_DELAY": delay}
        visitor = type("Visitor", (Visitor,), {"custom_settings": own})
        async with places:
            if not visits.hosts.stopping.is_set():
                await runner.crawl(visitor, errand=errand, night=visits)

    async def everything(runner: AsyncCrawlerRunner) -> None:
        await asyncio.gather(*(one(runner, errand, delay) for errand, delay in errands))

    finished = run_in_reactor(everything, settings, visits.hosts.stopping)
    if visits.errors:
        raise visits.errors[0]
    return finished
