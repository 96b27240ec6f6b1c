"""Bot walls are recognised by their machinery, articles about them are not."""

from __future__ import annotations

import pytest

from monitor.blocked import bot_wall

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
