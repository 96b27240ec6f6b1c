"""What all spiders of one run share towards hosts: a host is asked by common rules."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.store import utc_now

ENOUGH_REFUSALS = 4
"""So many "too many requests" in a row, each after the wait that was asked for, end a
host's night: waiting on would make the night as long as the list of its pages."""


@dataclass
class Rest:
    """A host that asked for rest: why, and until when if it said so."""

    reason: str
    not_before: datetime | None = None


@dataclass
class Hosts:
    """``not_before`` (seconds of the monotonic clock) and ``slowdowns`` (times the usual
    delay, from earlier nights) are by host as in an address, ``crawl_delays`` (seconds)
    by Scrapy's name of it. ``asked`` are those that were sent a request, ``rests`` those
    that asked for rest, ``refusals`` how often in a row they just did. ``stopping`` is
    set when the run is to end.
    """

    clock: Callable[[], datetime] = utc_now
    not_before: dict[str, float] = field(default_factory=dict)
    crawl_delays: dict[str, float] = field(default_factory=dict)
    slowdowns: dict[str, float] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    rests: dict[str, Rest] = field(default_factory=dict)
    refusals: Counter[str] = field(default_factory=Counter)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def leave_alone(self, host: str, seconds: float) -> None:
        """No request to ``host`` for so long, by any spider."""
        until = time.monotonic() + seconds
        self.not_before[host] = max(self.not_before.get(host, 0.0), until)

    def asks_for_rest(self, host: str, reason: str, seconds: float | None = None) -> None:
        """Note that ``host`` answered 429 or 503, for this run and for those to come."""
        rest = self.rests.setdefault(host, Rest(reason))
        self.refusals[host] += 1
        if self.refusals[host] >= ENOUGH_REFUSALS:
            self.leave_alone(host, math.inf)
        if seconds is not None:
            self.leave_alone(host, seconds)
            until = self.clock() + timedelta(seconds=seconds)
            rest.not_before = max(rest.not_before or until, until)
