"""One Chromium for the tests of a module."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from monitor import browser


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
