"""The statistics of health: how often they are wrong, and how soon they notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count, islice, repeat
from math import exp
from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.health.evidence import (
    ALARM,
    BASELINE,
    Gauge,
    Pair,
    Watch,
    loss,
    plainly_usual,
    usual_volume,
)
from monitor.health.nights import Night
from monitor.health.volume import Volume

MONDAY = date(2026, 1, 5)
WEEK = (1, 1, 1, 1, 1, 0.5, 0.35)
"""Of an outlet that writes less at the weekend."""


def stories(random: Random, mean: float, dispersion: float) -> int:
    """A Poisson count, or with a dispersion above 1 a negative binomial one."""
    if dispersion > 1 and mean:
        mean = random.gammavariate(mean / (dispersion - 1), dispersion - 1)
    if mean > 50:
        return max(0, round(random.gauss(mean, mean**0.5)))
    product, number = random.random(), 0
    while product > exp(-mean):
        product, number = product * random.random(), number + 1
    return number


def nights(random: Random, rate: float, dispersion: float, start: int = 0) -> Iterator[Night]:
    for number in count(start):
        mean = rate * WEEK[number % 7]
        yield Night(MONDAY + timedelta(number), fresh=stories(random, mean, dispersion))


def alarms(volume: Volume, night: Night) -> bool:
    volume.add(night)
    return volume.silent_since is not None or volume.decline.watch.alarms or bool(volume.flood)


@pytest.mark.parametrize("dispersion", [1.0, 3.0])
def test_healthy_outlets_raise_hardly_an_alarm_in_ten_years(dispersion: float) -> None:
    """Measured with 300 years of each size from 0.3 to 60 stories a night: 0.00 to 0.02
    alarms a year with dispersion 1, 0.01 to 0.05 with 2, 0.02 to 0.08 with 4. Here few years
    are played, of all sizes together."""
    random, years, raised = Random(7), 0, 0
    for rate in (0.3, 1, 3, 10, 60):
        for _ in range(4):
            volume, before, years = Volume(), False, years + 1
            for night in islice(nights(random, rate, dispersion), BASELINE + 365):
                now = alarms(volume, night)
                raised += now and not before
                before = now
    assert raised / years <= 0.1


@pytest.mark.parametrize(
    ("rate", "share", "soon"),
    [(60, 0, 1), (10, 0, 3), (3, 0, 7), (1, 0, 18), (60, 0.5, 4), (10, 0.5, 18)],
)
def test_a_loss_is_noticed_in_time_and_dated_well(rate: float, share: float, soon: int) -> None:
    random, taken, begun = Random(11), [], []
    for number in range(12):
        volume, change = Volume(), 56 + number % 7
        for night in islice(nights(random, rate, 1), change):
            volume.add(night)
        after = nights(random, rate * share, 1, change)
        taken.append(next(n for n, night in enumerate(after, 1) if alarms(volume, night)))
        since = volume.silent_since or volume.decline.watch.since
        assert since is not None
        begun.append((since - MONDAY).days - change)
    assert median(taken) <= soon
    assert abs(median(begun)) <= 2


def test_the_weekend_is_no_loss_and_neither_is_noise_on_it() -> None:
    usual = usual_volume([(day % 7, (6, 6, 6, 6, 6, 2, 1)[day % 7]) for day in range(28)])
    assert usual is not None
    assert usual.means[6] < 2 < usual.means[0]
    assert usual.decline(6, 1) < ALARM / 10
    assert usual.decline(0, 1) > usual.decline(6, 1)


def test_too_few_nights_say_nothing() -> None:
    assert usual_volume([(0, 5)] * 13) is None
    assert loss([(1, 1)] * 13, (0, 9)) == 0.0
    assert loss([(1, 10)] * 28, (0, 9)) == 0.0, "a tenth is no habit"


def test_an_archive_that_is_listed_once_is_not_usual() -> None:
    calm = usual_volume([(day % 7, 5) for day in range(28)])
    flooded = usual_volume([(day % 7, 5 if day else 900) for day in range(28)])
    assert calm is not None
    assert flooded is not None
    assert flooded.mean < 1.1 * calm.mean


def test_a_watch_remembers_when_its_evidence_began() -> None:
    watch = Watch()
    for day, evidence in enumerate([3.0, -5.0, 3.0, -1.0, 4.0, 4.0]):
        watch.add(MONDAY + timedelta(day), evidence)
    assert watch.alarms
    assert watch.since == MONDAY + timedelta(2)
    watch.add(MONDAY, -2.9)
    assert watch.alarms
    watch.add(MONDAY, -0.2)
    assert watch == Watch()


def test_what_an_alarm_was_about_is_usual_after_28_nights_but_not_before() -> None:
    gauge = Gauge()
    for _ in range(BASELINE):
        gauge.add(MONDAY, (1, 1), -1.0)
    for day in range(BASELINE):
        gauge.add(MONDAY + timedelta(day), (0, 1), ALARM)
        assert gauge.watch.alarms
        assert (0, 1) not in gauge.usual
    gauge.add(MONDAY, (0, 1), ALARM)
    assert not gauge.watch.alarms
    assert list(gauge.usual) == [*repeat((0, 1), BASELINE)]


def test_nights_of_a_trouble_that_passed_are_never_usual() -> None:
    gauge = Gauge()
    for evidence, pair in [(-1.0, (9, 9)), (ALARM, (0, 9)), (1.0, (0, 9)), (-ALARM, (9, 9))]:
        gauge.add(MONDAY, pair, evidence)
    gauge.add(MONDAY, (9, 9), -1.0)
    assert list(gauge.usual) == [(9, 9)] * 2


PAIRS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2000)), min_size=1, max_size=28)


@given(PAIRS, st.integers(0, 6), st.integers(0, 3000))
def test_the_quick_look_agrees_with_the_reckoning(
    pairs: list[Pair], weekday: int, tonight: int
) -> None:
    usual = usual_volume(pairs)
    if plainly_usual(pairs, weekday, tonight):
        assert usual is not None
        assert usual.decline(weekday, tonight) <= 0
        assert usual.silence(weekday, tonight) < 0
