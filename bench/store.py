"""How fast the store writes: articles a second and milliseconds a batch.

    python bench/store.py [--articles 1000]

Synthetic articles of typical length in five scripts, each with a flag and
eight matches, written into a fresh database in a temporary folder, for
batches of several sizes: first as new articles, then seen again unchanged,
then edited. Then what the spider asks of a sitemap, and what one half of the
work, the search index, costs by itself.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor import text as monitor_text
from monitor.items import Article, Entry, Flag, Judged, LanguageVerdict, Listing, Match, Reason
from monitor.store import Store

NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
BATCHES = (1, 5, 20, 100)
BUDGET_MS = 50
"""What one transaction should stay below."""

WORDS = 8_000
LETTERS = {
    "en": ("abcdefghijklmnopqrstuvwxyz", " ", 500),
    "vi": ("abcdeghiklmnopqrstuvxyăâđêôơưáàảãạếềểễệ", " ", 500),
    "th": ("กขคงจชซดตถทนบปผพฟมยรลวสหอ", "", 400),
    "km": ("កខគឃងចឆជឈញដឋឌណតថទធនបផពភមយរលវសហអ", "", 400),
    "zh": ("难民遣返边境警方政府国家人权组织法院拘留庇护申请者昨天表示", "", 400),
}
"""Per language: letters, what stands between words, words in an article.
About 3,000 characters, as the median news page has."""


@dataclass(frozen=True)
class BenchOutlet:
    slug: str = "bench"
    name: str = "Bench"
    homepage: str = "https://bench.example/"
    country: str = "XX"
    languages: tuple[str, ...] = tuple(LETTERS)
    kind: str = "news"
    status: str = "active"
    notes: str = ""


def articles(count: int) -> list[Judged]:
    """The same articles every time."""
    chance = random.Random(7)
    vocabulary = {
        language: ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(WORDS)]
        for language, (letters, _, _) in LETTERS.items()
    }
    # Frequent words are frequent: roughly Zipf's law, as in any language.
    weights = [1 / (rank + 1) for rank in range(WORDS)]
    made = []
    for number in range(count):
        language = list(LETTERS)[number % len(LETTERS)]
        _, gap, length = LETTERS[language]
        words = chance.choices(vocabulary[language], weights, k=length)
        paragraphs = [gap.join(words[start : start + 60]) for start in range(0, length, 60)]
        made.append(judged(number, language, gap.join(words[:9]), "\n\n".join(paragraphs)))
    return made


def judged(number: int, language: str, title: str, text: str) -> Judged:
    matches = tuple(
        Match("return_action", "term", language, "text", at, at + 6, text[at : at + 6])
        for at in range(0, 800, 100)
    )
    flag = Flag(
        flagged=True,
        score=0.8,
        story_type="incident",
        sending=("TH",),
        receiving=("MM",),
        persons=("refugees",),
        reasons=tuple(Reason("A reason.", 0.1, (match,)) for match in matches),
        matches=matches,
        lexicon_version="bench",
    )
    url = f"https://bench.example/{number}"
    article = Article(url, title, text, language=language, verdict=LanguageVerdict(language))
    return Judged("bench", article, flag, url, "0" * 64, 200, NIGHT, (url,))


class TimedStore(Store):
    """Notes how many milliseconds each transaction took."""

    last_transaction = 0.0

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        began = time.perf_counter()
        with super()._transaction():
            yield
        self.last_transaction = 1000 * (time.perf_counter() - began)


def report(store: TimedStore, what: str, records: Sequence[Judged], size: int) -> None:
    """Write the records in batches of ``size`` and print one row about it."""
    batches, transactions = [], []
    for start in range(0, len(records), size):
        began = time.perf_counter()
        store.write(records[start : start + size])
        batches.append(1000 * (time.perf_counter() - began))
        transactions.append(store.last_transaction)
    transactions.sort()
    over = sum(ms > BUDGET_MS for ms in transactions) / len(transactions)
    print(
        f"{what:10} {size:>5} {1000 * len(records) / sum(batches):>10.0f}"
        f" {statistics.median(batches):>9.1f} {statistics.median(transactions):>12.1f}"
        f" {transactions[int(0.95 * (len(transactions) - 1))]:>7.1f} {transactions[-1]:>7.1f}"
        f" {over:>6.0%}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=1000)
    count = parser.parse_args().articles
    new = articles(count)
    again = [replace(record, fetched_at=NIGHT + timedelta(days=1)) for record in new]
    edited = [
        replace(record, article=replace(record.article, text=record.article.text + "\n\nEdited."))
        for record in again
    ]
    size = sum(len(record.article.text) for record in new) / count
    print(f"{count} articles of {size:.0f} characters on average")
    print("                             ms a batch   of which the transaction")
    print(f"what       batch articles/s    median       median     p95     max  > {BUDGET_MS}")
    for batch in BATCHES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "monitor.db"
            with TimedStore(path) as store:
                store.add_outlets([BenchOutlet()])
                for what, records in (("new", new), ("unchanged", again), ("edited", edited)):
                    report(store, what, records, batch)
                if batch == BATCHES[-1]:
                    ask(store, path)
    index(new)


def ask(store: Store, path: Path) -> None:
    """A sitemap of 10,000 addresses: listed, asked about, listed again."""
    entries = tuple(Entry(f"https://bench.example/{n}", f"Headline {n}") for n in range(10_000))
    listing = Listing("bench", "https://bench.example/map", "sitemap", 200, entries, NIGHT)
    for what in ("first listing", "same listing again"):
        began = time.perf_counter()
        store.write([listing])
        print(f"{what} of {len(entries)} entries: {1000 * (time.perf_counter() - began):.0f} ms")
    began = time.perf_counter()
    wanted = store.wanted("bench", entries)
    print(f"wanted: {len(wanted)} of them, {1000 * (time.perf_counter() - began):.0f} ms")
    began = time.perf_counter()
    due = store.due("bench", NIGHT + timedelta(days=3))
    print(f"due: {len(due)} articles, {1000 * (time.perf_counter() - began):.0f} ms")
    print(f"file: {path.stat().st_size / 1e6:.1f} MB")


def index(records: Sequence[Judged]) -> None:
    for name, function in (("seg", monitor_text.segment), ("fold", monitor_text.fold)):
        began = time.perf_counter()
        for record in records:
            function(record.article.text)
        each = 1000 * (time.perf_counter() - began) / len(records)
        print(f"monitor_{name}: {each:.2f} ms an article")


if __name__ == "__main__":
    main()
