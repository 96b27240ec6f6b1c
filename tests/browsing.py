"""The workbench in a real Chromium: what its tests share. The fixture ``chromium`` is in conftest."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from store_records import NIGHT, SmallOutlet, flagged, judged
from visitors import PASSWORD, add_user

from monitor import browser
from monitor.items import Judged, LanguageVerdict, Match, Quarantined, Reason
from monitor.reviews import decide, prepare_reviews, read_shown, reviews_path
from monitor.store import Store, begin_demo, connect_readonly

GOLDEN = Path(__file__).parent / "golden"
LANGUAGES = ("en", "id", "km", "lo", "ms", "my", "th", "tr", "vi", "zh")
needs_chromium = pytest.mark.skipif(
    bool(browser.missing()), reason=f"the workbench in a browser {browser.missing()}"
)


@contextmanager
def serving(db: Path) -> Iterator[str]:
    """``monitor serve`` over ``db``; its address without the slash at the end."""
    command = [sys.executable, "-m", "monitor.cli", "serve", "--db", str(db), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[1].rstrip("/")
    finally:
        process.terminate()
        process.communicate()


def log_in(page: Any, address: str) -> None:
    """As mali, from the queue through the login back to the queue, by keyboard."""
    page.goto(f"{address}/-/queue")
    page.get_by_role("main").get_by_role("link", name="Log in").press("Enter")
    page.locator("#username:focus").wait_for()
    page.keyboard.type("mali")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    arrived(page, page.locator(".items"))


def session_of(chromium: Any, address: str) -> Any:
    """Mali's cookies, for other pages to begin with."""
    page = chromium.new_page()
    log_in(page, address)
    cookies = page.context.storage_state()
    page.close()
    return cookies


def arrived(page: Any, shown: Any) -> None:
    """Wait for what a page shows and, as people do, until its keys work."""
    shown.wait_for()
    page.wait_for_load_state("load")


def watched(page: Any, address: str) -> list[str]:
    """What goes wrong on ``page`` from now on: errors of scripts, whatever is written to the
    console (also what the content security policy stopped), dialogs, requests elsewhere."""
    wrong: list[str] = []

    def heard(message: Any) -> None:
        # A page that answers 404 is told so on its own console.
        if message.location["url"] != page.url or "Failed to load resource" not in message.text:
            wrong.append(message.text)

    def opened(dialog: Any) -> None:
        wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def asked(request: Any) -> None:
        if not request.url.startswith((f"{address}/", "data:")):
            wrong.append(f"request: {request.url}")

    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", heard)
    page.on("dialog", opened)
    page.on("request", asked)
    return wrong


def width_of(page: Any) -> int:
    """How wide the page would have to be, in pixels, to show all without scrolling."""
    return int(page.locator("html").evaluate("html => html.scrollWidth"))


def golden(language: str) -> dict[str, Any]:
    """The first labelled text of a language."""
    with (GOLDEN / f"{language}.jsonl").open(encoding="utf-8") as lines:
        return dict(json.loads(next(lines)))


def story(language: str, *surfaces: str) -> Judged:
    """The golden text of a language, flagged because of these words in it."""
    told = golden(language)
    matches = tuple(
        Match("return_action", surface, language, "text", start, start + len(surface), surface)
        for surface in surfaces
        if (start := told["text"].index(surface)) >= 0
    )
    reasons = tuple(Reason(f"'{match.surface}'", 1.0, (match,)) for match in matches)
    return judged(
        f"https://daily.example/{told['id']}",
        told["text"],
        title=told["title"],
        language=language,
        verdict=LanguageVerdict(language, told["script"]),
        published_at=datetime.fromisoformat(told["date"]).replace(tzinfo=UTC),
        flag=replace(flagged(), reasons=reasons, matches=matches),
    )


def make_workbench(path: Path) -> Path:
    """A database with a story of each language, a night with a bot check, an edited story
    with many reasons, and mali, who decides."""
    begin_demo(path)
    english = story("en", "deported", "under examination")
    points = tuple(Reason(f"point {number}", 0.9 - number / 20, ()) for number in range(12))
    english = replace(english, flag=replace(english.flag, reasons=english.flag.reasons + points))
    edited = replace(english.article, title="Edited: " + english.article.title)
    later = NIGHT + timedelta(hours=1)
    with Store(path) as store:
        store.add_outlets([SmallOutlet("daily"), SmallOutlet("other", "The Other")])
        crawl = store.begin_crawl("daily", NIGHT.isoformat(), NIGHT)
        wall = "https://daily.example/wall"
        store.write([Quarantined("daily", wall, "fetch", "bot_wall", "", NIGHT)], crawl=crawl)
        store.write([english, *(story(each) for each in LANGUAGES[1:])], crawl=crawl)
        counts = {"new": len(LANGUAGES), "flagged": len(LANGUAGES), "sources_ok": 1, "blocked": 1}
        store.end_crawl(crawl, "finished", counts, at=later, errors={"fetch:bot_wall": 1})
        store.write([replace(english, article=edited, fetched_at=later)])
    with closing(connect_readonly(path)) as connection:
        shown = read_shown(connection, 2, 2)
    assert shown is not None
    prepare_reviews(reviews_path(path))
    with closing(sqlite3.connect(reviews_path(path), isolation_level=None)) as reviews:
        reviews.row_factory = sqlite3.Row
        decide(reviews, shown, "mali", "confirmed", note="By two sources.")
    add_user(path, "mali")
    return path
