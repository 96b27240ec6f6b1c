"""From what a person types into a search box to an FTS5 MATCH expression.

Words must all occur, ``"quoted words"`` in a row, ``word*`` is a beginning;
``AND``, ``OR``, ``NOT`` in capitals and parentheses work as in FTS5, and so do
``NEAR(one two, 10)`` and ``one NEAR two``. When they make no sense they are left
out, and :attr:`Query.problems` says where and why. A word in a script without
spaces becomes the phrase of its clusters. A Latin word without marks also finds
its marked spellings (``truc`` finds *trục*); with marks, only itself.

The grammar: ``any = all ("OR" all)*``, ``all = near (["AND"] ["NOT"] near)*``,
``near = one ("NEAR" one)*``, ``one = word | phrase | "NEAR(" words ")" | "(" any ")"``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.text.clusters import INVISIBLES
from monitor.text.scripts import spaceless
from monitor.text.segment import segment

NOTHING = '""'
"""The expression that matches no document."""

MAX_TERMS = 64
"""Terms of a query that are used; more is a pasted text, and FTS5 refuses
expressions that nest deeper than 256 (fts5_expr.c, SQLITE_FTS5_MAX_EXPR_DEPTH)."""
NEAR_WORDS = 10
"""Words between the operands of NEAR unless the query says how many, as in FTS5."""
MAX_NEAR = 1000
CLUSTERS_A_WORD = 3
"""What counts as one word for NEAR in scripts that do not show where words end."""
_MAX_DEPTH = 20
_MAX_LENGTH = 4000
_SHORTEST_BEGINNING = 2
"""Letters before ``*``. One letter begins a tenth of all words: it says nothing and takes
seconds at a million articles."""

_PIECE = re.compile(r'"([^"]*)"(\*?)|([()])|((?:[^\s"()*]|\*(?=[^\s"()]))+)(\*?)|\S')
_QUOTES = str.maketrans(
    "\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02\uff08\uff09\u3000\uff0a", '"""""""() *'
)
_NEAR = re.compile(r"NEAR(?:/(\d{1,4}))?")
_DISTANCE = re.compile(r"[,，、]\s*([^,，、]*)$")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a query, in a sentence, and where: a span of the query.

    ``fatal``: the operators and parentheses make no sense; all other words must occur.
    """

    message: str
    start: int
    end: int
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """A word, a quoted phrase or a beginning. ``start`` and ``end``: its span of the query."""

    text: str
    start: int = 0
    end: int = 0
    phrase: bool = False
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """Words within ``distance`` words of each other, in any order."""

    words: tuple[Word, ...]
    distance: int = NEAR_WORDS


@dataclass(frozen=True, slots=True)
class All:
    """Every one of ``wanted`` and none of ``unwanted``."""

    wanted: tuple[Node, ...]
    unwanted: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of the operands."""

    operands: tuple[Node, ...]


Node = Word | Near | All | Either


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was understood. ``root`` is None when it has no word."""

    root: Node | None
    problems: tuple[Problem, ...] = ()

    @property
    def expression(self) -> str:
        return NOTHING if self.root is None else expression(self.root)


def search_query(query: str) -> str:
    """An expression for ``MATCH`` that finds what ``query`` asks for.

    Never a syntax error: a query without a word gives :data:`NOTHING`.
    """
    return parse_query(query).expression


def parse_query(query: str) -> Query:
    """What ``query`` asks for, and what in it makes no sense. Never raises."""
    problems: list[Problem] = []
    if len(query) > _MAX_LENGTH:
        problems.append(
            Problem(f"Only the first {_MAX_LENGTH:,} characters are read", _MAX_LENGTH, len(query))
        )
    pieces = _pieces(query[:_MAX_LENGTH], problems)
    if len(pieces) > 2 * MAX_TERMS:
        cut = pieces[2 * MAX_TERMS].start
        problems.append(Problem("This is too long: the words from here on are left out", cut, cut))
        pieces = pieces[: 2 * MAX_TERMS]
        while pieces and pieces[-1].operator:
            pieces.pop()
    try:
        root = _Parser(pieces).parse()
    except _Malformed as wrong:
        problems.append(wrong.problem)
        root = _all([p.word for p in pieces if p.kind == "words" and not p.operator])
    return Query(root, tuple(sorted(problems, key=lambda problem: problem.start)))


