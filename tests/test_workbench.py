"""The workbench over a real database: pages, search, the documented API, hostile content."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from datasette.database import QueryInterrupted
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from visitors import Get, page, visiting, words_of

import workbench
from monitor.flagging import flag as judge
from monitor.items import Article, Flag, Gone, Judged, LanguageVerdict, Match, Quarantined, Reason
from monitor.outlets import Outlet
from monitor.reviews import reviews_path
from monitor.store import Store, begin_demo, connect_readonly
from workbench import moments, words
from workbench.highlight import Mark, paragraphs, segments
from workbench.legible import legible

NIGHT = datetime(2026, 11, 21, 20, tzinfo=UTC)
API = Path(__file__).parent.parent / "docs" / "api.md"


def place(surface: str, concept: str, term: str, article: Article, field: str = "title") -> Match:
    start = (article.title if field == "title" else article.text).index(surface)
    where: Any = field
    return Match(concept, term, "en", where, start, start + len(surface), surface)


def flag(
    score: float = 0.0,
    story_type: Any = None,
    sending: tuple[str, ...] = (),
    receiving: tuple[str, ...] = (),
    reasons: tuple[Reason, ...] = (),
    matches: tuple[Match, ...] = (),
    lexicon: str = "lexicon-1",
) -> Flag:
    return Flag(
        bool(story_type), score, story_type, sending, receiving, (), reasons, matches, lexicon
    )


def judged(outlet: str, article: Article, verdict: Flag, at: datetime = NIGHT) -> Judged:
    return Judged(outlet, article, verdict, article.url, "0" * 64, 200, at)


def article(
    url: str, title: str, text: str, language: str, script: str, published: datetime | None = None
) -> Article:
    return Article(
        url=url,
        title=title,
        text=text,
        published_at=published,
        published_precision="day",
        language=language,
        verdict=LanguageVerdict(language, script),
    )


SENT_BACK = article(
    "https://courier.example/1",
    "Thirty-eight refugees sent back at night",
    "Border police drove them to the river.\n\n“They were handed over to the army,” a lawyer said.",
    "en",
    "Latn",
    datetime(2026, 11, 21),
)
SENT_BACK_WHY = Reason(
    "'sent back' near 'refugees'",
    1.5,
    (
        place("sent back", "return_action", "sent back", SENT_BACK),
        place("refugees", "protected_person", "refugee", SENT_BACK),
    ),
)
SENT_BACK_FLAG = flag(
    0.91,
    "incident",
    ("TH",),
    ("MM", "VN"),
    (SENT_BACK_WHY,),
    (*SENT_BACK_WHY.matches, place("handed over", "return_action", "hand over", SENT_BACK, "text")),
)
ARTICLES = [
    ("courier", SENT_BACK, SENT_BACK_FLAG),
    (
        "tawan",
        article("https://tawan.example/2", "ตม.ส่งกลับผู้ลี้ภัยสี่คน", "ทนายความกล่าวเมื่อวันศุกร์", "th", "Thai"),
        flag(0.66, "incident", ("TH",), ("KH",)),
    ),
    (
        "thmey",
        article(
            "https://thmey.example/3",
            "សកម្មជនអាចត្រូវបញ្ជូនត្រឡប់",
            "មេធាវីបាននិយាយ។",
            "km",
            "Khmr",
            datetime(2026, 11, 20),
        ),
        flag(0.75, "risk", ("KH",), ("VN",)),
    ),
    (
        "chenbao",
        article("https://chenbao.example/4", "难民营开设图书馆", "孩子们很高兴。", "zh", "Hans"),
        flag(),
    ),
    (
        "courier",
        article(
            "https://courier.example/5",
            "Rice prices rise again",
            "Farmers were glad.",
            "en",
            "Latn",
            datetime(2026, 11, 22),
        ),
        flag(),
    ),
]
OUTLETS = {"courier": "The Courier", "tawan": "ข่าวตะวัน", "thmey": "ដំណឹងថ្មី", "chenbao": "晨报"}


def make_database(path: Path) -> None:
    begin_demo(path)  # judged as of its own night, whenever the tests run
    with Store(path) as store:
        store.add_outlets(
            Outlet(slug, name, f"https://{slug}.example/", "TH", ("en",), "news")
            for slug, name in OUTLETS.items()
        )
        for slug in OUTLETS:
            crawl = store.begin_crawl(slug, NIGHT.isoformat(), NIGHT)
            records = [judged(outlet, a, f) for outlet, a, f in ARTICLES if outlet == slug]
            counts = {"new": len(records), "flagged": sum(r.flag.flagged for r in records)}
            counts["sources_ok"] = 1
            errors = {"fetch:bot_wall": 1} if slug == "tawan" else {}
            if slug == "tawan":
                wall = Quarantined(
                    slug, "https://tawan.example/wall", "fetch", "bot_wall", "", NIGHT
                )
                store.write([wall], crawl=crawl)
                counts["blocked"] = 1
            at = NIGHT + timedelta(seconds=5)
            store.end_crawl(crawl, "finished", counts, at=at, errors=errors)
        store.write([judged(outlet, a, f) for outlet, a, f in ARTICLES])


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("workbench") / "demo.db"
    make_database(path)
    return path


@pytest.fixture(scope="module")
def get(database: Path) -> Iterator[Get]:
    with visiting(database) as visitors:
        yield visitors.anonymous().get


# The documented API


def documented_examples() -> list[tuple[str, str | None, str | None]]:
    """Each address in docs/api.md with its format and answer, where one is shown."""
    found = re.findall(
        r"^    GET ([^\n]+)\n(?:\n```(json|ndjson|csv)\n(.*?)```)?",
        API.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    return [(address, kind or None, answer or None) for address, kind, answer in found]


def with_gaps(answer: str) -> Any:
    """JSON in which ``…`` stands for further fields or values."""
    found, inside, quoted = "", list[str](), False
    for before, character in zip(" " + answer, answer, strict=False):
        quoted ^= character == '"' and before != "\\"
        if not quoted and character in "[{":
            inside.append(character)
        elif not quoted and character in "]}":
            inside.pop()
        elif not quoted and character == "…":
            character = '"…"' if inside[-1] == "[" else '"…": 0'
        found += character
    return json.loads(found)


def fits(found: Any, said: Any) -> bool:
    """Whether an answer is the one that the documentation gives, ``…`` being anything."""
    if isinstance(said, dict) and isinstance(found, dict):
        told = {name: value for name, value in said.items() if name != "…"}
        whole = "…" in said or found.keys() == said.keys()
        return whole and all(name in found and fits(found[name], told[name]) for name in told)
    if isinstance(said, list) and isinstance(found, list):
        told_values = [value for value in said if value != "…"]
        enough = len(found) > len(told_values) if "…" in said else len(found) == len(said)
        return enough and all(map(fits, found, told_values))
    return bool(found == said)


@pytest.mark.parametrize(("address", "kind", "answer"), documented_examples())
def test_a_documented_address_answers_as_documented(
    get: Get, address: str, kind: str | None, answer: str | None
) -> None:
    response = get(address, follow_redirects=True)  # as 1.0 does for SQL

    assert answer is not None, "no answer is shown"
    if kind == "json":
        said = with_gaps(answer)
        assert fits(response.json(), said), (response.json(), said)
    elif kind == "ndjson":
        assert [json.loads(line) for line in response.text.splitlines()] == [
            json.loads(line) for line in answer.splitlines()
        ]
    else:
        assert response.text.splitlines() == answer.splitlines()


def test_the_documentation_has_examples() -> None:
    assert len(documented_examples()) >= 20


def test_an_example_that_is_wrong_does_not_fit() -> None:
    found = {"rows": [{"id": 1, "title": "a"}, {"id": 2, "title": "b"}], "next": None}
    for said in ('{"rows": […], …}', '{"rows": [{"id": 1, …}, …], "next": null}'):
        assert fits(found, with_gaps(said))
    for said in (
        '{"rows": [{"id": 1, …}], …}',
        '{"rows": […]}',
        '{"rows": [{"id": 2, …}, …], …}',
        '{"nex": null, …}',
    ):
        assert not fits(found, with_gaps(said))


def test_the_canned_query_gives_whole_articles_in_order_of_seq(get: Get) -> None:
    rows = get("/monitor/articles_since.json?seq=2&_shape=array").json()

    assert [row["seq"] for row in rows] == [3, 4, 5]
    assert rows[2]["text"] == "Farmers were glad."


def test_json_has_every_column_of_an_article(get: Get, database: Path) -> None:
    columns = sqlite3.connect(database).execute("select name from pragma_table_xinfo('articles')")
    (row,) = get("/monitor/articles.json?id=1&_shape=array").json()

    assert set(row) == {name for (name,) in columns}


# Search


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("refugees", [1]),
        ("refugee", [1]),
        ('"at night"', [1]),
        ('"night at"', []),
        ("ผู้ลี้ภัย", [2]),
        ("បញ្ជូន", [3]),
        ("难民", [4]),
        ("難民", [4]),
        ("ric*", [5]),
        ("refugees OR rice", [1, 5]),
        ("rice NOT prices", []),
        ("", [1, 2, 3, 4, 5]),
        ("   ", [1, 2, 3, 4, 5]),
    ],
)
def test_search_finds_words_of_every_script(get: Get, query: str, found: list[int]) -> None:
    address = httpx.URL("/monitor/articles.json", params={"_search": query, "_shape": "array"})

    assert sorted(row["id"] for row in get(str(address)).json()) == found


@pytest.mark.parametrize(
    "query",
    [
        '"',
        '"""((',
        ")(",
        "AND",
        "NOT",
        "a AND",
        "NEAR(a b",
        "seg:",
        "*",
        "^",
        "'; drop table",
        "\0",
        "-x",
        "a" * 5000,
    ],
)
@pytest.mark.parametrize("suffix", [".json", ""])
def test_an_odd_query_is_answered_not_an_error(get: Get, query: str, suffix: str) -> None:
    address = httpx.URL(f"/monitor/articles{suffix}", params={"_search": query})

    assert get(str(address)).status_code == 200


