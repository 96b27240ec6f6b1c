"""ASGI as the plugins wrap it: its types, and answers whose headers are changed on their way out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]
"""Names may be in upper or lower case."""


def with_headers(app: App, change: Callable[[Message, Headers], Headers]) -> App:
    """``app`` with the headers of its HTTP answers as ``change`` makes them of the request's
    scope and the headers so far."""

    async def wrapped(scope: Message, receive: Receive, send: Send) -> None:
        async def send_changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = change(scope, message.get("headers", []))
                message = {**message, "headers": list(headers)}
            await send(message)

        await app(scope, receive, send_changed if scope["type"] == "http" else send)

    return wrapped
