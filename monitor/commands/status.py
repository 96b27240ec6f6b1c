"""``monitor status``: which outlets are healthy, and what is the matter with the others."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console

from monitor.commands import (
    MOMENT,
    db_option,
    fail,
    json_option,
    known_outlets,
    outlets_option,
    say_json,
)


@click.command()
@click.argument("slugs", metavar="[OUTLET]...", nargs=-1)
@outlets_option
@db_option
@click.option("--all", "everything", is_flag=True, help="Show the healthy outlets, too.")
@click.option("--now", type=MOMENT, hidden=True, help="Pretend that it is this moment.")
@json_option
def status(
    slugs: tuple[str, ...],
    folder: Path | None,
    db: Path | None,
    everything: bool,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Who is healthy, who is not, since when and why?

    All crawled outlets, or the named ones, each compared with its own usual
    nights. Ends with 1 when one of them is not healthy.
    """
    from monitor.health.reading import active_outlets, read_health
    from monitor.health.table import print_health
    from monitor.store import StoreError, connect_readonly, default_path, utc_now

    known = known_outlets(folder)
    resting = {outlet.slug: outlet for outlet in known.values() if outlet.status != "active"}
    if named := [resting[slug] for slug in slugs if slug in resting]:
        fail(f"{named[0].slug} is not crawled ({named[0].status}): {named[0].status_note}")
    path = db or default_path()
    try:
        with closing(connect_readonly(path)) as connection:
            # Those of other folders of outlet files, too: the demo's, an operator's own.
            active = sorted({*known, *active_outlets(connection)} - resting.keys())
            if unknown := [slug for slug in slugs if slug not in active]:
                fail(f"no such outlet: {', '.join(unknown)} (see monitor outlets list)")
            found = read_health(connection, slugs or active, now or utc_now())
    except StoreError as error:
        fail(str(error))
    except sqlite3.OperationalError as error:
        fail(f"{path} cannot be judged ({error}); monitor crawl brings it up to date")
    if as_json:
        say_json([each.as_dict() for each in found])
    else:
        print_health(found, Console(), everything=everything)
    if not all(each.well for each in found):
        raise SystemExit(1)
