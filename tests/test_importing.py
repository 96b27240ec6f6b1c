"""Texts from elsewhere go the way of crawled ones; bad lines are reported by number."""

from __future__ import annotations

import gzip
import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import main
from monitor.flagging import flag
from monitor.items import Flag

STORY = {
    "url": "https://elsewhere.example/1?utm_source=x",
    "title": "Thailand deports Cambodian opposition activists despite refugee status",
    "text": "Thai police deported four Cambodian opposition activists on Friday and handed them over "
    "to Cambodian authorities, although the UN refugee agency had recognised them as refugees.",
    "published_at": "2026-11-20",
    "language": "en",
    "outlet": "elsewhere",
    "colour": "ignored",
}
THAI = {
    "url": "https://elsewhere.example/2",
    "title": "ราคาข้าวสูงขึ้น",
    "text": "ราคาข้าวหอมมะลิในตลาดภาคอีสานสูงขึ้นเป็นสัปดาห์ที่สาม พ่อค้ากล่าวว่าฝนตกหนักทำให้ผลผลิตลดลง",
}


def lines(path: Path, *rows: object) -> Path:
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def run(path: Path, db: Path, *options: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["import", str(path), "--db", str(db), *options])
    return result.exit_code, result.output


def query(db: Path, sql: str) -> list[dict[str, object]]:
    connection = sqlite3.connect(db)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(sql)]
    finally:
        connection.close()


def test_a_text_is_judged_and_stored_like_a_crawled_article(tmp_path: Path) -> None:
    db = tmp_path / "monitor.db"
    status, output = run(lines(tmp_path / "in.jsonl", STORY, "", THAI), db, "--json")
    assert (status, json.loads(output)) == (
        0,
        {"new": 2, "changed": 0, "unchanged": 0, "flagged": 1, "bad_lines": []},
    )
    assert query(
        db, "SELECT outlet, url, published_at, language, flagged FROM articles ORDER BY id"
    ) == [
        {
            "outlet": "elsewhere",
            "url": "https://elsewhere.example/1",
            "published_at": "2026-11-20",
            "language": "en",
            "flagged": 1,
        },
        {
            "outlet": "imported",
            "url": "https://elsewhere.example/2",
            "published_at": None,
            "language": "th",
            "flagged": 0,
        },
    ]
    assert query(db, "SELECT slug, homepage, status FROM outlets ORDER BY slug") == [
        {"slug": "elsewhere", "homepage": "https://elsewhere.example/", "status": "archive_only"},
        {"slug": "imported", "homepage": "", "status": "archive_only"},
    ]


def test_importing_again_changes_nothing_and_an_edit_is_a_revision(tmp_path: Path) -> None:
    db = tmp_path / "monitor.db"
    run(lines(tmp_path / "in.jsonl", STORY, THAI), db)
    edited = {**THAI, "text": THAI["text"] + " รัฐบาลจะประชุมในวันจันทร์"}
    status, output = run(lines(tmp_path / "in.jsonl", STORY, edited), db)
    assert (status, output.strip()) == (0, "0 new, 1 changed, 1 unchanged, 0 flagged")
    assert query(db, "SELECT count(*) AS n FROM revisions") == [{"n": 3}]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("{", "not JSON: Expecting property name enclosed in double quotes at character 3"),
        ("[" * 100_000, "not JSON of use: lists or objects in each other without end"),
        ('{"title": "a", "url": \0}', "not JSON: Expecting value at character 23"),
        ({**STORY, "url": "https://[::1"}, "url: expected an address"),
        ({**STORY, "url": "https://x.example:99999999/"}, "url: expected an address"),
        ("[1]", "expected an object"),
        ({**STORY, "url": "elsewhere"}, "url: expected an address"),
        ({**STORY, "url": 7}, "url: expected a text, got 7"),
        ({**STORY, "title": "", "text": " "}, "title and text are both empty"),
        ({**STORY, "published_at": "Friday"}, "published_at: expected a date"),
        ({**STORY, "published_at": "0001-01-01T00:00:00+07:00"}, "published_at: expected a date"),
        ({**STORY, "published_at": "9999-12-31T23:59:59-12:00"}, "published_at: expected a date"),
        ({**STORY, "outlet": "Else Where"}, "outlet: expected lower-case words"),
    ],
)
def test_a_bad_line_is_named_kept_and_costs_no_other(
    tmp_path: Path, row: object, problem: str
) -> None:
    db = tmp_path / "monitor.db"
    status, output = run(lines(tmp_path / "in.jsonl", THAI, row), db)
    assert status == 1
    assert f"in.jsonl, line 2: {problem}" in output
    assert "1 new" in output
    assert query(db, "SELECT stage, reason, url FROM quarantine") == [
        {"stage": "import", "reason": "bad_line", "url": "in.jsonl#line=2"}
    ]


