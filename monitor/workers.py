"""Worker processes that judge pages, so that the crawl's own loop never waits.

Extraction costs 25–170 ms a page: in Scrapy's reactor thread it would stall
every download. A page that hangs or kills its worker costs only itself.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeoutError
from multiprocessing import forkserver, resource_tracker
from types import TracebackType

from pebble import CONSTS, ProcessExpired, ProcessPool

from monitor.items import Headline, Judged, Page, Quarantined
from monitor.judge import judge

TIME_LIMIT = 30.0
"""Seconds that one page may take. The slowest of 439 real pages took half a second."""

PAGES_PER_WORKER = 2_000
"""A worker is replaced after so many pages: lxml and trafilatura's caches grow."""


class Workers:
    """A pool of judging processes. Use as a context manager.

    ``count`` defaults to the number of CPUs; ``time_limit`` is in seconds;
    ``task`` is what the workers run on each page.
    """

    def __init__(
        self,
        count: int | None = None,
        time_limit: float = TIME_LIMIT,
        task: Callable[[Page | Headline, str | None], Judged | Quarantined] = judge,
    ) -> None:
        self.time_limit = time_limit
        self._task = task
        # Not fork: the crawl has threads by then.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["monitor.warm"])
        _start_fork_server()
        # Workers do not hear SIGTERM, so pebble need not wait before it kills one.
        CONSTS.term_timeout = 0
        self._pool = ProcessPool(
            max_workers=count or os.cpu_count() or 1, max_tasks=PAGES_PER_WORKER, context=context
        )
        # The pool starts with its first task: start it while the first sources are read.
        self._pool.schedule(os.getpid)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop at once; pages still being judged are given up."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    async def judge(
        self, page: Page | Headline, declared_language: str | None = None
    ) -> Judged | Quarantined:
        """:func:`monitor.judge.judge` in a worker, within the time limit.

        A page that takes longer or kills its worker comes back quarantined,
        with its body, to be tried again: it may have been the machine's fault.
        """
        future = self._pool.schedule(
            self._task, args=(page, declared_language), timeout=self.time_limit
        )
        try:
            return await asyncio.wrap_future(future)
        except (FutureTimeoutError, TimeoutError):
            return self._given_up(
                page, "timeout", f"the page was not read within {self.time_limit:g} seconds"
            )
        except ProcessExpired as error:
            return self._given_up(
                page, "worker_died", f"reading the page killed its worker ({error})"
            )

    def _given_up(self, page: Page | Headline, reason: str, detail: str) -> Quarantined:
        if isinstance(page, Headline):
            return Quarantined(page.outlet, page.entry.url, "flag", reason, detail, page.at)
        return Quarantined(
            outlet=page.outlet,
            url=page.requested_url,
            stage="extract",
            reason=reason,
            detail=detail,
            at=page.fetched_at,
            status=page.status,
            body=page.body,
            state="pending",
        )


def _start_fork_server() -> None:
    """Start it, and so all workers, deaf to SIGTERM and SIGINT.

    systemd and a terminal send those to every process of a crawl. The crawl's
    own process decides what becomes of the pages in hand; it stops the workers.
    Blocked signals are inherited, so there is no moment at which one can hit.
    """
    resource_tracker.ensure_running()  # starting it would unblock them again
    blocked = {signal.SIGTERM, signal.SIGINT}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
