"""What Retry-After means, and who may share a host. Delays, robots.txt and
retries themselves are proved over HTTP in ``test_night.py``."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from importlib import reload

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import settings
from monitor.crawl import host_delay, host_groups
from monitor.outlets import Outlet, Source
from monitor.politeness import retry_after

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Sun, 22 Nov 2026 02:01:30 GMT", 90.0),
        ("Sun, 22 Nov 2026 01:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("²", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@given(st.text(max_size=40))
def test_no_retry_after_raises(value: str) -> None:
    found = retry_after(value, NOW)
    assert found is None or found >= 0


def outlet(slug: str, *urls: str) -> Outlet:
    return Outlet(
        slug=slug,
        name=slug,
        homepage=urls[0],
        country="TH",
        languages=("th",),
        kind="news",
        sources=tuple(Source("feed", url) for url in urls[1:]),
    )


def test_outlets_that_share_a_host_even_through_a_third_are_one_group() -> None:
    thai = outlet("thai", "https://www.broadcaster.example/thai", "https://feeds.example/thai")
    lao = outlet("lao", "https://broadcaster.example/lao")
    other = outlet("other", "https://other.example/")
    tail = outlet("tail", "https://tail.example/", "https://feeds.example/tail")
    groups = host_groups([thai, other, lao, tail])
    assert sorted(sorted(o.slug for o in group) for group in groups) == [
        ["lao", "tail", "thai"],
        ["other"],
    ]


def test_two_ports_of_one_machine_are_two_hosts() -> None:
    one, two = outlet("one", "http://127.0.0.1:81/"), outlet("two", "http://127.0.0.1:82/")
    assert [len(group) for group in host_groups([one, two])] == [1, 1]


def test_between_two_outlets_the_longest_delay_of_their_own_hosts_holds() -> None:
    thai = outlet("thai", "https://www.broadcaster.example/thai", "https://feeds.example/thai")
    lao = replace(outlet("lao", "https://broadcaster.example/lao"), delay=7.0)
    asked = {"www.broadcaster.example": 20.0, "elsewhere.example": 60.0}
    assert host_delay([thai, lao], {}, 5.0) == 7.0
    assert host_delay([thai, lao], asked, 5.0) == 20.0
    assert host_delay([thai], {"elsewhere.example": 60.0}, 5.0) == 5.0


@pytest.mark.parametrize(
    ("user_agent", "product"),
    [("", "RefoulementMonitor"), ("OurBot/2.1 (rights@example.org)", "OurBot"), ("Plain", "Plain")],
)
def test_robots_txt_is_read_for_the_product_that_asks(
    user_agent: str, product: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONITOR_USER_AGENT", user_agent)
    try:
        reload(settings)
        assert product == settings.ROBOTSTXT_USER_AGENT
    finally:
        monkeypatch.undo()
        reload(settings)
