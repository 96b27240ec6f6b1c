"""``monitor explain``: the path from a text to its verdict, for each kind of text."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from store_records import NIGHT, SmallOutlet, flagged, judged

from monitor.cli import main
from monitor.explain import excerpt
from monitor.flagging import flag
from monitor.items import Match, Quarantined
from monitor.store import Store
from monitor.terminal import STYLES, legend, marked

STORY = (
    "Thai police deported Amara Tesh, an opposition activist with a UNHCR refugee card, to Cambodia on"
    " Tuesday. Her husband [a monk] says that she faces torture."
)
URL = "https://daily.example/story"


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, ["explain", *arguments], input=stdin)


def test_a_text_is_followed_to_its_verdict(tmp_path: Path) -> None:
    file = tmp_path / "story.txt"
    file.write_text(STORY, encoding="utf-8")
    output = run(str(file), "--title", "Activist handed over").output
    for expected in (
        "en, script Latn",
        "[a monk]",
        "return",
        "handed over",
        "to begin with",
        "FLAGGED",
        "TH → KH",
        "sending: TH, from 'Thai police'",
        "affected: Amara Tesh",
        "lexicon ",
    ):
        assert expected in output, expected


def test_the_points_shown_add_up_to_the_score() -> None:
    output = run("-", "--title", "Activist handed over", stdin=STORY).output
    points = [float(each) for each in re.findall(r"^([+-]\d+\.\d\d)  ", output, re.MULTILINE)]
    start = float(re.search(r"([+-]\d+\.\d\d) to begin with", output)[1])  # type: ignore[index]
    score = 1 / (1 + math.exp(-(start + sum(points))))
    # Each point is rounded to two digits.
    assert score == pytest.approx(flag("Activist handed over", STORY, "en").score, abs=0.03)


def test_a_language_can_be_given() -> None:
    assert "th, script Latn; decided by you" in " ".join(
        run("-", "--language", "th", stdin=STORY).output.split()
    )


def test_a_saved_page(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<html lang=en><head><title>Activist handed over</title>"
        '<meta property="article:published_time" content="2026-11-20T08:00:00+07:00"></head>'
        f"<body><article><h1>Activist handed over</h1><p>{STORY}</p><p>{STORY}</p></article></body>",
        encoding="utf-8",
    )
    output = run(str(page), "--url", URL).output
    assert URL in output
    assert "published 2026-11-20 08:00" in output
    assert "FLAGGED" in output


def test_an_article_of_the_database(tmp_path: Path) -> None:
    db = tmp_path / "monitor.db"
    with Store(db) as store:
        store.add_outlets([SmallOutlet("daily")])
        store.write([judged(URL, STORY, title="Handed over", flag=flagged(STORY, "refugee"))])
    output = run(URL, "--db", str(db)).output
    assert "in the database: flagged, score 0.80" in " ".join(output.split())
    assert "TH → KH" in output


def test_an_address_that_is_no_article_says_what_became_of_it(tmp_path: Path) -> None:
    db = tmp_path / "monitor.db"
    with Store(db) as store:
        store.add_outlets([SmallOutlet("daily")])
        fault = Quarantined(
            "daily",
            URL,
            "extract",
            "no_text",
            "no article text found",
            NIGHT,
            200,
            b"<p>",
            "not_article",
        )
        store.write([fault])
    result = run(URL, "--db", str(db))
    assert result.exit_code == 1
    assert "the address is not_article" in result.output
    assert "extract: no article text found" in result.output
    unknown = run(URL + "/2", "--db", str(db)).output
    assert f"monitor explain page.html --url {URL}/2" in unknown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.txt",), "none.txt cannot be read: No such file or directory"),
        ((URL, "--db", "none.db"), "there is no database at none.db"),
    ],
)
def test_what_cannot_be_read_is_said(arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert message in result.output


@pytest.mark.parametrize("text", ["", "x", "\ud800", "<", "\x00" * 10])
def test_any_text_gets_a_verdict(text: str) -> None:
    result = CliRunner().invoke(main, ["explain", "-"], input=text.encode("utf-8", "surrogatepass"))
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "NOT FLAGGED" in result.output or "monitor: -:" in result.output


def test_where_terms_overlap_the_more_telling_one_is_seen() -> None:
    text = "sent back home"
    matches = [
        Match("return_action", "sent back", "en", "text", 0, 9, "sent back"),
        Match("phrase", "back home", "en", "text", 5, 14, "back home"),
        Match("place:TH", "home", "en", "title", 0, 4, "home"),
    ]
    spans = [(s.start, s.end, s.style) for s in marked(text, matches, "text").spans]
    assert spans == [(5, 14, STYLES["phrase"]), (0, 9, STYLES["return_action"])]
    assert legend(matches).plain.split() == ["return", "state", "telling", "phrase"]


def test_a_very_long_text_is_shown_in_excerpts_with_its_matches_in_place() -> None:
    paragraphs = ["Nothing of the kind. " * 40] * 40
    paragraphs[20] = STORY
    text = "\n\n".join(paragraphs)
    begin = text.index("torture")
    found = Match("risk", "torture", "en", "text", begin, begin + 7, "torture")
    shown, (moved,) = excerpt(text, [found])
    assert len(shown) < 1000
    assert shown[moved.start : moved.end] == "torture"
    assert STORY in shown
    assert "characters left out]" in shown


def test_a_text_of_usual_length_is_shown_whole() -> None:
    assert excerpt(STORY, []) == (STORY, [])