def test_the_search_page_shows_what_was_searched_and_how_to_take_it_back(get: Get) -> None:
    shown = page(get("/monitor/articles?_search=refugees&flagged=1"))

    assert shown.xpath("//input[@type='search']/@value") == ["refugees"]
    chips = {words_of(chip): chip.get("href") for chip in shown.find_class("chip")}
    assert chips == {
        "“refugees” ✕": "/monitor/articles?flagged=1",
        "Flagged: yes ✕": "/monitor/articles?_search=refugees",
    }


def test_a_search_of_very_many_articles_goes_on_on_the_search_page(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with visiting(database) as visitors:
        visitor, read = visitors.anonymous(), visitors.datasette.get_database("monitor")
        answered = read.execute

        async def execute(sql: str, *arguments: Any, **options: Any) -> Any:
            if "order by published_at" in sql:  # as at a million articles
                raise QueryInterrupted(TimeoutError(), sql, {})
            return await answered(sql, *arguments, **options)

        monkeypatch.setattr(read, "execute", execute)
        answer = visitor.get("/monitor/articles?_search=sent back&flagged=1&language=en")
        assert answer.status_code == 302
        assert answer.headers["location"] == "/search?q=sent+back&flagged=1&language=en"
        assert visitor.get("/monitor/articles?flagged=1").status_code == 400


def test_a_program_that_searches_gets_the_last_to_arrive_first(get: Get) -> None:
    def found(query: str) -> list[int]:
        words = "refugees OR ผู้ลี้ภัย OR 难民"
        rows = get(f"/monitor/articles.json?_shape=array&_search={words}{query}").json()
        return [row["id"] for row in rows]

    assert found("") == [4, 2, 1]
    assert found("&_sort=score") == [4, 2, 1]
    assert found("&_sort=id") == [1, 2, 4]


# Facets


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "flagged=1",
        "flagged=0&language=en",
        "outlet=courier",
        "story_type=incident",
        "story_type=&flagged=0",
        "sending__arraycontains=TH",
        "flagged=1&receiving__arraycontains=VN&_sort_desc=score",
        "language__in=en,th",
        "published_at__gte=2026-11-21",
        "_search=refugees",
        "title__contains=rice&outlet=courier",
    ],
)
def test_facets_count_the_rows_that_fit(get: Get, asked: str) -> None:
    rows = get(f"/monitor/articles.json?_shape=array&{asked}").json()
    answer = get(f"/monitor/articles.json?{asked}&_extra=facet_results,count").json()
    facets, count = answer["facet_results"], "filtered_table_rows_count"
    if workbench.DATASETTE_1:
        facets, count = facets["results"], "count"

    expected = {
        "flagged": Counter(row["flagged"] for row in rows),
        "story_type": Counter(row["story_type"] for row in rows if row["story_type"]),
        "language": Counter(row["language"] for row in rows),
        "outlet": Counter(row["outlet"] for row in rows),
        "sending": Counter(state for row in rows for state in json.loads(row["sending"])),
        "receiving": Counter(state for row in rows for state in json.loads(row["receiving"])),
    }
    counted = {
        name: {value["value"]: value["count"] for value in facet["results"]}
        for name, facet in facets.items()
    }
    assert counted == expected
    for facet in facets.values():
        for value in facet["results"]:
            if not value["selected"]:
                narrowed = get(httpx.URL(value["toggle_url"]).raw_path.decode()).json()
                assert narrowed[count] == value["count"], narrowed


