"""Lexicon files load, are complete, and say what is wrong with them when they are not."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from babel import Locale

from monitor.flagging import LEXICON_VERSION
from monitor.flagging.inflection import forms
from monitor.flagging.lexicon import (
    CONCEPTS,
    DIRECTORY,
    LexiconError,
    lexicon_version,
    load_lexicons,
    read_lexicon,
)
from monitor.flagging.matching import Passage, find_terms

LANGUAGES = ["en", "id", "km", "lo", "ms", "my", "th", "tr", "vi", "zh"]

HEAD = 'language = "en"\nname = "English"\nscript = "Latn"\n'
TERM = '[[term]]\ntext = "deport"\nconcept = "return_action"\ngloss = "deport"\n'


def write(directory: Path, body: str, name: str = "en.toml") -> Path:
    path = directory / name
    path.write_text(body, encoding="utf-8")
    return path


def test_there_is_a_lexicon_for_each_language() -> None:
    assert list(load_lexicons()) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lexicon_has_terms_of_every_concept(language: str) -> None:
    concepts = {term.concept for term in load_lexicons()[language].terms}
    assert set(CONCEPTS) <= concepts


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_term_says_where_it_was_seen(language: str) -> None:
    for term in load_lexicons()[language].terms:
        assert term.evidence == "dictionary" or term.evidence.startswith("http"), term.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_term_is_found_in_its_own_example(language: str) -> None:
    """In the sense of its concept, whatever other terms the sentence holds."""
    examples: dict[str, str] = {}
    for term in (term for term in load_lexicons()[language].terms if not term.state):
        assert term.example, f"{term.text} has no example sentence"
        assert term.example not in examples, f"{term.text} and {examples[term.example]}"
        examples[term.example] = term.text
        found = [
            (hit.term.text, hit.term.concept) for hit in find_terms(Passage(term.example), language)
        ]
        assert (term.text, term.concept) in found, (term.text, term.example, found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lexicon_knows_the_states_of_the_region(language: str) -> None:
    states = {term.state for term in load_lexicons()[language].terms}
    assert {"TH", "KH", "LA", "VN", "MM", "MY", "ID", "CN", "BD", "IN", "TR", "RU"} <= states


NO_STATES = (
    "AC AI AQ AS AW AX BL BM BQ BV CC CK CP CQ CW CX DG EA EU EZ FK FO GF GG GI GL GP GS GU HM IC IM IO"
    " JE KY MF MP MQ MS NC NF NU PF PM PN PR QO RE SH SJ SX TA TC TF TK UM UN VA VG VI WF XA XB YT ZZ"
)
"""What CLDR calls a territory and nobody is sent to: dependencies, unions, placeholders."""
SHORT = {
    "en": "CG EH",
    "km": "BZ CG CL HT KM ML PE PW TD WS ZM",
    "th": "BJ BZ CG CL CZ GA GN HT ML MT PE PW TD TG TO WS",
    "lo": "BJ BZ CG CL CU FJ GA GH GN HT IE LA ML MT NE OM PE PW TD TG TO WS",
    "my": "BJ BZ CG CL GH GN HT ML PE TD",
    "vi": "CG",
    "zh": "BJ BN CG CL GA HT IS KM ML NE NR PE PW TD TG TO",
    "id": "CG",
    "ms": "CG",
    "tr": "CG",
}
"""States whose CLDR name is left out on purpose: in a script without spaces it is too short
to stand for nothing else (Lao ຊາດ is Chad and "nation", ລາວ Laos and "he"), or it is no
name that a text would have ("Congo - Brazzaville")."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lexicon_knows_every_state_by_its_name_in_cldr(language: str) -> None:
    locales = ["zh_Hans", "zh_Hant"] if language == "zh" else [language]
    missing = set()
    for locale in locales:
        for state, name in Locale.parse(locale).territories.items():
            if len(state) == 2 and state.isalpha() and state not in NO_STATES.split():
                hits = find_terms(Passage(f"({name})"), language)
                if state not in {hit.term.state for hit in hits}:
                    missing.add(state)
    assert missing <= set(SHORT[language].split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lexicon_has_words_for_direction(language: str) -> None:
    cues = load_lexicons()[language].cues
    assert cues["to_before"] or cues["to_after"]
    assert cues["from_before"] or cues["from_after"]
    assert cues["pending"]
    assert cues["authority"]


def test_the_version_is_the_same_for_the_same_files() -> None:
    assert lexicon_version() == LEXICON_VERSION
    assert len(LEXICON_VERSION) == 12


def test_the_version_changes_with_a_file_but_not_with_its_line_ends(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + TERM + 'evidence = "dictionary"\n')
    first = lexicon_version(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert lexicon_version(tmp_path) == first
    write(tmp_path, HEAD + TERM + 'evidence = "https://example.org/"\n')
    assert lexicon_version(tmp_path) != first


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (HEAD + TERM, "en.toml: term 1 (deport): evidence must be a text, not None"),
        (HEAD + "[[term]]\n", "en.toml: term 1: text must be a text, not None"),
        (
            HEAD + TERM.replace("return_action", "returning") + 'evidence = "dictionary"\n',
            "en.toml: term 1 (deport): concept is 'returning', expected one of return_action",
        ),
        (
            HEAD + TERM + 'evidence = "dictionary"\nweek = true\n',
            "en.toml: term 1 (deport): there is no field 'week'",
        ),
        (
            HEAD + TERM + 'evidence = "dictionary"\nweak = true\nstrong = true\n',
            "en.toml: term 1 (deport): weak and strong exclude each other",
        ),
        (
            HEAD + TERM + 'evidence = "dictionary"\nweak = "yes"\n',
            "en.toml: term 1 (deport): weak must be true or false",
        ),
        (
            HEAD + TERM + 'evidence = "dictionary"\ninflect = "gerund"\n',
            "en.toml: term 1 (deport): inflect is 'gerund', expected one of exact, noun",
        ),
        (
            HEAD + TERM + 'evidence = "dictionary"\nalso = "deports"\n',
            "en.toml: term 1 (deport): also must be a list of texts",
        ),
        (
            HEAD + TERM.replace('"deport"', '"send …"', 1) + 'evidence = "dictionary"\n',
            "needs text on both sides of one …",
        ),
        (
            HEAD + 2 * (TERM + 'evidence = "dictionary"\n'),
            "en.toml: 'deport' stands under 'deport' and 'deport'",
        ),
        (
            HEAD + '[[place]]\nstate = "Thailand"\nnames = ["Thailand"]\n',
            "en.toml: place 1 (Thailand): state must be two capitals (ISO 3166)",
        ),
        (HEAD + '[cues]\ntowards = ["to"]\n', "en.toml: cues: 'towards' is none of to_before"),
        (HEAD.replace('"en"', '"th"'), "en.toml: language is 'th', the file name says otherwise"),
        ("language = ", "en.toml: not valid TOML"),
    ],
)
def test_an_error_names_file_entry_and_field(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(LexiconError) as error:
        read_lexicon(write(tmp_path, body))
    assert message in str(error.value)


def test_a_place_becomes_one_term_a_name(tmp_path: Path) -> None:
    body = HEAD + '[[place]]\nstate = "TH"\nnames = ["Thailand"]\npeople = ["Thai", "Thais"]\n'
    terms = read_lexicon(write(tmp_path, body)).terms
    assert [(term.text, term.concept, term.state) for term in terms] == [
        ("Thailand", "place:TH", "TH"),
        ("Thai", "place:TH", "TH"),
        ("Thais", "place:TH", "TH"),
    ]


def test_all_shipped_files_are_read_from_one_directory() -> None:
    assert sorted(path.stem for path in DIRECTORY.glob("*.toml")) == LANGUAGES


@pytest.mark.parametrize(
    ("spelling", "form"),
    [
        ("pulangkan", "memulangkan"),
        ("pulangkan", "dipulangkan"),
        ("kembalikan", "mengembalikan"),
        ("serahkan", "menyerahkan"),
        ("usir", "mengusir"),
        ("usir", "pengusiran"),
        ("halau", "menghalau"),
        ("culik", "menculik"),
        ("culik", "penculikan"),
        ("deportasi", "mendeportasi"),
        ("ekstradisi", "diekstradisi"),
    ],
)
def test_indonesian_and_malay_stems_take_their_affixes(spelling: str, form: str) -> None:
    assert form in forms(spelling, "affix")


def test_english_verbs_and_nouns_take_their_endings() -> None:
    assert forms("deport", "verb") == ["deport", "deports", "deported", "deporting"]
    assert forms("extradite", "verb") == ["extradite", "extradites", "extradited", "extraditing"]
    assert forms("hand over", "verb")[2] == "handed over"
    assert forms("deportee", "noun") == ["deportee", "deportees"]
    assert forms("fugitive policy", "noun")[1] == "fugitive policies"


def test_the_examples_of_the_documentation_are_valid_lexicons(tmp_path: Path) -> None:
    page = Path(__file__).parent.parent / "docs" / "flagging.md"
    examples = re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    read = []
    for example in examples:
        language = tomllib.loads(example)["language"]
        read.append(read_lexicon(write(tmp_path, example, f"{language}.toml")).language)
    assert read == ["en", "fr"]
