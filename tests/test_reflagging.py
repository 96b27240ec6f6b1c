"""``monitor reflag``: stored articles are judged again, and what changes is shown and kept."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console
from store_records import CLEAR, SmallOutlet, flagged, judged

from monitor import reflagging
from monitor.cli import main
from monitor.flagging import LEXICON_VERSION
from monitor.reflagging import Report, reflag
from monitor.store import Store

STORY = (
    "Thai police handed a Cambodian opposition activist with a UNHCR refugee card to Cambodian"
    " officers at the border on Tuesday. Rights groups said that he faces torture and prison."
)
NO_STORY = "The market in the old town opened again on Sunday, and mangoes sold out by noon."
HOME = "https://daily.example/"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Four articles that an older lexicon judged, two of them wrongly."""
    path = tmp_path / "monitor.db"
    with Store(path) as store:
        store.add_outlets([SmallOutlet("daily")])
        store.write(
            [
                judged(HOME + "missed", STORY, title="Activist handed over", flag=CLEAR),
                judged(HOME + "alarm", NO_STORY, title="Market", flag=flagged(NO_STORY, "mangoes")),
                judged(HOME + "market", NO_STORY + " ", title="Market day", flag=CLEAR),
                judged(
                    HOME + "thai",
                    "ตลาดเปิดอีกครั้งเมื่อวันอาทิตย์",
                    title="ตลาด",
                    flag=CLEAR,
                    language="th",
                    published_at=datetime(2026, 10, 1, tzinfo=UTC),
                ),
            ]
        )
    return path


def rows(db: Path, query: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(db)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]


def run(db: Path, **options: Any) -> Report:
    return reflag(db, Console(quiet=True), **options)


def kinds(report: Report) -> dict[str, str]:
    return {change.url.removeprefix(HOME): change.kind for change in report.changes}


def test_what_changes_is_found_and_stored(db: Path) -> None:
    report = run(db)
    assert kinds(report) == {"missed": "newly flagged", "alarm": "no longer flagged"}
    assert (report.articles, report.same, report.current) == (4, 2, 0)
    stored = {row["url"].removeprefix(HOME): row for row in rows(db, "SELECT * FROM articles")}
    assert stored["missed"]["flagged"] == 1
    assert json.loads(stored["missed"]["receiving"]) == ["KH"]
    assert " near " in stored["missed"]["why"]
    assert stored["alarm"]["flagged"] == 0
    assert stored["alarm"]["story_type"] is None


def test_a_change_comes_with_its_reasons(db: Path) -> None:
    change = next(each for each in run(db).changes if each.kind == "newly flagged")
    assert change.before["flagged"] is False
    assert change.after["story_type"] == "incident"
    assert len(change.reasons) == 3
    assert all(reason.startswith("+") for reason in change.reasons)


def test_the_earlier_verdict_stays_in_the_history(db: Path) -> None:
    run(db)
    history = rows(
        db,
        "SELECT flags.flagged, lexicon_version FROM flags JOIN articles ON articles.id = article"
        " WHERE url LIKE '%alarm' ORDER BY flags.id",
    )
    assert history == [
        {"flagged": 1, "lexicon_version": "1"},
        {"flagged": 0, "lexicon_version": LEXICON_VERSION},
    ]


def test_what_was_never_flagged_keeps_one_row_that_is_up_to_date(db: Path) -> None:
    run(db)
    history = rows(
        db,
        "SELECT lexicon_version FROM flags JOIN articles ON articles.id = article"
        " WHERE url LIKE '%market'",
    )
    assert history == [{"lexicon_version": LEXICON_VERSION}]


def test_matches_are_those_of_the_new_verdict(db: Path) -> None:
    run(db)
    found = rows(
        db,
        'SELECT surface, substr(text, start + 1, "end" - start) AS there FROM matches'
        " JOIN articles ON articles.id = article WHERE field = 'text'",
    )
    assert "torture" in {row["surface"] for row in found}
    assert all(row["surface"] == row["there"] for row in found)


def test_a_dry_run_shows_the_same_and_changes_nothing(db: Path) -> None:
    before = rows(db, "SELECT * FROM articles"), rows(db, "SELECT * FROM flags")
    assert kinds(run(db, dry_run=True)) == {"missed": "newly flagged", "alarm": "no longer flagged"}
    assert (rows(db, "SELECT * FROM articles"), rows(db, "SELECT * FROM flags")) == before


def test_a_dry_run_needs_no_lock(db: Path) -> None:
    with Store(db):
        assert len(run(db, dry_run=True).changes) == 2


def test_the_second_run_has_nothing_to_do(db: Path) -> None:
    run(db)
    seq = rows(db, "SELECT max(seq) AS seq FROM articles")
    report = run(db)
    assert (report.current, report.same, report.changes) == (4, 0, [])
    assert rows(db, "SELECT max(seq) AS seq FROM articles") == seq


@pytest.mark.parametrize(
    ("options", "articles"),
    [
        ({"language": "th"}, 1),
        ({"language": "km"}, 0),
        ({"since": datetime(2026, 10, 1, tzinfo=UTC)}, 4),
        ({"since": datetime(2026, 10, 2, tzinfo=UTC)}, 3),
    ],
)
def test_only_some_articles(db: Path, options: dict[str, Any], articles: int) -> None:
    assert run(db, **options).articles == articles


def test_other_processes_judge_alike(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = run(db, dry_run=True)
    monkeypatch.setattr(reflagging, "FEW", 1)
    monkeypatch.setattr(reflagging, "BATCH", 3)
    assert run(db, dry_run=True, processes=2) == alone


def test_the_command_says_what_changed(db: Path) -> None:
    result = CliRunner().invoke(main, ["reflag", "--db", str(db), "--dry-run"])
    assert result.exit_code == 0, result.output
    assert "newly flagged: 1" in result.output
    assert "Activist handed over  [en]" in result.output
    assert "4 articles: 2 would change, 2 keep their verdict, 0 had been judged" in result.output


def test_the_command_as_json(db: Path) -> None:
    result = CliRunner().invoke(main, ["reflag", "--db", str(db), "--json"])
    report = json.loads(result.output)
    assert report["lexicon"] == LEXICON_VERSION
    assert {change["kind"] for change in report["changes"]} == {
        "newly flagged",
        "no longer flagged",
    }


def test_while_a_crawl_writes_it_says_who_does(db: Path) -> None:
    with Store(db):
        result = CliRunner().invoke(main, ["reflag", "--db", str(db)])
    assert result.exit_code == 1
    assert "is writing to" in result.output


def test_without_a_database_it_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["reflag", "--db", str(tmp_path / "none.db")])
    assert result.exit_code == 1
    assert "there is no database at" in result.output
    assert not (tmp_path / "none.db").exists()


def test_an_interrupted_run_says_what_it_did_and_the_next_goes_on(
    db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reflagging, "BATCH", 1)
    judge, judged_before = reflagging._verdict, []

    def interrupted(article: tuple[str, str, str]) -> Any:
        judged_before.append(article)
        if len(judged_before) == 3:
            raise KeyboardInterrupt
        return judge(article)

    monkeypatch.setattr(reflagging, "_verdict", interrupted)
    result = CliRunner().invoke(main, ["reflag", "--db", str(db)])
    assert result.exit_code == 1
    assert "newly flagged: 1" in result.output
    assert "interrupted with 2 articles left; run it again to go on" in result.output
    monkeypatch.setattr(reflagging, "_verdict", judge)
    report = run(db)
    assert (report.current, report.left) == (2, 0)
    assert report.same == 2
