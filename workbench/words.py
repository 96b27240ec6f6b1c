"""What pages call things: names for the codes in the tables (``words.toml``)."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@cache
def _words() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def country(code: str) -> str:
    """``TH`` → ``Thailand``; a code without a name stays itself."""
    return str(_words()["countries"].get(code, code))


def country_code(name: str) -> str | None:
    """``Thailand``, ``thailand`` or ``th`` → ``TH``; None for what is no state."""
    wanted = name.casefold()
    for code, known in _words()["countries"].items():
        if wanted in (code.casefold(), str(known).casefold()):
            return str(code)
    return None


def decision(code: str) -> str:
    """``confirmed`` → ``Confirmed``."""
    return str(_words()["decisions"].get(code, code))


def language(code: str | None) -> str:
    """``km`` → ``Khmer``; a code without a name stays itself."""
    return str(_words()["languages"].get(code or "und", code))


def story_type(code: str | None) -> str:
    """``incident`` → ``Incident``; empty without one."""
    return str(_words()["story_types"].get(code or "", {}).get("name", code or ""))


def story_type_meaning(code: str | None) -> str:
    return str(_words()["story_types"].get(code or "", {}).get("meaning", ""))


def gone_how(code: str | None) -> str:
    """``http_404`` → what the outlet shows in an article's place."""
    return str(_words()["gone_how"].get(code or "", "The outlet no longer shows this article"))


def concept(code: str) -> str:
    """``return_action`` → ``Return``; ``place:TH`` → ``Place: Thailand``."""
    base, _, detail = code.partition(":")
    name = str(_words()["concepts"].get(base, base))
    return f"{name}: {country(detail)}" if detail else name


def concept_order() -> tuple[str, ...]:
    """The concepts, the most telling first."""
    return tuple(_words()["concepts"])


def lang_tag(code: str | None, script: str | None = None) -> str:
    """The ``lang`` attribute of a text (BCP 47), empty when the language is undecided.

    The script is named only for Chinese, where fonts differ by it.
    """
    if not code or code == "und":
        return ""
    return f"{code}-{script}" if code == "zh" and script in ("Hans", "Hant") else code


def codes(stored: Any) -> list[str]:
    """A column with a JSON array of strings as a list; anything else as an empty one."""
    try:
        values = json.loads(stored)
    except (TypeError, ValueError):
        return []
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def web_url(url: Any) -> str | None:
    """``url`` if a browser may be sent there: http or https with a host; else None.

    What outlets call an address may be ``javascript:`` or ``data:``.
    """
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host else None
