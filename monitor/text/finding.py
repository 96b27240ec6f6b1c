"""Where in a text the words of a query stand, by offsets into the text as stored.

As the index sees it: clusters of scripts without spaces one by one, English
stems (from SQLite's own tokenizer), marks that may be left out. ``highlight()``
of FTS5 would give back the segmented text.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.text.clusters import APART, INVISIBLES, TAIL
from monitor.text.normalise import Normalised, Span, normalise, normalise_text
from monitor.text.query import Word, query_tokens
from monitor.text.scripts import HANGUL, SPACELESS, basic
from monitor.text.segment import is_marked, segment, without_marks
from monitor.text.zawgyi import zawgyi_lines

TOKENIZER = "porter unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'"
"""That of the search index (db/migrations.py)."""

# Texts beyond U+FFFF are not marked: the classes of the whole range are ten times slower.
_WORD = f"(?:(?![{basic(SPACELESS)}{HANGUL}])[^\\W_]|[\u0300-\u036f])+"
_WORDS = re.compile(_WORD)
_TOKEN = re.compile(f"{basic(APART)}|{_WORD}")
_BETWEEN = (
    "[\\s!-/:-@\\[-`{-~\u00a0-\u00bf\u2000-\u206f\u3000-\u3004\u3008-\u3020\u30fb\uff00-\uff0f]*"
)
"""What may stand between the tokens of a phrase."""
_EMPTY_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
"""No word reaches over an empty line: paragraphs can be normalised one by one."""
_NOT_BASE = re.compile(
    f"[\u17d2\u1039].|[{basic(TAIL)}\\s]|{INVISIBLES.pattern}"
    "|[\u0e30-\u0e33\u0e40-\u0e45\u0eb0-\u0eb3\u0ec0-\u0ec4]"
)
"""Signs, subscripts and the vowel letters of Thai and Lao: what is left of a text in a script
without spaces is the same in every typing order."""
_HAN = re.compile("[\u3400-\u9fff]")
_apart = re.compile(f"[{basic(SPACELESS)}{HANGUL}]").match
_MARKED_LATIN = re.compile("[\u00c0-\u024f\u1e00-\u1eff\u0300-\u036f]")


@dataclass(frozen=True, slots=True)
class Found:
    """A paragraph with words of the query: its span of the text and theirs, in order
    and without overlap. ``words`` is how many different ones."""

    start: int
    end: int
    places: tuple[Span, ...]
    words: int = 0


@dataclass(frozen=True, slots=True)
class _Phrase:
    """Words of a script with spaces, in a row. ``stems`` are theirs."""

    tokens: tuple[str, ...]
    stems: tuple[str, ...]
    prefix: bool


Token = tuple[str, int, int]
"""Its text and its span of the normalised text."""
Hit = tuple[int, int, object]
"""A span of the normalised text and what of the query stands there."""


class Finder:
    """Finds the words of a query in texts. For the thread that made it."""

    def __init__(self, words: Iterable[Word]) -> None:
        self._stems = _stems()
        self._by_beginning: dict[str, list[_Phrase]] = defaultdict(list)
        clusters: list[tuple[str, ...]] = []
        for tokens, prefix in sorted({(_tokens(word.text), word.prefix) for word in words}):
            if any(map(_apart, tokens)):
                clusters.append(tokens)
            elif tokens:
                phrase = _Phrase(tokens, tuple(map(self._stems.of, tokens)), prefix)
                self._by_beginning[_beginning(tokens[0])].append(phrase)
        clusters.sort(key=len, reverse=True)
        self._clusters = re.compile("|".join(map(_cluster_pattern, clusters)) or "(?!)")
        self._bases = {_bases("".join(tokens)) for tokens in clusters}
        beginnings = "|".join(sorted(map(re.escape, self._by_beginning)))
        self._beginnings = re.compile(f"(?<![a-z0-9])(?:{beginnings})" if beginnings else "(?!)")

    def paragraphs(self, text: str) -> Iterator[Found]:
        """The paragraphs of ``text`` in which a word of the query stands, in order."""
        sure = bool(zawgyi_lines(text))
        begin = 0
        for end, after in (*(gap.span() for gap in _EMPTY_LINES.finditer(text)), (len(text),) * 2):
            paragraph = text[begin:end]
            if sure or self._may_stand_in(paragraph):
                normal = normalise(paragraph)
                if hits := sorted(self._hits(normal.text), key=lambda hit: hit[:2]):
                    spans = tuple((begin + a, begin + b) for a, b in _in_source(hits, normal))
                    yield Found(begin, end, spans, len({hit[2] for hit in hits}))
            begin = after

    def _may_stand_in(self, paragraph: str) -> bool:
        """Without normalising, which takes milliseconds: False if surely not."""
        if self._by_beginning and (
            _MARKED_LATIN.search(paragraph) or self._beginnings.search(paragraph.lower())
        ):
            return True
        if not self._bases or paragraph.isascii():
            return False
        bases = _bases(paragraph)
        return any(base in bases for base in self._bases)

    def _hits(self, normal: str) -> Iterator[Hit]:
        for found in self._clusters.finditer(normal):
            yield found.start(), found.end(), _bases(found[0])
        if not self._by_beginning:
            return
        words = [(word[0], word.start(), word.end()) for word in _WORDS.finditer(normal)]
        for at, word in enumerate(words):
            for phrase in self._by_beginning.get(_beginning(word[0]), ()):
                if self._stands(phrase, words, at):
                    yield word[1], words[at + len(phrase.tokens) - 1][2], phrase

    def _stands(self, phrase: _Phrase, words: Sequence[Token], at: int) -> bool:
        last = len(phrase.tokens) - 1
        if at + last >= len(words):
            return False
        return all(
            self._same(words[at + n][0], token, stem, phrase.prefix and n == last)
            for n, (token, stem) in enumerate(zip(phrase.tokens, phrase.stems, strict=True))
        )

    def _same(self, word: str, wanted: str, stem: str, prefix: bool) -> bool:
        """Whether a word of a text is the query's, as the index compares them."""
        spellings = [word]
        if is_marked(word) and not is_marked(wanted):
            spellings.append(without_marks(word))
        return any(
            spelling == wanted
            or (prefix and spelling.startswith(wanted))
            or self._stems.of(spelling) == stem
            for spelling in spellings
        )


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(query_tokens(text)))


