"""A web site that answers as a test says, and a crawl over it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

STORY = "<html lang='en'><title>{0}</title><article><h1>{0}</h1>" + (
    "<p>The river rose by two metres overnight and the ferry stayed in port, {0} said.</p>" * 4
)


@dataclass
class Answer:
    """``etag`` makes the answer conditional: 304 for whoever has it."""

    body: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""


class ScriptedSite:
    """``pages`` by path; a story page for ``/a/NAME`` without being told; else 404.
    ``log`` has (seconds, path, status), ``headers`` what each request came with,
    ``asked`` is released at each answer."""

    def __init__(self, pages: dict[str, Answer]) -> None:
        self.pages = pages
        self.log: list[tuple[float, str, int]] = []
        self.headers: list[Mapping[str, str]] = []
        self.asked = threading.Semaphore(0)
        self.base = ""

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.log if path != "/robots.txt"]

    def answer(self, path: str, known: str | None) -> tuple[int, Mapping[str, str], str]:
        default = Answer(STORY.format(path[3:])) if path.startswith("/a/") else Answer(status=404)
        answer = self.pages.get(path, default)
        headers = {"Content-Type": "text/html; charset=utf-8", **answer.headers}
        if answer.etag:
            headers["ETag"] = answer.etag
            if known == answer.etag:
                return 304, headers, ""
        return answer.status, headers, answer.body.replace("{base}", self.base)


@contextmanager
def serving(pages: dict[str, Answer], *, host: str = "127.0.0.1") -> Iterator[ScriptedSite]:
    site = ScriptedSite(pages)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, body = site.answer(self.path, self.headers.get("If-None-Match"))
            site.headers.append(dict(self.headers))
            site.log.append((time.monotonic(), self.path, status))
            content = body.encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            site.asked.release()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((host, 0), Handler) as server:
        site.base = f"http://{host}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


def write_outlet(
    folder: Path, slug: str, site: ScriptedSite, *sources: tuple[str, str], extra: str = ""
) -> None:
    folder.mkdir(exist_ok=True)
    lines = [
        f'name = "{slug}"\nhomepage = "{site.base}/"\ncountry = "KH"\nlanguages = ["en"]',
        f"kind = \"news\"\narticle_url = '^{site.base}/a/'",
        extra or "delay = 0",
        *(f'[[sources]]\nkind = "{kind}"\nurl = "{site.base}{path}"' for kind, path in sources),
    ]
    (folder / f"{slug}.toml").write_text("\n".join(lines), encoding="utf-8")


def crawl_command(folder: Path, *options: str) -> list[str]:
    command = [sys.executable, "-m", "monitor.cli", "crawl", "--json"]
    where = ["--outlets", str(folder / "outlets"), "--db", str(folder / "monitor.db")]
    return [*command, *where, *options]


def crawl(folder: Path, *options: str) -> dict[str, dict[str, Any]]:
    """The night's rows by outlet."""
    done = subprocess.run(
        crawl_command(folder, *options), capture_output=True, text=True, timeout=90, check=False
    )
    assert done.stdout, done.stderr
    return {row["outlet"]: row for row in json.loads(done.stdout)}


def feed(*names: str, at: str = "", folder: str = "/a/") -> str:
    """``at``: the date of all items (RFC 5322); ``folder``: the path of their stories."""
    items = "".join(
        f"<item><title>{name}</title><link>{{base}}{folder}{name}</link><pubDate>{at}</pubDate></item>"
        for name in names
    )
    return f'<rss version="2.0"><channel><title>N</title>{items}</channel></rss>'


def urlset(*rows: tuple[str, str]) -> str:
    items = "".join(f"<url><loc>{loc}</loc><lastmod>{at}</lastmod></url>" for loc, at in rows)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{items}</urlset>'


def index(*names: str) -> str:
    items = "".join(f"<sitemap><loc>{{base}}{name}</loc></sitemap>" for name in names)
    return (
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{items}</sitemapindex>'
    )
