"""Serve stored pages as a news site: ``python bench/replay.py DIR|WARC… [--outlets DIR]``.

Takes folders of ``.html`` and ``.html.gz`` files (searched recursively) and
WARC files, and serves every page on loopback under its real path, bytes and
charset untouched, with robots.txt, an RSS feed and a sitemap index. So a crawl
can be tried on real pages without touching the sites that they came from:

    python bench/replay.py pages/ --outlets replayed/
    monitor crawl --outlets replayed/ --db replayed.db

The path of a file is that of its canonical or ``og:url`` link, else its file
name. Where pages of several hosts mix, the host comes first in the path.
"""

from __future__ import annotations

import argparse
import gzip
import html
import json
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Self
from urllib.parse import quote, unquote, urljoin, urlsplit
from xml.sax.saxutils import escape

from warcio.archiveiterator import ArchiveIterator

from monitor.newsroom.http import AddressTaken, Answer, HttpServer, Request, listen
from monitor.newsroom.sources import sitemap, sitemap_index

PER_SITEMAP = 1000
HEAD = 512 * 1024
"""Bytes of a page searched for its address; some pages put 200 kB of script first."""

_TAG = re.compile(rb"<(?:link|meta)\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""")
_TITLE = re.compile(rb"<title[^>]*>([^<]*)", re.IGNORECASE)
_PUBLISHED = re.compile(
    rb"""(?:article:published_time|datePublished)["'\s:=]*(?:content=["'])?(\d{4}-\d\d-\d\d)"""
)


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page and where it lies: a file, or the record at ``offset`` of a WARC.

    ``url`` is its real address (None when it does not say), ``published`` its
    day, ``content_type`` the header to send.
    """

    file: Path
    url: str | None
    title: str
    published: datetime | None
    content_type: str = "text/html"
    offset: int | None = None

    def body(self) -> bytes:
        if self.offset is None:
            return _file_bytes(self.file)
        with self.file.open("rb") as stream:
            stream.seek(self.offset)
            record = next(iter(ArchiveIterator(stream)))
            return bytes(record.content_stream().read())


class Replay:
    """Serves the stored pages of ``sources`` on ``host`` (an address of loopback) while it
    is open.

    A context manager. ``pages`` maps each path (decoded, with its query) to
    its page; ``requested`` lists the targets that were asked for.
    """

    def __init__(
        self, sources: Sequence[Path], port: int = 0, newest: int = 20, host: str = "127.0.0.1"
    ) -> None:
        self.pages = routes(found for source in sources for found in stored_pages(source))
        self.requested: list[str] = []
        self._newest = newest
        self._socket = listen(host, port)
        host, port = self._socket.getsockname()
        self.base_url = f"http://{host}:{port}"
        self._server = HttpServer([self._socket], self._respond)
        self._files = self._site_files()

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.stop()

    def outlet_toml(self, directory: Path, slug: str = "replay") -> Path:
        """Writes the outlet file (see ``monitor.outlets``) for this site."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"{slug}.toml"
        # More than one language: then none is declared for a page, and delay 0
        # because loopback needs no rest.
        lines = [
            f"name = {json.dumps('Replay of ' + slug)}",
            f'homepage = "{self.base_url}/"',
            'country = "ZZ"',
            'languages = ["mul", "und"]',
            'kind = "news"',
            "delay = 0.0",
            'notes = "Stored pages, served by bench/replay.py."',
        ]
        for kind, name in (("feed", "feed.xml"), ("sitemap", "sitemap.xml")):
            lines += ["", "[[sources]]", f'kind = "{kind}"', f'url = "{self.base_url}/{name}"']
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def address(self, path: str) -> str:
        """The live address of a path of :attr:`pages`."""
        return self.base_url + quote(path, safe="/?&=:,;+@!$*'()~")

    def _respond(self, request: Request) -> Answer:
        self.requested.append(request.target)
        if request.target in self._files:
            kind, body = self._files[request.target]
            return Answer(200, {"Content-Type": kind}, body)
        page = self.pages.get(unquote(request.target))
        if page is None:
            return Answer(404, {"Content-Type": "text/plain"}, b"not stored\n")
        return Answer(200, {"Content-Type": page.content_type}, page.body())

    def _site_files(self) -> dict[str, tuple[str, bytes]]:
        parts = [
            list(self.pages)[start : start + PER_SITEMAP]
            for start in range(0, len(self.pages), PER_SITEMAP)
        ]
        names = [f"/sitemap-{number}.xml" for number in range(1, len(parts) + 1)]
        files = {
            name: ("application/xml", sitemap([(self.address(path), None) for path in part]))
            for name, part in zip(names, parts, strict=True)
        }
        index = sitemap_index([(self.base_url + name, None) for name in names])
        robots = f"User-agent: *\nDisallow:\nSitemap: {self.base_url}/sitemap.xml\n".encode()
        home = f"<!DOCTYPE html><title>Replay</title><p>{len(self.pages)} stored pages.".encode()
        return {
            **files,
            "/sitemap.xml": ("application/xml", index),
            "/feed.xml": ("application/rss+xml", self._feed()),
            "/robots.txt": ("text/plain", robots),
            "/": ("text/html", home),
        }

    def _feed(self) -> bytes:
        """RSS of the newest pages; those without a day come last."""
        oldest = datetime.min.replace(tzinfo=UTC)
        newest = sorted(
            self.pages.items(), key=lambda item: item[1].published or oldest, reverse=True
        )
        items = "".join(
            f"<item><title>{escape(page.title)}</title><link>{escape(self.address(path))}</link>"
            + (f"<pubDate>{format_datetime(page.published)}</pubDate>" if page.published else "")
            + "</item>\n"
            for path, page in newest[: self._newest]
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
            f"<title>Replay</title><link>{self.base_url}/</link>\n{items}</channel></rss>\n"
        ).encode()


