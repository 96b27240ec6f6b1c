"""``/-/healthz``: for whoever watches the machine."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from datasette import Response, hookimpl

from monitor.store import utc_now
from workbench import DATABASE

_LAST = "select finished_at from crawls where finished_at is not null order by id desc limit 1"


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/-/healthz$", healthz)]


async def healthz(datasette: Any) -> Response:
    """200 with the age of the last crawl in seconds (null before the first); 503 when
    the database cannot be read."""
    try:
        row = (await datasette.get_database(DATABASE).execute(_LAST)).first()
    except sqlite3.Error as error:
        return _answer({"ok": False, "error": str(error)}, 503)
    finished = row["finished_at"] if row else None
    age = (utc_now() - datetime.fromisoformat(finished)).total_seconds() if finished else None
    return _answer(
        {
            "ok": True,
            "last_crawl_finished_at": finished,
            "last_crawl_age_seconds": None if age is None else round(age),
        },
        200,
    )


def _answer(found: dict[str, Any], status: int) -> Response:
    return Response.json(found, status=status, headers={"cache-control": "no-store"})
