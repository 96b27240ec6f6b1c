"""Bring texts from elsewhere in: JSON Lines → articles with verdicts → the store."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import Progress

from monitor.flagging import flag
from monitor.items import Article, Judged, Quarantined
from monitor.language import detect
from monitor.outlets import Outlet
from monitor.store import Store, utc_now
from monitor.urls import canonical_url

DEFAULT_OUTLET = "imported"

BATCH = 20
"""Texts a transaction; see ``monitor.store`` for why it is short."""

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no usable record: its number (from 1) and why."""

    number: int
    problem: str
    line: bytes


def read_lines(lines: Iterable[bytes], now: datetime) -> Iterator[Judged | BadLine]:
    """Each line's article with its verdict, or what is wrong with the line.

    A record has ``url``, ``title`` and ``text``, and may have ``published_at``
    (ISO 8601), ``language`` (ISO 639-1, a hint) and ``outlet`` (a slug,
    ``imported`` by default); other fields are ignored. Empty lines are passed
    over. ``now`` counts as the time of fetching.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _judged(json.loads(line.decode("utf-8-sig")), line, now)
        except (ValueError, RecursionError) as error:
            yield BadLine(number, str(error), line)


def _judged(record: Any, line: bytes, now: datetime) -> Judged:
    if not isinstance(record, dict):
        raise ValueError("expected an object { … }")
    address = _text(record, "url")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"url: expected an address with http:// or https://, got {address!r}")
    outlet = _text(record, "outlet", DEFAULT_OUTLET)
    if not _SLUG.fullmatch(outlet):
        raise ValueError(
            f"outlet: expected lower-case words joined by hyphens, such as vod-english, got {outlet!r}"
        )
    title = unicodedata.normalize("NFC", _text(record, "title", "")).strip()
    text = unicodedata.normalize("NFC", _text(record, "text", "")).strip()
    if not title and not text:
        raise ValueError("title and text are both empty")
    published, precision = _date(record.get("published_at"))
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


def _date(value: Any) -> tuple[datetime | None, Any]:
    if value in (None, ""):
        return None, "second"
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"published_at: expected a date such as 2026-11-20 or 2026-11-20T08:30:00+07:00, got {value!r}"
        ) from error
    if isinstance(value, str) and len(value) == len("2026-11-20"):
        return moment, "day"
    return (moment.astimezone(UTC) if moment.tzinfo else moment), "second"


def import_jsonl(path: Path, db: Path, console: Console) -> dict[str, Any]:
    """Import a file; shows progress on ``console`` when that is a terminal.

    Returns ``{"new", "changed", "unchanged", "flagged", "bad_lines": [{"line",
    "problem"}]}``. A bad line is reported by number and kept in the
    quarantine; it stops nothing. Raises :class:`monitor.store.StoreBusy`.
    """
    report: dict[str, Any] = {"new": 0, "changed": 0, "unchanged": 0, "flagged": 0}
    bad: list[dict[str, Any]] = []
    with Store(db) as store, path.open("rb") as lines, _progress(console) as progress:
        store.add_outlets([_outlet(DEFAULT_OUTLET, "")])
        known = {DEFAULT_OUTLET}
        reading = progress.wrap_file(
            lines, total=path.stat().st_size, description=f"importing {path.name}"
        )
        for batch in _batches(read_lines(reading, utc_now())):
            records: list[Judged | Quarantined] = []
            for item in batch:
                if isinstance(item, BadLine):
                    bad.append({"line": item.number, "problem": item.problem})
                    records.append(_quarantined(path, item))
                    continue
                if item.outlet not in known and store.outlet_is_new(item.outlet):
                    store.add_outlets([_outlet(item.outlet, item.page_url)])
                known.add(item.outlet)
                records.append(item)
            for record, outcome in zip(records, store.write(records), strict=True):
                if outcome in report:
                    report[outcome] += 1
                if isinstance(record, Judged) and outcome in ("new", "changed"):
                    report["flagged"] += record.flag.flagged
    return {**report, "bad_lines": bad}


def _batches(items: Iterable[Judged | BadLine]) -> Iterator[list[Judged | BadLine]]:
    batch: list[Judged | BadLine] = []
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


def _quarantined(path: Path, bad: BadLine) -> Quarantined:
    return Quarantined(
        outlet=DEFAULT_OUTLET,
        url=f"{path.name}#line={bad.number}",
        stage="import",
        reason="bad_line",
        detail=f"line {bad.number}: {bad.problem}",
        at=utc_now(),
        body=bad.line,
    )
