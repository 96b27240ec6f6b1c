"""``monitor diff``: what changed between two revisions, by words."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from store_records import NIGHT, SmallOutlet, judged

from monitor.changes import Change, changes, shown
from monitor.cli import main
from monitor.store import Store

URL = "https://daily.example/story"
TEXTS = st.text(alphabet="ab é\n.,'ก็ไทย难民ភាសា", max_size=60)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "Police deported four men.",
            "Police deported three men.",
            [
                ("same", "Police deported "),
                ("removed", "four"),
                ("added", "three"),
                ("same", " men."),
            ],
        ),
        (
            "ตำรวจส่งตัวสี่คน",
            "ตำรวจส่งตัวสามคน",
            [("same", "ตำรวจส่งตัว"), ("removed", "สี่"), ("added", "สาม"), ("same", "คน")],
        ),
        ("难民被遣返", "难民未被遣返", [("same", "难民"), ("added", "未"), ("same", "被遣返")]),
        ("same", "same", [("same", "same")]),
        ("", "new", [("added", "new")]),
    ],
)
def test_changes_are_words_or_clusters(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert [(change.kind, change.text) for change in changes(old, new)] == expected


def test_a_huge_text_that_changed_altogether_is_not_compared_word_by_word() -> None:
    old, new = "one two " * 20_000, "three four " * 20_000
    assert [change.kind for change in changes(old, new)] == ["removed", "added"]


@given(TEXTS, TEXTS)
def test_what_stayed_and_was_removed_is_the_old_text_and_with_what_was_added_the_new(
    old: str, new: str
) -> None:
    found = changes(old, new)
    assert "".join(c.text for c in found if c.kind != "added") == old
    assert "".join(c.text for c in found if c.kind != "removed") == new


def test_long_stretches_that_stayed_are_shortened() -> None:
    found = [Change("same", "x" * 500), Change("added", "new"), Change("same", "y" * 500)]
    assert shown(found).plain == f" […] {'x' * 60}{{+new+}}{'y' * 60} […] "


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "monitor.db"
    with Store(path) as store:
        store.add_outlets([SmallOutlet("daily")])
        for day, text in enumerate(("Police deported four men.", "Police deported three men.")):
            store.write([judged(URL, text, at=NIGHT + timedelta(days=day))])
        store.write([judged(URL + "/2", "Only once.")])
    return path


def run(db: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["diff", *arguments, "--db", str(db)])


@pytest.mark.parametrize("article", ["1", URL])
def test_the_newest_revision_is_compared_with_the_one_before(db: Path, article: str) -> None:
    output = run(db, article).output
    assert "Police deported [-four-]{+three+} men." in output
    assert output.count("SHA-256 ") == 2


def test_as_json(db: Path) -> None:
    found = json.loads(run(db, "1", "--json").output)
    assert (found["from"]["number"], found["to"]["number"]) == (1, 2)
    assert {"kind": "added", "text": "three"} in found["text"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("7",), "no article 7"),
        ((URL + "/2",), "has one revision: nothing changed"),
        (("1", "--from", "9"), "has no revision 9 (it has 1, 2)"),
    ],
)
def test_what_cannot_be_compared_is_said(
    db: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = run(db, *arguments)
    assert result.exit_code == 1
    assert message in result.output
