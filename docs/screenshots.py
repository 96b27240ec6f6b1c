"""Makes the pictures in ``docs/images``: two nights of the demo, then each page of the workbench.

Run by ``make screenshots``; needs Debian's chromium, fonts-noto-core and fonts-noto-cjk. Prints
what it wrote. Nothing but this machine is asked for anything.
"""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.serving import monitor_serve
from monitor import browser
from monitor.users import User, hash_password, users_path, write_users

IMAGES = Path(__file__).parent / "images"
MONITOR = [sys.executable, "-m", "monitor.cli"]
WIDE, NARROW = 1280, 400
HEIGHTS = (1100, 1000, 900, 800, 700)
"""Pixels, the first that keeps a picture below ``MOST_BYTES``; less when the page is shorter."""
MOST_BYTES = 300_000

PAGES = {
    "home": "/",
    "picture": "/picture",
    "queue": "/-/queue",
    "search": "/search?q=deported&also=1",
    "outlets": "/outlets",
    "table": "/monitor/crawls",
}
STORIES = {"story": "en", "story-khmer": "km", "story-thai": "th"}
NARROW_PAGES = {"narrow-queue": "/-/queue"}


def main() -> None:
    if why := browser.missing():
        sys.exit(f"Screenshots: {why}")
    with TemporaryDirectory() as folder:
        db = Path(folder) / "demo.db"
        play_nights(db)
        password = secrets.token_urlsafe(16)
        write_users(users_path(db), {"mali": User("mali", "analyst", hash_password(password))})
        with monitor_serve(db) as served, chromium() as started:
            take(started, served.address, password)


def play_nights(db: Path) -> None:
    """Both nights of the demo; its news sites keep their addresses in between."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    for night in ("1", "2"):
        options = ["--night", night, "--no-serve", "--json", "--db", str(db)]
        command = [*MONITOR, "demo", *options, "--newsroom-port", port]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(**browser.launch_options())
        yield started
        started.close()


def take(started: Any, address: str, password: str) -> None:
    page = started.new_page(base_url=address, viewport={"width": WIDE, "height": HEIGHTS[0]})
    shoot(page, "login", "/-/login")
    page.get_by_label("Name").fill("mali")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").press("Enter")
    page.wait_for_url(f"{address}/")
    for name, path in PAGES.items():
        shoot(page, name, path)
    for name, language in STORIES.items():
        shoot(page, name, story(page, language))
    page.set_viewport_size({"width": NARROW, "height": HEIGHTS[0]})
    for name, path in NARROW_PAGES.items():
        shoot(page, name, path)


def story(page: Any, language: str) -> str:
    """The address of the story of a language that scores highest."""
    asked = f"flagged=1&language={language}&_sort_desc=score&_size=1&_shape=array&_col=id"
    rows = json.loads(page.request.get(f"/monitor/articles.json?{asked}").text())
    return f"/monitor/articles/{rows[0]['id']}"


def shoot(page: Any, name: str, path: str) -> None:
    answer = page.goto(path)
    if answer.status != 200:
        print(f"{path} answered {answer.status}: left out")
        return
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    width = page.viewport_size["width"]
    whole = page.locator("html").evaluate("html => html.scrollHeight")
    for height in HEIGHTS:
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, whole)}
        picture = page.screenshot(full_page=True, clip=clip)
        if len(picture) <= MOST_BYTES:
            break
    file = IMAGES / f"workbench-{name}.png"
    file.write_bytes(picture)
    print(f"{file.name}: {width} × {clip['height']}, {len(picture) // 1000} kB")


if __name__ == "__main__":
    main()
