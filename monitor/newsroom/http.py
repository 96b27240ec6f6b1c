"""A small HTTP/1.1 server for loopback: several addresses, one thread.

``HttpServer`` binds its sockets at once (so that a taken port is known to the
caller), then answers in a thread of its own: keep-alive, HEAD, conditional
requests (RFC 9110 §13), gzip, chunked streams, bodies shorter than their
Content-Length, late answers and connections that break. What to answer is a
plain function from :class:`Request` to :class:`Answer`; it must not block.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gzip
import hashlib
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus

from monitor.newsroom.errors import NewsroomError

MAX_HEAD = 64 * 1024
"""Longest request line and headers, bytes."""


class AddressTaken(NewsroomError, OSError):
    """A port is in use, or an address is not this machine's: one clear line."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``site`` is the place of the address it came in on in the
    server's list; header names are lower-case; ``target`` is path and query."""

    site: int
    method: str
    target: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """One response.

    ``body`` is bytes, or a function that makes the chunks of a stream.
    ``etag`` and ``last_modified`` make it conditional. ``claimed_length`` is
    the Content-Length to send instead of the true one; the connection is
    closed after it. ``delay`` (seconds) holds back this answer, no other.
    ``reset`` breaks the connection off in its stead (recorded as status 0).
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Callable[[], Iterator[bytes]] = b""
    etag: str | None = None
    last_modified: datetime | None = None
    compress: bool = False
    claimed_length: int | None = None
    delay: float = 0.0
    reset: bool = False


def entity_tag(body: bytes) -> str:
    """A strong ETag: the same bytes give the same one."""
    return f'"{hashlib.sha1(body, usedforsecurity=False).hexdigest()[:16]}"'


def http_date(when: datetime) -> str:
    return format_datetime(when.astimezone(UTC), usegmt=True)


def is_fresh(request: Request, answer: Answer) -> bool:
    """Whether the client's copy is still good, so that 304 is the answer.

    If-None-Match wins over If-Modified-Since (RFC 9110 §13.2.2).
    """
    if answer.status != 200 or request.method not in ("GET", "HEAD"):
        return False
    known = request.headers.get("if-none-match")
    if known is not None:
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        return answer.etag is not None and (answer.etag in tags or "*" in tags)
    since = request.headers.get("if-modified-since")
    if since is None or answer.last_modified is None:
        return False
    try:
        return answer.last_modified.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises :class:`AddressTaken`."""
    # asyncio switches Nagle's delay off only for sockets that name their protocol.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(128)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            taken = AddressTaken(
                f"port {port} on {host} is taken: stop what uses it or choose another port"
            )
        else:
            taken = AddressTaken(f"cannot listen on {host} port {port}: {error.strerror}")
        taken.errno = error.errno
        raise taken from error
    except OverflowError as error:
        sock.close()
        raise AddressTaken(f"port {port}: expected a number from 0 to 65535") from error
    return sock


class HttpServer:
    """Serves ``respond`` on ``sockets`` in a thread until :meth:`stop`.

    ``record`` is called once per request with the answer as sent and the
    number of body bytes: before the answer leaves, so that whoever has it finds
    it recorded; a stream is when it has ended (or its client has gone).
    """

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        respond: Callable[[Request], Answer],
        record: Callable[[Request, int, int], None] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._sockets = sockets
        self._respond = respond
        self._record = record or (lambda *_: None)
        self._now = now
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="newsroom", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Closes every connection and returns when the thread has ended."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        servers = [
            await asyncio.start_server(self._client(site), sock=sock, limit=MAX_HEAD)
            for site, sock in enumerate(self._sockets)
        ]
        self._ready.set()
        await self._end.wait()
        for server in servers:
            server.close()
        for writer in self._open:
            writer.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _client(
        self, site: int
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], asyncio.Task[None]]:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._open.add(writer)
            try:
                while await self._exchange(site, reader, writer):
                    pass
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                pass
            finally:
                self._open.discard(writer)
                writer.close()

        return lambda reader, writer: self._loop.create_task(talk(reader, writer))

    async def _exchange(
        self, site: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answers one request; False when the connection ends with it."""
        head = await reader.readuntil(b"\r\n\r\n")
        request, version = parse_head(site, head)
        if request is None:
            writer.write(
                b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            await writer.drain()
            return False
        await reader.readexactly(min(int(request.headers.get("content-length", "0")), MAX_HEAD))
        if request.method in ("GET", "HEAD"):
            answer = self._respond(request)
        else:
            answer = Answer(405, {"Allow": "GET, HEAD"})
        await asyncio.sleep(answer.delay)
        if answer.reset:
            self._record(request, 0, 0)
            _reset(writer)
            return False
        keep = (
            version == "HTTP/1.1"
            and request.headers.get("connection", "").lower() != "close"
            and answer.claimed_length is None
        )
        await self._send(request, answer, writer, keep=keep)
        return keep

    async def _send(
        self, request: Request, answer: Answer, writer: asyncio.StreamWriter, *, keep: bool
    ) -> None:
        status, body = answer.status, answer.body
        headers = {"Date": http_date(self._now()), **answer.headers}
        if answer.etag:
            headers["ETag"] = answer.etag
        if answer.last_modified:
            headers["Last-Modified"] = http_date(answer.last_modified)
        if is_fresh(request, answer):
            status, body = 304, b""
            headers.pop("Content-Type", None)
        elif answer.compress and isinstance(body, bytes):
            headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("accept-encoding", ""):
                body = gzip.compress(body, mtime=0)
                headers["Content-Encoding"] = "gzip"
        if not isinstance(body, bytes):
            headers["Transfer-Encoding"] = "chunked"
        elif status != 304:
            headers["Content-Length"] = str(answer.claimed_length or len(body))
        headers["Connection"] = "keep-alive" if keep else "close"
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in headers.items()
        )
        start = head.encode("latin-1") + b"\r\n"
        if request.method == "HEAD":
            self._record(request, status, 0)
            writer.write(start)
        elif isinstance(body, bytes):
            self._record(request, status, len(body))
            writer.write(start + body)
        else:
            writer.write(start)
            await self._stream(request, status, body(), writer)
        await writer.drain()

    async def _stream(
        self, request: Request, status: int, chunks: Iterable[bytes], writer: asyncio.StreamWriter
    ) -> None:
        sent = 0
        try:
            for chunk in chunks:
                writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
                await writer.drain()
                sent += len(chunk)
            writer.write(b"0\r\n\r\n")
        finally:
            self._record(request, status, sent)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Ends the connection with RST: closing a socket does so when it must not linger."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def parse_head(site: int, head: bytes) -> tuple[Request | None, str]:
    """The request line and headers as a request (None when malformed) and the version."""
    lines = head.decode("latin-1").split("\r\n")
    with contextlib.suppress(ValueError):
        method, target, version = lines[0].split(" ")
        headers = {}
        for line in filter(None, lines[1:]):
            name, value = line.split(":", 1)
            headers[name.strip().lower()] = value.strip()
        if headers.get("content-length", "0").isdigit() and target.startswith("/"):
            return Request(site, method, target, headers), version
    return None, ""
