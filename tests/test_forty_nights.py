"""Forty nights over ten sites with an accident each: what ``monitor status`` says of
whom, from which evening on, and why."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from many_nights import many_nights

from monitor.health import Health, health
from monitor.newsroom import Hit, Newsroom
from monitor.newsroom.seasons import PLAYED, season
from monitor.newsroom.troubles import evening

NIGHTS = 40
WELL = {"daily-lantern", "weekend-herald", "slow-boat", "minute-times", "front-page"}


@dataclass
class Season:
    """The rows of ``crawls`` by outlet, and each night's requests."""

    crawls: Mapping[str, Sequence[dict[str, Any]]]
    hits: Sequence[Sequence[Hit]]

    def status(self, night: int) -> dict[str, Health]:
        """What ``monitor status`` says on the morning after a night."""
        morning = evening(night) + timedelta(hours=6)
        return {slug: health(slug, rows[:night], morning) for slug, rows in self.crawls.items()}

    def unwell(self, night: int) -> dict[str, tuple[str, int]]:
        """State of each outlet that is not well, and the night on which that began."""
        return {
            slug: (found.state, _night_of(found.since))
            for slug, found in self.status(night).items()
            if not found.well
        }


def _night_of(day: date | None) -> int:
    assert day is not None
    return (day - evening(0).date()).days


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Season:
    folder = tmp_path_factory.mktemp("season")
    hits = []
    with Newsroom(sites=season(PLAYED)) as newsroom, many_nights(folder) as nights:
        newsroom.outlets_toml(folder / "outlets")
        for newsroom.night in range(1, NIGHTS + 1):
            before = len(newsroom.log)
            nights.crawl(evening(newsroom.night))
            hits.append(newsroom.log[before:])
    connection = sqlite3.connect(folder / "monitor.db")
    connection.row_factory = sqlite3.Row
    crawls: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute("SELECT * FROM crawls ORDER BY id"):
        crawls.setdefault(row["outlet"], []).append(dict(row))
    connection.close()
    return Season(crawls, hits)


def test_an_outlet_is_new_until_there_is_something_to_compare_with(played: Season) -> None:
    assert {found.state for found in played.status(10).values()} == {"new"}
    assert {found.state for found in played.status(20).values()} == {"healthy"}


def test_nobody_is_called_unwell_before_the_first_accident(played: Season) -> None:
    for night in range(1, 30):
        assert played.unwell(night) == {}


@pytest.mark.parametrize(
    ("night", "unwell"),
    [
        (30, {"harbour-voice": ("degraded", 30)}),
        (31, {"harbour-voice": ("degraded", 30), "lost-letter": ("degraded", 31)}),
        (
            33,
            {
                "harbour-voice": ("degraded", 30),
                "lost-letter": ("degraded", 31),
                "northern-wire": ("blocked", 33),
            },
        ),
        (
            37,
            {
                "harbour-voice": ("degraded", 30),
                "lost-letter": ("degraded", 31),
                "quiet-river": ("silent", 35),
            },
        ),
        (
            40,
            {
                "harbour-voice": ("degraded", 30),
                "lost-letter": ("degraded", 31),
                "quiet-river": ("silent", 35),
                "half-moon": ("degraded", 34),
            },
        ),
    ],
)
def test_status_names_the_unwell_and_the_evening(
    played: Season, night: int, unwell: dict[str, tuple[str, int]]
) -> None:
    assert played.unwell(night) == unwell


def test_status_gives_the_likely_reason(played: Season) -> None:
    found = played.status(36)
    assert "article_url" in found["harbour-voice"].reason
    assert found["northern-wire"].reason == (
        "none of its sources could be read: they answer HTTP 403"
    )
    assert "HTTP 404" in found["lost-letter"].reason
    assert "/syndication/rss.xml" in found["lost-letter"].reason, "what its homepage names"
    later = played.status(40)
    assert later["half-moon"].reason == "3 new stories a night, usually 6"
    assert later["quiet-river"].reason == "nothing new in 6 nights, usually 3 a night"


def test_a_weekend_a_slow_server_and_a_lying_sitemap_are_no_trouble(played: Season) -> None:
    for night in range(20, NIGHTS + 1):
        assert not WELL & played.unwell(night).keys()


def test_a_blocked_outlet_catches_up(played: Season) -> None:
    new = [row["new"] for row in played.crawls["northern-wire"]]
    assert new[31:38] == [4, 0, 0, 0, 0, 20, 4]
    assert played.status(37)["northern-wire"].well


def test_a_quiet_night_costs_a_few_requests_whatever_the_archive(played: Season) -> None:
    early, late = (
        sum(hit.site == "daily-lantern" for hit in played.hits[night - 1]) for night in (12, 40)
    )
    assert late <= early + 2, "revisits of flagged stories apart"
    lying = [sum(hit.site == "minute-times" for hit in hits) for hits in played.hits]
    assert max(lying[20:]) <= max(lying[5:20]) + 2
