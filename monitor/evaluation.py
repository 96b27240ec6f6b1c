"""Measure the flagging on labelled texts (``monitor evaluate``).

Every ratio comes with a 95 % confidence interval: the percentile bootstrap over
texts (Efron 1979), seeded, so that the same texts give the same interval.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.flagging import flag
from monitor.flagging.story import TYPES
from monitor.items import Flag
from monitor.terminal import print_judged, verdict_line

RESAMPLES = 1000
"""Bootstrap samples: the ends of a 95 % interval rest on 25 of them each."""

T = TypeVar("T")
Ratios = tuple[float, float, float]
"""Precision, recall, F1."""


class GoldenError(ValueError):
    """A line that is no labelled text: says which and why."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled text: what an analyst says of it. ``category`` is why a text
    that is no story is none ("" when not told)."""

    id: str
    language: str
    title: str
    text: str
    flag: bool
    label: str
    sending: frozenset[str]
    receiving: frozenset[str]
    category: str = ""


Outcome = tuple[int, int, int, int]
"""What one text adds: true positives, false positives, false negatives, true negatives."""


@dataclass
class Measure:
    """Counts of right and wrong answers to one yes/no question, text by text."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)

    def add(self, expected: bool, got: bool) -> None:
        self.outcomes[
            expected and got, got and not expected, expected and not got, not expected and not got
        ] += 1

    def add_sets(self, expected: frozenset[str], got: frozenset[str]) -> None:
        self.outcomes[len(expected & got), len(got - expected), len(expected - got), 0] += 1

    @property
    def n(self) -> int:
        """Texts."""
        return self.outcomes.total()

    def as_dict(self) -> dict[str, float | int]:
        """``{"n", "precision", "recall", "f1"}``; a ratio without cases is 0."""
        precision, recall, f1 = _ratios(self.outcomes)
        return {
            "n": self.n,
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "f1": round(f1, 4),
        }

    def intervals(self) -> dict[str, list[float]]:
        """``{"precision": [low, high], "recall": …, "f1": …}``, 95 %; empty without texts."""
        found = _bootstrap(self.outcomes, _ratios)
        return dict(zip(("precision", "recall", "f1"), found, strict=False))


def _ratios(outcomes: Mapping[Outcome, int]) -> Ratios:
    right, wrong, missed = (
        sum(outcome[part] * times for outcome, times in outcomes.items()) for part in range(3)
    )
    precision = right / (right + wrong) if right + wrong else 0.0
    recall = right / (right + missed) if right + missed else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return precision, recall, f1


