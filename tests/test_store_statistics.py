"""The planner's statistics: exact, and gathered only when a table has grown."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from store_records import SmallOutlet, judged

from monitor.store import Store


def rows_known(path: Path) -> dict[str, int]:
    """By the table's index on its addresses, how many rows the planner takes it for."""
    found = sqlite3.connect(path).execute(
        "select tbl, cast(stat as integer) from sqlite_stat1 where idx like 'sqlite_autoindex_%'"
    )
    return dict(found.fetchall())


def write(path: Path, first: int, count: int) -> None:
    with Store(path) as store:
        store.add_outlets([SmallOutlet("daily")])
        store.write(
            [
                judged(f"https://daily.example/{number}", f"Text number {number}.")
                for number in range(first, first + count)
            ]
        )


def test_statistics_are_exact_and_follow_a_table_that_grows(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    write(path, 0, 20)
    assert rows_known(path)["articles"] == 20
    write(path, 20, 3)
    assert rows_known(path)["articles"] == 20
    write(path, 23, 3)
    assert rows_known(path)["articles"] == 26


def test_a_change_of_the_design_has_them_gathered_anew(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    write(path, 0, 20)
    write(path, 20, 1)
    assert rows_known(path)["articles"] == 20
    added = [
        "sending",
        "receiving",
        "flagged_published_at",
        "outlet_published_at",
        "story_type_score",
    ]
    with sqlite3.connect(path) as connection:  # as before its last change
        for index in (*(f"articles_{name}" for name in added), "crawls_outcome"):
            connection.execute(f"drop index {index}")
        connection.execute("delete from _sqlite_migrations where name = 'newest_of_each_kind'")
    write(path, 21, 1)
    assert rows_known(path)["articles"] == 22