def test_a_line_that_cannot_be_stored_is_named_too(tmp_path: Path) -> None:
    db = tmp_path / "monitor.db"
    half = {**STORY, "title": "half a pair \ud800"}
    path = lines(tmp_path / "in.jsonl", "{", half, THAI, "[1]")
    result = CliRunner().invoke(main, ["import", str(path), "--db", str(db), "--json"])
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [bad["line"] for bad in report["bad_lines"]] == [1, 2, 4]
    assert report["bad_lines"][1]["problem"] == "it cannot be stored; quarantine says why"
    assert report["new"] == 1
    assert query(db, "SELECT count(*) AS n FROM quarantine") == [{"n": 3}]


@pytest.mark.parametrize("when", ["2099-12-31", "2099-12-31T08:00:00+07:00", "1066-10-14"])
def test_a_date_on_which_nothing_can_have_been_published_is_left_out(
    tmp_path: Path, when: str
) -> None:
    db = tmp_path / "monitor.db"
    status, output = run(lines(tmp_path / "in.jsonl", {**STORY, "published_at": when}), db)
    assert (status, output.strip()) == (0, "1 new, 0 changed, 0 unchanged, 1 flagged")
    assert query(db, "SELECT published_at, published_from FROM articles") == [
        {"published_at": None, "published_from": None}
    ]


def test_an_import_under_another_address_is_known_by_the_outlets_key(tmp_path: Path) -> None:
    db = tmp_path / "monitor.db"
    story = {
        **STORY,
        "outlet": "prachatai-th",
        "url": "https://prachatai.com/journal/2024/07/110058",
    }
    printed = {**story, "url": "https://prachatai.com/print/110058", "title": "Edited"}
    _, output = run(lines(tmp_path / "in.jsonl", story, printed), db)
    assert output.startswith("1 new, 1 changed")


def test_lines_of_another_system_and_of_great_length_are_lines(tmp_path: Path) -> None:
    file, db = tmp_path / "in.jsonl", tmp_path / "monitor.db"
    long = {**THAI, "text": "ผู้ลี้ภัย" * 110_000, "url": " https://elsewhere.example/3 "}
    rows = [json.dumps(row).encode() for row in (STORY, THAI, long)]
    file.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(rows) + b"\r\n\xff\r\n")
    status, output = run(file, db)
    assert status == 1
    assert output.splitlines() == [
        f"{file}, line 4: not UTF-8: byte 1 is no part of a character",
        "3 new, 0 changed, 0 unchanged, 1 flagged",
        f"monitor: 1 line of {file} was not brought in",
    ]
    assert query(db, "SELECT url, length(text) AS n FROM articles WHERE id = 3") == [
        {"url": "https://elsewhere.example/3", "n": 990_000}
    ]


@pytest.mark.parametrize(
    ("when", "stored"),
    [
        ("20261120", "2026-11-20"),
        ("2026-W47-5", "2026-11-20"),
        (" 2026-11-20 ", "2026-11-20"),
        ("2026-11-20 08:30", "2026-11-20T08:30:00"),
        ("20261120T083000+0700", "2026-11-20T01:30:00+00:00"),
    ],
)
def test_a_day_stays_a_day_however_it_is_written(tmp_path: Path, when: str, stored: str) -> None:
    db = tmp_path / "monitor.db"
    run(lines(tmp_path / "in.jsonl", {**STORY, "published_at": when}), db)
    assert query(db, "SELECT published_at FROM articles") == [{"published_at": stored}]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (gzip.compress(b"{}", mtime=0), "is compressed; unpack it first: gunzip --keep FILE"),
        (json.dumps(STORY).encode("utf-16"), "is in UTF-16; write it in UTF-8 first"),
        (b"PK\x03\x04...", "is a ZIP archive; unpack it first"),
    ],
)
def test_a_file_of_another_kind_is_refused_whole(tmp_path: Path, content: bytes, what: str) -> None:
    file, db = tmp_path / "in.jsonl", tmp_path / "monitor.db"
    file.write_bytes(content)
    assert run(file, db) == (2, f"monitor: {file} {what}\n")
    assert not db.exists()


def test_ctrl_c_keeps_what_came_in_and_the_next_run_brings_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{**STORY, "url": f"https://x.example/{n}", "text": f"Text {n}."} for n in range(50)]
    file, db = lines(tmp_path / "in.jsonl", *rows), tmp_path / "monitor.db"

    def interrupted(title: str, text: str, language: str) -> Flag:
        if text == "Text 45.":
            raise KeyboardInterrupt
        return flag(title, text, language)

    with monkeypatch.context() as patched:
        patched.setattr("monitor.importing.flag", interrupted)
        assert run(file, db) == (
            1,
            "monitor: stopped; what came in before stays, and running it again brings in the rest\n",
        )
    assert query(db, "SELECT count(*) AS n FROM articles") == [{"n": 40}]
    assert run(file, db)[1].startswith("10 new, 0 changed, 40 unchanged")
