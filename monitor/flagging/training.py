"""Fit the phrase weights on the training corpus (``monitor train``).

Two steps of logistic regression. The first weighs the phrases of each language
(L2 penalty). The second weighs four numbers of a text: the points of its
strongest section by phrases that were fitted on other events, the rule's
points, how long and how short it is. So the rule's share is measured on texts
that the phrases have not seen, where they know less than they seem to. The
second step also sees each text cut to headline and first sentence: often a feed
has no more. Deterministic: the same corpus and lexicons give the same files.
Needs scikit-learn (``pip install .[train]``); judging does not.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from monitor.flagging.lexicon import lexicon_digest
from monitor.flagging.phrases import LONGEST, Phrases, length_of, tokens, writing
from monitor.flagging.reading import Reading
from monitor.flagging.rule import evidence_of_return, judge, numbers
from monitor.text.sentences import sentences

PENALTY = 10.0
"""Inverse strength of the L2 penalty on the phrases: 3 and 10 tried, cross-validated by event."""
KEPT = 6_000
"""Phrases kept for a language, by weight × rarity."""
LEAST_TEXTS = 2
"""Texts of a language that a phrase occurs in."""
ORDINARY = 12.0
"""How often a long text of ordinary news counts in the second step. In the press
such texts outnumber stories by far more than in the corpus; 5 to 30 tried
(docs/flagging.md)."""
CUT = 0.15
"""How often a text cut to headline and first sentence counts: the cut often loses
what the label says."""
FOLDS = 6


@dataclass(frozen=True, slots=True)
class Text:
    """A labelled text of the corpus. ``event`` keeps texts on one event together;
    ``category`` is why a text is no story."""

    event: str
    language: str
    title: str
    text: str
    flag: bool
    label: str = "none"
    category: str = ""


def read_corpus(folder: Path) -> list[Text]:
    """All ``*.jsonl`` of a folder. Raises ValueError naming file and line."""
    texts = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                row = json.loads(line)
                where = row["event"], row["language"]
                why = row.get("label", "none"), row.get("category") or ""
                texts.append(Text(*where, row["title"], row["text"], row["flag"], *why))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path.name}, line {number}: {error!r}") from error
    return texts


def corpus_digest(folder: Path) -> str:
    """A short digest of the corpus: the weights name the one that they were fitted on."""
    digest = sha256()
    for path in sorted(folder.glob("*.jsonl")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A text as both steps need it. ``rule`` are the points of the rule's reasons,
    ``evidence`` those for a return."""

    language: str
    title: list[str]
    text: list[str]
    phrases: Counter[str]
    rule: float
    evidence: float


@dataclass(frozen=True, slots=True)
class _Fitted:
    """The first step: phrases and intercept by language."""

    phrases: Mapping[str, Phrases]
    weights: Mapping[str, Mapping[str, tuple[float, float]]]
    intercept: Mapping[str, float]

    def points(self, texts: Sequence[_Prepared]) -> Any:
        """For each text the points of its strongest section, the rule's, and the
        section's ``length``, ``evident`` and ``brief``. Shape (texts, 5)."""
        rows = []
        for text in texts:
            best = self.phrases[text.language].strongest(text.title, text.text)
            points = best.points + self.intercept[text.language]
            long = best.length, best.evident(text.rule)
            rows.append((points, text.rule, *long, best.brief(text.evidence)))
        return np.array(rows)