def expression(node: Node) -> str:
    """A node as an FTS5 expression; :data:`NOTHING` if no word has a letter or digit."""
    return _expression(node) or NOTHING


def wanted_words(node: Node | None) -> Iterator[Word]:
    """The words that an article was found by: all but those behind NOT."""
    match node:
        case Word():
            yield node
        case Near():
            yield from node.words
        case All():
            for operand in node.wanted:
                yield from wanted_words(operand)
        case Either():
            for operand in node.operands:
                yield from wanted_words(operand)


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: str
    """``words``, ``(`` or ``)``."""
    start: int
    end: int
    text: str = ""
    phrase: bool = False
    prefix: bool = False

    @property
    def word(self) -> Word:
        return Word(self.text, self.start, self.end, self.phrase, self.prefix)

    @property
    def operator(self) -> str | None:
        if self.phrase or self.prefix:
            return None
        return "NEAR" if _NEAR.fullmatch(self.text) else self.text if self.text in _AND_OR else None


_AND_OR = ("AND", "OR", "NOT")


class _Malformed(Exception):
    """The operators and parentheses do not make an expression."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.problem = Problem(message, start, end, fatal=True)


def _pieces(query: str, problems: list[Problem]) -> list[_Piece]:
    places = [at for at, char in enumerate(query) if not INVISIBLES.match(char)]
    places.append(len(query))
    visible = INVISIBLES.sub("", query).translate(_QUOTES)
    pieces = []
    for found in _PIECE.finditer(visible):
        phrase, phrase_star, parenthesis, word, word_star = found.groups()
        start, end = places[found.start()], places[found.end() - 1] + 1
        if parenthesis:
            pieces.append(_Piece(parenthesis, start, end))
            continue
        text = phrase if phrase is not None else word
        if text is None:
            problems.append(Problem(_stray(found[0]), start, end))
            continue
        prefix = bool(phrase_star or word_star)
        if "*" in text:
            problems.append(
                Problem("* stands behind a beginning: only the rest of a word is free", start, end)
            )
        if prefix and len(segment(text).strip()) < _SHORTEST_BEGINNING:
            problems.append(Problem("* needs at least two letters before it", start, end))
            prefix = False
        if not _has_token(text) and (phrase is not None or word not in (",", "，")):
            problems.append(Problem("There is no letter or number in this", start, end))
        pieces.append(_Piece("words", start, end, text, phrase is not None, prefix))
    return pieces


def _stray(char: str) -> str:
    if char == '"':
        return "This quotation mark has no partner: a phrase needs one at each end"
    return "* stands behind a beginning, without a space: deport*"


class _Parser:
    """Recursive descent over the pieces; an operand without a word is left out."""

    def __init__(self, pieces: list[_Piece]) -> None:
        self._pieces = pieces
        self._at = 0

    def parse(self) -> Node | None:
        if not self._pieces:
            return None
        root = self._any(0)
        if piece := self._peek():
            raise _Malformed("This closing parenthesis has no partner", piece.start, piece.end)
        return root

    def _peek(self) -> _Piece | None:
        return self._pieces[self._at] if self._at < len(self._pieces) else None

    def _take_operator(self, name: str) -> _Piece | None:
        piece = self._peek()
        if piece and piece.operator == name:
            self._at += 1
            return piece
        return None

    def _any(self, depth: int) -> Node | None:
        operands = [self._together(depth)]
        while self._take_operator("OR"):
            operands.append(self._together(depth))
        return _either([operand for operand in operands if operand])

    def _together(self, depth: int) -> Node | None:
        wanted: list[Node | None] = [self._near(depth)]
        unwanted: list[Node | None] = []
        while piece := self._peek():
            if piece.kind == ")" or piece.operator == "OR":
                break
            self._take_operator("AND")
            side = unwanted if self._take_operator("NOT") else wanted
            side.append(self._near(depth))
        return _all(wanted, unwanted)

    def _near(self, depth: int) -> Node | None:
        first = self._one(depth)
        words, distance = [first], None
        while not self._opens_near() and (operator := self._take_operator("NEAR")):
            words.append(self._one(depth))
            distance = _distance(operator.text.partition("/")[2], operator.start, operator.end)
            if not all(isinstance(word, Word) for word in (words[-2], words[-1])):
                raise _Malformed(
                    "NEAR takes words and phrases only, no parentheses",
                    operator.start,
                    operator.end,
                )
        if distance is None:
            return first
        return Near(tuple(word for word in words if isinstance(word, Word)), distance)

    def _one(self, depth: int) -> Node | None:
        piece = self._peek()
        before = self._pieces[self._at - 1] if self._at else None
        if piece is None or piece.kind == ")" or (piece.operator and not self._opens_near()):
            raise _missing(piece, before)
        if depth > _MAX_DEPTH:
            raise _Malformed("These parentheses are nested too deeply", piece.start, piece.end)
        self._at += 1
        if piece.operator:
            return self._near_list(piece)
        if piece.kind == "words":
            return piece.word
        inside = self._any(depth + 1)
        self._close(piece)
        return inside

    def _opens_near(self) -> bool:
        """Whether here stands ``NEAR(``, without a space."""
        here = self._pieces[self._at : self._at + 2]
        return (
            len(here) == 2
            and here[0].operator == "NEAR"
            and here[1].kind == "("
            and here[0].end == here[1].start
        )

    def _near_list(self, near: _Piece) -> Near:
        opening = self._pieces[self._at]
        self._at += 1
        inside: list[_Piece] = []
        while (piece := self._peek()) and piece.kind != ")":
            if piece.kind == "(" or piece.operator:
                raise _Malformed(
                    "NEAR( ) takes words and phrases only: NEAR(police refugees, 10)",
                    piece.start,
                    piece.end,
                )
            inside.append(piece)
            self._at += 1
        self._close(opening)
        words, distance = _with_distance(inside, near)
        if len(words) < 2:
            raise _Malformed(
                "NEAR( ) needs two words at least: NEAR(police refugees, 10)", near.start, near.end
            )
        return Near(tuple(words), distance)

    def _close(self, opening: _Piece) -> None:
        closing = self._peek()
        if closing is None or closing.kind != ")":
            raise _Malformed("This parenthesis is never closed", opening.start, opening.end)
        self._at += 1


def _with_distance(pieces: list[_Piece], near: _Piece) -> tuple[list[Word], int]:
    """The words of ``NEAR(one two, 10)`` and the number behind its comma."""
    words = [piece.word for piece in pieces]
    for back in (1, 2):  # "two,10" or "two," and "10"
        if len(words) < back or words[-back].phrase:
            continue
        tail = "".join(word.text for word in words[-back:])
        last = words[-back]
        comma = _DISTANCE.search(tail)
        if comma and comma[1]:
            kept = tail[: comma.start()]
            number = _distance(comma[1], words[-1].start, words[-1].end)
            left = [Word(kept, last.start, last.end)] if kept else []
            return [*words[:-back], *left], number
    return words, _distance(near.text.partition("/")[2], near.start, near.end)


def _distance(number: str, start: int, end: int) -> int:
    if not number:
        return NEAR_WORDS
    if not (number.isascii() and number.isdigit() and int(number) <= MAX_NEAR):
        raise _Malformed(
            f"How many words NEAR may span is a number up to {MAX_NEAR:,}: NEAR(police refugees, 10)",
            start,
            end,
        )
    return int(number)


def _missing(piece: _Piece | None, before: _Piece | None) -> _Malformed:
    """An operand is missing before ``piece``, or at the end."""
    if before and before.operator:
        name = before.operator
        return _Malformed(f"A word is missing behind {name}", before.start, before.end)
    if piece and piece.operator == "NOT":
        return _Malformed(
            "NOT takes away from what stands before it: write a word before it",
            piece.start,
            piece.end,
        )
    if piece and piece.operator:
        return _Malformed(f"A word is missing before {piece.operator}", piece.start, piece.end)
    if before and before.kind == "(":
        end = piece.end if piece else before.end
        return _Malformed("There is nothing in these parentheses", before.start, end)
    start, end = (piece.start, piece.end) if piece else (0, 0)
    return _Malformed("This closing parenthesis has no partner", start, end)


def _either(operands: list[Node]) -> Node | None:
    return operands[0] if len(operands) == 1 else Either(tuple(operands)) if operands else None


def _all(
    wanted: list[Node | None] | list[Word], unwanted: list[Node | None] | None = None
) -> Node | None:
    """The operands that have words; None if nothing is wanted."""
    present = tuple(node for node in wanted if node is not None and _expression(node))
    without = tuple(node for node in unwanted or () if node is not None and _expression(node))
    if not present:
        return None
    return present[0] if len(present) == 1 and not without else All(present[:MAX_TERMS], without)


def _expression(node: Node) -> str:
    match node:
        case Word():
            return _term(node)
        case Near():
            return _near(node)
        case All():
            wanted = _join(" AND ", [_expression(operand) for operand in node.wanted])
            unwanted = [text for operand in node.unwanted if (text := _expression(operand))]
            return _join(" NOT ", [wanted, *unwanted]) if wanted else ""
        case Either():
            return _join(" OR ", [_expression(operand) for operand in node.operands])


def _join(operator: str, operands: list[str]) -> str:
    present = [operand for operand in operands if operand]
    if len(present) < 2:
        return "".join(present)
    return f"({operator.join(present)})"


def _near(node: Near) -> str:
    words = [tokens for word in node.words if (tokens := query_tokens(word.text))]
    if len(words) < 2:
        return _join(" AND ", [_term(word) for word in node.words])
    stars = [" *" if word.prefix else "" for word in node.words if query_tokens(word.text)]
    # The distance counts tokens, and in some scripts a token is a cluster.
    scale = CLUSTERS_A_WORD if any(spaceless(tokens[0]) for tokens in words) else 1
    phrases = " ".join(f'"{tokens}"{star}' for tokens, star in zip(words, stars, strict=True))
    return f"NEAR({phrases}, {scale * node.distance})"


def query_tokens(text: str) -> str:
    """A word or phrase in the form of the ``seg`` column, or '' if it has no token."""
    words = segment(text).replace('"', " ")
    return " ".join(words.split()) if _has_token(words) else ""


def _term(word: Word) -> str:
    """One word or phrase as FTS5 strings, or ''.

    In both columns: ``fold`` has no marks, so a marked word is in ``seg`` alone; and
    FTS5 is a quarter faster when it need not ask for the column.
    """
    words = query_tokens(word.text)
    if not words:
        return ""
    if not word.prefix:
        return f'"{words}"'
    whole = "".join(f' OR "{completed}"' for completed in _completions(words))
    return f'("{words}" *{whole})' if whole else f'"{words}" *'


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


def _has_token(text: str) -> bool:
    return any(map(_is_token, text))


def _is_token(char: str) -> bool:
    """As the tokenizer's ``categories 'L* N* Co Mn Mc'``."""
    category = unicodedata.category(char)
    return category[0] in "LN" or category in ("Co", "Mn", "Mc")
