"""Every query of ``fixtures/search_queries.jsonl`` finds its text in a real
database, and nothing that a person types is a syntax error."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from db.migrations import migrations
from monitor import text

_CASES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "fixtures" / "search_queries.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
QUERIES = [case for case in _CASES if case["type"] == "query"]
SPELLINGS = [case for case in _CASES if case["type"] == "normalisation"]


def _add(connection: sqlite3.Connection, url: str, body: str) -> None:
    connection.execute(
        "INSERT INTO articles (outlet, url, title, text, language, first_fetched_at, changed_at)"
        " VALUES ('gazette', ?, '', ?, 'und', '', '')",
        (url, body),
    )


def _find(connection: sqlite3.Connection, query: str) -> set[str]:
    rows = connection.execute(
        "SELECT url FROM articles JOIN articles_fts ON articles_fts.rowid = articles.id"
        " WHERE articles_fts MATCH ?",
        (text.search_query(query),),
    )
    return {url for (url,) in rows}


def _database(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    text.register(connection)
    migrations.apply(Database(connection))
    connection.execute("INSERT INTO outlets (slug, name, homepage) VALUES ('gazette', 'G', '')")
    return connection


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """All texts of the fixture file in one database."""
    connection = _database(tmp_path_factory.mktemp("search") / "monitor.db")
    for case in QUERIES:
        _add(connection, case["id"], case["doc"])
        for number, trap in enumerate(case["traps"]):
            _add(connection, f"{case['id']} trap {number}", trap)
    for case in SPELLINGS:
        _add(connection, case["name"], case["doc"])
    connection.commit()
    yield connection
    connection.close()


def test_the_fixture_covers_every_language_of_the_project() -> None:
    languages = {case["lang"] for case in QUERIES}
    wanted = {"en", "km", "th", "lo", "my", "vi", "zh-Hans", "zh-Hant", "id", "ms", "tr"}
    assert wanted <= languages


@pytest.mark.parametrize("case", QUERIES, ids=lambda case: case["id"])
def test_a_query_finds_its_text_and_no_trap(
    library: sqlite3.Connection, case: dict[str, Any]
) -> None:
    found = _find(library, case["query"])
    assert case["id"] in found
    assert not {url for url in found if url.startswith(f"{case['id']} trap")}


@pytest.mark.parametrize("case", SPELLINGS, ids=lambda case: case["name"])
def test_a_word_is_found_in_its_other_spelling(
    library: sqlite3.Connection, case: dict[str, Any]
) -> None:
    assert (case["name"] in _find(library, case["query"])) is case["must_match"]


def test_the_index_follows_edits_and_deletions(tmp_path: Path) -> None:
    connection = _database(tmp_path / "monitor.db")
    _add(connection, "a", "ตำรวจส่งกลับนักเขียน")
    connection.execute("UPDATE articles SET text = '警方遣返作家'")
    assert _find(connection, "ส่งกลับ") == set()
    assert _find(connection, "遣返") == {"a"}
    connection.execute("INSERT INTO articles_fts (articles_fts) VALUES ('integrity-check')")
    connection.execute("DELETE FROM articles")
    assert _find(connection, "遣返") == set()
    connection.close()


@pytest.mark.parametrize("query", ["", "   ", '""', '"', "*", "—", "( )", "?!", "\x00", "\ud800"])
def test_a_query_without_a_word_finds_nothing(library: sqlite3.Connection, query: str) -> None:
    assert text.search_query(query) == '""'
    assert _find(library, query) == set()


@pytest.mark.parametrize(
    ("query", "expression"),
    [
        ("poet", '"poet"'),
        ("tội", '"tội"'),
        ("poet*", '"poet" *'),
        ("难民 poet", '("难 民" AND "poet")'),
        (
            "deportat*",
            '("deportat" * OR "deportation" OR "deportations")',
        ),
        ('"two words"', '"two words"'),
        ("a OR b", '("a" OR "b")'),
        ("a AND NOT b", '("a" NOT "b")'),
        ("(a OR b) c", '(("a" OR "b") AND "c")'),
        ("a AND", '"a"'),
        ("OR a NOT", '"a"'),
        ("NEAR(a b, 5)", 'NEAR("a" "b", 5)'),
        ("c NEAR(a b, 5)", '("c" AND NEAR("a" "b", 5))'),
        ("a NEAR b", 'NEAR("a" "b", 10)'),
        ('tội NEAR/3 "b c"', 'NEAR("tội" "b c", 3)'),
        ("NEAR(难民 警方)", 'NEAR("难 民" "警 方", 30)'),
        ("NEAR(ab* b , 5) c", '(NEAR("ab" * "b", 5) AND "c")'),
        ("(a", '"a"'),
        ("title:a", '"title:a"'),
        ("“a b”", '"a b"'),
    ],
)
def test_operators_work_when_well_formed_and_are_left_out_when_not(
    query: str, expression: str
) -> None:
    assert text.search_query(query) == expression


_TYPED = st.lists(
    st.sampled_from(
        [
            "AND",
            "OR",
            "NOT",
            "NEAR",
            "(",
            ")",
            '"',
            "*",
            "^",
            ":",
            "{",
            "}",
            "-",
            "+",
            ",",
            "'",
            "poet",
            "tội",
            "难民",
            "ลี้ภัย",
            "អ្នក",
            "ဒုက္ခသည်",
            "İ",
            "ﬁ",
            " ",
            "\u200b",
            "\x00",
            "𝐚",
        ]
    )
).map(" ".join)


@given(st.one_of(st.text(), _TYPED, _TYPED.map(lambda typed: typed.replace(" ", ""))))
def test_whatever_is_typed_is_no_syntax_error(query: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE t USING fts5(seg, fold,"
        " tokenize=\"porter unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'\")"
    )
    connection.execute("SELECT * FROM t WHERE t MATCH ?", (text.search_query(query),)).fetchall()
    connection.close()


@pytest.mark.parametrize(
    "query", ["word " * 5000, "(" * 300 + "a" + ")" * 300, "a OR " * 500 + "a"]
)
def test_a_pasted_text_is_no_error(library: sqlite3.Connection, query: str) -> None:
    assert len(_find(library, query)) < len(QUERIES)
