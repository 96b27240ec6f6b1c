"""Several addresses of one article become one, and a translation stays another article.

The addresses are those that the outlets really use.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_records import judged

from monitor.items import Judged
from monitor.outlets import Outlet, load_outlets
from monitor.outlets.addresses import address_of, identified, key_of, page_of

OUTLETS = load_outlets()
RULED = sorted(slug for slug, outlet in OUTLETS.items() if outlet.address_rules)

# outlet, an address that is met, the one that is kept
REDUCED = [
    ("al-jazeera", "https://www.aljazeera.com/amp/news/2021/11/24/holdthailand-refugee-deportations-trigger-condemnation-defiance", "https://www.aljazeera.com/news/2021/11/24/holdthailand-refugee-deportations-trigger-condemnation-defiance"),
    ("al-jazeera", "https://www.aljazeera.com/news/2025/10/7/ecuadorean-president-daniel-noboa-unharmed-after-attack-on-his-car?traffic_source=rss", "https://www.aljazeera.com/news/2025/10/7/ecuadorean-president-daniel-noboa-unharmed-after-attack-on-his-car"),
    ("bbc-chinese", "https://www.bbc.com/zhongwen/articles/c93wvdn91kxo/trad?at_medium=RSS&at_campaign=rss", "https://www.bbc.com/zhongwen/articles/c93wvdn91kxo/simp"),
    ("bbc-chinese", "https://www.bbc.com/zhongwen/articles/cjw8n15e7z5o", "https://www.bbc.com/zhongwen/articles/cjw8n15e7z5o/simp"),
    ("bbc-chinese", "https://www.bbc.com/zhongwen/trad/world-63642100", "https://www.bbc.com/zhongwen/simp/world-63642100"),
    ("bbc-thai", "http://www.bbc.com/thai/thailand-38173269/", "https://www.bbc.com/thai/thailand-38173269/"),
    ("benarnews", "https://thadev.benarnews.org/english/news/thai/activists-arrested-11102021181417.html", "https://www.benarnews.org/english/news/thai/activists-arrested-11102021181417.html"),
    ("fmt", "https://dev-v4.freemalaysiatoday.com/category/nation/2020/06/08/216-rohingya-boat-people-detained-in-langkawi/", "https://www.freemalaysiatoday.com/category/nation/2020/06/08/216-rohingya-boat-people-detained-in-langkawi/"),
    ("frontier-myanmar", "https://frontiermyanmar.net/en/melons-rot-factories-shutter-myanmars-covid-19-fallout", "https://www.frontiermyanmar.net/en/melons-rot-factories-shutter-myanmars-covid-19-fallout"),
    ("hrw", "http://hrw.org./feature/2024/05/16/we-thought-we-were-safe/repression-and-forced-return-of-refugees-in-thailand", "https://www.hrw.org/feature/2024/05/16/we-thought-we-were-safe/repression-and-forced-return-of-refugees-in-thailand"),
    ("kompas", "https://medan.kompas.com/read/2022/01/15/154345278/sejarah-sawahlunto-kota-pemilik-tambang-batu-bara-pertama-di-indonesia-dan?page=2", "https://medan.kompas.com/read/2022/01/15/154345278/sejarah-sawahlunto-kota-pemilik-tambang-batu-bara-pertama-di-indonesia-dan"),
    ("licadho", "http://mail.licadho-cambodia.org/pressrelease.php?perm=381&khmer", "https://www.licadho-cambodia.org/pressrelease.php?perm=381&khmer"),
    ("licadho", "https://licadho-cambodia.org/reports.php?perm=243", "https://www.licadho-cambodia.org/reports.php?perm=243"),
    ("luat-khoa", "https://www.luatkhoa.org/2019/03/a-story/?ref=luatkhoa.com", "https://www.luatkhoa.com/2019/03/a-story/"),
    ("phnom-penh-post", "http://phnompenhpost.com/national/government-set-send-back-group-montagnards", "https://www.phnompenhpost.com/national/government-set-send-back-group-montagnards/"),
    ("phnom-penh-post", "https://m.phnompenhpost.com/business/world-bank-shrinks-cambodia-s-economic-growth-forecast-to-4-0-urges-diversification", "https://www.phnompenhpost.com/business/world-bank-shrinks-cambodia-s-economic-growth-forecast-to-4-0-urges-diversification/"),
    ("prachatai-en", "https://prachatai.com/english/node/9233", "https://prachataienglish.com/node/9233"),
    ("reuters-asia", "http://in.reuters.com/article/thailand-myanmar-rohingyas-bangladesh-idINL3N0T04FT20141110", "https://www.reuters.com/article/thailand-myanmar-rohingyas-bangladesh-idINL3N0T04FT20141110"),
    ("rfa-english", "https://rfa.org/english/cambodia/2024/11/26/cambodia-thailand-deports-activists", "https://www.rfa.org/english/cambodia/2024/11/26/cambodia-thailand-deports-activists"),
    ("rfa-uyghur", "http://www.rfa.org/uyghur/xewerler/medeniyet-tarix/almata-uyghur-edebiyati-11202015221517.html?encoding=latin", "https://www.rfa.org/uyghur/xewerler/medeniyet-tarix/almata-uyghur-edebiyati-11202015221517.html"),
    ("rfa-uyghur", "http://www.rfa.org/uyghur/xewerler/medeniyet-tarix/almata-uyghur-edebiyati-11202015221517.html/story_main?encoding=cyrillic", "https://www.rfa.org/uyghur/xewerler/medeniyet-tarix/almata-uyghur-edebiyati-11202015221517.html"),
    ("scmp", "https://www.scmp.com/news/asia/southeast-asia/article/3365188/philippines-expand-military-drone-fleet-south-china-sea-tensions-rise?utm_source=rss_feed", "https://www.scmp.com/news/asia/southeast-asia/article/3365188/philippines-expand-military-drone-fleet-south-china-sea-tensions-rise"),
    ("the-vietnamese", "https://www.thevietnamese.org/2021/11/vietnam-briefing-bao-sach-members-sentenced-to-nearly-15-years-in-prison-pham-doan-trangs-trial-is-delayed/", "https://www.thevietnamese.org/2021/11/vietnam-briefing-bao-sach-members-sentenced-to-nearly-15-years-in-prison-pham-doan-trangs-trial-is-delayed/"),
    ("thmeythmey", "https://thmeythmey.com/?page=detail&id=59282", "https://thmeythmey.com/detail/59282"),
    ("voa-khmer", "https://khmer.voanews.com/amp/forced-repatriation-case-spurs-political-legal-debate-in-south-korea/6660168.html", "https://khmer.voanews.com/a/forced-repatriation-case-spurs-political-legal-debate-in-south-korea/6660168.html"),
]  # fmt: skip

# outlet, key, addresses that have it
SAME = [
    ("antara-id", "www.antaranews.com/4033662", ["https://www.antaranews.com/berita/4033662/malaysia-deportasi-386-wni-tidak-miliki-izin-melalui-tawau-ke-nunukan", "https://antaranews.com/berita/4033662/"]),
    ("bangkok-post", "768180", ["https://www.bangkokpost.com/world/768180", "http://www.bangkokpost.com/news/world/768180/another-slug"]),
    ("jakarta-post", "2023/05/06/bali-deports-101-foreigners-in-four-months", ["https://www.thejakartapost.com/paper/2023/05/06/bali-deports-101-foreigners-in-four-months.html", "https://www.thejakartapost.com/indonesia/2023/05/06/bali-deports-101-foreigners-in-four-months.html"]),
    ("khmer-times", "501718769", ["https://www.khmertimeskh.com/501718769/271-foreigners-arrested-in-crackdown-on-poipet-scam-centre/", "https://khmertimeskh.com/501718769/a-corrected-title/"]),
    ("nation-thailand", "40060183", ["https://www.nationthailand.com/blogs/news/asean/40060183", "https://www.nationthailand.com/news/asean/40060183"]),
    ("prachatai-th", "110058", ["https://prachatai.com/journal/2024/07/110058", "https://prachatai.com/node/110058", "https://prachatai.com/print/110058"]),
    ("thai-enquirer", "72428", ["https://www.thaienquirer.com/72428/", "https://www.thaienquirer.com/72428/a-slug/?fbclid=x"]),
    ("the-88-project", "vietnam-free-expression-newsletter-no-72017-week-of-april-10-16", ["https://the88project.org/2017/04/17/vietnam-free-expression-newsletter-no-72017-week-of-april-10-16/", "https://the88project.org/vietnam-free-expression-newsletter-no-72017-week-of-april-10-16/"]),
    ("the-star-my", "news/nation/2015/07/19/mcmc-block-sarawak-report", ["http://www.thestar.com.my/News/Nation/2015/07/19/MCMC-block-sarawak-report/", "https://www.thestar.com.my/news/nation/2015/07/19/mcmc-block-sarawak-report"]),
    ("unhcr", "famed-cambodian-refugee-camp-reopens-educational-centre", ["https://www.unhcr.org/us/news/stories/famed-cambodian-refugee-camp-reopens-educational-centre", "https://www.unhcr.org/news/stories/famed-cambodian-refugee-camp-reopens-educational-centre"]),
    ("voa-cambodia-en", "4251539", ["https://www.voacambodia.com/a/un-deeply-concerned-over-deportation-of-cambodian-from-thailand/4251539.html", "https://voacambodia.com/a/4251539.html"]),
    ("voa-khmer", "3643488", ["https://khmer.voanews.com/a/rohingya-refugees-seek-to-return-home-to-myanmar/3643488.html", "https://khmer.voanews.com/a/3643488.html"]),
]  # fmt: skip

# outlet, addresses of different articles: of translations first
APART = [
    ("hrw", "https://www.hrw.org/vi/news/2025/11/14/thailand-vietnamese-refugees-at-risk-from-hanoi", "https://www.hrw.org/news/2025/11/14/thailand-vietnamese-refugees-at-risk-from-hanoi"),
    ("licadho", "http://www.licadho-cambodia.org/pressrelease.php?perm=381&khmer", "http://www.licadho-cambodia.org/pressrelease.php?perm=381"),
    ("licadho", "https://www.licadho-cambodia.org/reports.php?perm=243", "https://www.licadho-cambodia.org/reports.php?perm=244"),
    ("isaan-record", "https://theisaanrecord.co/2024/07/24/games-of-senators/", "https://theisaanrecord.co/en/2024/07/24/games-of-senators/"),
    ("ohchr", "https://www.ohchr.org/en/press-releases/2026/01/a-story", "https://www.ohchr.org/fr/press-releases/2026/01/a-story"),
    ("thaiger", "https://thethaiger.com/th/news/1484692/", "https://thethaiger.com/news/1484692/"),
    ("tlhr", "https://tlhr2014.com/en/archives/12366", "https://tlhr2014.com/archives/12366"),
    ("malay-mail", "https://www.malaymail.com/news/world/2019/09/06/a-story/152531", "https://www.malaymail.com/news/malaysia/2024/10/04/another/152531"),
    ("antara-id", "https://kalsel.antaranews.com/berita/300025/a", "https://www.antaranews.com/berita/300025/b"),
    ("unhcr", "https://www.unhcr.org/jp/news/stories/famed-cambodian-refugee-camp-reopens-educational-centre", "https://www.unhcr.org/news/stories/famed-cambodian-refugee-camp-reopens-educational-centre"),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "url", "kept"), REDUCED)
def test_an_address_is_reduced_to_the_one_that_is_kept(slug: str, url: str, kept: str) -> None:
    outlet = OUTLETS[slug]
    assert address_of(outlet, url) == kept
    assert address_of(outlet, kept) == kept
    assert outlet.is_article(kept)


@pytest.mark.parametrize(("slug", "key", "urls"), SAME)
def test_addresses_of_one_article_have_one_key(slug: str, key: str, urls: list[str]) -> None:
    assert {key_of(OUTLETS[slug], url) for url in urls} == {key}


@pytest.mark.parametrize(("slug", "one", "other"), APART)
def test_translations_and_other_articles_stay_apart(slug: str, one: str, other: str) -> None:
    outlet = OUTLETS[slug]
    assert address_of(outlet, one) != address_of(outlet, other)
    assert key_of(outlet, one) is None or key_of(outlet, one) != key_of(outlet, other)


def test_a_page_is_asked_for_whole_and_stored_under_the_plain_address() -> None:
    kompas = OUTLETS["kompas"]
    story = "https://nasional.kompas.com/read/2026/01/19/20333411/anggaran-mbg-tahun-2026-meroket-jadi-rp-335-triliun"
    assert page_of(kompas, story) == f"{story}?page=all"
    assert page_of(kompas, page_of(kompas, story)) == f"{story}?page=all"
    assert address_of(kompas, page_of(kompas, story)) == story
    assert page_of(kompas, kompas.homepage) == kompas.homepage


def test_every_rule_is_tested() -> None:
    assert {*RULED} <= {row[0] for row in (*REDUCED, *SAME)}


@given(
    st.sampled_from(sorted(OUTLETS.values(), key=lambda outlet: outlet.slug)),
    st.sampled_from(["", "www.", "m."]),
    st.text(max_size=40) | st.sampled_from([url.split("/", 3)[3] for _, url, _ in REDUCED]),
)
def test_an_address_is_reduced_in_one_step(outlet: Outlet, label: str, path: str) -> None:
    host = outlet.homepage.split("/")[2].removeprefix("www.")
    once = address_of(outlet, f"http://{label}{host}/{path}")
    assert address_of(outlet, once) == once


def test_the_address_that_answered_gives_the_key_not_the_one_that_the_page_names() -> None:
    page = "https://prachatai.com/journal/2024/07/110058"
    lying: Judged = judged("http://prachatai.com/node/1", page_url=page, outlet="prachatai-th")
    record = identified(lying, OUTLETS["prachatai-th"])
    assert (record.article.url, record.key) == ("https://prachatai.com/node/1", "110058")
