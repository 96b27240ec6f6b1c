"""What the commands share: options, and how to print and to fail."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from monitor.outlets import Outlet


class Moment(click.ParamType[datetime]):
    """A day or a moment, ISO 8601; without an offset it is UTC."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: Any) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date such as 2026-11-20", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


MOMENT = Moment()

db_option = click.option(
    "--db",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="MONITOR_DB",
    help="Database file (default: db/monitor.db, or MONITOR_DB).",
)
outlets_option = click.option(
    "--outlets",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of outlet files (default: the bundled ones).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def fail(message: str, status: int = 2) -> NoReturn:
    """End with one line on standard error."""
    click.echo(f"monitor: {message}", err=True)
    sys.exit(status)


def say_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def known_outlets(folder: Path | None) -> dict[str, Outlet]:
    """The outlets of a folder; ends the command when one of its files is wrong."""
    from monitor.outlets import OutletError, load_outlets

    try:
        return load_outlets(folder)
    except OutletError as error:
        fail(str(error))


def chosen_outlets(slugs: Sequence[str], folder: Path | None) -> list[Outlet]:
    """The named outlets, or all that are crawled; ends the command for one that is not."""
    outlets = known_outlets(folder)
    if unknown := [slug for slug in slugs if slug not in outlets]:
        fail(f"no such outlet: {', '.join(unknown)} (see monitor outlets list)")
    if resting := [slug for slug in slugs if outlets[slug].status != "active"]:
        first = outlets[resting[0]]
        fail(f"{first.slug} is not crawled ({first.status}): {first.status_note}")
    return [
        outlet
        for outlet in outlets.values()
        if outlet.slug in slugs or (not slugs and outlet.status == "active")
    ]