def train(corpus: Sequence[Text], digest: str, weights: Path) -> dict[str, Any]:
    """Fit on ``corpus`` and write ``model.toml`` and a ``.tsv`` per language into
    ``weights``. ``digest`` names the corpus. Returns the cross-validated measures
    (whole events left out) of all texts, of the long ones, and by language."""
    texts = [_prepared(text) for text in corpus]
    cut = [_prepared(_cut(text)) for text in corpus]
    labels = np.array([text.flag for text in corpus])
    events = np.array([text.event for text in corpus])
    points, of_cut = np.zeros((len(texts), 5)), np.zeros((len(texts), 5))
    for fitted_on, left_out in _folds(labels, events):
        fold = _fit([texts[n] for n in fitted_on], labels[fitted_on])
        points[left_out] = fold.points([texts[n] for n in left_out])
        of_cut[left_out] = fold.points([cut[n] for n in left_out])
    long = points[:, 2] > 0
    general = np.array([text.category == "general" for text in corpus])
    weighing = np.where(long & general, ORDINARY, 1.0)

    def second(chosen: Any) -> LogisticRegression:
        return LogisticRegression(C=1.0).fit(
            np.vstack([points[chosen], of_cut[chosen]]),
            np.concatenate([labels[chosen], labels[chosen]]),
            sample_weight=np.concatenate([weighing[chosen], np.full(len(chosen), CUT)]),
        )

    flagged = np.zeros(len(texts), bool)
    for fitted_on, left_out in _folds(labels, events):
        flagged[left_out] = second(fitted_on).decision_function(points[left_out]) >= 0
    final = _fit(texts, labels)
    _write(weights, final, second(np.arange(len(texts))), digest, len(texts))
    return _measures([text.language for text in texts], long, labels, flagged)


def _cut(text: Text) -> Text:
    """Headline and first sentence."""
    spans = sentences(text.text)
    return replace(text, text=text.text[: spans[0][1]]) if spans else text


def _folds(labels: Any, events: Any) -> Iterator[tuple[Any, Any]]:
    folds: Iterator[tuple[Any, Any]] = GroupKFold(FOLDS).split(labels, labels, events)
    return folds


def reading_of(text: Text) -> Reading:
    """A text as the rule sees it."""
    rule = numbers()
    return Reading(text.title, text.text, text.language, reach=rule["reach"], lead=rule["lead"])


def _prepared(text: Text) -> _Prepared:
    reading = reading_of(text)
    title = tokens(reading.passages["title"].normal.text)
    body = tokens(reading.passages["text"].normal.text)
    longest = LONGEST[writing(text.language)]
    reasons = judge(reading, numbers())
    return _Prepared(
        text.language,
        title,
        body,
        Counter([*ngrams(title, longest), *ngrams(body, longest)]),
        sum(reason.weight for reason in reasons),
        evidence_of_return(reasons),
    )


def ngrams(found: Sequence[str], longest: int) -> Iterator[str]:
    """Every run of one to ``longest`` tokens, joined by spaces."""
    for length in range(1, longest + 1):
        for begin in range(len(found) - length + 1):
            yield " ".join(found[begin : begin + length])


def _fit(texts: Sequence[_Prepared], labels: Any) -> _Fitted:
    """The first step, twice: with all phrases, then with the heaviest."""
    everything = _fit_phrases(texts, labels, None)
    return _fit_phrases(texts, labels, everything)


def _fit_phrases(texts: Sequence[_Prepared], labels: Any, first: _Fitted | None) -> _Fitted:
    kept = {la: _heaviest(own) for la, own in first.weights.items()} if first else None
    phrases = phrase_table([(text.language, text.phrases) for text in texts], kept)
    languages = list(phrases.rarity)
    own = np.array([[text.language == language for language in languages] for text in texts], float)
    table = hstack([csr_matrix(own), phrases.values]).tocsr()
    fitted = LogisticRegression(C=PENALTY, max_iter=5000).fit(table, labels)
    found = fitted.coef_[0]
    weights: dict[str, dict[str, tuple[float, float]]] = {language: {} for language in languages}
    for (language, phrase), column in phrases.columns.items():
        weight = float(found[len(languages) + column])
        weights[language][phrase] = phrases.rarity[language][phrase], weight
    return _Fitted(
        {language: Phrases(language, weights[language]) for language in languages},
        weights,
        {la: float(fitted.intercept_[0] + found[n]) for n, la in enumerate(languages)},
    )


@dataclass(frozen=True, slots=True)
class PhraseTable:
    """Texts as rows, phrases as columns: ``rarity`` by language and phrase, ``columns`` by
    both, ``values`` of shape (texts, phrases)."""

    rarity: Mapping[str, Mapping[str, float]]
    columns: Mapping[tuple[str, str], int]
    values: csr_matrix


