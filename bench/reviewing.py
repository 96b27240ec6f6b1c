"""Does anybody wait for the other: crawls and analysts at full speed on one machine?

    python -m bench.reviewing [--seconds 120] [--reviewers 4] [--no-crawl]

Real processes over one folder: ``monitor serve``; one writer that crawls the local
news sites night after night with ``monitor crawl`` and, in between, writes articles as
fast as the store takes them (faster than any crawl); and analysts who log in, open
the queue, decide and undo over HTTP without a pause. At the end every decision that
was answered must be in ``reviews.db``, with every word of it, and every article that was
written in ``monitor.db``. Ends with 1 when a request failed or a row is lost.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.serving import PASSWORD, log_in, monitor_serve
from bench.store import BenchOutlet, articles
from monitor.items import Judged
from monitor.newsroom import Newsroom, evening, season
from monitor.reviews import reviews_path
from monitor.store import Store
from monitor.users import User, hash_password, users_path, write_users

DECISIONS = ("confirmed", "rejected", "unsure")
RECORDS, STORIES = 500, 200
"""Articles that are written again and again, and how many of them are there to begin with."""
BATCH = 20
"""Articles in one transaction, as in a crawl (``MONITOR_BATCH``)."""
BURST_SECONDS = 5.0
"""Between two nights the store writes for so long."""
UNDO_EVERY, QUEUE_EVERY = 5, 10


@dataclass
class Report:
    """``recorded``: (reviewer, decision, note) of each number that was answered.
    ``milliseconds``: of each request of analysts. ``written``: addresses of articles, as often as they
    were written. ``failures``: what went wrong, in words."""

    recorded: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    milliseconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    nights: int = 0
    written: list[str] = field(default_factory=list)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.milliseconds, n=20)[-1]


def run(
    folder: Path, seconds: float, reviewers: int, *, turns: int = 10**9, crawl: bool = True
) -> Report:
    """All of it at once in an empty ``folder``, for ``seconds`` or until each analyst has
    decided ``turns`` times."""
    db = folder / "monitor.db"
    report, records = Report(), articles(RECORDS)
    with Store(db) as store:
        store.add_outlets([BenchOutlet()])
        store_all(store, records[:STORIES], report)
    names = [f"analyst-{number}" for number in range(reviewers)]
    users = (User(name, "analyst", hash_password(PASSWORD, iterations=1000)) for name in names)
    write_users(users_path(db), {user.name: user for user in users})
    nights = crawled_nights(db, report) if crawl else no_nights()
    with monitor_serve(db) as served:
        until = time.monotonic() + seconds
        over = threading.Event()
        writer = threading.Thread(target=write, args=(db, nights, records, over, report))
        analysts = [
            threading.Thread(target=review, args=(served.address, name, turns, until, report))
            for name in names
        ]
        for thread in (writer, *analysts):
            thread.start()
        for thread in analysts:
            thread.join()
        over.set()
        writer.join()
    report.failures += served.printed
    check(db, report)
    return report


def write(
    db: Path,
    nights: Generator[None],
    records: Sequence[Judged],
    over: threading.Event,
    report: Report,
) -> None:
    """Crawl a night, write at full speed, crawl the next, … until it is ``over``."""
    with contextlib.closing(nights):
        while not over.is_set():
            next(nights, None)
            burst_until = time.monotonic() + BURST_SECONDS
            with Store(db) as store:
                while time.monotonic() < burst_until and not over.is_set():
                    at = random.randrange(0, len(records) - BATCH)
                    store_all(store, records[at : at + BATCH], report)


def store_all(store: Store, records: Sequence[Judged], report: Report) -> None:
    store.write(records)
    report.written += [record.article.url for record in records]


def crawled_nights(db: Path, report: Report) -> Generator[None]:
    """Every step crawls the local news sites once, a night later each time."""
    outlets = db.with_name("outlets")
    outlets.mkdir()
    with Newsroom(sites=season()) as newsroom:
        newsroom.outlets_toml(outlets)
        for newsroom.night in itertools.count(30):
            command = [sys.executable, "-m", "monitor.cli", "crawl", "--db", str(db), "--json"]
            command += ["--outlets", str(outlets), "--limit", "30"]
            command += ["--now", evening(newsroom.night).isoformat()]
            found = subprocess.run(command, capture_output=True, text=True, check=False)
            if found.returncode:
                report.failures.append(f"crawl: {found.stderr[-500:]}")
            report.nights += 1
            yield


def no_nights() -> Generator[None]:
    yield from ()


def review(address: str, name: str, turns: int, until: float, report: Report) -> None:
    """One analyst: logs in, then decides and undoes without a pause."""
    chance = random.Random(name)
    stories = httpx.get(f"{address}/monitor/flags.json?flagged=1&_shape=array&_size=200").json()
    with httpx.Client(base_url=address, headers={"Accept": "application/json"}) as client:
        try:
            token = log_in(client, name)
        except PermissionError as error:
            report.failures.append(str(error))
            return
        for turn in range(turns):
            if time.monotonic() > until:
                return
            story, note = chance.choice(stories), f"{name}, turn {turn}"
            decision = chance.choice(DECISIONS)
            said = {"article": str(story["article"]), "flag": str(story["id"])}
            number = post(client, token, {**said, "decision": decision, "note": note}, report)
            if number is None:
                continue
            report.recorded[number] = (name, decision, note)
            if turn % UNDO_EVERY == 0:
                undo = {"decision": "withdrawn", "review": str(number)}
                if (number := post(client, token, undo, report)) is not None:
                    report.recorded[number] = (name, "withdrawn", "")
            if turn % QUEUE_EVERY == 0:
                timed(client, "GET", "/-/queue", report)


def post(client: httpx.Client, token: str, said: dict[str, str], report: Report) -> int | None:
    """Send a decision; the number that it got."""
    answer = timed(client, "POST", "/-/review", report, {**said, "csrftoken": token})
    return int(answer.json()["review"]) if answer is not None else None


def timed(
    client: httpx.Client, method: str, path: str, report: Report, data: dict[str, str] | None = None
) -> httpx.Response | None:
    began = time.perf_counter()
    try:
        answer = client.request(method, path, data=data, timeout=60)
    except httpx.HTTPError as error:
        report.failures.append(f"{method} {path}: {error!r}")
        return None
    report.milliseconds.append((time.perf_counter() - began) * 1000)
    if answer.status_code == 200:
        return answer
    report.failures.append(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
    return None


def check(db: Path, report: Report) -> None:
    """Nothing that was answered is lost, nothing is there that was not sent."""
    reviews = sqlite3.connect(reviews_path(db))
    stored = {
        row[0]: row[1:]
        for row in reviews.execute("select id, reviewer, decision, note from reviews")
    }
    reviews.close()
    for number in sorted(stored.keys() ^ report.recorded.keys()):
        report.failures.append(f"review {number} is {'lost' if number not in stored else 'new'}")
    for number in stored.keys() & report.recorded.keys():
        if stored[number] != report.recorded[number]:
            report.failures.append(f"review {number} is another one")
    monitor = sqlite3.connect(db)
    kept = {row[0] for row in monitor.execute("select url from articles")}
    report.failures += [f"{url} is lost" for url in sorted(set(report.written) - kept)]
    for name, path in (("monitor.db", db), ("reviews.db", reviews_path(db))):
        sound = sqlite3.connect(path).execute("pragma integrity_check").fetchone()[0]
        if sound != "ok":
            report.failures.append(f"{name}: {sound}")
    monitor.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--reviewers", type=int, default=4)
    parser.add_argument("--no-crawl", dest="crawl", action="store_false")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = run(Path(folder), arguments.seconds, arguments.reviewers, crawl=arguments.crawl)
    print(
        f"{len(report.recorded)} decisions and undos by {arguments.reviewers} analysts in"
        f" {arguments.seconds:g} s, {report.nights} nights crawled and {len(report.written)} articles"
        f" written meanwhile; requests: p50 {statistics.median(report.milliseconds):.0f} ms,"
        f" p95 {report.p95:.0f} ms, at most {max(report.milliseconds):.0f} ms"
    )
    for failure in report.failures[:20]:
        print(failure)
    print(f"{len(report.failures)} failures or lost rows")
    sys.exit(1 if report.failures else 0)


if __name__ == "__main__":
    main()
