"""How values are written into columns: times, lists, digests, bodies."""

from __future__ import annotations

import gzip
import hashlib
import json
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime

from monitor.items import Article

MAX_BODY_BYTES = 1024 * 1024
"""Of a quarantined page, at most this much is kept (before compression).
Of 439 real news pages 97 % are smaller; the largest was 2 MB. What explains a
failure (a bot wall, an error page, an empty shell) is far smaller still."""


def instant(when: datetime | None) -> str | None:
    """``2026-11-22T02:00:00+00:00`` in UTC, or without offset if ``when`` is naive.

    None for a time that UTC cannot express (year 1 east of Greenwich): feeds
    write such dates, and they say nothing.
    """
    if when is None:
        return None
    try:
        aware = when.utcoffset() is not None
        return (when.astimezone(UTC) if aware else when).isoformat(timespec="seconds")
    except OverflowError:
        return None


def happened(when: datetime) -> str:
    """The time of something that we did, in UTC. ValueError without an offset:
    later comparisons would be hours off."""
    text = instant(when)
    if text is None or when.utcoffset() is None:
        raise ValueError(f"the time of a record needs an offset: {when!r}")
    return text


def published(article: Article) -> str | None:
    """When an article was published: an instant, or ``2026-11-22`` if only the day is known."""
    if article.published_at is not None and article.published_precision == "day":
        return article.published_at.date().isoformat()
    return instant(article.published_at)


def moment(text: str | None) -> datetime | None:
    """The time that :func:`instant` wrote, aware or naive as it was."""
    return None if text is None else datetime.fromisoformat(text)


def json_array(values: Iterable[object]) -> str:
    """A JSON array that people can read: Khmer stays Khmer."""
    return json.dumps(list(values), ensure_ascii=False)


def without_nul(text: str) -> str:
    """``text`` with U+FFFD for each NUL, as HTML itself has it.

    SQLite stores a NUL, but its ``length()``, ``LIKE`` and dumps stop there.
    Character for character, so that offsets hold.
    """
    return text.replace("\0", "\ufffd")


def printable(text: str) -> str:
    """``text`` with lone surrogates, which SQLite refuses, written as escapes."""
    return without_nul(text).encode("utf-8", "backslashreplace").decode()


def content_sha256(title: str, text: str) -> str:
    """What makes a revision distinct: SHA-256 (hex) of title, empty line, text, in NFC."""
    content = unicodedata.normalize("NFC", f"{title}\n\n{text}")
    return hashlib.sha256(content.encode()).hexdigest()


def packed(body: bytes) -> bytes | None:
    """The first ``MAX_BODY_BYTES`` of a page, gzip-compressed; None for no body.

    No timestamp inside, so that equal bodies stay equal.
    """
    return gzip.compress(body[:MAX_BODY_BYTES], compresslevel=6, mtime=0) if body else None