def test_only_counted_columns_are_counted(get: Get) -> None:
    for table in ("articles", "outlets"):
        found = get(f"/monitor/{table}.json?_facet_counted=text&_facet_counted=1)").json()
        assert "text" not in found["facet_results"]


def test_facets_that_take_too_long_are_named(database: Path) -> None:
    with visiting(database) as visitors:
        visitors.datasette._settings["facet_time_limit_ms"] = 1e-6
        visitor = visitors.anonymous()
        articles = visitor.page("/monitor/articles?score__gte=0")
        assert words_of(articles.find_class("facets")[0]) == (
            "Too many articles to count: flagged, story type, sending state, receiving state,"
            " language, outlet. Narrow down first."
        )
        for table, said in (
            ("quarantine", "Too many rows to count: outlet, stage, reason."),
            ("matches?id__gt=0", "Too many rows to count: concept, language."),
        ):
            assert said in words_of(visitor.page(f"/monitor/{table}").find_class("facets")[0])


# What anybody may see


@pytest.mark.parametrize("name", ["monitor", "reviews"])
def test_every_table_and_column_is_described_and_nothing_else(
    database: Path, get: Get, name: str
) -> None:
    assert get("/").status_code == 200  # it has made the reviews
    path = database if name == "monitor" else reviews_path(database)
    connection = connect_readonly(path)
    tables = {
        table: {
            row[0]
            for row in connection.execute(
                "select name from pragma_table_xinfo(?) where hidden <> 1", [table]
            )
        }
        for (table,) in connection.execute(
            "select name from sqlite_master where type in ('table', 'view')"
        )
        if not re.match(r"sqlite_|articles_fts_", table)
    }
    metadata = workbench.read_metadata()
    described = metadata["databases"][name]["tables"]

    assert set(described) == set(tables)
    assert {each for each, table in described.items() if not table.get("description")} == set()
    # sqlite-utils' own table is not ours to describe in detail.
    del tables["_sqlite_migrations"], described["_sqlite_migrations"]
    assert {each: set(table["columns"]) for each, table in described.items()} == tables
    assert all(text for table in described.values() for text in table["columns"].values())


