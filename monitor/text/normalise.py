"""The form of a text in which words are compared and indexed.

Two spellings that a reader takes for the same word become the same string:
compatibility forms, case, invisible characters, digits of other scripts,
Traditional and Simplified Chinese, the typing order of signs in Khmer, Thai,
Lao and Burmese, the place of Vietnamese tone marks, spaces between letters of
scripts that have none, and Burmese in the Zawgyi encoding. Offsets map every
character back to the text as stored.

The work is a fixed list of passes, each linear in the text. With and without
offsets the same passes run, so that the two functions cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, compress
from operator import ne

from monitor.text.clusters import (
    BASIC_CLUSTER,
    BASIC_INVISIBLES,
    CLUSTER,
    DEPENDENT,
    INVISIBLE_BLOCKS,
    INVISIBLES,
    MARKED_ASCII,
    STACKERS,
    normal_cluster,
)
from monitor.text.scripts import (
    HAN,
    MYANMAR,
    SPACELESS,
    any_of,
    basic,
    blocks_of,
    character_class,
    is_basic,
)
from monitor.text.zawgyi import SYLLABLE, unicode_syllable, zawgyi_lines

NORMALISER_VERSION = 1
"""Grows with every change of a normal form: an index made with another version
must be rebuilt."""

Offsets = Sequence[int]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Normalised:
    """A normal form and where each of its characters came from.

    ``offsets`` has ``len(text) + 1`` entries: ``offsets[i]`` is the index in
    ``source`` of the character that produced ``text[i]``, and the last one is
    ``len(source)``. They never decrease.
    """

    text: str
    offsets: Offsets
    source: str

    def source_span(self, start: int, end: int) -> Span:
        """The span of ``source`` that ``text[start:end]`` stands for.

        Whole clusters: signs that depend on the first or last letter belong to
        it. Spaces and invisible characters behind the last letter do not.
        """
        if start >= end:
            return self.offsets[start], self.offsets[start]
        first, last = self.offsets[start], self.offsets[end - 1]
        stop = end
        while stop < len(self.text) and self.offsets[stop] <= last:
            stop += 1
        begin, finish = first, max(self.offsets[stop], last + 1)
        source = self.source
        while begin > 0 and (DEPENDENT.match(source, begin) or source[begin - 1] in STACKERS):
            begin -= 1
        while finish > first + 1 and _BLANK.match(source, finish - 1):
            finish -= 1
        while tail := DEPENDENT.match(source, finish):
            finish = tail.end()
        return begin, finish


def normalise(text: str) -> Normalised:
    """The normal form of ``text`` with its offsets. Never raises."""
    plain = _plain_marks(text)
    if plain.isascii():
        return Normalised(plain.lower(), range(len(text) + 1), text)
    state: tuple[str, Offsets] = (plain, range(len(text) + 1))
    for step in _passes():
        if step.blocks is None or any_of(state[0], step.blocks):
            state = step.tracked(*state)
    return Normalised(state[0], state[1], text)


def normalise_text(text: str) -> str:
    """``normalise(text).text``, faster."""
    text = _plain_marks(text)
    if text.isascii():
        return text.lower()
    for step in _passes():
        if step.blocks is None or any_of(text, step.blocks):
            text = step.plain(text)
    return text


_MARKS = {
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u2013": "-",
    "\u2014": "-",
    "\u00a0": " ",
}
"""What keeps most English texts from being ASCII. The passes do the same, slower."""


def _plain_marks(text: str) -> str:
    if not text.isascii():
        for mark, plain in _MARKS.items():
            text = text.replace(mark, plain)
    return text


@dataclass(frozen=True, slots=True)
class _Substitution:
    """A pass that replaces what a pattern finds, within the spans of ``where``.

    ``blocks``: those that all it looks for is from (``scripts.blocks``); a text without
    them is not shown to it. ``basic`` is the pattern for texts without characters beyond
    U+FFFF. Without ``where`` the patterns are one group each.
    """

    pattern: re.Pattern[str]
    replacement: Callable[[str], str]
    blocks: bytes | None = None
    where: Callable[[str], list[Span]] | None = None
    basic: re.Pattern[str] | None = None

    def _cut(self, text: str) -> list[str]:
        """The text in pieces: what stays and what was found, by turns."""
        if self.where is None:
            pattern = self.basic if self.basic is not None and is_basic(text) else self.pattern
            return pattern.split(text)
        pieces: list[str] = []
        done = 0
        for span in self.where(text):
            for found in self.pattern.finditer(text, *span):
                pieces += text[done : found.start()], found[0]
                done = found.end()
        return [*pieces, text[done:]]

    def plain(self, text: str) -> str:
        pieces = self._cut(text)
        pieces[1::2] = map(self.replacement, pieces[1::2])
        return "".join(pieces)

    def tracked(self, text: str, offsets: Offsets) -> tuple[str, Offsets]:
        pieces = self._cut(text)
        found = pieces[1::2]
        new = list(map(self.replacement, found))
        if new == found:
            return text, offsets
        lengths = list(map(len, pieces))
        pieces[1::2] = new
        return "".join(pieces), _moved(offsets, lengths, list(map(len, pieces)))


def _moved(offsets: Offsets, old: list[int], new: list[int]) -> Offsets:
    """The offsets of a text after its pieces, of lengths ``old``, got the lengths ``new``."""
    if old == new:
        return offsets
    offsets = list(offsets)
    places: list[int] = []
    done = 0
    pieces = zip(accumulate(old), old, new, strict=True)
    for end, before, after in compress(pieces, map(ne, old, new)):
        start = end - before
        places += offsets[done:start]
        if after:
            places += _spread(offsets[start:end], after)
        done = end
    places += offsets[done:]
    return places


def _spread(places: Offsets, length: int) -> list[int]:
    """``length`` places for a replacement of the characters at ``places``."""
    kept = list(places[:length])
    return kept + [places[-1]] * (length - len(kept))


@dataclass(frozen=True, slots=True)
class _Translation:
    """A pass that changes characters one for one: offsets stay."""

    change: Callable[[str], str]
    blocks: bytes | None = None

    def plain(self, text: str) -> str:
        return self.change(text)

    def tracked(self, text: str, offsets: Offsets) -> tuple[str, Offsets]:
        return self.change(text), offsets


def _lower(text: str) -> str:
    """Lower case one for one: İ is the only letter whose lower case is two."""
    return text.replace("\u0130", "i").lower()


_BLANK = re.compile(rf"\s|{INVISIBLES.pattern}")
# These patterns begin with the character looked for, not with what stands before it:
# the search then runs from one such character to the next.
_JOINED = basic(SPACELESS)
_SPACES = re.compile(rf"(\s(?<=[{SPACELESS}]\s)\s*+(?=[{SPACELESS}]))")
_BASIC_SPACES = re.compile(rf"(\s(?<=[{_JOINED}]\s)\s*+(?=[{_JOINED}]))")


def _join(spaces: str) -> str:
    """Nothing, unless an empty line parts two paragraphs."""
    return spaces if spaces.count("\n") > 1 else ""


_ZERO = re.compile(
    "(\u1040(?:(?<=[\u1000-\u103f\u1050-\u109f]\u1040)(?![\u1040-\u1049])"
    "|(?<![\u1040-\u1049]\u1040)(?=[\u1000-\u103f\u1050-\u109f])))"
)
"""One Burmese zero beside a letter is the look-alike letter wa, as typed on
old keyboards; in a number it is a zero."""

_TONES = dict(
    zip(
        ["oà", "oá", "oả", "oã", "oạ", "oè", "oé", "oẻ", "oẽ", "oẹ", "uỳ", "uý", "uỷ", "uỹ", "uỵ"],
        ["òa", "óa", "ỏa", "õa", "ọa", "òe", "óe", "ỏe", "õe", "ọe", "ùy", "úy", "ủy", "ũy", "ụy"],
        strict=True,
    )
)
_MARKED_VOWELS = "àáảãạèéẻẽẹỳýỷỹỵ"
_OPEN_SYLLABLE = re.compile(
    r"([ou](?:(?<=o)[àáảãạèéẻẽẹ]|(?<=u)(?<!qu)[ỳýỷỹỵ])(?![\w\u0300-\u036f]))"
)


def _if_any(chars: str) -> Callable[[str], list[Span]]:
    """The whole of a text that has one of these characters."""
    search = re.compile(f"[{chars}]").search
    return lambda text: [(0, len(text))] if search(text) else []


_COMBINING = "\u0300-\u036f"
_JAMO = "\u1100-\u11ff"
"""Conjoining jamo that compatibility folding has just made may compose."""


_HAN = re.compile(f"[{HAN}]")


@cache
def _simplified() -> dict[int, str]:
    """Traditional → Simplified, character by character, from OpenCC's t2s."""
    from opencc import OpenCC  # 20 ms to load: only when Chinese text appears

    codes = [*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *range(0x20000, 0x32000)]
    chars = [chr(code) for code in codes]
    converted = OpenCC("t2s").convert("\n".join(chars)).split("\n")
    table = {old: new for old, new in zip(chars, converted, strict=True) if new != old}
    table = {old: new for old, new in table.items() if len(new) == 1}
    # 'a' -> 'b' -> 'c' must not need two rounds
    return {ord(old): table.get(new, new) for old, new in table.items()}


