"""Facts on languages and scripts, from ``languages.toml``."""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Any


@cache
def _data() -> dict[str, Any]:
    path = resources.files("monitor.language") / "languages.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def _ranges() -> tuple[list[int], list[int], list[str]]:
    """First and last code points of all ranges in order, and their scripts."""
    rows = []
    for name, entry in _data()["scripts"].items():
        for span in entry["ranges"]:
            first, _, last = span.partition("-")
            rows.append((int(first, 16), int(last or first, 16), name))
    rows.sort()
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


@lru_cache(maxsize=20_000)
def script_of(char: str) -> str | None:
    """The script of a letter or sign (ISO 15924; Han is ``Hani``, Hangul
    ``Hang``, kana ``Kana``), None for anything else."""
    firsts, lasts, names = _ranges()
    place = bisect_right(firsts, ord(char)) - 1
    return names[place] if place >= 0 and ord(char) <= lasts[place] else None


def decided_by_script(script: str) -> str | None:
    """The language of a script that one language owns."""
    language = _data()["scripts"][script].get("language")
    return str(language) if language else None


def canonical(label: str) -> str:
    """ISO 639-1 (639-3 where there is none) of a detector's label or BCP 47 tag."""
    label = label.lower().replace("_", "-")
    labels = _data()["labels"]
    label = labels.get(label, label.split("-")[0])
    return str(labels.get(label, label))


@cache
def markers(language: str) -> frozenset[str]:
    """Words that tell Malay (``ms``) or Indonesian (``id``) from the other."""
    return frozenset(_data()["markers"][language])


def chinese_script(chars: Mapping[str, int], declared: str | None) -> str:
    """``Hans`` or ``Hant``, by the characters that only one of them has; what
    is declared when there are none or as many of both."""
    points = {"Hans": 0, "Hant": 0}
    for char, times in chars.items():
        if (script := _only_in(char)) is not None:
            points[script] += times
    if points["Hans"] != points["Hant"]:
        return max(points, key=lambda script: points[script])
    tag = (declared or "").lower().replace("_", "-")
    traditional = "hant" in tag or tag.endswith(("-tw", "-hk", "-mo"))
    return "Hant" if traditional else "Hans"


@lru_cache(maxsize=20_000)
def _only_in(char: str) -> str | None:
    """By the national character sets: GB 2312 has the simplified characters in
    use, Big5 the traditional ones; what is in both (or none) tells nothing."""
    simplified, traditional = _encodes(char, "gb2312"), _encodes(char, "big5")
    if simplified == traditional:
        return None
    return "Hans" if simplified else "Hant"


def _encodes(char: str, charset: str) -> bool:
    try:
        char.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
