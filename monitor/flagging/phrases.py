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
from itertools import chain, islice, repeat
from operator import itemgetter
from pathlib import Path
from typing import Any

from ahocorasick_rs import AhoCorasick, MatchKind

from monitor.flagging.lexicon import WEIGHTS, load_lexicons
from monitor.flagging.matching import Passage
from monitor.items import Match, MatchField, Reason
from monitor.text import spaceless
from monitor.text.clusters import APART
from monitor.text.scripts import HANGUL, SPACELESS, basic, is_basic

_TOKEN = f"{APART}|[^\\W{SPACELESS}{HANGUL}]+"
_TOKENS, _BASIC_TOKENS = re.compile(_TOKEN), re.compile(basic(_TOKEN))
_ASCII_WORD = re.compile(r"\w+", re.ASCII)
_ASCII_WORDS = {code: " " for code in range(128) if not _ASCII_WORD.match(chr(code))}

MAX_TOKENS = 20_000
"""Tokens of a text that are read: ten long articles."""
SECTION = {"spaced": 160, "spaceless": 480}
"""Tokens of a section. 120, 160 and 240 words tried: docs/flagging.md."""
LONGEST = {"spaced": 2, "spaceless": 4}
"""Tokens of the longest phrase."""
SHOWN = 16
"""Phrases that are reasons of their own; the rest is one reason together."""
FAR_OFF = 0.02
"""Score under which a text is explained phrase by phrase only to those who ask: two thirds of
ordinary pages."""
LEAST_SHOWN = 0.1
"""Points under which a phrase is not shown by itself."""
MOST = 10
"""Places of a phrase that its reason has."""

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
    plain = text.isascii()
    found = text.translate(_ASCII_WORDS).split() if plain else _tokens(text).findall(text)
    return found[:MAX_TOKENS]


def _starts(text: str, begin: int, end: int) -> list[int]:
    """Where the tokens from number ``begin`` to ``end`` of a normalised text start."""
    found = (_ASCII_WORD if text.isascii() else _tokens(text)).finditer(text)
    return [token.start() for token in islice(found, begin, end)]


def _tokens(text: str) -> re.Pattern[str]:
    return _BASIC_TOKENS if is_basic(text) else _TOKENS


LEAST_LENGTH = 15.0
"""Of a dozen rare phrases. Without it one phrase of a short text would get all the
points that a report's phrases share."""


def length_of(squares: float) -> float:
    """What phrases are divided by: the Euclidean length of values whose squares have this
    sum, and of ``LEAST_LENGTH``."""
    return math.sqrt(squares + LEAST_LENGTH**2)


_UNKNOWN = "\0"


class PhraseIndex:
    """Finds phrases in tokens and gives each its share of a text.

    Every token that phrases have is one character to the automaton (``_symbols``), all
    others are ``_UNKNOWN``: a text is short then, and the places found are tokens.
    """

    def __init__(self, phrases: Iterable[str], idf: Sequence[float]) -> None:
        self.idf = idf
        self._symbols: dict[str, str] = {}
        self._automaton = AhoCorasick(
            ["".join(map(self._symbol, phrase.split(" "))) for phrase in phrases],
            matchkind=MatchKind.Standard,
        )

    def _symbol(self, token: str) -> str:
        code = 1 + len(self._symbols)
        # Surrogates are no characters to the automaton.
        return self._symbols.setdefault(token, chr(code if code < 0xD800 else code + 0x800))

    def find(self, found: Sequence[str]) -> list[tuple[int, int, int]]:
        """Each phrase in the tokens: its number, its first token and the one behind its last."""
        symbols = "".join(map(self._symbols.get, found, repeat(_UNKNOWN)))
        return self._automaton.find_matches_as_indexes(symbols, overlapping=True)

    def count(self, found: Sequence[str]) -> Counter[int]:
        """How often each phrase occurs, by number."""
        return Counter(number for number, _, _ in self.find(found))

    def value(self, number: int, times: int) -> float:
        """Frequency × rarity of a phrase; its rarity when it occurs once."""
        return self.idf[number] * (1 + math.log(times))

    def values(self, counts: Mapping[int, int]) -> dict[int, float]:
        """Frequency × rarity of each phrase, by the length of all of them together."""
        idf = self.idf
        raw = [
            idf[number] if times == 1 else self.value(number, times)
            for number, times in counts.items()
        ]
        norm = length_of(sum([value * value for value in raw]))
        return {number: value / norm for number, value in zip(counts, raw, strict=True)}


