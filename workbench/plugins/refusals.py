"""What is not answered: requests meant for another host, tables that nobody described, and
questions without sense.

Programs (addresses ending in ``.json``) are told so in JSON.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from datasette import Response, hookimpl
from datasette.database import QueryInterrupted
from datasette.utils import tilde_decode
from datasette.views.base import DatasetteError

from workbench import DATABASE, DATASETTE_1, INDEX, REVIEWS
from workbench.asgi import App, Message, Receive, Send
from workbench.parameters import complaint, whole_number

# A page elsewhere whose name is made to lead to this machine (DNS rebinding) must
# not read along in its visitor's browser.
_THIS_MACHINE = r"localhost|127(\.\d{1,3}){3}|\[::1\]"

# Datasette's pages about itself: they name files, versions and settings.
_INTERNAL = re.compile(
    r"/-/(metadata|config|settings|databases|versions|plugins|threads|actions|permissions|rules"
    r"|check|allowed|allow-debug|allow|messages|patterns|jump|tables|api|create-token|auth-token"
    r"|autocomplete|debug|queries|schema|tasks)(\.[a-z]+)?(/.*)?"
)

# What only 1.0 opens: the search index, to all who may search, and tools for databases and tables.
_ONLY_IN_1 = re.compile(
    rf"/[^/]+/({'|'.join(INDEX)})([./].*)?|/[^/]+(/[^/]+)?/-/(?!query\b).*", re.IGNORECASE
)

LARGEST_FORM = 100_000
"""Bytes. Forms are read into memory whole, before anybody is logged in."""

_SINCE = tuple(f"/{DATABASE}/articles_since.{format}" for format in ("json", "csv"))

_METHODS = ("GET", "HEAD", "OPTIONS", "POST")


@hookimpl  # type: ignore[untyped-decorator]
def forbidden(request: Any, message: str) -> Response | None:
    """Datasette's own answer is a page, also for programs."""
    return _error(403, f"not open to you: {message}") if request.path.endswith(".json") else None


@hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]
def asgi_wrapper(datasette: Any) -> Callable[[App], App]:
    names = datasette.plugin_config("workbench")["names"]
    hosts = re.compile(
        rf"({'|'.join([_THIS_MACHINE, *map(re.escape, names)])})(:\d+)?", re.IGNORECASE
    )
    known = " or ".join(names or ["localhost or 127.0.0.1"])

    def wrap(app: App) -> App:
        async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
            refusal = None
            if scope["type"] == "http":
                asked = [
                    value.decode("latin-1") for name, value in scope["headers"] if name == b"host"
                ]
                if len(asked) == 1 and hosts.fullmatch(asked[0]):
                    refusal = _refusal(scope)
                else:
                    refusal = Response.text(f"The workbench answers only as {known}.\n", status=403)
            if refusal is None:
                await app(scope, receive, send)
            else:
                await refusal.asgi_send(send)

        return wrapped

    return wrap


@hookimpl  # type: ignore[untyped-decorator]
def permission_allowed(datasette: Any, action: str, resource: Any) -> bool | None:
    """What is not described is not open: SQLite's own tables, and those that the search
    index keeps its words in. 1.0 has no such hook; ``monitor/serve.py`` tells it."""
    if action != "view-table":
        return None
    database, table = resource
    described = (datasette.metadata("databases") or {}).get(database, {}).get("tables", {})
    return None if table in described else False


@hookimpl  # type: ignore[untyped-decorator]
def handle_exception(request: Any, exception: Exception) -> Response | None:
    """A question without sense is the visitor's mistake, not the server's; Datasette calls
    some of them an error of its own."""
    if isinstance(exception, DatasetteError) and exception.status == 500:
        exception.status = 400
    # Of these 0.65 makes a DatasetteError.
    about_data = isinstance(exception, QueryInterrupted | sqlite3.OperationalError)
    if DATASETTE_1 and about_data and _of_tables(request.path):
        return _error(400, str(exception) or "that took too long and was stopped")
    return None


def _of_tables(path: str) -> bool:
    return tilde_decode(path.split("/")[1]) in (DATABASE, REVIEWS)


def _refusal(scope: Message) -> Response | None:
    path, method = scope["path"], scope["method"]
    if _INTERNAL.fullmatch(path):
        return _error(403, "not open to you: a page about Datasette itself")
    if DATASETTE_1 and _ONLY_IN_1.fullmatch(tilde_decode(path)):
        return _error(403, "not open to you")
    if "\\" in path:  # browsers take it for a slash, also in an address that we lead to
        return _error(404, "no address here has a backslash")
    of_tables = _of_tables(path)
    if method not in _METHODS or (method == "POST" and of_tables):
        return _error(405, f"nothing here can be asked by {method}")
    if method == "POST":
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        known = length.isdigit() and b"transfer-encoding" not in headers
        if not (known and int(length) <= LARGEST_FORM):
            return _error(413, f"a form has {LARGEST_FORM} bytes at the most, and says how many")
    asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if path in _SINCE and not whole_number(next((it for name, it in asked if name == "seq"), "")):
        return _error(400, "seq must be a whole number: the last one that you got, 0 for all")
    if of_tables and (problem := complaint(asked)):
        return _error(400, problem)
    return None


def _error(status: int, message: str) -> Response:
    """As Datasette's other errors for programs."""
    answer = {"ok": False, "error": message, "status": status, "title": None}
    return Response(json.dumps(answer), status, content_type="application/json; charset=utf-8")
