"""The fitted part of the judgement: words and phrases that speak for or against.

A linear model over phrases (one to a few words; clusters in scripts without
spaces). Each phrase adds weight × frequency × rarity, divided by the length of
all such products (TF-IDF with Euclidean norm). A long text is read section by
section, each with the headline, and the section with most points counts: a
story may stand in two paragraphs of an article about something else. The
weights are data, made by ``monitor train``.
"""

from __future__ import annotations

import math
import re
import tomllib
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from ahocorasick_rs import AhoCorasick, MatchKind

from monitor.flagging.lexicon import WEIGHTS, load_lexicons
from monitor.flagging.matching import Passage
from monitor.items import Match, MatchField, Reason
from monitor.text.clusters import APART
from monitor.text.scripts import HANGUL, SPACELESS, basic, is_basic

_WORD = f"(?:(?![{SPACELESS}{HANGUL}])\\w)+"
_TOKEN = re.compile(f"{APART}|{_WORD}")
_BASIC_TOKEN = re.compile(basic(f"{APART}|{_WORD}"))
_ASCII_TOKEN = re.compile(r"\w+", re.ASCII)

MAX_TOKENS = 20_000
"""Tokens of a text that are read: ten long articles."""
SECTION = {"spaced": 160, "spaceless": 480}
"""Tokens of a section. 120, 160 and 240 words tried: docs/flagging.md."""
LONGEST = {"spaced": 2, "spaceless": 4}
"""Tokens of the longest phrase."""
SHOWN = 16
"""Phrases that are reasons of their own; the rest is one reason together."""
LEAST_SHOWN = 0.1
"""Points under which a phrase is not shown by itself."""

ENOUGH = 2.0
"""Points of the rule beyond which a long text is not more credible: one good pair."""

Weights = Mapping[str, tuple[float, float]]
"""By phrase (tokens joined by spaces): rarity (idf) and weight."""


def writing(language: str) -> str:
    """``spaced`` or ``spaceless``: how the language's script parts words."""
    lexicon = load_lexicons().get(language)
    return "spaced" if lexicon is None or lexicon.script == "Latn" else "spaceless"


def tokens(text: str) -> list[str]:
    """Words or clusters of a normalised text, in order."""
    pattern = _ASCII_TOKEN if text.isascii() else _BASIC_TOKEN if is_basic(text) else _TOKEN
    return pattern.findall(text)[:MAX_TOKENS]


LEAST_LENGTH = 15.0
"""Of a dozen rare phrases. Without it one phrase of a short text would get all the
points that a report's phrases share."""


def length_of(values: Iterable[float]) -> float:
    """Euclidean, at least ``LEAST_LENGTH``: what phrases are divided by."""
    return math.sqrt(sum(value * value for value in values) + LEAST_LENGTH**2)


class PhraseIndex:
    """Finds phrases in tokens and gives each its share of a text."""

    def __init__(self, phrases: Iterable[str], idf: Sequence[float]) -> None:
        self.idf = idf
        # Tokens stand between single spaces, which neighbouring phrases share.
        self._automaton = AhoCorasick(
            [f" {phrase} " for phrase in phrases], matchkind=MatchKind.Standard
        )

    def find(self, found: Sequence[str]) -> list[tuple[int, int, int]]:
        """Number, start and end of each phrase in the tokens between single spaces."""
        return self._automaton.find_matches_as_indexes(f" {' '.join(found)} ", overlapping=True)

    def count(self, found: Sequence[str]) -> Counter[int]:
        """How often each phrase occurs, by number."""
        return Counter(number for number, _, _ in self.find(found))

    def raw(self, counts: Mapping[int, int]) -> list[tuple[int, float]]:
        """Each phrase with frequency × rarity."""
        idf = self.idf
        return [
            (number, idf[number] if times == 1 else idf[number] * (1 + math.log(times)))
            for number, times in counts.items()
        ]

    def values(self, counts: Mapping[int, int]) -> dict[int, float]:
        """Frequency × rarity of each phrase, by the length of all of them together."""
        raw = self.raw(counts)
        norm = length_of(value for _, value in raw)
        return {number: value / norm for number, value in raw}


def _starts(found: Sequence[str]) -> list[int]:
    """Where each token begins, and a next one would, in the tokens joined by spaces."""
    return [number + size for number, size in enumerate(accumulate(map(len, found), initial=0))]


@dataclass(frozen=True, slots=True)
class Section:
    """The part of an article that has most points, with the headline.

    ``tokens`` are those of the whole text, the section is ``begin`` to ``end``
    of them, one of ``sections``; ``size`` is a section's usual number of tokens.
    """

    title: list[str]
    tokens: list[str]
    begin: int
    end: int
    sections: int
    size: int
    points: float

    @property
    def text(self) -> list[str]:
        return self.tokens[self.begin : self.end]

    @property
    def length(self) -> float:
        """0 for one section; the more there are, the likelier one has points by chance."""
        return math.log(self.sections)

    def evident(self, points: float) -> float:
        """``length`` times the rule's points, of which ``ENOUGH`` count: what makes a long
        text credible."""
        return self.length * min(max(points, 0.0), ENOUGH)

    def brief(self, evidence: float) -> float:
        """How much shorter than half a section a text is (down to an eighth), times the
        rule's points for a return: the shorter it is, the more they say of it."""
        found = max(len(self.title) + len(self.tokens), self.size / 8)
        brevity = math.log(max(self.size / 2 / found, 1.0))
        return brevity * min(max(evidence, 0.0), ENOUGH)


