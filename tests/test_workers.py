"""A page that hangs or kills its worker costs only itself."""

from __future__ import annotations

import asyncio
import os
import threading
from datetime import UTC, datetime

import pytest

from monitor.items import Judged, Page, Quarantined
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


def hang_or_die(page: Page, declared: str | None) -> Judged | Quarantined:
    """What a page may do to its worker, by its body."""
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
    assert hung.detail == "the page was not read within 3 seconds"
    assert (died.stage, died.reason, died.body) == ("extract", "worker_died", b"die")
    for result in (first, second, third):
        assert isinstance(result, Judged)
        assert result.article.title == "River rises"


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"%PDF-1.7 \x00\xff"])
def test_a_page_without_an_article_is_quarantined_with_its_body(body: bytes) -> None:
    found = judge(page(body))
    assert isinstance(found, Quarantined)
    assert found.body == body
    assert found.state == "not_article"
    assert found.stage == "extract"
    assert found.detail
