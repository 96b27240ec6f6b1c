"""Sending and receiving states, read from short texts written for this test."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.flagging.places import directions
from monitor.flagging.reading import Reading
from monitor.flagging.rule import numbers
from monitor.items import StateSign

States = tuple[str, ...]


def states(text: str, language: str, title: str = "") -> tuple[States, States]:
    found = signs(text, language, title)
    return (
        tuple(sign.state for sign in found if sign.side == "sending"),
        tuple(sign.state for sign in found if sign.side == "receiving"),
    )


def signs(text: str, language: str, title: str = "") -> tuple[StateSign, ...]:
    reading = Reading(title, text, language, reach=300_000, lead=2)
    return directions(reading, numbers()["places"])


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        (
            "en",
            "Thai police deported the Cambodian labour activist to Phnom Penh.",
            {"TH": ["Thai police"], "KH": ["Cambodian labour activist", "to Phnom Penh"]},
        ),
        (
            "en",
            "At the request of Beijing, officers in Bangkok took two Uyghurs to a plane.",
            {"TH": ["in Bangkok"], "CN": ["Uyghurs", "At the request of Beijing"]},
        ),
        (
            "th",
            "ทางการลาวส่งทนายความกลับจีน",
            {"LA": ["ทางการลาว"], "CN": ["กลับจีน"]},
        ),
    ],
)
def test_a_state_comes_with_the_words_that_named_it(
    language: str, text: str, words: dict[str, list[str]]
) -> None:
    found = signs(text, language)
    assert {sign.state: sorted(match.surface for match in sign.matches) for sign in found} == {
        state: sorted(surfaces) for state, surfaces in words.items()
    }
    for sign in found:
        for match in sign.matches:
            assert text[match.start : match.end] == match.surface


# language, text, sending, receiving
SENTENCES = [
    ("en", "Thai police deported the Cambodian activist on Monday.", "TH", "KH"),
    ("en", "BANGKOK — Two Montagnard pastors were put on a bus to Hanoi.", "TH", "VN"),
    ("en", "Officers in Kuala Lumpur took nine Rohingya to a waiting navy vessel.", "MY", "MM"),
    ("en", "A Uyghur baker who lived in Istanbul fears the next flight to Urumqi.", "TR", "CN"),
    ("en", "India has flown 38 Chin villagers back; the junta met them at Tamu.", "IN", "MM"),
    ("en", "In Vientiane a Tibetan monk was handed to two men of the Chinese embassy.", "LA", "CN"),
    ("en", "Pakistan drove Hazara families through the gate at Torkham.", "PK", "AF"),
    ("en", "The Serbian court agreed to extradite the blogger to Minsk.", "RS", "BY"),
    ("en", "Kenya expelled a South Sudanese editor, who is now in a cell in Juba.", "KE", "SS"),
    ("en", "Nine North Koreans were taken off a train in Mongolia.", "MN", "KP"),
    ("th", "ตำรวจไทยส่งตัวนักเคลื่อนไหวชาวกัมพูชากลับพนมเปญ", "TH", "KH"),
    ("th", "ตม. ผลักดันผู้ลี้ภัยชาวกะเหรี่ยงข้ามแม่น้ำกลับเมียวดี", "TH", "MM"),
    ("th", "กัวลาลัมเปอร์ – ศาลมาเลเซียสั่งส่งตัวผู้ลี้ภัยชาวอุยกูร์ให้ปักกิ่ง", "MY", "CN"),
    ("th", "ทางการลาวจับกุมทนายความชาวจีนในเวียงจันทน์ และเตรียมส่งกลับจีน", "LA", "CN"),
    ("lo", "ຕຳຫຼວດໄທ ສົ່ງນັກຂ່າວຊາວກຳປູເຈຍ ກັບຄືນໄປພະນົມເປັນ", "TH", "KH"),
    ("lo", "ມາເລເຊຍ ເນລະເທດຊາວໂຣຮິງຢາ 12 ຄົນ ກັບຄືນໄປມຽນມາ", "MY", "MM"),
    ("lo", "ສານກາຊັກສະຖານ ຈະສົ່ງນັກຂ່າວຊາວຣັດເຊຍ ກັບໄປມົສກູ", "KZ", "RU"),
    ("km", "ប៉ូលិសថៃបានបញ្ជូនសកម្មជនខ្មែរទៅភ្នំពេញវិញ។", "TH", "KH"),
    ("km", "ម៉ាឡេស៊ីបាននិរទេសជនជាតិអ៊ុយហ្គួរពីរនាក់ទៅប្រទេសចិន។", "MY", "CN"),
    ("km", "ឥណ្ឌាបណ្ដេញជនភៀសខ្លួនរ៉ូហ៊ីងយ៉ាទៅមីយ៉ាន់ម៉ាវិញ។", "IN", "MM"),
    ("my", "ထိုင်းရဲများက ကရင်ဒုက္ခသည်များကို မြဝတီသို့ ပြန်ပို့ခဲ့သည်။", "TH", "MM"),
    ("my", "မလေးရှားအစိုးရက ရိုဟင်ဂျာဒုက္ခသည်များကို ပြန်ပို့သည်။", "MY", "MM"),
    ("my", "အိန္ဒိယအာဏာပိုင်များက စစ်ဘေးရှောင်များကို တမူးသို့ ပြန်ပို့ခဲ့သည်။", "IN", "MM"),
    ("vi", "Cảnh sát Thái Lan bắt một mục sư người Thượng và trao cho Hà Nội.", "TH", "VN"),
    ("vi", "Malaysia trục xuất hai người Duy Ngô Nhĩ về Trung Quốc.", "MY", "CN"),
    ("vi", "Nhà báo Campuchia sống ở Bangkok bị đưa về Phnom Penh.", "TH", "KH"),
    ("vi", "Kazakhstan dẫn độ nhà hoạt động về Nga theo yêu cầu của Moscow.", "KZ", "RU"),
    ("zh", "一名中国维权律师在万象被捕后遭遣返。", "LA", "CN"),
    ("zh", "两名维吾尔人被泰国遣返。", "TH", "CN"),
    ("zh", "吉隆坡警方把缅甸难民押上飞往仰光的班机。", "MY", "MM"),
    ("zh", "印度當局將羅興亞難民強制遣返。", "IN", "MM"),
    ("id", "Malaysia memulangkan 40 pencari suaka asal Myanmar ke Yangon.", "MY", "MM"),
    ("id", "BATAM — Imigrasi mendeportasi seorang Uighur ke Beijing.", "ID", "CN"),
    ("id", "Polisi Thailand menyerahkan aktivis Kamboja kepada Phnom Penh.", "TH", "KH"),
    ("ms", "SHAH ALAM: Imigresen menghantar pulang pelarian Rohingya ke Myanmar.", "MY", "MM"),
    ("ms", "Thailand mengekstradisi aktivis Vietnam ke Hanoi.", "TH", "VN"),
    ("ms", "Indonesia menyerahkan seorang Uighur kepada China.", "ID", "CN"),
    ("tr", "Taylandlı yetkililer Kamboçyalı aktivisti Phnom Penh'e gönderdi.", "TH", "KH"),
    ("tr", "VAN - Göç İdaresi İranlı gazeteciyi Tahran'a geri gönderdi.", "TR", "IR"),
    ("tr", "Kazakistan polisi Rus aktivisti Moskova'ya teslim etti.", "KZ", "RU"),
    ("tr", "İstanbul'da yaşayan Özbek blog yazarı Taşkent'e gönderildi.", "TR", "UZ"),
]


@pytest.mark.parametrize(("language", "text", "sending", "receiving"), SENTENCES)
def test_a_sentence_says_who_sends_and_who_receives(
    language: str, text: str, sending: str, receiving: str
) -> None:
    assert states(text, language) == ((sending,), (receiving,))


def test_a_country_of_resettlement_is_on_neither_side() -> None:
    text = (
        "Thailand released the Vietnamese dissident and let her board a flight to Canada. "
        "Hanoi had asked Bangkok to extradite her."
    )
    assert states(text, "en") == (("TH",), ("VN",))


def test_states_that_only_speak_are_on_neither_side() -> None:
    text = (
        "Thailand deported two Uyghur men to China. Washington and Germany criticised the "
        "step, and a spokesman in Geneva said that the UN was alarmed."
    )
    assert states(text, "en") == (("TH",), ("CN",))


def test_an_embassy_stands_for_the_state_that_asks() -> None:
    text = "Officials of the Tajik embassy visited the activist, who is detained in Russia."
    assert states(text, "en") == (("RU",), ("TJ",))


def test_the_headline_counts() -> None:
    title, text = "Nepal hands Tibetan to Chinese police", "He was a monk and had lived abroad."
    assert states(text, "en", title) == (("NP",), ("CN",))


def test_a_people_within_a_persons_word_is_an_origin() -> None:
    assert states("Malaysia deported the Rohingya refugees.", "en") == (("MY",), ("MM",))


def test_one_state_is_never_on_both_sides() -> None:
    for language, text, _, _ in SENTENCES:
        sending, receiving = states(text, language)
        assert not set(sending) & set(receiving)


def test_a_text_without_states_has_none() -> None:
    assert states("Refugees were deported and face torture.", "en") == ((), ())
    assert states("", "en") == ((), ())


def test_both_sides_give_points_to_the_plain_signs() -> None:
    points = numbers()["places"]
    assert {"start", "first", "to", "in"} <= set(points["send"])
    assert {"start", "to", "origin", "fled"} <= set(points["receive"])


def test_the_time_is_linear_in_the_text() -> None:
    text = "".join(text + " " for _, text, _, _ in SENTENCES)
    states(text, "en")
    start = time.process_time()
    states(text * 100, "en")
    assert time.process_time() - start < 4  # 0.5 on the machine it was written on


@settings(max_examples=100)
@given(
    st.lists(
        st.one_of(st.text(max_size=8), st.sampled_from([text for _, text, _, _ in SENTENCES]))
    ).map(" ".join),
    st.sampled_from(["en", "th", "my", "zh", "tr", "und", ""]),
)
def test_reading_states_never_raises(text: str, language: str) -> None:
    sending, receiving = states(text, language)
    assert len(sending) <= 3
    assert len(receiving) <= 3


def test_where_somebody_is_safe_is_no_second_receiving_state() -> None:
    text = (
        "Cambodian dissident Amara Tesh was sent back to Denmark, his lawyer said. Thai police had"
        " arrested him at Cambodia's request. The Danish Embassy asked that he be sent back to"
        " Denmark. He was deported to Denmark on Friday. In Denmark he has refugee status."
    )
    title = "Dissident sent back to Denmark after Cambodian extradition request"
    assert states(text, "en", title) == (("TH",), ("KH",))
