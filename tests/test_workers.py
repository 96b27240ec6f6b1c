"""A page that hangs or kills its worker costs only itself."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.items import Headline, Judged, Page, Quarantined
from monitor.judge import judge
from monitor.workers import Workers

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
GOOD = (
    b"<html lang='en'><title>River rises</title><article><h1>River rises</h1>"
    + b"<p>The river rose by two metres overnight and the ferry stayed in port.</p>" * 8
    + b"</article></html>"
)


def page(body: bytes = GOOD) -> Page:
    url = "http://news.example/river"
    return Page("example", url, url, 200, {"content-type": "text/html"}, body, AT)


def hang_or_die(page: Page | Headline, declared: str | None) -> Judged | Quarantined:
    """What a page may do to its worker, by its body."""
    assert isinstance(page, Page)
    if page.body == b"hang":
        threading.Event().wait()
    if page.body == b"die":
        os._exit(11)
    return judge(page, declared)


def test_pages_are_judged_in_other_processes_and_bad_ones_quarantined() -> None:
    async def all_at_once() -> list[Judged | Quarantined]:
        with Workers(count=2, time_limit=3, task=hang_or_die) as workers:
            bodies = (GOOD, b"hang", GOOD, b"die", GOOD)
            return await asyncio.gather(*(workers.judge(page(body)) for body in bodies))

    first, hung, second, died, third = asyncio.run(all_at_once())
    assert isinstance(hung, Quarantined)
    assert isinstance(died, Quarantined)
    assert (hung.stage, hung.reason, hung.body) == ("extract", "timeout", b"hang")
    assert hung.state == died.state == "pending", "another night may read them"
    assert hung.detail == "the page was not read within 3 seconds"
    assert (died.stage, died.reason, died.body) == ("extract", "worker_died", b"die")
    for result in (first, second, third):
        assert isinstance(result, Judged)
        assert result.article.title == "River rises"


def read_when_told(page: Page | Headline, declared: str | None) -> Judged | Quarantined:
    """Says that it has begun and waits for a word in the pipe that the page names."""
    assert isinstance(page, Page)
    pipe = Path(page.requested_url)
    print(f"group {os.getpgrp()}", flush=True)
    with pipe.open() as words:
        words.readline()
    return judge(page, declared)


PROGRAM = """
import asyncio, signal, sys
from dataclasses import replace
from test_workers import page, read_when_told
from monitor.workers import Workers

for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: None)  # as a crawl, which ends after the pages in hand

async def main():
    with Workers(count=1, task=read_when_told) as workers:
        for _ in range(2):
            found = await workers.judge(replace(page(), requested_url=sys.argv[1]))
            print(type(found).__name__, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_everybody_costs_no_page(tmp_path: Path, number: signal.Signals) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    crawl = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(pipe)],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert crawl.stdout
    try:
        for _ in range(2):  # the next page finds its worker as well
            assert crawl.stdout.readline() == f"group {crawl.pid}\n"
            os.killpg(crawl.pid, number)
            # For both, because opening to write would wait for a worker that may be gone.
            told = os.open(pipe, os.O_RDWR)
            os.write(told, b"go on\n")
            assert crawl.stdout.readline() == "Judged\n"
            os.close(told)
        assert crawl.wait(timeout=20) == 0
    finally:
        crawl.kill()
        crawl.communicate()


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"%PDF-1.7 \x00\xff"])
def test_a_page_without_an_article_is_quarantined_with_its_body(body: bytes) -> None:
    found = judge(page(body))
    assert isinstance(found, Quarantined)
    assert found.body == body
    assert found.state == "not_article"
    assert found.stage == "extract"
    assert found.detail
