"""Fit the weights of the story type on the training corpus.

Two steps of multinomial logistic regression. The first weighs the phrases of
headline and strongest section, each language's own. The second weighs what the
first says of texts that it has not seen, with ``story_features``, which all
languages share. Deterministic. Needs scikit-learn; judging does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

from monitor.flagging.phrases import LONGEST, read_phrases, section_of, writing
from monitor.flagging.rule import numbers
from monitor.flagging.story import TYPES
from monitor.flagging.story_features import story_features
from monitor.flagging.story_phrases import ZONES, Zone, zone_tokens
from monitor.flagging.training import Text, ngrams, phrase_table, reading_of, values_of

PENALTY = 0.03
"""Inverse strength of the L2 penalty of the second step; 0.01, 0.03 and 0.1 tried,
cross-validated by event."""
PHRASE_PENALTY: Mapping[Zone, float] = {"headline": 3.0, "text": 10.0}
"""That of the first step."""
KEPT: Mapping[Zone, int] = {"headline": 800, "text": 2500}
"""Phrases kept for a language."""
PRESS = {"incident": 0.5, "risk": 0.25, "averted": 0.125, "policy": 0.125}
"""How often the types are printed. The corpus has more of the rare ones, on purpose;
its texts are weighed accordingly."""
FOLDS = 6


@dataclass(frozen=True, slots=True)
class _Prepared:
    language: str
    features: Mapping[str, float]
    phrases: Mapping[Zone, Counter[str]]


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The first step in one zone: rarity and weights (one a type) by language and
    phrase; ``intercept`` by type."""

    found: Mapping[str, Mapping[str, tuple[float, Any]]]
    intercept: Any

    def points(self, texts: Sequence[_Prepared], zone: Zone) -> Any:
        """Shape (texts, types)."""
        rows = []
        for text in texts:
            own = self.found.get(text.language, {})
            rarity = {phrase: idf for phrase, (idf, _) in own.items()}
            total = self.intercept.copy()
            for phrase, value in values_of(text.phrases[zone], rarity):
                total += value * own[phrase][1]
            rows.append(total)
        return np.array(rows)


def fit_story(corpus: Sequence[Text], weights: Path) -> dict[str, Any]:
    """Fit on the flagged texts of ``corpus``; write ``story_model.toml`` and
    ``story/<language>.tsv`` into ``weights``, where the phrases of the flagging are.
    Returns the cross-validated accuracy (whole events left out), overall ("all") and
    by language, and "confusion": rows the labels, columns the types found, in the
    order of TYPES."""
    corpus = [text for text in corpus if text.flag]
    texts = _prepare(corpus, weights)
    labels = np.array([TYPES.index(text.label) for text in corpus])
    events = np.array([text.event for text in corpus])
    shares = np.bincount(labels, minlength=len(TYPES)) / len(labels)
    press = np.array([PRESS[kind] for kind in TYPES]) / np.maximum(shares, 1e-9)
    names = sorted({name for text in texts for name in text.features})
    table = np.zeros((len(texts), len(names) + len(ZONES) * len(TYPES)))
    table[:, : len(names)] = [[text.features.get(name, 0.0) for name in names] for text in texts]
    folds = list(GroupKFold(FOLDS).split(labels, labels, events))
    for fitted_on, left_out in folds:
        chosen = [texts[n] for n in fitted_on]
        said = [
            _fit_phrases(chosen, labels[fitted_on], zone).points([texts[n] for n in left_out], zone)
            for zone in ZONES
        ]
        table[left_out, len(names) :] = np.hstack(said)
    found = np.zeros(len(texts), int)
    for fitted_on, left_out in folds:
        bias, factors = _fit(table[fitted_on], labels[fitted_on], press)
        found[left_out] = (table[left_out] @ factors.T + bias).argmax(axis=1)
    phrases = {zone: _fit_phrases(texts, labels, zone) for zone in ZONES}
    _write(weights, names, phrases, *_fit(table, labels, press), len(texts))
    return _measures(corpus, labels, found)


def _prepare(corpus: Sequence[Text], weights: Path) -> list[_Prepared]:
    phrases = {la: read_phrases(weights, la) for la in {text.language for text in corpus}}
    prepared = []
    for text in corpus:
        reading = reading_of(text)
        own = phrases[text.language]
        assert own is not None, "the phrases of the flagging are fitted first"
        section = section_of(reading.passages, own)
        longest = LONGEST[writing(text.language)]
        zones = {
            zone: Counter(ngrams(found, longest)) for zone, found in zone_tokens(section).items()
        }
        features = story_features(reading, numbers()["story"])
        prepared.append(_Prepared(text.language, features, zones))
    return prepared


