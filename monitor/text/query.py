"""From what a person types into a search box to an FTS5 MATCH expression.

Words must all occur, ``"quoted words"`` in a row, ``word*`` is a beginning;
``AND``, ``OR``, ``NOT`` in capitals and parentheses work as in FTS5 when they
make sense and are ordinary words when they do not. A word in a script without
spaces becomes the phrase of its clusters. A Latin word without marks also
finds its marked spellings (``truc`` finds *trục*); with marks, only itself.

The grammar: ``any = all ("OR" all)*``, ``all = one (["AND"] ["NOT"] one)*``,
``one = word | phrase | "(" any ")"``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from monitor.text.clusters import INVISIBLES
from monitor.text.segment import is_marked, segment

NOTHING = '""'
"""The expression that matches no document."""

MAX_TERMS = 64
"""Terms of a query that are used; more is a pasted text, and FTS5 refuses
expressions that nest deeper than 256 (fts5_expr.c, SQLITE_FTS5_MAX_EXPR_DEPTH)."""
_MAX_DEPTH = 20
_MAX_LENGTH = 4000

_PIECE = re.compile(r'"([^"]*)"(\*?)|([()])|((?:[^\s"()*]|\*(?=[^\s"()]))+)(\*?)|\S')
_QUOTES = str.maketrans(
    "\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02\uff08\uff09\u3000\uff0a", '"""""""() *'
)
_OPERATORS = ("AND", "OR", "NOT")


def search_query(query: str) -> str:
    """An expression for ``MATCH`` that finds what ``query`` asks for.

    Never a syntax error: a query without a word gives :data:`NOTHING`.
    """
    pieces = _pieces(query[:_MAX_LENGTH])
    try:
        return _Parser(pieces).parse()
    except _Malformed:
        return _all([_term(piece) for piece in pieces if piece.kind == "words"])


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: str
    """``words``, ``(`` or ``)``."""
    text: str = ""
    phrase: bool = False
    prefix: bool = False

    @property
    def operator(self) -> str | None:
        return self.text if self.text in _OPERATORS and not (self.phrase or self.prefix) else None


class _Malformed(Exception):
    """The operators and parentheses do not make an expression."""


def _pieces(query: str) -> list[_Piece]:
    query = INVISIBLES.sub("", query).translate(_QUOTES)
    pieces = []
    for found in _PIECE.finditer(query):
        phrase, phrase_star, parenthesis, word, word_star = found.groups()
        if phrase is not None:
            pieces.append(_Piece("words", phrase, phrase=True, prefix=bool(phrase_star)))
        elif parenthesis:
            pieces.append(_Piece(parenthesis))
        elif word:
            pieces.append(_Piece("words", word, prefix=bool(word_star)))
    return pieces[: 2 * MAX_TERMS]


class _Parser:
    """Recursive descent over the pieces; an operand without a word is left out."""

    def __init__(self, pieces: list[_Piece]) -> None:
        self._pieces = pieces
        self._at = 0

    def parse(self) -> str:
        expression = self._any(0)
        if self._at < len(self._pieces):
            raise _Malformed
        return expression or NOTHING

    def _peek(self) -> _Piece | None:
        return self._pieces[self._at] if self._at < len(self._pieces) else None

    def _take_operator(self, name: str) -> bool:
        piece = self._peek()
        if piece and piece.operator == name:
            self._at += 1
            return True
        return False

    def _any(self, depth: int) -> str:
        operands = [self._together(depth)]
        while self._take_operator("OR"):
            operands.append(self._together(depth))
        operands = [operand for operand in operands if operand]
        return operands[0] if len(operands) == 1 else _join(" OR ", operands)

    def _together(self, depth: int) -> str:
        wanted: list[str] = [self._one(depth)]
        unwanted: list[str] = []
        while piece := self._peek():
            if piece.kind == ")" or piece.operator == "OR":
                break
            self._take_operator("AND")
            side = unwanted if self._take_operator("NOT") else wanted
            side.append(self._one(depth))
        wanted = [operand for operand in wanted if operand]
        unwanted = [operand for operand in unwanted if operand]
        if not wanted:
            return ""
        expression = _all(wanted)
        return _join(" NOT ", [expression, *unwanted]) if unwanted else expression

    def _one(self, depth: int) -> str:
        piece = self._peek()
        if piece is None or piece.operator or piece.kind == ")" or depth > _MAX_DEPTH:
            raise _Malformed
        self._at += 1
        if piece.kind == "words":
            return _term(piece)
        inside = self._any(depth + 1)
        closing = self._peek()
        if closing is None or closing.kind != ")":
            raise _Malformed
        self._at += 1
        return inside


def _join(operator: str, operands: list[str]) -> str:
    return f"({operator.join(operands)})" if operands else ""


def _all(operands: list[str]) -> str:
    present = [operand for operand in operands if operand][:MAX_TERMS]
    if not present:
        return NOTHING
    return present[0] if len(present) == 1 else _join(" AND ", present)


def _term(piece: _Piece) -> str:
    """One word or phrase as an FTS5 string in the right columns, or ''."""
    words = segment(piece.text).replace('"', " ")
    if not any(_is_token(char) for char in words):
        return ""
    columns = "seg" if is_marked(words) else "{seg fold}"
    words = " ".join(words.split())
    if not piece.prefix:
        return f'{columns} : "{words}"'
    whole = "".join(f' OR "{word}"' for word in _completions(words))
    return f'{columns} : ("{words}" *{whole})' if whole else f'{columns} : "{words}" *'


_SUFFIXES = ("ation", "ations", "ing", "ion", "ions", "ed", "ment", "ments", "ity", "ive", "ies")


def _completions(beginning: str) -> list[str]:
    """Words that a beginning may be cut from inside of an English suffix.

    The index has stems: ``persecuti*`` would miss *persecution*, which is
    there as ``persecut``.
    """
    if len(beginning) < 5 or not (beginning.isascii() and beginning.isalpha()):
        return []
    words = {
        beginning + suffix[cut:]
        for suffix in _SUFFIXES
        for cut in range(1, len(suffix))
        if beginning.endswith(suffix[:cut])
    }
    return sorted(words)


def _is_token(char: str) -> bool:
    """As the tokenizer's ``categories 'L* N* Co Mn Mc'``."""
    category = unicodedata.category(char)
    return category[0] in "LN" or category in ("Co", "Mn", "Mc")