@cache
def _traditional() -> re.Pattern[str]:
    """What the table changes, up to U+FFFF."""
    return re.compile(f"[{character_class(code for code in _simplified() if code < 0x10000)}]")


def _simplify(text: str) -> str:
    if not _HAN.search(text):
        return text
    table = _simplified()
    if not is_basic(text):
        return text.translate(table)
    return _traditional().sub(lambda found: table[ord(found[0])], text)


@cache
def _passes() -> tuple[_Substitution | _Translation, ...]:
    myanmar = blocks_of(MYANMAR)
    return (
        _Substitution(SYLLABLE, unicode_syllable, myanmar, where=zawgyi_lines),
        _Translation(_lower),
        _Substitution(INVISIBLES, lambda _: "", INVISIBLE_BLOCKS, basic=BASIC_INVISIBLES),
        _Substitution(_SPACES, _join, blocks_of(SPACELESS), basic=_BASIC_SPACES),
        _Substitution(_ZERO, lambda _: "\u101d", myanmar),
        _Substitution(
            MARKED_ASCII, normal_cluster, blocks_of(_COMBINING), where=_if_any(_COMBINING)
        ),
        _Substitution(CLUSTER, normal_cluster, basic=BASIC_CLUSTER),
        _Substitution(CLUSTER, normal_cluster, blocks_of(_JAMO), where=_if_any(_JAMO)),
        _Substitution(_OPEN_SYLLABLE, _TONES.__getitem__, blocks_of(_MARKED_VOWELS)),
        _Translation(_simplify, blocks_of(HAN)),
    )