def _fit_phrases(texts: Sequence[_Prepared], labels: Any, zone: Zone) -> _Phrases:
    """With all phrases, then with those that tell most."""
    first = _fit_zone(texts, labels, zone, None)
    kept = {language: _heaviest(own, zone) for language, own in first.found.items()}
    return _fit_zone(texts, labels, zone, kept)


def _heaviest(own: Mapping[str, tuple[float, Any]], zone: Zone) -> set[str]:
    def weight(phrase: str) -> tuple[float, str]:
        rarity, factors = own[phrase]
        return -float(np.abs(factors).max()) * rarity, phrase

    return set(sorted(own, key=weight)[: KEPT[zone]])


def _fit_zone(
    texts: Sequence[_Prepared],
    labels: Any,
    zone: Zone,
    kept: Mapping[str, Collection[str]] | None,
) -> _Phrases:
    table = phrase_table([(text.language, text.phrases[zone]) for text in texts], kept)
    fitted = LogisticRegression(C=PHRASE_PENALTY[zone], max_iter=5000).fit(table.values, labels)
    found: dict[str, dict[str, tuple[float, Any]]] = {language: {} for language in table.rarity}
    for (language, phrase), column in table.columns.items():
        found[language][phrase] = table.rarity[language][phrase], fitted.coef_[:, column]
    return _Phrases(found, fitted.intercept_)


def _fit(table: Any, labels: Any, press: Any) -> tuple[Any, Any]:
    """Bias by type and weights by type and column, for columns as they are."""
    scaler = StandardScaler().fit(table)
    fitted = LogisticRegression(C=PENALTY, max_iter=5000).fit(
        scaler.transform(table), labels, sample_weight=press[labels]
    )
    factors = fitted.coef_ / scaler.scale_
    return fitted.intercept_ - factors @ scaler.mean_, factors


def _write(
    folder: Path,
    names: Sequence[str],
    phrases: Mapping[Zone, _Phrases],
    bias: Any,
    factors: Any,
    texts: int,
) -> None:
    """The second step is multiplied into the phrases: their weights are points of a type."""
    lines: dict[str, list[str]] = {}
    for number, zone in enumerate(ZONES):
        start = len(names) + number * len(TYPES)
        second = factors[:, start : start + len(TYPES)]
        bias = bias + second @ phrases[zone].intercept
        for language, own in phrases[zone].found.items():
            for phrase, (rarity, weights) in sorted(own.items()):
                points = "\t".join(f"{each:.4f}" for each in second @ weights)
                lines.setdefault(language, []).append(f"{zone}\t{phrase}\t{rarity:.3f}\t{points}")
    stories = folder / "story"
    stories.mkdir(exist_ok=True)
    for old in stories.glob("*.tsv"):
        old.unlink()
    for language, rows in lines.items():
        head = "\t".join(["zone", "phrase", "idf", *TYPES])
        path = stories / f"{language}.tsv"
        path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    text = [
        "# Written by `monitor train`; do not edit. docs/flagging.md says what the numbers mean.",
        f"texts = {texts}",
        "",
        "[bias]",
        *(f"{kind} = {value:.4f}" for kind, value in zip(TYPES, bias, strict=True)),
    ]
    for kind, row in zip(TYPES, factors, strict=True):
        text += ["", f"[{kind}]"]
        text += [f'"{name}" = {value:.4f}' for name, value in zip(names, row, strict=False)]
    (folder / "story_model.toml").write_text("\n".join(text) + "\n", encoding="utf-8")


def _measures(texts: Sequence[Text], labels: Any, found: Any) -> dict[str, Any]:
    right = labels == found
    measures: dict[str, Any] = {"all": round(float(right.mean()), 4)}
    for language in sorted({text.language for text in texts}):
        own = np.array([text.language == language for text in texts])
        measures[language] = round(float(right[own].mean()), 4)
    confusion = np.zeros((len(TYPES), len(TYPES)), int)
    np.add.at(confusion, (labels, found), 1)
    measures["confusion"] = confusion.tolist()
    return measures
