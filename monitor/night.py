"""One night: what the crawls of all outlets share, and what each one counts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType

from monitor.outlets import Outlet
from monitor.store import Store, utc_now
from monitor.workers import Workers


@dataclass
class Counts:
    """What the crawl of one outlet saw. ``discovered`` to ``failed`` count
    distinct addresses of articles; ``requests`` and ``bytes`` all traffic."""

    discovered: int = 0
    fetched: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    flagged: int = 0
    blocked: int = 0
    failed: int = 0
    requests: int = 0
    bytes: int = 0
    asked: int = 0
    """Pages asked for so far; for the progress display only."""

    def as_dict(self) -> dict[str, int]:
        """The columns of the table ``crawls``."""
        columns = asdict(self)
        del columns["asked"]
        return columns


@dataclass
class Night:
    """The store, the workers, the clock and the limits of one run of the crawl.

    ``started`` names the night in ``crawls.night``. ``since`` bounds what
    sitemaps bring when they give dates; ``deep`` says that somebody asked for
    it, so that sources are read again although they have not changed.
    ``not_before`` (by host, in seconds of the monotonic clock) and
    ``crawl_delays`` (by host, in seconds) hold for all outlets of a host.
    ``stopping`` is set when the night is to end.
    """

    store: Store
    workers: Workers
    clock: Callable[[], datetime]
    since: datetime
    limit: int
    deep: bool = False
    counts: dict[str, Counts] = field(default_factory=dict)
    not_before: dict[str, float] = field(default_factory=dict)
    crawl_delays: dict[str, float] = field(default_factory=dict)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    started: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()

    @classmethod
    def begin(
        cls,
        db: Path,
        outlets: Iterable[Outlet],
        *,
        clock: Callable[[], datetime] = utc_now,
        since: datetime | None = None,
        since_days: float = 30,
        limit: int = 1000,
        workers: int | None = None,
        page_seconds: float = 30.0,
    ) -> Night:
        """Open the store (raises :class:`monitor.store.StoreBusy`) and start the workers."""
        store = Store(db, now=clock)
        store.add_outlets(outlets)
        return cls(
            store=store,
            workers=Workers(workers, page_seconds),
            clock=clock,
            since=since or clock() - timedelta(days=since_days),
            limit=limit,
            deep=since is not None,
        )

    def __enter__(self) -> Night:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self.workers.close()
        self.store.close()


def clock_from(start: datetime | None) -> Callable[[], datetime]:
    """The real clock, or one that starts at ``start`` and runs on from there.

    The demo and simulated nights use the second kind.
    """
    if start is None:
        return utc_now
    began = time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - began)
