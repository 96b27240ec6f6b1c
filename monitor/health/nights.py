"""The rows of ``crawls`` as evenings of one outlet. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

_COUNTS = (
    "discovered",
    "fresh",
    "fetched",
    "extracted",
    "titled",
    "dated",
    "bylined",
    "sources_ok",
    "sources_missed",
)

COLUMNS = ("night", "outcome", "reason", *_COUNTS, "text_median", "errors")
"""What :func:`evenings` reads of ``crawls``."""


class Row(Protocol):
    """A row of ``crawls`` with its :data:`COLUMNS` by name."""

    def __getitem__(self, name: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Night:
    """One evening's crawls of an outlet, added up; columns as in ``crawls``. ``outcome``
    and ``reason`` are those of the last crawl that came to its end."""

    day: date
    outcome: str = "finished"
    reason: str = ""
    discovered: int = 0
    fresh: int = 0
    fetched: int = 0
    extracted: int = 0
    titled: int = 0
    dated: int = 0
    bylined: int = 0
    sources_ok: int = 0
    sources_missed: int = 0
    text_median: int | None = None
    errors: Mapping[str, int] = field(default_factory=dict)

    def missed(self, *stages: str) -> Counter[str]:
        """What was missed at some stages, by reason. What a limit of our own left for the
        next night was not."""
        found: Counter[str] = Counter()
        for error, count in self.errors.items():
            stage, _, reason = error.partition(":")
            if stage in stages and reason != "limit":
                found[reason] += count
        return found

    def as_dict(self) -> dict[str, Any]:
        return {
            "night": self.day.isoformat(),
            "outcome": self.outcome,
            **{name: getattr(self, name) for name in _COUNTS},
            "text_median": self.text_median,
            "errors": dict(self.errors),
        }


def evenings(rows: Iterable[Row]) -> Iterator[Night]:
    """Rows of one outlet, oldest first: the crawls that began on one day (UTC) are one
    evening. Evenings without a crawl that came to its end are left out."""
    by_day: dict[date, list[Row]] = {}
    for row in rows:
        day = datetime.fromisoformat(row["night"]).astimezone(UTC).date()
        by_day.setdefault(day, []).append(row)
    for day, crawls in by_day.items():
        ended = [row for row in crawls if row["outcome"] not in ("running", "interrupted")]
        if not ended:
            continue
        errors: Counter[str] = Counter()
        for row in crawls:
            if row["errors"] != "{}":
                errors.update(json.loads(row["errors"]))
        medians = [row["text_median"] for row in crawls if row["text_median"] is not None]
        yield Night(
            day,
            ended[-1]["outcome"],
            ended[-1]["reason"],
            text_median=medians[-1] if medians else None,
            errors=errors,
            **{name: sum(row[name] for row in crawls) for name in _COUNTS},
        )