class Phrases:
    """The phrases of one language with their weights."""

    def __init__(self, language: str, weights: Weights) -> None:
        self.language = language
        self.size = SECTION[writing(language)]
        self._weight = [weight for _, weight in weights.values()]
        self._index = PhraseIndex(weights, [idf for idf, _ in weights.values()])

    def strongest(self, title: list[str], text: list[str]) -> Section:
        """The section of the text that has most points together with the headline.

        A text of up to one and a half sections is one; a longer one is read in
        sections that overlap by half. Linear in the text.
        """
        length, half = len(text), self.size // 2
        headline = self._index.count(title)
        if length <= 3 * half:
            points = self._points(headline + self._index.count(text))
            return Section(title, text, 0, length, 1, self.size, points)
        edges = _starts(text)[::half]
        halves: list[list[int]] = [[] for _ in range(-(-length // half))]
        for number, start, _ in self._index.find(text):
            halves[bisect_right(edges, start) - 1].append(number)
        best, place = -math.inf, 0
        for number in range(len(halves) - 1):
            counts = headline.copy()
            counts.update(halves[number])
            counts.update(halves[number + 1])
            if (points := self._points(counts)) > best:
                best, place = points, number
        begin, end = place * half, min((place + 2) * half, length)
        return Section(title, text, begin, end, len(halves) - 1, self.size, best)

    def shares(self, section: Section) -> list[float]:
        """What each token of headline and section adds to the points: its part of
        every phrase it stands in."""
        title, text = section.title, section.text
        places: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for first, part in ((0, title), (len(title), text)):
            starts = _starts(part)
            token_at = dict(zip(starts, range(first, first + len(starts)), strict=True))
            for number, start, end in self._index.find(part):
                places[number].append((token_at[start], token_at[end - 1]))
        values = self._index.values({number: len(spans) for number, spans in places.items()})
        shares = [0.0] * (len(title) + len(text))
        for number, value in values.items():
            share = value * self._weight[number] / len(places[number])
            for begin, end in places[number]:
                for place in range(begin, end):
                    shares[place] += share / (end - begin)
        return shares

    def _points(self, counts: Mapping[int, int]) -> float:
        values, weight = self._index.raw(counts), self._weight
        total = sum(value * weight[number] for number, value in values)
        return total / length_of(value for _, value in values)


@dataclass(frozen=True, slots=True)
class Model:
    """What turns the parts into a sum. ``rule`` is the factor of the rule's points,
    ``long``, ``evident`` and ``brief`` those of a section's numbers of these names;
    ``bias`` is by language (``und``: for languages without phrases)."""

    rule: float
    long: float
    evident: float
    brief: float
    bias: Mapping[str, float]
    settings: Mapping[str, Any]

    def start(self, language: str) -> float:
        return self.bias.get(language, self.bias["und"])


@cache
def model() -> Model:
    """``weights/model.toml``."""
    data = tomllib.loads((WEIGHTS / "model.toml").read_text(encoding="utf-8"))
    return Model(data["rule"], data["long"], data["evident"], data["brief"], data["bias"], data)


@cache
def phrases_of(language: str) -> Phrases | None:
    """The phrase weights of a language; None when none were fitted."""
    return read_phrases(WEIGHTS, language)


def read_phrases(folder: Path, language: str) -> Phrases | None:
    """``<language>.tsv`` of a folder of weights."""
    path = folder / f"{language}.tsv"
    if not path.is_file():
        return None
    weights = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        phrase, idf, weight = line.split("\t")
        weights[phrase] = float(idf), float(weight)
    return Phrases(language, weights)


def section_of(passages: Mapping[MatchField, Passage], phrases: Phrases) -> Section:
    """The strongest section of an article."""
    title, text = (tokens(passages[field].normal.text) for field in ("title", "text"))
    return phrases.strongest(title, text)


def phrase_reasons(
    passages: Mapping[MatchField, Passage], section: Section, phrases: Phrases
) -> list[Reason]:
    """The phrases of a section as reasons, the weightiest first.

    Their weights add up to the section's points: what is too light to be shown by
    itself is in one last reason without a place.
    """
    headline, found = len(section.title), [*section.title, *section.text]
    shares = phrases.shares(section)
    spans: dict[str, tuple[float, list[tuple[int, int]]]] = {}
    for begin, end in _runs(shares, headline):
        words = " ".join(found[begin:end])
        weight, places = spans.get(words, (0.0, []))
        spans[words] = weight + sum(shares[begin:end]), [*places, (begin, end)]
    ranked = sorted(spans.items(), key=lambda item: (-abs(item[1][0]), item[0]))
    shown = [item for item in ranked[:SHOWN] if abs(item[1][0]) >= LEAST_SHOWN]
    where = _Places(passages, section)
    reasons = [
        _reason([where.match(*place, phrases.language) for place in places], passages, weight)
        for _, (weight, places) in shown
    ]
    if others := ranked[len(shown) :]:
        rest = sum(weight for _, (weight, _) in others)
        phrases_ = "phrase" if len(others) == 1 else "phrases together"
        reasons.append(Reason(f"{len(others)} other {phrases_}", round(rest, 4)))
    return reasons


def length_reasons(
    section: Section, model: Model, points: float, evidence: float
) -> Iterator[Reason]:
    """What a text's length adds. ``points`` are those of the rule, ``evidence`` those
    for a return."""
    if section.length:
        weight = model.long * section.length + model.evident * section.evident(points)
        sentence = f"a long text: the strongest of {section.sections} sections was taken"
        yield Reason(sentence, round(weight, 4))
    if brief := section.brief(evidence):
        sentence = "a short text: the return makes up much of it"
        yield Reason(sentence, round(model.brief * brief, 4))


class _Places:
    """Where the tokens of headline and section stand in the stored title and text."""

    def __init__(self, passages: Mapping[MatchField, Passage], section: Section) -> None:
        self._passages = passages
        self._headline = len(section.title)
        self._found = [*section.title, *section.text]
        self._starts = [
            *_offsets(passages["title"].normal.text, section.title, 0),
            *_offsets(passages["text"].normal.text, section.tokens[: section.end], section.begin),
        ]

    def match(self, begin: int, end: int, language: str) -> Match:
        """The phrase of the tokens ``begin`` to ``end``."""
        field: MatchField = "title" if begin < self._headline else "text"
        passage, last = self._passages[field], end - 1
        start, stop = passage.normal.source_span(
            self._starts[begin], self._starts[last] + len(self._found[last])
        )
        surface = passage.source[start:stop]
        return Match("phrase", surface, language, field, start, stop, surface)


def _offsets(text: str, found: Sequence[str], begin: int) -> list[int]:
    """Where the tokens from number ``begin`` on start in a normalised text."""
    starts, end = [], 0
    for token in found:
        # Between two tokens there is nothing that belongs to one.
        start = text.find(token, end)
        starts.append(start)
        end = start + len(token)
    return starts[begin:]


def _runs(shares: Sequence[float], headline: int) -> Iterator[tuple[int, int]]:
    """Stretches of neighbouring tokens that all speak for, or all against; none
    goes from the headline into the text."""
    begin = 0
    for number in range(1, len(shares) + 1):
        if (
            number in (len(shares), headline)
            or (shares[number] > 0) != (shares[begin] > 0)
            or ((shares[number] == 0) != (shares[begin] == 0))
        ):
            if shares[begin] != 0:
                yield begin, number
            begin = number


def _reason(
    matches: Sequence[Match], passages: Mapping[MatchField, Passage], weight: float
) -> Reason:
    words = _quoted(passages[matches[0].field].source, matches[0])
    side = "speaks for" if weight > 0 else "speaks against"
    return Reason(f"{words} {side} such a story", round(weight, 4), tuple(matches[:10]))


_JOINED = re.compile(f"[{SPACELESS}]")
_NEIGHBOUR = 8
"""Clusters shown on either side of a phrase in a script without spaces: two words or three."""


def _quoted(source: str, match: Match) -> str:
    """The words of a match. In a script without spaces it may begin and end within a
    word: then with the words around it, and itself in brackets."""
    words = " ".join(match.surface.split())
    if not _JOINED.match(words):
        return f"'{words}'"
    before, after = _joined_before(source, match.start), _joined_after(source, match.end)
    if not (before or after):
        return f"'{words}'"
    words = f"{before}[{words}]{after}"
    opens = "…" if _JOINED.match(source[match.start - len(before) - 1 :][:1]) and before else ""
    closes = "…" if _JOINED.match(source[match.end + len(after) :][:1]) and after else ""
    return f"'{opens}{words}{closes}'"


def _joined_before(source: str, start: int) -> str:
    """Up to ``_NEIGHBOUR`` clusters without a space before a place."""
    clusters = list(_CLUSTERS.finditer(source[max(0, start - 6 * _NEIGHBOUR) : start]))
    kept = ""
    end = min(start, 6 * _NEIGHBOUR)
    for cluster in reversed(clusters[-_NEIGHBOUR:]):
        if cluster.end() != end:
            break
        kept, end = cluster[0] + kept, cluster.start()
    return kept


def _joined_after(source: str, end: int) -> str:
    kept = ""
    for _ in range(_NEIGHBOUR):
        cluster = _CLUSTERS.match(source, end + len(kept))
        if cluster is None:
            break
        kept += cluster[0]
    return kept


_CLUSTERS = re.compile(APART)
