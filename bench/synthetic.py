"""A large database as years of nights would have left it, of real-looking texts.

    python -m bench.synthetic DB [--articles 1000000]

Sentences of ``training/`` shuffled, so that words and clusters are as frequent as in real
texts, in shares of the languages like those of the outlets. One article in forty begins with
a whole story of ``training/`` and carries the verdict that ``monitor.flagging`` gives it; one in
ten with a text that is no story, with its verdict. Revisions, addresses, nights, quarantine
and some thousand reviews are there too. A rare word is put into one article of 5,000 in
three scripts. A million articles take half an hour and 16 GB.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor import text as monitor_text
from monitor.flagging import flag
from monitor.items import Flag
from monitor.reviews import decide, prepare_reviews, read_shown, reviews_path
from monitor.store import Store, begin_demo, connect_readonly
from monitor.store.values import content_sha256, instant, json_array
from monitor.store.verdicts import verdict_columns, write_verdict

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
SCRIPTS = {"zh": "Hans", "th": "Thai", "lo": "Laoo", "km": "Khmr", "my": "Mymr"}
RARE = {"en": "A zeppelin was seen.", "th": "มีผู้พบเห็นเรือเหาะ", "zh": "有人看见飞艇"}
RARE_ONE_IN = 5_000
FLAGGED = 0.025
READ = 0.1
"""Shares of articles that begin with a story, and with a text that is none but has matches."""
JUDGED_TWICE_ONE_IN = 4
"""Of those, with an earlier verdict by an older lexicon."""
CHANGED_ONE_IN = 50
GONE_ONE_IN = 100
MISSED_ONE_IN = 4
"""Articles with a second revision; withdrawn; to one address that is none."""
OUTLETS_A_SHARE = 0.8
"""80 outlets, each of one language."""
DAYS = 2_400
LAST_NIGHT = datetime(2026, 11, 21, 20, tzinfo=UTC)
REVIEWERS = ("mali", "rin", "sokha")
REVIEWED_ONE_IN = 8
"""Flagged stories to one that an analyst has decided on."""
OLD_LEXICON = "0" * 12
BATCH = 5_000
HASH_MB = 64
"""The size of these pieces."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """A text with its search keys."""

    text: str
    seg: str
    fold: str

    @classmethod
    def of(cls, text: str) -> Keyed:
        return cls(text, monitor_text.segment(text), monitor_text.fold(text))


@dataclass(frozen=True, slots=True)
class Document:
    """A labelled text of ``training/`` and what the flagging says of it."""

    title: Keyed
    text: Keyed
    flag: Flag


@dataclass
class Material:
    """What articles of one language are made of."""

    stories: list[Document] = field(default_factory=list)
    others: list[Document] = field(default_factory=list)
    sentences: list[Keyed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Made:
    """One article: columns of ``articles``, the keys of its text, its night and verdict."""

    row: dict[str, Any]
    seg: str
    fold: str
    night: int
    flag: Flag


def fill(path: Path, count: int) -> None:
    """Make the database ``path`` with ``count`` articles and the reviews beside it."""
    material = _material()
    begin_demo(path)  # so that it is judged as of its own last night, whenever it is measured
    chance = random.Random(11)
    outlets = _outlets()
    began = time.perf_counter()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        monitor_text.register(connection)
        connection.execute("PRAGMA synchronous = OFF")
        _add_outlets(connection, outlets)
        counts: Counter[tuple[int, str, str]] = Counter()
        with without_triggers(connection), large_pieces(connection):
            for start in range(1, count + 1, BATCH):
                numbers = range(start, min(start + BATCH, count + 1))
                made = [_article(n, count, outlets, material, chance) for n in numbers]
                connection.execute("BEGIN")
                _insert(connection, made, chance)
                connection.execute("COMMIT")
                for each in made:
                    counts[each.night, each.row["outlet"], "new"] += 1
                    counts[each.night, each.row["outlet"], "flagged"] += each.flag.flagged
                took = time.perf_counter() - began
                print(f"{numbers[-1]} articles, {took:.0f} s", flush=True)
            connection.execute("BEGIN")
            _add_nights(connection, outlets, counts)
            _add_quarantine(connection, count // 30, outlets, chance)
            connection.execute("UPDATE meta SET value = ? WHERE key = 'seq'", [count])
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with Store(path) as store:  # as after a night: what is gathered when it is closed
        store.add_outlets([])
        store.note_host("outlet-7.example", not_before=LAST_NIGHT, reason="429")
    _review(path, chance)


@contextmanager
def without_triggers(connection: sqlite3.Connection) -> Iterator[None]:
    """Rows are written with what the triggers would have added; but those count on."""
    triggers = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name NOT LIKE '%_counts_%'"
    )
    found = triggers.fetchall()
    for name, _ in found:
        connection.execute(f"DROP TRIGGER {name}")
    yield
    for _, sql in found:
        connection.execute(sql)


@contextmanager
def large_pieces(connection: sqlite3.Connection) -> Iterator[None]:
    """The search index is written in large pieces: merging the usual small ones would take
    most of the time."""
    option = "INSERT INTO articles_fts(articles_fts, rank) VALUES ('hashsize', ?)"
    connection.execute(option, [HASH_MB * 2**20])
    yield
    connection.execute(option, [2**20])


def _material() -> dict[str, Material]:
    found: dict[str, Material] = defaultdict(Material)
    for path in sorted(TRAINING.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            title, text, material = row["title"], row["text"], found[row["language"]]
            verdict = flag(title, text, row["language"])
            documents = material.stories if verdict.flagged else material.others
            documents.append(Document(Keyed.of(title), Keyed.of(text), verdict))
            material.sentences += [
                Keyed.of(text[start:end]) for start, end in monitor_text.sentences(text)
            ]
    return found


def _outlets() -> dict[str, list[str]]:
    """Slugs by language."""
    languages = [code for code, share in SHARES.items() for _ in range(_outlet_count(share))]
    found: dict[str, list[str]] = defaultdict(list)
    for number, code in enumerate(languages):
        found[code].append(f"outlet-{number}")
    return found


def _outlet_count(share: int) -> int:
    return max(1, round(share * OUTLETS_A_SHARE))


def _night(number: int) -> datetime:
    return LAST_NIGHT - timedelta(days=DAYS - 1 - number)


def _article(
    number: int,
    count: int,
    outlets: dict[str, list[str]],
    material: dict[str, Material],
    chance: random.Random,
) -> Made:
    (language,) = chance.choices(list(SHARES), list(SHARES.values()))
    of, length, drawn = material[language], LENGTH.get(language, 2800), chance.random()
    verdict = Flag(False, 0.0, None, (), (), (), (), (), of.others[0].flag.lexicon_version)
    if drawn < FLAGGED + READ:
        document = chance.choice(of.stories if drawn < FLAGGED else of.others)
        title, body, verdict = document.title, [document.text], document.flag
    else:
        title, body = chance.choice(of.sentences), [chance.choice(of.sentences)]
    size = sum(len(part.text) for part in body)
    while size < length:
        body.append(chance.choice(of.sentences))
        size += len(body[-1].text)
    if language in RARE and chance.randrange(RARE_ONE_IN) == 0:
        body.append(Keyed.of(RARE[language]))
    night = DAYS * (number - 1) // count
    fetched = _night(night) + timedelta(seconds=chance.randrange(7200))
    published = fetched - timedelta(hours=chance.expovariate(1 / 12))
    gone = chance.randrange(GONE_ONE_IN) == 0
    slug = chance.choice(outlets[language])
    row = verdict_columns(verdict) | {
        "id": number,
        "outlet": slug,
        "url": f"https://{slug}.example/{published:%Y/%m}/{number}",
        "title": title.text,
        "byline": json_array(["A. Reporter"] if chance.random() < 0.5 else []),
        "published_at": _dated(published, chance),
        "published_from": chance.choice(("json-ld", "meta", "feed", "trafilatura")),
        "language": language,
        "script": SCRIPTS.get(language, "Latn"),
        "agree": int(chance.random() < 0.95),
        "state": "gone" if gone else "live",
        "gone_at": instant(fetched + timedelta(days=9)) if gone else None,
        "gone_how": "http_404" if gone else None,
        "first": instant(fetched),
        "revision": 1 + (chance.randrange(CHANGED_ONE_IN) == 0),
        "text": "\n\n".join(part.text for part in body),
    }
    keys = [title, *body]
    return Made(
        row,
        "\n".join(part.seg for part in keys),
        "\n".join(part.fold for part in keys if part.fold),
        night,
        verdict,
    )


def _dated(published: datetime, chance: random.Random) -> str | None:
    drawn = chance.random()
    if drawn < 0.05:
        return None
    return published.date().isoformat() if drawn < 0.25 else instant(published)


_INSERTS = (
    """
    INSERT INTO articles(id, seq, outlet, url, title, byline, published_at, published_from,
                         language, script, language_declared, language_langdetect,
                         language_fasttext, language_agree, state, revision, first_fetched_at,
                         changed_at, gone_at, gone_how, flagged, score, story_type, sending,
                         receiving, persons, why, text)
    VALUES (:id, :id, :outlet, :url, :title, :byline, :published_at, :published_from,
            :language, :script, :language, :language, :language, :agree, :state, :revision, :first,
            :first, :gone_at, :gone_how, :flagged, :score, :story_type, :sending, :receiving,
            :persons, :why, :text)
    """,
    """
    INSERT INTO revisions(article, number, sha256, title, byline, published_at, fetched_at,
                          page_url, page_sha256, text)
    VALUES (:id, :revision, :sha256, :title, :byline, :published_at, :first, :url, :sha256, :text)
    """,
    """
    INSERT INTO urls(url, outlet, state, article, status, etag, source, title, published_at,
                     discovered_at, tried_at, fetched_at)
    VALUES (:url, :outlet, iif(:state = 'gone', 'gone', 'article'), :id, 200, :sha256,
            'https://' || :outlet || '.example/feed', :title, :published_at, :first, :first, :first)
    """,
)


def _insert(connection: sqlite3.Connection, made: Sequence[Made], chance: random.Random) -> None:
    rows = [
        each.row | {"sha256": content_sha256(each.row["title"], each.row["text"])} for each in made
    ]
    for statement in _INSERTS:
        connection.executemany(statement, rows)
    changed = [
        row | {"revision": 1, "text": cut, "sha256": content_sha256(row["title"], cut)}
        for row in rows
        if row["revision"] > 1
        for cut in [row["text"].rpartition("\n\n")[0] or row["title"]]
    ]
    connection.executemany(_INSERTS[1], changed)
    connection.executemany(
        "INSERT INTO articles_fts(rowid, seg, fold) VALUES (?, ?, ?)",
        [(each.row["id"], each.seg, each.fold) for each in made],
    )
    for each in made:
        _judge(connection, each, chance)
    missed = chance.sample(made, len(made) // MISSED_ONE_IN)
    connection.executemany(
        "INSERT INTO urls(url, outlet, state, reason, attempts, status, source, discovered_at,"
        " tried_at) VALUES (:url || '/other', :outlet, :became, :reason, 1, 200, 'feed', :first,"
        " :first)",
        [
            each.row | dict(zip(("became", "reason"), chance.choice(_OTHERWISE), strict=True))
            for each in missed
        ],
    )


_OTHERWISE = (
    ("pending", None),
    ("not_article", "no_text"),
    ("not_article", "listing"),
    ("blocked", "bot_wall"),
    ("forbidden", "robots"),
    ("failed", "timeout"),
)
"""What becomes of an address that is no article: state and reason."""


def _judge(connection: sqlite3.Connection, made: Made, chance: random.Random) -> None:
    row = made.row
    if not made.flag.matches:
        connection.execute(
            "INSERT INTO flags(article, revision, lexicon_version, flagged, score, judged_at)"
            " VALUES (:id, :revision, :lexicon, 0, :score, :first)",
            row | {"lexicon": made.flag.lexicon_version},
        )
        return
    verdicts = [made.flag]
    if chance.randrange(JUDGED_TWICE_ONE_IN) == 0:
        verdicts.insert(0, replace(made.flag, lexicon_version=OLD_LEXICON))
    for verdict in verdicts:
        write_verdict(
            connection,
            row["id"],
            row["revision"],
            verdict,
            row["title"],
            row["text"],
            row["first"],
        )


def _add_outlets(connection: sqlite3.Connection, outlets: dict[str, list[str]]) -> None:
    connection.executemany(
        "INSERT INTO outlets(slug, name, homepage, country, languages, kind)"
        " VALUES (:slug, :name, :homepage, :country, :languages, 'news')",
        [
            {
                "slug": slug,
                "name": slug.capitalize().replace("-", " "),
                "homepage": f"https://{slug}.example/",
                "country": language.upper(),
                "languages": json_array([language]),
            }
            for language, slugs in outlets.items()
            for slug in slugs
        ],
    )
    connection.executemany(
        "INSERT INTO sources(url, outlet, kind, status, entries, fetched_at, changed_at)"
        " VALUES (?, ?, ?, 200, 40, ?, ?)",
        [
            (f"https://{slug}.example/{kind}", slug, kind, *2 * [instant(LAST_NIGHT)])
            for slugs in outlets.values()
            for slug in slugs
            for kind in ("feed", "sitemap", "section")
        ],
    )


def _add_nights(
    connection: sqlite3.Connection,
    outlets: dict[str, list[str]],
    counts: Counter[tuple[int, str, str]],
) -> None:
    rows = []
    for number in range(DAYS):
        at = _night(number)
        for slug in (slug for slugs in outlets.values() for slug in slugs):
            new, flagged = counts[number, slug, "new"], counts[number, slug, "flagged"]
            seen = {"new": new, "flagged": flagged, "discovered": new + 20, "unchanged": 3}
            rows.append(
                seen | {"slug": slug, "at": instant(at), "end": instant(at + timedelta(hours=1))}
            )
    connection.executemany(
        "INSERT INTO crawls(night, outlet, started_at, finished_at, outcome, discovered, fetched,"
        " fresh, new, flagged, unchanged, extracted, titled, dated, bylined, sources_ok, requests,"
        " bytes, seconds, text_median) VALUES (:at, :slug, :at, :end, 'finished', :discovered,"
        " :new + 3, :new, :new, :flagged, :unchanged, :new, :new, :new, :new, 3, :new + 6,"
        " 60000 * (:new + 6), 3600, 2500)",
        rows,
    )


def _add_quarantine(
    connection: sqlite3.Connection,
    count: int,
    outlets: dict[str, list[str]],
    chance: random.Random,
) -> None:
    slugs = [slug for slugs in outlets.values() for slug in slugs]
    faults = (("fetch", "bot_wall"), ("fetch", "timeout"), ("extract", "no_text"))
    rows = []
    for number in range(count):
        slug, (stage, reason) = chance.choice(slugs), chance.choice(faults)
        at = instant(_night(chance.randrange(DAYS)))
        url = f"https://{slug}.example/{number}/quarantined"
        rows.append((slug, url, stage, reason, at, at, chance.randbytes(4000)))
    connection.executemany(
        "INSERT INTO quarantine(outlet, url, stage, reason, first_at, last_at, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def _review(path: Path, chance: random.Random) -> None:
    """Decisions on some of the flagged stories, as the workbench records them."""
    prepare_reviews(reviews_path(path))
    with (
        closing(connect_readonly(path)) as monitor,
        closing(sqlite3.connect(reviews_path(path), isolation_level=None)) as reviews,
    ):
        reviews.row_factory = sqlite3.Row
        reviews.execute("PRAGMA synchronous = OFF")
        newest = monitor.execute(
            "SELECT article, max(id) FROM flags WHERE flagged GROUP BY article"
        ).fetchall()
        for article, number in chance.sample(newest, len(newest) // REVIEWED_ONE_IN):
            shown = read_shown(monitor, article, number)
            assert shown is not None
            decision = chance.choice(("confirmed", "confirmed", "rejected", "unsure"))
            decide(reviews, shown, chance.choice(REVIEWERS), decision)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("db", type=Path)
    parser.add_argument("--articles", type=int, default=1_000_000)
    arguments = parser.parse_args()
    fill(arguments.db, arguments.articles)


if __name__ == "__main__":
    main()