@pytest.mark.parametrize(
    "address",
    [
        "/monitor?sql=select+1",
        "/monitor.json?sql=select+1",
        "/monitor/articles?_where=1",
        "/monitor/articles_search",
        "/monitor/articles_fts",
        "/monitor.db",
    ],
)
def test_sql_and_internal_tables_are_closed(get: Get, address: str) -> None:
    assert get(address, follow_redirects=True).status_code == 403


def test_a_table_that_nobody_described_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "more.db"
    make_database(path)
    with sqlite3.connect(path) as connection:
        connection.execute("create table more (id integer primary key)")

    with visiting(path) as visitors:
        assert visitors.anonymous().get("/monitor/more.json").status_code == 403


def test_a_program_is_told_in_json_that_something_is_closed(get: Get) -> None:
    assert get("/monitor.json?sql=select+1", follow_redirects=True).json() == {
        "ok": False,
        "error": "not open to you: execute-sql",
        "status": 403,
        "title": None,
    }


@pytest.mark.parametrize("kind", ["json", "csv"])
@pytest.mark.parametrize("query", ["", "?seq=", "?seq=abc", "?seq=1.5", "?seq=٣", "?seq=1+or+1"])
def test_since_asks_for_a_whole_number(get: Get, kind: str, query: str) -> None:
    answer = get(f"/monitor/articles_since.{kind}{query}")

    assert answer.status_code == 400
    assert answer.json()["error"] == (
        "seq must be a whole number: the last one that you got, 0 for all"
    )


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/search",
        "/search?q=refugees&also=1",
        "/picture",
        "/monitor",
        "/monitor/articles",
        "/monitor/articles/1",
        "/monitor/articles_since",
    ]
    + [
        f"/monitor/{table}"
        for table in (
            "outlets",
            "revisions",
            "flags",
            "matches",
            "crawls",
            "quarantine",
            "urls",
            "sources",
            "meta",
        )
    ]
    + ["/monitor/outlets/courier", "/monitor/revisions/1", "/monitor/flags/1"],
)
def test_a_page_loads_nothing_from_elsewhere_and_tells_nobody(get: Get, address: str) -> None:
    response = get(address)
    shown = page(response)

    assert response.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'self'" in response.headers["content-security-policy"]
    loaded = shown.xpath("//@src") + shown.xpath("//link[@rel='stylesheet' or @rel='icon']/@href")
    assert loaded
    assert all(url.startswith("/") and not url.startswith("//") for url in loaded)
    for link in shown.xpath(
        "//a[starts-with(@href, 'http') and not(starts-with(@href, 'http://localhost'))]"
    ):
        assert link.get("rel") == "noreferrer noopener", link.get("href")


