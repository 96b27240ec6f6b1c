"""``monitor evaluate`` counts what it says that it counts."""

from __future__ import annotations

import json
from dataclasses import replace

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
    found = evaluation.as_dict()
    extra = ("intervals", "story_types", "by_language_and_label", "by_category")
    assert {name: value for name, value in found.items() if name not in extra} == {
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


def test_what_each_story_type_was_taken_for() -> None:
    evaluation = Evaluation()
    evaluation.add(labelled(1, True, "incident"), verdict(True, "incident"))
    evaluation.add(labelled(2, True, "incident"), verdict(True, "risk"))
    evaluation.add(labelled(3, True, "incident", "th"), verdict(False))
    evaluation.add(replace(labelled(4, False, "none"), category="general"), verdict(True, "risk"))
    found = evaluation.as_dict()
    incident = {"n": 3, "found": 2, "taken_for": {"incident": 1, "risk": 1}}
    assert found["story_types"]["incident"] == incident
    assert found["by_language_and_label"]["th"] == {"incident": {"n": 1, "flagged": 0}}
    assert found["by_category"] == {"general": {"n": 1, "flagged": 1}}


def test_an_interval_holds_its_ratio_and_narrows_with_more_texts() -> None:
    def recall(times: int) -> tuple[float, list[float]]:
        measure = Measure()
        for _ in range(times):
            for got in (True, True, True, False):
                measure.add(True, got)
        return float(measure.as_dict()["recall"]), measure.intervals()["recall"]

    few, (few_low, few_high) = recall(5)
    many, (many_low, many_high) = recall(500)
    assert few == many == 0.75
    # The binomial's own 95 % interval for 15 of 20 is 0.55 to 0.95 (in steps of 0.05).
    assert few_low in (0.5, 0.55, 0.6)
    assert few_high in (0.9, 0.95)
    assert 0.72 < many_low < 0.75 < many_high < 0.78


def test_the_same_texts_give_the_same_intervals() -> None:
    measure = Measure()
    for expected, got in [(True, True)] * 7 + [(True, False)] * 3 + [(False, True)] * 2:
        measure.add(expected, got)
    assert measure.intervals() == measure.intervals()


def test_no_texts_give_no_intervals() -> None:
    assert Evaluation().as_dict()["intervals"]["overall"] == {}


def test_golden_lines_are_read_and_unknown_fields_ignored() -> None:
    line = json.dumps(
        {"id": "a", "language": "km", "flag": True, "label": "risk", "text": "x", "script": None}
    )
    assert (
        read_golden([line, "", line], "f")
        == [Labelled("a", "km", "", "x", True, "risk", frozenset(), frozenset())] * 2
    )


GOOD = {"id": "a", "language": "en", "flag": True, "label": "risk", "text": "x"}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "no JSON"),
        ("[]", "expected an object"),
        ("null", "expected an object"),
        (json.dumps(GOOD | {"flag": "yes"}), 'flag: expected true or false, got "yes"'),
        (json.dumps(GOOD | {"label": "wibble"}), "label: expected one of incident, risk"),
        (json.dumps(GOOD | {"text": 5}), "text: expected a text, got 5"),
        (json.dumps(GOOD | {"sending": "TH"}), "sending: expected a list of codes"),
        (json.dumps({"id": "a", "flag": True}), "language: expected a text, got null"),
    ],
)
def test_a_bad_golden_line_is_named_with_its_field(line: str, problem: str) -> None:
    with pytest.raises(GoldenError) as error:
        read_golden(["", line], "file.jsonl")
    assert str(error.value).startswith(f"file.jsonl, line 2: {problem}")
