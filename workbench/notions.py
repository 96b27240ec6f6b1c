"""A query's words → what they are called in the other languages (``notions.toml``).

The terms are those of the lexicons, with their inflections; names of states
come from the lexicons' places.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from monitor.flagging.inflection import forms
from monitor.flagging.lexicon import GAP, Inflection, Term, load_lexicons
from monitor.text.query import All, Either, Near, Node, Word, query_tokens
from monitor.text.scripts import spaceless
from monitor.text.segment import without_marks

_FILE = Path(__file__).with_name("notions.toml")
MAX_TERMS = 80
"""Terms that a query is widened by. Three notions have about as many."""
_LONGEST_KEY = 5
"""Words of the longest key."""
_SHORTEST_STEM = 5
"""Letters that a Turkish word must share with a term to be taken for a form of it."""
_SMALL_WORDS = {"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to"}


@dataclass(frozen=True, slots=True)
class Notion:
    """``terms``: language → terms; ``keys``: English words that ask for it besides them."""

    name: str
    terms: Mapping[str, tuple[str, ...]]
    keys: tuple[str, ...] = ()
    beyond: bool = False


@dataclass(frozen=True, slots=True)
class Alternative:
    """A term that a query is widened by, the languages it belongs to, what it says in English."""

    term: str
    languages: tuple[str, ...]
    notion: str


@dataclass(slots=True)
class Expansion:
    """A widened query. ``alternatives`` are searched, ``removed`` are those taken out again."""

    root: Node
    alternatives: list[Alternative] = field(default_factory=list)
    removed: list[Alternative] = field(default_factory=list)


@cache
def load_notions() -> tuple[Notion, ...]:
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["notion"]
    return tuple(
        Notion(
            row["name"],
            {code: tuple(terms) for code in load_lexicons() if (terms := row.get(code))},
            tuple(row.get("keys", ())),
            row.get("beyond", False),
        )
        for row in rows
    )


def expand(root: Node, without: Collection[str] = ()) -> Expansion:
    """``root`` with each word of a known notion widened to its terms in other languages,
    but for the terms in ``without``."""
    expansion = Expansion(root)
    expansion.root = _Widener(expansion, frozenset(without)).node(root)
    return expansion


class _Widener:
    def __init__(self, expansion: Expansion, without: frozenset[str]) -> None:
        self._expansion, self._without = expansion, without

    def node(self, node: Node) -> Node:
        match node:
            case Word():
                return self._widened(node, [node])
            case All():
                return self._all(node)
            case Either():
                return Either(tuple(map(self.node, node.operands)))
            case Near():
                return node

    def _all(self, node: All) -> Node:
        wanted = list(self._run(node.wanted))
        # "refugees in Cambodia": what says the same elsewhere has no "in".
        if any(isinstance(operand, Either) for operand in wanted):
            wanted = [operand for operand in wanted if not _is_small(operand)]
        unwanted = tuple(map(self.node, node.unwanted))
        return wanted[0] if len(wanted) == 1 and not unwanted else All(tuple(wanted), unwanted)

    def _run(self, operands: tuple[Node, ...]) -> Iterator[Node]:
        """Neighbouring words are one notion where they are a key: *push back*."""
        at = 0
        while at < len(operands):
            words: list[Word] = []
            for operand in operands[at : at + _LONGEST_KEY]:
                if not isinstance(operand, Word):
                    break
                words.append(operand)
            while len(words) > 1 and not _notions_of(words):
                words.pop()
            if words:
                yield self._widened(words[0] if len(words) == 1 else All(tuple(words)), words)
            else:
                yield self.node(operands[at])
            at += max(len(words), 1)

    def _widened(self, node: Node, words: list[Word]) -> Node:
        typed = " ".join(query_tokens(word.text) for word in words)
        found = _notions_of(words)
        own = {language for _, languages in found for language in languages}
        extra: list[Node] = []
        known = {alternative.term for alternative in self._expansion.alternatives}
        for alternative in _alternatives([notion for notion, _ in found], own):
            if query_tokens(alternative.term) == typed:
                continue
            if alternative.term in self._without:
                if alternative not in self._expansion.removed:
                    self._expansion.removed.append(alternative)
            elif alternative.term in known or len(known) < MAX_TERMS:
                if alternative.term not in known:
                    self._expansion.alternatives.append(alternative)
                    known.add(alternative.term)
                extra.append(_node(alternative))
        return Either((node, *extra)) if extra else node


def _is_small(node: Node) -> bool:
    return isinstance(node, Word) and not node.phrase and node.text.lower() in _SMALL_WORDS


def _alternatives(notions: Iterable[Notion], own: Collection[str]) -> Iterator[Alternative]:
    """The terms of other languages than ``own``; a word that two languages share comes once."""
    languages: dict[str, list[str]] = defaultdict(list)
    names: dict[str, str] = {}
    shared: set[str] = set()
    for notion in notions:
        for code, terms in notion.terms.items():
            for term in terms:
                if code in own:
                    shared.add(term)
                elif code not in languages[term]:
                    languages[term].append(code)
                    names.setdefault(term, notion.name)
    for term, codes in languages.items():
        if codes and term not in shared:
            yield Alternative(term, tuple(codes), names[term])


def _node(alternative: Alternative) -> Node:
    """A term with the inflections of its language, as a piece of a query."""
    head, gap, tail = alternative.term.partition(GAP)
    if gap:
        return Near((Word(head.strip(), phrase=True), Word(tail.strip(), phrase=True)))
    inflections = {_inflection(code, alternative.term) for code in alternative.languages}
    if "suffix" in inflections:
        return Word(alternative.term, phrase=True, prefix=True)
    if "affix" in inflections:
        spellings = dict.fromkeys(forms(alternative.term, "affix"))
        return Either(tuple(Word(spelling, phrase=True) for spelling in spellings))
    return Word(alternative.term, phrase=True)


@cache
def _inflections(language: str) -> dict[str, Inflection]:
    lexicon = load_lexicons()[language]
    return {spelling: term.inflect for term in lexicon.terms for spelling in term.spellings}


def _inflection(language: str, term: str) -> Inflection:
    """How a term is inflected; one that is in no lexicon takes suffixes only."""
    own: Inflection = "suffix" if language == "tr" else "exact"
    return _inflections(language).get(term, own)


Asked = tuple[Notion, frozenset[str]]
"""A notion and the languages in which it was asked for."""


def _notions_of(words: list[Word]) -> list[Asked]:
    """The notions that a word, or a run of words, asks for."""
    key = " ".join(query_tokens(word.text) for word in words)
    by_key, stems = load_keys()
    asked: dict[str, tuple[Notion, set[str]]] = {}
    entries = list(by_key.get(key, ()))
    if not entries:  # a Turkish word with its suffixes
        for length in range(len(key) - 1, _SHORTEST_STEM - 1, -1):
            entries = list(stems.get(key[:length], ()))
            if entries:
                break
    for notion, language in entries:
        asked.setdefault(notion.name, (notion, set()))[1].add(language)
    return [(notion, frozenset(languages)) for notion, languages in asked.values()]


Entries = dict[str, list[tuple[Notion, str]]]


@cache
def load_keys() -> tuple[Entries, Entries]:
    """What asks for a notion: whole words, and stems that take suffixes."""
    by_key: Entries = defaultdict(list)
    stems: Entries = defaultdict(list)
    for notion in (*load_notions(), *_states()):
        for language, spelling, suffixed in _keys(notion):
            key = query_tokens(spelling)
            if key and (notion, language) not in by_key[key]:
                by_key[key].append((notion, language))
                if suffixed:
                    stems[key].append((notion, language))
    return dict(by_key), dict(stems)


def _keys(notion: Notion) -> Iterator[tuple[str, str, bool]]:
    """Language, spelling, and whether suffixes may follow."""
    for key in (notion.name, *notion.keys):
        for inflect in ("noun", "verb"):
            yield from (("en", form, False) for form in forms(key, inflect))
    for language, terms in notion.terms.items():
        for term in terms:
            if GAP in term:
                continue
            inflect = _inflection(language, term)
            for form in forms(term, inflect):
                yield language, form, inflect == "suffix"
                if language == "vi" and " " in term:
                    yield language, without_marks(form.casefold()), False


@cache
def _states() -> tuple[Notion, ...]:
    """One notion a state. Only its first name in each language asks for it and is searched:
    the others may be those of cities and provinces."""
    names: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for language, lexicon in load_lexicons().items():
        for term in lexicon.terms:
            if term.state is not None and not _is_code(term):
                names[term.state].setdefault(language, (term.text,))
    return tuple(Notion(terms["en"][0], terms) for terms in names.values() if "en" in terms)


def _is_code(term: Term) -> bool:
    """Abbreviations are words in small letters (US, AS); single letters of a script hide in
    every other word."""
    shortest = 2 if spaceless(term.text[0]) else 4
    return (term.text.isupper() and len(term.text) < 6) or len(term.text) < shortest