def test_an_address_that_is_not_there_says_so(get: Get) -> None:
    missing = get("/monitor/articles/999")
    assert missing.status_code == 404
    assert words_of(html.document_fromstring(missing.text).xpath("//main")[0]) == (
        "Nothing here Record not found To the first page →"
    )
    assert get("/monitor/articles/999.json").json() == {
        "ok": False,
        "error": "Record not found",
        "status": 404,
        "title": None,
    }


# The pages


def test_an_empty_table_of_articles_says_so(tmp_path: Path) -> None:
    with Store(tmp_path / "empty.db"):
        pass
    with visiting(tmp_path / "empty.db") as visitors:
        get = visitors.anonymous().get
        assert "No article fits" in words_of(page(get("/monitor/articles")).find_class("empty")[0])


def test_the_table_page_is_readable_and_has_no_body_text(get: Get) -> None:
    shown = page(get("/monitor/articles?flagged=1"))
    first = shown.xpath("//table[@class='articles']/tbody/tr")[0]

    assert [words_of(cell) for cell in first] == [
        "Thirty-eight refugees sent back at night 'sent back' near 'refugees' English Original ↗",
        "The Courier",
        "21 Nov 2026",
        "Incident",
        "Thailand → Myanmar, Vietnam",
        "0.91",
    ]
    assert first.xpath(".//a/@href") == ["/monitor/articles/1", "https://courier.example/1"]
    assert "Border police" not in shown.text_content()


def test_the_table_page_counts_by_facets_in_words(get: Get) -> None:
    shown = page(get("/monitor/articles?flagged=1"))
    facets = {
        section.get("aria-label"): [words_of(li) for li in section.xpath(".//li")]
        for section in shown.xpath("//div[@class='facets']/section")
    }

    assert facets == {
        "Flagged": ["yes ✕ 3"],
        "Story type": ["Incident 2", "Risk 1"],
        "Sending state": ["Thailand 2", "Cambodia 1"],
        "Receiving state": ["Vietnam 2", "Cambodia 1", "Myanmar 1"],
        "Language": ["English 1", "Khmer 1", "Thai 1"],
        "Outlet": ["The Courier 1", "ข่าวตะวัน 1", "ដំណឹងថ្មី 1"],
    }


def test_all_tables_are_listed_with_their_meaning(get: Get) -> None:
    listed, _ = page(get("/monitor")).find_class("tables")
    metadata = workbench.read_metadata()
    tables = metadata["databases"]["monitor"]["tables"]

    assert {words_of(code) for code in listed.xpath(".//code")} == {
        name for name, table in tables.items() if not table.get("hidden")
    }
    assert "None" not in words_of(listed)


def test_a_revisions_page_has_no_body_text(get: Get) -> None:
    assert "Border police" not in page(get("/monitor/revisions")).text_content()
    assert "Border police" in page(get("/monitor/revisions/1")).text_content()


def test_a_story_page_says_what_why_and_where(get: Get) -> None:
    shown = page(get("/monitor/articles/1"))

    assert words_of(shown.xpath("//h1")[0]) == "Thirty-eight refugees sent back at night"
    assert words_of(shown.find_class("verdict")[0]) == (
        "Flagged Incident People were sent back, handed over or turned away."
        " Score 0.91 From → toThailand → Myanmar, Vietnam"
    )
    assert [words_of(p) for p in shown.xpath("//article/p")] == [
        "Border police drove them to the river.",
        "“They were handed over to the army,” a lawyer said.",
    ]
    (reason,) = shown.xpath("//section[@class='reasons']//li")
    assert words_of(reason) == "+1.50 'sent back' near 'refugees' refugeessent back"
    for anchor in reason.xpath(".//a/@href"):
        (mark,) = shown.xpath(f"//mark[@id='{anchor[1:]}']")
        assert words_of(mark) in ("refugees", "sent back")
    assert [words_of(li) for li in shown.xpath("//section[@class='legend']//li")] == [
        "Return 2",
        "Protected person 1",
    ]
    (original,) = shown.xpath("//p[@class='original-link']/a")
    assert original.get("href") == "https://courier.example/1"


@pytest.mark.parametrize(("number", "tag"), [(1, "en"), (2, "th"), (3, "km"), (4, "zh-Hans")])
def test_a_story_is_marked_with_its_language(get: Get, number: int, tag: str) -> None:
    shown = page(get(f"/monitor/articles/{number}"))

    assert shown.xpath("//h1/@lang") == [tag]
    assert shown.xpath("//article/@lang") == [tag]


