"""One Chromium for the tests of a module; the files that take longest come first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from monitor import browser

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
        # Its sandbox does not work as root, as which containers run tests.
        started = playwright.chromium.launch(
            executable_path=browser.chromium(), chromium_sandbox=os.geteuid() != 0
        )
        yield started
        started.close()