def _cluster_pattern(tokens: Sequence[str]) -> str:
    """Whole clusters in a row; a word of another script among them as it is."""
    return _BETWEEN.join(
        f"{re.escape(token)}(?![{basic(TAIL)}])"
        if _apart(token)
        else f"(?<![^\\W_]){re.escape(token)}(?![^\\W_])"
        for token in tokens
    )


@lru_cache(maxsize=4096)
def _beginning(token: str) -> str:
    """Two letters, which no stem loses, without their marks."""
    return token[:2] if token.isascii() else without_marks(token[:3])[:2]


def _bases(text: str) -> str:
    """The base letters of a text in a script without spaces; Chinese simplified."""
    bases = _NOT_BASE.sub("", text)
    return normalise_text(bases) if _HAN.search(bases) else bases.lower()


def _in_source(hits: Iterable[Hit], normal: Normalised) -> Iterator[Span]:
    """Spans of the source, overlapping ones joined."""
    joined: Span | None = None
    for start, end, _ in hits:
        first, last = normal.source_span(start, end)
        if joined and first <= joined[1]:
            joined = joined[0], max(joined[1], last)
            continue
        if joined:
            yield joined
        joined = first, last
    if joined:
        yield joined


class _Stems:
    """Stems of words by the index's own tokenizer, remembered. For one thread."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._connection.execute(f'CREATE VIRTUAL TABLE t USING fts5(word, tokenize="{TOKENIZER}")')
        self._connection.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, instance)")

    def of(self, word: str) -> str:
        """The stem of a token of a normalised text."""
        stem = self._known.get(word)
        if stem is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            stem = self._known[word] = self._ask(segment(word))
        return stem

    def _ask(self, word: str) -> str:
        self._connection.execute("DELETE FROM t")
        self._connection.execute("INSERT INTO t VALUES (?)", [word])
        stems = self._connection.execute("SELECT term FROM v ORDER BY offset").fetchall()
        return " ".join(stem for (stem,) in stems)


_REMEMBERED = 50_000
_thread = threading.local()


def _stems() -> _Stems:
    """This thread's: SQLite's connections stay in theirs."""
    if not hasattr(_thread, "stems"):
        _thread.stems = _Stems()
    stems: _Stems = _thread.stems
    return stems
