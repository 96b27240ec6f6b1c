"""The first page: what the last crawl brought."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from datasette import hookimpl

from monitor.store import utc_now
from workbench import DATABASE, REVIEWS, queue, tonight
from workbench.outlets import read_outlet_names
from workbench.pairs import pair_filters, pair_name, pairs_of


@hookimpl  # type: ignore[untyped-decorator]
def extra_template_vars(
    datasette: Any, view_name: str, request: Any
) -> Callable[[], Awaitable[dict[str, Any]]] | None:
    return (lambda: _tonight(datasette, request)) if view_name == "index" else None


async def _tonight(datasette: Any, request: Any) -> dict[str, Any]:
    database = datasette.get_database(DATABASE)
    return {
        "tonight": await database.execute_fn(lambda it: tonight.read_tonight(it, utc_now())),
        "most": tonight,
        "waiting": await _waiting(datasette) if (request.actor or {}).get("role") else None,
        "counted": queue.COUNTED,
        "outlet_names": await database.execute_fn(read_outlet_names),
    }


async def _waiting(datasette: Any) -> int:
    """What waits in the queue; only those who are logged in may know."""
    decided = await datasette.get_database(REVIEWS).execute_fn(queue.read_decided_addresses)
    monitor = datasette.get_database(DATABASE)
    return int(await monitor.execute_fn(lambda it: queue.count_waiting(it, decided)))


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Any) -> None:
    env.filters["pair_name"] = pair_name
    env.globals.update(pair_filters=pair_filters, pairs_of=pairs_of)
