"""What outlets do to their stories afterwards: furniture, gutting, withdrawal; and
stories of which there was never more than a headline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
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
)

from monitor.changes import is_gutted, is_trivial
from monitor.items import Entry, Gone, Headline, Judged, Listing, Unchanged
from monitor.judge import judge
from monitor.store import Store

BODY = (
    "Border police sent 38 refugees back overnight.\n\n"
    "The agency said that it had not been told.\n\n"
    "Relatives waited at the bridge until the morning, a witness said, and nobody came across."
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "monitor.db", now=lambda: NIGHT) as store:
        store.add_outlets([SmallOutlet("daily")])
        yield store
        assert_sound(store)


def article(store: Store, url: str = STORY) -> dict[str, object]:
    return row(store, "SELECT * FROM articles WHERE url = ?", url)


def headline(
    title: str = "Thailand deports Cambodian dissident", summary: str | None = None
) -> Judged:
    record = judge(Headline("daily", Entry(STORY, title, summary, NIGHT), NIGHT))
    assert isinstance(record, Judged)
    return record


# Trivial changes


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (BODY + "\n\n12 shares", BODY + "\n\n1,340 shares"),
        ("Updated 3 hours ago\n\n" + BODY, "Updated 9 hours ago\n\n" + BODY),
        (BODY, BODY + "\n\nRead also\n\nRice prices rise again\n\nFerry runs aground"),
        (BODY.replace("said that", "said\u00a0that"), BODY),
        (BODY, BODY.replace("Border police", "Border  police").replace("told.", "told.\u200b")),
        ("เจ้าหน้าที่ส่งผู้ลี้ภัยกลับในคืนวันเสาร์ ญาติรออยู่ที่สะพานจนเช้า แต่ไม่มีใครกลับมา\n\nแชร์ 12",
         "เจ้าหน้าที่ส่งผู้ลี้ภัยกลับในคืนวันเสาร์ ญาติรออยู่ที่สะพานจนเช้า แต่ไม่มีใครกลับมา\n\nแชร์ 99"),
    ],
)  # fmt: skip
def test_furniture_and_typography_are_no_change(old: str, new: str) -> None:
    assert is_trivial(f"A title\n\n{old}", f"A title\n\n{new}")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (BODY, BODY.replace("38", "83")),
        (BODY, BODY.replace("not ", "")),
        (BODY, BODY.partition("\n\n")[2]),
        (BODY, BODY + "\n\nThe ministry denied it."),
        ("Short", "Other"),
    ],
)
def test_what_a_sentence_says_is_a_change(old: str, new: str) -> None:
    assert not is_trivial(f"A title\n\n{old}", f"A title\n\n{new}")


def test_a_title_and_a_telling_line_are_never_furniture() -> None:
    assert not is_trivial(f"One title\n\n{BODY}", f"Another\n\n{BODY}")
    added = f"A title\n\n{BODY}\n\nAll deported by morning"
    assert is_trivial(f"A title\n\n{BODY}", added)
    assert not is_trivial(f"A title\n\n{BODY}", added, ["deported"])


def test_a_trivial_change_is_no_revision(store: Store) -> None:
    store.write([judged(text=f"{BODY}\n\n3 shares")])
    seq = article(store)["seq"]
    assert store.write([judged(text=f"{BODY}\n\n99 shares", at=NIGHT + DAY)]) == ["unchanged"]
    assert (article(store)["revision"], article(store)["seq"]) == (1, seq)
    assert store.write([Gone("daily", STORY, 404, NIGHT + DAY)]) == ["gone"]
    assert store.write([judged(text=f"{BODY}\n\n7 shares", at=NIGHT + 2 * DAY)]) == ["changed"]
    assert (article(store)["state"], article(store)["revision"]) == ("live", 1)


# Gutted


def test_gutted_is_what_lost_more_than_half() -> None:
    assert is_gutted(BODY * 2, BODY[:90])
    assert not is_gutted(BODY * 2, BODY)
    assert not is_gutted("A flash of news.", "Rewritten.")


def test_a_gutted_text_keeps_the_last_good_revision(store: Store) -> None:
    long = BODY * 3
    store.write([judged(text=long, flag=flagged(long))])
    left = "The article has been revised."
    gutted = judged(text=left, at=NIGHT + DAY)
    assert store.write([gutted]) == ["changed"]
    now = article(store)
    assert now["gutted_at"] == "2026-11-23T02:00:00+00:00"
    assert (now["text"], now["flagged"], now["revision"]) == (long, 1, 1)
    assert [r["text"] for r in rows(store, "SELECT text FROM revisions ORDER BY number")] == [
        long,
        left,
    ]
    assert store.write([replace(gutted, fetched_at=NIGHT + 2 * DAY)]) == ["unchanged"]
    assert article(store)["gutted_at"] == "2026-11-23T02:00:00+00:00"
    assert store.write([judged(text=long, flag=flagged(long), at=NIGHT + 3 * DAY)]) == ["changed"]
    assert article(store)["gutted_at"] is None


def test_a_gutted_story_is_still_looked_at_again(store: Store) -> None:
    long = BODY * 3
    store.write([judged(text=long, flag=flagged(long))])
    store.write([judged(text="Revised.", at=NIGHT + DAY)])
    assert [address.url for address in store.due("daily", NIGHT + 3 * DAY)] == [STORY]


# How it went


@pytest.mark.parametrize(
    ("record", "how"),
    [
        (Gone("daily", STORY, 404, NIGHT + DAY), "http_404"),
        (Gone("daily", STORY, 410, NIGHT + DAY), "http_410"),
        (Gone("daily", STORY, 200, NIGHT + DAY, "soft_404"), "soft_404"),
        (Gone("daily", STORY, 200, NIGHT + DAY, "redirected_home"), "redirected_home"),
    ],
)
def test_how_an_article_went_is_kept(store: Store, record: Gone, how: str) -> None:
    store.write([judged()])
    assert store.write([record]) == ["gone"]
    assert article(store)["gone_how"] == how
    store.write([Unchanged("daily", STORY, NIGHT + 2 * DAY)])
    assert article(store)["gone_how"] is None


# Headlines


def test_a_headline_is_judged_on_what_there_is(store: Store) -> None:
    record = headline(summary="A UN-recognised refugee was handed over to Cambodian police.")
    assert store.write([record]) == ["headline"]
    now = article(store)
    assert (now["headline_only"], now["flagged"]) == (1, 1)
    assert now["text"] == "A UN-recognised refugee was handed over to Cambodian police."
    assert now["published_from"] == "feed"
    assert store.write([record]) == ["unchanged"]


def test_the_address_of_a_headline_is_still_to_be_fetched(store: Store) -> None:
    entry = Entry(STORY, "A title")
    listing = Listing("daily", "https://daily.example/feed", "feed", 200, (entry,), NIGHT)
    store.write([listing, headline()])
    assert [e.url for e in store.pending("daily")] == [STORY]
    assert store.wanted("daily", [entry]) == [entry]


def test_the_page_replaces_the_headline(store: Store) -> None:
    store.write([headline()])
    canonical = f"{STORY}-whole"
    page = judged(canonical, BODY, page_url=STORY, same_article=(STORY,), at=NIGHT + DAY)
    assert store.write([page]) == ["new"]
    now = row(store, "SELECT * FROM articles")
    assert (now["url"], now["headline_only"], now["revision"]) == (canonical, 0, 2)
    assert now["first_fetched_at"] == "2026-11-23T02:00:00+00:00"
    assert store.write([headline()]) == ["unchanged"]
    assert row(store, "SELECT text FROM articles")["text"] == BODY


def test_a_headline_of_a_story_known_elsewhere_is_merged(store: Store) -> None:
    canonical = f"{STORY}-whole"
    store.write([judged(canonical, BODY), headline()])
    store.write([judged(canonical, BODY, page_url=STORY, same_article=(STORY,), at=NIGHT + DAY)])
    merged = article(store)
    assert (merged["state"], merged["gone_how"], merged["flagged"]) == ("gone", "same_story", 0)


def test_a_headline_never_replaces_an_article(store: Store) -> None:
    store.write([judged(text=BODY)])
    assert store.write([headline("Other words")]) == ["unchanged"]
    assert article(store)["title"] == "Sent back"


def test_a_flagged_headline_is_looked_for_again_but_not_every_night(store: Store) -> None:
    entry = Entry(STORY, "A title")
    listing = Listing("daily", "https://daily.example/feed", "feed", 200, (entry,), NIGHT)
    store.write([listing, headline(summary="A refugee was deported to Cambodia.")])
    assert [address.url for address in store.due("daily", NIGHT + DAY)] == [STORY]
    store.write([Gone("daily", STORY, 404, NIGHT + DAY)])
    assert store.due("daily", NIGHT + DAY + DAY / 2) == []
