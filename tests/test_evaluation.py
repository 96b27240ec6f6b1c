"""``monitor evaluate`` counts what it says that it counts."""

from __future__ import annotations

import json

import pytest

from monitor.evaluation import Evaluation, GoldenError, Labelled, Measure, read_golden
from monitor.items import Flag


def verdict(flagged: bool, story_type: str | None = None, *, sending: tuple[str, ...] = ()) -> Flag:
    return Flag(flagged, 0.9 if flagged else 0.1, story_type, sending, (), (), (), (), "test")  # type: ignore[arg-type]


def labelled(number: int, flag: bool, label: str, language: str = "en") -> Labelled:
    sending = frozenset({"TH"} if flag else ())
    return Labelled(str(number), language, "", "text", flag, label, sending, frozenset())


def test_precision_recall_and_f1() -> None:
    measure = Measure()
    for expected, got in (
        [(True, True)] * 3 + [(False, True)] + [(True, False)] * 2 + [(False, False)]
    ):
        measure.add(expected, got)
    assert measure.as_dict() == {"n": 7, "precision": 0.75, "recall": 0.6, "f1": 0.6667}


def test_a_measure_without_cases_is_zero() -> None:
    assert Measure().as_dict() == {"n": 0, "precision": 0.0, "recall": 0.0, "f1": 0.0}


def test_the_report_has_every_part_of_the_contract() -> None:
    evaluation = Evaluation()
    evaluation.add(labelled(1, True, "incident"), verdict(True, "incident", sending=("TH",)))
    evaluation.add(labelled(2, True, "risk"), verdict(True, "incident", sending=("MY",)))
    evaluation.add(labelled(3, True, "risk", "th"), verdict(False))
    evaluation.add(labelled(4, False, "none"), verdict(True, "policy"))
    assert evaluation.as_dict() == {
        "overall": {"n": 4, "precision": 0.6667, "recall": 0.6667, "f1": 0.6667},
        "by_language": {
            "en": {"n": 3, "precision": 0.6667, "recall": 1.0, "f1": 0.8},
            "th": {"n": 1, "precision": 0.0, "recall": 0.0, "f1": 0.0},
        },
        "by_label": {
            "incident": {"n": 1, "precision": 1.0, "recall": 1.0, "f1": 1.0},
            "none": {"n": 1, "precision": 0.0, "recall": 0.0, "f1": 0.0},
            "risk": {"n": 2, "precision": 1.0, "recall": 0.5, "f1": 0.6667},
        },
        "story_type_accuracy": 0.5,
        "direction": {
            "sending": {"n": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5},
            "receiving": {"n": 2, "precision": 0.0, "recall": 0.0, "f1": 0.0},
        },
        "errors": [
            {"id": "3", "expected": True, "got": False, "score": 0.1, "reasons": []},
            {"id": "4", "expected": False, "got": True, "score": 0.9, "reasons": []},
        ],
    }


def test_golden_lines_are_read_and_unknown_fields_ignored() -> None:
    line = json.dumps(
        {"id": "a", "language": "km", "flag": True, "label": "risk", "text": "x", "script": None}
    )
    assert (
        read_golden([line, "", line], "f")
        == [Labelled("a", "km", "", "x", True, "risk", frozenset(), frozenset())] * 2
    )


@pytest.mark.parametrize("line", ["{", "[]", '{"id": "a"}', "null"])
def test_a_bad_golden_line_is_named(line: str) -> None:
    with pytest.raises(GoldenError, match=r"file\.jsonl, line 2: "):
        read_golden(["", line], "file.jsonl")
