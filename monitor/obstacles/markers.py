"""What obstacles carry, from ``markers.toml``, ready to be looked for."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ahocorasick_rs import BytesAhoCorasick, Implementation

ObstacleKind = Literal[
    "bot_wall",
    "consent_wall",
    "paywall",
    "login",
    "not_found",
    "maintenance",
    "script_shell",
    "censored",
    "parked",
]

PRODUCTS: tuple[ObstacleKind, ...] = ("censored", "bot_wall", "consent_wall", "parked")
"""Kinds whose obstacles are known one by one, each with its maker."""
PHRASES: tuple[ObstacleKind, ...] = ("login", "not_found", "maintenance")
"""Kinds that say in their title what they are, in many languages."""

_MAX_TITLE = 100
"""Letters of a title that may say what the page is; the longest known one has 75."""

_BREAKS = ("|", " - ", " – ", " — ", " :: ", "»", "«", "‹", "›", "·", "•")
"""What parts the name of a site from the title of a page. No colon: headlines have one."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a marker stands for. ``product`` is its maker, empty where nobody in particular is."""

    kind: ObstacleKind
    product: str = ""


@dataclass(frozen=True)
class Markers:
    """The file, as it is looked things up in."""

    headers: Mapping[str, Mark]
    hosts: tuple[tuple[str, Mark], ...]
    titles: Mapping[str, Mark]
    fillers: tuple[str, ...]
    paywall_marks: frozenset[str]
    paywall_phrases: tuple[str, ...]
    login_paths: frozenset[str]
    login_hosts: tuple[str, ...]
    script_roots: tuple[str, ...]
    script_phrases: tuple[str, ...]
    consent_words: tuple[str, ...]
    sure: tuple[tuple[bytes, Mark], ...]
    unsure: tuple[tuple[bytes, Mark], ...]
    search_sure: BytesAhoCorasick = field(repr=False)

    def sure_in(self, lowered: bytes) -> Mark | None:
        """The first of the sure markers in a page's beginning, lower case."""
        found = self.search_sure.find_matches_as_indexes(lowered)
        return self.sure[found[0][0]][1] if found else None

    def unsure_in(self, lowered: bytes) -> Iterator[Mark]:
        return (mark for text, mark in self.unsure if text in lowered)

    def said(self, title: str) -> Mark | None:
        """What a title or heading says that the page is, alone or beside the site's name."""
        for part in (title, *_parts(title)):
            if len(part) <= _MAX_TITLE and (mark := self._titled(squeezed(part))):
                return mark
        return None

    def _titled(self, key: str) -> Mark | None:
        while key not in self.titles:
            rest = key
            for filler in self.fillers:
                rest = rest.removeprefix(filler).removesuffix(filler)
            if not rest:
                return Mark("not_found") if "404" in key else None
            if rest == key:
                return None
            key = rest
        return self.titles[key]

    def host(self, host: str) -> Mark | None:
        """Whose host it is, if nothing else than obstacles is there."""
        return next((mark for known, mark in self.hosts if _is_host(host, known)), None)

    def login_address(self, host: str, path: str) -> bool:
        return host.startswith(self.login_hosts) or not self.login_paths.isdisjoint(
            path.lower().split("/")
        )


def squeezed(text: str) -> str:
    """Letters, their marks and digits only, case folded: two spellings of a title become one.
    Turkish dotless i is i, since ``casefold`` knows no Turkish."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("ı", "i").replace("\u0307", "")
    return "".join(char for char in text if unicodedata.category(char)[0] in "LMN")


def _parts(title: str) -> Iterable[str]:
    parts = [title]
    for mark in _BREAKS:
        parts = [piece for part in parts for piece in part.split(mark)]
    return parts


def _is_host(host: str, known: str) -> bool:
    if known.endswith("."):
        return host.startswith(known)
    return host == known or host.endswith("." + known)


@cache
def known_markers() -> Markers:
    data = tomllib.loads(Path(__file__).with_name("markers.toml").read_text("utf-8"))
    products = [
        (Mark(kind, product["product"]), product) for kind in PRODUCTS for product in data[kind]
    ]
    sure, unsure = (
        tuple(
            (spelling, mark)
            for mark, product in products
            for text in product.get(strength, ())
            for spelling in _spellings(text)
        )
        for strength in ("sure", "unsure")
    )
    titles = {
        squeezed(title): mark for mark, product in products for title in product.get("titles", ())
    } | {squeezed(title): Mark(kind) for kind in PHRASES for title in _all(data[kind]["titles"])}
    return Markers(
        headers={name: mark for mark, product in products for name in product.get("headers", ())},
        hosts=tuple(
            (host, mark) for mark, product in products for host in product.get("hosts", ())
        ),
        titles=titles,
        fillers=tuple(map(squeezed, data["not_found"]["fillers"])),
        paywall_marks=frozenset(data["paywall"]["marks"]),
        paywall_phrases=_casefolded(data["paywall"]["phrases"]),
        login_paths=frozenset(data["login"]["paths"]),
        login_hosts=tuple(data["login"]["hosts"]),
        script_roots=tuple(data["script_shell"]["roots"]),
        script_phrases=_casefolded(data["script_shell"]["phrases"]),
        consent_words=_casefolded(data["consent"]["words"]),
        sure=sure,
        unsure=unsure,
        search_sure=BytesAhoCorasick([text for text, _ in sure], implementation=Implementation.DFA),
    )


def _all(by_language: Mapping[str, Any]) -> Iterator[str]:
    for texts in by_language.values():
        yield from texts


def _casefolded(by_language: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.casefold() for text in _all(by_language)))


def _spellings(text: str) -> set[bytes]:
    """As the text stands in bytes whose ASCII letters were made small; a first letter outside
    ASCII (Đ) keeps its case there."""
    return {spelling.encode() for spelling in (text.casefold(), text.casefold().capitalize())}
