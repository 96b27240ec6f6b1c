"""The page of outlets at ``/outlets``, and the same for programs at ``/outlets.json``."""

from __future__ import annotations

from typing import Any

from datasette import Response, hookimpl

from monitor.health import STATES
from monitor.store import utc_now
from workbench import DATABASE
from workbench.outlets import OutletCard, read_outlets


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/outlets$", _page), (r"^/outlets\.json$", _json)]


async def _page(datasette: Any, request: Any) -> Response:
    shown = {"cards": await _cards(datasette), "states": STATES}
    return Response.html(await datasette.render_template("outlets.html", shown, request=request))


async def _json(datasette: Any) -> Response:
    return Response.json(
        [
            {"name": card.name, "last_article": card.last_article, **card.health.as_dict()}
            for card in await _cards(datasette)
        ]
    )


async def _cards(datasette: Any) -> list[OutletCard]:
    database = datasette.get_database(DATABASE)
    cards: list[OutletCard] = await database.execute_fn(lambda it: read_outlets(it, utc_now()))
    return cards
