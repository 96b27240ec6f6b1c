"""The forms that a spelling takes in running text.

Two ways: English nouns and verbs and Indonesian and Malay stems are written
out (``forms``), Turkish suffixes and Malay clitics are read at the hit
(``TAILS``), because they stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from monitor.flagging.lexicon import Inflection

TAILS: dict[Inflection, re.Pattern[str]] = {
    # One or more suffixes, written together or behind an apostrophe (Türkiye'ye).
    # 16 letters hold the longest verb endings met (-lmesinden korktuğu is two words).
    "suffix": re.compile(r"[^\W\d_]{0,16}(?:'[^\W\d_]{1,10})?"),
    "clitic": re.compile(r"(?:nya|lah|kah|pun|ku|mu)?(?:lah|kah|pun)?"),
    "affix": re.compile(r"(?:nya|lah|kah|pun|ku|mu)?(?:lah|kah|pun)?"),
}
"""What may follow a hit before the word must end, on normalised text."""

_VOWELS = "aeiou"


def forms(spelling: str, inflect: Inflection) -> list[str]:
    """``spelling`` and, for ``noun``, ``verb`` and ``affix``, its other forms."""
    if inflect == "noun":
        return [spelling, _plural(spelling)]
    if inflect == "verb":
        head, space, rest = spelling.partition(" ")
        return [form + space + rest for form in _verb_forms(head)]
    if inflect == "affix":
        head, space, rest = spelling.partition(" ")
        return [form + space + rest for form in _affixed(head)]
    return [spelling]


def _plural(noun: str) -> str:
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in _VOWELS:
        return noun[:-1] + "ies"
    return noun + "s"


def _verb_forms(verb: str) -> Iterable[str]:
    """Regular forms; doubled consonants and strong verbs stand under ``also``."""
    stem = verb[:-1] if verb.endswith("e") else verb
    return [verb, _plural(verb), stem + "ed", stem + "ing"]


def _affixed(stem: str) -> Iterable[str]:
    """Indonesian and Malay: voice prefixes, nominal circumfixes, -kan and -i."""
    active = _nasal("me", stem)
    agent = _nasal("pe", stem)
    bare = stem.removesuffix("kan")
    for base in dict.fromkeys((stem, bare + "kan", bare + "i")):
        for prefix in ("", "di", "ter", "ku", "kau"):
            yield prefix + base
    nominal = agent.removesuffix("kan")
    yield from (active, active.removesuffix("kan"), active.removesuffix("kan") + "kan")
    yield from (nominal, nominal + "an", "peng" + bare + "an")


def _nasal(prefix: str, stem: str) -> str:
    """me- or pe- with the sound change that the first letter asks for."""
    first = stem[:1]
    if first in "aeiou":
        return f"{prefix}ng{stem}"
    if first == "k":
        return f"{prefix}ng{stem[1:]}"
    if first in "gh":
        return f"{prefix}ng{stem}"
    if first == "p":
        return f"{prefix}m{stem[1:]}"
    if first in "bf":
        return f"{prefix}m{stem}"
    if first == "t":
        return f"{prefix}n{stem[1:]}"
    if first in "dcj":
        return f"{prefix}n{stem}"
    if first == "s":
        return f"{prefix}ny{stem[1:]}"
    return prefix + stem
