"""How often the language of real texts is found, by language and length.

    python bench/language.py FILE.jsonl [FILE.jsonl …]

Each line needs ``lang`` (or ``language``), ``title`` and ``text``. The table
has the share of right answers of ``monitor.language`` and, beside it, of
langdetect alone (seeded), for headlines, headlines in capitals, the first 40,
100 and 300 characters of the body, and the whole; then the milliseconds a text.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from monitor.language import detect
from monitor.language.detectors import ask_langdetect

Sample = tuple[str, str, str]
"""Language, kind of sample, text."""

KINDS = ("headline", "HEADLINE", "40", "100", "300", "whole")


def samples(paths: list[Path]) -> Iterator[Sample]:
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            language = (row.get("language") or row["lang"]).split("-")[0]
            title, body = row["title"], row["text"]
            yield language, "headline", title
            yield language, "HEADLINE", title.upper()
            for length in (40, 100, 300):
                if len(body) >= length:
                    yield language, str(length), body[:length]
            yield language, "whole", f"{title}\n{body}"


def by_monitor(text: str) -> str:
    return detect(text).code


def by_langdetect(text: str) -> str:
    opinion = ask_langdetect(text)
    return opinion.code if opinion else "und"


def main(paths: list[Path]) -> None:
    texts = list(samples(paths))
    ways: tuple[Callable[[str], str], ...] = (by_monitor, by_langdetect)
    right: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    seconds = [0.0, 0.0]
    detect("load the models before the clock starts")
    for language, kind, text in texts:
        row = right[language, kind]
        row[0] += 1
        for place, way in enumerate(ways):
            began = time.perf_counter()
            row[place + 1] += way(text) == language
            seconds[place] += time.perf_counter() - began
    languages = sorted({language for language, _, _ in texts})
    print("right answers, %: monitor.language / langdetect alone (samples)")
    print("       " + "".join(f"{kind:>16}" for kind in KINDS))
    for language in languages:
        cells = [right[language, kind] for kind in KINDS]
        print(f"{language:7}" + "".join(f"{_cell(cell):>16}" for cell in cells))
    totals = [
        [sum(right[language, kind][place] for language in languages) for place in range(3)]
        for kind in KINDS
    ]
    print(f"{'all':7}" + "".join(f"{_cell(cell):>16}" for cell in totals))
    print(" / ".join(f"{1000 * spent / len(texts):.2f} ms" for spent in seconds), "a text")


def _cell(counts: list[int]) -> str:
    number, ours, theirs = counts
    return f"{100 * ours / number:.0f} / {100 * theirs / number:.0f} ({number})" if number else "-"


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main([Path(argument) for argument in sys.argv[1:]])
