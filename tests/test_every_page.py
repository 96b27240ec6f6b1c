"""Every page of the workbench in a real Chromium: nothing goes wrong on it, it fits a narrow
screen, and axe-core finds nothing that shuts somebody out."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import needs_chromium, watched, width_of

pytestmark = needs_chromium

PAGES = (
    "/",
    "/-/queue",
    "/-/queue?language=th",
    "/-/queue?show=decided",
    "/monitor/articles/1",
    "/monitor/articles/2",
    "/monitor/articles/3",
    "/monitor/articles",
    "/monitor/articles?_search=refugee&flagged=1",
    "/monitor/articles?language=ta",
    "/search",
    "/search?q=refugee&also=1",
    "/search?q=(refugees+OR",
    "/search?q=xyzzy",
    "/picture",
    "/picture?period=all",
    "/outlets",
    "/monitor",
    "/monitor/articles_since?seq=0",
    "/monitor/crawls",
    "/monitor/flags",
    "/monitor/flags/1",
    "/monitor/matches?language=km",
    "/monitor/outlets",
    "/monitor/quarantine",
    "/monitor/revisions",
    "/monitor/revisions/1",
    "/reviews",
    "/reviews/reviews",
    "/-/login",
    "/-/logout",
    "/nothing-here",
)
OTHERWISE = (
    "/",
    "/-/queue",
    "/monitor/articles/1",
    "/monitor/articles",
    "/search?q=refugee&also=1",
    "/picture",
    "/outlets",
    "/monitor/flags",
    "/reviews",
    "/-/login",
)
"""Pages that show a visitor something else, or a narrow screen in another way."""


@pytest.fixture(scope="module")
def analyst(chromium: Any, address: str, session: Any) -> Any:
    return chromium.new_page(base_url=address, storage_state=session)


def barriers(page: Any) -> list[str]:
    """What axe-core finds, of whatever impact."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response
    return [
        f"{violation['id']} ({violation['impact']}): {node['html']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_every_screen_and_shuts_nobody_out(
    analyst: Any, address: str, path: str
) -> None:
    wrong = watched(analyst, address)
    analyst.set_viewport_size({"width": 1200, "height": 800})
    analyst.goto(path)
    assert barriers(analyst) == []
    for width in (1200, 400, 320):
        analyst.set_viewport_size({"width": width, "height": 800})
        assert width_of(analyst) <= width
    assert wrong == []


def test_visitors_with_narrow_screens_are_not_shut_out(chromium: Any, address: str) -> None:
    visitor = chromium.new_page(base_url=address, viewport={"width": 400, "height": 800})
    wrong = watched(visitor, address)
    for path in OTHERWISE:
        visitor.goto(path)
        assert barriers(visitor) == [], path
    assert wrong == []
