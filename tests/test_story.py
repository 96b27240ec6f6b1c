"""The story type: what became of the people, told by words of every language."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.flagging.reading import Reading
from monitor.flagging.rule import numbers
from monitor.flagging.story import TYPES, story_model, story_shares, story_sums, story_type
from monitor.flagging.story_features import story_features, story_words

LANGUAGES = ("en", "id", "km", "lo", "ms", "my", "th", "tr", "vi", "zh")
POINTS = numbers()["story"]

STORIES = [
    (
        "risk",
        "Court to hear extradition of Uyghur baker on Monday",
        "Lawyers fear that the baker, who is held in a detention centre, will be sent to China. "
        "They urged the judge not to extradite him.",
    ),
    (
        "averted",
        "Court annuls deportation order, dissident freed",
        "The dissident was released on Friday and may stay. The judge halted the deportation.",
    ),
    (
        "incident",
        "Exiled editor disappears, surfaces in Minsk prison",
        "Masked men bundled him into a van. Two days later he was handed over to Belarus, "
        "where he confessed on state television.",
    ),
    (
        "policy",
        "Parliament votes on treaty with extradition clause",
        "The bill would amend the law on returns. A report counted 40 cases a year, and "
        "ministers signed a joint statement on cooperation.",
    ),
]


def _reading(title: str, text: str, language: str = "en") -> Reading:
    return Reading(title, text, language, reach=300_000, lead=2)


@pytest.mark.parametrize(("kind", "title", "text"), STORIES, ids=[row[0] for row in STORIES])
def test_the_type_follows_what_became_of_the_people(kind: str, title: str, text: str) -> None:
    assert story_type(_reading(title, text), POINTS) == kind


def test_every_language_has_words_of_the_same_kinds() -> None:
    folder = resources.files("monitor.flagging") / "story_words"
    kinds = {}
    for language in LANGUAGES:
        data = tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))
        assert all(word.strip("* ") for words in data.values() for word in words)
        kinds[language] = set(data)
    assert all(found == kinds["en"] for found in kinds.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_found_by_itself(language: str) -> None:
    source = resources.files("monitor.flagging") / "story_words" / f"{language}.toml"
    words = story_words(language)
    assert words is not None
    for kind, listed in tomllib.loads(source.read_text(encoding="utf-8")).items():
        for word in listed:
            text = _reading(word.strip("* "), "").passages["title"].folded
            assert kind in {found for found, _ in words.find(text)}, word


def test_the_model_weighs_every_kind_and_type() -> None:
    model = story_model()
    assert model is not None
    assert set(model.weights) == set(model.bias) == set(TYPES)
    assert all("headline.freed" in weights for weights in model.weights.values())


def test_the_sums_are_what_the_features_add() -> None:
    reading, model = (
        _reading("Dissident released", "He was deported after a hearing."),
        story_model(),
    )
    assert model is not None
    shares = story_shares(reading, POINTS, model)
    sums = story_sums(reading, POINTS)
    for kind in TYPES:
        assert sums[kind] == pytest.approx(model.bias[kind] + sum(shares[kind].values()))


def test_an_unknown_language_is_read_with_the_words_of_its_script() -> None:
    reading = _reading("", "ผู้ลี้ภัยถูกส่งกลับ ศาลสั่งปล่อยตัว", "und")
    assert "share.freed" in story_features(reading, POINTS)


@pytest.mark.parametrize(
    ("language", "text", "kinds"),
    [
        ("en", "was sent back", ["done"]),
        ("en", "he will not be deported", ["refused", "refused"]),
        ("th", "กลางดึก", ["done"]),
    ],
)
def test_of_words_within_each_other_the_longest_counts(
    language: str, text: str, kinds: list[str]
) -> None:
    words = story_words(language)
    assert words is not None
    assert [kind for kind, _ in words.find(text)] == kinds


@given(st.text(max_size=300), st.text(max_size=300), st.sampled_from([*LANGUAGES, "und", "xx"]))
def test_any_text_has_a_type(title: str, text: str, language: str) -> None:
    assert story_type(_reading(title, text, language), POINTS) in TYPES