@dataclass(frozen=True, slots=True)
class Section:
    """The part of an article that has most points, with the headline.

    ``tokens`` are those of the whole text, the section is ``begin`` to ``end``
    of them, one of ``sections``; ``size`` is a section's usual number of tokens.
    ``phrases`` are those in headline and section (number, begin, end), as places in the
    tokens of both.
    """

    title: list[str]
    tokens: list[str]
    begin: int
    end: int
    sections: int
    size: int
    points: float
    phrases: list[tuple[int, int, int]]

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
        # Most phrases of a section occur once: their points and squares (see length_of).
        self._once = [(idf * weight, idf * idf) for idf, weight in weights.values()]

    def strongest(self, title: list[str], text: list[str]) -> Section:
        """The section of the text that has most points together with the headline.

        A text of up to one and a half sections is one; a longer one is read in
        sections that overlap by half. Linear in the text.
        """
        length, half = len(text), self.size // 2
        if length <= 3 * half:
            half = max(length, 1)
        headline, found = self._index.find(title), self._index.find(text)
        numbers = [number for number, _, _ in headline]
        halves: list[list[int]] = [[] for _ in range(-(-length // half))]
        for number, start, _ in found:
            halves[start // half].append(number)
        sections = max(len(halves) - 1, 1)
        points = [
            self.points(Counter(chain(numbers, *halves[each : each + 2])))
            for each in range(sections)
        ]
        best = max(points)
        place = points.index(best)
        begin, end = place * half, min((place + 2) * half, length)
        # They come in the order of their ends.
        first, last = (bisect_right(found, edge, key=itemgetter(2)) for edge in (begin, end))
        moved = len(title) - begin
        headline += [
            (number, start + moved, stop + moved)
            for number, start, stop in found[first:last]
            if start >= begin
        ]
        return Section(title, text, begin, end, sections, self.size, best, headline)

    def counts(self, section: Section) -> Counter[int]:
        """How often each phrase stands in headline and section, by number."""
        return Counter(map(itemgetter(0), section.phrases))

    def shares(self, section: Section) -> list[float]:
        """What each token of headline and section adds to the points: its part of
        every phrase it stands in."""
        counts = self.counts(section)
        values = self._index.values(counts)
        each = {
            number: values[number] * self._weight[number] / times
            for number, times in counts.items()
        }
        shares = [0.0] * (len(section.title) + len(section.text))
        for number, begin, end in section.phrases:
            part = each[number] / (end - begin)
            for place in range(begin, end):
                shares[place] += part
        return shares

    def points(self, counts: Mapping[int, int]) -> float:
        """What phrases that occur so often add together."""
        once, total, squares = self._once, 0.0, 0.0
        for number, times in counts.items():
            points, square = once[number]
            if times > 1:
                more = 1 + math.log(times)
                points, square = points * more, square * more * more
            total += points
            squares += square
        return total / length_of(squares)


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
    """The weighty phrases of a section as reasons, the weightiest first.

    Their weights add up to the section's points: what is too light to be shown by
    itself is in one last reason without a place.
    """
    headline, found = len(section.title), [*section.title, *section.text]
    shares = phrases.shares(section)
    weights: dict[str, float] = defaultdict(float)
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for begin, end in _runs(shares, headline):
        words = " ".join(found[begin:end])
        weights[words] += sum(shares[begin:end])
        places[words].append((begin, end))
    heavy = [
        (-abs(weight), words) for words, weight in weights.items() if abs(weight) >= LEAST_SHOWN
    ]
    shown = sorted(heavy)[:SHOWN]
    where = _Places(passages, section)
    reasons = []
    for _, words in shown:
        matches = [where.match(*place, phrases.language) for place in places[words][:MOST]]
        reasons.append(_reason(matches, passages, weights.pop(words)))
    if weights:
        words = "other phrase" if len(weights) == 1 else "other phrases together"
        reasons.append(Reason(f"{len(weights)} {words}", round(sum(weights.values()), 4)))
    return reasons


def phrases_together(section: Section, phrases: Phrases) -> Reason:
    """All phrases of a section as one reason without a place."""
    counts = phrases.counts(section)
    words = "phrase" if len(counts) == 1 else "phrases together"
    return Reason(f"{len(counts)} {words}", round(phrases.points(counts), 4))


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
            *_starts(passages["title"].normal.text, 0, self._headline),
            *_starts(passages["text"].normal.text, section.begin, section.end),
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


_RUN = re.compile(r"\++|-+")


def _runs(shares: Sequence[float], headline: int) -> Iterator[tuple[int, int]]:
    """Stretches of neighbouring tokens that all speak for, or all against; none
    goes from the headline into the text."""
    signs = "".join(["+" if share > 0 else "-" if share else " " for share in shares])
    for begin, end in ((0, headline), (headline, len(signs))):
        yield from (found.span() for found in _RUN.finditer(signs, begin, end))


def _reason(
    matches: Sequence[Match], passages: Mapping[MatchField, Passage], weight: float
) -> Reason:
    words = _quoted(passages[matches[0].field].source, matches[0])
    side = "speaks for" if weight > 0 else "speaks against"
    return Reason(f"{words} {side} such a story", round(weight, 4), tuple(matches))


_NEIGHBOUR = 8
"""Clusters shown on either side of a phrase in a script without spaces: two words or three."""
_CLUSTERS, _BASIC_CLUSTERS = re.compile(f"({APART})"), re.compile(basic(f"({APART})"))
_JOINED = re.compile(f"(?:{APART}){{0,{_NEIGHBOUR}}}")
_BASIC_JOINED = re.compile(basic(_JOINED.pattern))


def _quoted(source: str, match: Match) -> str:
    """The words of a match. In a script without spaces it may begin and end within a
    word: then with the words around it, and itself in brackets."""
    words = " ".join(match.surface.split())
    if not spaceless(words[:1]):
        return f"'{words}'"
    before, after = _joined_before(source, match.start), _joined_after(source, match.end)
    if not (before or after):
        return f"'{words}'"
    words = f"{before}[{words}]{after}"
    begins = match.start - len(before)
    opens = "…" if before and begins and spaceless(source[begins - 1]) else ""
    behind = match.end + len(after)
    closes = "…" if after and spaceless(source[behind : behind + 1]) else ""
    return f"'{opens}{words}{closes}'"


def _joined_before(source: str, start: int) -> str:
    """Up to ``_NEIGHBOUR`` clusters without a space before a place."""
    clusters = _BASIC_CLUSTERS if is_basic(source) else _CLUSTERS
    pieces = clusters.split(source[max(0, start - 6 * _NEIGHBOUR) : start])
    kept = ""
    for cluster, gap in zip(pieces[-2::-2][:_NEIGHBOUR], pieces[::-2], strict=False):
        if gap:
            break
        kept = cluster + kept
    return kept


def _joined_after(source: str, end: int) -> str:
    found = (_BASIC_JOINED if is_basic(source) else _JOINED).match(source, end)
    return found[0] if found else ""
