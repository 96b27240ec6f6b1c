"""What stands in place of an article is recognised; articles, lists and sources are not.

The obstacles' pages are written after the public markup that ``markers.toml`` names; their texts
are ours.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import monitor.newsroom
from monitor.extract.markup import parsed
from monitor.newsroom import load_sites
from monitor.newsroom.edition import publish
from monitor.obstacles import HEAD_BYTES, MAX_BYTES, Obstacle, obstacle
from monitor.obstacles.markers import known_markers
from monitor.obstacles.sight import Sight, holds_prose, length
from monitor.spiders.failures import obstacle_missed

TEMPLATES = Path(monitor.newsroom.__file__).parent / "templates"
FIXTURES = Path(__file__).parent / "fixtures" / "pages"
URL = "https://daily.example/news/2026/11/boat"

SENTENCE = "The ferry left the harbour at noon and came back in the evening with its passengers. "
PARAGRAPH = f"<p>{SENTENCE * 3}</p>"
STORY = PARAGRAPH * 8


def page(body: str, title: str = "Ferry is late again | The Daily", head: str = "") -> bytes:
    return (
        f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>{title}</title>{head}</head>"
        f"<body>{body}</body></html>"
    ).encode()


def linked(**properties: object) -> str:
    data = {"@type": "NewsArticle", "headline": "Ferry is late again", **properties}
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


def found(
    body: bytes,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    url: str = URL,
    asked: str = URL,
) -> Obstacle | None:
    return obstacle(status, headers or {}, body, url, asked)


def kind(body: bytes, **response: str) -> str | None:
    stands = found(body, url=response.get("url", URL))
    return stands.kind if stands else None


# Bot checks


@pytest.mark.parametrize(
    ("status", "headers", "body", "product"),
    [
        (403, {"cf-mitigated": "challenge"}, b"<title>Just a moment...</title>", "Cloudflare"),
        (403, {}, b"<script>window._cf_chl_opt={}</script>", "Cloudflare"),
        (200, {}, b'<script id="anubis_challenge" type="application/json">', "Anubis"),
        (403, {}, b"<script src='https://ct.captcha-delivery.com/c.js'>", "DataDome"),
        (403, {"x-datadome": "protected"}, b"", "DataDome"),
        (202, {"x-amzn-waf-action": "challenge"}, b"", "AWS WAF"),
        (202, {}, b"<script>window.gokuProps = {'key':'A'};</script>", "AWS WAF"),
        (202, {}, b"<script>window.awsWafCookieDomainList = [];</script>", "AWS WAF"),
        (200, {}, b"<script>sucuri_cloudproxy_js=1</script>", "Sucuri"),
        (403, {"x-vercel-mitigated": "deny"}, b"", "Vercel"),
        (429, {"x-kpsdk-ct": "x"}, b"<script>window.KPSDK={};</script>", "Kasada"),
        (202, {"sg-captcha": "challenge"}, b"", "SiteGround"),
        (
            200,
            {},
            b"<meta http-equiv=refresh content='0;/.well-known/sgcaptcha/?r=%2F'>",
            "SiteGround",
        ),
        (403, {}, page("<h1>Wait</h1>", "Access to this page has been denied"), "HUMAN"),
        (403, {}, b"<div id='px-captcha'></div>", "HUMAN"),
        (200, {}, b"<iframe src='/_Incapsula_Resource?CWUDNSAI=24'>Failed</iframe>", "Imperva"),
        (405, {}, page("<p>Your browser...</p>" * 9, "Pardon Our Interruption"), "Imperva"),
        (
            403,
            {},
            b"<TITLE>Access Denied</TITLE><P>https&#58;&#47;&#47;errors&#46;edgesuite&#46;net",
            "Akamai",
        ),
        (
            200,
            {},
            b"<link href='/.well-known/.git.gammaspectra.live/git/go-away/cmd/a.css'>",
            "go-away",
        ),
        (403, {}, page("<p>Failed</p>", "Vercel Security Checkpoint"), "Vercel"),
        (200, {}, page("<script src='/_fs-ch-1T1wmsGaOgGaSxcX/script.js'></script>"), "Fastly"),
        (200, {}, page("<noscript>Please</noscript><script src='/TSPD/08a?type=9'>"), "F5"),
        (200, {}, b'<meta name="aliyun_waf_aa" content="5a">', "Alibaba"),
        (200, {}, b'<script src="/_guard/auto.js"></script>', "CDNFly"),
        (
            200,
            {},
            b"<script>document.cookie=toHex(slowAES.decrypt(c,2,a,b))</script>",
            "testcookie",
        ),
        (403, {}, page("", "DDoS-Guard"), "DDoS-Guard"),
        (200, {}, page("<p>It takes a moment.</p>", "Checking your browser…"), "captcha"),
        (200, {}, page("<form><div class='x'></div><div class=\"h-captcha\">"), "captcha"),
    ],
)
def test_a_challenge_names_its_product(
    status: int, headers: dict[str, str], body: bytes, product: str
) -> None:
    stands = found(body, status=status, headers=headers)
    assert stands is not None
    assert stands.kind == "bot_wall"
    assert stands.detail.startswith(f"a bot check ({product}")


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {}, page(STORY)),
        (200, {}, page(STORY + "<script src='/cdn-cgi/challenge-platform/scripts/jsd.js'>")),
        (200, {}, page("<script src='/_Incapsula_Resource?SWJIYLWA=7&amp;ns=1'></script>" + STORY)),
        (200, {"x-datadome": "protected"}, page(STORY)),
        (404, {"x-datadome": "protected"}, b"<h1>Gone</h1>"),
        (200, {}, b"<p>The site put an Anubis check before its pages.</p>"),
        (200, {}, page(STORY + '<form><div class="g-recaptcha"></div></form>', "Just a moment")),
        (200, {}, page(STORY + "<pre>" + "." * HEAD_BYTES + "_cf_chl_opt</pre>")),
        (403, {}, b"<h1>Forbidden</h1>"),
        (200, {}, b""),
    ],
)
def test_an_ordinary_page_is_no_challenge(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    assert found(body, status=status, headers=headers) is None


@pytest.mark.parametrize(
    ("status", "name", "product"),
    [(200, "_proof_of_work.html", "Anubis"), (403, "_interstitial.html", "Cloudflare")],
)
def test_a_challenge_of_many_paragraphs_is_one_all_the_same(
    status: int, name: str, product: str
) -> None:
    body = (TEMPLATES / name).read_bytes()
    assert body.count(b"<p") > 8
    assert found(body, status=status) == Obstacle(
        "bot_wall", f"a bot check ({product}) stands before the page"
    )


@pytest.mark.parametrize("tag", [b"<path d='M0 0h8'/>", b"<picture></picture>", b"<pre></pre>"])
def test_only_paragraphs_make_a_bot_scoring_script_harmless(tag: bytes) -> None:
    script = b"<script src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1'></script>"
    stands = found(tag * 9 + script, status=403)
    assert stands is not None
    assert "Cloudflare" in stands.detail
    assert found(b"<P class=lead>Text</P>" * 9 + script, status=403) is None


# Consent


@pytest.mark.parametrize(
    "url",
    [
        "https://consent.yahoo.com/v2/collectConsent?sessionId=1",
        "https://guce.techcrunch.example/consent?x=1",
        "https://consent.google.de/m?continue=x",
        "https://myprivacy.press.example/consent?siteKey=a",
    ],
)
def test_a_redirection_to_a_consent_host_is_a_wall(url: str) -> None:
    assert kind(page("<p>We value you.</p>" + STORY), url=url) == "consent_wall"


def test_a_page_of_nothing_but_a_consent_dialogue_is_a_wall() -> None:
    dialogue = (
        '<script src="https://cdn.privacy-mgmt.com/wrapper.js"></script><h2>Your privacy</h2>'
        "<p>We and our partners store cookies on your device. Do you consent to that?</p>"
        "<button>Accept all</button><a href='/privacy'>Settings</a>"
    )
    assert kind(page(dialogue, "The Daily")) == "consent_wall"
    assert kind(page(dialogue + STORY)) is None
    gallery = dialogue + "<h1>Kites over the beach</h1>" + "<figcaption>A red kite</figcaption>" * 9
    assert kind(page(gallery)) is None


def test_a_story_of_consent_is_not_a_wall() -> None:
    short = "<script src='https://cdn.cookielaw.org/x.js'></script><p>A cookie law passed.</p>"
    assert kind(page(short, head=linked())) is None


# Paywalls

STUB = "<h1>Ferry is late again</h1>" + PARAGRAPH


@pytest.mark.parametrize("free", [False, "False", "http://schema.org/False"])
def test_a_page_that_calls_itself_not_free_and_stops_short_is_a_stub(free: object) -> None:
    assert kind(page(STUB, head=linked(isAccessibleForFree=free))) == "paywall"
    assert kind(page(STORY, head=linked(isAccessibleForFree=free))) is None
    whole = linked(isAccessibleForFree=free, articleBody=SENTENCE * 20)
    assert kind(page(STUB, head=whole)) is None


def test_a_short_page_that_is_free_is_no_stub() -> None:
    assert kind(page(STUB, head=linked(isAccessibleForFree=True))) is None
    assert kind(page(STUB, head=linked())) is None


def test_a_teaser_of_a_closed_article_does_not_close_a_list() -> None:
    items = {
        "@type": "ItemList",
        "itemListElement": [{"@type": "Article", "isAccessibleForFree": False}],
    }
    head = f'<script type="application/ld+json">{json.dumps(items)}</script>'
    assert (
        kind(page("<ul>" + "<li><a href='/a'>A headline of a story</a></li>" * 40, head=head))
        is None
    )


@pytest.mark.parametrize("mark", sorted(known_markers().paywall_marks))
def test_a_products_mark_makes_a_stub(mark: str) -> None:
    cut = STUB + f"<div class='box {mark}'>More</div>"
    assert kind(page(cut, head=linked())) == "paywall"
    assert kind(page(STORY + cut, head=linked())) is None


@pytest.mark.parametrize("phrase", known_markers().paywall_phrases)
def test_a_phrase_makes_a_stub_of_an_article_only(phrase: str) -> None:
    og = "<meta property='og:type' content='article'>"
    cut = STUB + f"<div><b>{phrase.capitalize()}</b> now.</div>"
    assert kind(page(cut, head=og)) == "paywall"
    assert kind(page(STORY + cut, head=og)) is None
    assert kind(page(cut)) is None


# Login

FORM = "<form><label>Name <input name=u></label><input TYPE='password' name=p></form>"


@pytest.mark.parametrize(
    "url",
    [
        "https://daily.example/login?next=/news",
        "https://accounts.daily.example/authorize",
        "https://daily.example/user/Sign-In/",
        "https://daily.example/wp-login.php?redirect_to=x",
    ],
)
def test_a_redirection_to_a_login_is_one(url: str) -> None:
    assert kind(page("<div>Welcome</div>", "Daily"), url=url) == "login"
    assert kind(page(STORY), url=url) is None
    assert found(page("<div>Welcome</div>"), url=url, asked=url) is None


@pytest.mark.parametrize(
    "title", ["Log in", "เข้าสู่ระบบ | ข่าว", "Đăng nhập - Báo", "GİRİŞ YAP", "登入"]
)
def test_a_page_with_a_password_field_for_its_content_is_a_login(title: str) -> None:
    footer = "<ul>" + "<li>Another section of this site</li>" * 80 + "</ul>"
    assert kind(page(FORM + footer, title)) == "login"
    assert kind(page(FORM)) == "login"


def test_an_article_with_a_login_box_is_none() -> None:
    assert kind(page(FORM + STORY)) is None
    assert kind(page(FORM + PARAGRAPH, head=linked())) is None
    assert kind(page(FORM + PARAGRAPH)) is None
    assert kind(page("<p>Log in</p>", "Log in")) is None


# Not found, maintained, parked, censored

NOT_FOUND = (
    "Page not found",
    "Page not found - The Daily",
    "404 Not Found",
    "Error 404 (Not Found)!!1",
    "404",
    "Oops! That page can&#8217;t be found.",
    "រកមិនឃើញទំព័រ | សារព័ត៌មាន",
    "ขออภัย ไม่พบหน้าที่คุณค้นหา - 404",
    "ບໍ່ພົບໜ້າ – ຂ່າວ",
    "404 · စာမျက်နှာ ရှာမတွေ့ပါ",
    "Không tìm thấy trang » Báo",
    "抱歉，您访问的页面不存在",
    "找不到頁面 | 日報",
    "Halaman Tidak Ditemukan | Harian",
    "Maaf, halaman tidak dijumpai",
    "SAYFA BULUNAMADI - Gazete",
)


@pytest.mark.parametrize("title", NOT_FOUND)
def test_a_page_that_says_not_found_is_not_found(title: str) -> None:
    teasers = f"<ul><li><a href='/x'>{SENTENCE}</a></li></ul>" * 20
    assert kind(page("<h1>The Daily</h1>" + teasers, title)) == "not_found"
    assert kind(page(f"<h1>{title}</h1>{PARAGRAPH}", "The Daily")) == "not_found"
    assert kind(page(f"<h1>{title}</h1>{STORY}", title)) == "not_found"  # STORY: teasers


@pytest.mark.parametrize(
    "title",
    [
        "Bodies not found after boat sinks",
        "Error 404: Democracy not found",
        "404 Media is sued",
        "Page not found: how a ministry lost its archive",
        "ไม่พบผู้รอดชีวิตจากเรือล่ม - ข่าว",
        "搜救队找不到失踪者",
        "Korban kapal tidak ditemukan, pencarian dihentikan",
        "Kayıp balıkçılar bulunamadı",
    ],
)
def test_a_headline_with_not_found_in_it_is_an_article(title: str) -> None:
    assert kind(page(f"<h1>{title}</h1>{PARAGRAPH}", title)) is None


def test_an_article_below_a_title_that_was_left_behind_is_one() -> None:
    assert kind(page(f"<h1>Ferry is late again</h1>{STORY}", "Page not found")) is None


@pytest.mark.parametrize("encoding", ["windows-874", "cp874", "tis-620"])
def test_a_page_in_a_thai_encoding_is_read(encoding: str) -> None:
    title = "ไม่พบหน้าที่ต้องการ"
    body = page(f"<h1>{title}</h1>", title).decode().replace("utf-8", encoding)
    assert kind(body.encode("cp874")) == "not_found"
    by_header = body.replace(encoding, "").encode("cp874")
    stands = found(by_header, headers={"content-type": f"text/html; charset={encoding}"})
    assert stands is not None


@pytest.mark.parametrize(("encoding", "title"), [("gbk", "页面不存在"), ("big5", "找不到網頁")])
def test_a_page_in_a_chinese_encoding_is_read(encoding: str, title: str) -> None:
    body = page(f"<h1>{title}</h1>", title).decode().replace("utf-8", encoding)
    assert kind(body.encode(encoding)) == "not_found"


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("Site under maintenance", "<p>Back soon</p>", "maintenance"),
        ("The Daily", "<h1>We’ll be back soon!</h1>", "maintenance"),
        ("网站维护中", "<p>请稍后</p>", "maintenance"),
        ("daily.example", '<script>location.href="/lander"</script>', "parked"),
        ("daily.example", "<h1>daily.example</h1><p>This domain is for sale!</p>", "parked"),
        ("Account Suspended", "<p>Contact your host.</p>", "parked"),
        ("Welcome to nginx!", "<h1>Welcome to nginx!</h1>", "parked"),
        ("Trustpositif", "<p>Situs ini diblokir.</p>", "censored"),
        ("", "<iframe src='http://103.208.24.21/?accessurl=x'></iframe>", "censored"),
        ("Telekomünikasyon İletişim Başkanlığı", "", "censored"),
    ],
)
def test_a_notice_of_somebody_else_is_recognised(title: str, body: str, expected: str) -> None:
    assert kind(page(body, title)) == expected
    assert kind(page(body + STORY, title)) is None


def test_a_redirection_by_a_censor_is_recognised() -> None:
    url = "http://lamanlabuh.aduankonten.id/"
    assert found(b"", url=url) == Obstacle(
        "censored",
        "a notice that the site is blocked on this network (Indonesia) stands before the page",
    )
    assert found(page(STORY), url=url, asked=url) is None


# Pages built by scripts


@pytest.mark.parametrize(
    "body",
    [
        "<div id=root></div><script src=/app.js></script>",
        "<header>The Daily</header><div id='__next'> </div><script>x</script>",
        "<app-root></app-root><script src=main.js></script>",
        "<noscript>You need to enable JavaScript to run this app.</noscript><script>x</script>",
        "<noscript>Vui lòng bật JavaScript để đọc báo.</noscript><script>x</script>",
        "<p>กรุณาเปิดใช้งาน JavaScript</p><script>x</script>",
        "<script>render()</script>",
    ],
)
def test_a_page_that_only_scripts_fill_is_a_shell(body: str) -> None:
    assert kind(page(body)) == "script_shell"
    assert kind(page(body, head=linked(articleBody=SENTENCE * 9))) is None
    assert kind(page(body + STORY)) is None


def test_a_page_whose_article_is_in_its_root_is_none() -> None:
    rendered = f"<div id='__next'>{PARAGRAPH}</div><script id='__NEXT_DATA__'>{{}}</script>"
    assert kind(page(rendered)) is None
    assert kind(page(f"<noscript>{STORY}<script>x</script>")) is None


# What is never one


@pytest.mark.parametrize(
    "body",
    [
        b'<?xml version="1.0"?><rss><channel><title>404 Not Found</title></channel></rss>',
        b"<rss><channel><title>Log in</title><item><title>Just a moment...</title></item></channel></rss>",
        b"<!-- made by hand --><feed xmlns='http://www.w3.org/2005/Atom'><title>404</title></feed>",
        b"\xef\xbb\xbf\n<?xml version='1.0'?><!DOCTYPE x><urlset><url>_cf_chl_opt</url></urlset>",
        "<?xml version='1.0' encoding='utf-16'?><rss><title>404</title></rss>".encode("utf-16"),
        b'{"title": "404", "html": "<html><title>Page not found</title>captcha-delivery.com"}',
        b'["<html>"]',
    ],
)
def test_a_source_is_never_an_obstacle(body: bytes) -> None:
    assert found(body) is None
    assert found(body, status=403, headers={"x-datadome": "protected"}) is None


def test_xhtml_is_a_page() -> None:
    assert kind(b'<?xml version="1.0"?>' + page("<h1>Page not found</h1>")) == "not_found"


def test_with_an_error_status_only_who_stands_there_matters() -> None:
    body = page("<h1>Page not found</h1>", "Page not found")
    assert found(body, status=500) is None
    assert found(page("", "Just a moment..."), status=503) is not None


def test_the_demo_newsroom_has_only_the_walls_that_it_is_meant_to_have() -> None:
    seen = 0
    for site in load_sites().values():
        for path, answer in publish(site, "http://127.0.0.2:8002", 1).answers.items():
            if answer.status == 200 and isinstance(answer.body, bytes):
                url = "http://127.0.0.2:8002" + path
                assert found(answer.body, headers=dict(answer.headers), url=url, asked=url) is None
                seen += 1
    assert seen > 200


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.html")), ids=lambda path: path.stem)
def test_the_extractors_pages_are_none(path: Path) -> None:
    assert found(path.read_bytes()) is None


# The instruments


def test_what_is_found_without_parsing_is_no_more_than_what_is_seen() -> None:
    tricky = (
        f"<script>var x='{PARAGRAPH}'</script><!--{PARAGRAPH}--><template>{PARAGRAPH}</template>"
        f"<p><a href=x>{SENTENCE * 3}</a></p><p>Short.</p>{PARAGRAPH}"
    )
    one = length(SENTENCE * 3)
    tree = parsed(tricky)
    assert tree is not None
    assert Sight(tree, URL).prose == one
    assert holds_prose(tricky.lower().encode(), one)
    assert not holds_prose(tricky.lower().encode(), one + 1)


def test_an_ideograph_says_more_than_a_letter() -> None:
    assert length("难民 ab") == 8


PIECES = st.lists(
    st.sampled_from(
        ["<html>", "<title>404</title>", "<p ", "</p>", "<script>", "<!--", "<h1>", "<noscript>",
         "<input type=password>", "<div id=root>", linked(isAccessibleForFree=False), "\x00", "Log in",
         "<a ", "<body>", "captcha", "\ufffd", "<meta charset=gbk>", "<?xml ", "&#55296;", SENTENCE]
    )
    | st.text(max_size=20),
    max_size=20,
)  # fmt: skip


@settings(max_examples=100)
@given(
    body=st.binary(max_size=300)
    | PIECES.map("".join).map(lambda text: text.encode("utf-8", "replace")),
    status=st.integers(100, 599),
    url=st.text(max_size=30) | st.just("http://[::1"),
)
def test_no_response_breaks_it(body: bytes, status: int, url: str) -> None:
    stands = obstacle(status, {"content-type": url}, body, url, URL)
    assert stands is None or stands.detail


@pytest.mark.parametrize(
    "piece",
    [
        "<p ",
        "<p><a ",
        "<script>",
        "<!--",
        "<title>",
        "<h1>404",
        "<b>",
        "<noscript>",
        "<div id=root>",
        "<? ",
    ],
)
def test_a_page_of_one_piece_over_and_over_is_done_with(piece: str) -> None:
    before = time.process_time()
    found(b"<html>" + piece.encode() * (300_000 // len(piece)))
    assert time.process_time() - before < 5  # linear: 0.1 s; quadratic: minutes


def test_what_is_larger_than_any_obstacle_is_not_looked_at() -> None:
    assert found(page("<h1>404</h1>", "404") + b" " * MAX_BYTES) is None


@pytest.mark.parametrize(
    ("what", "reason", "state"),
    [
        ("bot_wall", "bot_wall", "blocked"),
        ("consent_wall", "consent_wall", "blocked"),
        ("paywall", "paywall", "blocked"),
        ("login", "login", "blocked"),
        ("censored", "censored", "blocked"),
        ("script_shell", "script_shell", "blocked"),
        ("not_found", "soft_404", "not_article"),
        ("parked", "soft_404", "not_article"),
        ("maintenance", "maintenance", "pending"),
    ],
)
def test_what_an_obstacle_means_for_its_address(what: str, reason: str, state: str) -> None:
    missed = obstacle_missed(Obstacle(what, "x"))  # type: ignore[arg-type]
    assert (missed.reason, missed.state) == (reason, state)
