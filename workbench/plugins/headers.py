"""Around every request: privacy and safety headers, and a search box that may be empty or
find a great many."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from datasette import hookimpl

from workbench import DATABASE

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

HEADERS = (
    # Following a link must not tell an outlet who reads about it.
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    # Nothing from elsewhere is ever loaded, whatever an article's text contains.
    # Datasette's own pages have inline scripts and styles.
    (
        b"content-security-policy",
        b"default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
        b" img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self';"
        b" frame-ancestors 'none'",
    ),
)

_ARTICLES = tuple(f"/{DATABASE}/articles.{format}" for format in ("json", "csv"))
_SEARCHES = re.compile(rb"(?:^|&)_search=")
_SORTS = re.compile(rb"(?:^|&)_sort(?:_desc)?=")
_EMPTY_SEARCH = re.compile(rb"(?:^|(?<=&))_search=\+*(?:&|$)")


def without_empty_search(query: bytes) -> bytes:
    """A query string without a blank ``_search=``: no words ask for every article.

    A form sends the box even when it is empty, and no article matches no words.
    """
    return _EMPTY_SEARCH.sub(b"", query).removesuffix(b"&")


def in_order_of_arrival(path: str, query: bytes) -> bytes:
    """A program's search with an order if it asks for none: the last to arrive first. To sort
    by date all 150,000 articles that have a frequent word would take seconds."""
    if path in _ARTICLES and _SEARCHES.search(query) and not _SORTS.search(query):
        return query + b"&_sort_desc=id"
    return query


@hookimpl  # type: ignore[untyped-decorator]
def asgi_wrapper() -> Callable[[App], App]:
    return _wrap


def _wrap(app: App) -> App:
    async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message.get("headers", [])}
                added = [list(header) for header in HEADERS if header[0] not in present]
                message = {**message, "headers": [*message.get("headers", []), *added]}
            await send(message)

        query = without_empty_search(scope.get("query_string", b""))
        query = in_order_of_arrival(scope["path"], query)
        await app({**scope, "query_string": query}, receive, send_with_headers)

    return wrapped