def test_an_unflagged_article_is_a_plain_page(get: Get) -> None:
    shown = page(get("/monitor/articles/5"))

    assert words_of(shown.find_class("verdict")[0]) == "Not flagged Score 0.00"
    assert shown.xpath("//mark | //section[@class='reasons'] | //section[@class='legend']") == []


def test_a_text_far_from_a_story_is_explained_phrase_by_phrase(tmp_path: Path) -> None:
    path = tmp_path / "plain.db"
    make_database(path)
    cup = article(
        "https://courier.example/cup",
        "Club wins the cup",
        "Tourists filled the hotels. A company will open a factory for rice next year.",
        "en",
        "Latn",
    )
    with Store(path) as store:
        store.write([judged("courier", cup, judge(cup.title, cup.text, "en"))])
    with closing(connect_readonly(path)) as connection:
        number, reasons = connection.execute(
            "select article, reasons from flags order by id desc"
        ).fetchone()

    with visiting(path) as visitors:
        shown = page(visitors.anonymous().get(f"/monitor/articles/{number}"))
    assert "speaks against" not in reasons
    assert shown.xpath("//section[@class='reasons']//li[contains(., 'speaks against')]")


def test_a_story_page_keeps_its_past(tmp_path: Path) -> None:
    path = tmp_path / "past.db"
    make_database(path)
    later = NIGHT + timedelta(days=1)
    edited = replace(SENT_BACK, text="Nothing happened.")
    with Store(path) as store:
        store.write([judged("courier", edited, flag(0.1, lexicon="lexicon-2"), later)])
        store.write([Gone("courier", SENT_BACK.url, 410, later + timedelta(days=1))])

    with visiting(path) as visitors:
        get = visitors.anonymous().get
        shown = page(get("/monitor/articles/1"))
        assert words_of(shown.find_class("notice")[0]) == (
            "Withdrawn. The outlet says that it is gone for good (found 23 Nov 2026, 20:00 UTC)."
            " Its text is kept here."
        )
        revisions, verdicts = shown.find_class("history")
        assert words_of(revisions) == (
            "Revision 2 shown 22 Nov 2026, 20:00 UTC Revision 1 21 Nov 2026, 20:00 UTC"
        )
        assert words_of(verdicts) == (
            "Flagged Incident 0.91 21 Nov 2026, 20:00 UTC · revision 1 · lexicon lexicon-1"
        )


def test_a_gutted_story_and_a_headline_say_so(tmp_path: Path) -> None:
    path = tmp_path / "past.db"
    make_database(path)
    whole = replace(SENT_BACK, text=SENT_BACK.text + "\n\nA sentence that nobody cut." * 20)
    headline = replace(SENT_BACK, url="https://courier.example/never-had", text="")
    with Store(path) as store:
        store.write([judged("courier", whole, flag(0.1), NIGHT + timedelta(days=1))])
        left = replace(SENT_BACK, text="It was revised.")
        store.write([judged("courier", left, flag(0.1), NIGHT + timedelta(days=2))])
        record = judged("courier", headline, flag(0.9), NIGHT)
        store.write([replace(record, headline_only=True)])

    with visiting(path) as visitors:
        get = visitors.anonymous().get
        gutted = words_of(page(get("/monitor/articles/1")).find_class("notice")[0])
        assert gutted.startswith("Gutted. The outlet’s page has lost more than half of this text")
        (number,) = (
            row["id"] for row in get("/monitor/articles.json?_shape=array&headline_only=1").json()
        )
        only = words_of(page(get(f"/monitor/articles/{number}")).find_class("notice")[0])
        assert only.startswith("Headline only. The page could not be had")


TABLES = [
    *("articles", "crawls", "flags", "hosts", "matches", "outlets", "quarantine", "revisions"),
    *("sources", "urls"),
]


def test_all_tables_are_listed_but_not_those_for_the_program_itself(get: Get) -> None:
    listed = page(get("/monitor")).xpath("//dl[@class='tables']/dt/code/text()")
    assert listed == [*TABLES, "articles_since"]


