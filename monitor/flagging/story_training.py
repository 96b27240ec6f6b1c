"""Fit the weights of the story type on the training corpus.

Multinomial logistic regression with an L2 penalty over ``story_features``, all
languages together. Deterministic. Needs scikit-learn; judging does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

from monitor.flagging.rule import numbers
from monitor.flagging.story import TYPES
from monitor.flagging.story_features import story_features
from monitor.flagging.training import Text, reading_of

PENALTY = 0.03
"""Inverse strength of the L2 penalty: 0.01, 0.03 and 0.1 tried, cross-validated by event."""
FOLDS = 6


def fit_story(corpus: Sequence[Text], weights: Path) -> dict[str, Any]:
    """Fit on the flagged texts of ``corpus`` and write ``story_model.toml`` into ``weights``. Returns the
    cross-validated accuracy (whole events left out), overall ("all") and by language,
    and "confusion": rows the labels, columns the types found, in the order of TYPES."""
    texts = [text for text in corpus if text.flag]
    rows = [_features(text) for text in texts]
    names = sorted({name for row in rows for name in row})
    table = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    labels = np.array([TYPES.index(text.label) for text in texts])
    _write(weights, names, *_fit(table, labels), len(texts))
    events = [text.event for text in texts]
    found = np.zeros(len(texts), int)
    for fitted_on, left_out in GroupKFold(FOLDS).split(table, labels, events):
        bias, factors = _fit(table[fitted_on], labels[fitted_on])
        found[left_out] = (table[left_out] @ factors.T + bias).argmax(axis=1)
    return _measures(texts, labels, found)


def _features(text: Text) -> dict[str, float]:
    return story_features(reading_of(text), numbers()["story"])


def _fit(table: Any, labels: Any) -> tuple[Any, Any]:
    """Bias by type and weights by type and feature, for features as they are."""
    scaler = StandardScaler().fit(table)
    fitted = LogisticRegression(C=PENALTY, max_iter=5000).fit(scaler.transform(table), labels)
    factors = fitted.coef_ / scaler.scale_
    return fitted.intercept_ - factors @ scaler.mean_, factors


def _write(folder: Path, names: Sequence[str], bias: Any, factors: Any, texts: int) -> None:
    lines = [
        "# Written by `monitor train`; do not edit. docs/flagging.md says what the numbers mean.",
        f"texts = {texts}",
        "",
        "[bias]",
        *(f"{kind} = {value:.4f}" for kind, value in zip(TYPES, bias, strict=True)),
    ]
    for kind, row in zip(TYPES, factors, strict=True):
        lines += ["", f"[{kind}]"]
        lines += [f'"{name}" = {value:.4f}' for name, value in zip(names, row, strict=True)]
    (folder / "story_model.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


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
