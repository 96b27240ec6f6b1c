"""One night: what the crawls of all outlets share, and what each one counts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from types import TracebackType

from monitor.hosts import Hosts, Rest
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
    fresh: int = 0
    """Listed addresses that were never seen before."""
    headlines: int = 0
    """Stories of which there is no more than what a source says."""
    extracted: int = 0
    """Pages that gave an article, and of these those with a title, a date, a byline."""
    titled: int = 0
    dated: int = 0
    bylined: int = 0
    sources_ok: int = 0
    sources_missed: int = 0
    asked: int = 0
    """Pages asked for so far; for the progress display only."""
    text_lengths: list[int] = field(default_factory=list)
    """Of each extracted article, in characters."""
    errors: Counter[str] = field(default_factory=Counter)
    """What was missed, by ``stage:reason``."""

    def as_dict(self) -> dict[str, int]:
        """The counts of the table ``crawls``."""
        columns = asdict(self)
        for name in ("asked", "text_lengths", "errors"):
            del columns[name]
        return columns

    @property
    def text_median(self) -> int | None:
        return round(median(self.text_lengths)) if self.text_lengths else None


@dataclass
class Night:
    """The store, the workers, the clock and the limits of one run of the crawl.

    ``started`` names the night in ``crawls.night``. ``since`` bounds what
    sitemaps bring when they give dates; ``deep`` says that somebody asked for
    it, so that sources are read again although they have not changed.
    ``hosts`` holds for all outlets of a host.
    """

    store: Store
    workers: Workers
    clock: Callable[[], datetime]
    since: datetime
    limit: int
    deep: bool = False
    counts: dict[str, Counts] = field(default_factory=dict)
    hosts: Hosts = field(init=False)
    started: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()
        self.hosts = Hosts(self.clock)
        for host, known in self.store.hosts().items():
            self.hosts.slowdowns[host] = known.slowdown
            left = (known.not_before - self.started).total_seconds() if known.not_before else 0.0
            if left > 0:
                self.hosts.leave_alone(host, left)

    def _remember_hosts(self) -> None:
        """Keep for the next nights which of the hosts asked tonight wanted rest."""
        for host in self.hosts.asked & (self.hosts.rests.keys() | self.hosts.slowdowns.keys()):
            rest = self.hosts.rests.get(host, Rest(""))
            self.store.note_host(host, not_before=rest.not_before, reason=rest.reason)

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

    def finish(self) -> None:
        """End the night and close the store; the workers go on for the next one."""
        self._remember_hosts()
        self.store.close()

    def close(self) -> None:
        self.workers.close()
        self.finish()


def clock_from(start: datetime | None) -> Callable[[], datetime]:
    """The real clock, or one that starts at ``start`` and runs on from there.

    The demo and simulated nights use the second kind.
    """
    if start is None:
        return utc_now
    began = time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - began)
