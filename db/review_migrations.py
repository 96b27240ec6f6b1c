"""The schema of ``reviews.db``, as sqlite-utils migrations.

A database of its own: only Datasette writes it, so that analysts and crawls
never wait for each other, and only those who are logged in may read it.
Descriptions of its columns are in ``workbench/metadata.yml``.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from db.migrations import statements

migrations = Migrations("reviews")

_FIRST_SCHEMA = """
-- An article is known by its address: numbers are others after a restore.
-- The verdict is copied: it is what the analyst saw.
CREATE TABLE reviews (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('confirmed', 'rejected', 'unsure', 'withdrawn')),
    withdraws INTEGER REFERENCES reviews(id),
    title TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    corrected_type TEXT,
    corrected_sending TEXT,
    corrected_receiving TEXT,
    url TEXT NOT NULL,
    article INTEGER NOT NULL,
    outlet TEXT NOT NULL,
    language TEXT NOT NULL,
    script TEXT,
    published_at TEXT,
    revision INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    flag INTEGER NOT NULL,
    lexicon_version TEXT NOT NULL,
    flagged INTEGER NOT NULL,
    score REAL NOT NULL,
    story_type TEXT,
    sending TEXT NOT NULL,
    receiving TEXT NOT NULL,
    CHECK ((decision = 'withdrawn') = (withdraws IS NOT NULL))
);
CREATE INDEX reviews_url ON reviews(url);
CREATE INDEX reviews_reviewer ON reviews(reviewer);
CREATE INDEX reviews_decision ON reviews(decision);
CREATE INDEX reviews_at ON reviews(at);
-- A decision is taken back once.
CREATE UNIQUE INDEX reviews_withdraws ON reviews(withdraws) WHERE withdraws IS NOT NULL;

CREATE TRIGGER reviews_stay BEFORE UPDATE ON reviews BEGIN
    SELECT RAISE(ABORT, 'reviews are never changed; a later row says what is new');
END;
CREATE TRIGGER reviews_remain BEFORE DELETE ON reviews BEGIN
    SELECT RAISE(ABORT, 'reviews are never deleted');
END;

-- What counts: of the decisions on an address that were not withdrawn, the last.
CREATE VIEW decisions AS
    SELECT * FROM reviews WHERE id IN (
        SELECT max(id) FROM reviews AS decided
        WHERE decision <> 'withdrawn'
          AND NOT EXISTS (SELECT 1 FROM reviews AS later WHERE later.withdraws = decided.id)
        GROUP BY url
    );
"""


@migrations()
def first_schema(db: Database) -> None:
    """Reviews, and the decisions that count."""
    for statement in statements(_FIRST_SCHEMA):
        db.execute(statement)
