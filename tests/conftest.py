"""One Chromium and one workbench for the tests of a module; the files that take longest come
first; no test is timed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import make_workbench, serving, session_of
from hypothesis import settings
from visitors import Get, visiting
from workbench_records import make_database

from monitor import browser

# The first example loads lexicons or language models, and machines are busy.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

LONGEST = (
    "test_spider",
    "test_forty_nights",
    "test_interruption",
    "test_night",
    "test_browser",
    "test_troubled_crawl",
    "test_demo",
)
"""Of several processes, which take file after file, none has to wait long for the last."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem not in LONGEST)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(**browser.launch_options())
        yield started
        started.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where ``browsing.make_workbench`` is served."""
    with serving(make_workbench(tmp_path_factory.mktemp("workbench") / "monitor.db")) as address:
        yield address


@pytest.fixture(scope="module")
def session(chromium: Any, address: str) -> Any:
    """Mali's cookies."""
    return session_of(chromium, address)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That of ``workbench_records``."""
    path = tmp_path_factory.mktemp("workbench") / "demo.db"
    make_database(path)
    return path


@pytest.fixture(scope="module")
def get(database: Path) -> Iterator[Get]:
    """Asks for an address of it, not logged in."""
    with visiting(database) as visitors:
        yield visitors.anonymous().get
