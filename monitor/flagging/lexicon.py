"""Lexicon files: read, checked, and turned into typed terms.

A lexicon is one TOML file a language in ``monitor/lexicon``. People who know
the language edit it; ``docs/flagging.md`` shows how. A mistake in a file is an
error that names the file, the term and the field.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, get_args

from monitor.items import Concept
from monitor.text import NORMALISER_VERSION

DIRECTORY = Path(__file__).parent.parent / "lexicon"
RULE_VERSION = 1
"""Grows with every change of the code that judges; the data files are digested."""

GAP = "…"
"""In a term: up to ``MAX_GAP`` characters of the same sentence."""

CONCEPTS = (
    "return_action",
    "protected_person",
    "risk",
    "legal_principle",
    "enforcement",
    "averted",
    "negative_context",
    "org",
)
CUES = (
    "to_before",
    "to_after",
    "from_before",
    "from_after",
    "in_before",
    "in_after",
    "by_before",
    "by_after",
    "wanted_before",
    "wanted_after",
    "filler",
    "authority",
    "pending",
    "policy",
)

Inflection = Literal["exact", "noun", "verb", "affix", "clitic", "suffix"]
Strength = Literal["weak", "plain", "strong"]


class LexiconError(ValueError):
    """A lexicon file that cannot be used: which file, which term, which field."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase and what it stands for.

    ``text`` is the head word, ``spellings`` all forms as the file lists them
    (the head word first), ``exclusions`` longer strings in which a hit does not
    count, ``case`` whether capitals of the spelling must be capitals in the
    text. ``evidence`` is a page that uses it, or ``"dictionary"``; ``example`` a
    sentence of our own in which it must be found.
    """

    text: str
    concept: Concept
    language: str
    gloss: str
    evidence: str = "dictionary"
    spellings: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    inflect: Inflection = "exact"
    strength: Strength = "plain"
    case: bool = False
    note: str = ""
    example: str = ""

    @property
    def state(self) -> str | None:
        """ISO 3166 code of a place, None for every other concept."""
        return self.concept[6:] if self.concept.startswith("place:") else None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's terms and direction words (``cues``: kind → words)."""

    language: str
    name: str
    script: str
    terms: tuple[Term, ...]
    cues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@cache
def load_lexicons(directory: Path = DIRECTORY) -> Mapping[str, Lexicon]:
    """All lexicons by language, sorted. Raises :class:`LexiconError`."""
    lexicons = [read_lexicon(path) for path in sorted(directory.glob("*.toml"))]
    return {lexicon.language: lexicon for lexicon in lexicons}


WEIGHTS = Path(__file__).with_name("weights")


def lexicon_version(directory: Path = DIRECTORY) -> str:
    """A short digest of every file and rule that a verdict depends on."""
    return _digest([*_rule_files(directory), *sorted(WEIGHTS.rglob("*.t*"))])


def lexicon_digest(directory: Path = DIRECTORY) -> str:
    """The same without the fitted weights: what the fitting depends on beside the corpus."""
    return _digest(_rule_files(directory))


def _rule_files(directory: Path) -> list[Path]:
    here = Path(__file__).parent
    words = sorted((here / "story_words").glob("*.toml"))
    return [*sorted(directory.glob("*.toml")), here / "rule.toml", *words]


def _digest(paths: Iterable[Path]) -> str:
    digest = sha256(f"rule {RULE_VERSION} normaliser {NORMALISER_VERSION}".encode())
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:12]


