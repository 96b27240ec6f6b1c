"""``/search`` for people, ``/search.json`` for programs."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs, urlencode

from datasette import Response, hookimpl
from datasette.database import QueryInterrupted
from datasette.utils import sqlite_timelimit
from datasette.views.base import DatasetteError

from workbench import DATABASE, words
from workbench.notions import load_keys
from workbench.outlets import read_outlet_names
from workbench.searching import LISTED, Request, Results, languages, read_request, search

_TOO_LONG = (
    "This search took too long and was stopped. Ask for rarer words, or for fewer of them"
    " in other languages."
)
_ROW = (
    "id",
    "url",
    "title",
    "outlet",
    "language",
    "published_at",
    "flagged",
    "score",
    "story_type",
    "state",
)


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    return [(r"^/search$", _page), (r"^/search\.json$", _json)]


async def _page(datasette: Any, request: Any) -> Response:
    shown = await _answer(datasette, request)
    return Response.html(await datasette.render_template("search.html", shown, request=request))


async def _json(datasette: Any, request: Any) -> Response:
    shown = await _answer(datasette, request)
    return Response.json(_for_programs(shown["results"], shown["complaints"]))


async def _answer(datasette: Any, request: Any) -> dict[str, Any]:
    """What the page's template is given."""
    asked, complaints = read_request(parse_qs(request.query_string, keep_blank_values=True))
    limit = datasette.setting("sql_time_limit_ms")

    def read(connection: sqlite3.Connection) -> dict[str, Any]:
        # Before the clock runs: on a busy machine the first search was stopped for this alone.
        load_keys()
        try:
            with sqlite_timelimit(connection, limit):
                results = search(connection, asked)
        except sqlite3.OperationalError as error:
            if "interrupted" not in str(error):
                raise
            complaints.append(_TOO_LONG)
            results = Results(asked, asked=False)
        return {
            "results": results,
            "asked": results.request,
            "complaints": complaints,
            "languages": languages(connection),
            "outlet_names": read_outlet_names(connection),
            "most": LISTED,
        }

    answer: dict[str, Any] = await datasette.get_database(DATABASE).execute_fn(read)
    return answer


def _for_programs(results: Results, complaints: list[str]) -> dict[str, Any]:
    asked: Request = results.request
    more = asked.page < results.pages
    following = asked.query_string(page=asked.page + 1, upto=asked.upto) if more else None
    return {
        "count": results.count,
        "count_is_exact": results.exact,
        "problems": [
            *({"message": complaint} for complaint in complaints),
            *(asdict(problem) for problem in results.problems),
        ],
        "terms": [asdict(term) for term in results.alternatives] if asked.also else [],
        "facets": {
            name: [{"value": value, "count": count} for value, count in values]
            for name, values in (results.facets or {}).items()
        },
        "rows": [
            {name: hit.row[name] for name in _ROW}
            | {"snippet": "".join(piece.text for piece in hit.snippet.pieces)}
            for hit in results.hits
        ],
        "next": f"/search.json?{following}" if following else None,
    }


@hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]
def handle_exception(request: Any, exception: Exception) -> Response | None:
    """The table of articles sorts all that have the words, and gives up when these are very
    many; the search page does not."""
    words_asked = request.args.get("_search")
    given_up = isinstance(exception, QueryInterrupted) or (
        isinstance(exception, DatasetteError) and exception.title == "SQL Interrupted"
    )
    if not (given_up and words_asked and request.path == f"/{DATABASE}/articles"):
        return None
    kept = {name: request.args.get(name) for name in ("flagged", "language", "outlet")}
    asked = {"q": words_asked} | {name: value for name, value in kept.items() if value}
    return Response.redirect(f"/search?{urlencode(asked)}")


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Any) -> None:
    env.filters["languages"] = lambda codes: ", ".join(map(words.language, codes))