@pytest.mark.parametrize("table", TABLES)
def test_a_table_shows_what_its_description_says_and_no_text(get: Get, table: str) -> None:
    shown = page(get(f"/monitor/{table}"))
    described = workbench.read_metadata()
    about = described["databases"]["monitor"]["tables"][table]
    whole = ("They were handed over to the army", '"weight"')

    assert words_of(shown.xpath("//h1")[0]) == about["title"]
    assert [it for it in whole if it in words_of(shown.xpath("//main")[0])] == []
    assert set(about.get("shown", ())) <= set(about["columns"])
    if table != "articles" and shown.xpath("//tbody"):
        assert [words_of(th).rstrip(" ▲▼") for th in shown.xpath("//th")] == about.get(
            "shown", list(about["columns"])
        )


def test_a_row_says_what_each_of_its_columns_means(get: Get) -> None:
    shown = page(get("/monitor/flags/1"))
    fields = {
        term.text.strip(): words_of(term.getnext())
        for term in shown.xpath("//dl[@class='fields']/dt")
    }
    assert fields["reasons"] == "+1.50 'sent back' near 'refugees'"
    assert fields["sending"] == "Thailand"
    assert "How sure the monitor was" in words_of(shown.find_class("fields")[0])
    assert shown.xpath("//dd/a/@href")[0] == "/monitor/articles/1"
    text = page(get("/monitor/revisions/1")).xpath("//dd[@class='col-text']")[0]
    assert "handed over to the army" in words_of(text)
    assert words_of(page(get("/monitor/outlets/courier")).xpath("//main/ul")[0]).startswith(
        "2 rows of articles"
    )


def test_columns_that_are_asked_for_are_shown(get: Get) -> None:
    shown = page(get("/monitor/flags?_col=reasons"))
    assert [words_of(th) for th in shown.xpath("//th")] == ["id ▼", "reasons"]


def test_hostile_content_is_shown_as_text(tmp_path: Path) -> None:
    path = tmp_path / "hostile.db"
    script = "<script>alert(1)</script>"
    text = f"{script}\n\n<svg onload=alert(2)> {'x' * 10_000} \u202eevil <img src=//x.example/y>"
    bad = article("javascript:alert(3)//https://x.example/", f"{script}<b>", text, "en", "Latn")
    reason = Reason(script, 1.0, (place("<script>", "risk", "<i>", bad),))
    verdict = Flag(
        True, 0.9, "risk", (script,), ("TH",), (script,), (reason,), reason.matches, script
    )
    with Store(path) as store:
        store.add_outlets([Outlet("bad", f"{script}", "javascript:alert(4)", "TH", (), "news")])
        store.write([judged("bad", bad, verdict)])

    with visiting(path) as visitors:
        get = visitors.anonymous().get
        for address in (
            "/",
            "/picture",
            "/search?q=evil+OR+script",
            "/monitor/articles",
            "/monitor/articles/1",
            "/monitor/outlets",
            "/monitor/flags",
            "/monitor/revisions/1",
        ):
            shown = page(get(address))
            assert "alert(" not in "".join(shown.xpath("//script/text()")), address
            assert shown.xpath("//svg[@onload] | //img | //i") == [], address
            assert [
                href for href in shown.xpath("//@href") if href.startswith("javascript")
            ] == [], address
        shown = page(get("/monitor/articles/1"))
        assert words_of(shown.xpath("//h1")[0]) == f"{script}<b>"
        assert script in words_of(shown.xpath("//article")[0])
        assert bad.url in words_of(shown.find_class("original-link")[0])


def test_a_match_that_is_not_where_it_says_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "shifted.db"
    make_database(path)
    with sqlite3.connect(path) as connection:
        connection.execute('update matches set start = start + 1, "end" = "end" + 1')

    with visiting(path) as visitors:
        get = visitors.anonymous().get
        shown = page(get("/monitor/articles/1"))
        assert shown.xpath("//mark") == []
        assert shown.xpath("//section[@class='reasons']//a") == []


def test_only_the_weightiest_reasons_are_open_at_first(tmp_path: Path) -> None:
    path = tmp_path / "many.db"
    make_database(path)
    weights = [*range(8, 0, -1), 0.5, 0.25, -0.25, -9]
    reasons = tuple(Reason(f"point {weight}", weight) for weight in weights)
    verdict = replace(SENT_BACK_FLAG, reasons=reasons, lexicon_version="lexicon-2")
    with Store(path) as store:
        store.write([judged("courier", SENT_BACK, verdict)])

    with visiting(path) as visitors:
        get = visitors.anonymous().get
        why = page(get("/monitor/articles/1")).xpath("//section[@class='reasons']")[0]
        shown = [words_of(one) for one in why.xpath("./ol/li")]
        assert shown[-2:] == ["+0.50 point 0.5", "-9.00 point -9"]
        assert [words_of(one) for one in why.xpath("./details/*")] == [
            "2 lesser points",
            "+0.25 point 0.25 -0.25 point -0.25",
        ]


