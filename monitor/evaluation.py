"""Measure the flagging on labelled texts (``monitor evaluate``)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from monitor.flagging import flag
from monitor.items import Flag


class GoldenError(ValueError):
    """A line that is no labelled text: says which and why."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled text: what an analyst says of it."""

    id: str
    language: str
    title: str
    text: str
    flag: bool
    label: str
    sending: frozenset[str]
    receiving: frozenset[str]


@dataclass
class Measure:
    """Counts of right and wrong answers to one yes/no question."""

    true_positive: int = 0
    false_positive: int = 0
    false_negative: int = 0
    true_negative: int = 0

    def add(self, expected: bool, got: bool) -> None:
        if expected and got:
            self.true_positive += 1
        elif got:
            self.false_positive += 1
        elif expected:
            self.false_negative += 1
        else:
            self.true_negative += 1

    def add_sets(self, expected: frozenset[str], got: frozenset[str]) -> None:
        self.true_positive += len(expected & got)
        self.false_positive += len(got - expected)
        self.false_negative += len(expected - got)

    def as_dict(self, n: int | None = None) -> dict[str, float | int]:
        """``{"n", "precision", "recall", "f1"}``; a ratio without cases is 0."""
        positives = self.true_positive + self.false_positive
        wanted = self.true_positive + self.false_negative
        precision = self.true_positive / positives if positives else 0.0
        recall = self.true_positive / wanted if wanted else 0.0
        f1 = 2 * precision * recall / (precision + recall) if self.true_positive else 0.0
        total = wanted + self.false_positive + self.true_negative
        return {
            "n": total if n is None else n,
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "f1": round(f1, 4),
        }


@dataclass
class Evaluation:
    """Running totals over labelled texts; :meth:`as_dict` is the contract of the command."""

    overall: Measure = field(default_factory=Measure)
    by_language: dict[str, Measure] = field(default_factory=lambda: defaultdict(Measure))
    by_label: dict[str, Measure] = field(default_factory=lambda: defaultdict(Measure))
    sending: Measure = field(default_factory=Measure)
    receiving: Measure = field(default_factory=Measure)
    types_right: int = 0
    types: int = 0
    flagged_rightly: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)

    def add(self, text: Labelled, got: Flag) -> None:
        for measure in (self.overall, self.by_language[text.language], self.by_label[text.label]):
            measure.add(text.flag, got.flagged)
        if text.flag and got.flagged:
            # Type and states are asked for only where both say that it is a story.
            self.flagged_rightly += 1
            self.types += 1
            self.types_right += text.label == got.story_type
            self.sending.add_sets(text.sending, frozenset(got.sending))
            self.receiving.add_sets(text.receiving, frozenset(got.receiving))
        if text.flag != got.flagged:
            self.errors.append(
                {
                    "id": text.id,
                    "expected": text.flag,
                    "got": got.flagged,
                    "score": round(got.score, 4),
                    "reasons": [reason.sentence for reason in got.reasons],
                }
            )

    def as_dict(self) -> dict[str, Any]:
        return {
            "overall": self.overall.as_dict(),
            "by_language": {k: m.as_dict() for k, m in sorted(self.by_language.items())},
            "by_label": {k: m.as_dict() for k, m in sorted(self.by_label.items())},
            "story_type_accuracy": round(self.types_right / self.types, 4) if self.types else 0.0,
            "direction": {
                "sending": self.sending.as_dict(self.flagged_rightly),
                "receiving": self.receiving.as_dict(self.flagged_rightly),
            },
            "errors": self.errors,
        }


def evaluate(texts: Iterable[Labelled]) -> Evaluation:
    """Judge every text and compare."""
    evaluation = Evaluation()
    for text in texts:
        evaluation.add(text, flag(text.title, text.text, text.language))
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
            row = json.loads(line)
            texts.append(
                Labelled(
                    id=str(row["id"]),
                    language=str(row["language"]),
                    title=str(row.get("title", "")),
                    text=str(row["text"]),
                    flag=bool(row["flag"]),
                    label=str(row.get("label") or "none"),
                    sending=frozenset(row.get("sending") or ()),
                    receiving=frozenset(row.get("receiving") or ()),
                )
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise GoldenError(f"{name}, line {number}: {type(error).__name__}: {error}") from error
    return texts


def print_evaluation(found: dict[str, Any], console: Console) -> None:
    """Show :meth:`Evaluation.as_dict` as tables."""
    table = Table("", "texts", "precision", "recall", "F1")
    for rows in ({"all": found["overall"]}, found["by_language"]):
        for name, row in rows.items():
            table.add_row(
                name, str(row["n"]), *(f"{row[k]:.2f}" for k in ("precision", "recall", "f1"))
            )
        table.add_section()
    for name, row in found["direction"].items():
        table.add_row(
            name, str(row["n"]), *(f"{row[k]:.2f}" for k in ("precision", "recall", "f1"))
        )
    console.print(table)
    labels = ", ".join(
        f"{name} {row['recall']:.2f}" for name, row in found["by_label"].items() if name != "none"
    )
    console.print(f"found of each story type: {labels}")
    console.print(f"story type right: {found['story_type_accuracy']:.2f}")
    console.print(f"judged wrongly: {len(found['errors'])} texts (--json lists them)")
