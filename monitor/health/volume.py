"""New stories of one outlet, night after night: silent, fewer, far too many? Pure."""

from __future__ import annotations

from collections import deque
from datetime import date
from math import inf
from statistics import median

from monitor.health.evidence import BASELINE, Gauge, UsualVolume, Watch, plainly_usual, usual_volume
from monitor.health.nights import Night

LONG_SILENCE = 90
"""Nights without a new story that are called silence, whatever was usual."""

LATE = 1.5
"""Times the usual pause after which a night has the stories of more than one."""

TOO_MANY = (10, 50)
"""Times the usual volume, and stories at the least, that are no news: an archive is listed,
or every story has a new address."""


class Volume:
    """New stories are addresses that were never listed before: what becomes of their pages
    is another matter."""

    def __init__(self) -> None:
        self.decline = Gauge()
        self.silence = Watch()
        self.quiet: list[date] = []
        """The nights since the last new story."""
        self.flood: int = 0
        """New stories of the last night, when they are far too many."""
        self._last: date | None = None
        self._pauses: deque[int] = deque(maxlen=BASELINE)

    @property
    def usual(self) -> UsualVolume | None:
        return usual_volume(self.decline.usual)

    @property
    def silent_since(self) -> date | None:
        silent = self.silence.alarms or len(self.quiet) >= LONG_SILENCE
        return self.quiet[0] if silent else None

    def add(self, night: Night) -> None:
        stories, weekday = night.fresh, night.day.weekday()
        self.flood = 0
        if stories:
            self.quiet.clear()
        else:
            self.quiet.append(night.day)
        if self._last is None:
            self._last = night.day
            return  # the first night lists what was published before, too
        days, self._last = (night.day - self._last).days, night.day
        self._pauses.append(days)
        nights = days / median(self._pauses)
        late = nights > LATE
        calm = not (late or self.silence.sum or self.decline.watch.sum)
        silence = decline = -inf if stories else 0.0
        plain = calm and plainly_usual(self.decline.usual, weekday, stories)
        if not plain and (usual := self.usual) is not None:
            silence = usual.silence(weekday, stories)
            decline = usual.decline(weekday, stories, nights if late else 1.0)
            times, least = TOO_MANY
            many = max(least, times * max(1.0, nights) * usual.mean)
            above = stories > max(count for _, count in self.decline.usual)
            self.flood = stories if above and stories >= many else 0
        if late:
            silence, decline = min(silence, 0.0), min(decline, 0.0)
        self.silence.add(night.day, silence)
        if self.silence.alarms:
            self.decline.forget()
            return
        tonight = None if late or self.flood else (weekday, stories)
        self.decline.add(night.day, tonight, decline, hold=self.silence.sum > 0)
