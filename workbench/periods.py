"""Periods of days: as an address asks for them, and cut into weeks, months or years."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

PRESETS = {"3months": "3 months", "year": "A year", "all": "All"}
"""Periods that end today, by their names in addresses."""
_WEEKS_BACK = {"3months": 13, "year": 52}
"""Whole weeks before the one that the period ends in."""

WEEK = 0
_UNITS = {WEEK: "weeks", 1: "months", 3: "quarters", 12: "years", 120: "decades"}
"""What a period is cut into, from fine to coarse: weeks (from Monday), or so many months."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days:
    """From a day to another one, both included."""

    since: date
    until: date

    @property
    def filters(self) -> list[tuple[str, str]]:
        """The parameters of ``/monitor/articles`` that leave the articles of these days."""
        return [("day__gte", self.since.isoformat()), ("day__lte", self.until.isoformat())]


@dataclass(frozen=True, slots=True)
class Period(Days):
    """``preset`` is one of :data:`PRESETS`, or "" for days that were chosen."""

    preset: str = ""

    @property
    def query(self) -> str:
        """The parameters of an address that ask for this period again."""
        if self.preset:
            return urlencode({"period": self.preset})
        return urlencode({"since": self.since.isoformat(), "until": self.until.isoformat()})


def read_period(
    arguments: Mapping[str, Sequence[str]], first: date, last: date
) -> tuple[Period, list[str]]:
    """The period that an address asks for, and what in it makes no sense, in sentences.

    ``first`` and ``last`` are the days of the first and the last story that there is; a
    period ends on ``last`` at the latest. Without arguments: the last three months.
    """

    since, until, complaints = read_days(arguments)
    if (since or until) and not (since and until and since > until):
        until = min(until or last, last)
        return Period(min(since or first, until), until), complaints
    given = last_given(arguments, "period")
    preset = given if given in PRESETS else "3months"
    if given not in ("", preset):
        complaints.append(f"There is no period “{given[:40]}”, only {', '.join(PRESETS)}.")
    back = _WEEKS_BACK.get(preset)
    start = first if back is None else _monday(last) - timedelta(weeks=back)
    return Period(min(start, last), last, preset), complaints


def read_days(
    arguments: Mapping[str, Sequence[str]],
) -> tuple[date | None, date | None, list[str]]:
    """``since`` and ``until`` of an address, and what in them makes no sense, in sentences."""
    complaints = []
    days: dict[str, date | None] = {}
    for name, label in (("since", "From"), ("until", "To")):
        given = last_given(arguments, name)
        days[name] = _day(given)
        if given and days[name] is None:
            complaints.append(f"{label}: “{given[:40]}” is no day. Write it as 2026-11-21.")
    since, until = days["since"], days["until"]
    if since and until and since > until:
        complaints.append("The first day is later than the last one: nothing can lie between.")
    return since, until, complaints


def last_given(arguments: Mapping[str, Sequence[str]], name: str) -> str:
    """The parameter's value, the last where it has several; "" without one."""
    return arguments.get(name, [""])[-1].strip()


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given)
    except ValueError:
        return None


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


@dataclass(frozen=True, slots=True)
class Bucket(Days):
    """Days that are counted together. ``label`` names them beside others of their kind,
    ``name`` alone."""

    label: str
    name: str


@dataclass(frozen=True, slots=True)
class Buckets:
    """A period without a gap; ``unit`` is what it is cut into (``weeks``, ``months`` …).
    The first and the last one end where the period does."""

    unit: str
    each: Sequence[Bucket]

    def sums(self, stories: Mapping[str, int]) -> list[int]:
        """How many stories each bucket has; ``stories`` are those of the period by ISO day."""
        starts = [bucket.since.isoformat() for bucket in self.each]
        sums = [0] * len(starts)
        for day, number in stories.items():
            sums[bisect_right(starts, day) - 1] += number
        return sums


def cut(period: Period, most: int) -> Buckets:
    """``period`` in the finest pieces of which there are at most ``most``; decades can be more."""
    step = next((step for step in _UNITS if _pieces(period, step) <= most), max(_UNITS))
    start, found = period.since, list[Bucket]()
    while start <= period.until:
        end = min(_end(start, step), period.until)
        found.append(Bucket(start, end, _label(start, step), _name(start, end, step)))
        start = end + _DAY
    return Buckets(_UNITS[step], found)


def _pieces(period: Period, step: int) -> int:
    """How many pieces ``period`` has."""
    if step == WEEK:
        return ((period.until - _monday(period.since)).days // 7) + 1
    return _month(period.until) // step - _month(period.since) // step + 1


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _end(day: date, step: int) -> date:
    """The last day of the piece that ``day`` lies in."""
    if step == WEEK:
        return _monday(day) + timedelta(days=6)
    year, month = divmod((_month(day) // step + 1) * step, 12)
    return date.max if year > date.max.year else date(year, month + 1, 1) - _DAY


def _label(day: date, step: int) -> str:
    if step == WEEK:
        return f"{day.day} {day:%b}"
    if step == 1:
        return f"{day:%b} {day.year}"
    if step == 3:
        return f"Q{(day.month + 2) // 3} {day.year}"
    return str(day.year) if step == 12 else f"{day.year // 10 * 10}s"


def _name(since: date, until: date, step: int) -> str:
    if step != WEEK:
        return _label(since, step)
    return f"{_label(since, step)} to {_label(until, step)} {until.year}"
