"""Datasette's database, but for one thing: how many rows it says that the tables have."""

from __future__ import annotations

from datasette.database import Database, QueryInterrupted

from workbench.counted import TOTAL

PATIENCE_MS = 50
"""A table without counts that takes longer has "many rows". Below this Datasette asks for the
time after each step, which takes far longer than the steps."""


class LargeDatabase(Database):  # type: ignore[misc]
    """Datasette counts every table for every page that lists them, those also that it does
    not show: at 1,000,000 articles half a second for the search index alone."""

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
