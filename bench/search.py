"""Recall, speed and size of full-text search over many documents.

    python bench/search.py [DOCUMENTS] [FILE.jsonl …]

The texts of the query files (default: the tests' fixtures; rows ``type: query``
with ``query``, ``doc`` and optional ``traps`` or ``trap_docs``) are indexed
among DOCUMENTS (default 20,000) articles of 40 sentences drawn from them, and
every query is asked. Prints recall, queries that returned a trap, documents
indexed a second, bytes of index a byte of text, and query times.
"""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from db.migrations import migrations
from monitor import text

FIXTURE = Path(__file__).parent.parent / "tests" / "fixtures" / "search_queries.jsonl"
_INSERT = (
    "INSERT INTO articles (outlet, url, title, text, language, first_fetched_at, changed_at)"
    " VALUES ('x', ?, '', ?, 'und', '', '')"
)
_SELECT = (
    "SELECT url FROM articles JOIN articles_fts ON articles_fts.rowid = articles.id"
    " WHERE articles_fts MATCH ? AND url NOT LIKE 'filler%'"
)
_COUNT = "SELECT count(*) FROM articles_fts WHERE articles_fts MATCH ?"


def load(paths: list[Path]) -> list[dict[str, Any]]:
    rows = [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]
    return [row for row in rows if row["type"] == "query"]


def main(number: int, paths: list[Path]) -> None:
    cases = load(paths)
    by_language: dict[str, list[str]] = defaultdict(list)
    for case in cases:
        by_language[case["lang"]].append(case["doc"])
    draw = random.Random(1)
    fillers = [
        " ".join(draw.choices(by_language[draw.choice(sorted(by_language))], k=40))
        for _ in range(number)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "monitor.db"
        connection = sqlite3.connect(path)
        text.register(connection)
        migrations.apply(Database(connection))
        connection.execute("INSERT INTO outlets (slug, name, homepage) VALUES ('x', 'X', '')")
        for case in cases:
            connection.execute(_INSERT, (case["id"], case["doc"]))
            traps = case.get("traps") or case.get("trap_docs") or []
            for place, trap in enumerate(traps):
                connection.execute(_INSERT, (f"{case['id']} trap {place}", trap))
        connection.commit()
        began = time.perf_counter()
        connection.executemany(_INSERT, ((f"filler {i}", t) for i, t in enumerate(fillers)))
        connection.commit()
        took = time.perf_counter() - began
        size = connection.execute("SELECT sum(length(block)) FROM articles_fts_data").fetchone()[0]
        plain = sum(len(filler.encode()) for filler in fillers) or 1
        print(f"{number} articles indexed: {number / took:.0f} a second, ", end="")
        print(f"{plain / took / 1e6:.1f} MB/s, index {size / plain:.2f} bytes a byte of text")
        _ask(connection, cases)
        connection.close()


def _ask(connection: sqlite3.Connection, cases: list[dict[str, Any]]) -> None:
    table: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    times = []
    for case in cases:
        expression = text.search_query(case["query"])
        began = time.perf_counter()
        connection.execute(_COUNT, (expression,)).fetchone()
        times.append(1000 * (time.perf_counter() - began))
        found = {url for (url,) in connection.execute(_SELECT, (expression,))}
        row = table[case["lang"]]
        row[0] += 1
        row[1] += case["id"] in found
        row[2] += any(url.startswith(f"{case['id']} trap") for url in found)
    for language, (asked, hit, trapped) in sorted(table.items()):
        print(f"{language:8} {hit}/{asked} found, {trapped} with a trap")
    times.sort()
    print(f"count of all hits: p50 {statistics.median(times):.1f} ms, worst {times[-1]:.1f} ms")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    count = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else 20_000
    main(count, [Path(argument) for argument in arguments] or [FIXTURE])
