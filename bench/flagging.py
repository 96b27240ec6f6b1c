"""How fast terms are found and articles judged: ``python -m bench.flagging [FILE.jsonl …]``.

Without files it takes made-up articles of a typical length in ten languages, mostly
ordinary words with a term here and there; with them, the rows' ``title``, ``text`` and
``language`` where the text is as long as an article's, and of labelled rows (``flag``)
those that are no stories, as nearly all articles are. CPU time, one core, set up as a
crawl's worker is; of each text the least of ROUNDS.
"""

from __future__ import annotations

import importlib
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from monitor.flagging import flag
from monitor.flagging.lexicon import Lexicon, load_lexicons
from monitor.flagging.matching import Passage, find_terms
from monitor.flagging.phrases import writing
from monitor.outlets import load_outlets

ARTICLES = 20
"""Made-up articles per language."""
LENGTH = 4_000
"""Characters: the median of 438 real news pages was 4,050."""
ARTICLE = {"Latn": range(2_500, 4_500), "": range(1_000, 4_000)}
"""Characters that a text of a file must have, in Latin script and in others."""
ROUNDS = 5
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


def least(task: Callable[[Any], object], inputs: Sequence[Any]) -> list[float]:
    """Seconds of CPU for each input: those of the fastest round."""
    seconds = [float("inf")] * len(inputs)
    for _ in range(ROUNDS):
        for number, each in enumerate(inputs):
            start = time.process_time()
            task(each)
            seconds[number] = min(seconds[number], time.process_time() - start)
    return seconds


def main() -> None:
    texts = list(_read(sys.argv[1:])) if len(sys.argv) > 1 else made_up()
    importlib.import_module("monitor.warm")  # what a worker has loaded, and its garbage collector
    size = sum(len((title + text).encode()) for title, text, _ in texts)
    for language in {language for _, _, language in texts}:
        flag("", "warm up", language)
    passages = [(Passage(text), language) for _, text, language in texts]
    found = sum(len(find_terms(*each)) for each in passages)
    print(f"{len(texts)} texts, {size / 1e6:.2f} MB, {found / len(texts):.0f} terms a text")
    judged = least(lambda text: flag(*text), texts)
    for name, seconds in (
        ("normalise", least(lambda text: Passage(text[1]), texts)),
        ("find terms", least(lambda passage: find_terms(*passage), passages)),
        ("flag, all in", judged),
    ):
        total = sum(seconds)
        print(
            f"{name:13} {size / 1e6 / total:5.1f} MB/s {1000 * total / len(texts):6.2f} ms a text"
        )
    typical = dict[str, float]()
    for language in sorted({language for _, _, language in texts}):
        own = [number for number, text in enumerate(texts) if text[2] == language]
        length = sum(len(texts[number][1]) for number in own) / len(own)
        typical[language] = 1000 * sum(judged[number] for number in own) / len(own)
        print(
            f"  {language:3} {len(own):5} texts {length:6.0f} characters"
            f" {typical[language]:6.2f} ms"
        )
    main_languages = [
        outlet.languages[0] for outlet in load_outlets().values() if outlet.status == "active"
    ]
    shares = [typical[language] for language in main_languages if language in typical]
    print(f"  in the shares of {len(shares)} outlets: {sum(shares) / len(shares):.2f} ms")


def _read(names: Sequence[str]) -> Iterator[Text]:
    for row in (
        json.loads(line)
        for name in names
        for line in Path(name).read_text(encoding="utf-8").splitlines()
    ):
        language = row.get("language", "und")
        script = "Latn" if writing(language) == "spaced" else ""
        if not row.get("flag") and len(row["text"]) in ARTICLE[script]:
            yield row["title"] or "", row["text"], language


if __name__ == "__main__":
    main()
