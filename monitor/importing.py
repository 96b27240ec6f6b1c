"""Bring texts from elsewhere in: JSON Lines → articles with verdicts → the store."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import Progress

from monitor.extract.dates import plausible
from monitor.flagging import flag
from monitor.items import Article, Judged, Quarantined
from monitor.language import detect
from monitor.outlets import SLUG, Outlet, load_outlets
from monitor.outlets.addresses import identified
from monitor.store import Store, utc_now
from monitor.urls import canonical_url

DEFAULT_OUTLET = "imported"

BATCH = 20
"""Texts a transaction; see ``monitor.store`` for why it is short."""

REFUSED = "it cannot be stored; quarantine says why"


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no usable record, and why."""

    problem: str
    line: bytes


class ImportRefused(Exception):
    """A file of another kind: says what it is and what to do."""


_OTHERWISE = {
    b"\x1f\x8b": "is compressed; unpack it first: gunzip --keep FILE",
    b"PK\x03\x04": "is a ZIP archive; unpack it first",
    b"\xff\xfe": "is in UTF-16; write it in UTF-8 first",
    b"\xfe\xff": "is in UTF-16; write it in UTF-8 first",
}
"""First bytes of files that are no text in UTF-8, each line of which would be a bad one."""

Numbered = tuple[int, Judged | BadLine]
"""A line's number (from 1) and what is in it."""


def read_lines(
    lines: Iterable[bytes], now: datetime, outlets: Mapping[str, Outlet]
) -> Iterator[Numbered]:
    """Each line's article with its verdict, or what is wrong with the line.

    A record has ``url``, ``title`` and ``text``, and may have ``published_at``
    (ISO 8601), ``language`` (ISO 639-1, a hint) and ``outlet`` (a slug,
    ``imported`` by default); other fields are ignored. Empty lines are passed
    over. ``now`` counts as the time of fetching. The address rules of ``outlets``
    (by slug) hold for their articles, so that one that was crawled is known again.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            judged = _judged(_json(line), line, now)
            outlet = outlets.get(judged.outlet)
            yield number, identified(judged, outlet) if outlet else judged
        except ValueError as error:
            yield number, BadLine(str(error), line)


def _json(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: byte {error.start + 1} is no part of a character") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise ValueError("not JSON of use: lists or objects in each other without end") from error


def _judged(record: Any, line: bytes, now: datetime) -> Judged:
    if not isinstance(record, dict):
        raise ValueError("expected an object { … }")
    address = _text(record, "url").strip()
    if not _is_web_address(address):
        raise ValueError(f"url: expected an address with http:// or https://, got {address!r}")
    outlet = _text(record, "outlet", DEFAULT_OUTLET)
    if not SLUG.fullmatch(outlet):
        raise ValueError(
            f"outlet: expected lower-case words joined by hyphens, such as vod-english, got {outlet!r}"
        )
    title = unicodedata.normalize("NFC", _text(record, "title", "")).strip()
    text = unicodedata.normalize("NFC", _text(record, "text", "")).strip()
    if not title and not text:
        raise ValueError("title and text are both empty")
    published, precision = _date(record.get("published_at"), now)
    declared = _text(record, "language", "") or None
    verdict = detect(text, title=title, declared=declared)
    article = Article(
        url=canonical_url(address),
        title=title,
        text=text,
        published_at=published,
        published_precision=precision,
        published_from="import" if published else None,
        language=verdict.code,
        language_declared=declared,
        verdict=verdict,
    )
    return Judged(
        outlet=outlet,
        article=article,
        flag=flag(title, text, verdict.code),
        page_url=address,
        page_sha256=hashlib.sha256(line).hexdigest(),
        status=200,
        fetched_at=now,
        same_article=(address,),
    )


def _text(record: dict[str, Any], field: str, default: str | None = None) -> str:
    value = record.get(field)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise ValueError(f"{field}: expected a text, got {json.dumps(value)[:60]}")
    return value


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _date(value: Any, now: datetime) -> tuple[datetime | None, Any]:
    """The date and its precision. One on which nothing can have been published is none."""
    if value in (None, ""):
        return None, "second"
    try:
        value = value.strip()
        moment = datetime.fromisoformat(value)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment
    except (AttributeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"published_at: expected a date such as 2026-11-20 or 2026-11-20T08:30:00+07:00, got {value!r}"
        ) from error
    if not plausible(moment, now):
        return None, "second"
    return moment, "second" if set(value) & set("T :") else "day"


def import_jsonl(path: Path, db: Path, console: Console) -> dict[str, Any]:
    """Import a file; shows progress on ``console`` when that is a terminal.

    Returns ``{"new", "changed", "unchanged", "flagged", "bad_lines": [{"line",
    "problem"}]}``. A bad line is reported by number and kept in the
    quarantine; it stops nothing. Raises :class:`monitor.store.StoreBusy`, and
    :class:`ImportRefused` for a file that has no lines of UTF-8 text.
    """
    _require_text(path)
    report: dict[str, Any] = {"new": 0, "changed": 0, "unchanged": 0, "flagged": 0}
    bad: list[dict[str, Any]] = []
    with Store(db) as store, path.open("rb") as lines, _progress(console) as progress:
        store.add_outlets([_outlet(DEFAULT_OUTLET, "")])
        known = {DEFAULT_OUTLET}
        reading = progress.wrap_file(
            lines, total=path.stat().st_size, description=f"importing {path.name}"
        )
        for batch in _batches(read_lines(reading, utc_now(), load_outlets())):
            records: list[Judged | Quarantined] = []
            for number, item in batch:
                if isinstance(item, BadLine):
                    records.append(_quarantined(path, number, item))
                    continue
                if item.outlet not in known and store.outlet_is_new(item.outlet):
                    store.add_outlets([_outlet(item.outlet, item.page_url)])
                known.add(item.outlet)
                records.append(item)
            for (number, item), outcome in zip(batch, store.write(records), strict=True):
                if isinstance(item, BadLine):
                    bad.append({"line": number, "problem": item.problem})
                elif outcome == "quarantined":
                    bad.append({"line": number, "problem": REFUSED})
                else:
                    report[outcome] += 1
                    report["flagged"] += item.flag.flagged and outcome != "unchanged"
    return {**report, "bad_lines": bad}


def _require_text(path: Path) -> None:
    with path.open("rb") as file:
        begins = file.read(4)
    for mark, what in _OTHERWISE.items():
        if begins.startswith(mark):
            raise ImportRefused(f"{path} {what}")


def _batches(items: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    batch: list[Numbered] = []
    for item in items:
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _progress(console: Console) -> Progress:
    return Progress(console=console, disable=not console.is_terminal)


def _outlet(slug: str, url: str) -> Outlet:
    """A publisher that we know only from imported texts."""
    parts = urlsplit(url)
    return Outlet(
        slug=slug,
        name="Imported texts" if slug == DEFAULT_OUTLET else slug,
        homepage=f"{parts.scheme}://{parts.netloc}/" if url else "",
        country="",
        languages=(),
        kind="news",
        status="archive_only",
        status_note="Known from imported texts; never crawled.",
    )


def _quarantined(path: Path, number: int, bad: BadLine) -> Quarantined:
    return Quarantined(
        outlet=DEFAULT_OUTLET,
        url=f"{path.name}#line={number}",
        stage="import",
        reason="bad_line",
        detail=f"line {number}: {bad.problem}",
        at=utc_now(),
        body=bad.line,
    )
