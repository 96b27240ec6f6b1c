"""Bot walls are recognised by their machinery, articles about them are not."""

from __future__ import annotations

from pathlib import Path

import pytest

import monitor.newsroom
from monitor.blocked import bot_wall

TEMPLATES = Path(monitor.newsroom.__file__).parent / "templates"
ARTICLE = b"<html><body>" + b"<p>A paragraph of a real article.</p>" * 6 + b"</body></html>"


@pytest.mark.parametrize(
    ("status", "headers", "body", "product"),
    [
        (403, {"cf-mitigated": "challenge"}, b"<title>Just a moment...</title>", "Cloudflare"),
        (403, {}, b"<script>window._cf_chl_opt={}</script>", "Cloudflare"),
        (200, {}, b'<script id="anubis_challenge" type="application/json">', "Anubis"),
        (403, {}, b"<script src='https://ct.captcha-delivery.com/c.js'>", "DataDome"),
        (403, {"x-datadome": "protected"}, b"", "DataDome"),
        (202, {"x-amzn-waf-action": "challenge"}, b"", "AWS WAF"),
        (200, {}, b"<script>sucuri_cloudproxy_js=1</script>", "Sucuri"),
    ],
)
def test_a_challenge_names_its_product(
    status: int, headers: dict[str, str], body: bytes, product: str
) -> None:
    assert bot_wall(status, headers, body) == product


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {}, ARTICLE),
        (200, {}, ARTICLE + b"<script src='/cdn-cgi/challenge-platform/scripts/jsd.js'>"),
        (200, {}, b"<script src='/_Incapsula_Resource?SWJIYLWA=7&amp;ns=1'></script>" + ARTICLE),
        (200, {"x-datadome": "protected"}, ARTICLE),
        (200, {}, b"<p>The site put an Anubis check before its pages.</p>"),
        (403, {}, b"<h1>Forbidden</h1>"),
        (200, {}, b""),
    ],
)
def test_an_ordinary_page_is_no_challenge(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    assert bot_wall(status, headers, body) is None


@pytest.mark.parametrize(
    ("status", "page", "product"),
    [(200, "_proof_of_work.html", "Anubis"), (403, "_interstitial.html", "Cloudflare")],
)
def test_a_challenge_of_many_paragraphs_is_one_all_the_same(
    status: int, page: str, product: str
) -> None:
    body = (TEMPLATES / page).read_bytes()
    assert body.count(b"<p") > 8
    assert bot_wall(status, {}, body) == product


def test_a_page_that_is_empty_until_its_scripts_run_is_no_challenge_for_a_bot_scoring_script() -> (
    None
):
    page = b"<div id=root></div><script src='/cdn-cgi/challenge-platform/scripts/jsd.js'></script>"
    assert bot_wall(200, {}, page) == "Cloudflare"
    assert bot_wall(200, {}, page, bare=True) is None
    assert bot_wall(200, {}, page + b"<script>window._cf_chl_opt={}", bare=True) == "Cloudflare"


@pytest.mark.parametrize("tag", [b"<path d='M0 0h8'/>", b"<picture></picture>", b"<pre></pre>"])
def test_only_paragraphs_make_a_bot_scoring_script_harmless(tag: bytes) -> None:
    script = b"<script src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1'></script>"
    assert bot_wall(403, {}, tag * 9 + script) == "Cloudflare"
    assert bot_wall(403, {}, b"<P class=lead>Text</P>" * 9 + script) is None
