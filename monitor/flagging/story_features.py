"""What the story type is judged by: kinds of words and where they stand.

Features have the same meaning in every language, so that all languages are
fitted together and a language without training texts needs a word file only.
Names are "zone.kind"; a zone is "headline", "lead", "focus" (sentences at or
beside terms of the lexicon), or "share" (of all words found in the article).
"""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from ahocorasick_rs import AhoCorasick, MatchKind

from monitor.flagging.matching import begins, ends, folded
from monitor.flagging.reading import Reading
from monitor.flagging.story_points import lexicon_points
from monitor.text import spaceless

REACH = 40_000
"""Characters of a text that are searched: several long articles."""
FOCUS = 0.6
"""Weight from which a sentence is in focus: one weak term of an action or person."""
BESIDE = 0.5
"""Share of its neighbours' weight that a sentence has."""
SHARE = 5.0
"""Scale of the shares, so that the penalty weighs on them like on counts."""
SMOOTHING = 3.0
"""Words of no kind that every article is given: few words say little."""
_CONCEPTS = {
    "return_action": 1.0,
    "protected_person": 1.0,
    "legal_principle": 0.8,
    "averted": 0.7,
    "risk": 0.7,
    "enforcement": 0.4,
    "org": 0.4,
}
_STRENGTHS = {"weak": 0.6, "plain": 1.0, "strong": 1.3}


@dataclass(frozen=True, slots=True)
class _Word:
    """``open``: the word may go on where it is found."""

    kind: str
    open: bool


class StoryWords:
    """The words of one language: ``story_words/<language>.toml``."""

    def __init__(self, language: str, kinds: Mapping[str, list[str]]) -> None:
        entries: dict[str, list[_Word]] = {}
        for kind, words in kinds.items():
            for word in words:
                # Turkish words change their ends: all are stems.
                stem = word.endswith("*") or language == "tr"
                text = folded(word.rstrip("*")).strip()
                word_open = stem or spaceless(text[-1])
                entries.setdefault(text, []).append(_Word(kind, word_open))
        self._entries = list(entries.values())
        self._automaton = AhoCorasick(list(entries), matchkind=MatchKind.Standard)

    def find(self, text: str) -> Iterator[tuple[str, int]]:
        """Kind and place of each word in a folded text; of words within each other
        the longest ("will not be" is no future, กลางดึก holds no งด)."""
        found = {
            (start, -end, word.kind)
            for number, start, end in self._automaton.find_matches_as_indexes(
                text, overlapping=True
            )
            if begins(text, start)
            for word in self._entries[number]
            if word.open or ends(text, end)
        }
        last, reached = (-1, -1), -1
        for start, end, kind in sorted(found):
            if -end > reached or (start, end) == last:
                last, reached = (start, end), -end
                yield kind, start


@cache
def story_words(language: str) -> StoryWords | None:
    source = resources.files(__package__) / "story_words" / f"{language}.toml"
    if not source.is_file():
        return None
    return StoryWords(language, tomllib.loads(source.read_text(encoding="utf-8")))


def story_features(reading: Reading, points: Mapping[str, float]) -> dict[str, float]:
    """The features of an article that are not 0."""
    zones: dict[str, Counter[str]] = {
        zone: Counter() for zone in ("headline", "lead", "focus", "all")
    }
    weights = _sentence_weights(reading)
    for kind, sentence in _words(reading):
        if sentence == 0:
            zones["headline"][kind] += 1
            continue
        zones["all"][kind] += 1
        if sentence <= reading.lead:
            zones["lead"][kind] += 1
        if weights.get(sentence, 0.0) > FOCUS:
            zones["focus"][kind] += 1
    features = {f"headline.{kind}": float(min(n, 2)) for kind, n in zones["headline"].items()}
    features |= {f"lead.{kind}": math.log1p(n) for kind, n in zones["lead"].items()}
    for zone, name in (("focus", "focus"), ("all", "share")):
        total = sum(zones[zone].values()) + SMOOTHING
        features |= {f"{name}.{kind}": SHARE * n / total for kind, n in zones[zone].items()}
    features |= {
        f"lexicon.{kind}": math.log1p(value)
        for kind, value in lexicon_points(reading, points).items()
        if value
    }
    return features


def _words(reading: Reading) -> Iterator[tuple[str, int]]:
    """Kind and sentence of every word."""
    for words in _lists(reading):
        for field, passage in reading.passages.items():
            for kind, start in words.find(passage.folded[:REACH]):
                yield kind, 0 if field == "title" else 1 + passage.sentence(start)


def _lists(reading: Reading) -> list[StoryWords]:
    """The words of the article's language; where there are none, those of the
    languages whose terms were found."""
    if (own := story_words(reading.language)) is not None:
        return [own]
    languages = sorted({found.term.language for found in reading.actions} | {"en"})
    return [words for language in languages if (words := story_words(language)) is not None]


def _sentence_weights(reading: Reading) -> dict[int, float]:
    weights: dict[int, float] = {}
    for found in reading.found:
        if found.sentence and found.term.concept in _CONCEPTS:
            weight = _CONCEPTS[found.term.concept] * _STRENGTHS[found.term.strength]
            for step in (-1, 0, 1):
                near = found.sentence + step
                weights[near] = weights.get(near, 0.0) + weight * (BESIDE if step else 1.0)
    return weights
