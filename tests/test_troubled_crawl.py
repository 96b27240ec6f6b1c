"""Eight nights over sites that fail, lie and change, each in its own way: what the crawl
finds all the same, what it says of the rest, and what it costs the sites."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

import pytest
from many_nights import many_nights

from monitor.newsroom import Hit, Newsroom
from monitor.newsroom.seasons import season
from monitor.newsroom.troubles import Trouble, evening

NIGHTS = 8
TROUBLES = {
    "harbour-voice": [
        Trouble("dates_2099", 2, 2),
        Trouble("dates_1970", 3, 3),
        Trouble("dates_garbage", 4, 4),
        Trouble("dates_no_zone", 5, 5),
        Trouble("withdrawn_410", 6),
    ],
    "weekend-herald": [
        Trouble("same_guids", 3, 3),
        Trouble("same_links", 4, 4),
        Trouble("double_escaped", 5, 5),
        Trouble("withdrawn_404", 6),
    ],
    "lost-letter": [
        Trouble("undefined_entity", 2, 2),
        Trouble("bare_ampersand", 3, 3),
        Trouble("cut_feed", 4, 4),
        Trouble("huge_feed", 5, 5),
        Trouble("soft_404", 6),
    ],
    "daily-lantern": [
        Trouble("redirect_feed", 3, 3),
        Trouble("feed_403", 4, 4),
        Trouble("feed_html", 5, 5),
        Trouble("gutted", 6),
    ],
    "quiet-river": [Trouble("calendar_empty", 2, 3), Trouble("calendar_same", 4, 5)],
    "half-moon": [Trouble("redirect_articles", 3, 3), Trouble("sent_home", 6)],
    "slow-boat": [Trouble("counters", 2), Trouble("edited", 6)],
    "northern-wire": [
        Trouble("robots_500", 2, 2),
        Trouble("throttled", 3, 3, 36_000),
        Trouble("unavailable", 4, 4),
        Trouble("reset", 5, 5),
        Trouble("challenge_200", 6, 6),
        Trouble("challenge_403", 7, 7),
    ],
    "front-page": [Trouble("no_metadata", 3, 3), Trouble("script_shell", 5, 5)],
}


@dataclass
class Played:
    """By outlet, the rows of table ``crawls`` and the requests, night after night."""

    crawls: dict[str, list[dict[str, Any]]]
    hits: list[list[Hit]]
    articles: list[dict[str, Any]] = field(default_factory=list)

    def column(self, outlet: str, name: str) -> list[Any]:
        return [row[name] for row in self.crawls[outlet]]

    def paths(self, outlet: str, night: int) -> list[str]:
        return [hit.path for hit in self.hits[night - 1] if hit.site == outlet]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("troubles")
    hits = []
    with Newsroom(sites=season(TROUBLES)) as newsroom, many_nights(folder) as nights:
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
    articles = [dict(row) for row in connection.execute("SELECT * FROM articles")]
    connection.close()
    return Played(crawls, hits, articles)


def test_every_night_of_every_outlet_is_accounted_for(played: Played) -> None:
    assert {slug: len(rows) for slug, rows in played.crawls.items()} == dict.fromkeys(
        season(), NIGHTS
    )
    for slug in ("minute-times", "slow-boat"):
        assert set(played.column(slug, "outcome")) == {"finished"}
        assert set(played.column(slug, "reason")) == {""}


@pytest.mark.parametrize(
    ("outlet", "new"),
    [
        ("harbour-voice", [5, 5, 5, 5, 5, 5, 5, 5]),
        ("weekend-herald", [2, 1, 6, 6, 6, 6, 6, 2]),
        ("lost-letter", [4, 4, 4, 4, 4, 4, 4, 4]),
        ("daily-lantern", [5, 5, 5, 5, 5, 5, 5, 5]),
        ("quiet-river", [3, 3, 3, 3, 3, 3, 3, 3]),
        ("slow-boat", [3, 3, 3, 3, 3, 3, 3, 3]),
        ("minute-times", [3, 3, 3, 3, 3, 3, 3, 3]),
    ],
)
def test_bad_feeds_and_endless_listings_cost_no_story(
    played: Played, outlet: str, new: list[int]
) -> None:
    assert played.column(outlet, "new") == new


def test_wrong_dates_in_a_feed_do_not_become_those_of_the_story(played: Played) -> None:
    dates = sorted(
        str(article["published_at"])[:10]
        for article in played.articles
        if article["outlet"] == "harbour-voice"
    )
    assert dates == [f"2026-11-{21 + night}" for night in range(NIGHTS) for _ in range(5)]


def test_a_source_that_fails_is_named_and_the_others_carry_on(played: Played) -> None:
    errors = played.column("daily-lantern", "errors")
    assert errors[2:5] == [
        '{"discover:redirect_loop": 1}',
        '{"discover:http_403": 1}',
        '{"discover:not_a_feed": 1}',
    ]
    assert played.column("lost-letter", "errors")[4] == '{"discover:too_large": 1}'
    assert "/" in played.paths("lost-letter", 5), "its homepage is asked instead"


def test_an_endless_calendar_is_left_soon(played: Played) -> None:
    for night in (2, 3, 4, 5):
        listings = [p for p in played.paths("quiet-river", night) if p.startswith("/section/")]
        assert len(listings) == 2


def test_articles_that_redirect_for_ever_are_headlines_until_they_stop(played: Played) -> None:
    assert played.column("half-moon", "headlines") == [0, 0, 6, 0, 0, 0, 0, 0]
    assert played.column("half-moon", "new") == [6, 6, 0, 12, 6, 6, 6, 6]


def test_furniture_is_no_change_and_an_edit_is_one(played: Played) -> None:
    looked_at = [row["extracted"] - row["new"] for row in played.crawls["slow-boat"]]
    assert looked_at == [0, 1, 1, 2, 2, 2, 2, 3], "after 1, 3 and 7 days"
    assert played.column("slow-boat", "changed") == [0, 0, 0, 0, 0, 1, 0, 0]


def test_withdrawn_stories_are_gone_in_their_manner_and_gutted_ones_are_kept(
    played: Played,
) -> None:
    gone = {
        article["outlet"]: (article["gone_how"], str(article["gone_at"])[:10])
        for article in played.articles
        if article["state"] == "gone"
    }
    assert gone == {
        "harbour-voice": ("http_410", "2026-11-26"),
        "weekend-herald": ("http_404", "2026-11-26"),
        "lost-letter": ("soft_404", "2026-11-26"),
        "half-moon": ("redirected_home", "2026-11-26"),
    }
    (gutted,) = (article for article in played.articles if article["gutted_at"])
    assert (gutted["outlet"], gutted["gutted_at"][:10]) == ("daily-lantern", "2026-11-26")
    assert (gutted["revision"], gutted["flagged"]) == (1, 1)


def test_a_host_in_trouble_is_left_alone_and_nothing_of_it_is_lost(played: Played) -> None:
    assert played.column("northern-wire", "outcome") == [
        "finished", "failed", "failed", "failed", "failed", "blocked", "blocked", "finished",
    ]  # fmt: skip
    assert [json_keys(errors) for errors in played.column("northern-wire", "errors")] == [
        set(),
        {"discover:robots_unreachable", "fetch:robots_unreachable"},
        {"discover:host_rests", "fetch:host_rests"},
        {"discover:robots_unreachable", "fetch:robots_unreachable"},
        {"discover:robots_unreachable", "fetch:robots_unreachable"},
        {"discover:bot_wall", "fetch:bot_wall"},
        {"discover:bot_wall"},
        set(),
    ]
    asked = [len(played.paths("northern-wire", night)) for night in range(2, 8)]
    assert max(asked) <= 3
    assert played.column("northern-wire", "new") == [4, 0, 0, 0, 0, 0, 0, 28]


def json_keys(text: str) -> set[str]:
    return set(json.loads(text))


def test_a_layout_without_metadata_and_one_without_text_show(played: Played) -> None:
    assert played.column("front-page", "bylined")[:4] == [4, 4, 0, 5]
    assert played.column("front-page", "outcome")[4] == "blocked"
    assert "script_shell" in played.column("front-page", "errors")[4]


def test_known_addresses_are_asked_for_conditionally(played: Played) -> None:
    fed = [hit for hits in played.hits[1:] for hit in hits if hit.path.endswith(".xml")]
    known = [hit for hit in fed if hit.site in ("weekend-herald", "slow-boat")]
    assert known
    assert all(hit.if_none_match or hit.if_modified_since for hit in known)
    for hits in played.hits:
        robots = [hit.site for hit in hits if hit.path == "/robots.txt" and hit.status == 200]
        assert len(robots) == len(set(robots)), "robots.txt once a night"
