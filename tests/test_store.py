"""What records do to articles, revisions and verdicts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_records import (
    CLEAR,
    DAY,
    NIGHT,
    STORY,
    TEXT,
    SmallOutlet,
    assert_sound,
    flagged,
    judged,
    match,
    row,
    rows,
    value,
)

from monitor import text as monitor_text
from monitor.items import Entry, Forbidden, Gone, Judged, Listing, Quarantined, Record, Unchanged
from monitor.store import Store, StoreError, connect_readonly, default_path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "monitor.db", now=lambda: NIGHT) as store:
        store.add_outlets([SmallOutlet("daily"), SmallOutlet("weekly")])
        yield store
        assert_sound(store)


def article(store: Store, url: str = STORY) -> dict[str, Any]:
    return row(store, "SELECT * FROM articles WHERE url = ?", url)


def texts(store: Store) -> list[tuple[int, str]]:
    found = rows(store, "SELECT number, text FROM revisions ORDER BY article, number")
    return [(revision["number"], revision["text"]) for revision in found]


def found(store: Store, words: str) -> list[str]:
    query = monitor_text.search_query(words)
    sql = """SELECT url FROM articles WHERE id IN
             (SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?) ORDER BY url"""
    return [hit["url"] for hit in rows(store, sql, query)]


# Articles and revisions


def test_a_new_article_is_stored_whole(store: Store) -> None:
    record = judged(
        byline=("Ni Ni", "Ko Ko"),
        published_at=datetime(2026, 11, 21, 18, 30, tzinfo=timezone(timedelta(hours=7))),
        published_from="json-ld",
        language_declared="en-GB",
        flag=flagged(),
    )
    assert store.write([record]) == ["new"]
    assert article(store) == {
        "id": 1,
        "seq": 1,
        "outlet": "daily",
        "url": STORY,
        "title": "Sent back",
        "text": TEXT,
        "byline": '["Ni Ni", "Ko Ko"]',
        "published_at": "2026-11-21T11:30:00+00:00",
        "published_from": "json-ld",
        "language": "en",
        "script": "Latn",
        "language_declared": "en-GB",
        "language_langdetect": "en",
        "language_fasttext": "en",
        "headline_only": 0,
        "gutted_at": None,
        "gone_how": None,
        "language_agree": 1,
        "state": "live",
        "revision": 1,
        "day": "2026-11-21",
        "first_fetched_at": "2026-11-22T02:00:00+00:00",
        "changed_at": "2026-11-22T02:00:00+00:00",
        "gone_at": None,
        "flagged": 1,
        "score": 0.8,
        "story_type": "incident",
        "sending": '["TH"]',
        "receiving": '["MM"]',
        "persons": '["ผู้ลี้ภัย"]',
        "why": "Refugees were sent back.",
    }


def test_unchanged_content_leaves_the_article_alone_but_records_the_visit(store: Store) -> None:
    store.write([judged(etag='"1"')])
    before = article(store)
    assert store.write([judged(at=NIGHT + DAY, etag='"2"')]) == ["unchanged"]
    assert article(store) == before
    assert texts(store) == [(1, TEXT)]
    assert value(store, "SELECT count(*) FROM flags") == 1
    visit = row(store, "SELECT status, etag, fetched_at FROM urls")
    assert visit == {"status": 200, "etag": '"2"', "fetched_at": "2026-11-23T02:00:00+00:00"}


def test_an_edited_article_gets_a_revision_and_a_higher_seq(store: Store) -> None:
    store.write([judged(), judged("https://daily.example/other")])
    assert store.write([judged(text="Corrected.", at=NIGHT + DAY)]) == ["changed"]
    now = article(store)
    assert (now["text"], now["revision"], now["seq"]) == ("Corrected.", 2, 3)
    assert now["first_fetched_at"] < now["changed_at"] == "2026-11-23T02:00:00+00:00"
    assert texts(store) == [(1, TEXT), (2, "Corrected."), (1, TEXT)]


def test_a_text_that_goes_back_points_to_its_old_revision(store: Store) -> None:
    outcomes = [store.write([judged(text=text)])[0] for text in ("A", "B", "A", "A", "C")]
    assert outcomes == ["new", "changed", "changed", "unchanged", "changed"]
    assert texts(store) == [(1, "A"), (2, "B"), (3, "C")]
    store.write([judged(text="B")])
    assert article(store)["revision"] == 2


def test_content_is_the_same_in_composed_and_decomposed_form(store: Store) -> None:
    store.write([judged(title="trục xuất")])
    assert store.write([judged(title="tru\u0323c xua\u0302\u0301t")]) == ["unchanged"]


def test_an_edit_that_loses_the_date_keeps_it(store: Store) -> None:
    store.write([judged(published_at=NIGHT, published_from="json-ld")])
    store.write([judged(text="Edited.")])
    now = article(store)
    assert now["published_at"] == "2026-11-22T02:00:00+00:00"
    assert now["published_from"] == "json-ld"


@pytest.mark.parametrize(
    ("when", "precision", "stored"),
    [
        (datetime(2026, 11, 22, 5, 0, tzinfo=timezone(timedelta(hours=7))), "second", "2026-11-21T22:00:00+00:00"),
        (datetime(2026, 11, 22, 5, 0, 0, 999999), "second", "2026-11-22T05:00:00"),
        (datetime(2026, 11, 22, tzinfo=timezone(timedelta(hours=7))), "day", "2026-11-22"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=7))), "second", None),
        (None, "second", None),
    ],
)  # fmt: skip
def test_dates_say_how_precise_they_are(
    store: Store, when: datetime | None, precision: str, stored: str | None
) -> None:
    store.write([judged(published_at=when, published_precision=precision)])
    assert article(store)["published_at"] == stored


# Which article


def test_every_address_of_an_article_leads_to_it(store: Store) -> None:
    listed, amp = f"{STORY}?utm_source=feed", f"{STORY}/amp"
    store.write([judged(page_url=amp, same_article=(listed, amp))])
    for url in (STORY, listed, amp):
        known = store.address(url)
        assert known is not None
        assert (known.article, known.state) == (1, "article")
    assert store.write([judged(amp, "Edited on the AMP page.")]) == ["changed"]
    assert value(store, "SELECT count(*) FROM articles") == 1


def test_two_pages_of_one_canonical_address_in_a_batch_make_one_article(store: Store) -> None:
    pages = [judged(page_url=f"{STORY}/amp"), judged(page_url=f"{STORY}/print")]
    assert store.write(pages) == ["new", "unchanged"]
    assert value(store, "SELECT count(*) FROM articles") == 1


CANONICAL = "https://daily.example/story"
PRICES = "Farmers in the delta sold their rice at a higher price for the third week."
BRIDGE = "The new bridge over the river will open in March, the ministry said on Monday."


def listed(store: Store, *urls: str) -> None:
    feed = "https://daily.example/feed"
    store.write([Listing("daily", feed, "feed", 200, tuple(map(Entry, urls)), NIGHT)])


def test_stories_that_all_name_one_canonical_address_stay_apart(store: Store) -> None:
    pages = {
        f"https://daily.example/{number}": (f"{number}: {text[:30]}", text)
        for number, text in enumerate((TEXT, PRICES, BRIDGE))
    }
    listed(store, *pages)

    def night(**edited: str) -> list[str]:
        return store.write([
            judged(CANONICAL, edited.get(url[-1:], text), title=title, page_url=url)
            for url, (title, text) in pages.items()
        ])  # fmt: skip

    first, *others = pages
    assert night() == ["new"] * 3
    stored = rows(store, "SELECT url, text FROM articles ORDER BY id")
    assert [tuple(one.values()) for one in stored] == [
        (url, pages[address][1]) for url, address in zip([CANONICAL, *others], pages, strict=True)
    ]
    kept = rows(store, "SELECT url, stage, reason, detail FROM quarantine")
    assert kept == [
        {
            "url": url,
            "stage": "store",
            "reason": "canonical_conflict",
            "detail": f"the page gives {CANONICAL} as its address, but that is another story's;"
            " kept under its own",
        }
        for url in others
    ]
    assert night() == ["unchanged"] * 3
    assert night(**{first[-1:]: "Rewritten.", "2": "From scratch."}) == [
        "changed",
        "unchanged",
        "changed",
    ]
    assert_agree(store)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Another headline", TEXT),
        ("Sent back", PRICES),
        ("Another headline | AMP", f"{TEXT} Share this story."),
        ("Another headline", f"By our reporters.\n\n{TEXT.upper()}"),
    ],
)
def test_listed_copies_of_a_story_are_one_article(store: Store, title: str, text: str) -> None:
    amp = f"{CANONICAL}/amp"
    listed(store, STORY, amp)
    store.write([judged(CANONICAL, page_url=STORY)])
    (outcome,) = store.write([judged(CANONICAL, text, title=title, page_url=amp)])
    assert outcome == "changed"
    assert value(store, "SELECT count(*) FROM articles") == 1
    assert rows(store, "SELECT * FROM quarantine") == []


def test_a_page_that_is_rewritten_is_a_revision_wherever_its_canonical_address_points(
    store: Store,
) -> None:
    listed(store, STORY)
    store.write([judged(CANONICAL, page_url=STORY)])
    rewritten = judged(
        CANONICAL, PRICES, title="Rice", page_url=f"{STORY}?v=2", same_article=(STORY,)
    )
    assert store.write([rewritten]) == ["changed"]
    assert rows(store, "SELECT url, revision FROM articles") == [{"url": CANONICAL, "revision": 2}]


def test_a_page_that_nobody_listed_has_no_address_of_its_own(store: Store) -> None:
    store.write([judged(CANONICAL, page_url=STORY)])
    (outcome,) = store.write([judged(CANONICAL, PRICES, title="Rice", page_url=f"{STORY}/2")])
    assert outcome == "changed"


def test_an_article_moves_with_its_canonical_address(store: Store) -> None:
    moved = f"{STORY}-corrected-headline"
    store.write([judged()])
    assert store.write([judged(moved, page_url=moved, same_article=(STORY,))]) == ["unchanged"]
    now = row(store, "SELECT id, url, seq FROM articles")
    assert now == {"id": 1, "url": moved, "seq": 2}
    assert store.write([judged(moved), judged(STORY)]) == ["unchanged", "unchanged"]
    assert article(store, moved)["seq"] == 2


def test_an_address_stays_with_its_article_when_it_leads_to_another(store: Store) -> None:
    other = "https://daily.example/other"
    store.write([judged(), judged(other, "Another story.")])
    outcomes = store.write([judged(other, "Another story.", same_article=(STORY,))])
    assert outcomes == ["unchanged"]
    known = store.address(STORY)
    assert known is not None
    assert known.article == article(store)["id"]


def test_the_first_outlet_of_an_article_keeps_it(store: Store) -> None:
    store.write([judged(outlet="daily"), judged(outlet="weekly", text="Edited.")])
    assert article(store)["outlet"] == "daily"


# Verdicts


def test_a_new_lexicon_changes_the_verdict_and_keeps_the_history(store: Store) -> None:
    store.write([judged()])
    assert store.write([judged(flag=flagged(lexicon="2"), at=NIGHT + DAY)]) == ["unchanged"]
    now = article(store)
    assert (now["flagged"], now["seq"], now["changed_at"]) == (1, 2, "2026-11-22T02:00:00+00:00")
    history = rows(store, "SELECT lexicon_version, flagged, judged_at FROM flags ORDER BY id")
    assert history == [
        {"lexicon_version": "1", "flagged": 0, "judged_at": "2026-11-22T02:00:00+00:00"},
        {"lexicon_version": "2", "flagged": 1, "judged_at": "2026-11-23T02:00:00+00:00"},
    ]


def test_a_lexicon_that_judges_the_same_is_history_but_no_change(store: Store) -> None:
    store.write([judged(flag=flagged())])
    store.write([judged(flag=flagged(lexicon="2"))])
    assert article(store)["seq"] == 1
    assert value(store, "SELECT count(*) FROM flags") == 2


def test_matches_are_those_of_the_current_verdict(store: Store) -> None:
    store.write([judged(flag=flagged())])
    edited = "Police deported a teacher."
    store.write([judged(text=edited, flag=flagged(edited, "deported"))])
    assert rows(store, "SELECT * FROM matches") == [
        {
            "id": 1,
            "article": 1,
            "flag": 2,
            "concept": "protected_person",
            "term": "deported",
            "language": "en",
            "field": "text",
            "start": 7,
            "end": 15,
            "surface": "deported",
        }
    ]


def test_an_article_without_a_score_has_no_matches(store: Store) -> None:
    store.write([judged(flag=replace(CLEAR, matches=(match("refugees"),)))])
    assert rows(store, "SELECT * FROM matches") == []


def test_reasons_are_kept_with_the_places_that_they_rest_on(store: Store) -> None:
    store.write([judged(flag=flagged())])
    assert value(store, "SELECT json_extract(reasons, '$[0].matches[0]') FROM flags") == (
        '{"concept":"protected_person","term":"refugees","field":"text","start":22,"end":30}'
    )


def test_a_match_that_is_not_in_the_text_is_left_out_and_reported(store: Store) -> None:
    good = flagged()
    wrong = replace(good.matches[0], start=0, end=8)
    assert store.write([judged(flag=replace(good, matches=(wrong, *good.matches)))]) == ["new"]
    assert [found["start"] for found in rows(store, "SELECT start FROM matches")] == [22]
    kept = row(store, "SELECT url, stage, reason, detail FROM quarantine")
    assert kept == {
        "url": STORY,
        "stage": "store",
        "reason": "match_offsets",
        "detail": "1 matches left out: 'refugees' is not at text[0:8]",
    }
    assert value(store, "SELECT state FROM urls") == "article"


# Gone and back


def test_a_gone_article_keeps_its_last_revision(store: Store) -> None:
    store.write([judged(flag=flagged())])
    assert store.write([Gone("daily", STORY, 410, NIGHT + DAY)]) == ["gone"]
    now = article(store)
    assert (now["state"], now["gone_at"], now["text"], now["seq"]) == (
        "gone",
        "2026-11-23T02:00:00+00:00",
        TEXT,
        2,
    )
    assert store.write([Gone("daily", STORY, 404, NIGHT + 2 * DAY)]) == ["unchanged"]
    assert article(store) == now
    assert rows(store, "SELECT * FROM quarantine") == []


@pytest.mark.parametrize(
    "back", [judged(at=NIGHT + 2 * DAY), Unchanged("daily", STORY, NIGHT + 2 * DAY)]
)
def test_an_article_that_comes_back_is_live_again(store: Store, back: Record) -> None:
    store.write([judged(), Gone("daily", STORY, 404, NIGHT + DAY)])
    assert store.write([back]) == ["changed"]
    now = article(store)
    assert (now["state"], now["gone_at"], now["seq"]) == ("live", None, 3)
    assert value(store, "SELECT state FROM urls") == "article"


def test_an_address_that_never_was_an_article_is_quarantined_as_not_found(store: Store) -> None:
    lost = "https://daily.example/lost"
    records = [Gone("daily", lost, 404, NIGHT), Gone("daily", f"{lost}-2", 410, NIGHT)]
    assert store.write(records) == ["quarantined", "quarantined"]
    kept = rows(store, "SELECT url, stage, reason, status FROM quarantine")
    assert kept == [
        {"url": lost, "stage": "fetch", "reason": "not_found", "status": 404},
        {"url": f"{lost}-2", "stage": "fetch", "reason": "gone", "status": 410},
    ]
    assert value(store, "SELECT group_concat(state) FROM urls") == "gone,gone"


def test_the_loss_of_a_side_address_only_asks_for_the_article_again(store: Store) -> None:
    amp = f"{STORY}/amp"
    store.write([judged(same_article=(amp,))])
    assert store.write([Gone("daily", amp, 404, NIGHT + DAY)]) == ["unchanged"]
    assert article(store)["state"] == "live"
    assert [entry.url for entry in store.pending("daily")] == [STORY]


def test_an_article_whose_canonical_address_never_answered_lives_where_it_was_read(
    store: Store,
) -> None:
    read = "http://mirror.example/story"
    store.write([judged(page_url=read, flag=flagged())])
    assert [address.url for address in store.due("daily", NIGHT + DAY)] == [read]
    assert store.write([Gone("daily", read, 404, NIGHT + DAY)]) == ["gone"]


def test_a_304_shows_that_an_article_was_seen(store: Store) -> None:
    store.write([judged(etag='"1"')])
    before = article(store)
    assert store.write([Unchanged("daily", STORY, NIGHT + DAY)]) == ["unchanged"]
    assert article(store) == before
    seen = store.address(STORY)
    assert seen is not None
    assert (seen.status, seen.etag, seen.visited_at) == (304, '"1"', NIGHT + DAY)


# Search


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("ตำรวจส่งผู้ลี้ภัยกลับประเทศ", "ผู้ลี้ภัย"),
        ("ប៉ូលិសបានបញ្ជូនជនភៀសខ្លួនត្រឡប់", "ជនភៀសខ្លួន"),
        ("警方将难民遣返回国。", "难民"),
        ("Công an trục xuất người tị nạn.", "truc xuat"),
        ("Polisi mendeportasi pengungsi.", "pengungsi"),
    ],
)
def test_words_are_found_in_every_language(store: Store, text: str, query: str) -> None:
    store.write([judged(text=text), judged("https://daily.example/other", "Rice prices rose.")])
    assert found(store, query) == [STORY]


def test_search_finds_the_current_text_only(store: Store) -> None:
    store.write([judged(text="The minister spoke of returns.")])
    store.write([judged(text="The minister denied everything.")])
    assert (found(store, "returns"), found(store, "denied")) == ([], [STORY])


def test_another_normaliser_rebuilds_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "monitor.db"
    caplog.set_level("INFO", "monitor.store")
    with Store(path) as store:
        store.add_outlets([SmallOutlet("daily")])
        store.write([judged(text="alpha")])
    with Store(path):
        assert caplog.messages == []
    version = monitor_text.NORMALISER_VERSION
    monkeypatch.setattr(monitor_text, "NORMALISER_VERSION", version + 1)
    monkeypatch.setattr(monitor_text, "segment", lambda text: text.replace("alpha", "omega"))
    with Store(path) as store:
        assert [found(store, word) for word in ("alpha", "omega")] == [[], [STORY]]
        assert_sound(store)
    assert caplog.messages == [
        f"rebuilding the search index of 1 articles (normaliser {version + 1}, was {version})"
    ]


# What cannot be stored


@pytest.mark.parametrize(
    "bad",
    [
        judged("https://daily.example/bad", "broken \ud800 text"),
        judged("https://daily.example/bad", byline=("\udfff",)),
        replace(judged("https://daily.example/bad"), status=2**70),
        replace(judged("https://daily.example/bad"), fetched_at=datetime(2026, 1, 1)),
        judged("https://daily.example/bad", flag=replace(CLEAR, score=float("nan"))),
        judged("https://daily.example/bad", outlet="nobody-added-it"),
    ],
    ids=["surrogate", "byline", "overflow", "naive time", "nan", "outlet"],
)
def test_a_record_that_cannot_be_stored_costs_only_itself(store: Store, bad: Judged) -> None:
    good = "https://daily.example/good"
    assert store.write([judged(), bad, judged(good)]) == ["new", "quarantined", "new"]
    assert rows(store, "SELECT url FROM articles") == [{"url": STORY}, {"url": good}]
    kept = row(store, "SELECT stage, reason, times, body FROM quarantine")
    assert (kept["stage"], kept["reason"], kept["times"]) == ("store", "not_storable", 1)
    assert len(kept["body"]) > 100
    waiting = store.address("https://daily.example/bad")
    assert waiting is not None
    assert (waiting.state, waiting.attempts) == ("pending", 1)


def test_a_refused_record_is_tried_again_at_the_address_that_was_listed(store: Store) -> None:
    listed = "https://daily.example/listed"
    bad = judged("https://daily.example/\ud800", "text", page_url=listed, same_article=(listed,))
    for _ in range(5):
        store.write([bad])
    address = store.address(listed)
    assert address is not None
    assert (address.state, address.attempts) == ("failed", 5)
    assert row(store, "SELECT url, times FROM quarantine") == {"url": listed, "times": 5}


def test_even_an_object_that_is_no_record_costs_only_itself(store: Store) -> None:
    odd: Any = object()
    assert store.write([odd, judged()]) == ["quarantined", "new"]


def test_a_refused_listing_makes_no_address_of_its_source(store: Store) -> None:
    feed = Listing("daily", "https://daily.example/feed", "feed", 2**70, (), NIGHT)
    assert store.write([feed]) == ["quarantined"]
    assert rows(store, "SELECT * FROM urls") == []


def test_a_nul_becomes_a_replacement_character_and_offsets_hold(store: Store) -> None:
    text = "Two\0refugees"
    flag = flagged(text, "Two\0refugees")
    assert store.write([judged(text=text, flag=flag)]) == ["new"]
    stored = row(store, "SELECT articles.text, surface FROM matches JOIN articles ON 1")
    assert stored == {"text": "Two\ufffdrefugees", "surface": "Two\ufffdrefugees"}
    assert rows(store, "SELECT * FROM quarantine") == []


def test_a_text_of_ten_megabytes_is_stored(store: Store) -> None:
    text = "refugee camp " * (10 * 1024 * 1024 // 13)
    assert store.write([judged(text=text), judged("https://daily.example/b")]) == ["new", "new"]
    assert value(store, "SELECT length(text) FROM articles WHERE id = 1") == len(text)


def test_a_full_disk_leaves_nothing_of_the_batch_and_the_store_usable(store: Store) -> None:
    store.write([judged()])
    pages = value(store, "PRAGMA page_count")
    store._connection.execute(f"PRAGMA max_page_count = {pages + 5}")
    batch = [judged(f"https://daily.example/{n}", f"{n} " * 20_000) for n in range(5)]
    with pytest.raises(sqlite3.OperationalError, match="full"):
        store.write(batch)
    store._connection.execute(f"PRAGMA max_page_count = {2**30}")
    assert rows(store, "SELECT url FROM articles") == [{"url": STORY}]
    assert store.write(batch) == ["new"] * 5


wild = st.text(st.characters(exclude_categories=()), max_size=40)


@given(title=wild, text=wild, url=wild, name=wild, detail=wild)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_however_wild_loses_a_batch(
    store: Store, title: str, text: str, url: str, name: str, detail: str
) -> None:
    batch: list[Record] = [
        judged(url, text, title=title, byline=(name,)),
        Quarantined("daily", url, "fetch", "timeout", detail, NIGHT, body=text.encode("utf-8", "replace")),
        Gone("daily", url, 404, NIGHT),
        judged(),
    ]  # fmt: skip
    outcomes = store.write(batch)
    assert len(outcomes) == 4
    assert outcomes[3] in ("new", "unchanged")
    try:
        (title + text + name + url).encode()
    except UnicodeEncodeError:
        return
    stored = row(
        store,
        "SELECT articles.title, articles.text FROM urls JOIN articles ON articles.id = article"
        " WHERE urls.url = ?",
        url,
    )
    clean = {"title": title.replace("\0", "\ufffd"), "text": text.replace("\0", "\ufffd")}
    assert stored == clean


# Any order of things

urls = st.sampled_from([STORY, f"{STORY}/amp", "https://daily.example/other"])
events = st.one_of(
    st.builds(
        lambda url, page, story, flag, also: judged(
            url, story, title=story, flag=flag, page_url=page, same_article=also
        ),
        urls,
        urls,
        st.sampled_from(["alpha refugees", "beta refugees", "gamma refugees"]),
        st.sampled_from([CLEAR, flagged("alpha refugees"), replace(CLEAR, lexicon_version="2")]),
        st.lists(urls, max_size=1),
    ),
    st.builds(lambda url, status: Gone("daily", url, status, NIGHT), urls, st.sampled_from([404, 410])),
    st.builds(lambda url: Unchanged("daily", url, NIGHT), urls),
    st.builds(lambda url: Forbidden("daily", url, NIGHT), urls),
    st.builds(lambda url: Quarantined("daily", url, "fetch", "timeout", "", NIGHT, state="pending"), urls),
    st.builds(lambda url: Listing("daily", "https://daily.example/feed", "feed", 200, (Entry(url),), NIGHT), urls),
)  # fmt: skip


@given(batches=st.lists(st.lists(events, max_size=6), max_size=5))
@settings(max_examples=60)
def test_whatever_happens_in_whatever_order_the_tables_agree(batches: list[list[Record]]) -> None:
    with TemporaryDirectory() as folder, Store(Path(folder) / "monitor.db") as store:
        store.add_outlets([SmallOutlet("daily")])
        last_seq = 0
        for batch in batches:
            before = {one["id"]: one for one in rows(store, "SELECT * FROM articles")}
            outcomes = store.write(batch)
            assert "not_storable" not in str(rows(store, "SELECT reason FROM quarantine"))
            assert len(outcomes) == len(batch)
            for one in rows(store, "SELECT * FROM articles"):
                # A row has a higher seq than anything before, or is what it was.
                assert one["seq"] > last_seq or one == before[one["id"]]
            last_seq = value(store, "SELECT max(seq) FROM articles") or 0
        assert_sound(store)
        assert_agree(store)


def assert_agree(store: Store) -> None:
    """What must be true of the tables at any time."""
    current = """
        SELECT count(*) FROM articles JOIN revisions ON article = articles.id AND number = revision
        WHERE revisions.text = articles.text AND revisions.title = articles.title"""
    articles = value(store, "SELECT count(*) FROM articles")
    assert value(store, current) == articles
    never = {
        "an article whose address is not its own": """
            SELECT * FROM articles WHERE id IS NOT
            (SELECT article FROM urls WHERE urls.url = articles.url)""",
        "an article address without article": """
            SELECT * FROM urls WHERE (state = 'article') > (article IS NOT NULL)""",
        "a match that is not of the last verdict": """
            SELECT * FROM matches WHERE flag <>
            (SELECT max(id) FROM flags WHERE flags.article = matches.article)""",
        "a match that is not in the text": """
            SELECT * FROM matches JOIN articles ON articles.id = article
            WHERE substr(text, start + 1, "end" - start) <> surface""",
        "a verdict that is not the last one": """
            SELECT * FROM articles JOIN flags ON flags.id =
            (SELECT max(id) FROM flags WHERE article = articles.id)
            WHERE flags.flagged <> articles.flagged OR flags.revision <> articles.revision""",
        "gaps between revisions": """
            SELECT article FROM revisions GROUP BY article HAVING max(number) <> count(*)""",
        "gone without a date, or live with one": """
            SELECT * FROM articles WHERE (state = 'gone') <> (gone_at IS NOT NULL)""",
    }
    assert {what for what, sql in never.items() if rows(store, sql)} == set()


# Opening


def test_a_database_of_a_newer_version_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    Store(path).close()
    connection = sqlite3.connect(path)
    connection.execute(
        "INSERT INTO _sqlite_migrations(migration_set, name, applied_at)"
        " VALUES ('monitor', 'of_2031', '2031')"
    )
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match=r"newer version of the monitor \(it has of_2031\)"):
        Store(path)


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are notes. " * 500, encoding="utf-8")
    with pytest.raises(StoreError, match="is not an SQLite database"):
        Store(path)
    assert path.read_text(encoding="utf-8").startswith("These are notes.")


def test_a_path_that_cannot_be_written_is_refused_in_words(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("These are notes.", encoding="utf-8")
    for path in (notes / "monitor.db", notes / "folder" / "monitor.db"):
        with pytest.raises(StoreError, match=rf"^{path} cannot be written: .*{notes}"):
            Store(path)


def test_reading_needs_a_database_and_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "monitor?.db"
    with pytest.raises(StoreError, match="`monitor crawl` makes one"):
        connect_readonly(path)
    Store(path).close()
    connection = connect_readonly(path)
    assert connection.execute("SELECT count(*) FROM articles").fetchone()[0] == 0
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM articles")
    connection.close()


def test_the_default_database_is_in_the_projects_db_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MONITOR_DB", raising=False)
    assert default_path().parts[-2:] == ("db", "monitor.db")
    monkeypatch.setenv("MONITOR_DB", str(tmp_path / "other.db"))
    assert default_path() == tmp_path / "other.db"
