"""The health of outlets on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.health import Health, State

_WIDE = 118
"""Columns that are filled where there is no terminal."""

_STYLES: dict[State, str] = {"healthy": "green", "new": "blue", "degraded": "yellow"}


def print_health(found: Sequence[Health], console: Console, *, everything: bool = False) -> None:
    """What :func:`monitor.health.reading.read_health` found: a row for each outlet in trouble,
    or for each that was ever crawled, and a line on the others."""
    if not console.is_terminal:
        console = Console(file=console.file, width=_WIDE)
    crawled = [each for each in found if each.night is not None]
    if crawled and all(each.state == "not_crawled" for each in crawled):
        last = max(each.night.day for each in crawled if each.night)
        console.print(f"No crawl has come to its end since {last}: does the nightly crawl run?")
        crawled = []
    if shown := [each for each in crawled if everything or not each.well]:
        console.print(_table(shown))
    groups = [
        ("healthy", [each for each in found if each.state == "healthy"]),
        ("too new to tell", [each for each in crawled if each.state == "new"]),
        ("never crawled", [each for each in found if each.night is None]),
    ]
    if counted := [f"{len(some)} {what}" for what, some in groups if some]:
        console.print(", ".join(counted))


def _table(found: Sequence[Health]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    for heading in ("outlet", "state", "since"):
        table.add_column(heading, no_wrap=True)
    table.add_column("new (usual)", justify="right", no_wrap=True)
    table.add_column("listed (usual)", justify="right", no_wrap=True)
    table.add_column("why", ratio=1, overflow="fold")
    for each in found:
        table.add_row(
            each.outlet,
            Text(each.state.replace("_", " "), _STYLES.get(each.state, "red")),
            each.since.isoformat() if each.since else "",
            _compared(each.night.fresh if each.night else 0, each.usual.fresh),
            _compared(each.night.discovered if each.night else 0, each.usual.discovered),
            Text(each.reason),
        )
    return table


def _compared(tonight: int, usual: float | None) -> str:
    return f"{tonight} ({'–' if usual is None else f'{usual:.0f}'})"
