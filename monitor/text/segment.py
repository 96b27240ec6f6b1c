"""What the full-text index holds of a text: two columns of words.

``seg`` is the normal form, with every cluster of a script without spaces set
apart, so that a phrase of clusters finds any word of it. ``fold`` holds
Latin-script passages once more without their marks, so that ``truc xuat``
finds *trục xuất*. The tokenizer is in ``db/migrations.py``.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from importlib import resources

from monitor.text.clusters import APART
from monitor.text.normalise import normalise_text
from monitor.text.scripts import basic, is_basic

_APART, _BASIC_APART = re.compile(APART), re.compile(basic(APART))
_LATIN = "a-z\u00df-\u00f6\u00f8-\u024f\u1e00-\u1eff\u0300-\u036f"
_MARKED = re.compile(f"(?=[{_LATIN}])[^a-z]")
_CLAUSE = re.compile(r"[^\w\s'\u0300-\u036f-]+|\n")
_LATIN_WORD = re.compile(f"[{_LATIN}0-9]+")
_LETTERS = str.maketrans(
    {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "ŧ": "t"}
)
_COMBINING = re.compile("[\u0300-\u036f]+")
_SURROGATES = re.compile("[\ud800-\udfff\x00]")


def segment(text: str) -> str:
    """The ``seg`` column of a text, or the same form of a query's word.

    Lone surrogates and NUL, which SQLite refuses, become spaces.
    """
    normal = _confused().sub(r"\g<0>0", _storable(text))
    if normal.isascii():
        return normal
    return (_BASIC_APART if is_basic(normal) else _APART).sub(r" \g<0> ", normal)


def fold(text: str) -> str:
    """The ``fold`` column: clauses in Latin script that hold a marked letter,
    without marks. Whole clauses, so that phrases of marked and plain words are
    found; nothing of a text without marks."""
    if text.isascii():
        return ""
    normal = _storable(text)
    if not _MARKED.search(normal):
        return ""
    clauses = (clause for clause in _CLAUSE.split(normal) if _MARKED.search(clause))
    return "\n".join(without_marks(" ".join(_LATIN_WORD.findall(clause))) for clause in clauses)


@lru_cache(maxsize=4)
def _storable(text: str) -> str:
    """Kept for a moment: the two columns are asked for one after the other."""
    return _SURROGATES.sub(" ", normalise_text(text))


def without_marks(text: str) -> str:
    """Latin letters without their marks and strokes, in normalised text."""
    bare = _COMBINING.sub("", unicodedata.normalize("NFD", text.translate(_LETTERS)))
    return unicodedata.normalize("NFC", bare)


def is_marked(word: str) -> bool:
    """Whether a normalised word has a Latin letter with a mark or stroke."""
    return _MARKED.search(word) is not None


@cache
def _confused() -> re.Pattern[str]:
    """Words that the Porter stemmer takes for another word of our subject."""
    data = resources.files("monitor.text") / "stems.toml"
    words = tomllib.loads(data.read_text(encoding="utf-8"))["apart"]
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b")
