"""What the page templates are given: the story, words for codes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from datasette import NotFound, hookimpl
from datasette.utils import path_with_removed_args
from jinja2 import Environment

from workbench import DATABASE, moments, read_metadata, words
from workbench.legible import legible
from workbench.outlets import read_outlet_names
from workbench.story import QUERIES, anchor, story

_FILTERS: dict[str, Callable[..., Any]] = {
    "codes": words.codes,
    "concept_name": words.concept,
    "country": words.country,
    "day": moments.day,
    "from_json": json.loads,
    "decision": words.decision,
    "gone_how": words.gone_how,
    "language": words.language,
    "legible": legible,
    "moment": moments.moment,
    "story_type": words.story_type,
    "story_type_meaning": words.story_type_meaning,
    "web_url": words.web_url,
}


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment) -> None:
    env.filters.update(_FILTERS)
    env.globals.update(
        lang_tag=words.lang_tag,
        anchor=anchor,
        path_with_removed_args=path_with_removed_args,  # 1.0 does not give it to templates
    )


@hookimpl  # type: ignore[untyped-decorator]
def extra_template_vars(
    datasette: Any, database: str | None, table: str | None, view_name: str, request: Any
) -> Callable[[], Awaitable[dict[str, Any]]] | None:
    if database is None:
        return None

    async def shown() -> dict[str, Any]:
        described = _table_described(database, table)
        if (database, table) != (DATABASE, "articles"):
            return described
        if view_name == "row":
            return described | await _story(datasette, request.url_vars["pks"])
        return described | await _outlet_names(datasette)

    return shown


def _table_described(database: str, table: str | None) -> dict[str, Any]:
    """What the metadata say of all tables, and of this one; Datasette 1.0 gives templates only
    a part of it."""
    tables = _described().get(database, {}).get("tables", {})
    return {"tables_described": tables, "table_described": tables.get(table, {})}


@cache
def _described() -> dict[str, Any]:
    databases: dict[str, Any] = read_metadata()["databases"]
    return databases


async def _outlet_names(datasette: Any) -> dict[str, Any]:
    database = datasette.get_database(DATABASE)
    return {"outlet_names": await database.execute_fn(read_outlet_names)}


async def _story(datasette: Any, key: str) -> dict[str, Any]:
    database = datasette.get_database(DATABASE)
    answers = {
        name: (await database.execute(sql, {"id": key})).rows for name, sql in QUERIES.items()
    }
    # It may have to judge the text again, for the first time with a language's lexicon.
    shown = await asyncio.to_thread(story, **answers)
    if shown is None:
        raise NotFound("Record not found")
    return {"story": shown}
