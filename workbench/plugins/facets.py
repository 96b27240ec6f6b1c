"""Facets of the large tables that do not time out (``counted`` in the metadata), and filters by state."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from datasette import hookimpl
from datasette.database import QueryInterrupted
from datasette.facets import Facet
from datasette.filters import FilterArguments
from datasette.utils import path_with_added_args, path_with_removed_args

from workbench import DATABASE
from workbench.counted import LISTS, TOTAL, conditions, facets_sql, from_counts, from_rows
from workbench.outlets import read_outlet_names


@hookimpl  # type: ignore[untyped-decorator]
def register_facet_classes() -> list[type[Facet]]:
    return [CountedFacet]


@hookimpl  # type: ignore[untyped-decorator]
def filters_from_request(request: Any, database: str, table: str) -> FilterArguments | None:
    """Who asks for articles of one state need not look at those of none, for which there is
    an index, nor unpack the lists in which its code does not stand."""
    if (database, table) != (DATABASE, "articles"):
        return None
    where, values = [], {}
    for column in LISTS:
        if state := request.args.get(f"{column}__arraycontains"):
            where += [f"{column} <> '[]'", f"instr({column}, :one_{column})"]
            values[f"one_{column}"] = json.dumps(state)
    return FilterArguments(where, values)


class CountedFacet(Facet):  # type: ignore[misc]
    """All facets of a table at once, as Datasette's own ``column`` and ``array`` facets
    give them."""

    type = "counted"

    async def suggest(self) -> list[Any]:
        return []

    async def facet_results(self) -> tuple[list[dict[str, Any]], list[str]]:
        configured = self.get_configs()
        database = self.ds.get_database(self.database)
        columns = [it for it in await database.table_columns(f"{self.table}_counts") if it != TOTAL]
        asked = dict.fromkeys(each["config"]["simple"] for each in configured)
        facets = [facet for facet in asked if facet in columns]
        if not facets:
            return [], []
        narrowed = conditions(parse_qsl(self.request.query_string, keep_blank_values=True), columns)
        if narrowed:
            counts, parameters = from_counts(self.table, narrowed[0]), narrowed[1]
        else:
            counts, parameters = from_rows(self.sql, columns), self.params
        size = self.get_facet_size()
        try:
            found = await database.execute(
                facets_sql(counts, facets, size + 1),
                parameters,
                truncate=False,
                custom_time_limit=self.ds.setting("facet_time_limit_ms"),
            )
        except QueryInterrupted:
            return [], facets
        rows: dict[str, list[Any]] = {facet: [] for facet in facets}
        for row in found.rows:
            rows[row["facet"]].append(row)
        names = await database.execute_fn(read_outlet_names) if "outlet" in facets else {}
        return [
            self._facet(facet, rows[facet], size, names if facet == "outlet" else {})
            for facet in facets
        ], []

    def _facet(
        self, facet: str, rows: list[Any], size: int, labels: dict[str, str]
    ) -> dict[str, Any]:
        return {
            "name": facet,
            "type": "array" if facet in LISTS else "column",
            "hideable": False,
            "toggle_url": self.ds.urls.path(
                path_with_removed_args(self.request, {"_facet": facet})
            ),
            "results": [self._value(facet, row, labels) for row in rows[:size]],
            "truncated": len(rows) > size,
        }

    def _value(self, facet: str, row: Any, labels: dict[str, str]) -> dict[str, Any]:
        value, key = row["value"], f"{facet}__arraycontains" if facet in LISTS else facet
        selected = (key, str(value)) in self.get_querystring_pairs()
        if selected:
            removed = {key: str(value), "_next": self.request.args.get("_next")}
            path = path_with_removed_args(self.request, removed)
        else:
            path = path_with_added_args(self.request, {key: str(value), "_next": None})
        return {
            "value": value,
            "label": labels.get(value, value),
            "count": row["count"],
            "toggle_url": self.ds.absolute_url(self.request, self.ds.urls.path(path)),
            "selected": selected,
        }
