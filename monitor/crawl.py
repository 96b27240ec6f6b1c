"""Run the crawls of many outlets in one process, one owner per host."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings
from scrapy.utils.reactor import install_reactor

from monitor.night import Night
from monitor.outlets import Outlet
from monitor.spiders.outlet import spider_for

logger = logging.getLogger(__name__)

OUTLETS_AT_ONCE = 16
"""Crawls that run side by side. A crawl waits most of its time (seconds
between requests), so it is memory, not CPU, that this bounds."""

WATCH_SECONDS = 0.5


def host_groups(outlets: Iterable[Outlet]) -> list[list[Outlet]]:
    """Outlets that share a host, directly or through a third one, in one group.

    The outlets of a group are crawled one after another, so that no host is
    asked by two crawls at a time.
    """
    groups: list[tuple[set[str], list[Outlet]]] = []
    for outlet in outlets:
        hosts, members = set(outlet.hosts), [outlet]
        apart = []
        for other_hosts, others in groups:
            if other_hosts & hosts:
                hosts |= other_hosts
                members = others + members
            else:
                apart.append((other_hosts, others))
        groups = [*apart, (hosts, members)]
    return [members for _, members in groups]


def host_delay(group: Sequence[Outlet], crawl_delays: Mapping[str, float], default: float) -> float:
    """Seconds between two outlets of a group: the longest delay that one of them
    asks for, in its file or in its hosts' robots.txt (``crawl_delays`` by host)."""
    hosts = {host.partition(":")[0] for outlet in group for host in outlet.hosts}
    in_files = (default if outlet.delay is None else outlet.delay for outlet in group)
    in_robots = (
        delay for host, delay in crawl_delays.items() if host.removeprefix("www.") in hosts
    )
    return max([*in_files, *in_robots])


def scrapy_settings(**overrides: object) -> Settings:
    """The project's Scrapy settings with ``overrides`` on top."""
    settings = Settings()
    settings.setmodule("monitor.settings", priority="project")
    settings.setdict(overrides, priority="cmdline")
    return settings


def crawl(
    outlets: Sequence[Outlet],
    night: Night,
    settings: Settings,
    watch: Callable[[], None] | None = None,
) -> bool:
    """Crawl ``outlets``; returns False when a signal stopped it before the end.

    What was fetched until then is stored. ``watch`` is called twice a second.
    """
    work = partial(crawl_outlets, outlets, night, settings)
    return run_in_reactor(work, settings, night.hosts.stopping, watch)


async def crawl_outlets(
    outlets: Sequence[Outlet], night: Night, settings: Settings, runner: AsyncCrawlerRunner
) -> None:
    """Crawl ``outlets`` side by side inside a running reactor, those of one host in turn."""
    places = asyncio.Semaphore(OUTLETS_AT_ONCE)
    stopping = night.hosts.stopping

    async def one_after_another(group: list[Outlet]) -> None:
        async with places:
            for number, outlet in enumerate(group):
                if number:
                    # The next outlet asks the same host: the delay holds between the two.
                    default = settings.getfloat("DOWNLOAD_DELAY")
                    pause = host_delay(group, night.hosts.crawl_delays, default)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stopping.wait(), pause)
                if stopping.is_set():
                    return
                try:
                    await runner.crawl(spider_for(outlet, night))
                except Exception:
                    logger.exception("%s: the crawl broke off", outlet.slug)

    await asyncio.gather(*map(one_after_another, host_groups(outlets)))


def run_in_reactor(
    work: Callable[[AsyncCrawlerRunner], Awaitable[None]],
    settings: Settings,
    stopping: asyncio.Event,
    watch: Callable[[], None] | None = None,
) -> bool:
    """Run ``work`` to its end; returns False when a signal stopped it before.

    SIGINT or SIGTERM sets ``stopping`` and ends it cleanly: running downloads
    finish. Can run once per process (Twisted's reactor cannot be started
    twice). ``watch`` is called twice a second.
    """
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import reactor as installed

    reactor: Any = installed

    runner = AsyncCrawlerRunner(settings)

    async def everything() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop, number)
        watcher = asyncio.ensure_future(watching()) if watch else None
        try:
            await work(runner)
        finally:
            if watcher:
                watcher.cancel()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
            if reactor.running:
                reactor.stop()

    async def watching() -> None:
        while watch:
            watch()
            await asyncio.sleep(WATCH_SECONDS)

    def stop(number: int) -> None:
        name = signal.Signals(number).name
        if stopping.is_set():
            logger.warning("%s again: ending at once", name)
            reactor.stop()
            return
        logger.warning("%s: ending after the downloads in flight", name)
        stopping.set()
        tasks.append(asyncio.ensure_future(runner.stop()))

    tasks: list[asyncio.Future[None]] = []
    reactor.callWhenRunning(lambda: tasks.append(asyncio.ensure_future(everything())))
    reactor.run(installSignalHandlers=False)
    for task in tasks:
        if task.done() and (error := task.exception()) is not None:
            raise error
    return not stopping.is_set()
