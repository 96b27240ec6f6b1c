"""The search page: what is asked, explained, widened, found and shown."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from datasette.plugins import pm
from hypothesis import given
from hypothesis import strategies as st
from store_records import CLEAR, SmallOutlet, flagged, judged
from visitors import page, visiting, words_of

from db import migrations
from monitor.flagging.lexicon import load_lexicons
from monitor.items import Judged
from monitor.store import Store, connect_readonly
from monitor.text import finding
from monitor.text.finding import Finder
from monitor.text.query import Word, expression, parse_query, wanted_words
from workbench import searching
from workbench.notions import MAX_TERMS, expand, load_notions
from workbench.searching import PAGE, Request, Results, read_request, search
from workbench.snippets import LENGTH, around_words

# What is wrong with a query


@pytest.mark.parametrize(
    ("query", "place", "message"),
    [
        ('"sent back', '"', "no partner"),
        ("sent back”", "”", "no partner"),
        ("(poet OR monk", "(", "never closed"),
        ("poet) monk", ")", "no partner"),
        ("poet OR", "OR", "missing behind OR"),
        ("OR poet", "OR", "missing before OR"),
        ("poet AND OR monk", "AND", "missing behind AND"),
        ("(AND poet)", "AND", "missing before AND"),
        ("NOT poet", "NOT", "before it"),
        ("poet ( ) monk", "( )", "nothing in these parentheses"),
        ("poet *", "*", "without a space"),
        ("po*et", "po*et", "behind a beginning"),
        ("p*", "p*", "two letters"),
        ("poet —", "—", "no letter or number"),
        ("NEAR(poet)", "NEAR", "two words"),
        ("monk NEAR(poet)", "NEAR", "two words"),
        ("NEAR(poet monk, soon)", "soon", "is a number"),
        ("NEAR(poet monk, 99999)", "99999", "is a number"),
        ("NEAR(poet OR monk)", "OR", "words and phrases only"),
        ("NEAR(poet monk", "(", "never closed"),
        ("(a b) NEAR poet", "NEAR", "no parentheses"),
        ("NEAR poet", "NEAR", "missing before NEAR"),
        ("ผู้ลี้ภัย OR", "OR", "missing behind OR"),
        ("ผู้\u200bลี้ภัย \u200bOR", "OR", "missing behind OR"),
    ],
)
def test_a_mistake_is_explained_and_its_place_named(query: str, place: str, message: str) -> None:
    (problem,) = parse_query(query).problems

    assert query[problem.start : problem.end] == place
    assert message in problem.message


@pytest.mark.parametrize(
    "query",
    [
        "",
        "poet",
        "poet OR monk",
        "(poet OR monk) NOT spy",
        "poet AND NOT spy",
        '"sent back" NEAR/5 border',
        "NEAR(poet monk, 5)",
        "NEAR(poet monk) spy",
        "persecut*",
        "ส่งกลับ 遣返",
        "and or not",
    ],
)
def test_a_sound_query_has_no_problem(query: str) -> None:
    assert parse_query(query).problems == ()


def test_a_pasted_text_is_cut_and_says_so() -> None:
    many = parse_query("word " * 500)
    long = parse_query("x" * 5000)

    assert [problem.message for problem in many.problems] == [
        "This is too long: the words from here on are left out"
    ]
    assert [problem.message for problem in long.problems] == [
        "Only the first 4,000 characters are read"
    ]


TYPED = st.lists(
    st.sampled_from(
        [
            *'()*",:/^- \u200b\x00�𝐚',
            *["AND", "OR", "NOT", "NEAR", "NEAR(", ",5", "NEAR/3"],
            "poet",
            "tội",
            "refugees",
            "难民",
            "ลี้ภัย",
            "អ្នក\u200b",
        ]
    ),
    max_size=12,
).map("".join)


@given(st.one_of(st.text(max_size=40), TYPED))
def test_whatever_is_typed_is_answered(query: str) -> None:
    parsed = parse_query(query)

    for problem in parsed.problems:
        assert 0 <= problem.start <= problem.end <= len(query)
        assert problem.message
    if parsed.root is not None:
        connection = sqlite3.connect(":memory:")
        connection.execute(
            f'CREATE VIRTUAL TABLE t USING fts5(seg, fold, tokenize="{finding.TOKENIZER}")'
        )
        wanted = expression(expand(parsed.root).root)
        connection.execute("SELECT * FROM t WHERE t MATCH ?", (wanted,)).fetchall()
        connection.close()
        around_words(query, Finder(wanted_words(parsed.root)))


# Words in other languages


def test_every_term_stands_in_the_lexicon_of_its_language() -> None:
    spellings = {
        language: {spelling for term in lexicon.terms for spelling in term.spellings}
        for language, lexicon in load_lexicons().items()
    }

    missing = [
        (notion.name, language, term)
        for notion in load_notions()
        if not notion.beyond
        for language, terms in notion.terms.items()
        for term in terms
        if term not in spellings[language]
    ]
    assert missing == []


def test_notions_are_many_and_named_once() -> None:
    names = [notion.name for notion in load_notions()]

    assert len(names) >= 60
    assert len(set(names)) == len(names)


def terms(query: str, without: Sequence[str] = ()) -> dict[str, list[str]]:
    """The terms that a query is widened by, by language."""
    root = parse_query(query).root
    assert root is not None
    found: dict[str, list[str]] = {}
    for alternative in expand(root, without).alternatives:
        for language in alternative.languages:
            found.setdefault(language, []).append(alternative.term)
    return found


@pytest.mark.parametrize(
    "query",
    [
        "extradited",
        "Extradition",
        "extradit* OR extraditing",
        "ส่งผู้ร้ายข้ามแดน",
        "dẫn độ",
        "dan do",
        "引渡",
    ],
)
def test_a_word_is_widened_from_any_language(query: str) -> None:
    found = terms(query)

    expected = {
        "en": "extradite",
        "km": "បត្យាប័ន",
        "th": "ส่งผู้ร้ายข้ามแดน",
        "vi": "dẫn độ",
        "zh": "引渡",
        "id": "ekstradisi",
    }
    own = {language for language, term in expected.items() if language not in found}
    assert len(own) == 1  # its own language needs no widening
    assert all(expected[language] in found[language] for language in set(expected) - own)


@pytest.mark.parametrize(
    ("query", "language", "term"),
    [
        ("deported", "ms", "deportasi"),
        ("mendeportasi", "zh", "驱逐出境"),
        ("sürgündekiler", "en", "exile"),
        ("push back", "th", "ผลักดันกลับ"),
        ("asylum seekers", "lo", "ຜູ້ຂໍລີ້ໄພ"),
        ("uyghurs", "my", "ဝီဂါ"),
        ("Cambodia", "vi", "Campuchia"),
        ("ថៃ", "zh", "泰国"),
        ("難民", "en", "refugee"),
        ('"enforced disappearance"', "th", "อุ้มหาย"),
    ],
)
def test_words_find_their_terms(query: str, language: str, term: str) -> None:
    assert term in terms(query)[language]


def test_a_removed_term_is_not_searched() -> None:
    root = parse_query("extradited").root
    assert root is not None
    expansion = expand(root, ["引渡"])

    assert "引渡" not in {alternative.term for alternative in expansion.alternatives}
    assert [alternative.term for alternative in expansion.removed] == ["引渡"]
    assert "引 渡" not in expression(expansion.root)


def test_small_english_words_do_not_stand_in_the_way_of_other_languages() -> None:
    root = parse_query("refugees in Cambodia").root
    assert root is not None
    assert '"in"' not in expression(expand(root).root)


def test_a_query_is_not_widened_without_end(connection: sqlite3.Connection) -> None:
    names = " ".join(f'"{notion.name}"' for notion in load_notions())
    root = parse_query(names).root
    assert root is not None
    assert len(expand(root).alternatives) == MAX_TERMS
    assert search(connection, Request(" OR ".join(names.split()), also=True)).count >= 3


# Places in the text


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("deport", "They were deported; deportations go on.", ["deported", "deportations"]),
        ("persecut*", "Persecution of the persecuted", ["Persecution", "persecuted"]),
        ("truc xuat", "Bị trục xuất về nước", ["trục", "xuất"]),
        ('"trục xuất"', "Bị trục xuất về, truc xuat", ["trục xuất"]),
        ("ผู้ลี้ภัย", "ส่งกลับผู้ลี้ภัยสี่คน", ["ผู้ลี้ภัย"]),
        ("กลับ", "กลับบ้าน", ["กลับ"]),
        ("ก", "ก้าว", []),
        ("បញ្ជូនត្រឡប់", "ត្រូវ\u200bបញ្ជូន\u200bត្រឡប់\u200bទៅ", ["បញ្ជូន\u200bត្រឡប់"]),
        ("ສົ່ງກັບ", "ຖືກສົ່ງ ກັບຄືນ", ["ສົ່ງ ກັບ"]),
        ("ဒုက္ခသည်", "ဒုက္ခသည်များ", ["ဒုက္ခသည်"]),
        ("難民", "两名难民被遣返", ["难民"]),
        ("难民", "兩名難民被遣返", ["難民"]),
        ('"sent back"', "They were sent\nback home; sent him back", ["sent\nback"]),
        ("UNHCR", "ผู้ลี้ภัย UNHCR", ["UNHCR"]),
        ('"บัตร UNHCR"', "ถือบัตร UNHCR อยู่", ["บัตร UNHCR"]),
        ("난민", "난민 신청", ["난민"]),
        ("a NOT b", "a b", ["a"]),
        ("i̇ade", "İADE talebi", ["İADE"]),
    ],
)
def test_the_words_are_found_where_they_stand(query: str, text: str, found: list[str]) -> None:
    finder = Finder(wanted_words(parse_query(query).root))

    places = [place for part in finder.paragraphs(text) for place in part.places]
    assert [text[start:end] for start, end in places] == found


def test_places_are_those_of_the_whole_text() -> None:
    text = "One.\n\nTwo refugees.\n \nThree.\n\n\nFour refugees"
    finder = Finder([Word("refugee")])

    parts = list(finder.paragraphs(text))
    assert [text[part.start : part.end] for part in parts] == ["Two refugees.", "Four refugees"]
    assert {text[start:end] for part in parts for start, end in part.places} == {"refugees"}


def test_zawgyi_is_found_and_shown_in_unicode() -> None:
    zawgyi = "ဒုကၡသည္မ်ားကို ထိုင္းႏိုင္ငံက ျပန္ပို႔လိုက္သည္ဟု ဆိုသည္။"
    shown = around_words(zawgyi, Finder([Word("ဒုက္ခသည်")]))

    assert [piece.text for piece in shown.pieces if piece.concepts] == ["ဒုက္ခသည်"]
    assert "ပြန်ပို့" in "".join(piece.text for piece in shown.pieces)


def test_the_stemmer_is_that_of_the_index() -> None:
    assert f'tokenize="{finding.TOKENIZER}"' in migrations._FIRST_SCHEMA


@given(st.text(alphabet="ab กิ่์ខ្ញុំ警\u200b\n", max_size=700), st.sampled_from(["a", "กิ", "警", "ខ្ញុំ"]))
def test_a_snippet_is_a_piece_of_the_text_in_whole_clusters(text: str, word: str) -> None:
    shown = around_words(text, Finder([Word(word)]))
    joined = "".join(piece.text for piece in shown.pieces)

    assert joined in text
    assert len(joined) <= LENGTH + 100
    if shown.cut_before and joined:
        assert not finding._NOT_BASE.match(joined[0]) or joined[0].isspace()


def test_a_snippet_begins_near_the_word() -> None:
    text = "ก" * 5000 + "ผู้ลี้ภัย" + "ข" * 5000
    shown = around_words(text, Finder([Word("ผู้ลี้ภัย")]))

    assert [piece.text for piece in shown.pieces if piece.concepts] == ["ผู้ลี้ภัย"]
    assert shown.cut_before
    assert shown.cut_after


# Addresses


REQUESTS = st.builds(
    Request,
    q=st.text(st.characters(exclude_categories=["Cs"])).map(str.strip),
    sort=st.sampled_from(["date", "relevance"]),
    also=st.booleans(),
    without=st.lists(st.text(min_size=1, alphabet="aก&=%+ "), unique=True, max_size=3).map(tuple),
    language=st.sampled_from(["", "th"]),
    flagged=st.booleans(),
    since=st.sampled_from(["", "2026-11-01"]),
    until=st.sampled_from(["", "2026-11-30"]),
    upto=st.integers(0, 10**9),
    page=st.integers(1, 99),
)


@given(REQUESTS)
def test_a_request_survives_its_address(request: Request) -> None:
    address = request.query_string(page=request.page, upto=request.upto)

    assert read_request(parse_qs(address, keep_blank_values=True)) == (request, [])


def test_another_request_begins_on_its_first_page() -> None:
    request = Request("poet", page=3, upto=7)

    assert request.query_string(language="th") == "q=poet&language=th"


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "21.11.2026", "2026-W01"])
def test_what_is_no_day_is_said(day: str) -> None:
    request, complaints = read_request({"q": ["poet"], "since": [day]})

    assert request.since == "" or day == "2026-W01"
    assert len(complaints) == (day != "2026-W01")


# Over a database

THAI = "ตำรวจส่งกลับ\u200bผู้ลี้ภัยสี่คนเมื่อคืนวันศุกร์"
KHMER = "សកម្មជន\u200bត្រូវ\u200bបញ្ជូន\u200bត្រឡប់\u200bទៅវិញ"


def record(
    number: int, language: str, title: str, text: str, *, flag: bool = False, outlet: str = "daily"
) -> Judged:
    made = judged(f"https://daily.example/{number}", text, title=title, outlet=outlet)
    published = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=number)
    article = replace(made.article, published_at=published, language=language)
    return replace(made, article=article, flag=flagged("refugees", "refugees") if flag else CLEAR)


ARTICLES = [
    record(1, "en", "Refugees extradited at night", "A court had ordered it.", flag=True),
    record(2, "th", "ตม.ส่งกลับ", THAI),
    record(3, "km", KHMER, "មេធាវីបាននិយាយ។", outlet="weekly"),
    record(4, "zh", "法院批准引渡", "两名难民将被引渡。"),
    record(5, "vi", "Toà án ra lệnh dẫn độ", "Ông bị dẫn độ về nước."),
    record(6, "en", "Rice prices rise", "Farmers were glad. A court was not."),
]
NUMBERS = {"en": 1, "th": 2, "km": 3, "zh": 4, "vi": 5}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("searching") / "monitor.db"
    with Store(path) as store:
        store.add_outlets([SmallOutlet("daily"), SmallOutlet("weekly", "The Weekly")])
        store.write(ARTICLES)
    return path


@pytest.fixture
def connection(database: Path) -> Iterator[sqlite3.Connection]:
    connection = connect_readonly(database)
    yield connection
    connection.close()


def numbers(results: Results) -> list[int]:
    return [hit.row["id"] for hit in results.hits]


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        (Request("court"), [6, 1]),
        (Request("court", flagged=True), [1]),
        (Request("court", language="th"), []),
        (Request("court", since="2026-11-03"), [6]),
        (Request("court", until="2026-11-02"), [1]),
        (Request("court", since="2026-11-03", until="2026-11-06"), []),
        (Request("court", since="2027-01-01"), []),
        (Request("court OR ត្រឡប់", outlet="weekly"), [3]),
        (Request("extradited"), [1]),
        (Request("extradited", also=True), [5, 4, 1]),
        (Request("extradited", also=True, without=("引渡",)), [5, 1]),
        (Request("NEAR(refugees night, 3)"), [1]),
        (Request("NEAR(refugees night, 1)"), []),
        (Request("—"), []),
    ],
)
def test_a_request_finds(
    connection: sqlite3.Connection, request_: Request, found: list[int]
) -> None:
    results = search(connection, request_)

    assert numbers(results) == found
    assert (results.count, results.exact) == (len(found), True)


def test_relevance_puts_headlines_first(connection: sqlite3.Connection) -> None:
    assert numbers(search(connection, Request("court OR rice"))) == [6, 1]
    by_relevance = search(connection, Request("court OR refugees", sort="relevance"))
    assert numbers(by_relevance) == [1, 6]


def test_facets_count_what_was_found(connection: sqlite3.Connection) -> None:
    facets = search(connection, Request("extradited OR court", also=True)).facets

    assert facets is not None
    assert dict(facets["language"]) == {"en": 2, "zh": 1, "vi": 1}
    assert dict(facets["flagged"]) == {0: 3, 1: 1}


@pytest.fixture
def many(tmp_path: Path) -> Path:
    path = tmp_path / "many.db"
    with Store(path) as store:
        store.add_outlets([SmallOutlet("daily")])
        store.write(
            [record(n, "th" if n % 10 else "en", "Poet", f"Number {n}") for n in range(100)]
        )
    return path


def test_counts_that_are_not_exact_say_so(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "LISTED", 30)
    connection = connect_readonly(many)

    results = search(connection, Request("poet"))
    assert (results.count, results.exact, results.listed) == (30, False, 30)
    assert sum(count for _, count in (results.facets or {})["language"]) == 30
    assert numbers(results) == list(range(100, 80, -1))  # the last to arrive
    rare = search(connection, Request("poet", language="en"))
    assert (rare.count, rare.exact) == (10, True)
    connection.close()


def test_a_count_that_was_not_finished_says_so(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "EXAMINED", 50)
    connection = connect_readonly(many)

    results = search(connection, Request("poet", language="en"))
    assert (results.count, results.exact) == (5, False)
    connection.close()


def test_dates_are_found_wherever_they_arrived(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(many) as store:  # a backfill: arrives last, was published first
        store.write([record(n, "en", "Poet", f"Number {n}") for n in range(-50, 0)])
    connection = connect_readonly(many)
    for dated in (20_000, 10):
        monkeypatch.setattr(searching, "_DATED", dated)
        for asked, count in (
            (Request("poet", until="2026-10-31"), 50),
            (Request("poet", since="2026-11-01"), 100),
            (Request("poet", since="2026-10-30", until="2026-11-03"), 5),
            (Request("poet", since="2030-01-01"), 0),
        ):
            results = search(connection, asked)
            assert (results.count, results.exact) == (count, True)
    connection.close()


def test_pages_stay_the_same_when_articles_arrive(many: Path) -> None:
    connection = connect_readonly(many)
    first = search(connection, Request("poet"))
    with Store(many) as store:
        store.write([record(n, "en", "Poet", f"Number {n}") for n in range(100, 130)])
    seen = numbers(first)
    for number in range(2, first.pages + 1):
        seen += numbers(search(connection, replace(first.request, page=number)))

    assert seen == list(range(100, 0, -1))
    assert len(first.hits) == PAGE
    assert search(connection, Request("poet")).count == 130
    connection.close()


def test_a_search_sees_every_change_at_once(tmp_path: Path) -> None:
    path = tmp_path / "changes.db"
    with Store(path) as store:
        store.add_outlets([SmallOutlet("daily")])
        store.write([record(1, "th", "ตม.", THAI)])
    connection = connect_readonly(path)
    asked = Request("ผู้ลี้ภัย")
    assert [search(connection, asked).count for _ in range(2)] == [1, 1]
    with Store(path) as store:
        store.write([record(2, "th", "ตม.", THAI + "อีก")])
    assert search(connection, asked).count == 2
    assert search(connection, replace(asked, upto=1)).count == 1
    with Store(path) as store:
        store.write([record(1, "th", "ตม.", "แก้ไขแล้ว")])
    assert numbers(search(connection, asked)) == [2]
    connection.close()


def test_a_page_beyond_the_last_is_the_last(connection: sqlite3.Connection) -> None:
    assert numbers(search(connection, Request("court", page=99))) == [6, 1]


# The page

Get = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def get(database: Path) -> Iterator[Get]:
    with visiting(database) as visitors:
        visitor = visitors.anonymous()

        def ask(path: str = "/search", **arguments: object) -> httpx.Response:
            return visitor.get(path, params=arguments or None)

        yield ask


@pytest.mark.parametrize(
    ("query", "language", "marked"),
    [
        ("បញ្ជូនត្រឡប់", "km", ["បញ្ជូន\u200bត្រឡប់"]),
        ("ผู้ลี้ภัย", "th", ["ผู้ลี้ภัย"]),
        ("難民", "zh", ["难民"]),
        ("dan do", "vi", ["dẫn", "độ", "dẫn", "độ"]),
        ("extradite refugee", "en", ["Refugees", "extradited"]),
    ],
)
def test_the_page_marks_what_was_found(
    get: Get, query: str, language: str, marked: list[str]
) -> None:
    shown = page(get(q=query))

    (hit,) = shown.xpath("//ol[@class='hits']/li")
    assert hit.xpath(".//h2/a/@href") == [f"/monitor/articles/{NUMBERS[language]}"]
    assert hit.xpath(".//h2/a/@lang") == [language]
    assert [mark.text for mark in hit.xpath(".//mark[@class='found']")] == marked
    assert words_of(shown.find_class("summary")[0]).startswith("1 article ")


def test_terms_of_other_languages_are_chips_that_can_be_removed(get: Get) -> None:
    offered = page(get(q="extradited"))
    (widen,) = offered.xpath("//section[@class='widened']//a/@href")
    assert parse_qs(widen.partition("?")[2]) == {"q": ["extradited"], "also": ["1"]}

    shown = page(get(widen))
    chips = {words_of(chip): chip.get("href") for chip in shown.find_class("chips")[0]}
    assert {"dẫn độ vi ✕", "引渡 zh ✕", "ekstradisi id/ms ✕"} <= set(chips)
    assert len(shown.xpath("//ol[@class='hits']/li")) == 3

    without = page(get(chips["引渡 zh ✕"]))
    assert len(without.xpath("//ol[@class='hits']/li")) == 2
    assert "引渡 zh ✕" not in [words_of(chip) for chip in without.find_class("chip")]
    (again,) = without.find_class("removed")
    assert parse_qs(again.get("href", "").partition("?")[2]) == {"q": ["extradited"], "also": ["1"]}


def test_a_mistake_is_shown_at_its_place(get: Get) -> None:
    shown = page(get(q="(refugees OR"))

    (problems,) = shown.find_class("problems")
    assert words_of(problems).startswith("A word is missing behind OR. (refugees OR")
    assert [words_of(mark) for mark in problems.xpath(".//mark")] == ["OR"]
    assert len(shown.xpath("//ol[@class='hits']/li")) == 1


@pytest.mark.parametrize(
    "query", ["", '"', "((((", "NEAR(", "a*", "\0", "x" * 5000, "NOT NOT", "'; drop table"]
)
@pytest.mark.parametrize("path", ["/search", "/search.json"])
def test_no_query_is_an_error(get: Get, path: str, query: str) -> None:
    assert get(path, q=query, also=1, sort="relevance").status_code == 200


@pytest.mark.parametrize(
    "arguments",
    [
        {"page": "0"},
        {"page": "-1"},
        {"page": "9" * 40},
        {"upto": "x"},
        {"since": "0001-01-01", "until": "9999-12-31"},
        {"since": "soon"},
        {"sort": "x", "also": "x", "language": "'", "outlet": "<script>"},
    ],
)
def test_no_argument_is_an_error(get: Get, arguments: dict[str, object]) -> None:
    assert get(q="court", **arguments).status_code == 200


def test_what_was_typed_is_shown_as_text(get: Get) -> None:
    script = "<script>alert(1)</script>"
    shown = page(get(q=f'"{script} (', also=1, without=script, language=script))

    assert "alert(" not in "".join(shown.xpath("//script/text()"))
    assert shown.xpath("//input[@name='q']/@value") == [f'"{script} (']


def test_the_home_page_searches_here_and_the_table_page_as_before(get: Get) -> None:
    (form,) = page(get("/")).xpath("//form[@role='search']")
    assert (form.get("action"), form.xpath(".//input/@name")) == ("/search", ["q"])
    (form,) = page(get("/monitor/articles")).xpath("//form[@role='search']")
    assert (form.get("action"), form.xpath(".//input/@name")) == ("/monitor/articles", ["_search"])


def test_programs_get_the_same(get: Get) -> None:
    answer = get("/search.json", q="extradited", also=1).json()

    assert [row["id"] for row in answer["rows"]] == [5, 4, 1]
    assert answer["rows"][1]["snippet"] == "两名难民将被引渡。"
    assert (answer["count"], answer["count_is_exact"], answer["next"]) == (3, True, None)
    assert {"term": "引渡", "languages": ["zh"], "notion": "extradite"} in answer["terms"]


def test_a_search_that_takes_too_long_says_so(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> Results:
        raise sqlite3.OperationalError("interrupted")

    monkeypatch.setattr(pm.get_plugin("search_page.py"), "search", stopped)
    assert "took too long" in words_of(page(get(q="court")).find_class("problems")[0])
