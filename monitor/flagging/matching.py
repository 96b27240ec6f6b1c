"""All terms of the lexicons in one pass over a text.

An Aho-Corasick automaton finds every spelling in the normalised text; each hit
is then checked where it stands: word boundaries and inflections in scripts with
spaces, whole clusters in scripts without, exclusions, capitals, gaps. Matches
carry exact offsets into the text as given.

Time is linear in the text and memory bounded: a spelling is kept at most
``MAX_PER_SPELLING`` times, and hits are taken block by block.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from ahocorasick_rs import AhoCorasick, MatchKind

from monitor.flagging.inflection import TAILS, forms
from monitor.flagging.lexicon import GAP, Lexicon, Term, load_lexicons
from monitor.text import Normalised, normalise, normalise_text, spaceless
from monitor.text.sentences import sentences

MAX_GAP = 60
"""Characters that "…" may stand for: objects like "6 activists of the party"
between "send" and "back"; longer ones were other clauses (design.md §5)."""
MAX_PER_SPELLING = 200
"""Far more than an article repeats a word, so that only floods are cut."""
BLOCK = 1 << 16

_BETWEEN_WORDS = "\t\n\r\x0b\x0c\x85\u2028\u2029-_/"
_SURROGATES = re.compile("[\ud800-\udfff]")

# Vowels that are written before their consonant: what follows belongs to them.
_OPENS_CLUSTER = frozenset("เแโใไເແໂໃໄ\u17d2\u1039")
# Vowel letters that continue a cluster without being combining marks.
_CONTINUES = frozenset("ะาำๅະາຳ")
_BURMESE_CODA = re.compile("[\u1000-\u1021][\u103a\u1039]")
_BURMESE_CLOSED = frozenset("\u1038\u103a\u1037")


class Passage:
    """A text in the forms that matching needs: normalised, folded, in sentences."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.normal: Normalised = normalise(source)
        self.folded = _folded(self.normal.text)

    @cached_property
    def starts(self) -> list[int]:
        """Where sentences start, in ``source``."""
        return [start for start, _ in sentences(self.source)] or [0]

    def sentence(self, position: int) -> int:
        """The number of the sentence (from 0) at a position of ``folded``."""
        return max(bisect_right(self.starts, self.normal.offsets[position]) - 1, 0)

    def sentence_span(self, number: int) -> tuple[int, int]:
        """Offsets into ``folded`` of sentence ``number``."""
        offsets, starts = self.normal.offsets, self.starts
        begin = bisect_left(offsets, starts[number]) if number else 0
        last = number + 1 >= len(starts)
        return begin, len(self.folded) if last else bisect_left(offsets, starts[number + 1])