def _bootstrap(
    outcomes: Counter[T], ratios: Callable[[Counter[T]], Sequence[float]]
) -> list[list[float]]:
    """The 2.5th and 97.5th percentile of each ratio over resampled texts."""
    kinds = sorted(outcomes, key=repr)
    weights = list(accumulate(outcomes[kind] for kind in kinds))
    random = Random(1979)
    samples = [
        ratios(Counter(random.choices(kinds, cum_weights=weights, k=outcomes.total())))
        for _ in range(RESAMPLES if kinds else 0)
    ]
    low, high = round(RESAMPLES * 0.025), round(RESAMPLES * 0.975) - 1
    columns = [sorted(column) for column in zip(*samples, strict=True)]
    return [[round(column[low], 4), round(column[high], 4)] for column in columns]


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled text and the verdict on it."""

    labelled: Labelled
    flag: Flag

    @property
    def wrong(self) -> bool:
        return self.labelled.flag != self.flag.flagged

    @property
    def found(self) -> bool:
        """Rightly flagged: only of these type and states are asked."""
        return self.labelled.flag and self.flag.flagged


@dataclass
class Evaluation:
    """The verdicts on labelled texts; :meth:`as_dict` is the contract of the command."""

    judged: list[Judged] = field(default_factory=list)

    def add(self, text: Labelled, got: Flag) -> None:
        self.judged.append(Judged(text, got))

    @property
    def errors(self) -> list[Judged]:
        return [each for each in self.judged if each.wrong]

    def as_dict(self, *, intervals: bool = True) -> dict[str, Any]:
        """The contract's keys, and: ``intervals`` (95 %, in the same shape, unless they
        are not wanted), ``story_types`` (by label: how many, found, and what the found were taken
        for), ``by_language_and_label`` (share found) and ``by_category`` (texts
        that are no story, and how many of them were flagged)."""
        overall, by_language, by_label = self._measures()
        sending, receiving = self._states()
        right, interval = self._types_right(intervals)
        found = {
            "overall": overall.as_dict(),
            "by_language": {k: m.as_dict() for k, m in by_language.items()},
            "by_label": {k: m.as_dict() for k, m in by_label.items()},
            "story_type_accuracy": right,
            "direction": {"sending": sending.as_dict(), "receiving": receiving.as_dict()},
            "story_types": self._story_types(),
            "by_language_and_label": self._by_language_and_label(),
            "by_category": self._by_category(),
            "errors": [
                {
                    "id": each.labelled.id,
                    "expected": each.labelled.flag,
                    "got": each.flag.flagged,
                    "score": round(each.flag.score, 4),
                    "reasons": [reason.sentence for reason in each.flag.reasons],
                }
                for each in self.errors
            ],
        }
        if intervals:
            found["intervals"] = {
                "overall": overall.intervals(),
                "by_language": {k: m.intervals() for k, m in by_language.items()},
                "by_label": {k: m.intervals() for k, m in by_label.items()},
                "story_type_accuracy": interval,
                "direction": {"sending": sending.intervals(), "receiving": receiving.intervals()},
            }
        return found

    def _measures(self) -> tuple[Measure, dict[str, Measure], dict[str, Measure]]:
        overall = Measure()
        by_language: dict[str, Measure] = defaultdict(Measure)
        by_label: dict[str, Measure] = defaultdict(Measure)
        for each in self.judged:
            text = each.labelled
            for measure in (overall, by_language[text.language], by_label[text.label]):
                measure.add(text.flag, each.flag.flagged)
        return overall, dict(sorted(by_language.items())), dict(sorted(by_label.items()))

    def _states(self) -> tuple[Measure, Measure]:
        sending, receiving = Measure(), Measure()
        for each in self.judged:
            if each.found:
                sending.add_sets(each.labelled.sending, frozenset(each.flag.sending))
                receiving.add_sets(each.labelled.receiving, frozenset(each.flag.receiving))
        return sending, receiving

    def _types_right(self, intervals: bool) -> tuple[float, list[float]]:
        right = Counter(
            each.labelled.label == each.flag.story_type for each in self.judged if each.found
        )

        def share(sample: Counter[bool]) -> list[float]:
            return [sample[True] / max(sample.total(), 1)]

        interval = _bootstrap(right, share) if intervals else []
        return round(share(right)[0], 4), interval[0] if interval else [0.0, 0.0]

    def _story_types(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for label in TYPES:
            texts = [each for each in self.judged if each.labelled.label == label]
            taken_for = Counter(each.flag.story_type for each in texts if each.found)
            found[label] = {
                "n": len(texts),
                "found": taken_for.total(),
                "taken_for": {kind: taken_for[kind] for kind in TYPES if taken_for[kind]},
            }
        return found

    def _by_language_and_label(self) -> dict[str, dict[str, dict[str, int]]]:
        table: dict[str, dict[str, dict[str, int]]] = {}
        for each in sorted(self.judged, key=lambda each: each.labelled.language):
            row = table.setdefault(each.labelled.language, {})
            cell = row.setdefault(each.labelled.label, {"n": 0, "flagged": 0})
            cell["n"] += 1
            cell["flagged"] += each.flag.flagged
        return table

    def _by_category(self) -> dict[str, dict[str, int]]:
        table: dict[str, dict[str, int]] = {}
        for each in sorted(self.judged, key=lambda each: each.labelled.category):
            if not each.labelled.flag and each.labelled.category:
                cell = table.setdefault(each.labelled.category, {"n": 0, "flagged": 0})
                cell["n"] += 1
                cell["flagged"] += each.flag.flagged
        return table


def evaluate(texts: Iterable[Labelled]) -> Evaluation:
    """Judge every text and compare."""
    evaluation = Evaluation()
    for text in texts:
        evaluation.add(text, flag(text.title, text.text, text.language, in_full=True))
    return evaluation


def read_golden(lines: Sequence[str], name: str) -> list[Labelled]:
    """Labelled texts from golden-format JSON Lines; unknown fields are ignored.

    Raises :class:`GoldenError` naming file (``name``), line and problem.
    """
    texts = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            texts.append(labelled(json.loads(line)))
        except ValueError as error:
            why = "no JSON" if isinstance(error, json.JSONDecodeError) else str(error)
            raise GoldenError(f"{name}, line {number}: {why}") from error
    return texts


def labelled(row: Any) -> Labelled:
    """One line's text, unpacked from JSON. Raises ValueError naming the field."""
    if not isinstance(row, dict):
        raise ValueError("expected an object { … }")

    def text(field: str, default: str | None = None) -> str:
        value = row.get(field, default)
        value = default if value is None else value
        if not isinstance(value, str):
            raise ValueError(f"{field}: expected a text, got {json.dumps(value)[:40]}")
        return value

    def states(field: str) -> frozenset[str]:
        value = row.get(field) or []
        if not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
            raise ValueError(f"{field}: expected a list of codes, got {json.dumps(value)[:40]}")
        return frozenset(value)

    flagged, label = row.get("flag"), text("label", "none")
    if not isinstance(flagged, bool):
        raise ValueError(f"flag: expected true or false, got {json.dumps(flagged)[:40]}")
    if label not in (*TYPES, "none"):
        raise ValueError(f"label: expected one of {', '.join(TYPES)}, none; got {label!r}")
    return Labelled(
        str(row.get("id", "")),
        text("language"),
        text("title", ""),
        text("text"),
        flagged,
        label,
        states("sending"),
        states("receiving"),
        text("category", ""),
    )


