"""The demo: local news sites, a real crawl over them, then the workbench."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from rich.console import Console

from monitor.cli import run_crawl
from monitor.newsroom import AddressTaken, Newsroom
from monitor.outlets import load_outlets
from monitor.serve import ServeError, listen, serve_on
from monitor.store import StoreBusy, StoreError, begin_demo, default_path, is_demo
from monitor.summary import print_summary

NIGHTS = {
    1: datetime(2026, 11, 21, 20, tzinfo=UTC),
    2: datetime(2026, 11, 22, 20, tzinfo=UTC),
}
"""The crawl's clock starts at 3 a.m. in Bangkok; the newsroom's articles carry these dates."""


class DemoError(Exception):
    """The demo cannot run: says what to do."""


def demo_path() -> Path:
    return default_path().with_name("demo.db")


def run_demo(
    night: int, serving: bool, db: Path | None, port: int, newsroom_port: int, as_json: bool
) -> None:
    """One night of the demo; night 1 starts a fresh database. Raises :class:`DemoError`."""
    path = db or demo_path()
    if night == 2 and not is_demo(path):
        raise DemoError(f"night 2 needs the database of night 1 ({path}); run: monitor demo")
    with ExitStack() as stack:
        try:
            newsroom = stack.enter_context(Newsroom(night=night, port=newsroom_port))
        except AddressTaken as error:
            raise DemoError(f"{error} (--newsroom-port)") from error
        # Taken now, so that nobody waits for a crawl to learn that the port is in use.
        try:
            listening = listen("127.0.0.1", port) if serving else None
        except ServeError as error:
            raise DemoError(str(error)) from error
        if night == 1:
            try:
                begin_demo(path)
            except (StoreBusy, StoreError) as error:
                raise DemoError(str(error)) from error
        folder = Path(stack.enter_context(TemporaryDirectory()))
        newsroom.outlets_toml(folder)
        outlets = list(load_outlets(folder).values())
        rows, _ = run_crawl(outlets, path, now=NIGHTS[night], progress=not as_json, own_sites=True)
        if as_json:
            click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        else:
            print_summary(rows, Console())
        if listening is not None:
            sites = newsroom.base_url(outlets[0].slug)
            click.echo(f"The local news sites stay up, for example {sites}/")
            serve_on(listening, path)
