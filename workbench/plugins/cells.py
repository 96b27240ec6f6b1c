"""Cells of the plain tables: links that keep the reader private; lists, countries, times in words."""

from __future__ import annotations

import json
from typing import Any

from datasette import hookimpl
from markupsafe import Markup

from workbench import DATABASE, REVIEWS, moments, words

_COUNTRIES = ("sending", "receiving", "corrected_sending", "corrected_receiving")
_LISTS = ("byline", "persons")
_JSON = (*_COUNTRIES, *_LISTS, "languages", "reasons", "states", "errors")
_NOTHING = Markup("&nbsp;")
_SHOWN = 90
"""Characters of an address that are shown; the whole one is in the link."""


@hookimpl  # type: ignore[untyped-decorator]
def render_cell(value: Any, column: str, database: str, datasette: Any) -> str | Markup | None:
    """HTML for a cell, or None to leave it to Datasette (which escapes it)."""
    if database == DATABASE and column == "article" and isinstance(value, int):
        story = datasette.urls.row(DATABASE, "articles", str(value))
        return Markup('<a href="{}">{}</a>').format(story, value)
    if database not in (DATABASE, REVIEWS) or not isinstance(value, str):
        return None
    if column in _JSON and value in ("[]", "{}"):
        return _NOTHING
    if column in _COUNTRIES:
        return ", ".join(map(words.country, words.codes(value))) or None
    if column == "languages":
        return ", ".join(map(words.language, words.codes(value))) or None
    if column in _LISTS:
        return ", ".join(words.codes(value)) or None
    if column == "reasons":
        return "; ".join(reason["sentence"] for reason in json.loads(value))
    if column == "states":
        return ", ".join(f"{words.country(s['state'])} ({s['side']})" for s in json.loads(value))
    if column == "night" or column == "at" or column.endswith("_at"):
        return Markup("<time datetime='{}'>{}</time>").format(value, moments.moment(value))
    if words.web_url(value):
        shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
        return Markup('<a href="{}" rel="noreferrer noopener">{}</a>').format(value, shown)
    return None
