"""Which characters belong to scripts that are written without spaces.

Ranges are code points of letters and dependent signs (Unicode 15.1 code
charts); digits, currency signs and punctuation of the same blocks are left
out, because they do separate words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

THAI = "\u0e01-\u0e3a\u0e40-\u0e4e"
LAO = "\u0e81-\u0ebd\u0ec0-\u0ece\u0edc-\u0edf"
KHMER = "\u1780-\u17d3\u17d7\u17dc\u17dd"
MYANMAR = (
    "\u1000-\u103f\u1050-\u108f\u109a-\u109d\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa76\uaa7a-\uaa7f"
)
TAI = "\u1950-\u19c9\u1a20-\u1a7c\uaa80-\uaadd"
"""Tai Le, New Tai Lue, Tai Tham, Tai Viet."""
HAN = (
    "\u2e80-\u2fd5\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufad9"
    "\U0001b170-\U0001b2fb\U00020000-\U0003ffff"
)
KANA = (
    "\u3031-\u3035\u3041-\u3098\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf"
    "\u31f0-\u31ff\uff66-\uff9d"
)
"""Hiragana, katakana (also half-width) and bopomofo."""
HANGUL = "\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb"

SPACELESS = THAI + LAO + KHMER + MYANMAR + TAI + HAN + KANA

_spaceless = re.compile(f"[{SPACELESS}]").match


@lru_cache(maxsize=1 << 12)
def spaceless(char: str) -> bool:
    """Whether ``char`` is a letter or sign of a script written without spaces.

    Thai, Lao, Khmer, Burmese, Tai scripts, Han, kana. Not Hangul: Korean
    separates its phrases by spaces. Not digits and punctuation.
    """
    return _spaceless(char) is not None


def character_class(code_points: Iterable[int]) -> str:
    """The inside of a regular expression's ``[...]`` for these code points."""
    ranges: list[list[int]] = []
    for code in sorted(code_points):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges)


_ASTRAL = re.compile(r"\\U000[1-9a-f][0-9a-f]{4}-\\U[0-9a-f]{8}|[\U00010000-\U0010ffff](?:-.)?")


def basic(inside: str) -> str:
    """A character class without what lies beyond U+FFFF: ``re`` looks such a class up in
    a table, but searches one that reaches further range by range."""
    return _ASTRAL.sub("", inside)


@lru_cache(maxsize=4)
def blocks(text: str) -> bytes:
    """The high byte of every UTF-16 unit: the block of 256 characters that it is from.

    Whether a text has any character of some blocks is asked of it at the speed of
    ``memchr``, many times faster than by a regular expression. Kept for a moment,
    because many ask about the same text.
    """
    return text.encode("utf-16-le", "surrogatepass")[1::2]


def blocks_of(inside: str) -> bytes:
    """The blocks (see ``blocks``) that the characters of a regular expression's
    ``[...]`` are from; it must have no escapes."""
    found: set[int] = set()
    for low, high in re.findall("(.)(?:-(.))?", inside):
        found.update(range(ord(low) >> 8, (ord(high or low) >> 8) + 1))
    surrogates = range(0xD8, 0xDC) if max(found) > 0xFF else ()
    return bytes({*surrogates, *(block for block in found if block <= 0xFF)})


def any_of(text: str, wanted: bytes) -> bool:
    """Whether a text has a character of the blocks ``wanted``."""
    found = blocks(text)
    return len(found.translate(None, wanted)) < len(found)


def is_basic(text: str) -> bool:
    """Whether a text has no character beyond U+FFFF."""
    return len(blocks(text)) == len(text)


def select(wanted: Callable[[str], bool]) -> Iterator[int]:
    """Code points beyond ASCII of which ``wanted`` holds.

    ``wanted`` must hold of a string when it holds of one of its characters:
    blocks of 64 are asked about first, which makes a sweep three times faster.
    """
    for planes in _ASSIGNED:
        for first in range(planes.start, planes.stop, 64):
            if wanted("".join(map(chr, range(first, first + 64)))):
                yield from filter(lambda code: wanted(chr(code)), range(first, first + 64))


def marks() -> Iterator[int]:
    """Code points of all combining marks."""
    return (code for planes in _ASSIGNED for code in planes if is_mark(chr(code)))


def is_mark(char: str) -> bool:
    """Whether ``char`` is a combining mark (spacing, non-spacing, enclosing)."""
    return unicodedata.category(char)[0] == "M"


_ASSIGNED = (
    range(0x80, 0x3400),
    range(0xA480, 0xAC00),
    range(0xF900, 0x12000),
    range(0x16A00, 0x17000),
    range(0x1BC00, 0x1BD00),
    range(0x1CF00, 0x1FC00),
    range(0x2F800, 0x2FA40),
    range(0xE0100, 0xE0200),
)
"""Where letters with case, compatibility forms and combining marks are: all
but Han, Yi and Hangul, private use, cuneiform and hieroglyphs."""