def read_lexicon(path: Path) -> Lexicon:
    """One file. Raises :class:`LexiconError`."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LexiconError(f"{path.name}: not valid TOML: {error}") from error
    reader = _Reader(path.name)
    language = reader.text(data, "the file", "language")
    if language != path.stem:
        raise LexiconError(f"{path.name}: language is {language!r}, the file name says otherwise")
    default = reader.choice(data, "the file", "inflect", Inflection, "exact")
    terms = [reader.term(n, row, language, default) for n, row in reader.rows(data, "term")]
    # Names take the language's suffixes, but no voice prefixes and plurals.
    for_names: Inflection = "suffix" if default == "suffix" else "exact"
    places = [
        term
        for n, row in reader.rows(data, "place")
        for term in reader.place(n, row, language, for_names)
    ]
    reader.no_others(data, "the file", {"language", "name", "script", "inflect", "cues"})
    _no_duplicates(path.name, terms)
    return Lexicon(
        language,
        reader.text(data, "the file", "name"),
        reader.text(data, "the file", "script"),
        (*terms, *places),
        reader.cues(data),
    )


def _no_duplicates(file: str, terms: Iterable[Term]) -> None:
    seen: dict[str, str] = {}
    for term in terms:
        for spelling in term.spellings:
            if spelling in seen:
                raise LexiconError(
                    f"{file}: {spelling!r} stands under {seen[spelling]!r} and {term.text!r}"
                )
            seen[spelling] = term.text


@dataclass(frozen=True, slots=True)
class _Reader:
    """Takes one file's fields apart; errors name file, entry and field."""

    file: str

    def term(self, number: int, row: dict[str, Any], language: str, default: Inflection) -> Term:
        entry = f"term {number}"
        text = self.text(row, entry, "text")
        entry = f"term {number} ({text})"
        weak, strong = self.flag(row, entry, "weak"), self.flag(row, entry, "strong")
        if weak and strong:
            raise LexiconError(f"{self.file}: {entry}: weak and strong exclude each other")
        concept = self.text(row, entry, "concept")
        if concept not in CONCEPTS:
            raise LexiconError(
                f"{self.file}: {entry}: concept is {concept!r}, expected one of "
                + ", ".join(CONCEPTS)
            )
        term = Term(
            text,
            concept,
            language,
            self.text(row, entry, "gloss"),
            self.text(row, entry, "evidence"),
            (text, *self.texts(row, entry, "also")),
            self.texts(row, entry, "not"),
            self.choice(row, entry, "inflect", Inflection, default),
            "weak" if weak else "strong" if strong else "plain",
            self.flag(row, entry, "case"),
            self.text(row, entry, "note", ""),
            self.text(row, entry, "example", ""),
        )
        for spelling in term.spellings:
            parts = spelling.split(GAP)
            if len(parts) > 2 or not all(part.strip() for part in parts):
                raise LexiconError(
                    f"{self.file}: {entry}: {spelling!r} needs text on both sides of one {GAP}"
                )
        self.no_others(row, entry, set())
        return term

    def place(
        self, number: int, row: dict[str, Any], language: str, inflect: Inflection
    ) -> list[Term]:
        entry = f"place {number}"
        state = self.text(row, entry, "state")
        entry = f"place {number} ({state})"
        if not (len(state) == 2 and state.isascii() and state.isupper()):
            raise LexiconError(f"{self.file}: {entry}: state must be two capitals (ISO 3166)")
        exclusions = self.texts(row, entry, "not")
        terms = [
            Term(
                name,
                f"place:{state}",
                language,
                state,
                spellings=(name,),
                exclusions=exclusions,
                inflect=inflect,
                case=True,
            )
            for kind in ("names", "capitals", "people")
            for name in self.texts(row, entry, kind)
        ]
        self.no_others(row, entry, set())
        return terms

    def cues(self, data: dict[str, Any]) -> dict[str, tuple[str, ...]]:
        table = data.get("cues", {})
        if not isinstance(table, dict):
            raise LexiconError(f"{self.file}: cues must be a table")
        for kind in table:
            if kind not in CUES:
                raise LexiconError(f"{self.file}: cues: {kind!r} is none of {', '.join(CUES)}")
        return {kind: self.texts(table, "cues", kind) for kind in CUES}

    def rows(self, data: dict[str, Any], name: str) -> list[tuple[int, dict[str, Any]]]:
        rows = data.pop(name, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise LexiconError(f"{self.file}: {name} must be written as [[{name}]] entries")
        return list(enumerate(rows, start=1))

    def text(self, row: dict[str, Any], entry: str, name: str, default: str | None = None) -> str:
        value = row.get(name, default)
        if not isinstance(value, str) or (not value.strip() and default is None):
            raise LexiconError(f"{self.file}: {entry}: {name} must be a text, not {value!r}")
        return value.strip()

    def texts(self, row: dict[str, Any], entry: str, name: str) -> tuple[str, ...]:
        values = row.get(name, [])
        if not isinstance(values, list) or not all(
            isinstance(value, str) and value.strip() for value in values
        ):
            raise LexiconError(f"{self.file}: {entry}: {name} must be a list of texts")
        return tuple(values)

    def flag(self, row: dict[str, Any], entry: str, name: str) -> bool:
        value = row.get(name, False)
        if not isinstance(value, bool):
            raise LexiconError(f"{self.file}: {entry}: {name} must be true or false")
        return value

    def choice(
        self, row: dict[str, Any], entry: str, name: str, choices: Any, default: Inflection
    ) -> Inflection:
        value = row.get(name, default)
        if value not in get_args(choices):
            raise LexiconError(
                f"{self.file}: {entry}: {name} is {value!r}, expected one of "
                + ", ".join(get_args(choices))
            )
        chosen: Inflection = value
        return chosen

    def no_others(self, row: dict[str, Any], entry: str, known: set[str]) -> None:
        known = known or {
            *("text", "concept", "gloss", "evidence", "also", "not", "inflect", "weak"),
            *("strong", "case", "note", "example", "state", "names", "capitals", "people"),
        }
        for name in row:
            if name not in known:
                raise LexiconError(f"{self.file}: {entry}: there is no field {name!r}")