def print_evaluation(found: Mapping[str, Any], console: Console) -> None:
    """Show :meth:`Evaluation.as_dict` as tables."""
    console.print(_by_language(found))
    console.print(_by_story_type(found))
    console.print(_by_language_and_label(found))
    if found["by_category"]:
        console.print(_false_alarms(found))
    low, high = found["intervals"]["story_type_accuracy"]
    console.print(f"story type right: {found['story_type_accuracy']:.2f} ({low:.2f}–{high:.2f})")
    console.print("in brackets: 95 % confidence intervals (bootstrap over texts)")
    console.print(f"judged wrongly: {len(found['errors'])} texts (--errors shows them)")


def print_errors(evaluation: Evaluation, console: Console) -> None:
    """Every text that was judged wrongly, with its matches marked and its reasons."""
    for each in evaluation.errors:
        console.rule(Text(f"{each.labelled.id}  ({each.labelled.language})", "bold"), align="left")
        wanted = f"a story ({each.labelled.label})" if each.labelled.flag else "none"
        if each.labelled.category:
            wanted += f" ({each.labelled.category})"
        console.print(verdict_line(each.flag), Text(f"labelled: {wanted}", "bold"))
        print_judged(console, each.labelled.title, each.labelled.text, each.flag)
        console.print()


_RATIOS = ("precision", "recall", "f1")


def _by_language(found: Mapping[str, Any]) -> Table:
    table = Table("", "texts", "precision", "recall", "F1", title="Flagged or not")
    intervals = found["intervals"]
    _rows(table, {"all": found["overall"]}, {"all": intervals["overall"]})
    _rows(table, found["by_language"], intervals["by_language"])
    _rows(table, found["direction"], intervals["direction"])
    return table


def _rows(table: Table, rows: Mapping[str, Any], intervals: Mapping[str, Any]) -> None:
    for name, row in rows.items():
        cells = [f"{row[k]:.2f} {_interval(intervals[name], k)}" for k in _RATIOS]
        table.add_row(name, str(row["n"]), *cells)
    table.add_section()


def _interval(intervals: Mapping[str, list[float]], name: str) -> str:
    return "({:.2f}–{:.2f})".format(*intervals[name]) if intervals else ""


def _by_story_type(found: Mapping[str, Any]) -> Table:
    table = Table("", "texts", "found", *TYPES, title="By story type: found, and taken for")
    for label, row in found["story_types"].items():
        interval = _interval(found["intervals"]["by_label"].get(label, {}), "recall")
        table.add_row(
            label,
            str(row["n"]),
            f"{row['found'] / max(row['n'], 1):.2f} {interval}",
            *(str(row["taken_for"].get(kind, "")) for kind in TYPES),
        )
    return table


def _by_language_and_label(found: Mapping[str, Any]) -> Table:
    table = Table("", *TYPES, "none", title="Flagged of all, by language and story type")
    for language, row in found["by_language_and_label"].items():
        cells = [row.get(label) for label in (*TYPES, "none")]
        table.add_row(
            language, *(f"{cell['flagged']} of {cell['n']}" if cell else "" for cell in cells)
        )
    return table


def _false_alarms(found: Mapping[str, Any]) -> Table:
    table = Table("", "texts", "flagged", title="False alarms")
    for category, cell in found["by_category"].items():
        table.add_row(category, str(cell["n"]), str(cell["flagged"] or ""))
    return table
