"""The workbench: Datasette over the database, for analysts in a browser and for programs."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import signal
import socket
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import uvicorn
from datasette.app import Datasette
from datasette.plugins import pm
from sqlite_utils import Database as SqliteUtilsDatabase

import workbench
from db.migrations import migrations
from monitor.reviews import prepare_reviews, reviews_path
from monitor.store import StoreError, connect_readonly
from monitor.users import UsersError, read_users, users_path
from workbench.database import LargeDatabase

SETTINGS: dict[str, Any] = {
    # Guessing facets costs more than the page itself (measured at 1,000,000 articles).
    "suggest_facets": False,
    "facet_time_limit_ms": 300,
    "sql_time_limit_ms": 1500,
    "truncate_cells_html": 200,
    "max_returned_rows": 1000,
    "default_allow_sql": False,
    "allow_download": False,
}
"""Where they differ from Datasette's own; https://docs.datasette.io/en/stable/settings.html."""

STOP_WITHIN_SECONDS = 5
"""How long requests that are being answered may take after a signal to stop."""


class ServeError(Exception):
    """The workbench cannot be opened: says what to do."""


def serve(
    db: Path, *, host: str = "127.0.0.1", port: int = 8001, names: Sequence[str] = ()
) -> None:
    """Serve ``db`` until SIGINT or SIGTERM, while others may write to it.

    ``port`` 0 takes any free one. ``names`` are host names under which it answers,
    besides this machine's own. Prints the address. Raises :class:`ServeError`.
    """
    _require_database(db)
    if names or not _is_loopback(host):
        _require_login(db)
    names = _names(host, names)
    serve_on(listen(host, port), db, names)


def serve_on(listening: socket.socket, db: Path, names: Sequence[str] = ()) -> None:
    """The same on a socket of :func:`listen`, which it closes."""
    try:
        datasette = datasette_for(db, names)
    except StoreError as error:
        listening.close()
        raise ServeError(str(error)) from error
    server = uvicorn.Server(
        uvicorn.Config(
            datasette.app(),
            lifespan="on",
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=STOP_WITHIN_SECONDS,
        )
    )
    click.echo(f"Workbench: {_address(listening)} (Ctrl-C stops it)")
    try:
        with listening, _signals_only_stop():
            server.run(sockets=[listening])
    finally:
        datasette.executor.shutdown(wait=False, cancel_futures=True)


def datasette_for(db: Path, names: Sequence[str] = ()) -> Datasette:
    """Datasette with the workbench over ``db``, read-only, under the name ``monitor``,
    and over the reviews beside it, which it makes. Raises
    :class:`monitor.store.StoreError` when there can be none."""
    prepare_reviews(reviews_path(db))
    metadata = workbench.read_metadata()
    metadata["plugins"] = {"workbench": {"users": str(users_path(db)), "names": list(names)}}
    datasette = Datasette(
        **_by_version(metadata),
        plugins_dir=str(workbench.PLUGINS),
        template_dir=str(workbench.TEMPLATES),
        static_mounts=[("static", str(workbench.STATIC))],
        settings=SETTINGS,
        # Without one, sessions end when the workbench does.
        secret=os.environ.get("DATASETTE_SECRET") or None,
    )
    datasette.remove_database("_memory")
    # Where rich is installed, Datasette prints every 404 to the terminal with all
    # local variables (half a second each). Errors of our own are still logged.
    pm.get_plugin("datasette.handle_exception").rich = None
    # Mutable: another process writes to it, and its changes must be seen.
    for name, path in ((workbench.DATABASE, db), (workbench.REVIEWS, reviews_path(db))):
        database = LargeDatabase(datasette, path=str(path.resolve()), is_mutable=True)
        datasette.add_database(database, name=name)
    return datasette


def _by_version(metadata: dict[str, Any]) -> dict[str, Any]:
    """Arguments of Datasette: 1.0 takes all that is no description from ``config``, where what
    is not described is closed, and lets only those search who may see the index, which
    ``workbench/plugins/refusals.py`` closes."""
    databases = metadata["databases"]
    if not workbench.DATASETTE_1:
        for database in databases.values():
            tables = database["tables"]
            database["tables"] = {name: _Described(about) for name, about in tables.items()}
        return {"metadata": metadata}
    monitor = databases[workbench.DATABASE]
    monitor["permissions"] = {"view-table": False}
    for name, about in monitor["tables"].items():
        about["allow"] = name in workbench.INDEX or about.get("allow", True)
    return {"metadata": metadata, "config": metadata}


class _Described(dict[str, Any]):
    """What the metadata say of one table. Datasette copies all of them, down to each column's
    description, for each table that it looks whether somebody may see: 2 ms each, and 20
    tables a page. Nobody changes them, so that one copy does."""

    def __deepcopy__(self, _: dict[int, Any]) -> _Described:
        return self


def _names(host: str, names: Sequence[str]) -> tuple[str, ...]:
    """All names under which others reach it; none when only this machine does."""
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9.-]+", name):
            raise ServeError(f"--name {name} is no host name; one is like monitor.example.org")
    if _is_loopback(host):
        return tuple(names)
    if host in ("0.0.0.0", "::"):
        if names:
            return tuple(names)
        raise ServeError(
            f"--host {host} listens on every address of this machine; say under which name"
            " people will open it, for example --name monitor.example.org"
        )
    return (*names, f"[{host}]" if ":" in host else host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _require_login(db: Path) -> None:
    """Others may reach the workbench: somebody must be able to log in to it."""
    path = users_path(db)
    try:
        users = read_users(path)
    except UsersError as error:
        raise ServeError(str(error)) from error
    if not users:
        raise ServeError(
            "others could reach the workbench, and nobody can log in to it yet: run"
            " monitor users add NAME first, or keep to 127.0.0.1"
            " (from elsewhere: ssh -L 8001:127.0.0.1:8001 THIS-MACHINE)"
        )


def _require_database(db: Path) -> None:
    if not db.exists():
        raise ServeError(f"there is no database at {db}; run monitor crawl or monitor demo first")
    try:
        with contextlib.closing(connect_readonly(db)) as connection:
            pending = migrations.pending(SqliteUtilsDatabase(connection))
    except (StoreError, sqlite3.Error) as error:
        raise ServeError(f"{db} cannot be read as a database: {error}") from error
    if pending:
        raise ServeError(
            f"{db} was not made by this version of the monitor; monitor crawl brings it up to date"
        )


def listen(host: str, port: int) -> socket.socket:
    """Take a port. Raises :class:`ServeError` when it is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Told that it is TCP, asyncio sends each piece of an answer at once; otherwise the second
    # piece waits for the first one's receipt, which a client may hold back for 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise ServeError(
            f"port {port} of {host} cannot be used ({error.strerror}); choose another one,"
            f" for example --port {port + 1 if port < 65535 else 8001}, or 0 for any free one"
        ) from error
    return listening


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


@contextlib.contextmanager
def _signals_only_stop() -> Iterator[None]:
    """After it has stopped, uvicorn raises the signal again that stopped it; here
    that must not kill the process, which may have more to clean up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stopping = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: None) for number in stopping}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
