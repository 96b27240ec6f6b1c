"""Text as words: the normal form, search keys and sentences.

Flagging, full-text search and the command line look at texts only through this
module, so that a term, a query and an article always meet in the same form.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from monitor.text.normalise import NORMALISER_VERSION, Normalised, normalise, normalise_text
from monitor.text.query import search_query
from monitor.text.scripts import spaceless
from monitor.text.segment import fold, segment
from monitor.text.sentences import sentences

__all__ = [
    "NORMALISER_VERSION",
    "Normalised",
    "fold",
    "normalise",
    "normalise_text",
    "register",
    "search_query",
    "segment",
    "sentences",
    "spaceless",
]


def register(connection: sqlite3.Connection) -> None:
    """Give a connection the SQL functions ``monitor_seg`` and ``monitor_fold``.

    Every connection that writes to ``articles``, or reads the view
    ``articles_search``, needs them. NULL counts as an empty text.
    """
    for name, function in (("monitor_seg", segment), ("monitor_fold", fold)):
        connection.create_function(name, 1, _of_value(function), deterministic=True)


def _of_value(function: Callable[[str], str]) -> Callable[[object], str]:
    return lambda value: "" if value is None else function(str(value))
