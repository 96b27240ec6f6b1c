"""Which article a page belongs to when its address alone does not say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from store_records import DAY, NIGHT, TEXT, SmallOutlet, assert_sound, judged, rows

from monitor.items import Gone, Judged
from monitor.store import Store

OLD = "https://daily.example/journal/2026/11/4711"
NEW = "https://daily.example/node/4711"
ENGLISH = "https://daily.example/en/story"
KHMER = "https://daily.example/km/story"
KHMER_TEXT = "ប៉ូលិសព្រំដែនបានបញ្ជូនជនភៀសខ្លួន ៣៨ នាក់ត្រឡប់ទៅវិញនៅពេលយប់។"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "monitor.db", now=lambda: NIGHT) as store:
        store.add_outlets([SmallOutlet("daily"), SmallOutlet("weekly")])
        yield store
        assert_sound(store)


def keyed(url: str, key: str = "4711", text: str = TEXT, **changes: Any) -> Judged:
    return replace(judged(url, text, **changes), key=key)


def urls(store: Store) -> list[str]:
    return [row["url"] for row in rows(store, "SELECT url FROM articles ORDER BY id")]


def test_two_addresses_with_one_key_are_one_article(store: Store) -> None:
    assert store.write([keyed(OLD), keyed(NEW, text="Edited.")]) == ["new", "changed"]
    assert urls(store) == [NEW]
    for url in (OLD, NEW):
        known = store.address(url)
        assert known is not None
        assert (known.article, known.key) == (1, "4711")
    assert store.write([keyed(OLD, text="Edited.")]) == ["unchanged"]


def test_a_key_is_one_outlets(store: Store) -> None:
    other = keyed("https://weekly.example/4711", text="Another story.", outlet="weekly")
    assert store.write([keyed(OLD), other]) == ["new", "new"]


def test_articles_without_a_key_have_none_in_common(store: Store) -> None:
    pages = [judged(OLD), judged(NEW, "Another story.")]
    assert store.write(pages) == ["new", "new"]


def test_an_article_whose_slug_changed_is_back_at_its_new_address(store: Store) -> None:
    store.write([keyed(OLD)])
    assert store.write([Gone("daily", OLD, 404, NIGHT + DAY)]) == ["gone"]
    assert store.write([keyed(NEW, at=NIGHT + DAY)]) == ["changed"]
    assert rows(store, "SELECT url, state FROM articles") == [{"url": NEW, "state": "live"}]


def test_a_slash_at_the_end_makes_no_other_article(store: Store) -> None:
    assert store.write([judged(f"{OLD}/"), judged(OLD, "Edited.")]) == ["new", "changed"]


def test_a_story_that_is_printed_twice_on_one_day_is_one_article(store: Store) -> None:
    morning, evening = datetime(2026, 11, 22, 8), datetime(2026, 11, 22)
    first = judged(OLD, published_at=morning)
    second = judged(NEW, published_at=evening, published_precision="day")
    assert store.write([first, second]) == ["new", "unchanged"]


@pytest.mark.parametrize(
    "change",
    [
        {"published_at": datetime(2026, 11, 21)},
        {"published_at": None},
        {"text": f"{TEXT} Or not."},
        {"title": "Sent on"},
        {"url": "https://another.example/node/4711"},
        {"outlet": "weekly"},
    ],
)
def test_what_differs_in_day_words_site_or_outlet_is_another_article(
    store: Store, change: dict[str, Any]
) -> None:
    day = datetime(2026, 11, 22)
    second: dict[str, Any] = {"url": NEW, "published_at": day, **change}
    assert store.write([judged(OLD, published_at=day), judged(**second)]) == ["new", "new"]


# Translations


def khmer(url: str = KHMER, **changes: Any) -> Judged:
    return judged(url, KHMER_TEXT, title="បញ្ជូនត្រឡប់", **{"language": "km", **changes})


def test_a_translation_that_names_the_original_as_canonical_is_another_article(
    store: Store,
) -> None:
    pages = [judged(ENGLISH), khmer(ENGLISH, page_url=KHMER)]
    assert store.write(pages) == ["new", "new"]
    assert store.write(pages) == ["unchanged", "unchanged"]
    assert urls(store) == [ENGLISH, KHMER]


def test_an_original_takes_its_address_back_from_a_translation(store: Store) -> None:
    pages = [khmer(ENGLISH, page_url=KHMER, same_article=(KHMER,)), judged(ENGLISH)]
    assert store.write(pages) == ["new", "new"]
    assert urls(store) == [KHMER, ENGLISH]
    assert store.write(pages) == ["unchanged", "unchanged"]
    assert rows(store, "SELECT url, article FROM urls ORDER BY url") == [
        {"url": ENGLISH, "article": 2},
        {"url": KHMER, "article": 1},
    ]


def test_a_translation_with_the_originals_key_is_another_article(store: Store) -> None:
    pages = [keyed(ENGLISH), replace(khmer(), key="4711")]
    assert store.write(pages) == ["new", "new"]
    assert store.write(pages) == ["unchanged", "unchanged"]


@pytest.mark.parametrize("language", ["und", "ms"])
def test_an_undecided_or_mistaken_language_separates_nothing(store: Store, language: str) -> None:
    pages = [keyed(OLD), keyed(NEW, language=language), judged(OLD, page_url=f"{OLD}/print")]
    assert store.write(pages) == ["new", "unchanged", "unchanged"]
