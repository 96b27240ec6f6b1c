"""``monitor status`` over a database: what it prints, and with which status it ends."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from night_records import Row, night_row, pages_lost, unread, write_nights

from monitor.cli import main
from monitor.items import Quarantined
from monitor.newsroom import evening
from monitor.store import Store

NIGHTS = 20
MORNING = evening(NIGHTS) + timedelta(hours=9)
OUTLET = """
name = "{slug}"
homepage = "https://{slug}.example/"
country = "TH"
languages = ["en"]
kind = "news"
{status}
"""
Rows = dict[str, Callable[[int], Row]]

WELL: Rows = {"courier": night_row, "lantern": lambda n: night_row(n, 2)}
SICK: Rows = {
    "walled": lambda n: night_row(n) if n < 19 else pages_lost(n, 5, "fetch:bot_wall"),
    "gone": lambda n: night_row(n) if n < 18 else unread(n, "failed", "discover:http_404"),
}


def database(folder: Path, plays: Rows) -> Path:
    """A database with the nights, and outlet files for them."""
    with Store(folder / "monitor.db") as store:
        for slug, play in plays.items():
            write_nights(store, slug, map(play, range(1, NIGHTS + 1)))
    for slug in plays:
        outlet_file(folder, slug)
    return folder / "monitor.db"


def outlet_file(folder: Path, slug: str, status: str = "") -> None:
    (folder / "outlets").mkdir(exist_ok=True)
    path = folder / "outlets" / f"{slug}.toml"
    path.write_text(OUTLET.format(slug=slug, status=status), encoding="utf-8")


def run(folder: Path, *arguments: str, now: str = MORNING.isoformat()) -> Result:
    where = ["--db", str(folder / "monitor.db"), "--outlets", str(folder / "outlets")]
    return CliRunner().invoke(main, ["status", *where, "--now", now, *arguments])


def found(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = json.loads(run(folder, "--json", *arguments).stdout)
    return answer


def test_when_all_is_well_it_says_so_in_a_line(tmp_path: Path) -> None:
    database(tmp_path, WELL)
    result = run(tmp_path)
    assert (result.stdout, result.exit_code) == ("2 healthy\n", 0)


def test_who_is_not_healthy_comes_first_with_the_evening_and_the_reason(tmp_path: Path) -> None:
    database(tmp_path, WELL | SICK)
    result = run(tmp_path)

    assert result.exit_code == 1
    lines = [line.split() for line in result.stdout.splitlines() if line.strip()]
    walled, gone = (next(line for line in lines if line[0] == slug) for slug in SICK)
    assert walled[:7] == ["walled", "blocked", "2026-12-09", "5", "(5)", "25", "(25)"]
    assert gone[:7] == ["gone", "failing", "2026-12-08", "0", "(5)", "0", "(25)"]
    assert lines.index(walled) < lines.index(gone)
    assert lines[-1] == ["2", "healthy"]
    assert "courier" not in result.stdout


def test_all_shows_the_healthy_ones_too(tmp_path: Path) -> None:
    database(tmp_path, WELL)
    result = run(tmp_path, "--all")
    assert result.exit_code == 0
    assert "courier" in result.stdout
    assert "lantern" in result.stdout


def test_only_the_named_outlets_count(tmp_path: Path) -> None:
    database(tmp_path, WELL | SICK)
    assert run(tmp_path, "courier", "lantern").exit_code == 0
    assert run(tmp_path, "courier", "gone").exit_code == 1
    assert [each["outlet"] for each in found(tmp_path, "gone")] == ["gone"]


def test_json_has_the_night_what_is_usual_and_every_trouble(tmp_path: Path) -> None:
    database(tmp_path, SICK)
    walled, gone = found(tmp_path)

    assert walled == {
        "outlet": "walled",
        "state": "blocked",
        "well": False,
        "since": "2026-12-09",
        "reason": "0% of its pages give an article, usually 100%: a bot check stands before them",
        "troubles": [{"kind": "blocked", "since": "2026-12-09", "reason": walled["reason"]}],
        "night": {
            "night": "2026-12-10",
            "outcome": "finished",
            "discovered": 25,
            "fresh": 5,
            "fetched": 5,
            "extracted": 0,
            "titled": 0,
            "dated": 0,
            "bylined": 0,
            "sources_ok": 1,
            "sources_missed": 0,
            "text_median": None,
            "errors": {"fetch:bot_wall": 5},
        },
        "usual": {
            "nights": 19,
            "fresh": 5.0,
            "discovered": 25.0,
            "titled": 1.0,
            "dated": 1.0,
            "bylined": 1.0,
            "text_median": 1500,
        },
    }
    assert gone["troubles"][0]["kind"] == "failing"


def test_a_source_that_was_missed_is_named_from_quarantine(tmp_path: Path) -> None:
    path = database(tmp_path, SICK)
    detail = "https://gone.example/feed answered HTTP 404"
    with Store(path) as store:
        last = store._connection.execute("SELECT max(id) FROM crawls").fetchone()[0]
        at = evening(NIGHTS)
        missed = Quarantined(
            "gone", "https://gone.example/feed", "discover", "http_404", detail, at
        )
        store.write([missed], crawl=last)
    assert found(tmp_path, "gone")[0]["reason"] == f"none of its sources could be read: {detail}"


def test_when_the_nightly_crawl_itself_stopped_it_says_that_once(tmp_path: Path) -> None:
    database(tmp_path, WELL)
    result = run(tmp_path, now=(MORNING + timedelta(days=4)).isoformat())
    assert result.exit_code == 1
    assert result.stdout == (
        "No crawl has come to its end since 2026-12-10: does the nightly crawl run?\n"
    )


def test_outlets_that_were_never_crawled_are_counted_but_no_trouble(tmp_path: Path) -> None:
    database(tmp_path, WELL)
    outlet_file(tmp_path, "untried")
    outlet_file(tmp_path, "closed", 'status = "archive_only"\nstatus_note = "It closed."')
    result = run(tmp_path)
    assert (result.stdout, result.exit_code) == ("2 healthy, 1 never crawled\n", 0)
    assert found(tmp_path, "untried")[0]["reason"] == "never crawled"


def test_an_outlet_that_was_retired_is_not_judged(tmp_path: Path) -> None:
    database(tmp_path, WELL | SICK)
    for slug in SICK:
        outlet_file(tmp_path, slug, 'status = "archive_only"\nstatus_note = "It closed."')
    assert run(tmp_path).exit_code == 0
    result = run(tmp_path, "gone")
    assert result.exit_code == 2
    assert result.stderr == "monitor: gone is not crawled (archive_only): It closed.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("nobody",), "no such outlet: nobody"), (("--db", "/nowhere/monitor.db"), "no database at")],
)
def test_wrong_usage_ends_with_2(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    database(tmp_path, WELL)
    result = run(tmp_path, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_database_of_before_health_was_counted_says_what_to_do(tmp_path: Path) -> None:
    path = database(tmp_path, WELL)
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE crawls DROP COLUMN errors")
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "monitor crawl brings it up to date" in result.stderr
