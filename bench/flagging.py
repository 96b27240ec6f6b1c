"""How fast terms are found and articles judged: ``python bench/flagging.py [FILE.jsonl]``.

Without a file it takes made-up articles of a typical length in ten languages,
mostly ordinary words with a term here and there; with one, its ``title``,
``text`` and ``language``. Best of three rounds, one core.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from monitor.flagging import flag
from monitor.flagging.lexicon import Lexicon, load_lexicons
from monitor.flagging.matching import Passage, find_terms

ARTICLES = 20
"""Made-up articles per language."""
LENGTH = 4_000
"""Characters: the median of 438 real news pages was 4,050."""
TERM_EVERY = 12
"""Words of filler to one term."""

_LETTERS = {
    "Latn": "etaoinshrdlu",
    "Thai": "กนรสมวทพดลง",
    "Laoo": "ກນສມວທພດລງ",
    "Khmr": "កនរសមវទពដល",
    "Mymr": "ကနရသမဝတပဒလ",
    "Hani": "的一是在不了有和人这",
}

Text = tuple[str, str, str]


def made_up() -> list[Text]:
    """Articles without meaning, with a fixed seed."""
    chance = random.Random(2)
    return [
        ("", _article(chance, lexicon), lexicon.language)
        for lexicon in load_lexicons().values()
        for _ in range(ARTICLES)
    ]


def _article(chance: random.Random, lexicon: Lexicon) -> str:
    letters = _LETTERS[lexicon.script]
    space = " " if lexicon.script == "Latn" else ""
    words: list[str] = []
    length = 0
    while length < LENGTH:
        if chance.randrange(TERM_EVERY):
            word = "".join(chance.choices(letters, k=chance.randint(2, 8)))
        else:
            word = chance.choice(chance.choice(lexicon.terms).spellings)
        words.append(word + (". " if chance.random() < 0.05 else space))
        length += len(words[-1])
    return "".join(words)


def best(task: Callable[[], object]) -> float:
    """Seconds of the fastest of three runs."""
    rounds = []
    for _ in range(3):
        start = time.perf_counter()
        task()
        rounds.append(time.perf_counter() - start)
    return min(rounds)


def main() -> None:
    if len(sys.argv) > 1:
        rows = [json.loads(line) for line in Path(sys.argv[1]).read_text("utf-8").splitlines()]
        texts = [(row["title"], row["text"], row.get("language", "und")) for row in rows]
    else:
        texts = made_up()
    size = sum(len((title + text).encode()) for title, text, _ in texts)
    languages = [language for _, _, language in texts]
    for language in {*languages}:
        flag("", "warm up", language)
    passages = [Passage(text) for _, text, _ in texts]
    reading = best(lambda: [Passage(text) for _, text, _ in texts])
    finding = best(
        lambda: [find_terms(each, code) for each, code in zip(passages, languages, strict=True)]
    )
    judging = best(lambda: [flag(*text) for text in texts])
    found = sum(len(find_terms(each, code)) for each, code in zip(passages, languages, strict=True))
    print(f"{len(texts)} texts, {size / 1e6:.2f} MB, {found / len(texts):.0f} terms a text")
    print(
        f"normalise     {size / 1e6 / reading:6.1f} MB/s {1000 * reading / len(texts):6.2f} ms a text"
    )
    print(
        f"find terms    {size / 1e6 / finding:6.1f} MB/s {1000 * finding / len(texts):6.2f} ms a text"
    )
    print(
        f"flag, all in  {size / 1e6 / judging:6.1f} MB/s {1000 * judging / len(texts):6.2f} ms a text"
    )


if __name__ == "__main__":
    main()
