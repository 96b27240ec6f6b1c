"""Which language a text is in, and how we know.

Letters are counted by script. A script that one language owns decides (Thai,
Khmer, Lao, Burmese, Korean, Japanese by its kana, Chinese with its two
character sets). The rest is asked of two detectors, langdetect and fastText's
small model: from :data:`LONG` letters langdetect is better, below that
fastText. Malay and Indonesian, which both confuse, are told apart by marker
words, then by what the outlet declares.

``bench/language.py`` measures all of this.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from monitor.items import LanguageVerdict
from monitor.language.detectors import Opinion, ask_fasttext, ask_langdetect, knows
from monitor.language.languages import (
    canonical,
    chinese_script,
    decided_by_script,
    markers,
    script_of,
)

LONG = 100
"""Letters from which langdetect errs less than fastText's small model."""
_FEWEST_LETTERS = 3
_DENSE = 2.5
"""A Han character, kana or Hangul syllable says as much as 2.5 Latin letters."""
_DENSE_SCRIPTS = ("Hani", "Kana", "Hang")
_KANA_SHARE = 0.1
"""Japanese has 30 % kana and more; a Chinese text may quote a brand's の."""
_SURE = 0.5
"""fastText's score from which its word for a language that langdetect has
never heard of (Kazakh, Uzbek …) stands against langdetect."""
_UNSURE = 0.5
_CERTAIN = 0.9
"""On short texts, where fastText scores below the one and langdetect above the
other, langdetect was right 11 times of 12 (headlines and openings in five languages)."""
_LETTERS_ASKED = 1000
"""Letters shown to the detectors: more changed no verdict on 436 news pages and costs time."""

_FEW_LETTERS, _FEW_TRIALS = 300, 2
"""Letters and draws for which langdetect is asked first: when it is certain of fastText's
language, more of either said otherwise on 5 of 12,085 texts and pieces of texts, mixtures of
two languages all of them, and the whole step took 2.5 times as long."""

_CHARACTERS_READ = 20_000
"""Of a longer text the beginning: it is in one language as a whole, or in none."""

# Bounded, so that a word of a million letters is passed over in linear time.
_NOT_PROSE = {
    "://": re.compile(r"https?://\S+"),
    "www.": re.compile(r"www\.\S+"),
    "@": re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}\.\w+|@\w+"),
    "#": re.compile(r"#\w+"),
}
"""By a sign without which a text has none of them."""
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|[^\W\d_]")
_OTHER_SCRIPTS = ("Arab", "Hebr", "Deva", "Beng", "Ethi")
"""Scripts of several languages of which langdetect knows one or two (it calls
Pashto, Uyghur and Kurdish Arabic, Persian or Urdu): fastText decides."""


def detect(text: str, *, title: str = "", declared: str | None = None) -> LanguageVerdict:
    """The language of ``title`` and ``text`` together. Never raises.

    ``declared`` is the page's or outlet's own word (ISO 639-1 or BCP 47); it
    only settles Malay or Indonesian, and Simplified or Traditional, when the
    text does not. ``und`` below three letters.
    """
    prose = f"{title}\n{text}"[:_CHARACTERS_READ]
    for sign, pattern in _NOT_PROSE.items():
        if sign in prose:
            prose = pattern.sub(" ", prose)
    chars = Counter(prose)
    counts = _letters_by_script(chars)
    script = max(counts, key=lambda name: (counts[name], name), default=None)
    if script is None or counts[script] < _FEWEST_LETTERS:
        return LanguageVerdict("und")
    if script in ("Hani", "Kana"):
        return _east_asian(chars, counts, declared)
    if code := decided_by_script(script):
        return LanguageVerdict(code, "Kore" if script == "Hang" else script, decided_by="script")
    return _by_detectors(_letters_of(prose, script), script, declared)


def _letters_by_script(chars: Mapping[str, int]) -> dict[str, float]:
    counts: dict[str, float] = {}
    for char, times in chars.items():
        if script := script_of(char):
            weight = _DENSE if script in _DENSE_SCRIPTS else 1.0
            counts[script] = counts.get(script, 0.0) + weight * times
    kana = counts.pop("Kana", 0.0)
    if kana and kana >= _KANA_SHARE * (kana + counts.get("Hani", 0.0)):
        counts["Kana"] = kana + counts.pop("Hani", 0.0)
    return counts


def _east_asian(
    chars: Mapping[str, int], counts: Mapping[str, float], declared: str | None
) -> LanguageVerdict:
    if "Kana" in counts:
        return LanguageVerdict("ja", "Jpan", decided_by="script")
    return LanguageVerdict("zh", chinese_script(chars, declared), decided_by="script")


def _letters_of(prose: str, script: str) -> str:
    """The words of one script, apart by single spaces; capitals that shout are
    lowered, because both detectors were trained on running text."""
    wanted, length = _LETTERS_ASKED * 6 // 5, 0
    words: list[str] = []
    for found in _WORD.finditer(prose):
        if script_of(found[0][0]) == script:
            words.append(found[0])
            length += 1 + len(found[0])
            if length > wanted:
                break
    letters = " ".join(words)[:wanted]
    upper = sum(map(str.isupper, letters))
    lower = sum(map(str.islower, letters))
    return letters.lower() if upper > lower else letters


def _by_detectors(letters: str, script: str, declared: str | None) -> LanguageVerdict:
    fast, slow = ask_fasttext(letters), ask_langdetect(letters[:_FEW_LETTERS], _FEW_TRIALS)
    if fast is None or slow is None or fast.code != slow.code or slow.score < _CERTAIN:
        slow = ask_langdetect(letters)
    code, decided_by = _choose(len(letters.replace(" ", "")), script, fast, slow)
    if code in ("id", "ms"):
        code, decided_by = _malay_or_indonesian(letters, fast, code, decided_by, declared)
    return LanguageVerdict(
        code,
        script,
        langdetect=slow.code if slow else None,
        fasttext=fast.code if fast else None,
        agree=fast.code == slow.code if fast and slow else None,
        decided_by=decided_by,
    )


def _choose(
    length: int, script: str, fast: Opinion | None, slow: Opinion | None
) -> tuple[str, str]:
    if fast is None or slow is None:
        known = fast or slow
        name = "fasttext" if fast else "langdetect"
        return (known.code, name) if known else ("und", "none")
    unknown_to_langdetect = not knows(fast.code) and fast.score >= _SURE
    if script not in _OTHER_SCRIPTS and not unknown_to_langdetect:
        wavering = fast.score < _UNSURE and slow.score >= _CERTAIN
        if length >= LONG or wavering:
            return slow.code, "langdetect"
    return fast.code, "fasttext"


def _malay_or_indonesian(
    letters: str, fast: Opinion | None, code: str, decided_by: str, declared: str | None
) -> tuple[str, str]:
    """Marker words, then the declaration, then fastText: langdetect has no Malay."""
    words = Counter(letters.lower().split())
    points = {language: sum(words[word] for word in markers(language)) for language in ("id", "ms")}
    if points["id"] != points["ms"]:
        return max(points, key=lambda language: points[language]), "markers"
    if declared and canonical(declared) in points:
        return canonical(declared), "declared"
    if fast and fast.code in points:
        return fast.code, "fasttext"
    return code, decided_by
