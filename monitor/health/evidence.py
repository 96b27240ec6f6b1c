"""Whether a night is still as usual: the statistics behind the states of :mod:`monitor.health`.

Each night adds its evidence for "much less than usual" to a sum that never goes below 0 and
raises an alarm at :data:`ALARM`: a CUSUM (E. S. Page, Continuous inspection schemes,
Biometrika 41, 1954; for counts J. M. Lucas, Counted data CUSUMs, Technometrics 27, 1985).
The evidence is the log likelihood ratio of two levels, the suspected one and the usual one,
divided by the dispersion (quasi-likelihood: R. W. M. Wedderburn, Biometrika 61, 1974), so
that an outlet whose volume varies wildly needs more of it. If the usual level were known, a
false alarm would come once in exp(ALARM) nights at the most (G. Lorden, Procedures for
reacting to a change in distribution, Annals of Mathematical Statistics 42, 1971). It is
estimated from few nights; what that costs was measured by simulation, see
``docs/operations.md`` and ``tests/test_evidence.py``.

The night on which the sum left 0 is the likeliest beginning of the change.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from math import inf, log, sqrt
from statistics import fmean

BASELINE = 28
"""Nights that say what is usual. So many nights after an alarm, what it was about is usual."""

ENOUGH = 14
"""Nights (or articles) without which nothing is usual yet: every weekday twice."""

ALARM = 8.0
"""Evidence that raises an alarm."""

RECOVERY = 3.0
"""Evidence to the contrary that ends it: 20 to 1."""

HALF = 0.5
"""The level that the usual one is held against, besides none at all."""

WEEKDAY_PRIOR = 4.0
"""Stories for which a weekday counts as all others do, before its own speak: weekdays differ
by a factor of 1 ± 0.5 (gamma prior)."""

DISPERSION_PRIOR = 5.0
"""Nights of plain Poisson variation added to those seen: 28 nights tell a dispersion badly."""

LEAST_DISPERSION = 0.35
"""28 nights with the same count do not prove that it never varies."""

CAUTION = 1.0
"""Standard errors by which what is usual is taken lower than the mean of its nights."""

FLOOD = 3.0
"""A night with more than so many times the mean counts as a night with so many: old stories
in a new sitemap are not usual."""

FEWEST = 2.0
"""Stories a night below which a halved volume would take months to show. Of smaller outlets
it only shows that they are silent."""

LARGEST_SHARE = 0.97
"""No share is taken for more certain than this."""

LEAST_SHARE = 0.2
"""A smaller share is no habit whose loss would mean anything."""

Pair = tuple[int, int]
"""One night: weekday and stories of a volume; how many and of how many of a share."""


@dataclass(frozen=True, slots=True)
class UsualVolume:
    """``mean`` stories a night, and by weekday (Monday first) the mean, what is expected
    when one is cautious, and the dispersion: variance / mean of what a night may bring."""

    mean: float
    means: tuple[float, ...]
    expected: tuple[float, ...]
    dispersion: tuple[float, ...]

    def silence(self, weekday: int, stories: int) -> float:
        """Evidence of one night for nothing at all being published."""
        return -inf if stories else self.expected[weekday] / max(1.0, self.dispersion[weekday])

    def decline(self, weekday: int, stories: int, nights: float = 1.0) -> float:
        """Evidence of what ``nights`` brought for half of the usual volume."""
        if self.mean < FEWEST:
            return 0.0
        expected = self.expected[weekday] * nights
        return (expected * (1 - HALF) + stories * log(HALF)) / self.dispersion[weekday]


def usual_volume(nights: Sequence[Pair]) -> UsualVolume | None:
    """What the nights say of a night's volume; None when they are too few.

    A weekday's factor is the posterior mean of a gamma prior; what is uncertain of it is
    part of its dispersion.
    """
    if len(nights) < ENOUGH:
        return None
    ordered = sorted([stories for _, stories in nights])
    most = FLOOD * (fmean(ordered[:-2]) + 1)
    capped = [(weekday, min(stories, most)) for weekday, stories in nights]
    mean = fmean([stories for _, stories in capped])
    sums, known = [WEEKDAY_PRIOR] * 7, [WEEKDAY_PRIOR] * 7
    for weekday, stories in capped:
        sums[weekday] += stories
        known[weekday] += mean
    means = [mean * total / each for total, each in zip(sums, known, strict=True)]
    misfit = sum([(n - means[day]) ** 2 / means[day] for day, n in capped if mean])
    freedom = len(nights) - sum(1 - WEEKDAY_PRIOR / each for each in known)
    dispersion = max(LEAST_DISPERSION, (misfit + DISPERSION_PRIOR) / freedom)
    error = sqrt(dispersion / mean / len(nights)) if mean else 0.0
    lower = max(0.0, 1 - CAUTION * error)
    return UsualVolume(
        mean,
        tuple(means),
        tuple(lower * each for each in means),
        tuple(dispersion * (1 + each / of) for each, of in zip(means, known, strict=True)),
    )


def plainly_usual(nights: Sequence[Pair], weekday: int, stories: int) -> bool:
    """Whether a night's stories need no reckoning: as many as on some usual night, and too
    many to be any evidence of a decline. (Quick: without limits to what counts, the mean of
    :func:`usual_volume` could only be larger.)"""
    if len(nights) < ENOUGH:
        return False
    mean = sum([n for _, n in nights]) / len(nights)
    own = [n for day, n in nights if day == weekday]
    most = mean * (sum(own) + WEEKDAY_PRIOR) / (len(own) * mean + WEEKDAY_PRIOR)
    return (1 - HALF) * most < -log(HALF) * stories and stories <= max([n for _, n in nights])


def usual_share(nights: Sequence[Pair]) -> float | None:
    """The share of all that the nights had; None when they had too little."""
    of = sum(n for _, n in nights)
    return sum(x for x, _ in nights) / of if of >= ENOUGH else None


def loss(nights: Sequence[Pair], tonight: Pair) -> float:
    """Evidence of tonight for half of the usual share."""
    usual = usual_share(nights)
    if usual is None or usual < LEAST_SHARE:
        return 0.0
    share = min(usual, LARGEST_SHARE)
    variance = share * (1 - share)
    misfit = sum([(x - n * share) ** 2 / n for x, n in nights]) / variance
    dispersion = max(1.0, (misfit + DISPERSION_PRIOR) / (len(nights) + DISPERSION_PRIOR))
    share -= CAUTION * sqrt(dispersion * variance / sum([n for _, n in nights]))
    x, n = tonight
    return ((n - x) * log((1 - share * HALF) / (1 - share)) + x * log(HALF)) / dispersion


@dataclass
class Watch:
    """A sum of evidence, the day on which it left 0, and whether it alarms."""

    sum: float = 0.0
    since: date | None = None
    alarms: bool = False

    def add(self, day: date, evidence: float) -> None:
        self.sum = min(self.sum + evidence, ALARM)
        if self.sum <= (ALARM - RECOVERY if self.alarms else 0.0):
            self.reset()
            return
        self.since = self.since or day
        self.alarms = self.alarms or self.sum >= ALARM

    def reset(self) -> None:
        self.sum, self.since, self.alarms = 0.0, None, False


@dataclass
class Gauge:
    """One measure of an outlet: its usual nights and the watch over it.

    While the watch has any evidence its nights wait, so that no trouble becomes the
    baseline that it is measured against. They are dropped when an alarm ends. When it
    has lasted for :data:`BASELINE` nights, they are what is usual, unless it is a loss
    that never will be.
    """

    usual: deque[Pair] = field(default_factory=lambda: deque(maxlen=BASELINE))
    watch: Watch = field(default_factory=Watch)
    waiting: list[Pair] = field(default_factory=list)
    alarming: int = 0

    def add(
        self,
        day: date,
        tonight: Pair | None,
        evidence: float,
        *,
        hold: bool = False,
        never_usual: bool = False,
    ) -> None:
        """``tonight`` is None when the night is not like others; ``hold``: it waits in any case."""
        alarmed = self.watch.alarms
        self.watch.add(day, evidence)
        if tonight is not None:
            self.waiting.append(tonight)
        self.alarming = self.alarming + 1 if self.watch.alarms else 0
        if self.alarming > BASELINE and not never_usual:
            self.waiting = self.waiting[-BASELINE:]
            self.watch.reset()
        elif alarmed and not self.watch.alarms:
            self.waiting.clear()
        if not (self.watch.sum or hold):
            self.usual.extend(self.waiting)
            self.waiting.clear()

    def forget(self) -> None:
        """Drop the evidence and the nights that wait: something else explains them."""
        self.watch.reset()
        self.waiting.clear()
        self.alarming = 0
