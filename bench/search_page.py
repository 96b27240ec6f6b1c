"""How fast the search page answers over a large database.

    python bench/search_page.py DB [--articles 1000000]

Fills ``DB`` with synthetic articles if it is not there: sentences of
``training/`` shuffled, so that words and clusters are as frequent as in real
texts, in shares of the languages like those of the outlets. A rare word is put
into one article of 5,000 in three scripts. Then asks Datasette as a browser
would and prints milliseconds, each address 20 times after the first. A million
articles take half an hour and 8 GB.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import statistics
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from sqlite_utils import Database

from db.migrations import migrations
from monitor import text as monitor_text
from monitor.serve import datasette_for

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
RARE = {"en": "A zeppelin was seen.", "th": "มีผู้พบเห็นเรือเหาะ", "zh": "有人看见飞艇"}
RARE_ONE_IN = 5_000
OUTLETS = 80
FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)
DAYS = 2_400
BATCH = 5_000

ADDRESSES: dict[str, dict[str, str]] = {
    "a frequent word, Latin": {"q": "police"},
    "a frequent word, Thai": {"q": "ตำรวจ"},
    "a frequent word, Chinese": {"q": "警方"},
    "a rare word, Latin": {"q": "zeppelin"},
    "a rare word, Thai": {"q": "เรือเหาะ"},
    "a rare word, Chinese": {"q": "飞艇"},
    "no such word, Latin": {"q": "xylophonist"},
    "no such word, Thai": {"q": "ปลาวาฬ"},
    "a phrase": {"q": '"human rights"'},
    "two frequent words": {"q": "police refugee"},
    "near": {"q": "NEAR(police refugee, 5)"},
    "a beginning": {"q": "deport*"},
    "without marks": {"q": "truc xuat"},
    "by relevance, Latin": {"q": "police", "sort": "relevance"},
    "by relevance, Thai": {"q": "ตำรวจ", "sort": "relevance"},
    "flagged only": {"q": "police", "flagged": "1"},
    "one outlet": {"q": "police", "outlet": "outlet-7"},
    "a month long ago": {"q": "police", "since": "2021-03-01", "until": "2021-03-31"},
    "in other languages": {"q": "extradited", "also": "1"},
    "two words in others": {"q": "refugee deported", "also": "1"},
}
REPEATED = 20


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


async def measure(path: Path) -> None:
    """Print milliseconds of each address: the first time, then the median and the 95th
    percentile of the next ones, and the median of the processor's time."""
    datasette = datasette_for(path)
    print(f"{'ms':26}  first  median    p95  of which work")
    for name, arguments in ADDRESSES.items():
        address = f"/search?{urlencode(arguments)}"
        walls, works = [], []
        for _ in range(REPEATED + 1):
            began, began_work = time.perf_counter(), time.process_time()
            answer = await datasette.client.get(address)
            assert answer.status_code == 200, answer.text
            walls.append(1000 * (time.perf_counter() - began))
            works.append(1000 * (time.process_time() - began_work))
        first, *warm = walls
        p95 = sorted(warm)[round(0.95 * REPEATED) - 1]
        print(
            f"{name:26} {first:6.0f} {statistics.median(warm):7.0f} {p95:6.0f}"
            f" {statistics.median(works):14.0f}",
            flush=True,
        )
    datasette.executor.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("db", type=Path)
    parser.add_argument("--articles", type=int, default=1_000_000)
    arguments = parser.parse_args()
    if not arguments.db.exists():
        fill(arguments.db, arguments.articles)
    asyncio.run(measure(arguments.db))


if __name__ == "__main__":
    main()