@dataclass(frozen=True, slots=True)
class Hit:
    """A term found in a passage: offsets into ``Passage.folded``."""

    term: Term
    spelling: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What an entry of the automaton stands for. ``tail`` is the second part of
    a term with a gap; ``excludes`` marks a string in which hits do not count.
    ``suffixes`` is what may follow, ``capitals`` says whether those of the spelling
    must be capitals in the text."""

    term: Term
    spelling: str
    tail: str = ""
    excludes: bool = False
    suffixes: re.Pattern[str] | None = None
    capitals: bool = False


class Matcher:
    """The automaton over some lexicons. Immutable; safe to share."""

    def __init__(self, lexicons: Sequence[Lexicon]) -> None:
        by_text: dict[str, list[_Pattern]] = {}
        for lexicon in lexicons:
            for term in lexicon.terms:
                for text, pattern in _patterns(term):
                    entries = by_text.setdefault(text, [])
                    # The same word in two lexicons: the first (the text's own) has it.
                    if pattern.excludes or all(
                        known.excludes or known.tail != pattern.tail for known in entries
                    ):
                        entries.append(pattern)
        self._texts = list(by_text)
        self._entries = list(by_text.values())
        self._longest = max(map(len, self._texts), default=1)
        self._automaton = AhoCorasick(self._texts, matchkind=MatchKind.Standard)

    def find(self, passage: Passage) -> list[Hit]:
        """Hits in order of place; of hits within each other the longest."""
        text = passage.folded
        counts: dict[int, int] = defaultdict(int)
        hits: list[Hit] = []
        excluded: dict[int, list[tuple[int, int]]] = {}
        for begin in range(0, len(text), BLOCK):
            block = text[begin : begin + BLOCK + self._longest]
            for number, start, end in self._automaton.find_matches_as_indexes(
                block, overlapping=True
            ):
                if start >= BLOCK or counts[number] >= MAX_PER_SPELLING:
                    continue
                start, end = begin + start, begin + end
                for pattern in self._entries[number]:
                    if pattern.excludes:
                        counts[number] += 1
                        # "vergi iadesi" excludes "vergi iadesinden", too.
                        stop = _with_tail(text, end, pattern)
                        excluded.setdefault(id(pattern.term), []).append((start, stop))
                    elif hit := _verify(passage, pattern, start, end):
                        counts[number] += 1
                        hits.append(hit)
        kept = [hit for hit in hits if not _inside(hit, excluded.get(id(hit.term), ()))]
        return _longest_only(kept)


@cache
def matcher_for(language: str) -> Matcher:
    """The matcher for texts of a language: its own lexicon, English, and all
    lexicons of scripts that cannot be mistaken for either."""
    lexicons = load_lexicons()
    wanted = dict.fromkeys((language, "en"))
    own = [lexicons[code] for code in wanted if code in lexicons]
    others = [lexicon for lexicon in lexicons.values() if lexicon.script != "Latn"]
    return Matcher([*own, *(lexicon for lexicon in others if lexicon not in own)])


def find_terms(passage: Passage, language: str) -> list[Hit]:
    """Every term in ``passage``. ``language`` is ISO 639-1; unknown ones are
    read with English and the lexicons of other scripts."""
    known = language if language in load_lexicons() else "und"
    return matcher_for(known).find(passage)


def folded(text: str) -> str:
    """``text`` in the form of ``Passage.folded``."""
    return _folded(normalise_text(text))


def _folded(normal: str) -> str:
    for char in _BETWEEN_WORDS:
        normal = normal.replace(char, " ")
    return normal if normal.isascii() else _SURROGATES.sub("\ufffd", normal)


def _patterns(term: Term) -> list[tuple[str, _Pattern]]:
    found: dict[tuple[str, str], _Pattern] = {}
    suffixes = TAILS.get(term.inflect)
    for spelling in term.spellings:
        head, _, tail = spelling.partition(GAP)
        capitals = (term.case or _acronym(spelling)) and any(map(str.isupper, spelling))
        for form in forms(head.strip(), term.inflect):
            key = (folded(form).strip(), folded(tail).strip())
            pattern = _Pattern(term, spelling, key[1], suffixes=suffixes, capitals=capitals)
            found.setdefault(key, pattern)
    for text in term.exclusions:
        key = (folded(text).strip(), "not")
        found.setdefault(key, _Pattern(term, text, excludes=True, suffixes=suffixes))
    return [(key[0], pattern) for key, pattern in found.items()]


def _verify(passage: Passage, pattern: _Pattern, start: int, end: int) -> Hit | None:
    text = passage.folded
    if start and not begins(text, start):
        return None
    if pattern.tail:
        if not ends(text, end):
            return None
        second = text.find(pattern.tail, end, end + MAX_GAP + len(pattern.tail))
        if second < 0 or not begins(text, second):
            return None
        if passage.sentence(start) != passage.sentence(second):
            return None
        end = second + len(pattern.tail)
    end = _with_tail(text, end, pattern)
    if not ends(text, end):
        return None
    if pattern.capitals and not _capital(passage, pattern.spelling, start, end):
        return None
    return Hit(pattern.term, pattern.spelling, start, end)


def _with_tail(text: str, end: int, pattern: _Pattern) -> int:
    """The end of a hit with the suffixes that its language writes to the word."""
    if pattern.suffixes is None or spaceless(text[end - 1]):
        return end
    found = pattern.suffixes.match(text, end)
    return found.end() if found else end


def begins(text: str, start: int) -> bool:
    """Whether a word, or a whole cluster, can begin at ``start`` of a folded text."""
    before = text[start - 1] if start else " "
    if before == " ":
        return True
    if spaceless(text[start]):
        return before not in _OPENS_CLUSTER
    return not _word(before)


def ends(text: str, end: int) -> bool:
    """Whether a word, or a whole cluster, can end at ``end`` of a folded text."""
    if end >= len(text):
        return True
    last, after = text[end - 1], text[end]
    if after == " ":
        return True
    if not spaceless(last):
        return not _word(after)
    if after in _CONTINUES or unicodedata.category(after) in ("Mn", "Mc"):
        return False
    # A Burmese consonant with asat closes the syllable before it.
    return last in _BURMESE_CLOSED or _BURMESE_CODA.match(text, end) is None


def _word(char: str) -> bool:
    if char.isascii():
        return char.isalnum()
    return (char.isalnum() or unicodedata.combining(char) != 0) and not spaceless(char)


def _acronym(spelling: str) -> bool:
    """ "US", "AS" and "PATI" are words in small letters."""
    return spelling.isupper() and len(spelling) < 6


def _capital(passage: Passage, spelling: str, start: int, end: int) -> bool:
    """Whether the text has capitals where the spelling has: an acronym
    throughout, else at the first letter."""
    first, last = passage.normal.source_span(start, end)
    surface = passage.source[first:last]
    if _acronym(spelling):
        return surface[: len(spelling)].isupper()
    letters = [char for char in surface if char.isalpha()]
    if not spelling[0].isupper():
        return any(char.isupper() for char in letters)
    return bool(letters) and letters[0].isupper()


def _inside(hit: Hit, spans: Sequence[tuple[int, int]]) -> bool:
    if GAP in hit.spelling:
        return any(start <= hit.start < end for start, end in spans)
    return any(start <= hit.start and hit.end <= end for start, end in spans)


def _longest_only(hits: list[Hit]) -> list[Hit]:
    """Without hits inside longer ones. Places give way to places and
    organisations only: "North Korean" within "North Korean defector" still says
    which state. Gaps hide nothing."""
    # A stem with its suffix ("tutuklan-dı") gives way to the word itself.
    hits.sort(key=lambda hit: (hit.start, -hit.end, -len(hit.spelling)))
    kept: list[Hit] = []
    any_end = place_end = -1
    for hit in hits:
        place = hit.term.state is not None
        if hit.end <= (place_end if place else any_end):
            continue
        kept.append(hit)
        if GAP in hit.spelling:
            continue
        if not place:
            any_end = max(any_end, hit.end)
        if place or hit.term.concept == "org":
            place_end = max(place_end, hit.end)
    return kept
