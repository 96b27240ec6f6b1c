"""Datasette's database, but for two things: how many rows it says that the tables have, and how
often it asks what tables and columns there are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from copy import copy
from time import monotonic
from typing import Any

from datasette.database import Database, QueryInterrupted

from workbench.counted import TOTAL

PATIENCE_MS = 50
"""A table without counts that takes longer has "many rows". Below this Datasette asks for the
time after each step, which takes far longer than the steps."""
SCHEMA_SECONDS = 2.0
"""How long the names and columns of the tables are taken to be the same: only a new version of
the monitor changes them. Datasette asks for some six of them for each page, each from another
thread: a fifth of the time of 100 articles as JSON."""
MOST_NAMES = 1000
"""Answers that are kept: the names asked for come from visitors."""

Asked = Callable[..., Awaitable[Any]]


def _kept(asked: Asked) -> Asked:
    """The method with its answers kept for ``SCHEMA_SECONDS``."""

    async def answered(database: LargeDatabase, *names: str) -> Any:
        known, key, now = database.schema, (asked.__name__, *names), monotonic()
        if key not in known or known[key][0] < now:
            answer = await asked(database, *names)
            if len(known) >= MOST_NAMES:
                known.clear()
            known[key] = now + SCHEMA_SECONDS, answer
        return copy(known[key][1])

    return answered


class LargeDatabase(Database):  # type: ignore[misc]
    """Datasette counts every table for every page that lists them, those also that it does
    not show: at 1,000,000 articles half a second for the search index alone."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.schema: dict[tuple[str, ...], tuple[float, Any]] = {}

    table_exists = _kept(Database.table_exists)
    table_columns = _kept(Database.table_columns)
    primary_keys = _kept(Database.primary_keys)
    foreign_keys_for_table = _kept(Database.foreign_keys_for_table)
    get_view_definition = _kept(Database.get_view_definition)

    async def table_counts(self, limit: int = PATIENCE_MS) -> dict[str, int | None]:  # noqa: ARG002
        """Rows by table; None for those that are hidden or too many to count."""
        hidden = set(await self.hidden_table_names())
        counts: dict[str, int | None] = {}
        for table in await self.table_names():
            if f"{table}_counts" in hidden:
                found = await self.execute(f"select sum({TOTAL}) from [{table}_counts]")
                counts[table] = found.single_value() or 0
            else:
                counts[table] = None if table in hidden else await self._count(table)
        return counts

    async def _count(self, table: str) -> int | None:
        try:
            found = await self.execute(
                f"select count(*) from [{table}]", custom_time_limit=PATIENCE_MS
            )
        except QueryInterrupted:
            return None
        return int(found.single_value())
