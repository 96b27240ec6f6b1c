"""Around every request: privacy and safety headers, and a search box that may be empty or
find a great many."""

from __future__ import annotations

import re
from collections.abc import Callable

from datasette import hookimpl

from workbench import DATABASE
from workbench.asgi import App, Headers, Message, Receive, Send, with_headers

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
    async def asked(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            query = without_empty_search(scope.get("query_string", b""))
            query = in_order_of_arrival(scope["path"], query)
            scope = {**scope, "query_string": query}
        await app(scope, receive, send)

    return with_headers(asked, _with_ours)


def _with_ours(_: Message, headers: Headers) -> Headers:
    present = {name.lower() for name, _ in headers}
    return [*headers, *(header for header in HEADERS if header[0] not in present)]
