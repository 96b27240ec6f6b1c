"""Scrapy components that keep a crawl polite beyond Scrapy's own defaults.

:class:`Robots` reads robots.txt as RFC 9309 has it, :class:`Throttle` adds
``Crawl-delay`` to AutoThrottle, :class:`RetryAfter` obeys ``Retry-After``,
:class:`ByteLimit` ends an outlet's night. What a host asked for is remembered for
the nights to come (:class:`monitor.hosts.Hosts`).
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response
from scrapy.robotstxt import RobotParser

from monitor.hosts import Hosts
from monitor.sources import robots_sitemaps

logger = logging.getLogger(__name__)


class ForbiddenByRobots(IgnoreRequest):
    """robots.txt says no."""


class RobotsUnreachable(IgnoreRequest):
    """robots.txt could not be read, so for now nothing of the host may be fetched."""


class LimitReached(IgnoreRequest):
    """The outlet has brought as much as it may in one night."""


class HostRests(IgnoreRequest):
    """The host asked to be left alone for longer than a crawl waits."""


class Robots(RobotsTxtMiddleware):
    """robots.txt per RFC 9309 §2.3.1: 4xx = everything is allowed; 5xx, 429 or
    no answer = nothing is allowed for now (Scrapy allows everything then)."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._unreachable: dict[str, str] = {}
        self._sitemaps: dict[str, list[str]] = {}

    async def sitemaps(self, url: str) -> list[str]:
        """The sitemaps that robots.txt of the host of ``url`` names."""
        await self.robot_parser(Request(url))
        return self._sitemaps.get(urlsplit(url).netloc, [])

    async def process_request(
        self,
        request: Request,
        spider: Spider | None = None,  # noqa: ARG002 (the parent's signature)
    ) -> None:
        await super().process_request(request)
        netloc = urlsplit(request.url).netloc
        if netloc in self._unreachable and not request.meta.get("dont_obey_robotstxt"):
            raise RobotsUnreachable(
                f"robots.txt of {netloc} could not be read ({self._unreachable[netloc]}); "
                "nothing of it is fetched tonight"
            )

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as error:
            raise ForbiddenByRobots(f"robots.txt forbids {request.url}") from error

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            self._unreachable[netloc] = f"HTTP {response.status}"
        if response.status >= 400:
            response = response.replace(body=b"")
        self._sitemaps[netloc] = robots_sitemaps(response.body)
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        self._unreachable[netloc] = type(exc).__name__
        super()._robots_error(exc, netloc)


class Throttle(AutoThrottle):
    """AutoThrottle that never goes below a host's ``Crawl-delay`` or the delay
    in the outlet's file."""

    MAX_CRAWL_DELAY = 60.0
    """Seconds. A longer Crawl-delay (some sites say an hour) is capped here, as
    AutoThrottle's own; such an outlet gets few pages a night either way."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        crawler.signals.connect(self._robots_parsed, signal=signals.robots_parsed)

    def _robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        agent = self.crawler.settings["ROBOTSTXT_USER_AGENT"] or self.crawler.settings["USER_AGENT"]
        delay = robotparser.crawl_delay(agent)
        if not delay:
            return
        key = self.crawler.engine.downloader.get_slot_key(request)
        least = _hosts(self.crawler).crawl_delays
        least[key] = max(least.get(key, 0.0), min(delay, self.MAX_CRAWL_DELAY))
        slot = self.crawler.engine.downloader.slots.get(key)
        if slot is not None:
            slot.delay = max(slot.delay, least[key])
            slot.lastseen = time.monotonic()

    def _response_downloaded(self, response: Response, request: Request, spider: Spider) -> None:
        super()._response_downloaded(response, request, spider)
        key, slot = self._get_slot(request, spider)
        if key is not None and slot is not None:
            if response.status == 429:
                # It said so without a Retry-After: half as often from now on.
                slot.delay = min(max(2 * slot.delay, 1.0), self.maxdelay)
            slot.delay = max(slot.delay, self._least_delay(key, request))

    def _least_delay(self, key: str, request: Request) -> float:
        """Seconds: the host's Crawl-delay, or more where earlier nights were too much for it."""
        hosts = _hosts(self.crawler)
        usual = self.crawler.settings.getfloat("DOWNLOAD_DELAY")
        slowed = usual * hosts.slowdowns.get(urlsplit(request.url).netloc, 0.0)
        return max(hosts.crawl_delays.get(key, 0.0), min(slowed, self.MAX_CRAWL_DELAY))


class ByteLimit:
    """Downloader middleware: an outlet brings no more than its share of bytes a night.
    What is left stays pending for the next one."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ByteLimit:
        return cls(crawler)

    def process_request(self, request: Request) -> None:  # noqa: ARG002 (Scrapy's signature)
        assert self.crawler.stats is not None
        most = self.crawler.settings.getint("MONITOR_MEGABYTES") * 1_000_000
        if self.crawler.stats.get_value("downloader/response_bytes", 0) >= most:
            raise LimitReached(
                f"the outlet's limit of {most // 1_000_000} MB for one night is reached"
            )


class RetryAfter:
    """Downloader middleware: after a 429 or 503 with ``Retry-After`` the whole
    host is left alone for that long, by all outlets on it, then the request is
    tried again.

    A wait longer than ``RETRY_AFTER_MAX`` seconds ends the host's night, and so
    do several answers of this kind in a row: what is left of it stays pending for
    the next one. So does a stop in between.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.longest = crawler.settings.getfloat("RETRY_AFTER_MAX")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RetryAfter:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        host = urlsplit(request.url).netloc
        hosts = _hosts(self.crawler)
        while (wait := hosts.not_before.get(host, 0.0) - time.monotonic()) > 0:
            if wait > self.longest or hosts.stopping.is_set():
                how_long = f"for {wait:.0f} more seconds" if wait < math.inf else "again and again"
                raise HostRests(f"{host} asked to be left alone {how_long}")
            with suppress(TimeoutError):
                await asyncio.wait_for(hosts.stopping.wait(), wait)
        hosts.asked.add(host)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        host = urlsplit(request.url).netloc
        hosts = _hosts(self.crawler)
        if response.status not in (429, 503):
            hosts.refusals.pop(host, None)
            return response
        wait = retry_after((response.headers.get("Retry-After") or b"").decode("latin-1"))
        if wait is None:
            if response.status == 429:
                hosts.asks_for_rest(host, "HTTP 429")
            return response
        hosts.asks_for_rest(host, f"HTTP {response.status} with Retry-After", wait)
        logger.info("%s asks to wait %.0f s (HTTP %d)", host, wait, response.status)
        if wait > self.longest or self.crawler.spider is None:
            return response
        again = get_retry_request(
            request, spider=self.crawler.spider, reason=f"Retry-After after HTTP {response.status}"
        )
        return again or response


def _hosts(crawler: Crawler) -> Hosts:
    """What all spiders of the run share; every spider of ours has it."""
    hosts: Hosts = crawler.spider.night.hosts  # type: ignore[union-attr]
    return hosts


def retry_after(value: str, now: datetime | None = None) -> float | None:
    """Seconds to wait by a ``Retry-After`` header (RFC 9110 §10.2.3: seconds or
    an HTTP date); None when it says nothing usable."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())
