"""Fit the phrase weights on the training corpus (``monitor train``).

Logistic regression with an L2 penalty over the rule's sum and the phrases of
each language. Deterministic: the same corpus and lexicons give the same files.
Needs scikit-learn (``pip install .[train]``); judging does not.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from monitor.flagging.lexicon import lexicon_digest
from monitor.flagging.phrases import ngrams, tokens
from monitor.flagging.reading import Reading
from monitor.flagging.rule import judge, numbers
from monitor.text import spaceless

PENALTY = 10.0
"""Inverse strength of the L2 penalty: 3 and 10 tried, cross-validated by event."""
RULE_SCALE = 0.03
"""The rule's sum enters with this factor: the smaller, the more the penalty weighs
on it. See the comparison in docs/flagging.md."""
KEPT = 6_000
"""Phrases kept for a language, by weight × rarity."""
LONGEST = {"spaced": 2, "spaceless": 4}
FOLDS = 6


@dataclass(frozen=True, slots=True)
class Text:
    """A labelled text of the corpus. ``event`` keeps texts on one event together."""

    event: str
    language: str
    title: str
    text: str
    flag: bool
    label: str = "none"


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    idf: Mapping[str, float]
    longest: int


def read_corpus(folder: Path) -> list[Text]:
    """All ``*.jsonl`` of a folder. Raises ValueError naming file and line."""
    texts = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                row = json.loads(line)
                where = row["event"], row["language"]
                label = row.get("label", "none")
                texts.append(Text(*where, row["title"], row["text"], row["flag"], label))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path.name}, line {number}: {error!r}") from error
    return texts


def corpus_digest(folder: Path) -> str:
    """A short digest of the corpus: the weights name the one that they were fitted on."""
    digest = sha256()
    for path in sorted(folder.glob("*.jsonl")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def train(folder: Path, weights: Path) -> dict[str, Any]:
    """Fit on ``folder`` and write ``model.toml`` and a ``.tsv`` per language into
    ``weights``. Returns the cross-validated measures (whole events left out)."""
    texts = read_corpus(folder)
    readings = [reading_of(text) for text in texts]
    labels = np.array([text.flag for text in texts])
    languages = sorted({text.language for text in texts})
    counts = [_counts(reading) for reading in readings]
    sums = np.array([_rule_sum(reading) for reading in readings])
    everything = range(len(texts))

    full = _fit(texts, counts, sums, labels, everything, None)
    kept = {language: _heaviest(full, language) for language in languages}
    final = _fit(texts, counts, sums, labels, everything, kept)
    events = np.array([text.event for text in texts])
    scores = np.zeros(len(texts))
    for fitted_on, left_out in GroupKFold(FOLDS).split(sums, labels, events):
        fold = _fit(texts, counts, sums, labels, fitted_on, None)
        fold = _fit(
            texts, counts, sums, labels, fitted_on, {la: _heaviest(fold, la) for la in languages}
        )
        scores[left_out] = fold.totals(texts, counts, sums, left_out)
    shift = _best_shift(labels, scores)
    _write(weights, final, languages, shift, corpus_digest(folder), len(texts))
    return _measures(texts, labels, scores + shift >= 0)


def _best_shift(labels: Any, totals: Any) -> float:
    """What to add to every sum so that on left-out events as many stories are
    missed as false alarms are raised: the penalty draws all scores of a small
    corpus towards "no"."""
    shifts = [step / 20 for step in range(-20, 31)]

    def imbalance(shift: float) -> float:
        precision, recall, _ = _ratios(labels, totals + shift >= 0)
        return abs(precision - recall)

    return min(shifts, key=lambda shift: (imbalance(shift), abs(shift)))


def _ratios(labels: Any, flagged: Any) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    right = int((labels & flagged).sum())
    precision = right / max(int(flagged.sum()), 1)
    recall = right / max(int(labels.sum()), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


@dataclass
class _Fitted:
    vocabularies: Mapping[str, _Vocabulary]
    weights: Mapping[str, Mapping[str, float]]
    rule: float
    bias: Mapping[str, float]

    def totals(
        self,
        texts: Sequence[Text],
        counts: Sequence[Counter[str]],
        sums: Any,
        chosen: Sequence[int],
    ) -> Any:
        found = []
        for number in chosen:
            language = texts[number].language
            row = _row(counts[number], self.vocabularies[language])
            total = self.bias[language] + self.rule * sums[number]
            total += sum(value * self.weights[language][phrase] for phrase, value in row.items())
            found.append(total)
        return np.array(found)


def reading_of(text: Text) -> Reading:
    """A text as the rule sees it."""
    rule = numbers()
    return Reading(text.title, text.text, text.language, reach=rule["reach"], lead=rule["lead"])


def _rule_sum(reading: Reading) -> float:
    rule = numbers()
    return float(rule["bias"] + sum(reason.weight for reason in judge(reading, rule)))


def _longest(text: str) -> int:
    letters = [char for char in text[:2000] if char.isalpha()]
    without_spaces = sum(map(spaceless, letters)) > len(letters) / 2
    return LONGEST["spaceless" if without_spaces else "spaced"]


def _counts(reading: Reading) -> Counter[str]:
    longest = _longest(reading.passages["text"].source)
    found = tokens(reading.passages)
    return Counter(text for text, _, _ in ngrams(found, longest))


def _vocabulary(rows: Sequence[Counter[str]], kept: set[str] | None) -> _Vocabulary:
    seen: Counter[str] = Counter()
    for row in rows:
        seen.update(row.keys())
    idf = {
        phrase: 1 + math.log((1 + len(rows)) / (1 + times))
        for phrase, times in sorted(seen.items())
        if times >= 2 and (kept is None or phrase in kept)
    }
    return _Vocabulary(idf, max((p.count(" ") + 1 for p in idf), default=1))


def _row(counts: Counter[str], vocabulary: _Vocabulary) -> dict[str, float]:
    values = {
        phrase: (1 + math.log(times)) * vocabulary.idf[phrase]
        for phrase, times in counts.items()
        if phrase in vocabulary.idf
    }
    norm = math.sqrt(sum(value * value for value in values.values())) or 1.0
    return {phrase: value / norm for phrase, value in values.items()}


def _fit(
    texts: Sequence[Text],
    counts: Sequence[Counter[str]],
    sums: Any,
    labels: Any,
    chosen: Sequence[int],
    kept: Mapping[str, set[str]] | None,
) -> _Fitted:
    chosen = list(chosen)
    languages = sorted({texts[n].language for n in chosen})
    vocabularies = {
        language: _vocabulary(
            [counts[n] for n in chosen if texts[n].language == language],
            kept[language] if kept else None,
        )
        for language in languages
    }
    columns: dict[tuple[str, str], int] = {}
    for language in languages:
        for phrase in vocabularies[language].idf:
            columns[language, phrase] = len(columns)
    data, rows, cols = [], [], []
    for place, number in enumerate(chosen):
        language = texts[number].language
        for phrase, value in _row(counts[number], vocabularies[language]).items():
            data.append(value)
            rows.append(place)
            cols.append(columns[language, phrase])
    phrases = csr_matrix((data, (rows, cols)), shape=(len(chosen), len(columns)))
    own = np.array([[texts[n].language == la for la in languages] for n in chosen], float)
    scaled = RULE_SCALE * sums[chosen][:, None]
    table = hstack([csr_matrix(scaled), csr_matrix(own), phrases]).tocsr()
    fitted = LogisticRegression(C=PENALTY, max_iter=5000).fit(table, labels[chosen])
    found = fitted.coef_[0]
    start = 1 + len(languages)
    weights: dict[str, dict[str, float]] = {language: {} for language in languages}
    for (language, phrase), column in columns.items():
        weights[language][phrase] = float(found[start + column])
    intercept = float(fitted.intercept_[0])
    return _Fitted(
        vocabularies,
        weights,
        float(found[0]) * RULE_SCALE,
        {language: intercept + float(found[1 + n]) for n, language in enumerate(languages)},
    )


def _heaviest(fitted: _Fitted, language: str) -> set[str]:
    idf = fitted.vocabularies[language].idf
    weights = fitted.weights[language]
    ranked = sorted(idf, key=lambda phrase: (-abs(weights[phrase]) * idf[phrase], phrase))
    return set(ranked[:KEPT])


def _write(
    folder: Path,
    fitted: _Fitted,
    languages: Sequence[str],
    shift: float,
    corpus: str,
    texts: int,
) -> None:
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.tsv"):
        old.unlink()
    for language in languages:
        idf, weights = fitted.vocabularies[language].idf, fitted.weights[language]
        lines = [
            f"{phrase}\t{idf[phrase]:.3f}\t{weights[phrase]:.4f}"
            for phrase in sorted(idf, key=lambda p: (-weights[p], p))
        ]
        (folder / f"{language}.tsv").write_text(
            "\n".join(["phrase\tidf\tweight", *lines]) + "\n", encoding="utf-8"
        )
    bias = {language: value + shift for language, value in fitted.bias.items()}
    bias["und"] = sum(bias.values()) / len(bias)
    (folder / "model.toml").write_text(
        "# Written by `monitor train`; do not edit. docs/flagging.md says what the numbers mean.\n"
        f'corpus = "{corpus}"\ntexts = {texts}\nlexicons = "{lexicon_digest()}"\n'
        f"rule = {fitted.rule:.4f}\n\n[bias]\n"
        + "".join(f"{language} = {value:.4f}\n" for language, value in sorted(bias.items())),
        encoding="utf-8",
    )


def _measures(texts: Sequence[Text], labels: Any, flagged: Any) -> dict[str, Any]:
    groups = {"all": np.ones(len(texts), bool)}
    for language in sorted({text.language for text in texts}):
        groups[language] = np.array([text.language == language for text in texts])
    found = {}
    for name, group in groups.items():
        precision, recall, f1 = _ratios(labels & group, flagged & group)
        found[name] = {
            "n": int(group.sum()),
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "f1": round(f1, 4),
        }
    return found
