"""What a crawl says at its end: one row per outlet, as a table or as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

COLUMNS = (
    "discovered",
    "fetched",
    "new",
    "headlines",
    "changed",
    "unchanged",
    "gone",
    "flagged",
    "blocked",
    "failed",
)


def totals(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {name: sum(row[name] for row in rows) for name in COLUMNS}


_SHORT = {
    "headlines": "hdl.",
    "discovered": "disc.",
    "fetched": "fetch",
    "changed": "chg.",
    "unchanged": "same",
    "seconds": "s",
}
_WIDE = 130
"""Columns that the table takes with whole headings."""


def print_summary(rows: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print the rows of :func:`monitor.store.night_summary` and their sum."""
    if not rows:
        console.print("No outlet was crawled.")
        return
    if not console.is_terminal:
        console = Console(file=console.file, width=_WIDE)
    wide = console.width >= _WIDE
    table = Table(
        title=f"Night of {rows[0]['night']}", box=box.SIMPLE_HEAD, padding=(0, 1 if wide else 0)
    )
    table.add_column("outlet", no_wrap=True)
    for name in (*COLUMNS, "seconds"):
        heading = name if wide else _SHORT.get(name, name)
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            row["outlet"],
            *(_number(name, row[name]) for name in COLUMNS),
            f"{row['seconds'] or 0:.1f}",
            style=None if row["outcome"] == "finished" else "red",
        )
    table.add_section()
    table.add_row("all", *(_number(name, value) for name, value in totals(rows).items()), "")
    console.print(table)
    for row in rows:
        if row["outcome"] != "finished" or row["reason"]:
            console.print(
                f"{row['outlet']}: {row['outcome']}: {row['reason']}",
                soft_wrap=True,
                highlight=False,
            )


def _number(name: str, value: int) -> str:
    text = str(value) if value else "·"
    return f"[bold]{text}[/bold]" if name == "flagged" and value else text
