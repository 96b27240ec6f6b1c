"""From listed addresses to ``article_url``: real forms of addresses, and wild ones."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.address_pattern import article_pattern, registered_domain

# Articles and other addresses of real outlets, each a different form. The
# pattern is made without the other addresses, as of a site just met.
SITES = [
    (
        [
            "https://prachataienglish.com/node/9233",
            "https://prachataienglish.com/node/10280",
            "https://prachataienglish.com/node/7929",
        ],
        [
            "https://prachataienglish.com/category/tlhr?page=15",
            "https://prachataienglish.com/taxonomy/term/760/all/feed",
        ],
    ),
    (
        [
            "https://prachatai.com/journal/2022/08/100082",
            "https://prachatai.com/journal/2026/10/119009",
            "https://prachatai.com/node/80642",
        ],
        ["https://prachatai.com/aggregator/categories/1?page=4", "https://prachatai.com/print/42"],
    ),
    (
        [
            "https://hongkongfp.com/2026/10/08/us-says-fiji-based-official-paid-bribes/",
            "https://hongkongfp.com/2024/10/12/internet-censorship-in-hong-kong/",
        ],
        ["https://hongkongfp.com/feed/", "https://hongkongfp.com/"],
    ),
    (
        [
            "https://nasional.kompas.com/read/2026/01/19/20333411/anggaran-mbg-tahun-2026",
            "https://www.kompas.com/global/read/2022/10/26/073000670/pbb-desak-malaysia",
        ],
        ["https://www.kompas.com/rss", "https://www.kompas.com/global"],
    ),
    (
        [
            "https://www.channelnewsasia.com/world/trump-hush-money-trial-delayed-4199601",
            "https://www.channelnewsasia.com/travel/jb-ramadan-bazaar-johor-bahru-4174276",
            "https://www.channelnewsasia.com/news/business/box-explores-sale-14468274",
        ],
        ["https://www.channelnewsasia.com/asia", "https://www.channelnewsasia.com/api/v1/rss"],
    ),
    (
        [
            "https://www.straitstimes.com/asia/se-asia/kl-deports-1086-myanmar-nationals",
            "https://www.straitstimes.com/asia/cambodia-pins-hopes-on-more-china-mediation",
        ],
        [
            "https://www.straitstimes.com/asia/se-asia",
            "https://www.straitstimes.com/news/asia/rss.xml",
        ],
    ),
    (
        [
            "https://focustaiwan.tw/society/202604270011",
            "https://focustaiwan.tw/business/202609180007",
        ],
        ["https://focustaiwan.tw/politics", "https://focustaiwan.tw/rss/news.xml"],
    ),
    (
        [
            "https://www.bbc.com/zhongwen/articles/c93wvdn91kxo/simp",
            "https://www.bbc.com/zhongwen/articles/cjw8n15e7z5o/simp",
            "https://www.bbc.com/zhongwen/trad/world-63642100",
        ],
        ["https://www.bbc.com/zhongwen/simp", "https://www.bbc.com/zhongwen/simp/topics/china"],
    ),
    (
        [
            "https://www.ucanews.com/news/laos-deports-462-nationals-over-scams/103494",
            "https://www.ucanews.com/news/memories-of-sri-lankan-easter-sunday/112909",
        ],
        ["https://www.ucanews.com/rss/news", "https://www.ucanews.com/news"],
    ),
    (
        [
            "https://apnews.com/article/thailand-election-2026-69186c8fce2df62e2bff0cc56234401e",
            "https://apnews.com/article/thailand-insurgency-863364191d84b10bd82ea9b8e47e62ca",
        ],
        ["https://apnews.com/hub/ap-top-news", "https://apnews.com/"],
    ),
    (
        [
            "https://www.fortifyrights.org/mly-inv-2026-06-01/",
            "https://www.fortifyrights.org/tha-inv-oped-2022-09-13/",
        ],
        ["https://www.fortifyrights.org/our_impact/", "https://www.fortifyrights.org/mission"],
    ),
    (
        [
            "http://www.licadho-cambodia.org/pressrelease.php?perm=381&khmer",
            "https://www.licadho-cambodia.org/reports.php?perm=243",
        ],
        [
            "https://licadho-cambodia.org/library.php?page=x&type=statements",
            "https://www.licadho-cambodia.org/album/view_photo.php",
        ],
    ),
    (
        [
            "https://e.vnexpress.net/news/news/hanoi-opens-river-park-4520189.html",
            "https://e.vnexpress.net/news/business/rice-price-falls-4611234.html",
        ],
        ["https://e.vnexpress.net/news/business", "https://e.vnexpress.net/rss/news.rss"],
    ),
    (
        [
            "https://cambojanews.com/%e1%9e%80%e1%9e%98%e1%9f%92%e1%9e%96%e1%9e%bb%e1%9e%87",
            "https://cambojanews.com/%e1%9e%91%e1%9e%93%e1%9f%92%e1%9e%9b%e1%9f%81%e1%9e%98",
        ],
        ["https://cambojanews.com/about", "https://cambojanews.com/category/news/"],
    ),
]


@pytest.mark.parametrize(("articles", "others"), SITES, ids=lambda urls: urls[0].split("/")[2])
def test_the_pattern_takes_articles_and_leaves_the_rest(
    articles: list[str], others: list[str]
) -> None:
    found = article_pattern(articles)
    assert found is not None
    assert found.matched == found.total == len(articles)
    assert all(re.match(found.regex, url + "?utm_source=rss") for url in articles if "?" not in url)
    assert [url for url in others if re.match(found.regex, url)] == []


def test_the_pattern_says_what_a_person_would_have_written() -> None:
    listed = [
        "https://www.mekongwire.example/news/2026/11/the-river-rose/",
        "https://mekongwire.example/asia/2026/10/ferry/",
    ]
    found = article_pattern(listed)
    assert found is not None
    assert found.regex == (
        r"^https?://(?:www\.)?mekongwire\.example/[^/?#]+/\d{4}/\d{1,2}/[^/?#]+/?(?:[?&#].*)?$"
    )


def test_a_title_is_told_from_a_section_by_its_words() -> None:
    listed = [f"http://n.example/the-river-rose-by-{n}-metres" for n in ("two", "three", "five")]
    found = article_pattern(listed)
    assert found is not None
    assert re.match(found.regex, "http://n.example/ferry-stays-in-port")
    assert not re.match(found.regex, "http://n.example/human-rights-news")


def test_where_sections_look_like_articles_the_seen_ones_are_named() -> None:
    listed = [f"http://n.example/{s}/{n:05}" for s in ("news", "asia") for n in range(9)]
    found = article_pattern(listed, ["http://n.example/photos/12345"])
    assert found is not None
    assert "(?:asia/|news/)" in found.regex


def test_exceptions_are_left_out_of_the_pattern() -> None:
    listed = [f"http://n.example/2026/11/{n:02}/story" for n in range(1, 29)]
    found = article_pattern([*listed, "http://polls.example/live"])
    assert found is not None
    assert (found.matched, found.total) == (28, 29)
    assert "polls" not in found.regex


@pytest.mark.parametrize(
    ("listed", "others"),
    [
        ([], []),
        (["http://n.example/", "nonsense", "http://[bad/x"], []),
        (["http://n.example/a"], ["http://n.example/b"]),
        ([f"http://{letter * 3}.example/1234" for letter in "abcdefghijklmnopqrstuvwxyz"], []),
    ],
)
def test_no_pattern_is_better_than_a_wrong_one(listed: list[str], others: list[str]) -> None:
    assert article_pattern(listed, others) is None


WORD = st.sampled_from(
    ["news", "asia", "2026", "11", "7", "12345", "a-b-c-d", "x.html", "ข่าว", "("]
)
URL = st.builds(
    lambda host, path, query: f"http://{host}.example/{'/'.join(path)}{query}",
    st.sampled_from(["n", "www.n", "m.n", "other"]),
    st.lists(WORD, max_size=5),
    st.sampled_from(["", "?id=77", "?utm_source=rss", "#top"]),
)


@given(st.lists(URL | st.text(max_size=20), max_size=12), st.lists(URL, max_size=4))
def test_a_pattern_holds_what_it_promises(listed: list[str], others: list[str]) -> None:
    found = article_pattern(listed, others)
    if found is not None:
        pattern = re.compile(found.regex)
        matched = [url for url in set(listed) if pattern.match(url)]
        assert len(matched) == found.matched >= 0.9 * found.total
        assert not any(pattern.match(url) for url in set(others) - set(listed))


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("news.example.com.my", "example.com.my"),
        ("e.vnexpress.net", "vnexpress.net"),
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
    ],
)
def test_the_registered_domain_is_below_the_public_suffix(host: str, domain: str) -> None:
    assert registered_domain(host) == domain
