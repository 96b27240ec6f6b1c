"""What kind of story it is: a return that happened, is feared, was averted, or law.

A linear model over features that every language shares: how many words of each
kind ("released", "hearing", "no word since", "treaty") stand in the headline, in
the lead, near the return and in the whole text, and the lexicon's points. The
words are in ``story_words/``, the weights in ``weights/story_model.toml``
(``story_training``). Fitted phrases of each language (``story_phrases``) add what
no list of words says. The type with the largest sum is taken.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from monitor.flagging.phrases import Section
from monitor.flagging.reading import Reading
from monitor.flagging.story_features import story_features
from monitor.flagging.story_phrases import story_phrases, zone_tokens
from monitor.flagging.story_points import lexicon_points
from monitor.items import StoryType

TYPES: tuple[StoryType, ...] = ("incident", "risk", "averted", "policy")


@dataclass(frozen=True, slots=True)
class StoryModel:
    """``bias`` by type; ``weights`` by type, then by feature."""

    bias: Mapping[StoryType, float]
    weights: Mapping[StoryType, Mapping[str, float]]


@cache
def story_model() -> StoryModel | None:
    """``weights/story_model.toml``; None when nothing was fitted."""
    source = resources.files(__package__) / "weights" / "story_model.toml"
    if not source.is_file():
        return None
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    return StoryModel({kind: data["bias"][kind] for kind in TYPES}, {k: data[k] for k in TYPES})


def story_type(
    reading: Reading, points: Mapping[str, float], section: Section | None = None
) -> StoryType:
    """The type with the largest sum; without a model the one with most points.
    ``section``: that of the strongest phrases, when the language has any."""
    sums = story_sums(reading, points, section)
    return max(TYPES, key=lambda kind: sums[kind])


def story_sums(
    reading: Reading, points: Mapping[str, float], section: Section | None = None
) -> dict[StoryType, float]:
    model = story_model()
    if model is None:
        return lexicon_points(reading, points)
    shares = story_shares(reading, points, model)
    sums = {kind: model.bias[kind] + sum(shares[kind].values()) for kind in TYPES}
    if section is not None and (phrases := story_phrases(reading.language)) is not None:
        for zone, found in zone_tokens(section).items():
            for kind, added in zip(TYPES, phrases[zone].points(found), strict=False):
                sums[kind] += added
    return sums


def story_shares(
    reading: Reading, points: Mapping[str, float], model: StoryModel
) -> dict[StoryType, dict[str, float]]:
    """What each feature of an article adds to each type."""
    features = story_features(reading, points)
    return {
        kind: {
            name: value * model.weights[kind][name]
            for name, value in features.items()
            if name in model.weights[kind]
        }
        for kind in TYPES
    }
