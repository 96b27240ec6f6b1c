"""``/picture``: charts of the flagged stories; their numbers as ``/picture/NAME.csv``."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from datasette import Response, hookimpl

from monitor.health.reading import judged_at
from monitor.store import utc_now
from workbench import DATABASE, picture
from workbench.outlets import read_outlet_names
from workbench.periods import PRESETS, read_period
from workbench.spreadsheet import as_csv


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    return [
        (r"^/picture$", _page),
        (rf"^/picture/(?P<table>{'|'.join(picture.TABLES)})\.csv$", _csv),
    ]


async def _page(datasette: Any, request: Any) -> Response:
    shown = await _read(datasette, request)
    return Response.html(await datasette.render_template("picture.html", shown, request=request))


async def _csv(datasette: Any, request: Any) -> Response:
    read = await _read(datasette, request)
    if read["complaints"]:
        return Response.text("\n".join([*read["complaints"], ""]), status=400)
    shown, table = read["picture"], request.url_vars["table"]
    name = f"{table}-{shown.period.since}-to-{shown.period.until}.csv"
    return Response(
        as_csv(picture.TABLES[table](shown, read["outlet_names"])),
        content_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


async def _read(datasette: Any, request: Any) -> dict[str, Any]:
    """What the page's template is given."""
    arguments = parse_qs(request.query_string, keep_blank_values=True)

    def read(connection: sqlite3.Connection) -> dict[str, Any]:
        first, last = picture.read_bounds(connection, judged_at(connection, utc_now()).date())
        period, complaints = read_period(arguments, first, last)
        return {
            "picture": picture.read_picture(connection, period),
            "complaints": complaints,
            "presets": PRESETS,
            "most": picture,
            "outlet_names": read_outlet_names(connection),
        }

    answer: dict[str, Any] = await datasette.get_database(DATABASE).execute_fn(read)
    return answer
