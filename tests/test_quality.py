"""The quality gate: on labelled texts that nothing was fitted on, no language gets worse.

``golden/floors.toml`` has the least precision, recall and F1 of each language and
the least of what is measured of all. A floor that is beaten by ``SLACK`` must rise.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from monitor.evaluation import evaluate, read_golden

GOLDEN = Path(__file__).parent / "golden"
TRAINING = Path(__file__).parent.parent / "training"
LANGUAGES = sorted(path.stem for path in GOLDEN.glob("*.jsonl"))
FLOORS: dict[str, dict[str, float]] = tomllib.loads(
    (GOLDEN / "floors.toml").read_text(encoding="utf-8")
)
SLACK = 0.06
"""Two texts of one language, more or less."""


@cache
def measured() -> dict[str, dict[str, float]]:
    texts = [
        text
        for path in sorted(GOLDEN.glob("*.jsonl"))
        for text in read_golden(path.read_text(encoding="utf-8").splitlines(), path.name)
    ]
    found = evaluate(texts).as_dict(intervals=False)
    ratios = ("precision", "recall", "f1")
    values = {
        language: {name: measure[name] for name in ratios}
        for language, measure in found["by_language"].items()
    }
    values["all"] = {name: found["overall"][name] for name in ratios} | {
        "story_type": found["story_type_accuracy"],
        "sending": found["direction"]["sending"]["f1"],
        "receiving": found["direction"]["receiving"]["f1"],
    }
    return values


def advice(group: str) -> str:
    """What floors.toml would have to say."""
    lines = [f"{name} = {int(value * 100) / 100}" for name, value in measured()[group].items()]
    return f"[{group}]\n" + "\n".join(lines)


@pytest.mark.parametrize("group", ["all", *LANGUAGES])
def test_no_floor_falls(group: str) -> None:
    for name, floor in FLOORS[group].items():
        assert measured()[group][name] >= floor, (
            f"{group}: {name} fell below {floor}\n{advice(group)}"
        )


@pytest.mark.parametrize("group", ["all", *LANGUAGES])
def test_a_floor_that_is_beaten_rises(group: str) -> None:
    for name, value in measured()[group].items():
        assert value < FLOORS[group][name] + SLACK, f"raise the floor:\n{advice(group)}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_set_is_large_and_even(language: str) -> None:
    rows = read(GOLDEN / f"{language}.jsonl")
    assert len(rows) >= 40
    assert 0.4 <= sum(row["flag"] for row in rows) / len(rows) <= 0.6
    labels = Counter(row["label"] for row in rows)
    assert set(labels) == {"incident", "risk", "averted", "policy", "none"}
    assert len({row["category"] for row in rows if not row["flag"]}) >= 10
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert row["flag"] == (row["label"] != "none") == (row["category"] is None), row["id"]


def test_no_text_of_the_set_is_in_the_training_corpus() -> None:
    training = {row["text"] for path in TRAINING.glob("*.jsonl") for row in read(path)}
    golden = [row["text"] for path in GOLDEN.glob("*.jsonl") for row in read(path)]
    assert not training & set(golden)
    assert len(set(golden)) == len(golden)


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
