"""The command line: what it prints, and with which status it ends."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.cli import main
from monitor.newsroom import Newsroom
from monitor.outlets import load_outlets
from monitor.store import Store

STORY = (
    "Thai police deported four Cambodian opposition activists on Friday and handed them over to "
    "Cambodian authorities, although the UN refugee agency had recognised them as refugees."
)


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin)


def test_flag_says_why() -> None:
    result = run("flag", "-", "--title", "Thailand deports Cambodian activists", stdin=STORY)
    assert result.exit_code == 0
    first, *reasons, start = result.output.splitlines()
    assert start.endswith("to begin with (en)")
    assert first.startswith("FLAGGED: score ")
    assert first.endswith(", incident, TH → KH")
    assert len(reasons) >= 1
    assert any("near" in reason for reason in reasons)


def test_flag_as_json_has_the_whole_verdict() -> None:
    verdict = json.loads(run("flag", "-", "--json", "--language", "en", stdin=STORY).output)
    assert set(verdict) == {
        "flagged",
        "score",
        "story_type",
        "sending",
        "receiving",
        "persons",
        "reasons",
        "matches",
        "lexicon_version",
        "start",
        "states",
        "language",
        "notes",
    }
    assert verdict["flagged"] is True
    assert (verdict["sending"], verdict["receiving"]) == (["TH"], ["KH"])
    for match in verdict["matches"]:
        assert STORY[match["start"] : match["end"]] == match["surface"]


def test_an_ordinary_text_is_not_flagged() -> None:
    result = run("flag", "-", stdin="The river rose by two metres overnight.")
    assert result.output.startswith("not flagged: score 0.")


def test_extract_shows_the_article(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        '<html lang="en"><head><meta property="og:title" content="River rises">'
        '<meta name="author" content="Sok Dara">'
        '<meta property="article:published_time" content="2026-11-20T08:30:00+07:00"></head>'
        "<body><article><p>The river rose by two metres overnight, and the ferry stayed in port "
        "until the morning.</p><p>Nobody was hurt, the port office said on Friday.</p></article>",
        encoding="utf-8",
    )
    result = run("extract", str(page), "--url", "http://n.example/r?utm_source=x", "--json")
    assert json.loads(result.output) == {
        "url": "http://n.example/r",
        "title": "River rises",
        "byline": ["Sok Dara"],
        "published_at": "2026-11-20T08:30:00+07:00",
        "published_from": "meta",
        "language": "en",
        "text": "The river rose by two metres overnight, and the ferry stayed in port until the "
        "morning.\n\nNobody was hurt, the port office said on Friday.",
    }
    assert "byline: Sok Dara" in run("extract", str(page), "--url", "http://n.example/r").output


def test_extract_of_nothing_is_one_line(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(b"")
    result = run("extract", str(page), "--url", "http://n.example/r")
    assert (result.exit_code, result.output) == (1, f"monitor: {page}: the page is empty\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["crawl", "no-such"], "no such outlet: no-such (see monitor outlets list)"),
        (["crawl", "vod-english"], "vod-english is not crawled (archive_only): "),
        (["crawl", "--since", "soon"], "'soon' is no date such as 2026-11-20"),
        (["crawl", "--limit", "0"], "0 is not in the range x>=1"),
        (["crawl", "--outlets", "{tmp}"], "expected outlet files (*.toml), found none"),
        (["evaluate", "{tmp}/bad.jsonl"], "bad.jsonl, line 1: "),
        (["serve", "--db", "{tmp}/none.db"], "none.db"),
        (
            ["demo", "--night", "2", "--db", "{tmp}/none.db"],
            "night 2 needs the database of night 1",
        ),
    ],
)
def test_wrong_usage_ends_with_status_2_and_one_clear_line(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "bad.jsonl").write_text("{", encoding="utf-8")
    result = run(*(argument.format(tmp=tmp_path) for argument in arguments))
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_evaluate_prints_a_table_or_the_contract(tmp_path: Path) -> None:
    golden = tmp_path / "golden.jsonl"
    row = {"id": "1", "language": "en", "flag": True, "label": "incident", "text": STORY}
    row |= {"title": "", "sending": ["TH"], "receiving": ["KH"]}
    golden.write_text(json.dumps(row), encoding="utf-8")
    found = json.loads(run("evaluate", str(golden), "--json").output)
    assert found["overall"] == {"n": 1, "precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert found["errors"] == []
    assert "story type right: 1.00" in run("evaluate", str(golden)).output


def test_scrapy_lists_one_spider_for_each_active_outlet() -> None:
    root = Path(__file__).parent.parent
    listed = subprocess.run(
        [sys.executable, "-m", "scrapy", "list"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert listed == [o.slug for o in load_outlets().values() if o.status == "active"]


def test_scrapy_crawl_runs_one_outlet_like_monitor_crawl(tmp_path: Path) -> None:
    db = tmp_path / "monitor.db"
    with Newsroom() as newsroom:
        newsroom.outlets_toml(tmp_path / "outlets")
        settings = {
            "MONITOR_OUTLETS_DIR": tmp_path / "outlets",
            "MONITOR_DB_PATH": db,
            "MONITOR_WORKERS": 1,
            "MONITOR_LIMIT": 3,
        }
        options = [word for name, value in settings.items() for word in ("-s", f"{name}={value}")]
        subprocess.run(
            [sys.executable, "-m", "scrapy", "crawl", "xieng-lao", *options],
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            timeout=120,
            check=True,
        )
    connection = sqlite3.connect(db)
    assert connection.execute("SELECT outlet, outcome, new FROM crawls").fetchall() == [
        ("xieng-lao", "finished", 3)
    ]
    left = connection.execute("SELECT count(*) FROM urls WHERE state = 'pending'").fetchone()
    assert left == (5,), "what is over the limit waits for the next night"
    connection.close()


def without_room_for(outlet: str, db: Path) -> Path:
    """A database in which no crawl of this outlet can begin."""
    Store(db).close()
    connection = sqlite3.connect(db)
    connection.execute(
        f"CREATE TRIGGER no_room BEFORE INSERT ON crawls WHEN new.outlet = '{outlet}'"
        " BEGIN SELECT raise(ABORT, 'no room'); END"
    )
    connection.close()
    return db


def test_an_outlet_whose_crawl_cannot_begin_is_named(tmp_path: Path) -> None:
    db = without_room_for("xieng-lao", tmp_path / "monitor.db")
    with Newsroom() as newsroom:
        newsroom.outlets_toml(tmp_path / "outlets")
        options = [
            "--outlets",
            str(tmp_path / "outlets"),
            "--db",
            str(db),
            "--limit",
            "1",
            "--json",
        ]
        done = subprocess.run(
            [sys.executable, "-m", "monitor.cli", "crawl", "xieng-lao", "mekong-courier", *options],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 1
    assert [row["outlet"] for row in json.loads(done.stdout)] == ["mekong-courier"]
    assert done.stderr.splitlines()[-1] == "monitor: not crawled to the end: xieng-lao"


@pytest.mark.parametrize(("contact", "warnings"), [("", 1), ("you@example.org", 0)])
def test_a_crawl_says_when_nobody_can_be_reached(
    tmp_path: Path, contact: str, warnings: int
) -> None:
    # It ends before its first request.
    db = without_room_for("hkfp", tmp_path / "monitor.db")
    done = subprocess.run(
        [sys.executable, "-m", "monitor.cli", "crawl", "hkfp", "--db", str(db)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"MONITOR_CONTACT": contact},
    )
    assert done.stderr.count("WARNING MONITOR_CONTACT is empty") == warnings
    assert done.returncode == 1


@pytest.mark.parametrize("command", ["crawl", "import", "demo", "serve"])
@pytest.mark.parametrize("below", ["file/monitor.db", "file/folder/monitor.db", "a" * 300])
def test_a_database_that_cannot_be_written_is_one_line(
    tmp_path: Path, command: str, below: str
) -> None:
    (tmp_path / "file").touch()
    db = tmp_path / below
    texts = [str(tmp_path / "file")] if command == "import" else []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = str(probe.getsockname()[1])
    port = ["--port", "0", "--newsroom-port", free] if command == "demo" else []
    result = run(command, *texts, *port, "--db", str(db))
    assert result.exit_code in (1, 2)
    (line,) = result.output.splitlines()
    assert line.startswith("monitor: ")
    assert str(db) in line


@pytest.mark.parametrize("code", ["EN", "en-GB", "en_US"])
def test_a_language_is_read_as_people_write_it(code: str) -> None:
    plain = run("flag", "-", "--language", "en", stdin=STORY).output
    assert run("flag", "-", "--language", code, stdin=STORY).output == plain


@pytest.mark.parametrize("code", ["klingon", "eng", "", "e1"])
def test_what_is_no_language_is_said(code: str) -> None:
    result = run("flag", "-", "--language", code, stdin=STORY)
    assert result.exit_code == 2
    assert "is no ISO 639-1 code such as th" in result.output


@pytest.mark.parametrize(
    ("text", "language", "note"),
    [
        ("", None, "cannot judge: there are no words"),
        ("123 \n …", None, "cannot judge: there are no words"),
        ("Les policiers ont expulsé deux opposants.", "fr", "no lexicon for the language 'fr'"),
        ("Two people. " * 30_000, "en", "only the first 300,000 of"),
    ],
)
def test_what_was_not_judged_is_said(text: str, language: str | None, note: str) -> None:
    options = ["--language", language] if language else []
    for command in ("flag", "explain"):
        output = run(command, "-", *options, stdin=text).output
        assert note in " ".join(output.split()), command


def test_a_mistake_in_a_lexicon_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from monitor.flagging import lexicon

    def broken(*_: object) -> None:
        raise lexicon.LexiconError("th.toml: term 12 (x): concept is 'return'")

    monkeypatch.setattr("monitor.flagging.reading.find_terms", broken)
    result = run("flag", "-", "--language", "th", stdin="x")
    assert result.exit_code == 2
    assert result.output == "monitor: th.toml: term 12 (x): concept is 'return'\n"


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    file = tmp_path / "notes.db"
    file.write_text("no database, only some text that is long enough" * 50)
    result = run("explain", "https://daily.example/story", "--db", str(file))
    assert result.exit_code == 1
    assert "notes.db cannot be read: file is not a database" in result.output
