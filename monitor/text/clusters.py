"""The normal form of one grapheme cluster, in every script that we read.

A cluster is a letter with all signs that depend on it, in whatever order they
were typed. Equal-looking clusters get equal forms. The rules are steps 1–3 and
5–8 of the project's normalisation: compatibility and case folding, invisible
characters, digits, and the order of signs in Khmer, Thai, Lao and Burmese
(the Unicode Standard's chapter 16, "Southeast Asia"; Unicode Technical Note 11
for Burmese). The form is for comparing and indexing, never for display.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from monitor.text.scripts import (
    HANGUL,
    KHMER,
    MYANMAR,
    SPACELESS,
    basic,
    blocks_of,
    character_class,
    is_mark,
    marks,
    select,
)

_INVISIBLE = (
    "\u00ad\u034f\u061c\u0640\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069"
    "\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef"
)
"""Soft hyphen, joiners, zero-width spaces, direction controls, variation
selectors, the inherent Khmer vowels and the Arabic tatweel: they change how a
word looks (or nothing), not what it says."""
INVISIBLES = re.compile(f"([{_INVISIBLE}]+)")
BASIC_INVISIBLES = re.compile(f"([{basic(_INVISIBLE)}]+)")
INVISIBLE_BLOCKS = blocks_of(_INVISIBLE)

_LONGEST_CLUSTER = 32
"""Signs beyond this are noise ("zalgo"); UAX #15 calls 30 the limit of a
stream-safe text. It also keeps canonical reordering, quadratic in the number
of signs, bounded."""

_SAME = str.maketrans(
    {
        **dict.fromkeys(
            "\u2018\u2019\u201a\u201b\u2032\u2035\u02b9\u02bb\u02bc\u02bd\u02c8\u00b4", "'"
        ),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\u301d\u301e\u301f", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u02d7\ufe58\ufe63", "-"),
        "\u0451": "\u0435",  # ё is optional in Russian print
        "\u0131": "i",  # capital I is ı in Turkish and i elsewhere: they must meet
        **dict.fromkeys("\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0670", ""),  # harakat
        "\u06cc": "\u064a",  # Persian yeh and kaf, as Arabic
        "\u06a9": "\u0643",
        "\u17a3": "\u17a2",  # deprecated Khmer vowels
        "\u17a4": "\u17a2\u17b6",
    }
)


def _needs_folding(chars: str) -> bool:
    return (
        chars.casefold() != chars
        or not unicodedata.is_normalized("NFKC", chars)
        or chars.translate(_SAME) != chars
        or any(map(str.isdecimal, chars))
    )


STACKERS = "\u17d2\u1039"
"""Khmer coeng and Burmese virama: the letter behind them is a subscript."""
_SIGNS_ALONE = (
    character_class(code for code in marks() if chr(code) not in STACKERS)
    + "\u0e33\u0eb3"  # Thai and Lao AM: a sign and a vowel in one
    + "\u1160-\u11ff\ud7b0-\ud7fb\uff9e\uff9f\uffc2-\uffdc"  # jamo, half-width sound marks
    + _INVISIBLE
)
TAIL = _SIGNS_ALONE + STACKERS
_INSIDE = f"[{_INVISIBLE}]*"
_KHMER_LETTER = "[\u1780-\u17b3]"
_MYANMAR_LETTER = "[\u1000-\u1021\u1023-\u102a\u103f\u1050-\u1055\u105a-\u105d\u1061\u1065\u1066\u106e-\u1070\u1075-\u1081\u108e]"

_SETTLED_THAI = "[\u0e31\u0e34-\u0e3a\u0e47-\u0e4c\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecc\u0ece]"
_SETTLED_KHMER = "[\u17b6-\u17d1]"
_SETTLED_MYANMAR = "[\u102b-\u1032\u1036-\u1038\u103d\u103e]"
"""A letter with one of these and nothing else is in its normal form: most clusters."""

_FOLDED = character_class(select(_needs_folding))


def _clusters(tail: str, folded: str) -> re.Pattern[str]:
    folds = f"(?<=[{folded}{tail}])"
    return re.compile(
        "([^\x00-\x7f]"
        # Most characters are plain letters: one look instead of one for each branch.
        f"(?:(?=[{tail}\u17d2\u1039\u0e40\u0ec0])|{folds})(?:"
        f"(?<={_KHMER_LETTER})(?!{_SETTLED_KHMER}(?![{tail}\u17d2]))"
        f"(?:\u17d2{_INSIDE}{_KHMER_LETTER}|[{tail}])+"
        f"|(?<={_MYANMAR_LETTER[:-1]}\u1040-\u1049])(?!{_SETTLED_MYANMAR}(?![{tail}\u1039]))"
        f"(?:\u1039{_INSIDE}{_MYANMAR_LETTER}|[{tail}])+"
        f"|(?<=[\u0e01-\u0e2e\u0e81-\u0eae])(?!{_SETTLED_THAI}(?![{tail}\u0e32\u0eb2]))"
        f"[{tail}]+[\u0e32\u0eb2]?"
        f"|(?:(?<=\u0e40){_INSIDE}\u0e40|(?<=\u0ec0){_INSIDE}\u0ec0)[{tail}]*"
        f"|{folds}[{tail}]*"
        f"|[{tail}]+))"
    )


CLUSTER = _clusters(TAIL, _FOLDED)
"""Every cluster beyond ASCII that may differ from its normal form, given
lower-case input. One set comes first so that ``re`` skips ASCII at C speed."""
BASIC_CLUSTER = _clusters(basic(TAIL), basic(_FOLDED))
"""The same for texts without characters beyond U+FFFF, several times faster."""
MARKED_ASCII = re.compile(f"[!-~][{TAIL}]+")
"""An ASCII letter with combining marks (decomposed text)."""

DEPENDENT = re.compile(
    f"{_INSIDE}(?:\u17d2{_INSIDE}{_KHMER_LETTER}|\u1039{_INSIDE}{_MYANMAR_LETTER}"
    # The set without what is beyond U+FFFF is looked up in a table, the other is searched.
    f"|(?![{_INVISIBLE}])(?:[{basic(TAIL)}]|(?=[\U00010000-\U0010ffff])[{TAIL}]))"
)
"""The next sign or subscript that belongs to the cluster before it."""
APART = f"[{SPACELESS}{HANGUL}][{_SIGNS_ALONE}]*+(?:[{STACKERS}][{KHMER}{MYANMAR}]?+[{_SIGNS_ALONE}]*+)*+"
"""A cluster of a script that is indexed, weighed and compared cluster by cluster."""

_CACHE_ENTRIES = 50_000
"""Real text has a few thousand distinct clusters; past this it is noise."""


class _NormalForms(dict[str, str]):
    """Clusters that were met, with their normal forms."""

    def __missing__(self, cluster: str) -> str:
        normal = _normal(cluster)
        if len(cluster) <= _LONGEST_CLUSTER:
            if len(self) >= _CACHE_ENTRIES:
                self.clear()
            self[cluster] = normal
        return normal


normal_cluster: Callable[[str], str] = _NormalForms().__getitem__
"""The normal form of one cluster. May be empty or several characters."""


def _normal(cluster: str) -> str:
    text = INVISIBLES.sub("", cluster)[:_LONGEST_CLUSTER]
    for _ in range(4):  # casefolding can need NFKC again and the reverse; 2 rounds in practice
        before, text = text, _ordered(_folded(text))
        if text == before:
            break
    return text


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFKC", text.translate(_SAME)).casefold()
    if "\u0307" in text:
        text = text.replace("i\u0307", "i")  # İ casefolds to i + dot above
    text = INVISIBLES.sub("", text.translate(_SAME))
    if len(text) > 1 and text[0] == "\u1040" and is_mark(text[1]):
        text = "\u101d" + text[1:]  # Burmese zero typed for the letter wa
    text = "".join(_ascii_digit(char) for char in text)
    return unicodedata.normalize("NFC", text)


def _ascii_digit(char: str) -> str:
    value = unicodedata.decimal(char, None) if char > "\x7f" else None
    return char if value is None else str(value)


def _ordered(text: str) -> str:
    if len(text) < 2:
        return text
    base = text[0]
    if "\u0e01" <= base <= "\u0e4e":
        return _thai(text)
    if "\u0e81" <= base <= "\u0ece":
        return _lao(text)
    if "\u1780" <= base <= "\u17b3":
        return _khmer(text)
    if "\u1000" <= base <= "\u109f":
        return _burmese(text)
    return text


def _thai(text: str) -> str:
    """Vowel, tone, silencer; nikhahit + aa is sara am behind the tone."""
    text = text.replace("\u0e40\u0e40", "\u0e41")
    return _with_am(text, "\u0e4d", "\u0e32", "\u0e33", _THAI_RANK)


def _lao(text: str) -> str:
    """As Thai; niggahita alone is the vowel o and stands before the tone."""
    text = text.replace("\u0ec0\u0ec0", "\u0ec1")
    return _with_am(text, "\u0ecd", "\u0eb2", "\u0eb3", _LAO_RANK)


def _with_am(text: str, ring: str, aa: str, am: str, rank: dict[str, int]) -> str:
    tail = ""
    if text.endswith(aa):
        text, tail = text[:-1], aa
        if ring in text:
            text, tail = text.replace(ring, ""), am
    letters = text.rstrip(_SIGNS[ring])
    return letters + _by_rank(text[len(letters) :], rank) + tail


_THAI_RANK = {
    **dict.fromkeys("\u0e31\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39\u0e3a\u0e47", 1),
    **dict.fromkeys("\u0e48\u0e49\u0e4a\u0e4b", 2),
    **dict.fromkeys("\u0e4c\u0e4d\u0e4e", 3),
}
_LAO_RANK = {
    **dict.fromkeys("\u0eba\u0ebc", 0),
    **dict.fromkeys("\u0eb1\u0eb4\u0eb5\u0eb6\u0eb7\u0eb8\u0eb9\u0ebb\u0ecd", 1),
    **dict.fromkeys("\u0ec8\u0ec9\u0eca\u0ecb", 2),
    **dict.fromkeys("\u0ecc\u0ece", 3),
}
_SIGNS = {"\u0e4d": "".join(_THAI_RANK), "\u0ecd": "".join(_LAO_RANK)}


def _by_rank(signs: str, rank: dict[str, int]) -> str:
    """The signs in order of rank, each once: a second copy is drawn over the
    first and cannot be seen."""
    once = dict.fromkeys(signs)
    return "".join(sorted(once, key=lambda sign: rank.get(sign, 4)))


_COENG = "\u17d2"
_COENG_RO = "\u17d2\u179a"
_KHMER_PART = re.compile(f"\u17d2{_KHMER_LETTER}|.", re.DOTALL)


def _khmer(text: str) -> str:
    """Letter, robat, subscripts (ro last), register shifter, vowels, signs."""
    text = text.replace("\u17d2\u178a", "\u17d2\u178f")  # subscript da and ta look alike
    parts = dict.fromkeys(_KHMER_PART.findall(text[1:]))
    marks = "".join(sorted(parts, key=_khmer_rank))
    marks = marks.replace("\u17c1\u17b8", "\u17be").replace("\u17c1\u17b6", "\u17c4")
    return text[0] + marks


def _khmer_rank(part: str) -> int:
    if part == _COENG_RO:
        return 2
    if part[0] == _COENG:
        return 1
    if part in "\u17c9\u17ca":
        return 3
    if part == "\u17c1":
        return 4  # first of a split vowel
    if "\u17b6" <= part <= "\u17c5":
        return 5
    return 0 if part == "\u17cc" else 6


_BURMESE_PART = re.compile(f"\u103a\u1039{_MYANMAR_LETTER}|\u1039{_MYANMAR_LETTER}|.", re.DOTALL)
_BURMESE_ORDER = "\u103b\u103c\u103d\u103e\u1031\u102d\u102e\u1032\u102f\u1030\u102b\u102c\u1036\u1037\u103a\u1038"


def _burmese(text: str) -> str:
    """Letter, stacked letter, medials, vowels, signs (UTN #11)."""
    base = text[0]
    parts = dict.fromkeys(_BURMESE_PART.findall(text[1:]))
    if base == "\u1025" and "\u103a" in parts:
        base = "\u1009"
    if base == "\u101e" and "\u103c" in parts:
        base = "\u1029"  # သြ is typed for ဩ
        del parts["\u103c"]
    if base == "\u1005" and "\u103b" in parts:
        base = "\u1008"  # စျ for ဈ
        del parts["\u103b"]
    if base == "\u102a":
        base, parts = "\u1029", {"\u1031": None, "\u102c": None, "\u103a": None} | parts
    return unicodedata.normalize("NFC", base + "".join(sorted(parts, key=_burmese_rank)))


def _burmese_rank(part: str) -> int:
    if len(part) > 1:
        return -1
    place = _BURMESE_ORDER.find(part)
    return place if place >= 0 else len(_BURMESE_ORDER)
