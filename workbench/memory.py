"""What pages worked out from a database, kept until the data are others."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Generic, TypeVar

Found = TypeVar("Found")

_FILE = "(select file from pragma_database_list where name = 'main')"
_STORIES = """
select count(*), max(seq) from articles indexed by articles_flagged_seq where flagged = 1
"""


def version(connection: sqlite3.Connection) -> tuple[str, int]:
    """The database's file and a number that grows with every change to its articles."""
    file, seq = connection.execute(f"select {_FILE}, value from meta where key = 'seq'").fetchone()
    return file, seq


def stories_version(connection: sqlite3.Connection) -> tuple[str, int, int | None]:
    """The database's file, how many stories are flagged and the last change to one: others
    whenever a story comes, changes or goes, whatever else a crawl brings."""
    (file,) = connection.execute(f"select {_FILE}").fetchone()
    stories, seq = connection.execute(_STORIES).fetchone()
    return file, stories, seq


def nights_version(connection: sqlite3.Connection) -> tuple[str, int | None, str | None]:
    """The database's file, its last crawl and when one ended last: others whenever a crawl
    begins or ends."""
    file, crawl, ended = connection.execute(
        f"select {_FILE}, max(id), max(finished_at) from crawls"
    ).fetchone()
    return file, crawl, ended


class Memory(Generic[Found]):
    """Answers by what they depend on: a version of the database, and the question.

    Holds ``size`` of them; then it begins anew.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: dict[tuple[object, ...], Found] = {}

    def get(self, key: tuple[object, ...], find: Callable[[], Found]) -> Found:
        """What is remembered under ``key``; found and remembered if nothing is."""
        known = self.recall(key)
        return self.keep(key, find()) if known is None else known

    def recall(self, key: tuple[object, ...]) -> Found | None:
        return self._kept.get(key)

    def keep(self, key: tuple[object, ...], found: Found) -> Found:
        """Remember ``found``, and give it back."""
        if len(self._kept) >= self._size:
            self._kept.clear()
        self._kept[key] = found
        return found
