"""Burmese in the Zawgyi font's encoding: finding it, and its Unicode text.

Until 2019 most Burmese on the web was Zawgyi, which uses Unicode's Myanmar
block in its own way: the same code points say something else. Google's
myanmartools tells the two apart; the table of code points is
``zawgyi.toml``.
"""

from __future__ import annotations

import re
import tomllib
import warnings
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from myanmartools import ZawgyiDetector

_PROBABLE = 0.95
"""The probability from which myanmartools' authors advise to convert."""

_SUSPECT = re.compile(
    "[\u1031\u1033\u1034\u1039\u103b\u105a\u1060-\u1097](?:"
    "(?<=[\u1033\u1034\u105a\u1060-\u1097])"
    "|(?<=\u1039)(?![\u1000-\u1021])"
    "|(?<=[\u1031\u103b])(?<![\u1000-\u103f\u200b].))"
)
"""What Zawgyi needs and Unicode Burmese hardly ever has: glyph variants, a
virama without a letter behind it, a vowel e or medial at the start of a word.
The detector costs 2 µs a character: text without any of these is not shown to it."""
_LINE = re.compile(r"[^\n]*[\u1000-\u109f][^\n]*")

SYLLABLE = re.compile(
    "([\u1031\u103b\u107e-\u1084]{0,3})"
    "([\u1000-\u102a\u103f\u1040-\u1049\u104e\u106a\u106b\u106e\u106f\u1086\u108f-\u1092\u1097])"
    "([\u102b-\u1030\u1032-\u103a\u103c\u103d\u105a\u1060-\u1069\u106c\u106d\u1070-\u107d"
    "\u1085\u1087-\u108e\u1093-\u1096]*)"
)

_KINZI = "\u1004\u103a\u1039"


def zawgyi_lines(text: str) -> list[tuple[int, int]]:
    """Spans of the lines of ``text`` that are in Zawgyi.

    Line by line, because pages quote posts in the other encoding.
    """
    if not _SUSPECT.search(text):
        return []
    return [
        line.span()
        for line in _LINE.finditer(text)
        if _SUSPECT.search(line[0]) and _detector().get_zawgyi_probability(line[0]) > _PROBABLE
    ]


def unicode_syllable(syllable: str) -> str:
    """Unicode for what :data:`SYLLABLE` found. The order of signs behind the
    letter is left to ``monitor.text.clusters``."""
    found = SYLLABLE.fullmatch(syllable)
    if found is None:
        return syllable
    before, letter, after = found.groups()
    table, kinzi = _table()
    lead = _KINZI if any(sign in kinzi for sign in after) else ""
    return lead + (letter + after + before).translate(table)


@cache
def _table() -> tuple[dict[int, str], frozenset[str]]:
    data = resources.files("monitor.text") / "zawgyi.toml"
    groups = tomllib.loads(data.read_text(encoding="utf-8"))
    table = {
        int(code, 16): "".join(chr(int(part, 16)) for part in unicode.split())
        for group in groups.values()
        for code, unicode in group.items()
    }
    return table, frozenset(chr(int(code, 16)) for code in groups["kinzi"])


@cache
def _detector() -> ZawgyiDetector:
    from myanmartools import ZawgyiDetector  # reads its model: only for Burmese text

    with warnings.catch_warnings():  # it opens its model in a way deprecated in Python 3.11
        warnings.simplefilter("ignore", DeprecationWarning)
        return ZawgyiDetector()
