"""Texts written for this test, in every language that the project reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory
from langdetect.lang_detect_exception import LangDetectException

from monitor.items import LanguageVerdict
from monitor.language import detect, detectors
from monitor.language.languages import canonical

BODIES = {
    "en": "The ministry confirmed on Monday that the poet had been put on a night flight. Her lawyer had asked the court for two more days and was told nothing.",
    "km": "ក្រសួងបានបញ្ជាក់កាលពីថ្ងៃចន្ទថាកវីរូបនេះត្រូវបានដាក់លើជើងហោះហើរពេលយប់។ មេធាវីរបស់នាងមិនបានដឹងទេ។",
    "th": "กระทรวงยืนยันเมื่อวันจันทร์ว่ากวีคนนี้ถูกส่งขึ้นเครื่องบินกลางคืน ทนายความของเธอไม่ได้รับแจ้ง",
    "lo": "ກະຊວງຢືນຢັນໃນວັນຈັນວ່ານັກກະວີຄົນນີ້ຖືກສົ່ງຂຶ້ນຍົນກາງຄືນ ທະນາຍຄວາມຂອງນາງບໍ່ໄດ້ຮັບແຈ້ງ",
    "my": "ဝန်ကြီးဌာနက တနင်္လာနေ့တွင် ကဗျာဆရာမကို ညလေယာဉ်ဖြင့် ပို့ခဲ့ကြောင်း အတည်ပြုသည်။",
    "vi": "Bộ xác nhận hôm thứ Hai rằng nữ thi sĩ đã bị đưa lên chuyến bay đêm. Luật sư của bà đã xin tòa thêm hai ngày nhưng không được trả lời.",
    "zh": "外交部周一证实，这名女诗人已被送上夜间航班。她的律师曾请求法院再给两天时间，但没有得到答复。",
    "id": "Kementerian membenarkan pada hari Senin bahwa penyair itu dinaikkan ke pesawat malam. Pengacaranya sudah meminta waktu dua hari lagi kepada pengadilan karena kasusnya belum selesai.",
    "ms": "Kementerian mengesahkan pada hari Isnin bahawa penyair itu dinaikkan ke pesawat malam. Peguamnya sudah meminta dua hari lagi daripada mahkamah kerana kesnya belum selesai.",
    "tr": "Bakanlık pazartesi günü şairin gece uçağına bindirildiğini doğruladı. Avukatı mahkemeden iki gün daha istemiş, ancak kendisine yanıt verilmemişti.",
    "ja": "外務省は月曜日、詩人が夜の便に乗せられたことを認めた。弁護士には知らされていなかった。",
    "ko": "외교부는 시인이 밤 비행기에 태워졌다고 월요일에 확인했다. 변호사는 통보를 받지 못했다.",
    "fr": "Le ministère a confirmé lundi que la poétesse avait été mise dans un avion de nuit. Son avocat avait demandé deux jours de plus au tribunal.",
    "ru": "Министерство подтвердило в понедельник, что поэтессу посадили на ночной рейс. Её адвокат просил у суда ещё два дня, но ответа не получил.",
    "tl": "Kinumpirma ng kagawaran noong Lunes na isinakay ang makata sa isang biyahe sa gabi. Humingi ang kanyang abogado ng dalawa pang araw sa hukuman.",
    "kk": "Министрлік дүйсенбіде ақын әйелдің түнгі ұшаққа мінгізілгенін растады. Оның қорғаушысы соттан тағы екі күн сұраған еді, бірақ жауап алмады.",
    "ar": "أكدت الوزارة يوم الاثنين أن الشاعرة وضعت على متن رحلة ليلية ولم يبلغ محاميها بذلك.",
    "fa": "وزارتخانه روز دوشنبه تأیید کرد که این شاعر را با پرواز شبانه فرستاده‌اند و به وکیلش خبری نداده‌اند.",
}
HEADLINES = {
    "en": "Poet put on night flight, ministry says",
    "km": "កវីត្រូវបានបញ្ជូនតាមយន្តហោះ",
    "th": "กวีถูกส่งขึ้นเครื่องบิน",
    "lo": "ນັກກະວີຖືກສົ່ງຂຶ້ນຍົນ",
    "my": "ကဗျာဆရာမ ပြန်ပို့ခံရ",
    "vi": "Nữ thi sĩ bị đưa lên máy bay trong đêm",
    "zh": "女诗人被遣返",
    "id": "Penyair dinaikkan pesawat malam karena visa, kata polisi",
    "ms": "Penyair dinaikkan pesawat malam kerana visa, kata polis",
    "tr": "Şair gece uçağıyla gönderildi, bakanlık doğruladı",
    "ja": "詩人、夜の便で送還",
    "ko": "시인, 밤 비행기로 송환",
    "ru": "Поэтессу отправили ночным рейсом",
}


@pytest.mark.parametrize("language", BODIES)
def test_a_paragraph_in_each_language(language: str) -> None:
    assert detect(BODIES[language]).code == language


@pytest.mark.parametrize("language", HEADLINES)
def test_a_headline_alone_in_each_language(language: str) -> None:
    assert detect("", title=HEADLINES[language]).code == language


@pytest.mark.parametrize("language", ["en", "vi", "id", "ms", "tr", "ru"])
def test_capitals_do_not_change_the_language(language: str) -> None:
    assert detect(BODIES[language].upper()).code == language
    assert detect(HEADLINES[language].upper()).code == language


@pytest.mark.parametrize(
    ("article", "quoted"), [("en", "th"), ("en", "zh"), ("en", "km"), ("th", "en"), ("zh", "en")]
)
def test_an_article_that_quotes_another_language_keeps_its_own(article: str, quoted: str) -> None:
    text = f"{BODIES[article]}\n\n{BODIES[article]}\n\n{HEADLINES[quoted]}"
    assert detect(text, title=HEADLINES[article]).code == article


def test_a_script_of_one_language_decides_without_a_detector() -> None:
    assert detect(BODIES["km"]) == LanguageVerdict("km", "Khmr", decided_by="script")
    assert detect(BODIES["ko"]) == LanguageVerdict("ko", "Kore", decided_by="script")
    assert detect(BODIES["ja"]) == LanguageVerdict("ja", "Jpan", decided_by="script")


def test_chinese_in_its_two_character_sets() -> None:
    assert detect("警方证实，这名律师已被遣返").script == "Hans"
    assert detect("警方證實，這名律師已被遣返").script == "Hant"


def test_characters_of_both_sets_follow_the_declaration() -> None:
    assert detect("中文大字").script == "Hans"
    assert detect("中文大字", declared="zh-TW").script == "Hant"


def test_a_chinese_text_with_one_kana_is_chinese() -> None:
    assert detect("警方证实，优の良品店的老板已被送上夜间航班，律师未获通知").code == "zh"


def test_both_opinions_and_their_agreement_are_kept() -> None:
    verdict = detect(BODIES["fr"])
    assert verdict == LanguageVerdict("fr", "Latn", "fr", "fr", True, "langdetect")
    assert detect(BODIES["ms"]).langdetect == "id"  # langdetect has no Malay


def test_from_a_hundred_letters_langdetect_decides_and_below_fasttext() -> None:
    assert detect(BODIES["tr"]).decided_by == "langdetect"
    assert detect(HEADLINES["tr"]).decided_by == "fasttext"


def test_langdetect_does_not_overrule_a_language_that_it_has_never_heard_of() -> None:
    verdict = detect(BODIES["kk"])
    assert (verdict.code, verdict.decided_by) == ("kk", "fasttext")
    assert verdict.agree is False


def test_marker_words_tell_malay_from_indonesian_against_the_declaration() -> None:
    assert detect(BODIES["id"], declared="ms").decided_by == "markers"
    assert detect(BODIES["id"], declared="ms").code == "id"
    assert detect(BODIES["ms"], declared="id").code == "ms"


def test_the_declaration_decides_where_malay_and_indonesian_are_the_same() -> None:
    text = "Mereka pulang ke rumah pada malam itu dan tidak keluar lagi"
    assert detect(text, declared="ms-MY") == LanguageVerdict(
        "ms", "Latn", "id", detect(text).fasttext, detect(text).agree, "declared"
    )
    assert detect(text, declared="id").code == "id"


@pytest.mark.parametrize(
    "text", ["", "  ", "3", "2026-11-22", "ok", "…", "🙂", "https://a.example/the"]
)
def test_fewer_than_three_letters_are_undecided(text: str) -> None:
    assert detect(text) == LanguageVerdict("und")


def test_two_han_characters_are_enough() -> None:
    assert detect("难民").code == "zh"


def test_addresses_and_handles_are_not_prose() -> None:
    links = " https://example.com/the-ministry-said-that-he-was @the_ministry #FreeThePoet" * 9
    assert detect(BODIES["vi"] + links).code == "vi"


def test_the_answer_does_not_depend_on_what_was_asked_before() -> None:
    first = [detect(text) for text in BODIES.values()]
    again = [detect(text) for text in reversed(BODIES.values())]
    assert first == again[::-1]


def test_our_langdetect_leaves_the_shared_one_alone() -> None:
    from langdetect import DetectorFactory

    detect(BODIES["en"])
    assert DetectorFactory.seed is None
    assert detectors.knows("id")
    assert not detectors.knows("ms")


@pytest.fixture(scope="module")
def theirs() -> DetectorFactory:
    factory = DetectorFactory()
    files = sorted(path for path in Path(PROFILES_DIRECTORY).iterdir() if path.is_file())
    factory.load_json_profile([path.read_text(encoding="utf-8") for path in files])
    factory.set_seed(0)
    return factory


def same_answer(theirs: DetectorFactory, text: str) -> bool:
    """Whether our langdetect gives its first choice and its score to the last bit."""
    detector = theirs.create()
    detector.append(text)
    try:
        found = detector.get_probabilities()
    except LangDetectException:
        found = []
    opinion = detectors.Opinion(canonical(found[0].lang), found[0].prob) if found else None
    return detectors.ask_langdetect(text) == opinion


@pytest.mark.parametrize("code", BODIES)
def test_our_langdetect_answers_as_its_own(theirs: DetectorFactory, code: str) -> None:
    assert same_answer(theirs, BODIES[code])


# Words, capitals, doubled spaces, the letters that langdetect folds.
@settings(max_examples=30)
@given(
    st.text(st.sampled_from("aaeinrst  BCÉß.ığșțỳẹơĄжшیカㄅ汉가อ") | st.characters(), max_size=60)
)
def test_our_langdetect_answers_as_its_own_whatever_it_is_asked(
    theirs: DetectorFactory, text: str
) -> None:
    assert same_answer(theirs, text)


@given(st.text())
def test_nothing_raises(text: str) -> None:
    assert detect(text, title=text, declared=text).code


@pytest.mark.parametrize("letters", ["a" * 3_000_000, "@" * 300_000, "a.b@c." * 100_000])
def test_a_word_without_end_is_read_in_part(letters: str) -> None:
    # Quadratic patterns took minutes here; the runner's own time limit is the check.
    assert detect(letters) == detect(letters[:30_000])
