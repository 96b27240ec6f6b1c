"""What pages say of their article, to machines and to readers."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import HtmlElement, document_fromstring

from monitor.extract import bylines, dates
from monitor.extract.address_dates import date_in_address
from monitor.extract.dates import find_date, parse_date, plausible
from monitor.extract.metadata import PageMetadata, without_site_name

URL = "https://outlet.example/2026/11/a-story"
FETCHED = datetime(2026, 11, 23, 2, tzinfo=UTC)


def read(head: str = "", body: str = "", url: str = URL) -> PageMetadata:
    tree = document_fromstring(f"<html><head>{head}</head><body>{body}</body></html>")
    assert isinstance(tree, HtmlElement)
    return PageMetadata(tree, url, FETCHED)


def linked(*nodes: dict[str, Any]) -> str:
    return "".join(
        f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in nodes
    )


def article(**properties: Any) -> dict[str, Any]:
    return {"@type": "NewsArticle", "headline": "A story", **properties}


# JSON-LD


def test_the_node_of_this_page_is_taken_among_several() -> None:
    other = article(
        headline="Another", url="https://outlet.example/2025/another", datePublished="2025-01-01"
    )
    page = read(linked(other, article(url=URL, datePublished="2026-11-20")))
    assert page.title == "A story"
    assert page.published is not None
    assert page.published[0].at == datetime(2026, 11, 20)


def test_a_node_of_another_page_is_not_believed() -> None:
    other = article(
        headline="Another", url="https://outlet.example/2025/another", datePublished="2025-01-01"
    )
    page = read(linked(other) + "<meta property=og:title content='The story here'>")
    assert (page.title, page.published) == ("The story here", None)


def test_teasers_in_lists_are_not_the_article() -> None:
    page = read(
        linked({"@type": "ItemList", "itemListElement": [{"item": article(headline="Teaser")}]}),
        "<h1>The story</h1>",
    )
    assert page.title == "The story"


@pytest.mark.parametrize(
    "source",
    [
        '{"@type":"NewsArticle","headline":"A story",}',
        '<!-- {"@type":"NewsArticle","headline":"A story"} -->',
        '/*<![CDATA[*/{"@type":"NewsArticle","headline":"A story"}/*]]>*/',
        '{"@type":"NewsArticle","headline":"A\nstory"};',
        '{"@type":"WebSite"}{"@type":"NewsArticle","headline":"A story"}',
        "{&quot;@type&quot;:&quot;NewsArticle&quot;,&quot;headline&quot;:&quot;A story&quot;}",
        '[{"@type":"NewsArticle","headline":"A story"}] trailing rubbish',
    ],
)
def test_common_breakages_of_json_ld_are_repaired(source: str) -> None:
    assert read(f'<script type="application/ld+json">{source}</script>').title == "A story"


@pytest.mark.parametrize(
    "source",
    ["", "{", "[" * 5000, "null", "3", '"text"', '{"@type": {"a": 1}}', '{"@graph": [null, [1]]}'],
)
def test_hopeless_json_ld_is_passed_over(source: str) -> None:
    page = read(
        f'<script type="application/ld+json">{source}</script><meta property=og:title content=Title-tag>'
    )
    assert (page.title, page.byline, page.published) == ("Title-tag", (), None)


def test_authors_are_found_by_reference_and_by_parts_of_their_name() -> None:
    graph = {"@graph": [
        article(author=[{"@id": "#1"}, {"@type": "Person", "givenName": "Tun", "familyName": "Aye"}, "Sok Dara"]),
        {"@type": "Person", "@id": "#1", "name": "Mali Somjit"},
    ]}  # fmt: skip
    assert read(linked(graph)).byline == ("Mali Somjit", "Tun Aye", "Sok Dara")


# Order of origins


def test_a_person_comes_before_the_site_and_the_site_before_nobody() -> None:
    head = "<meta property=og:site_name content='The Outlet'>" + linked(
        article(author={"@type": "Organization", "name": "The Outlet"})
    )
    assert read(head, '<h1>A story</h1><p class="byline">By Mali Somjit</p>').byline == (
        "Mali Somjit",
    )
    assert read(head).byline == ("The Outlet",)


def test_dates_are_asked_for_in_order_and_impossible_ones_are_passed_over() -> None:
    ld = linked(article(datePublished="2031-01-01T00:00:00Z"))
    meta = '<meta property="article:published_time" content="1970-01-01T00:00:00Z">'
    body = '<h1>A story</h1><time datetime="2026-11-20">x</time>'
    published = read(ld + meta, body).published
    assert published is not None
    assert (published[0].at, published[0].precision, published[1]) == (
        datetime(2026, 11, 20),
        "day",
        "meta",
    )


def test_todays_date_in_the_site_header_is_no_dateline() -> None:
    many = "<span>menu</span>" * 30
    page = read(
        "",
        f"<div class=date>22 November 2026</div>{many}<h1>A story</h1><div>20 November 2026</div>",
    )
    assert page.published is not None
    assert (page.published[0].at.day, page.published[1]) == (20, "page")


def test_a_date_in_a_paragraph_or_caption_is_no_dateline() -> None:
    body = (
        "<h1>A story</h1><figcaption>Mae Sot, 3 May 2024</figcaption><p>"
        + "word " * 30
        + "on 3 May 2024.</p>"
    )
    assert read("", body).published is None


def test_a_logo_in_h1_is_not_the_headline() -> None:
    page = read(
        "<title>The story of the day - The Outlet</title>",
        "<h1>The Outlet</h1><h2>The story of the day</h2>",
    )
    assert page.title == "The story of the day"


def test_an_unknown_ending_of_the_title_goes_when_the_headline_ends_there() -> None:
    page = read(
        "<title>The story of the day | World | 22.11.2026</title>", "<h1>The story of the day</h1>"
    )
    assert page.title == "The story of the day"


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("A story | The Outlet", "A story"),
        ("A story – with a dash – The Outlet", "A story – with a dash"),
        ("The Outlet: A story", "The Outlet: A story"),
        ("The Outlet » A story", "A story"),
        ("A story - part two", "A story - part two"),
    ],
)
def test_a_title_loses_the_sites_name_only(title: str, expected: str) -> None:
    assert without_site_name(title, ["The Outlet"]) == expected


# Address and language


@pytest.mark.parametrize(
    ("head", "canonical"),
    [
        ("<link rel=canonical href='https://www.outlet.example/the-story/?utm_source=x'>", "https://www.outlet.example/the-story/"),
        ("<link rel=canonical href='/the-story'>", "https://outlet.example/the-story"),
        ("<link rel=canonical href='https://outlet.example/'>", URL),
        ("<link rel=canonical href='https://outlet.example/2026/'>", URL),
        ("<link rel=canonical href='https://elsewhere.example/the-story'>", URL),
        ("<link rel=canonical href='https://outlet.example/'><meta property=og:url content='https://outlet.example/s/9'>", "https://outlet.example/s/9"),
        ("<link rel=canonical href='http://['>", URL),
        ("", URL),
    ],
)  # fmt: skip
def test_the_pages_own_address_counts_when_it_can_be_one(head: str, canonical: str) -> None:
    assert read(head).canonical == canonical


@pytest.mark.parametrize(
    ("url", "head", "canonical"),
    [
        # the original as canonical, with no list of languages and with one
        ("/km/story", "<link rel=canonical href='/en/story'>", "/km/story"),
        ("/km/story", "<link rel=canonical href='/story'>", "/km/story"),
        ("/story", "<meta property=og:locale content=km_KH><link rel=canonical href='/en/story'>", "/story"),
        ("/p.php?perm=381&khmer", "<link rel=canonical href='/p.php?perm=381'>", "/p.php?perm=381&khmer"),
        ("/story?lang=th", "<link rel=canonical href='/story'>", "/story?lang=th"),
        ("/7", "<link rel=alternate hreflang=km href='/7'><link rel=alternate hreflang=en href='/8'><link rel=canonical href='/8'>", "/7"),
        ("/7", "<meta property=og:locale content=km_KH><link rel=alternate hreflang=en-GB href='/8'><link rel=canonical href='/8'>", "/7"),
        # the same article, printed, for a telephone or by another path
        ("/km/story/amp", "<link rel=canonical href='/km/story'>", "/km/story"),
        ("/print/7", "<link rel=canonical href='/story'>", "/story"),
        ("/story", "<meta property=og:locale content=en_GB><link rel=canonical href='/en/story'>", "/en/story"),
        ("/zh-hans/story", "<link rel=canonical href='/zh/story'>", "/zh/story"),
        ("/7/amp", "<meta property=og:locale content=en_GB><link rel=alternate hreflang=km href='/8'><link rel=alternate hreflang=en href='/7'><link rel=alternate hreflang=x-default href='/7'><link rel=canonical href='/7'>", "/7"),
    ],
)  # fmt: skip
def test_a_translation_keeps_its_address_and_a_copy_does_not(
    url: str, head: str, canonical: str
) -> None:
    site = "https://outlet.example"
    assert read(head, url=site + url).canonical == site + canonical


def test_a_page_for_telephones_is_its_article_and_another_languages_host_is_not() -> None:
    head = "<link rel=canonical href='https://www.outlet.example/story-7'>"
    phone = read(head, url="https://m.outlet.example/story-7").canonical
    assert phone == "https://www.outlet.example/story-7"
    khmer = "https://khmer.outlet.example/story-7"
    assert read(head, url=khmer).canonical == khmer


def test_addresses_of_a_local_server_work_alike() -> None:
    head = "<link rel=canonical href='http://127.0.0.4:8801/story/12'>"
    assert (
        read(head, url="http://127.0.0.4:8801/story/12/amp").canonical
        == "http://127.0.0.4:8801/story/12"
    )
    other = "http://127.0.0.5:8801/story/12"
    assert read(head, url=other).canonical == other


def test_the_declared_language_is_read_in_order() -> None:
    assert read("<meta property=og:locale content=th_TH>").language == "th-TH"
    assert read(linked(article(inLanguage="km"))).language == "km"
    assert read("<meta property=og:locale content='not a language'>").language is None


# Bylines


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ("By Mali Somjit and Tun Aye", ("Mali Somjit", "Tun Aye")),
        ("BY: Mali Somjit", ("Mali Somjit",)),
        ("Mali Somjit, Tun Aye & Sok Dara", ("Mali Somjit", "Tun Aye", "Sok Dara")),
        ("Mali Somjit, Senior Reporter", ("Mali Somjit",)),
        ("Mali Somjit, Mali Somjit", ("Mali Somjit",)),
        ("Mali Somjit (mso)", ("Mali Somjit",)),
        ("Mali Somjit mali@outlet.example @mali https://x.example/mali", ("Mali Somjit",)),
        ("<a href='/m'>Mali&nbsp;Somjit</a>", ("Mali Somjit",)),
        ("โดย มะลิ สมจิต และ ตุน เอ", ("มะลิ สมจิต", "ตุน เอ")),
        ("Oleh: Dewi Lestari dan Agus Salim", ("Dewi Lestari", "Agus Salim")),
        ("Byron Bay", ("Byron Bay",)),
        ("Anders And", ("Anders And",)),
        ("AFP", ("AFP",)),
        ("https://www.facebook.com/outlet", ()),
        ("Staff Writer", ()),
        ("admin", ()),
        ("The Outlet", ()),
        ("2026-11-22 10:00", ()),
        ("word " * 40, ()),
        ("", ()),
    ],
)
def test_names_are_taken_out_of_bylines(raw: str, names: tuple[str, ...]) -> None:
    assert bylines.names([raw], site_names=["The Outlet"]) == names


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ("Mali Somjit writes from Mae Sot", ("Mali Somjit",)),
        ("our correspondents", ()),
        ("Ana de la Cruz", ("Ana de la Cruz",)),
        ("dpa", ("dpa",)),
        ("Mali Somjit, Outlet Khmer", ("Mali Somjit",)),
    ],
)
def test_visible_bylines_are_half_sentences(raw: str, names: tuple[str, ...]) -> None:
    assert bylines.names_in_prose([raw], site_names=["Outlet"]) == names


@given(st.text(), st.text())
def test_bylines_of_any_text_are_short_and_distinct(raw: str, site: str) -> None:
    for found in (
        bylines.names([raw], site_names=[site]),
        bylines.names_in_prose([raw], site_names=[site]),
    ):
        assert len(set(found)) == len(found)
        assert all(0 < len(name) <= 70 for name in found)


# Dates

ICT = "+07:00"
MONTHS: dict[str, list[str]] = tomllib.loads(
    Path(dates.__file__).with_name("month_names.toml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    ("written", "iso", "precision"),
    [
        ("2026-11-22T02:00:00+07:00", f"2026-11-22T02:00:00{ICT}", "second"),
        ("2026-11-22T02:00:00.123Z", "2026-11-22T02:00:00+00:00", "second"),
        ("2026-11-22 02:00:00 +0700", f"2026-11-22T02:00:00{ICT}", "second"),
        ("2026-11-22T02:00", "2026-11-22T02:00:00", "second"),
        ("2026-11-22", "2026-11-22T00:00:00", "day"),
        ("2569-11-22", "2026-11-22T00:00:00", "day"),
        ("20261122", "2026-11-22T00:00:00", "day"),
        ("1795312800", "2026-11-22T02:00:00+00:00", "second"),
        ("1795312800000", "2026-11-22T02:00:00+00:00", "second"),
        ("Sun, 22 Nov 2026 02:00:00 +0700", f"2026-11-22T02:00:00{ICT}", "second"),
        ("Sun, 22 Nov 2026 02:00:00 GMT", "2026-11-22T02:00:00+00:00", "second"),
        ("วันอาทิตย์ที่ ๒๒ พฤศจิกายน พ.ศ. ๒๕๖๙ เวลา ๑๐.๓๐ น.", "2026-11-22T10:30:00", "second"),
        ("22 พ.ย. 2569", "2026-11-22T00:00:00", "day"),
        ("22 พ.ย. 69 | 10:30 น.", "2026-11-22T10:30:00", "second"),
        ("ថ្ងៃទី២២ ខែវិច្ឆិកា ឆ្នាំ២០២៦ ម៉ោង ១០:៣០", "2026-11-22T10:30:00", "second"),
        ("22 June 2567", "2024-06-22T00:00:00", "day"),
        ("22 June 64", "2021-06-22T00:00:00", "day"),
        ("22 June 64 | 10:30", "2021-06-22T10:30:00", "second"),
        ("22 มิ.ย. 67", "2024-06-22T00:00:00", "day"),
        ("วันที่ ๒๒ เดือน ๑๑ พ.ศ. ๒๕๖๙", "2026-11-22T00:00:00", "day"),
        ("ថ្ងៃទី ២២ ខែ ១១ ឆ្នាំ ២០២៦", "2026-11-22T00:00:00", "day"),
        ("ថ្ងៃទី២២ ខែកុម្ភ: ឆ្នាំ២០២៦", "2026-02-22T00:00:00", "day"),
        ("ວັນທີ 22 ເດືອນ 11 ປີ 2026", "2026-11-22T00:00:00", "day"),
        ("နိုဝင်ဘာ ၂၂၊ ၂၀၂၆", "2026-11-22T00:00:00", "day"),
        ("နိုဝင်ဘာလ ၂၂ ရက် ၂၀၂၆", "2026-11-22T00:00:00", "day"),
        ("ວັນທີ ໒໒ ພະຈິກ ໒໐໒໖", "2026-11-22T00:00:00", "day"),
        ("၂၂ နိုဝင်ဘာ ၂၀၂၆", "2026-11-22T00:00:00", "day"),
        ("၂၀၂၆ ခုနှစ် နိုဝင်ဘာ ၂၂ ရက်", "2026-11-22T00:00:00", "day"),
        ("2026年11月22日 10:30", "2026-11-22T10:30:00", "second"),
        ("Chủ nhật, 22/11/2026, 10:30 (GMT+7)", f"2026-11-22T10:30:00{ICT}", "second"),
        ("22 tháng 11, 2026", "2026-11-22T00:00:00", "day"),
        ("Minggu, 22 Nov 2026 10:00 WIB", f"2026-11-22T10:00:00{ICT}", "second"),
        ("22 Kasım 2026", "2026-11-22T00:00:00", "day"),
        ("Nov. 22, 2026 at 10:30 pm", "2026-11-22T22:30:00", "second"),
        ("Published on 22nd of November, 2026", "2026-11-22T00:00:00", "day"),
        ("22.11.2026", "2026-11-22T00:00:00", "day"),
        ("11/22/2026", "2026-11-22T00:00:00", "day"),
    ],
)
def test_dates_are_read_as_outlets_write_them(written: str, iso: str, precision: str) -> None:
    dated = parse_date(written)
    assert dated is not None
    assert (dated.at.isoformat(), dated.precision) == (iso, precision)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "3 hours ago", "22 November 45 min read", "22 November 98", "June 64", "Mayor 12 of 2026", "31 February 2026", "2026-13-45", "12345", "call 02 2026 1234", "9999999999999999"],
)  # fmt: skip
def test_what_is_no_date_gives_none(text: str) -> None:
    assert parse_date(text) is None


def test_an_ambiguous_date_follows_the_country() -> None:
    day, month = find_date("03/04/2026"), find_date("03/04/2026", day_first=False)
    assert day is not None
    assert month is not None
    assert (day.at.month, month.at.month) == (4, 3)


def test_dates_are_bounded_by_1990_and_the_day_after_the_fetch() -> None:
    assert plausible(FETCHED + timedelta(hours=23), FETCHED)
    assert plausible(FETCHED.replace(tzinfo=None), FETCHED)
    assert not plausible(FETCHED + timedelta(hours=25), FETCHED)
    assert not plausible(datetime(1989, 12, 31), FETCHED)
    assert plausible(datetime(2090, 1, 1), None)


@given(
    st.text()
    | st.datetimes().map(str)
    | st.from_regex(dates._DAY_FIRST)
    | st.from_regex(dates._ISO)
)
def test_any_text_is_a_date_or_none(text: str) -> None:
    for dated in (parse_date(text), find_date(text, day_first=False)):
        assert (
            dated is None or dated.precision == "second" or dated.at.time() == datetime.min.time()
        )


def spelled(number: int, digits: str, width: int = 1) -> str:
    return "".join(digits[int(digit)] for digit in f"{number:0{width}}")


@given(
    st.dates(date(1990, 1, 1), date(2040, 12, 31)),
    st.sampled_from(["0123456789", "๐๑๒๓๔๕๖๗๘๙", "០១២៣៤៥៦៧៨៩", "໐໑໒໓໔໕໖໗໘໙", "၀၁၂၃၄၅၆၇၈၉"]),
    st.sampled_from([0, 543]),
    st.data(),
)
def test_a_date_is_found_in_every_language_digits_and_era(
    day: date, digits: str, era: int, data: st.DataObject
) -> None:
    language = data.draw(st.sampled_from(sorted(MONTHS)))
    name = data.draw(st.sampled_from(MONTHS[language][day.month - 1].split("|")))
    year = spelled(day.year + era, digits)
    number = spelled(day.day, digits)
    month, padded = spelled(day.month, digits, 2), spelled(day.day, digits, 2)
    for text in (f"{number} {name} {year}", f"{padded}/{month}/{year}", f"{year}-{month}-{padded}"):
        found = find_date(text)
        assert found is not None, text
        assert (found.at.date(), found.precision) == (day, "day"), text


@pytest.mark.parametrize(
    ("address", "day"),
    [
        ("https://www.aljazeera.com/news/2018/1/31/sam-sokha-at-risk-of-imminent-deportation-in-thailand", "2018-01-31"),
        ("https://theisaanrecord.co/2024/07/24/games-of-senators/", "2024-07-24"),
        ("https://outlet.example/world/2024/may/12/a-story", "2024-05-12"),
        ("https://outlet.example/2567/05/12/a-story", "2024-05-12"),
        ("https://outlet.example/%E0%B9%92%E0%B9%95%E0%B9%96%E0%B9%97/%E0%B9%90%E0%B9%95/%E0%B9%91%E0%B9%92/a-story", "2024-05-12"),
        ("https://rfa.org/english/news/cambodia/candlelight-arrest-bangkok-07102023124030.html", "2023-07-10"),
        ("https://www.rfa.org/english/news/85968-20020702.html", "2002-07-02"),
        ("https://focustaiwan.tw/society/202604270011", "2026-04-27"),
        ("https://www.cna.com.tw/news/aipl/202307290074.aspx", "2023-07-29"),
        ("http://www.bbc.com/vietnamese/vietnam/2016/03/160322_hrw_basam", "2016-03-22"),
        ("https://www.fortifyrights.org/tha-inv-oped-2022-09-13/", "2022-09-13"),
        ("https://www.reuters.com/world/asia-pacific/taiwan-indicts-9-over-alleged-illegal-export-ai-servers-china-2026-08-24/", "2026-08-24"),
        ("https://www.voacambodia.com/a/a-40-2007-07-03-voa2-90154917/1356631.html", "2007-07-03"),
        ("https://burma.irrawaddy.com/news/2020/01/31/216348.html", "2020-01-31"),
        ("https://thediplomat.com/2025/03/uzbekistans-evolving-northern-afghanistan-strategy/", None),
        ("https://prachatai.com/journal/2022/08/100082", None),
        ("https://www.nationthailand.com/news/asean/40058134", None),
        ("https://www.bbc.com/burmese/world-41146701", None),
        ("https://outlet.example/news/20110512", None),
        ("https://outlet.example/2026/13/45/a-story", None),
        ("http://[", None),
    ],
)  # fmt: skip
def test_a_day_in_an_address_is_read_and_a_number_is_not(address: str, day: str | None) -> None:
    dated = date_in_address(address)
    assert (dated and (dated.at.date().isoformat(), dated.precision)) == (day and (day, "day"))


def test_month_names_mean_one_month_each() -> None:
    months: dict[str, int] = {}
    for names in MONTHS.values():
        assert len(names) == 12
        for number, spellings in enumerate(names, start=1):
            for name in spellings.casefold().split("|"):
                assert months.setdefault(name, number) == number
