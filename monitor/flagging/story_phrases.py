"""Words and phrases of headline and section that tell the story types apart.

Fitted like the phrases of the flagging, with a weight for each type
(``weights/story/<language>.tsv``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from monitor.flagging.lexicon import WEIGHTS
from monitor.flagging.phrases import PhraseIndex, Section

Zone = Literal["headline", "text"]
ZONES: tuple[Zone, ...] = ("headline", "text")
TypeWeights = tuple[float, ...]
"""A weight for each type, in the order of ``story.TYPES``."""


class StoryPhrases:
    """The phrases of one zone in one language: rarity and weights by phrase."""

    def __init__(self, phrases: Mapping[str, tuple[float, TypeWeights]]) -> None:
        self._index = PhraseIndex(phrases, [idf for idf, _ in phrases.values()])
        self._weights = [weights for _, weights in phrases.values()]

    def points(self, found: Sequence[str]) -> list[float]:
        """What the phrases in these tokens add to each type; nothing without any."""
        values = self._index.values(self._index.count(found))
        rows = [[value * w for w in self._weights[number]] for number, value in values.items()]
        return [sum(column) for column in zip(*rows, strict=True)]


def zone_tokens(section: Section) -> dict[Zone, list[str]]:
    return {"headline": section.title, "text": section.text}


@cache
def story_phrases(language: str) -> Mapping[Zone, StoryPhrases] | None:
    """The fitted phrases of a language by zone; None when none were fitted."""
    return read_story_phrases(WEIGHTS / "story" / f"{language}.tsv")


def read_story_phrases(path: Path) -> Mapping[Zone, StoryPhrases] | None:
    if not path.is_file():
        return None
    phrases: dict[Zone, dict[str, tuple[float, TypeWeights]]] = {zone: {} for zone in ZONES}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        zone, phrase, idf, *weights = line.split("\t")
        phrases["headline" if zone == "headline" else "text"][phrase] = (
            float(idf),
            tuple(map(float, weights)),
        )
    return {zone: StoryPhrases(found) for zone, found in phrases.items()}
