"""The normal form of texts, its offsets, segmentation and sentences."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor import text

FIXTURE = Path(__file__).parent / "fixtures" / "search_queries.jsonl"

_ALPHABET = st.one_of(
    st.characters(),
    st.sampled_from("aeiou'-\u0301\u031b\u0323\u0307İıſßﬁ\u00ad\u200b\u200d \n\t"),
    st.sampled_from("\u0e01\u0e19\u0e40\u0e48\u0e49\u0e34\u0e38\u0e4d\u0e32\u0e33\u0e4c\u0e50"),
    st.sampled_from("\u0eab\u0e99\u0ec0\u0ec8\u0ecd\u0eb2\u0eb3\u0edc\u0ed0"),
    st.sampled_from(
        "\u1780\u178a\u179a\u17d2\u17c1\u17b8\u17b6\u17be\u17c9\u17cc\u17b4\u17a4\u17e0"
    ),
    st.sampled_from(
        "\u1000\u1004\u1025\u101e\u1005\u1031\u1039\u103a\u103b\u103c\u103d\u1037\u1040"
    ),
    st.sampled_from("難难国國ｶﾞがカ\u3099한\u1100\u1161\u11a8ㄱㅏ \ufa1b\U0002f800"),
)
WILD = st.text(_ALPHABET, max_size=60)


def _without_zawgyi(value: str) -> bool:
    """What looks like Zawgyi is converted, and the detector may find that the
    result of converting noise looks like Zawgyi again."""
    from monitor.text.zawgyi import zawgyi_lines

    return not zawgyi_lines(value) and not zawgyi_lines(text.normalise_text(value))


@given(WILD)
def test_offsets_never_decrease_and_stay_in_bounds(source: str) -> None:
    normal = text.normalise(source)
    offsets = list(normal.offsets)
    assert len(offsets) == len(normal.text) + 1
    assert offsets[-1] == len(source)
    assert offsets == sorted(offsets)
    assert all(0 <= offset < len(source) for offset in offsets[:-1])


@settings(max_examples=500)
@example("\u0e33")  # a sign without its letter
@example("\u0ecd\u0ec9\u0eb2")
@given(WILD)
def test_with_and_without_offsets_the_text_is_the_same(source: str) -> None:
    assert text.normalise_text(source) == text.normalise(source).text


@settings(max_examples=300)
@given(WILD.filter(_without_zawgyi))
def test_a_normal_form_is_its_own_normal_form(source: str) -> None:
    once = text.normalise_text(source)
    assert text.normalise_text(once) == once


@given(WILD, st.data())
def test_every_span_maps_to_a_span_that_reads_the_same(source: str, data: st.DataObject) -> None:
    normal = text.normalise(source)
    start = data.draw(st.integers(0, len(normal.text)))
    end = data.draw(st.integers(start, len(normal.text)))
    first, last = normal.source_span(start, end)
    assert 0 <= first <= last <= len(source)
    assert (first == last) == (start == end)


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("Ông bị trục xuất hôm qua", "trục xuất"),
        ("O\u0302ng bi\u0323 tru\u0323c xua\u0302\u0301t", "tru\u0323c"),
        ("an oﬃcial said", "oﬃcial"),
        ("the deten\u00adtion centre", "deten\u00adtion"),
        ("នៅតុលា\u200bការ\u200bនេះ", "តុលា\u200bការ"),
        ("ស្ត្រី", "ស្ត្រី"),
        ("นายมานะ ใจดี กล่าว", "มานะ ใจดี"),
        ("เรียกค\u0e4d\u0e49\u0e32ประกัน", "ค\u0e4d\u0e49\u0e32"),
        ("他在边\n境失踪", "边\n境"),
        ("ＮＧＯ组织", "ＮＧＯ"),
        ("İSTANBUL'DA", "İSTANBUL"),
        ("စစ်တပ်က ဖမ်းဆီး ခံရ", "ဖမ်းဆီး"),
    ],
)
def test_a_normalised_word_leads_back_to_the_word_as_printed(source: str, word: str) -> None:
    normal = text.normalise(source)
    wanted = text.normalise_text(word)
    start = normal.text.index(wanted)
    first, last = normal.source_span(start, start + len(wanted))
    assert source[first:last] == word


def test_a_pass_changes_nothing_without_characters_of_its_blocks() -> None:
    from monitor.text.normalise import _passes
    from monitor.text.scripts import any_of

    for first in range(0, 0x110000, 256):
        source = "".join(f"o{chr(code)} {chr(code)}" for code in range(first, first + 256))
        for step in _passes():
            if step.blocks is not None and not any_of(source, step.blocks):
                assert step.plain(source) == source, (step, hex(first))


def test_half_a_cluster_leads_to_the_whole_cluster() -> None:
    normal = text.normalise("ก็ที่นี่")
    start = normal.text.index("\u0e35")
    assert normal.source_span(start, start + 1) == (2, 5)


def test_a_zawgyi_word_leads_back_to_its_syllables() -> None:
    source = "ႏိုင္ငံေရးသမား ထြက္ေျပးသည္"
    normal = text.normalise(source)
    wanted = text.normalise_text("ထွက်ပြေး")
    start = normal.text.index(wanted)
    first, last = normal.source_span(start, start + len(wanted))
    assert source[first:last] == "ထြက္ေျပး"


def test_a_zawgyi_line_does_not_touch_its_unicode_neighbours() -> None:
    unicode_line, zawgyi_line = "စစ်တပ်က ဖမ်းဆီးခဲ့သည်", "ႏိုင္ငံေရးသမား ထြက္ေျပးသည္"
    both = text.normalise_text(f"{unicode_line}\n\n{zawgyi_line}")
    assert both.startswith(text.normalise_text(unicode_line))
    assert text.normalise_text("ထွက်ပြေး") in both


@pytest.mark.parametrize(
    ("source", "normal"),
    [
        ("កក្ដា", "កក្តា"),
        ("ឣ", "អ"),
        ("១២៣", "123"),
        ("๑๒๓ ໑໒໓ ၁၂၃ ١٢٣ ۱۲۳", "123 123 123 123 123"),
        ("“A–B”", '"a-b"'),
        ("Ёлка", "елка"),
        ("ສະ ບາຍ", "ສະບາຍ"),
        ("난민 신청", "난민 신청"),
        ("繁 體\n字", "繁体字"),
        ("第一段\n\n第二段", "第一段\n\n第二段"),
        ("hoà thuý quý", "hòa thúy quý"),
        ("hoàng", "hoàng"),
        ("\ud800x\ud800", "\ud800x\ud800"),
    ],
)
def test_normal_forms(source: str, normal: str) -> None:
    assert text.normalise_text(source) == normal


@pytest.mark.parametrize(
    ("source", "columns"),
    [
        ("Poets fled", "poets fled"),
        ("逃往Vietnam", "逃 往 vietnam"),
        ("ที่นี่", "ที่ นี่"),
        ("ស្ត្រី២", "ស្ត្រី 2"),
        ("난민", "난 민"),
    ],
)
def test_segments_set_clusters_apart(source: str, columns: str) -> None:
    assert " ".join(text.segment(source).split()) == columns


def test_fold_repeats_only_clauses_with_marks() -> None:
    assert text.fold("Plain English, and 中文.") == ""
    assert text.fold("The poet fled. Ông bị trục xuất; nothing else") == "ong bi truc xuat"


@given(WILD)
def test_what_goes_into_the_index_can_be_stored(source: str) -> None:
    for column in (text.segment(source), text.fold(source)):
        assert "\x00" not in column
        column.encode("utf-8")


def test_sql_functions_take_null_and_are_deterministic() -> None:
    connection = sqlite3.connect(":memory:")
    text.register(connection)
    assert connection.execute("SELECT monitor_seg(NULL), monitor_fold('Độ')").fetchone() == (
        "",
        "do",
    )
    connection.execute("CREATE TABLE t (a)")
    connection.execute("CREATE INDEX i ON t (monitor_seg(a))")  # refused unless deterministic
    connection.close()


def test_spaceless_scripts() -> None:
    assert all(map(text.spaceless, "กិកກက難かカ\u0e49\u17d2"))
    assert not any(map(text.spaceless, "aé한яع1๑។。 -"))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (
            'Mr. Vann fled. "They beat me." The U.S. embassy, No. 9, is shut! Why',
            ["Mr. Vann fled.", '"They beat me."', "The U.S. embassy, No. 9, is shut!", "Why"],
        ),
        ("គាត់រត់។ នាងយំ៕ចប់", ["គាត់រត់។", "នាងយំ៕", "ចប់"]),
        ("သူပြေးသည်။ သူမငိုသည်။", ["သူပြေးသည်။", "သူမငိုသည်။"]),
        ("他逃走了。“救命！”她喊。", ["他逃走了。", "“救命！”", "她喊。"]),
        ("เขาหนีไป ทั้งนี้ พ.ต.อ. มานะ ปฏิเสธ", ["เขาหนีไป", "ทั้งนี้ พ.ต.อ. มานะ ปฏิเสธ"]),
        ("ລາວໜີໄປ ນອກຈາກນີ້ ລາວຍັງຢ້ານ", ["ລາວໜີໄປ", "ນອກຈາກນີ້ ລາວຍັງຢ້ານ"]),
        ("Một.\n\nHai", ["Một.", "Hai"]),
        ("  \n ", []),
    ],
)
def test_sentences(source: str, found: list[str]) -> None:
    assert [source[start:end] for start, end in text.sentences(source)] == found


@given(WILD)
def test_sentences_hold_every_character_once_and_in_order(source: str) -> None:
    spans = text.sentences(source)
    held = "".join(source[start:end] for start, end in spans)
    assert "".join(held.split()) == "".join(source.split())
    assert spans == sorted(spans)


@pytest.mark.parametrize(
    "unit",
    [
        "e\u0301",
        "\u0301",
        "\u0316\u0301",
        "เ",
        "ก ",
        "ក\u17d2",
        "\u17d2\u200b",
        "\u1031",
        "\u103b\u1031",
        ".",
        ".)",
        " ",
        '"',
        "\u1100",
        "\ud800",
        "u\u0301",
        "\u1040",
        "(",
        "ကို ",
    ],
)
def test_time_grows_with_the_text_not_with_its_square(unit: str) -> None:
    """A quadratic step would take minutes for this; the limit is generous."""
    wild = unit * (100_000 // len(unit)) + "x"
    began = time.perf_counter()
    text.normalise(wild)
    text.segment(wild)
    text.fold(wild)
    text.sentences(wild)
    assert time.perf_counter() - began < 10


def test_every_fixture_text_keeps_its_words_under_normalisation() -> None:
    for line in FIXTURE.read_text(encoding="utf-8").splitlines():
        source = json.loads(line)["doc"]
        normal = text.normalise(source)
        assert normal.text == text.normalise_text(source)
        assert normal.source_span(0, len(normal.text))[0] <= 1
