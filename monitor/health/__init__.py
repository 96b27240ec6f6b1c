"""How an outlet fares: the rows of its nights → a state, since when, and why. Pure.

Each night is held against the outlet's own usual nights, the last 28 without trouble
(``evidence``). What that says of new stories is in ``volume``, of everything else in
``course``. A night that was interrupted says nothing. ``reading`` takes the rows from the
database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, Literal

from monitor.health.course import Course, Kind, PastNight, Trouble, Usual
from monitor.health.evidence import ENOUGH
from monitor.health.nights import Night, Row, evenings

__all__ = ["STATES", "Health", "Night", "PastNight", "State", "Trouble", "Usual", "health"]

State = Literal["blocked", "failing", "not_crawled", "silent", "degraded", "new", "healthy"]

STATES: Mapping[State, str] = {
    "blocked": "its sources or its pages are refused, or a bot check stands before them",
    "failing": "its sources cannot be read for another reason",
    "not_crawled": "no crawl of it has come to its end lately",
    "silent": "its sources are read, but list nothing new for longer than is usual",
    "degraded": "it is read, but less of it than usual",
    "new": "too few nights to compare with",
    "healthy": "as usual",
}
"""The states with their meaning, the worst first."""

LOOKBACK = timedelta(days=120)
"""How much history is judged."""

LATE = 2
"""Usual pauses between two nights after which an outlet counts as not crawled."""


@dataclass(frozen=True, slots=True)
class Health:
    """``since`` is the evening on which the present trouble began, None without one;
    ``reason`` words for an operator; ``troubles`` the worst first; ``night`` the last
    one that came to its end, ``usual`` what it is compared with."""

    outlet: str
    state: State
    since: date | None
    reason: str
    troubles: Sequence[Trouble]
    night: Night | None
    usual: Usual
    history: Sequence[PastNight]

    @property
    def well(self) -> bool:
        return self.state in ("new", "healthy")

    @property
    def order(self) -> tuple[int, date, str]:
        """To sort by: the worst first, and the longest in trouble."""
        return list(STATES).index(self.state), self.since or date.max, self.outlet

    def as_dict(self) -> dict[str, Any]:
        """What programs get; days as ISO 8601."""
        return {
            "outlet": self.outlet,
            "state": self.state,
            "well": self.well,
            "since": self.since and self.since.isoformat(),
            "reason": self.reason,
            "troubles": [
                {**asdict(each), "since": each.since.isoformat()} for each in self.troubles
            ],
            "night": self.night and self.night.as_dict(),
            "usual": asdict(self.usual),
        }


def health(outlet: str, rows: Iterable[Row], at: datetime, missed: Sequence[str] = ()) -> Health:
    """Judge an outlet by its rows of ``crawls``, oldest first, as of ``at``.

    ``missed`` are sentences on the sources that the last crawl could not read.
    """
    nights = list(evenings(rows))
    course = Course()
    for night in nights:
        course.add(night)
    troubles = course.troubles(missed)
    reason = course.note(missed)
    state: State = "healthy"
    if not nights:
        state, reason = "new", "never crawled"
    elif _overdue(nights, at):
        last = nights[-1].day
        reason = f"no crawl of it has come to its end since {last}: does the nightly crawl run?"
        troubles = [Trouble("not_crawled", last, reason)]
    elif troubles:
        reason = "; ".join(trouble.reason for trouble in troubles)
    elif (known := course.usual().nights) < ENOUGH:
        compared = f"{known} of {ENOUGH} nights that are needed to compare"
        state, reason = "new", "; ".join(filter(None, [compared, reason]))
    if troubles:
        state = _state(troubles[0].kind)
    return Health(
        outlet,
        state,
        troubles[0].since if troubles else None,
        reason,
        troubles,
        nights[-1] if nights else None,
        course.usual(),
        course.history,
    )


def _state(kind: Kind) -> State:
    match kind:
        case "blocked" | "failing" | "not_crawled" | "silent":
            return kind
    return "degraded"


def _overdue(nights: Sequence[Night], at: datetime) -> bool:
    days = [night.day for night in nights]
    pauses = [(late - early).days for early, late in pairwise(days)]
    pause = median(pauses) if pauses else 1
    return (at.astimezone(UTC).date() - days[-1]).days > LATE * pause
