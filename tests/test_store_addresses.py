"""Listings, addresses, quarantine and crawls: what there is to fetch, and what was."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from store_records import (
    DAY,
    NIGHT,
    STORY,
    SmallOutlet,
    assert_sound,
    flagged,
    judged,
    row,
    rows,
    value,
)

from monitor.items import Entry, Forbidden, Gone, Listing, Quarantined, Unchanged
from monitor.store import Store, last_crawls, night_summary
from monitor.store.values import MAX_BODY_BYTES

FEED = "https://daily.example/feed"
HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "monitor.db", now=lambda: NIGHT) as store:
        store.add_outlets([SmallOutlet("daily"), SmallOutlet("weekly")])
        yield store
        assert_sound(store)


def listing(
    *entries: Entry,
    at: datetime = NIGHT,
    status: int = 200,
    etag: str | None = None,
    modified: str | None = None,
) -> Listing:
    return Listing("daily", FEED, "feed", status, entries, at, etag, modified)


def failed(
    url: str = STORY, *, state: str = "pending", at: datetime = NIGHT, body: bytes = b""
) -> Quarantined:
    return Quarantined("daily", url, "fetch", "timeout", "no answer", at, None, body, state)  # type: ignore[arg-type]


def pending(store: Store) -> list[str]:
    return [entry.url for entry in store.pending("daily")]


# Sources and listings


def test_a_source_never_read_is_unknown(store: Store) -> None:
    assert store.source(FEED) is None
    assert store.address(STORY) is None


def test_a_304_keeps_what_the_source_said_before(store: Store) -> None:
    store.write([listing(Entry(STORY), etag='"1"', modified="Sun")])
    store.write([listing(at=NIGHT + DAY, status=304)])
    source = store.source(FEED)
    assert source is not None
    assert (source.status, source.etag, source.last_modified) == (304, '"1"', "Sun")
    assert (source.entries, source.fetched_at, source.changed_at) == (1, NIGHT + DAY, NIGHT)


def test_a_200_without_validators_forgets_the_old_ones(store: Store) -> None:
    store.write([listing(etag='"1"')])
    store.write([listing(at=NIGHT + DAY)])
    source = store.source(FEED)
    assert source is not None
    assert source.etag is None


def test_listed_entries_are_pending_with_their_hints_oldest_discovery_first(store: Store) -> None:
    first = Entry(STORY, "Sent back", "Police …", NIGHT - HOUR, datetime(2026, 11, 22, 1, 0))
    store.write([listing(first, Entry("https://daily.example/b"))])
    store.write([listing(Entry("https://daily.example/c"), first, at=NIGHT + DAY)])
    assert store.pending("daily")[0] == first
    assert pending(store) == [STORY, "https://daily.example/b", "https://daily.example/c"]
    assert [entry.url for entry in store.pending("daily", limit=1)] == [STORY]
    assert store.pending("weekly") == []


def test_a_listing_does_not_reset_what_is_known(store: Store) -> None:
    store.write([judged(), failed("https://daily.example/b", state="not_article")])
    store.write([listing(Entry(STORY, "New headline"), Entry("https://daily.example/b"))])
    assert pending(store) == []
    known = store.address(STORY)
    assert known is not None
    assert (known.state, known.entry.title) == ("article", "New headline")


def test_hints_are_not_lost_when_another_source_gives_none(store: Store) -> None:
    store.write([listing(Entry(STORY, "Sent back", "Police …", NIGHT)), listing(Entry(STORY))])
    assert store.pending("daily") == [Entry(STORY, "Sent back", "Police …", NIGHT)]


def test_a_broken_address_or_date_in_a_listing_costs_only_itself(store: Store) -> None:
    early = datetime.fromisoformat("0001-01-01T00:00:00+07:00")
    broken = Entry("https://daily.example/\ud800")
    odd = Entry(STORY, "half a pair \udfff", updated_at=early)
    assert store.write([listing(broken, odd)]) == ["listed"]
    assert store.pending("daily") == [Entry(STORY, "half a pair \\udfff")]
    kept = row(store, "SELECT url, stage, reason FROM quarantine")
    assert kept == {
        "url": "https://daily.example/\\ud800",
        "stage": "discover",
        "reason": "not_storable",
    }


def test_a_long_sitemap_is_listed_whole(store: Store) -> None:
    entries = [Entry(f"https://daily.example/{n}") for n in range(1200)]
    store.write([listing(*entries)])
    assert store.wanted("daily", entries) == entries
    store.write([judged(entry.url, f"{n}") for n, entry in enumerate(entries[:30])])
    assert store.wanted("daily", entries) == entries[30:]


# What is wanted


def test_new_addresses_are_wanted_once_and_in_their_order(store: Store) -> None:
    a, b = Entry("https://daily.example/a", "A"), Entry("https://daily.example/b")
    assert store.wanted("daily", [b, a, b]) == [b, a]


@pytest.mark.parametrize("listed_first", [True, False])
@pytest.mark.parametrize(
    ("updated", "again"), [(NIGHT + HOUR, True), (NIGHT - HOUR, False), (None, False)]
)
def test_an_article_that_changed_since_we_saw_it_is_wanted(
    store: Store, updated: datetime | None, again: bool, listed_first: bool
) -> None:
    store.write([judged()])
    entry = Entry(STORY, updated_at=updated)
    if listed_first:
        store.write([listing(entry, at=NIGHT + DAY)])
    assert (store.wanted("daily", [entry]) == [entry]) is again


def test_a_changed_article_stays_wanted_until_it_was_fetched(store: Store) -> None:
    store.write([judged()])
    store.write([listing(Entry(STORY, updated_at=NIGHT + HOUR), at=NIGHT + DAY)])
    known = store.address(STORY)
    assert known is not None
    assert (known.state, known.refetch) == ("article", True)
    assert pending(store) == [STORY]
    store.write([judged(at=NIGHT + DAY)])
    assert pending(store) == []


def test_a_change_announced_for_one_address_is_seen_at_any_other(store: Store) -> None:
    store.write([judged(same_article=(f"{STORY}?from=feed",))])
    changed = Entry(f"{STORY}?from=feed", updated_at=NIGHT + HOUR)
    store.write([listing(changed, at=NIGHT + DAY), judged(at=NIGHT + DAY)])
    assert store.wanted("daily", [changed]) == []
    assert pending(store) == []


def test_a_date_in_the_future_does_not_make_a_story_new_every_night(store: Store) -> None:
    """Local time that calls itself UTC is common."""
    entry = Entry(STORY, updated_at=NIGHT + 7 * HOUR)
    store.write([listing(entry), judged()])
    assert store.wanted("daily", [entry]) == []
    store.write([listing(entry, at=NIGHT + HOUR)])
    assert pending(store) == []


def test_dates_without_offset_are_compared_with_their_own_kind(store: Store) -> None:
    first = datetime(2026, 11, 21, 20, 0)
    store.write([listing(Entry(STORY, updated_at=first)), judged()])
    assert store.wanted("daily", [Entry(STORY, updated_at=first)]) == []
    later = Entry(STORY, updated_at=first + HOUR)
    assert store.wanted("daily", [later]) == [later]


def test_what_is_no_article_or_failed_is_wanted_only_when_it_changed(store: Store) -> None:
    for state in ("not_article", "failed"):
        url = f"https://daily.example/{state}"
        store.write([failed(url, state=state)])
        assert store.wanted("daily", [Entry(url)]) == []
        changed = Entry(url, updated_at=NIGHT + HOUR)
        assert store.wanted("daily", [changed]) == [changed]
        store.write([listing(changed, at=NIGHT + DAY)])
        assert pending(store)[-1] == url


def test_a_page_not_found_is_wanted_a_few_more_nights_and_a_410_never(store: Store) -> None:
    early, final = Entry("https://daily.example/early"), Entry("https://daily.example/final")
    wanted = []
    for night in range(7):
        wanted.append(store.wanted("daily", [early, final]))
        store.write([Gone("daily", entry.url, 404, NIGHT + night * DAY) for entry in [early]])
        store.write([Gone("daily", final.url, 410, NIGHT + night * DAY)])
    assert wanted == [[early, final], *[[early]] * 4, [], []]


def test_a_blocked_page_is_wanted_a_few_more_nights(store: Store) -> None:
    entry = Entry(STORY)
    wanted = []
    for night in range(7):
        wanted.append(store.wanted("daily", [entry]))
        store.write([failed(state="blocked", at=NIGHT + night * DAY)])
    assert wanted == [[entry]] * 5 + [[], []]


def test_a_forbidden_address_waits_for_robots_txt_to_change(store: Store) -> None:
    assert store.write([listing(Entry(STORY)), Forbidden("daily", STORY, NIGHT)]) == [
        "listed",
        "forbidden",
    ]
    assert pending(store) == []
    assert store.wanted("daily", [Entry(STORY)]) == [Entry(STORY)]
    assert value(store, "SELECT state FROM urls") == "forbidden"


def test_an_article_that_becomes_forbidden_stays_an_article(store: Store) -> None:
    store.write([judged(), Forbidden("daily", STORY, NIGHT + DAY)])
    known = store.address(STORY)
    assert known is not None
    assert (known.state, known.reason, known.fetched_at) == ("article", "robots", NIGHT)
    assert store.wanted("daily", [Entry(STORY)]) == []


# What is due


def test_flagged_articles_are_looked_at_again_after_1_3_7_30_and_90_days(store: Store) -> None:
    store.write([judged(flag=flagged()), judged("https://daily.example/rice", "Rice.")])
    visits = []
    for night in range(1, 200):
        at = NIGHT + night * DAY - timedelta(minutes=10)
        for address in store.due("daily", at):
            visits.append(night)
            store.write([Unchanged("daily", address.url, at)])
    assert visits == [1, 3, 7, 30, 90]


def test_nights_that_were_missed_are_made_up_for_once(store: Store) -> None:
    store.write([judged(flag=flagged())])
    assert [address.url for address in store.due("daily", NIGHT + 20 * DAY)] == [STORY]
    store.write([judged(flag=flagged(), at=NIGHT + 20 * DAY)])
    assert store.due("daily", NIGHT + 21 * DAY) == []


def test_a_revisit_that_fails_is_not_repeated_every_night(store: Store) -> None:
    store.write([judged(flag=flagged()), failed(state="blocked", at=NIGHT + DAY)])
    assert store.due("daily", NIGHT + DAY + HOUR) == []
    assert len(store.due("daily", NIGHT + 3 * DAY)) == 1


def test_gone_articles_are_not_due(store: Store) -> None:
    store.write([judged(flag=flagged()), Gone("daily", STORY, 404, NIGHT + HOUR)])
    assert store.due("daily", NIGHT + DAY) == []


# Quarantine


def test_the_same_failure_of_an_address_is_counted_in_one_row(store: Store) -> None:
    crawl = store.begin_crawl("daily", "night", NIGHT)
    store.write([failed(body=b"<p>wall</p>")], crawl=crawl)
    store.write([failed(at=NIGHT + DAY)])
    kept = row(store, "SELECT * FROM quarantine")
    assert gzip.decompress(kept.pop("body")) == b"<p>wall</p>"
    assert kept == {
        "id": 1,
        "outlet": "daily",
        "url": STORY,
        "stage": "fetch",
        "reason": "timeout",
        "detail": "no answer",
        "status": None,
        "crawl": crawl,
        "first_at": "2026-11-22T02:00:00+00:00",
        "last_at": "2026-11-23T02:00:00+00:00",
        "times": 2,
    }


def test_a_huge_body_is_kept_in_part(store: Store) -> None:
    store.write([failed(body=b"x" * (30 * 1024 * 1024))])
    assert len(gzip.decompress(value(store, "SELECT body FROM quarantine"))) == MAX_BODY_BYTES


def test_an_address_that_keeps_failing_fails_for_good(store: Store) -> None:
    store.write([listing(Entry(STORY))])
    nights = 0
    while pending(store):
        store.write([failed(at=NIGHT + nights * DAY)])
        nights += 1
    known = store.address(STORY)
    assert known is not None
    assert (nights, known.state, known.attempts) == (5, "failed", 5)
    assert store.wanted("daily", [Entry(STORY)]) == []


@pytest.mark.parametrize("reason", ["robots_unreachable", "host_rests"])
def test_an_address_that_was_never_asked_loses_no_attempt(store: Store, reason: str) -> None:
    lost = "https://daily.example/lost"
    store.write([listing(Entry(STORY)), judged(lost), Gone("daily", lost, 404, NIGHT)])
    before = [store.address(url) for url in (STORY, lost)]
    for night in range(1, 8):
        at = NIGHT + night * DAY
        store.write([replace(failed(url, at=at), reason=reason) for url in (STORY, lost)])
    assert [store.address(url) for url in (STORY, lost)] == before
    assert pending(store) == [STORY]
    kept = rows(store, "SELECT reason, times FROM quarantine WHERE stage = 'fetch'")
    assert kept == [{"reason": reason, "times": 7}] * 2


def test_success_forgets_earlier_failures(store: Store) -> None:
    store.write([failed(), judged()])
    known = store.address(STORY)
    assert known is not None
    assert (known.state, known.attempts, known.reason) == ("article", 0, None)


def test_a_known_article_survives_its_page_failing(store: Store) -> None:
    store.write([judged()])
    before = row(store, "SELECT * FROM articles")
    for night in range(1, 7):
        store.write([failed(at=NIGHT + night * DAY)])
        assert (pending(store) == [STORY]) is (night < 5)
    assert row(store, "SELECT * FROM articles") == before
    known = store.address(STORY)
    assert known is not None
    assert (known.state, known.fetched_at) == ("article", NIGHT)


def test_a_source_or_an_import_that_fails_is_no_address_to_fetch(store: Store) -> None:
    store.write([listing(Entry(STORY), etag='"1"')])
    source = Quarantined("daily", FEED, "discover", "http_403", "refused", NIGHT + DAY, 403)
    line = Quarantined("daily", "texts.jsonl#line=3", "import", "bad_line", "no JSON", NIGHT)
    assert store.write([source, line]) == ["quarantined", "quarantined"]
    assert rows(store, "SELECT url FROM urls") == [{"url": STORY}]
    state = store.source(FEED)
    assert state is not None
    assert (state.status, state.etag, state.fetched_at) == (403, '"1"', NIGHT + DAY)


def test_a_304_for_an_address_without_content_asks_for_its_content(store: Store) -> None:
    assert store.write([Unchanged("daily", STORY, NIGHT)]) == ["unchanged"]
    assert pending(store) == [STORY]


# Outlets and crawls


def test_outlets_are_updated_and_never_deleted(store: Store) -> None:
    store.add_outlets([SmallOutlet("daily", name="The Daily Post", notes="renamed")])
    found = rows(store, "SELECT slug, name, languages, notes FROM outlets ORDER BY slug")
    assert found == [
        {"slug": "daily", "name": "The Daily Post", "languages": '["en", "th"]', "notes": "renamed"},
        {"slug": "weekly", "name": "The Daily", "languages": '["en", "th"]', "notes": ""},
    ]  # fmt: skip
    assert (store.outlet_is_new("daily"), store.outlet_is_new("monthly")) == (False, True)


def test_a_crawl_is_recorded_with_its_counts(store: Store) -> None:
    crawl = store.begin_crawl("daily", "2026-11-22", NIGHT)
    end = NIGHT + timedelta(seconds=90.25)
    store.end_crawl(crawl, "finished", {"new": 3, "fetched": 4}, at=end)
    last = last_crawls(store._connection)["daily"]
    assert (last["outcome"], last["new"], last["failed"], last["seconds"]) == ("finished", 3, 0, 90.25)  # fmt: skip
    assert last["finished_at"] == "2026-11-22T02:01:30+00:00"


def test_a_count_without_a_column_is_refused(store: Store) -> None:
    crawl = store.begin_crawl("daily", "2026-11-22", NIGHT)
    with pytest.raises(ValueError, match="no count newest"):
        store.end_crawl(crawl, "finished", {"newest": 1}, at=NIGHT)


def test_a_crawl_that_never_ended_becomes_interrupted(store: Store) -> None:
    store.begin_crawl("daily", "2026-11-22", NIGHT)
    store.begin_crawl("weekly", "2026-11-22", NIGHT)
    store.begin_crawl("daily", "2026-11-23", NIGHT + DAY)
    found = rows(store, "SELECT outlet, outcome FROM crawls ORDER BY id")
    assert [tuple(crawl.values()) for crawl in found] == [
        ("daily", "interrupted"),
        ("weekly", "running"),
        ("daily", "running"),
    ]


def test_the_summary_of_a_night_adds_up_its_crawls(store: Store) -> None:
    night = "2026-11-22"
    for outcome, new in (("failed", 1), ("finished", 2)):
        crawl = store.begin_crawl("daily", night, NIGHT)
        store.end_crawl(crawl, outcome, {"new": new}, at=NIGHT + timedelta(seconds=2), reason="x")
    store.begin_crawl("weekly", night, NIGHT)
    store.begin_crawl("weekly", "2026-11-23", NIGHT)
    summary = night_summary(store._connection, night)
    chosen = ("night", "outlet", "name", "new", "failed", "seconds", "crawls", "outcome")
    assert [tuple(outlet[name] for name in chosen) for outlet in summary] == [
        (night, "daily", "The Daily", 3, 0, 4.0, 2, "finished"),
        (night, "weekly", "The Daily", 0, 0, None, 1, "interrupted"),
    ]
