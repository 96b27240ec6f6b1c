"""Terms are found where they stand, in every script, with exact offsets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.flagging.lexicon import GAP, Term, load_lexicons
from monitor.flagging.matching import MAX_PER_SPELLING, Passage, find_terms

CARRIERS = {
    "Latn": ("Xyz, ", " (xyz)."),
    "Thai": ("นาย", "นาย"),
    "Laoo": ("ກາກ", "ກາກ"),
    "Khmr": ("កក", "កក"),
    "Mymr": ("က", "သည"),
    "Hani": ("的", "的"),
}
FILLER = {"Latn": " x ", "Thai": "นาย", "Laoo": "ກາກ", "Khmr": "កក", "Mymr": "က", "Hani": "的"}


def surfaces(text: str, language: str, concept: str | None = None) -> list[str]:
    """What the text has where terms (of a concept) were found."""
    passage = Passage(text)
    found = []
    for hit in find_terms(passage, language):
        start, end = passage.normal.source_span(hit.start, hit.end)
        if concept is None or hit.term.concept == concept:
            found.append(text[start:end])
    return found


@pytest.mark.parametrize("language", load_lexicons())
def test_every_spelling_is_found_in_a_text_of_its_language(language: str) -> None:
    lexicon = load_lexicons()[language]
    before, after = CARRIERS[lexicon.script]
    missed = []
    for term in lexicon.terms:
        for spelling in term.spellings:
            written = spelling.replace(GAP, FILLER[lexicon.script])
            if not _found(before + written + after, len(before), written, language):
                missed.append((term.concept, spelling))
    assert missed == []


def _found(text: str, start: int, written: str, language: str) -> bool:
    passage = Passage(text)
    for hit in find_terms(passage, language):
        begin, end = passage.normal.source_span(hit.start, hit.end)
        if begin <= start and end >= start + len(written):
            return True
    return False


@pytest.mark.parametrize("language", load_lexicons())
def test_no_exclusion_lets_its_term_through(language: str) -> None:
    lexicon = load_lexicons()[language]
    before, after = CARRIERS[lexicon.script]
    for term in lexicon.terms:
        for text in term.exclusions:
            passage = Passage(before + text + after)
            assert not any(_same(hit.term, term) for hit in find_terms(passage, language)), text


def _same(one: Term, other: Term) -> bool:
    return one is other


@pytest.mark.parametrize(
    ("text", "language", "concept", "expected"),
    [
        # Word boundaries and inflections
        ("A deportment class; two were deported.", "en", "return_action", ["deported"]),
        ("ASYLUM-SEEKERS and asylum seekers’ children", "en", "protected_person",
         ["ASYLUM-SEEKERS", "asylum seekers"]),
        ("She told us that the U.S. and the US agreed.", "en", "place:US", ["U.S.", "US"]),
        ("They were expelled from school.", "en", "return_action", []),
        ("Uighur, Uyghurs, Uygur", "en", "protected_person", ["Uighur", "Uyghurs", "Uygur"]),
        # Chinese, both scripts
        ("驱逐舰驶入港口", "zh", "return_action", []),
        ("驅逐艦駛入港口", "zh", "return_action", []),
        ("當局驅逐兩人", "zh", "return_action", ["驅逐"]),
        ("灾难民众获救", "zh", "protected_person", []),
        ("三名難民被捕", "zh", "protected_person", ["難民"]),
        # Thai, Lao, Khmer and Burmese: clusters, invisible spaces, spellings
        ("เวลาว่างของเธอ", "th", "place:LA", []),
        ("เขาเป็นผู้\u200bลี้\u200bภัย", "th", "protected_person", ["ผู้\u200bลี้\u200bภัย"]),
        ("ໃບສັ່ງໃຫ້ຈໍາຄຸກ", "lo", "risk", ["ຈໍາຄຸກ"]),
        ("ជន​ភៀស​ខ្លួន ៣ នាក់", "km", "protected_person", ["ជន​ភៀស​ខ្លួន"]),
        ("គាត់និរទេសខ្លួននៅបរទេស", "km", "return_action", []),
        ("ရဲလက် အပ်လိုက်သည်", "my", "return_action", ["ရဲလက် အပ်"]),
        # Indonesian and Malay affixes and clitics
        ("Mereka akan dideportasi.", "id", "return_action", ["dideportasi"]),
        ("Pendeportasian itu, mendeportasinya", "id", "return_action", ["Pendeportasian", "mendeportasinya"]),
        ("Dia diekstradisi semalam", "ms", "return_action", ["diekstradisi"]),
        # Turkish: suffixes, dotted and dotless i
        ("SINIR DIŞI EDİLDİLER", "tr", "return_action", ["SINIR DIŞI"]),
        ("İRAN'A ve İran'dan", "tr", "place:IR", ["İRAN'A", "İran'dan"]),
        ("Mültecilerin avukatı", "tr", "protected_person", ["Mültecilerin"]),
        # Vietnamese: capitals tell the Thượng people from "upper"
        ("hai người Thượng ở lại", "vi", "protected_person", ["người Thượng"]),
        ("những người thượng lưu", "vi", "protected_person", []),
        # Other scripts quoted inside an English article
        ("The sign read ผู้ลี้ภัย in red.", "en", "protected_person", ["ผู้ลี้ภัย"]),
    ],
)  # fmt: skip
def test_a_term_counts_only_as_itself(
    text: str, language: str, concept: str, expected: list[str]
) -> None:
    assert surfaces(text, language, concept) == expected


def test_a_gap_holds_within_a_sentence_and_sixty_characters() -> None:
    near = "ตำรวจส่งนักเรียน 6 คนกลับเมื่อวาน"
    far = "ตำรวจส่ง" + "นาย" * 30 + "กลับ"
    assert "ส่งนักเรียน 6 คนกลับ" in surfaces(near, "th", "return_action")
    assert surfaces(far, "th", "return_action") == []
    assert surfaces("ตำรวจส่งเขา\n\nกลับมาแล้ว", "th", "return_action") == []


def test_latin_terms_are_found_only_in_their_own_language_and_english_everywhere() -> None:
    assert surfaces("pengungsi", "id", "protected_person") == ["pengungsi"]
    assert surfaces("pengungsi", "en", "protected_person") == []
    assert surfaces("non-refoulement", "id", "legal_principle") == ["non-refoulement"]
    assert surfaces("non-refoulement", "xx", "legal_principle") == ["non-refoulement"]


def test_a_longer_term_hides_the_shorter_ones_in_it_but_not_the_state() -> None:
    passage = Passage("A North Korean defector spoke.")
    concepts = [hit.term.concept for hit in find_terms(passage, "en")]
    assert concepts == ["protected_person", "place:KP"]


def test_a_flood_of_one_word_is_cut() -> None:
    assert len(find_terms(Passage("refugee " * 50_000), "en")) == MAX_PER_SPELLING


def test_words_across_the_edge_of_a_block_are_found() -> None:
    for shift in range(8):
        text = "x" * shift + " refugee" * 10_000 + " the deported"
        assert surfaces(text, "en", "return_action") == ["deported"]


_WILD = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(list(" \n\u200b\u0301’İıผู้ลี้ภัยส่งกลับជនភៀសខ្លួនທໍາປດကကို難民驱逐舰deport")),
    )
)


@settings(max_examples=150)
@given(_WILD, st.sampled_from(["en", "th", "km", "lo", "my", "zh", "tr", "vi", "und"]))
def test_matches_lie_within_any_text(text: str, language: str) -> None:
    passage = Passage(text)
    for hit in find_terms(passage, language):
        start, end = passage.normal.source_span(hit.start, hit.end)
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Mahkeme karar verdi: iade edilmeyecek.", "averted"),
        ("Geri gönderilmeyecek dediler.", "averted"),
        ("Geri göndermeme ilkesi hatırlatıldı.", "legal_principle"),
        ("Gazeteci tutuklandı.", "enforcement"),
    ],
)
def test_a_stem_with_its_suffix_gives_way_to_the_word_itself(text: str, concept: str) -> None:
    found = {hit.term.concept for hit in find_terms(Passage(text), "tr")}
    assert concept in found
    assert "return_action" not in found


@pytest.mark.parametrize("text", ["vergi iadesi", "vergi iadesinden", "KDV iadesine başvurdu"])
def test_an_exclusion_takes_the_suffixes_too(text: str) -> None:
    assert not [
        hit for hit in find_terms(Passage(text), "tr") if hit.term.concept == "return_action"
    ]