# The pieces


@given(
    st.text(max_size=40),
    st.lists(st.builds(Mark, st.integers(-5, 45), st.integers(-5, 45), st.sampled_from("abc"))),
)
def test_segments_joined_are_the_text(text: str, marks: list[Mark]) -> None:
    pieces = segments(text, marks)

    assert "".join(piece.text for piece in pieces) == text
    for piece in pieces:
        for at in range(piece.offset, piece.offset + len(piece.text)):
            over = {mark.concept for mark in marks if mark.start <= at < mark.end}
            assert set(piece.concepts) == over


def test_overlapping_marks_show_every_concept_the_most_telling_first() -> None:
    pieces = segments(
        "sent back to Myanmar", [Mark(13, 20, "place:MM"), Mark(0, 20, "return_action")]
    )

    assert [(p.text, p.concept, p.label, p.starts) for p in pieces] == [
        ("sent back to ", "return_action", "Return", True),
        ("Myanmar", "return_action", "Return, Place: Myanmar", True),
    ]


def test_a_phrase_shows_only_where_nothing_more_telling_is_marked() -> None:
    pieces = segments("taken back over", [Mark(0, 15, "phrase"), Mark(0, 10, "return_action")])

    assert [(p.text, p.concept, p.label) for p in pieces] == [
        ("taken back", "return_action", "Return, Telling phrase"),
        (" over", "phrase", "Telling phrase"),
    ]


def test_every_concept_has_a_style() -> None:
    styles = (workbench.STATIC / "workbench.css").read_text(encoding="utf-8")

    assert [name for name in words.concept_order() if f"\n.c-{name} {{" not in styles] == []
    assert words.concept_order()[-1] == "phrase"


def test_paragraphs_keep_the_offsets_of_the_text() -> None:
    shown = paragraphs("one\ntwo\n\nthree", [Mark(4, 12, "risk")])

    assert [[(p.text, p.offset, p.concept) for p in paragraph] for paragraph in shown] == [
        [("one\n", 0, ""), ("two", 4, "risk")],
        [("thr", 9, "risk"), ("ee", 12, "")],
    ]


def test_zawgyi_is_shown_in_unicode_and_other_lines_stay() -> None:
    zawgyi = "ရန္ကုန္ၿမိဳ႕မွာ ဖမ္းဆီးခံရတဲ့ သူနာျပဳကို ျပန္ပို႔မယ္လို႔ ေျပာပါတယ္"

    assert legible(f"Yangon ၂၇\n{zawgyi}") == (
        "Yangon ၂၇\nရန်ကုန်မြို့မှာ ဖမ်းဆီးခံရတဲ့ သူနာပြုကို ပြန်ပို့မယ်လို့ ပြောပါတယ်"
    )


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("2026-11-21T20:03:00+00:00", "21 Nov 2026, 20:03 UTC"),
        ("2026-11-22T03:03:00+07:00", "21 Nov 2026, 20:03 UTC"),
        ("2026-11-21T20:03:00", "21 Nov 2026, 20:03 (time zone unknown)"),
        ("2026-11-21", "21 Nov 2026"),
        ("yesterday", "yesterday"),
        (None, ""),
    ],
)
def test_times_are_written_for_people(stored: str | None, shown: str) -> None:
    assert moments.moment(stored) == shown


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://a.example/x?y#z", True),
        ("http://127.0.0.2:8002/", True),
        ("HTTPS://a.example/", True),
        ("javascript:alert(1)", False),
        ("javascript://a.example/%0aalert(1)", False),
        (" javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//a.example/", False),
        ("https:///x", False),
        ("http://[::1", False),
        ("", False),
        (None, False),
        (7, False),
    ],
)
def test_only_web_addresses_become_links(url: Any, safe: bool) -> None:
    assert words.web_url(url) == (url if safe else None)


def test_names_for_codes_and_codes_without_a_name() -> None:
    assert words.country("TH") == "Thailand"
    assert words.country("XX") == "XX"
    assert words.language("my") == "Burmese"
    assert words.language(None) == "Undecided"
    assert words.language("xx") == "xx"
    assert words.story_type(None) == ""
    assert words.concept("place:KH") == "Place: Cambodia"
    assert words.concept("new_concept") == "new_concept"
    assert words.lang_tag("zh", "Hant") == "zh-Hant"
    assert words.lang_tag("und") == ""
    assert words.codes('["TH", "MM"]') == ["TH", "MM"]
    assert words.codes("not json") == words.codes(None) == words.codes("{}") == []
