"""What the facets of a large table count, from its table of counts where that can tell.

``articles``, ``flags``, ``matches`` and ``urls`` have one (``articles_counts`` …): the number of
rows for each combination of some columns, kept right by triggers. A page that is filtered
by these columns alone reads it; any other counts the rows that fit, once for all facets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

LISTS = ("sending", "receiving")
"""Columns with a JSON list: each of its values counts."""
TOTAL = "total"

_NARROWING = ("_search", "_through", "_where")
"""What of a table's own parameters leaves rows out."""


def conditions(
    parameters: Iterable[tuple[str, str]], columns: Sequence[str]
) -> tuple[str, dict[str, str]] | None:
    """A table page's filters as SQL on its table of counts; None when that has not the
    columns to tell."""
    sql, values = [f"{TOTAL} > 0"], dict[str, str]()
    for name, value in parameters:
        if name.startswith("_") and "__" not in name:
            if name.startswith(_NARROWING):
                return None
            continue
        column, _, lookup = name.partition("__")
        mark = f"c{len(values)}"
        if not value or column not in columns:
            return None
        if lookup in ("", "exact"):
            sql.append(f"{column} = :{mark}")
        elif lookup == "arraycontains" and column in LISTS:
            sql.append(f":{mark} in (select value from json_each({column}))")
        else:
            return None
        values[mark] = value
    return " and ".join(sql), values


def from_counts(table: str, where: str) -> str:
    return f"select * from {table}_counts where {where}"


def from_rows(rows: str, columns: Sequence[str]) -> str:
    """The same counts, of the rows that a query gives."""
    values = ", ".join(f"coalesce({column}, '') as {column}" for column in columns)
    return f"select {values}, count(*) as {TOTAL} from ({rows}) group by {', '.join(columns)}"


def facets_sql(counts: str, facets: Sequence[str], most: int) -> str:
    """Rows of ``facet``, ``value``, ``count``: the ``most`` frequent values of each."""
    parts = [
        f"select * from (select '{facet}' as facet, {_value(facet)} as value, sum({TOTAL}) as count"
        f" from counted{f', json_each({facet}) as each' if facet in LISTS else ''}"
        f" where {_value(facet)} <> '' group by 2 order by 3 desc, 2 limit {most})"
        for facet in facets
    ]
    return f"with counted as materialized ({counts}) " + " union all ".join(parts)


def _value(facet: str) -> str:
    return "each.value" if facet in LISTS else facet
