"""How fast the search page answers over a large database.

    python bench/search_page.py DB [--articles 1000000]

Fills ``DB`` with synthetic articles if it is not there: sentences of
``training/`` shuffled, so that words and clusters are as frequent as in real
texts, in shares of the languages like those of the outlets. A rare word is put
into one article of 5,000 in two scripts. Then asks Datasette as a browser
would and prints milliseconds, each address 20 times after a warm-up.
"""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from db.migrations import migrations
from monitor import text as monitor_text

TRAINING = Path(__file__).parent.parent / "training"
SHARES = {
    "en": 24,
    "th": 14,
    "vi": 14,
    "zh": 14,
    "km": 10,
    "id": 6,
    "ms": 6,
    "tr": 5,
    "my": 4,
    "lo": 3,
}
"""Articles of each language in a hundred."""
LENGTH = {"zh": 900, "th": 2400, "lo": 2400, "km": 2600, "my": 2600}
"""Characters of an article; 2,800 in Latin script. Medians of news pages."""
RARE = {"en": "The whale was a lighthouse keeper.", "th": "สวนสัตว์เปิดใหม่", "zh": "鲸鱼游过灯塔"}
RARE_ONE_IN = 5_000
OUTLETS = 80
FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)
DAYS = 2_400
BATCH = 5_000

QUERIES = {
    "frequent, Latin": "police",
    "frequent, Thai": "ตำรวจ",
    "frequent, Chinese": "警方",
    "frequent phrase": '"human rights"',
    "rare, Latin": "lighthouse",
    "rare, Thai": "สวนสัตว์",
    "rare, Chinese": "鲸鱼",
    "rare, absent": "xylophonist",
    "two frequent": "police refugee",
    "beginning": "deport*",
}


def fill(path: Path, count: int) -> None:
    """Write ``count`` articles, their search index beside the triggers: the keys of a
    sentence are worked out once."""
    sentences = _sentences()
    chance = random.Random(11)
    connection = sqlite3.connect(path)
    monitor_text.register(connection)
    migrations.apply(Database(connection))
    triggers = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'articles'"
    ).fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF")
    connection.executemany(
        "INSERT INTO outlets (slug, name, homepage) VALUES (?, ?, '')",
        [(f"outlet-{n}", f"Outlet {n}") for n in range(OUTLETS)],
    )
    began = time.perf_counter()
    for start in range(1, count + 1, BATCH):
        rows, keys = [], []
        for number in range(start, min(start + BATCH, count + 1)):
            row, key = _article(number, count, sentences, chance)
            rows.append(row)
            keys.append(key)
        with connection:
            connection.executemany(
                "INSERT INTO articles (id, seq, outlet, url, title, published_at, language,"
                " first_fetched_at, changed_at, flagged, score, story_type, sending, receiving, text)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            connection.executemany(
                "INSERT INTO articles_fts (rowid, seg, fold) VALUES (?, ?, ?)", keys
            )
        print(f"{start + len(rows) - 1} articles, {time.perf_counter() - began:.0f} s", flush=True)
    for _, sql in triggers:
        connection.execute(sql)
    connection.execute("UPDATE meta SET value = ? WHERE key = 'seq'", [count])
    connection.execute(
        "INSERT OR REPLACE INTO meta VALUES ('normaliser_version', ?)",
        [monitor_text.NORMALISER_VERSION],
    )
    connection.execute("ANALYZE")
    connection.commit()
    connection.close()


Sentence = tuple[str, str, str]
"""Text, ``seg`` and ``fold``."""


def _sentences() -> dict[str, list[Sentence]]:
    found: dict[str, list[Sentence]] = defaultdict(list)
    for path in sorted(TRAINING.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            for start, end in monitor_text.sentences(row["text"]):
                found[row["language"]].append(_with_keys(row["text"][start:end]))
    return found


def _with_keys(sentence: str) -> Sentence:
    return sentence, monitor_text.segment(sentence), monitor_text.fold(sentence)


def _article(
    number: int, count: int, sentences: dict[str, list[Sentence]], chance: random.Random
) -> tuple[tuple[object, ...], tuple[object, ...]]:
    (language,) = chance.choices(list(SHARES), list(SHARES.values()))
    # The outlets of a language repeat themselves less than one pool would.
    pool, length = sentences[language], LENGTH.get(language, 2800)
    chosen = [chance.choice(pool)]
    size = 0
    while size < length:
        chosen.append(chance.choice(pool))
        size += len(chosen[-1][0])
    if language in RARE and chance.randrange(RARE_ONE_IN) == 0:
        chosen.append(_with_keys(RARE[language]))
    title, *body = chosen
    day = FIRST_DAY + timedelta(days=DAYS * number / count + chance.gauss(0, 2))
    flagged = chance.random() < 0.03
    row = (
        number,
        number,
        f"outlet-{chance.randrange(OUTLETS)}",
        f"https://bench.example/{number}",
        title[0],
        day.isoformat(),
        language,
        day.isoformat(),
        day.isoformat(),
        int(flagged),
        chance.random(),
        chance.choice(["incident", "risk", "policy"]) if flagged else None,
        '["TH"]' if flagged else "[]",
        '["MM"]' if flagged else "[]",
        "\n\n".join(sentence[0] for sentence in body),
    )
    key = (number, "\n".join(s[1] for s in chosen), "\n".join(s[2] for s in chosen if s[2]))
    return row, key
