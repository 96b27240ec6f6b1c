"""The analyst's side: Datasette's metadata, plugins, templates and styles.

``monitor.serve`` puts them together. ``plugins/`` holds thin Datasette hooks;
what they show is worked out by the modules here, in functions that need
neither Datasette nor a browser: ``highlight`` (text + matches → segments),
``story`` (rows → one story), ``tonight`` (rows → the first page), ``picture``
(rows → charts and tables of a period, with ``periods``, ``pairs``, ``charts`` and
``spreadsheet``), ``memory`` (what was worked out already), ``outlets`` (rows →
the page of outlets), ``queue`` (filters → the stories that wait), ``searching``
(a query → results, with ``notions``), ``snippets`` (text + matches → a few lines),
``reviewing`` (a form → a decision), ``accounts`` (users → sessions), ``counted``
(filters → what facets count), ``parameters`` (an address → what in it makes no
sense), ``words`` (codes → names), ``moments`` (times → text). ``asgi`` is what
hooks around requests share, ``database`` Datasette's own, which counts no more
than is shown.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasette import __version__
from datasette.utils import parse_metadata

FOLDER = Path(__file__).parent
METADATA = FOLDER / "metadata.yml"
PLUGINS = FOLDER / "plugins"
TEMPLATES = FOLDER / "templates"
STATIC = FOLDER / "static"
DATABASE = "monitor"
"""The database's name in addresses, whatever its file is called."""
REVIEWS = "reviews"
"""The same of the database with the analysts' decisions."""
INDEX = ("articles_fts", "articles_search")
"""Tables of the search index, which nobody reads."""
DATASETTE_1 = not __version__.startswith("0.")
"""Whether this is Datasette 1.0 or a preview of it; see docs/datasette-next.md."""


def read_metadata() -> dict[str, Any]:
    """What :data:`METADATA` says, to be changed at will."""
    metadata: dict[str, Any] = parse_metadata(METADATA.read_text(encoding="utf-8"))
    return metadata
