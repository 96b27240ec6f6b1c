"""The fitted part of the judgement: words and phrases that speak for or against.

A linear model over phrases (one to a few words; clusters in scripts without
spaces). Each phrase found adds weight × frequency × rarity, divided by the
length of all such products (TF-IDF with Euclidean norm), so that a long text
counts no more than a short one. What overlaps is put together again to the
words that a reader sees. The weights are data, made by ``monitor train``.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from monitor.flagging.matching import Passage
from monitor.items import Match, MatchField, Reason
from monitor.text.clusters import STACKERS, TAIL
from monitor.text.scripts import HANGUL, KHMER, MYANMAR, SPACELESS

_CLUSTER = f"[{SPACELESS}{HANGUL}](?:[{STACKERS}][{KHMER}{MYANMAR}]|[{TAIL}])*"
_TOKEN = re.compile(f"{_CLUSTER}|(?:(?![{SPACELESS}{HANGUL}])\\w)+")

MAX_TOKENS = 20_000
"""Tokens of a text that are read: ten long articles."""
SHOWN = 12
"""Phrases that are reasons of their own; the rest is one reason together."""
LEAST_SHOWN = 0.02


@dataclass(frozen=True, slots=True)
class Token:
    """A word or cluster in normal form; ``start`` and ``end`` are offsets into
    the normalised passage."""

    text: str
    field: MatchField
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Phrases:
    """The weights of one language: ``weights`` has (idf, weight) by phrase;
    phrases have at most ``longest`` tokens."""

    language: str
    longest: int
    weights: Mapping[str, tuple[float, float]]
    known: frozenset[str]
    """The tokens that occur in phrases: what begins with another is passed over."""


@dataclass(frozen=True, slots=True)
class Model:
    """What turns the rule's sum and the phrases into a score. ``bias`` is by
    language (``und``: for languages without phrases)."""

    rule: float
    bias: Mapping[str, float]
    settings: Mapping[str, Any]


@cache
def model() -> Model:
    """``weights/model.toml``."""
    source = resources.files(__package__) / "weights" / "model.toml"
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    return Model(data["rule"], data["bias"], data)


@cache
def phrases_of(language: str) -> Phrases | None:
    """The phrase weights of a language; None when none were fitted."""
    source = resources.files(__package__) / "weights" / f"{language}.tsv"
    if not source.is_file():
        return None
    weights = {}
    for line in source.read_text(encoding="utf-8").splitlines()[1:]:
        phrase, idf, weight = line.split("\t")
        weights[phrase] = float(idf), float(weight)
    longest = max((phrase.count(" ") + 1 for phrase in weights), default=1)
    known = frozenset(token for phrase in weights for token in phrase.split(" "))
    return Phrases(language, longest, weights, known)


def tokens(passages: Mapping[MatchField, Passage]) -> list[Token]:
    """The tokens of title and text, in order."""
    return [
        Token(match[0], field, match.start(), match.end())
        for field, passage in passages.items()
        for match in _first(_TOKEN.finditer(passage.normal.text))
    ]


def _first(matches: Iterator[re.Match[str]]) -> Iterator[re.Match[str]]:
    for _, match in zip(range(MAX_TOKENS), matches, strict=False):
        yield match


def ngrams(
    found: Sequence[Token], longest: int, known: frozenset[str] | None = None
) -> Iterator[tuple[str, int, int]]:
    """Every run of up to ``longest`` tokens (all of them ``known``, if given) of one
    field: its text and the numbers of its first token and of the one behind its last."""
    for begin, first in enumerate(found):
        text = first.text
        if known is not None and text not in known:
            continue
        yield text, begin, begin + 1
        for end in range(begin + 2, min(begin + longest, len(found)) + 1):
            token = found[end - 1]
            if token.field != first.field or (known is not None and token.text not in known):
                break
            text = f"{text} {token.text}"
            yield text, begin, end


def phrase_reasons(passages: Mapping[MatchField, Passage], phrases: Phrases) -> list[Reason]:
    """The phrases of an article as reasons, the weightiest first.

    Their weights add up to the model's sum: what is too light to be shown by
    itself is in one last reason without a place.
    """
    found = tokens(passages)
    shares = _shares(found, phrases)
    spans: dict[str, tuple[float, list[tuple[int, int]]]] = {}
    for begin, end in _runs(shares):
        text = " ".join(token.text for token in found[begin:end])
        weight, places = spans.get(text, (0.0, []))
        spans[text] = weight + sum(shares[begin:end]), [*places, (begin, end)]
    ranked = sorted(spans.items(), key=lambda item: (-abs(item[1][0]), item[0]))
    reasons: list[Reason] = []
    rest, others = 0.0, 0
    for _, (weight, places) in ranked:
        if len(reasons) < SHOWN and abs(weight) >= LEAST_SHOWN:
            reasons.append(_reason(passages, found, weight, places, phrases.language))
        else:
            rest, others = rest + weight, others + 1
    if others:
        reasons.append(Reason(f"{others} other phrases together", round(rest, 4)))
    return reasons


def _shares(found: Sequence[Token], phrases: Phrases) -> list[float]:
    """What each token adds to the sum: its part of every phrase it stands in."""
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for text, begin, end in ngrams(found, phrases.longest, phrases.known):
        if text in phrases.weights:
            places[text].append((begin, end))
    values = {
        text: (1 + math.log(len(spans))) * phrases.weights[text][0]
        for text, spans in places.items()
    }
    norm = math.sqrt(sum(value * value for value in values.values())) or 1.0
    shares = [0.0] * len(found)
    for text, spans in places.items():
        share = values[text] / norm * phrases.weights[text][1] / len(spans)
        for begin, end in spans:
            for number in range(begin, end):
                shares[number] += share / (end - begin)
    return shares


def _runs(shares: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Stretches of neighbouring tokens that all speak for, or all against."""
    begin = 0
    for number in range(1, len(shares) + 1):
        if (
            number == len(shares)
            or (shares[number] > 0) != (shares[begin] > 0)
            or ((shares[number] == 0) != (shares[begin] == 0))
        ):
            if shares[begin] != 0:
                yield begin, number
            begin = number


def _reason(
    passages: Mapping[MatchField, Passage],
    found: Sequence[Token],
    weight: float,
    places: Sequence[tuple[int, int]],
    language: str,
) -> Reason:
    matches = []
    for begin, end in places:
        field = found[begin].field
        passage = passages[field]
        last = next(n for n in range(end - 1, begin - 1, -1) if found[n].field == field)
        start, stop = passage.normal.source_span(found[begin].start, found[last].end)
        surface = passage.source[start:stop]
        matches.append(Match("phrase", surface, language, field, start, stop, surface))
    words = " ".join(matches[0].surface.split())
    side = "speaks for" if weight > 0 else "speaks against"
    return Reason(f"'{words}' {side} such a story", round(weight, 4), tuple(matches[:10]))
