"""Search keys made before the transaction that stores them.

The triggers of ``articles`` call ``monitor_seg`` and ``monitor_fold`` while
the batch is being written. For a text in a script without spaces they take
several milliseconds, most of the work of storing an article. On the writer's
connection they therefore look into what was prepared first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping

from monitor import text as monitor_text
from monitor.items import SearchKey


def search_key(text: str) -> SearchKey:
    """The two columns under which a text (title, line break, text) is found."""
    return SearchKey(monitor_text.segment(text), monitor_text.fold(text))


class SearchKeys:
    """``monitor_seg`` and ``monitor_fold`` of one connection, with a memory.

    A text that was not prepared is computed when it is asked for.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._ready: list[dict[str, str]] = []
        functions = {"monitor_seg": monitor_text.segment, "monitor_fold": monitor_text.fold}
        for name, function in functions.items():
            ready: dict[str, str] = {}
            self._ready.append(ready)
            connection.create_function(name, 1, _remembered(function, ready), deterministic=True)

    def prepare(self, texts: Iterable[str], known: Mapping[str, SearchKey]) -> None:
        """Have the keys of these texts ready: the known ones, the others computed now."""
        for text in texts:
            key = known.get(text) or search_key(text)
            for ready, column in zip(self._ready, (key.seg, key.fold), strict=True):
                ready[text] = column

    def forget(self) -> None:
        for ready in self._ready:
            ready.clear()


def _remembered(function: Callable[[str], str], ready: dict[str, str]) -> Callable[[str], str]:
    return lambda text: ready[text] if text in ready else function(text)
