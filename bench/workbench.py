"""How fast the workbench answers over a large database, beside stock Datasette.

    python -m bench.workbench DB [--articles 1000000] [--times 40] [--only WORD]

Makes ``DB`` with :mod:`bench.synthetic` if it is not there. Serves it with ``monitor serve``,
then with Datasette alone (no plugins, templates or settings), each in a process of its own, and
asks each page over HTTP: once, then ``--times`` times, with another story or number each time
where the page has one; each of these was asked for once before, so that none waits for the disk.
Prints milliseconds of the first answer, the median and 95th percentile of the others, and the
processor's time of one answer, which a machine with nothing else to do takes. Ends with 1 when a
page misses its target.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx

from bench.processes import cpu_seconds
from bench.serving import PASSWORD, log_in, monitor_serve, serving
from bench.synthetic import fill
from monitor.users import User, hash_password, users_path, write_users

PAGE_MS = 200
API_MS = 20
ANALYST = "bench"


@dataclass(frozen=True)
class Page:
    """``path`` may have ``{story}`` (the number of a flagged article) and ``{seq}``.
    ``most`` is the target: milliseconds of the 95th percentile, None where there is none."""

    name: str
    path: str
    most: int | None = PAGE_MS


def _search(name: str, query: str) -> Page:
    return Page(f"search: {name}", f"/search?{query}")


API = "seq__gt={seq}&_sort=seq&_size=100&_shape=array"
PAGES = [
    Page("home", "/"),
    Page("picture", "/picture"),
    Page("picture: a year", "/picture?period=year"),
    Page("picture: all", "/picture?period=all"),
    Page("outlets", "/outlets"),
    Page("queue", "/-/queue"),
    Page("queue: newest first", "/-/queue?sort=newest"),
    Page(
        "queue: one language, a year", "/-/queue?language=th&from_day=2025-01-01&to_day=2025-12-31"
    ),
    Page("queue: from and to", "/-/queue?sending=TH&receiving=KH"),
    Page("queue: decided", "/-/queue?show=decided"),
    Page("story", "/monitor/articles/{story}"),
    Page("articles", "/monitor/articles"),
    Page("articles: by score", "/monitor/articles?_sort_desc=score"),
    Page("articles: flagged", "/monitor/articles?flagged=1"),
    Page(
        "articles: flagged incidents, by score",
        "/monitor/articles?flagged=1&story_type=incident&_sort_desc=score",
    ),
    Page("articles: one language", "/monitor/articles?language=th"),
    Page("articles: one outlet", "/monitor/articles?outlet=outlet-7"),
    Page(
        "articles: a month",
        "/monitor/articles?published_at__gte=2025-03-01&published_at__lt=2025-04-01",
    ),
    Page("articles: sent by Thailand", "/monitor/articles?flagged=1&sending__arraycontains=TH"),
    Page("API: a frequent word", "/monitor/articles.json?_search=police&_shape=array"),
    Page("all tables", "/monitor"),
    *(
        Page(f"table {name}", f"/monitor/{name}")
        for name in (
            "crawls",
            "flags",
            "hosts",
            "matches",
            "outlets",
            "quarantine",
            "revisions",
            "sources",
            "urls",
        )
    ),
    _search("a frequent word, Latin", "q=police"),
    _search("a frequent word, Thai", "q=ตำรวจ"),
    _search("a frequent word, Chinese", "q=警方"),
    _search("a rare word, Latin", "q=zeppelin"),
    _search("a rare word, Thai", "q=เรือเหาะ"),
    _search("a rare word, Chinese", "q=飞艇"),
    _search("no such word, Latin", "q=xylophonist"),
    _search("no such word, Thai", "q=ปลาวาฬ"),
    _search("a phrase", 'q="human rights"'),
    _search("two frequent words", "q=police refugee"),
    _search("near", "q=NEAR(police refugee, 5)"),
    _search("a beginning", "q=deport*"),
    _search("without marks", "q=truc xuat"),
    _search("by relevance, Latin", "q=police&sort=relevance"),
    _search("by relevance, Thai", "q=ตำรวจ&sort=relevance"),
    _search("flagged only", "q=police&flagged=1"),
    _search("one outlet", "q=police&outlet=outlet-7"),
    _search("a month long ago", "q=police&since=2021-03-01&until=2021-03-31"),
    _search("in other languages", "q=extradited&also=1"),
    _search("two words in others", "q=refugee deported&also=1"),
    Page("API: 100 by seq", f"/monitor/articles.json?{API}", API_MS),
    Page(
        "API: 100 by seq, few columns",
        f"/monitor/articles.json?{API}&_col=seq&_col=url&_col=flagged",
        API_MS,
    ),
    Page(
        "API: articles_since (500 whole ones)",
        "/monitor/articles_since.json?seq={seq}&_shape=array",
        None,
    ),
]
STOCK = [
    Page("home", "/", None),
    Page("story", "/{db}/articles/{story}", None),
    Page("articles: sorted", "/{db}/articles?_sort_desc=published_at", None),
    Page("articles: two facets", "/{db}/articles?_facet=language&_facet=outlet", None),
    Page(
        "articles: a frequent word",
        "/{db}/articles?_search=police&_fts_table=articles_fts&_fts_pk=id",
        None,
    ),
    Page("API: 100 by seq", f"/{{db}}/articles.json?{API}", None),
]
"""The same of Datasette with nothing around it."""
STOCK_TIMES = 10
"""It takes seconds."""


@dataclass(frozen=True)
class Took:
    """Milliseconds: of the first answer, of the others, of the processor for one of these."""

    first: float
    others: Sequence[float]
    work: float

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.others, n=20, method="inclusive")[-1]


class Browser:
    """Asks one after another over one connection; light, so that the time is the server's."""

    def __init__(self, address: str, cookies: str = "") -> None:
        self._connection = HTTPConnection(urlsplit(address).netloc, timeout=60)
        self._headers = {"Cookie": cookies} if cookies else {}

    def get(self, path: str) -> tuple[float, int, bytes]:
        """Milliseconds, status and body."""
        began = time.perf_counter()
        self._connection.request("GET", quote(path, safe="/?=&%~,"), headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        return 1000 * (time.perf_counter() - began), answer.status, body


def ask(browser: Browser, pid: int, paths: Iterator[str], times: int) -> Took | None:
    """None when there is no such page."""
    addresses = list(islice(paths, times + 1))
    first, status, _ = browser.get(addresses[0])
    if status == 404:
        return None
    for path in {*addresses} - {addresses[0]}:
        browser.get(path)
    cpu, others = cpu_seconds(pid), []
    for path in addresses[1:]:
        took, status, body = browser.get(path)
        others.append(took)
        if status != 200:
            raise SystemExit(f"{path}: {status} {body[:500]!r}")
    return Took(first, others, 1000 * (cpu_seconds(pid) - cpu) / times)


def measure(pages: Sequence[Page], browser: Browser, pid: int, db: Path, times: int) -> list[str]:
    """Print a row for each page; the names of those that miss their target."""
    missed = []
    print(f"{'ms':40}  first  median    p95   work")
    for page in pages:
        took = ask(browser, pid, _paths(page, db), times)
        if took is None:
            print(f"{page.name:40}  there is none", flush=True)
            continue
        late = page.most is not None and took.p95 > page.most
        print(
            f"{page.name:40} {took.first:6.0f} {statistics.median(took.others):7.1f}"
            f" {took.p95:6.1f} {took.work:6.1f}{f'  more than {page.most}' if late else ''}",
            flush=True,
        )
        if late:
            missed.append(page.name)
    return missed


def _paths(page: Page, db: Path) -> Iterator[str]:
    """The page's address for one story or number after another, the same each time."""
    chance = random.Random(page.name)
    with closing(sqlite3.connect(f"{db.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        stories = [
            row[0]
            for row in connection.execute("SELECT id FROM articles WHERE flagged ORDER BY id")
        ]
        (newest,) = connection.execute("SELECT max(seq) FROM articles").fetchone()
    while True:
        given = {"story": chance.choice(stories), "seq": chance.randrange(newest), "db": db.stem}
        yield page.path.format(**given)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("db", type=Path)
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--only", default="", help="only pages whose name has this in it")
    arguments = parser.parse_args()
    db: Path = arguments.db
    if not db.exists():
        fill(db, arguments.articles)
    user = User(ANALYST, "analyst", hash_password(PASSWORD, iterations=1000))
    write_users(users_path(db), {ANALYST: user})

    def chosen(pages: Sequence[Page]) -> list[Page]:
        return [page for page in pages if arguments.only in page.name]

    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}\n\nmonitor serve")
    with monitor_serve(db) as served:
        with httpx.Client(base_url=served.address) as client:
            log_in(client, ANALYST)
            cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        browser = Browser(served.address, cookies)
        missed = measure(chosen(PAGES), browser, served.pid, db, arguments.times)
    print("\nstock Datasette")
    plain = {**os.environ, "DATASETTE_LOAD_PLUGINS": ""}
    with serving(["datasette", "serve", str(db), "--port", "0"], plain) as served:
        times = min(arguments.times, STOCK_TIMES)
        measure(chosen(STOCK), Browser(served.address), served.pid, db, times)
    print(f"\nload {os.getloadavg()[0]:.1f}; {len(missed)} pages miss their target")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
