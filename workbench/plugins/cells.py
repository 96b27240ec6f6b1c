"""Cells of the plain tables: links that keep the reader private; lists, countries, times in words."""

from __future__ import annotations

from typing import Any

from datasette import hookimpl
from datasette.utils import tilde_encode
from markupsafe import Markup

from workbench import DATABASE, REVIEWS, moments, words

_COUNTRIES = ("sending", "receiving", "corrected_sending", "corrected_receiving")
_LISTS = ("byline", "persons")
_REFERS = {"article": "articles", "outlet": "outlets", "flag": "flags", "crawl": "crawls"}
"""Columns of the monitor's tables that hold the key of a row of another one."""
_NOTHING = Markup("&nbsp;")
_SHOWN = 90
"""Characters of an address that are shown; the whole one is in the link."""


@hookimpl  # type: ignore[untyped-decorator]
def render_cell(
    datasette: Any, value: Any, column: str, table: str, database: str
) -> str | Markup | None:
    """HTML for a cell, or None to leave it to Datasette (which escapes it)."""
    # Pages of articles show no cells: to make 3,000 of them took a third of the page's time.
    if table == "articles" or not isinstance(value, str | int):
        return None
    if database not in (DATABASE, REVIEWS):
        return None
    if database == DATABASE and column in _REFERS:
        address = datasette.urls.row(database, _REFERS[column], tilde_encode(str(value)))
        return Markup('<a href="{}">{}</a>').format(address, value)
    if isinstance(value, int):
        return None
    if column in _COUNTRIES:
        return ", ".join(map(words.country, words.codes(value))) or _NOTHING
    if column == "languages":
        return ", ".join(map(words.language, words.codes(value))) or _NOTHING
    if column in _LISTS:
        return ", ".join(words.codes(value)) or _NOTHING
    if column == "night" or column == "at" or column.endswith("_at"):
        return Markup("<time datetime='{}'>{}</time>").format(value, moments.moment(value))
    if words.web_url(value):
        shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
        return Markup('<a href="{}" rel="noreferrer noopener">{}</a>').format(value, shown)
    return None
