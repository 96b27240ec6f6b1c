"""Where sentences begin and end, in the ways of ten languages.

Good enough for what asks: "are these two terms in one sentence", and a snippet
that starts where a reader would start. An empty line and a line break always
end a sentence. Khmer, Burmese and Chinese have full stops of their own; Thai
and Lao end sentences with a space, see ``sentences.toml``.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

from monitor.text.scripts import LAO, THAI

# All begins with one set of characters: the search then runs from one of them to the
# next instead of trying each place.
_FULL_STOPS = "\u3002\uff01\uff1f\uff61\u17d4\u17d5\u104b\u061f\u06d4!?"
_STOPPED = (
    "(?<=\n)\n*+"
    f"|(?<=[{_FULL_STOPS}])[{_FULL_STOPS}]*+[\"'\u201d\u2019\u300d\u300f\u00bb)\uff09]*+"
    "|(?<=\\.)(?<!\\.\\.)\\.*+[\"'\u201d\u2019\u00bb)]*+(?=\\s|$)"
)
_STOP = re.compile(f"[\n.{_FULL_STOPS}](?:{_STOPPED})")
_STOP_OR_SPACE = re.compile(
    f"[\n.{_FULL_STOPS} \u00a0](?:{_STOPPED}"
    f'|(?<=[{THAI}{LAO}][ \u00a0])[ \u00a0]*+(?=[{THAI}{LAO}"\u201c]))'
)
_SPACED = re.compile(f"[{THAI}{LAO}]")
_BEFORE_WORD = re.compile("[ \n\t\u00a0(\"'\u201c\u2018]")
_LAST_WORD_LENGTH = 12


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences of ``text``, without the white space between them."""
    spans: list[tuple[int, int]] = []
    start = 0
    stops = _STOP_OR_SPACE if _SPACED.search(text) else _STOP
    for stop in stops.finditer(text):
        if _ends(text, start, stop):
            _add(spans, text, start, stop.end())
            start = stop.end()
    _add(spans, text, start, len(text))
    return spans


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    right = start + len(piece.rstrip())
    if left < right:
        spans.append((left, right))


def _ends(text: str, start: int, stop: re.Match[str]) -> bool:
    abbreviations, openers, long = _conventions()
    mark = stop[0]
    if mark[0] in " \u00a0":
        return text.startswith(openers, stop.end()) or stop.start() - start >= long
    if mark != ".":
        return True
    before = text[max(start, stop.start() - _LAST_WORD_LENGTH) : stop.start()]
    word = _BEFORE_WORD.split(before.lower())[-1]
    if word in abbreviations or (len(word) == 1 and word.isalpha()):
        return False
    following = text[stop.end() : stop.end() + 2].strip()
    return not following.islower()


@cache
def _conventions() -> tuple[frozenset[str], tuple[str, ...], int]:
    data = resources.files("monitor.text") / "sentences.toml"
    rules = tomllib.loads(data.read_text(encoding="utf-8"))
    return frozenset(rules["abbreviations"]), tuple(rules["openers"]), int(rules["long"])