def stored_pages(source: Path) -> Iterator[StoredPage]:
    """The pages of a folder, of one page file or of one WARC file."""
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            if path.is_file() and _is_page_or_warc(path):
                yield from stored_pages(path)
    elif source.name.endswith((".warc", ".warc.gz")):
        yield from _warc_pages(source)
    else:
        head = _file_bytes(source)[:HEAD]
        yield StoredPage(source, own_address(head), _title(head), _published(head))


def routes(pages: Iterable[StoredPage]) -> dict[str, StoredPage]:
    """A path for each page, decoded; file names where the real one is unknown or taken."""
    pages = list(pages)
    hosts = {urlsplit(page.url).netloc for page in pages if page.url}
    found: dict[str, StoredPage] = {}
    for page in pages:
        path = _real_path(page.url, with_host=len(hosts) > 1) if page.url else None
        if path is None or path in found:
            path = _name_path(page)
        found[path] = page
    return found


def own_address(head: bytes) -> str | None:
    """The absolute address that a page gives for itself: canonical link, else og:url."""
    said: dict[str, str] = {}
    for tag in _TAG.findall(head):
        attributes = {
            name.lower(): html.unescape((a or b or c).decode("utf-8", "replace")).strip()
            for name, a, b, c in _ATTRIBUTE.findall(tag)
        }
        if attributes.get(b"rel", "").lower() == "canonical":
            said.setdefault("canonical", attributes.get(b"href", ""))
        elif "og:url" in (attributes.get(b"property"), attributes.get(b"name")):
            said.setdefault("og:url", attributes.get(b"content", ""))
    base = said.get("og:url", "")
    for address in (urljoin(base, said.get("canonical", "")), base):
        try:
            parts = urlsplit(address)
        except ValueError:
            continue
        if parts.scheme in ("http", "https") and parts.netloc:
            return address
    return None


def _real_path(url: str, *, with_host: bool) -> str | None:
    """None for an address without a path: a home page is no article's address."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    if path in ("", "/") and not parts.query:
        return None
    query = f"?{unquote(parts.query)}" if parts.query else ""
    return (f"/{parts.netloc}" if with_host else "") + (path or "/") + query


def _name_path(page: StoredPage) -> str:
    name = page.file.name.removesuffix(".gz")
    return f"/stored/{name}" if page.offset is None else f"/stored/{name}/{page.offset}"


def _warc_pages(file: Path) -> Iterator[StoredPage]:
    with file.open("rb") as stream:
        records = ArchiveIterator(stream)
        for record in records:
            if record.rec_type != "response" or record.http_headers is None:
                continue
            kind = record.http_headers.get_header("Content-Type") or "text/html"
            if record.http_headers.get_statuscode() != "200" or "html" not in kind.lower():
                continue
            head = record.content_stream().read(HEAD)
            url = record.rec_headers.get_header("WARC-Target-URI")
            # Asking for the offset reads the record to its end: the head must be taken first.
            yield StoredPage(
                file, url, _title(head), _published(head), kind, records.get_record_offset()
            )


def _is_page_or_warc(path: Path) -> bool:
    return path.name.endswith((".html", ".htm", ".html.gz", ".htm.gz", ".warc", ".warc.gz"))


def _file_bytes(path: Path) -> bytes:
    body = path.read_bytes()
    return gzip.decompress(body) if path.name.endswith(".gz") else body


def _title(head: bytes) -> str:
    found = _TITLE.search(head)
    text = html.unescape(found[1].decode("utf-8", "replace")) if found else ""
    # XML 1.0 knows no control characters.
    return " ".join(re.sub(r"[\x00-\x1f\ufffe\uffff]", " ", text).split()) or "Untitled"


def _published(head: bytes) -> datetime | None:
    found = _PUBLISHED.search(head)
    try:
        return datetime.fromisoformat(found[1].decode()).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Serve stored pages as a news site.")
    parser.add_argument("sources", nargs="+", type=Path, metavar="DIR|WARC")
    parser.add_argument("--port", type=int, default=0, help="0 (default): a free one")
    parser.add_argument("--newest", type=int, default=20, metavar="N", help="entries in the feed")
    parser.add_argument("--outlets", type=Path, metavar="DIR", help="write the outlet file there")
    parser.add_argument("--slug", default="replay", help="name of the outlet file")
    options = parser.parse_args(arguments)
    missing = [source for source in options.sources if not source.exists()]
    if missing:
        print(f"replay: {missing[0]} does not exist", file=sys.stderr)
        return 2
    try:
        with Replay(options.sources, options.port, options.newest) as replay:
            print(f"{replay.base_url}/  {len(replay.pages)} pages", flush=True)
            if options.outlets:
                print(f"outlet file: {replay.outlet_toml(options.outlets, options.slug)}")
            print("Stop with Ctrl-C.", flush=True)
            threading.Event().wait()
    except AddressTaken as error:
        print(f"replay: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
