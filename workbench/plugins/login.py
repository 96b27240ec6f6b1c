"""Logging in, and the cookies of those who are.

Own, and not datasette-auth-passwords, whose hashes it shares: that keeps its
users in the metadata (a restart for each change, public by default), checks a
password on the event loop (everybody waits), tells known names by its timing,
and lets HTTP Basic try passwords without end.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from datasette import Response, hookimpl
from itsdangerous import BadSignature

from workbench import DATASETTE_1
from workbench.accounts import Accounts, actor, local_path, session
from workbench.asgi import App, Headers, Message, with_headers

COOKIE = "ds_actor"
NAMESPACE = "workbench-session"
"""Not Datasette's own: what it signs as an actor is none here."""

_LONGEST = 1000
"""Characters of a name or password; more are not worth hashing."""

_accounts: WeakKeyDictionary[Any, Accounts] = WeakKeyDictionary()


def accounts(datasette: Any) -> Accounts:
    """The accounts of this Datasette."""
    if datasette not in _accounts:
        _accounts[datasette] = Accounts(Path(datasette.plugin_config("workbench")["users"]))
    return _accounts[datasette]


@hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]
def actor_from_request(datasette: Any, request: Any) -> dict[str, str] | None:
    try:
        said = datasette.unsign(request.cookies.get(COOKIE, ""), NAMESPACE)
    except BadSignature:
        return None
    return actor(said, accounts(datasette).users(), time.time())


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/-/login$", login)]


async def login(request: Any, datasette: Any) -> Response:
    known = accounts(datasette)
    if request.method != "POST":
        there = local_path(request.args.get("next"))
        return Response.redirect(there) if request.actor else await _form(datasette, request, there)
    said = await request.post_vars()
    there = local_path(said.get("next"))
    # Without any cookie the token of the form has not been checked; 1.0 goes by the origin.
    if not request.cookies and not DATASETTE_1:
        return await _form(datasette, request, there, "Your browser must accept cookies.", 400)
    name, password = said.get("username", "").strip(), said.get("password", "")
    if max(len(name), len(password)) > _LONGEST:
        return await _form(datasette, request, there, "That is too long.", 400)
    keys = f"name {name}", f"address {(request.scope.get('client') or [''])[0]}"
    if wait := known.throttle.wait(*keys):
        minutes = math.ceil(wait / 60)
        problem = f"Too many tries. Wait {minutes} minute{'s' if minutes > 1 else ''}."
        answer = await _form(datasette, request, there, problem, 429)
        answer.headers["retry-after"] = str(math.ceil(wait))
        return answer
    # A fifth of a second of arithmetic: others must not wait for it.
    user = await asyncio.to_thread(known.check, name, password)
    if user is None:
        return await _form(datasette, request, there, "Name or password is wrong.", 403)
    known.throttle.forget(*keys)
    answer = Response.redirect(there)
    answer.set_cookie(COOKIE, datasette.sign(session(user, time.time()), NAMESPACE))
    return answer


async def _form(
    datasette: Any, request: Any, there: str, problem: str = "", status: int = 200
) -> Response:
    context = {"there": there, "problem": problem, "anybody": bool(accounts(datasette).users())}
    page = await datasette.render_template("login.html", context, request=request)
    return Response.html(page, status=status)


@hookimpl  # type: ignore[untyped-decorator]
def asgi_wrapper() -> Callable[[App], App]:
    return lambda app: with_headers(app, _guarded)


def _guarded(scope: Message, headers: Headers) -> Headers:
    """Cookies that no script reads, no other site sends and, over TLS, no plain connection
    carries; no cache keeps what somebody with a session was shown."""
    sent = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    private = f"{COOKIE}=".encode() in sent
    guarded = []
    for name, value in headers:
        if name.lower() == b"set-cookie":
            for flag in (b"HttpOnly", b"SameSite=Lax", *[b"Secure"] * (scope["scheme"] == "https")):
                if flag.partition(b"=")[0].lower() not in _flags(value):
                    value += b"; " + flag
        if not (private and name.lower() == b"cache-control"):
            guarded.append((name, value))
    if private:
        guarded.append((b"cache-control", b"private, no-store"))
    return guarded


def _flags(cookie: bytes) -> set[bytes]:
    return {part.strip().partition(b"=")[0].lower() for part in cookie.split(b";")[1:]}
