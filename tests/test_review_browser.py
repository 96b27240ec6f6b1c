"""Reviewing in a real Chromium: by keyboard, without a script, on a narrow screen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_review import CAMP, RIVER, make_stories, reviews_of
from visitors import PASSWORD, add_user

from monitor import browser

pytestmark = pytest.mark.skipif(
    bool(browser.missing()), reason=f"reviewing in a browser {browser.missing()}"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Its sandbox does not work as root, as which containers run tests.
        started = playwright.chromium.launch(
            executable_path=browser.chromium(), chromium_sandbox=os.geteuid() != 0
        )
        yield started
        started.close()


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = make_stories(tmp_path / "monitor.db")
    add_user(path, "mali")
    return path


@pytest.fixture
def address(db: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "monitor.cli", "serve", "--db", str(db), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[1].rstrip("/")
    finally:
        process.terminate()
        process.communicate()


def log_in(page: Any, address: str) -> None:
    """From the queue through the login back to the queue, by keyboard."""
    page.goto(f"{address}/-/queue")
    page.get_by_role("main").get_by_role("link", name="Log in").press("Enter")
    page.locator("#username:focus").wait_for()
    page.keyboard.type("mali")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    arrived(page, page.locator(".items"))


def arrived(page: Any, shown: Any) -> None:
    """Wait for what a page shows and, as people do, until its keys work."""
    shown.wait_for()
    page.wait_for_load_state("load")


def test_an_analyst_decides_undoes_and_annotates_by_keyboard(
    chromium: Any, address: str, db: Path
) -> None:
    page = chromium.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    log_in(page, address)
    river, camp = page.locator(".item").nth(0), page.locator(".item").nth(1)

    page.keyboard.press("j")
    page.keyboard.press("c")
    river.locator(".decided", has_text="Confirmed").wait_for()
    assert page.locator(".item.current h2").inner_text() == "Taken from the camp"
    page.keyboard.press("n")
    page.keyboard.type("jkcruz?")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    camp.locator(".decided", has_text="Rejected").wait_for()
    page.keyboard.press("z")
    camp.locator("form.decide button").first.wait_for()
    page.keyboard.press("u")
    camp.locator(".decided", has_text="Unsure").wait_for()
    assert page.locator("[data-count]").inner_text() == "0"
    page.keyboard.press("?")
    assert page.get_by_role("dialog").get_by_text("undo the last decision").is_visible()
    page.keyboard.press("Escape")

    assert [(row["url"], row["decision"], row["note"]) for row in reviews_of(db)] == [
        (RIVER, "confirmed", ""),
        (CAMP, "rejected", "jkcruz?"),
        (CAMP, "withdrawn", ""),
        (CAMP, "unsure", "jkcruz?"),
    ]
    page.goto(f"{address}/reviews/reviews")
    audit = page.locator("table.plain tbody tr")
    assert audit.count() == 4
    assert audit.first.locator(".col-decision").inner_text() == "unsure"
    assert audit.first.locator(".col-reviewer").inner_text() == "mali"
    assert wrong == []
    page.close()


def test_a_story_is_opened_judged_and_undone_by_keyboard(
    chromium: Any, address: str, db: Path
) -> None:
    page = chromium.new_page()
    log_in(page, address)
    page.keyboard.press("j")
    page.keyboard.press("o")
    arrived(page, page.get_by_role("heading", name="Sent back at the river"))
    page.keyboard.press("c")
    arrived(page, page.locator(".outcome").get_by_text("Confirmed"))
    page.keyboard.press("z")
    page.locator(".outcome").get_by_text("Undone").wait_for()

    assert [row["decision"] for row in reviews_of(db)] == ["confirmed", "withdrawn"]
    assert page.locator("#review .history li").count() == 2
    page.close()


def test_it_works_without_a_script_on_a_narrow_screen(
    chromium: Any, address: str, db: Path
) -> None:
    page = chromium.new_page(java_script_enabled=False, viewport={"width": 400, "height": 800})
    log_in(page, address)
    assert not page.get_by_role("button", name="Keys").is_visible()
    page.get_by_role("button", name="Reject").first.click()
    page.locator(".outcome").get_by_text("Rejected").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.locator(".outcome").get_by_text("Undone").wait_for()

    assert [row["decision"] for row in reviews_of(db)] == ["rejected", "withdrawn"]
    for path in ("/-/queue?language=en", "/-/queue?show=decided", "/monitor/articles/1"):
        page.goto(address + path)
        assert page.locator("html").evaluate("html => html.scrollWidth") <= 400, path
    page.close()


def test_when_the_workbench_is_gone_or_the_session_over_it_says_so(
    chromium: Any, address: str, db: Path
) -> None:
    page = chromium.new_page()
    log_in(page, address)
    page.context.clear_cookies(name="ds_actor")
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.get_by_role("alert").get_by_text("Log in again as an analyst.").wait_for()
    page.route("**/-/review", lambda route: route.abort())
    page.keyboard.press("c")
    page.get_by_role("alert").get_by_text("does not answer; nothing was recorded").wait_for()

    assert reviews_of(db) == []
    assert page.locator(".item.done").count() == 0
    page.close()
