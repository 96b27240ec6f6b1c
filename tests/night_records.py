"""Nights of invented outlets, as the table ``crawls`` holds them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from monitor.newsroom import evening
from monitor.outlets import Outlet
from monitor.store import Store

Row = dict[str, Any]
Play = Callable[[int], Row]
"""The row of a night by its number."""


def night_row(
    number: int, stories: int = 5, *, errors: Mapping[str, int] | None = None, **changed: Any
) -> Row:
    """A night that brought ``stories`` new stories in good order, but for what is ``changed``."""
    row: Row = {
        "night": evening(number).isoformat(),
        "outcome": "finished",
        "reason": "",
        "discovered": 20 + stories,
        "fresh": stories,
        "fetched": stories,
        "extracted": stories,
        "titled": stories,
        "dated": stories,
        "bylined": stories,
        "sources_ok": 1,
        "sources_missed": 0,
        "text_median": 1500 if stories else None,
        "errors": json.dumps(dict(errors or {})),
    }
    return row | changed


def pages_lost(number: int, stories: int, reason: str) -> Row:
    """The night's stories are listed, their pages give no article."""
    nothing = dict.fromkeys(("extracted", "titled", "dated", "bylined"), 0)
    return night_row(number, stories, errors={reason: stories}, text_median=None, **nothing)


def unread(number: int, outcome: str, reason: str) -> Row:
    """None of the sources could be read."""
    return night_row(
        number,
        0,
        outcome=outcome,
        reason="none of its sources could be read",
        discovered=0,
        sources_ok=0,
        sources_missed=1,
        errors={reason: 1},
    )


def write_nights(store: Store, slug: str, rows: Iterable[Row]) -> None:
    """Store the nights of an outlet as crawls would have."""
    store.add_outlets(
        [Outlet(slug, slug.title(), f"https://{slug}.example/", "TH", ("en",), "news")]
    )
    for row in rows:
        counts = dict(row)
        begun = datetime.fromisoformat(counts.pop("night"))
        crawl = store.begin_crawl(slug, begun.isoformat(), begun)
        store.end_crawl(
            crawl,
            counts.pop("outcome"),
            at=begun + timedelta(minutes=5),
            reason=counts.pop("reason"),
            text_median=counts.pop("text_median"),
            errors=json.loads(counts.pop("errors")),
            counts=counts,
        )
