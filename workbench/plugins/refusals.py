"""What is not answered: requests meant for another host, and questions without sense.

Programs (addresses ending in ``.json``) are told so in JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from datasette import Response, hookimpl

from workbench import DATABASE

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

# There is no login: a page elsewhere whose name is made to lead to this machine
# (DNS rebinding) must not read along in its visitor's browser.
_THIS_MACHINE = re.compile(rb"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?", re.IGNORECASE)

_SINCE = tuple(f"/{DATABASE}/articles_since.{format}" for format in ("json", "csv"))
_WHOLE_NUMBER = re.compile(r"-?[0-9]+")


@hookimpl  # type: ignore[untyped-decorator]
def forbidden(request: Any, message: str) -> Response | None:
    """Datasette's own answer is a page, also for programs."""
    return _error(403, f"not open to you: {message}") if request.path.endswith(".json") else None


@hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]
def asgi_wrapper() -> Callable[[App], App]:
    return _wrap


def _wrap(app: App) -> App:
    async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
        refusal = _refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await app(scope, receive, send)
        else:
            await refusal.asgi_send(send)

    return wrapped


def _refusal(scope: Message) -> Response | None:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1 or not _THIS_MACHINE.fullmatch(hosts[0]):
        return Response.text("The workbench answers only as localhost or 127.0.0.1.\n", status=403)
    if scope["path"] in _SINCE:
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("seq", [""])[0]
        if not _WHOLE_NUMBER.fullmatch(asked):
            return _error(400, "seq must be a whole number: the last one that you got, 0 for all")
    return None


def _error(status: int, message: str) -> Response:
    """As Datasette's other errors for programs."""
    answer = {"ok": False, "error": message, "status": status, "title": None}
    return Response(json.dumps(answer), status, content_type="application/json; charset=utf-8")
