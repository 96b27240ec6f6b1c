"""The newsroom: all sites on their hosts, a log of every request, night after night."""

from __future__ import annotations

import errno
import json
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TextIO
from urllib.parse import urlsplit

from monitor.newsroom import wild
from monitor.newsroom.edition import Edition, good_page, publish
from monitor.newsroom.http import AddressTaken, Answer, HttpServer, Request, listen
from monitor.newsroom.manners import load_sites
from monitor.newsroom.outlet_files import outlet_file
from monitor.newsroom.sites import Site
from monitor.newsroom.troubled_answers import troubled_answer
from monitor.newsroom.troubles import restyled

_TRIES = 20
"""A port that is free on one host may be in use on another: so many are tried."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Hit:
    """One request as the server saw it.

    ``monotonic`` is in seconds, for distances between requests; ``at`` is the
    newsroom's clock, in UTC. ``path`` carries the query. ``status`` is 0 where
    the connection was reset. ``size`` counts the body bytes sent, after compression.
    """

    monotonic: float
    at: datetime
    site: str
    host: str
    method: str
    path: str
    status: int
    size: int
    user_agent: str
    if_none_match: str | None
    if_modified_since: str | None


class Newsroom:
    """Serves the sites of ``sites_dir`` (the bundled ones), or ``sites``, while it is open.

    A context manager. ``port`` is the same on every host; 0 chooses a free
    one. Where only 127.0.0.1 exists (macOS), or with ``one_host``, each site
    gets a port of its own instead, counted up from ``port``. Setting ``night``
    to 2 publishes the second night at once; the sites of a season know more of
    them. ``clock`` dates the log and ends rate limits. ``log_file`` gets one
    JSON object a request, too.

    Raises :class:`SiteError` when a site cannot be read and, on entry,
    :class:`AddressTaken` when a port is in use; both are NewsroomErrors.
    """

    def __init__(
        self,
        sites_dir: Path | None = None,
        night: int = 1,
        port: int = 0,
        clock: Callable[[], datetime] = utc_now,
        *,
        sites: Mapping[str, Site] | None = None,
        one_host: bool = False,
        log_file: Path | None = None,
    ) -> None:
        self.sites: Mapping[str, Site] = sites or load_sites(sites_dir)
        self.night = night
        self._port = port
        self._clock = clock
        self._one_host = one_host
        self._log_path = log_file
        self._log_file: TextIO | None = None
        self._slugs = sorted(self.sites, key=lambda slug: self.sites[slug].host)
        self._hits: list[Hit] = []
        self._visits = {slug: wild.Visits() for slug in self.sites}
        self._editions: dict[tuple[str, int], Edition] = {}
        self._sockets: list[socket.socket] = []
        self._server: HttpServer | None = None
        self._bases: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._sockets = self._bind()
        for slug, sock in zip(self._slugs, self._sockets, strict=True):
            host, port = sock.getsockname()
            self._bases[slug] = f"http://{host}:{port}"
        if self._log_path:
            self._log_file = self._log_path.open("a", encoding="utf-8", buffering=1)
        self._server = HttpServer(self._sockets, self._respond, self._record, self._clock)
        self._server.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._server:
            self._server.stop()
        if self._log_file:
            self._log_file.close()

    @property
    def log(self) -> list[Hit]:
        """Every request so far, in order of its answer."""
        return list(self._hits)

    def base_url(self, slug: str) -> str:
        """The live address of a site, without a slash at its end."""
        return self._bases[slug]

    def edition(self, slug: str, night: int | None = None) -> Edition:
        """All answers of a site on a night (by default the present one)."""
        night = self.night if night is None else night
        key = slug, night
        if key not in self._editions:
            site = restyled(self.sites[slug], night)
            self._editions[key] = publish(site, self.base_url(slug), night)
        return self._editions[key]

    def outlets_toml(self, directory: Path) -> list[Path]:
        """Writes one outlet file per site, with live addresses, into ``directory``."""
        directory.mkdir(parents=True, exist_ok=True)
        written = []
        for slug, site in sorted(self.sites.items()):
            path = directory / f"{slug}.toml"
            path.write_text(outlet_file(site, self.base_url(slug)), encoding="utf-8")
            written.append(path)
        return written

    def _respond(self, request: Request) -> Answer:
        slug = self._slugs[request.site]
        edition = self.edition(slug)
        path = urlsplit(request.target).path
        for page in self.sites[slug].wild:
            if path in (page.path, page.path + "/again"):

                def good(body: bytes, when: datetime = page.story.published) -> Answer:
                    return good_page(edition.pages, body, when)

                now = self._clock()
                return wild.answer(page, path, edition.pages, good, self._visits[slug], now)
        return troubled_answer(self.sites[slug], edition, self.night, request.target)

    def _record(self, request: Request, status: int, size: int) -> None:
        hit = Hit(
            monotonic=time.monotonic(),
            at=self._clock(),
            site=self._slugs[request.site],
            host=self._netloc(request.site),
            method=request.method,
            path=request.target,
            status=status,
            size=size,
            user_agent=request.headers.get("user-agent", ""),
            if_none_match=request.headers.get("if-none-match"),
            if_modified_since=request.headers.get("if-modified-since"),
        )
        self._hits.append(hit)
        if self._log_file:
            line = {**asdict(hit), "at": hit.at.isoformat()}
            self._log_file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _netloc(self, site: int) -> str:
        return urlsplit(self._bases[self._slugs[site]]).netloc

    def _bind(self) -> list[socket.socket]:
        if self._one_host:
            return self._bind_ports()
        for last in range(_TRIES, 0, -1):
            try:
                return self._bind_hosts()
            except AddressTaken as error:
                if error.errno == errno.EADDRNOTAVAIL:
                    return self._bind_ports()
                if self._port or last == 1:
                    raise
        raise AssertionError("unreachable")

    def _bind_hosts(self) -> list[socket.socket]:
        """One host a site, one port on all of them."""
        port = self._port
        return self._bind_each(lambda n, first: (self._host(n), port or first))

    def _bind_ports(self) -> list[socket.socket]:
        """127.0.0.1, one port a site."""
        port = self._port
        return self._bind_each(lambda n, _: ("127.0.0.1", port + n if port else 0))

    def _host(self, number: int) -> str:
        return f"127.0.0.{self.sites[self._slugs[number]].host}"

    def _bind_each(self, place: Callable[[int, int], tuple[str, int]]) -> list[socket.socket]:
        sockets: list[socket.socket] = []
        try:
            for number in range(len(self._slugs)):
                first = sockets[0].getsockname()[1] if sockets else 0
                sockets.append(listen(*place(number, first)))
        except AddressTaken:
            for sock in sockets:
                sock.close()
            raise
        return sockets


def announce(newsroom: Newsroom, out: TextIO = sys.stdout) -> None:
    """Prints the address of every site, and its troubles."""
    for slug, site in newsroom.sites.items():
        line = f"{newsroom.base_url(slug)}/  {site.name} ({site.language})"
        print(": ".join([line, *map(str, site.troubles)]), file=out)
