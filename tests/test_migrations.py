from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database, Migrations

from db.migrations import migrations
from monitor import text


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(tmp_path / "monitor.db")
    text.register(database.conn)
    migrations.apply(database)
    return database


def test_applying_twice_changes_nothing(database: Database) -> None:
    before = database.schema
    migrations.apply(database)
    assert database.schema == before
    assert migrations.pending(database) == []


def test_the_schema_has_the_tables_that_design_and_documents_name(database: Database) -> None:
    tables = {
        name for name in database.table_names() if not name.startswith(("articles_fts_", "_"))
    }
    assert tables == {
        "articles",
        "articles_fts",
        "articles_counts",
        "crawls",
        "flags",
        "flags_counts",
        "matches",
        "matches_counts",
        "meta",
        "outlets",
        "quarantine",
        "revisions",
        "sources",
        "sqlite_sequence",
        "hosts",
        "urls",
        "urls_counts",
    } - {"sqlite_sequence"}
    assert database.view_names() == ["articles_search"]


def test_every_foreign_key_has_an_index(database: Database) -> None:
    """Without one, Datasette's facets and joins on it read the whole table."""
    without = [
        (table.name, key.column)
        for table in database.tables
        for key in table.foreign_keys
        if key.column not in {index.columns[0] for index in table.indexes}
    ]
    assert without == []


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    broken = Migrations("monitor")

    @broken()
    def half(db: Database) -> None:
        db.execute("CREATE TABLE half (id INTEGER)")
        raise RuntimeError("power cut")

    database = Database(tmp_path / "monitor.db")
    with pytest.raises(RuntimeError):
        broken.apply(database)
    assert not database["half"].exists()
    assert [migration.name for migration in broken.pending(database)] == ["half"]


def _insert(database: Database, url: str) -> None:
    database.execute(
        "INSERT INTO articles(outlet, url, title, text, language, first_fetched_at, changed_at)"
        " VALUES ('a', ?, 'Title', 'Text', 'en', '2026', '2026')",
        [url],
    )


def test_any_writer_counts_seq_up_with_every_insert_and_update(database: Database) -> None:
    database.execute("INSERT INTO outlets(slug, name, homepage) VALUES ('a', 'A', 'http://a/')")
    for url in ("http://a/1", "http://a/2"):
        _insert(database, url)
    database.execute("UPDATE articles SET score = 0.5 WHERE url = 'http://a/1'")
    rows = database.query("SELECT url, seq FROM articles ORDER BY seq")
    assert list(rows) == [{"url": "http://a/2", "seq": 2}, {"url": "http://a/1", "seq": 3}]


@pytest.mark.parametrize(
    ("published", "day"),
    [
        ("2026-11-20T23:30:00+00:00", "2026-11-20"),
        ("2026-11-20T08:00:00", "2026-11-20"),
        ("2026-11-20", "2026-11-20"),
        (None, "2026-11-22"),
    ],
)
def test_an_article_counts_by_its_day_of_publication_or_of_fetching(
    database: Database, published: str | None, day: str
) -> None:
    database.execute("INSERT INTO outlets(slug, name, homepage) VALUES ('a', 'A', 'http://a/')")
    _insert(database, "http://a/1")
    database.execute(
        "UPDATE articles SET published_at = ?, first_fetched_at = '2026-11-22T02:00:00+00:00'",
        [published],
    )
    assert database.execute("SELECT day FROM articles").fetchone() == (day,)


def test_search_follows_inserts_edits_and_deletions(database: Database) -> None:
    def found(word: str) -> list[int]:
        rows = database.execute("SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?", [word])
        return [row[0] for row in rows]

    database.execute("INSERT INTO outlets(slug, name, homepage) VALUES ('a', 'A', 'http://a/')")
    _insert(database, "http://a/1")
    assert found("text") == [1]
    database.execute("UPDATE articles SET text = 'Other words' WHERE id = 1")
    assert (found("text"), found("words")) == ([], [1])
    database.execute("DELETE FROM articles WHERE id = 1")
    assert found("words") == []
    database.execute("INSERT INTO articles_fts(articles_fts, rank) VALUES ('integrity-check', 1)")


