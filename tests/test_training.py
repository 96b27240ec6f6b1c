"""The weights come from the corpus, reproducibly, and say from which."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.flagging.lexicon import WEIGHTS, lexicon_digest
from monitor.flagging.phrases import model
from monitor.flagging.training import corpus_digest, read_corpus, train

CORPUS = Path(__file__).parent.parent / "training"
LABELS = {"incident", "risk", "averted", "policy", "none"}


def test_the_weights_were_fitted_on_this_corpus_and_these_lexicons() -> None:
    settings = model().settings
    assert settings["corpus"] == corpus_digest(CORPUS), "the corpus changed: run monitor train"
    assert settings["lexicons"] == lexicon_digest(), "the lexicons changed: run monitor train"
    assert settings["texts"] == len(read_corpus(CORPUS))


def test_every_language_of_the_lexicons_has_weights() -> None:
    lexicons = {path.stem for path in (WEIGHTS.parent.parent / "lexicon").glob("*.toml")}
    assert {path.stem for path in WEIGHTS.glob("*.tsv")} == lexicons


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_the_corpus_is_labelled_and_even(path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert row["label"] in LABELS
        assert row["flag"] == (row["label"] != "none")
        assert row["title"].strip()
        assert row["text"].strip()
    # en_g and en_i have more ordinary news than stories, as the press has.
    flagged = sum(row["flag"] for row in rows) / len(rows)
    assert (0.3 if path.stem in ("en_g", "en_i") else 0.4) <= flagged <= 0.6

    def length(flag: bool, size: str) -> float:
        chosen = [len(r["text"]) for r in rows if (r["flag"], r["length"]) == (flag, size)]
        return sum(chosen) / len(chosen)

    # A model must not be able to learn that stories are longer.
    for size in ("short", "long"):
        if any(row["length"] == size for row in rows):
            assert 0.86 <= length(True, size) / length(False, size) <= 1.16


def row(number: int, flag: bool) -> str:
    name = "Exiled editor" if flag else "Young striker"
    place = "driven to the border post" if flag else "driven to the training ground"
    text = f"{name} number {number} was {place} on Friday, a lawyer said."
    return json.dumps(
        {"event": f"e{number}", "language": "en", "title": name, "text": text, "flag": flag}
    )


def test_fitting_is_reproducible_and_learns_what_sets_the_texts_apart(tmp_path: Path) -> None:
    corpus, once, again = tmp_path / "corpus", tmp_path / "once", tmp_path / "again"
    corpus.mkdir()
    lines = [row(number, number % 2 == 0) for number in range(40)]
    (corpus / "en.jsonl").write_text("\n".join(lines), encoding="utf-8")
    texts = read_corpus(corpus)
    found = train(texts, "digest", once)
    train(texts, "digest", again)
    assert found["all"] == {"n": 40, "precision": 1.0, "recall": 1.0, "f1": 1.0}
    for name in ("en.tsv", "model.toml"):
        assert (once / name).read_bytes() == (again / name).read_bytes()
    weights = {
        line.split("\t")[0]: float(line.split("\t")[2])
        for line in (once / "en.tsv").read_text(encoding="utf-8").splitlines()[1:]
    }
    assert weights["border post"] > 0 > weights["training ground"]


def test_a_bad_line_of_a_corpus_is_named(tmp_path: Path) -> None:
    (tmp_path / "en.jsonl").write_text(row(1, True) + "\n{", encoding="utf-8")
    with pytest.raises(ValueError, match=r"en\.jsonl, line 2"):
        read_corpus(tmp_path)
