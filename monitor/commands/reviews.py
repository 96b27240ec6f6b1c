"""``monitor reviews``: take out what analysts decided."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from monitor.commands import db_option, fail


@click.group()
def reviews() -> None:
    """What analysts decided in the workbench."""


@reviews.command("export")
@db_option
@click.option(
    "--decision",
    "decisions",
    type=click.Choice(["confirmed", "rejected"]),
    multiple=True,
    help="Only these (default: both).",
)
def export_reviews(db: Path | None, decisions: tuple[str, ...]) -> None:
    """Print the reviewed stories as labelled texts (JSON Lines in the golden format).

    A text's last decision counts; those that are unsure are left out. To improve
    the lexicons: see docs/flagging.md.
    """
    for row in reviewed_texts(db, *decisions):
        click.echo(json.dumps(row, ensure_ascii=False))


def reviewed_texts(db: Path | None, *decisions: str) -> list[dict[str, Any]]:
    """Labelled texts in the golden format; says on standard error what is missing."""
    from monitor.reviews import labelled_rows, open_reviews, reviews_path
    from monitor.store import StoreError, connect_readonly, default_path

    path = db or default_path()
    try:
        with (
            closing(connect_readonly(path)) as monitor,
            closing(open_reviews(reviews_path(path))) as decided,
        ):
            rows, missing = labelled_rows(decided, monitor, decisions or ("confirmed", "rejected"))
    except StoreError as error:
        fail(str(error), 1)
    for url in missing:
        click.echo(f"monitor: left out, its text is not in {path}: {url}", err=True)
    return rows
