"""The queue, and what analysts decide in it and on a story's page."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from datasette import Forbidden, Response, hookimpl

from monitor.reviews import ReviewRefused, decide, read_shown, withdraw
from workbench import DATABASE, REVIEWS, queue
from workbench.accounts import local_path
from workbench.reviewing import corrections, read_history

LONGEST_NOTE = 4000
"""Characters."""


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/-/queue$", queue_page), (r"^/-/review$", review)]


@hookimpl  # type: ignore[untyped-decorator]
def extra_template_vars(
    datasette: Any, database: str | None, table: str | None, view_name: str, request: Any
) -> Callable[[], Awaitable[dict[str, Any]]] | None:
    if (database, table, view_name) != (DATABASE, "articles", "row"):
        return None
    return lambda: _story(datasette, request)


async def _story(datasette: Any, request: Any) -> dict[str, Any]:
    """What the story's page shows of its reviews: nothing to those who are not logged in."""
    if _role(request) is None:
        return {"reviews": None, "done": None}
    address = await datasette.get_database(DATABASE).execute(
        "select url from articles where id = ?", [request.url_vars["pks"]]
    )
    row = address.first()
    url = row["url"] if row else ""
    found = await _reviews(datasette).execute_fn(lambda connection: read_history(connection, url))
    return {"reviews": found, "done": await _done(datasette, request)}


async def queue_page(request: Any, datasette: Any) -> Response:
    if _role(request) is None:
        page = await datasette.render_template("queue_closed.html", {}, request=request)
        return Response.html(page)
    filters = queue.Filters.read(request.args)
    monitor, reviews = datasette.get_database(DATABASE), _reviews(datasette)
    if filters.decided:
        rows = await reviews.execute_fn(lambda c: queue.read_decided_page(c, filters))
        page = await monitor.execute_fn(lambda c: queue.read_decided(c, rows))
    else:
        decided = await reviews.execute_fn(queue.read_decided_addresses)
        page = await monitor.execute_fn(lambda c: queue.read_waiting(c, filters, decided))
    context = {
        "filters": filters,
        "page": page,
        "counted": queue.COUNTED,
        "choices": await monitor.execute_fn(queue.read_choices),
        "reviewers": await reviews.execute_fn(queue.read_reviewers) if filters.decided else [],
        "done": await _done(datasette, request),
        "here": request.path + (f"?{request.query_string}" if request.query_string else ""),
    }
    return Response.html(await datasette.render_template("queue.html", context, request=request))


async def review(request: Any, datasette: Any) -> Response:
    """Record a decision, or undo one; back to the page that it came from, or as JSON
    for the page's script. Only an analyst may."""
    if request.method != "POST":
        return Response.redirect(datasette.urls.path("/-/queue"))
    as_json = "application/json" in request.headers.get("accept", "")
    if _role(request) != "analyst":
        if as_json:
            return Response.json({"error": "Log in again as an analyst."}, status=403)
        raise Forbidden("only analysts decide; log in as one")
    said = await request.post_vars()
    try:
        number = await _record(datasette, said, request.actor["id"])
    except ReviewRefused as refusal:
        return await _refusal(datasette, request, said, str(refusal), as_json)
    if as_json:
        return Response.json({"review": number})
    return Response.redirect(_back(local_path(said.get("next")), number))


async def _record(datasette: Any, said: Mapping[str, str], reviewer: str) -> int:
    reviews = _reviews(datasette)
    if said.get("decision") == "withdrawn":
        number = _number(said.get("review"))
        return int(
            await reviews.execute_write_fn(
                lambda connection: withdraw(connection, number, reviewer)
            )
        )
    article, flag = _number(said.get("article")), _number(said.get("flag"))
    shown = await datasette.get_database(DATABASE).execute_fn(
        lambda connection: read_shown(connection, article, flag)
    )
    if shown is None:
        raise ReviewRefused("this verdict is not in the database (any more); open the story anew")
    note = said.get("note", "").replace("\r\n", "\n").strip()
    if len(note) > LONGEST_NOTE:
        raise ReviewRefused(f"a note has {LONGEST_NOTE} characters at the most")
    corrected = corrections(said, shown)
    decision = said.get("decision", "")

    def write(connection: sqlite3.Connection) -> int:
        return decide(connection, shown, reviewer, decision, note=note, corrections=corrected)

    return int(await reviews.execute_write_fn(write))


async def _refusal(
    datasette: Any, request: Any, said: Mapping[str, str], why: str, as_json: bool
) -> Response:
    if as_json:
        return Response.json({"error": why}, status=400)
    context = {"why": why, "there": local_path(said.get("next")), "note": said.get("note", "")}
    page = await datasette.render_template("review_refused.html", context, request=request)
    return Response.html(page, status=400)


async def _done(datasette: Any, request: Any) -> Any:
    """The decision that led to this page, if it is the visitor's own."""
    found = await _reviews(datasette).execute(
        "select *, exists (select 1 from reviews as later where later.withdraws = reviews.id)"
        " as undone from reviews where id = ? and reviewer = ?",
        [_number(request.args.get("done")), request.actor["id"]],
    )
    return found.first()


def _role(request: Any) -> str | None:
    """The visitor's; None for those who did not log in here."""
    return (request.actor or {}).get("role")


def _reviews(datasette: Any) -> Any:
    return datasette.get_database(REVIEWS)


def _number(text: str | None) -> int:
    """A row's number; 0, which no row has, for anything else."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _back(there: str, number: int) -> str:
    """``there`` with ``done=number`` in its query."""
    parts = urlsplit(there)
    query = [pair for pair in parse_qsl(parts.query) if pair[0] != "done"]
    return f"{parts.path}?{urlencode([*query, ('done', str(number))])}#review"