_CHANGES = (
    "INSERT INTO articles(id, outlet, url, title, text, language, first_fetched_at, changed_at,"
    " flagged, story_type, sending) VALUES (:id, 'a', :id, '', '', :language, '', '', :flagged,"
    " :story_type, :sending) ON CONFLICT DO NOTHING",
    "UPDATE articles SET flagged = :flagged, story_type = :story_type WHERE id = :id",
    "UPDATE articles SET language = :language, sending = :sending, why = 'so' WHERE id = :id",
    "UPDATE articles SET state = 'gone'",
    "DELETE FROM articles WHERE id = :id",
    "INSERT INTO urls(url, outlet, state, discovered_at) VALUES (:id, 'a', :state, '')"
    " ON CONFLICT(url) DO UPDATE SET state = :state, attempts = attempts + 1",
    "INSERT OR REPLACE INTO urls(url, outlet, state, discovered_at) VALUES (:id, 'b', :state, '')",
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(_CHANGES),
            st.fixed_dictionaries(
                {
                    "id": st.integers(1, 3),
                    "language": st.sampled_from(("en", "km")),
                    "flagged": st.booleans(),
                    "story_type": st.sampled_from((None, "risk")),
                    "sending": st.sampled_from(("[]", '["TH"]')),
                    "state": st.sampled_from(("pending", "article")),
                }
            ),
        ),
        max_size=12,
    ),
    st.integers(0, 12),
)
@settings(max_examples=30)
def test_counts_are_right_whatever_was_written_before_and_after_them(
    changes: list[tuple[str, dict[str, object]]], before: int
) -> None:
    database = Database(memory=True)
    text.register(database.conn)
    database.execute("PRAGMA recursive_triggers = ON")
    migrations.apply(database, stop_before="counts_of_rows")
    for number, (change, values) in enumerate(changes):
        if number == before:
            migrations.apply(database)
        database.execute(change, values)
    migrations.apply(database)

    for table in ("articles", "urls"):
        columns = [name for name in database[f"{table}_counts"].columns_dict if name != "total"]
        counted = database.execute(f"SELECT * FROM {table}_counts WHERE total <> 0").fetchall()
        key = ", ".join(f"coalesce({column}, '')" for column in columns)
        rows = database.execute(f"SELECT {key}, count(*) FROM {table} GROUP BY {key}")
        assert sorted(counted) == sorted(rows.fetchall())


@pytest.mark.parametrize(
    "where",
    [
        "",
        "where flagged = 1",
        "where language = 'th'",
        "where outlet = 'a'",
        "where story_type = 'risk'",
        "where 'TH' in (select value from json_each(sending)) and sending <> '[]'",
        "where 'TH' in (select value from json_each(receiving)) and receiving <> '[]'",
        "where published_at >= '2026-11-01'",
    ],
)
def test_the_newest_articles_are_found_without_sorting_all(database: Database, where: str) -> None:
    plan = database.query(
        f"explain query plan select * from articles {where} order by published_at desc limit 101"
    )
    steps = " ".join(step["detail"] for step in plan)
    assert "USING INDEX articles_" in steps
    assert "TEMP B-TREE" not in steps


def test_a_connection_without_the_text_functions_cannot_spoil_the_index(
    database: Database, tmp_path: Path
) -> None:
    database.execute("INSERT INTO outlets(slug, name, homepage) VALUES ('a', 'A', 'http://a/')")
    plain = sqlite3.connect(tmp_path / "monitor.db")
    with pytest.raises(sqlite3.OperationalError, match="monitor_seg"):
        _insert(Database(plain), "http://a/1")
    plain.close()