def phrase_table(
    texts: Sequence[tuple[str, Counter[str]]], kept: Mapping[str, Collection[str]] | None
) -> PhraseTable:
    """The phrases of texts (language and counts), each language's own; only the
    ``kept`` ones, if any are named."""
    rarity = {
        language: rarity_of(
            [counts for own, counts in texts if own == language], kept[language] if kept else None
        )
        for language in sorted({language for language, _ in texts})
    }
    names = ((language, phrase) for language, own in rarity.items() for phrase in own)
    columns = {name: number for number, name in enumerate(names)}
    data, rows, cols = [], [], []
    for number, (language, counts) in enumerate(texts):
        for phrase, value in values_of(counts, rarity[language]):
            data.append(value)
            rows.append(number)
            cols.append(columns[language, phrase])
    values = csr_matrix((data, (rows, cols)), shape=(len(texts), len(columns)))
    return PhraseTable(rarity, columns, values)


def rarity_of(rows: Sequence[Counter[str]], kept: Collection[str] | None) -> dict[str, float]:
    """Inverse document frequency, smoothed, of the phrases that more than one text has."""
    seen: Counter[str] = Counter()
    for row in rows:
        seen.update(row.keys())
    return {
        phrase: 1 + math.log((1 + len(rows)) / (1 + times))
        for phrase, times in sorted(seen.items())
        if times >= LEAST_TEXTS and (kept is None or phrase in kept)
    }


def values_of(counts: Counter[str], rarity: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Frequency × rarity of each known phrase, by the length of all of them together."""
    values = {
        phrase: (1 + math.log(times)) * rarity[phrase]
        for phrase, times in counts.items()
        if phrase in rarity
    }
    norm = length_of(sum(value * value for value in values.values()))
    return ((phrase, value / norm) for phrase, value in values.items())


def _heaviest(weights: Mapping[str, tuple[float, float]]) -> set[str]:
    def weight(phrase: str) -> tuple[float, str]:
        rarity, factor = weights[phrase]
        return -abs(factor) * rarity, phrase

    return set(sorted(weights, key=weight)[:KEPT])


def _write(
    folder: Path, fitted: _Fitted, second: LogisticRegression, corpus: str, texts: int
) -> None:
    """The factor of the second step is multiplied into the phrases: their weights are points."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.tsv"):
        old.unlink()
    factor, rule, long, evident, brief = (float(each) for each in second.coef_[0])
    for language, weights in fitted.weights.items():
        lines = [
            f"{phrase}\t{rarity:.3f}\t{factor * weight:.4f}"
            for phrase, (rarity, weight) in sorted(
                weights.items(), key=lambda item: (-item[1][1], item[0])
            )
        ]
        (folder / f"{language}.tsv").write_text(
            "\n".join(["phrase\tidf\tweight", *lines]) + "\n", encoding="utf-8"
        )
    start = float(second.intercept_[0])
    bias = {language: start + factor * value for language, value in fitted.intercept.items()}
    bias["und"] = sum(bias.values()) / len(bias)
    (folder / "model.toml").write_text(
        "# Written by `monitor train`; do not edit. docs/flagging.md says what the numbers mean.\n"
        f'corpus = "{corpus}"\ntexts = {texts}\nlexicons = "{lexicon_digest()}"\n'
        f"rule = {rule:.4f}\nlong = {long:.4f}\nevident = {evident:.4f}\n"
        f"brief = {brief:.4f}\n\n[bias]\n"
        + "".join(f"{language} = {value:.4f}\n" for language, value in sorted(bias.items())),
        encoding="utf-8",
    )


def _measures(languages: Sequence[str], long: Any, labels: Any, flagged: Any) -> dict[str, Any]:
    own = np.array(languages)
    groups = {"all": np.ones(len(languages), bool), "long": long}
    groups |= {language: own == language for language in sorted(set(languages))}
    return {
        name: {"n": int(group.sum()), **_ratios(labels[group], flagged[group])}
        for name, group in groups.items()
    }


def _ratios(labels: Any, flagged: Any) -> dict[str, float]:
    right = int((labels & flagged).sum())
    precision = right / max(int(flagged.sum()), 1)
    recall = right / max(int(labels.sum()), 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}
