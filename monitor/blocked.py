"""Recognise pages that are no article because a site keeps robots out.

A bot challenge saved as an article is a lost story and a false text, so it is
looked for before extraction. We never try to get past one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

HEAD_BYTES = 30_000
"""Challenge pages are small and say so at once; a long article that mentions
a challenge deep in its text is not one."""

_HEADERS = {
    "cf-mitigated": "Cloudflare",
    "x-datadome": "DataDome",
    "x-amzn-waf-action": "AWS WAF",
}

# Markers that only the challenge's own machinery carries, not words that an
# article about bots could use. Each is from the public markup of the product.
_MARKERS: dict[bytes, str] = {
    b"cf-browser-verification": "Cloudflare",
    b"_cf_chl_opt": "Cloudflare",
    b'id="anubis_challenge"': "Anubis",
    b"/.within.website/x/cmd/anubis/": "Anubis",
    b"captcha-delivery.com": "DataDome",
    b"/_sec/cp_challenge/": "Akamai",
    b"sucuri_cloudproxy_js": "Sucuri",
    b"ddos-guard/js-challenge": "DDoS-Guard",
}

# These two add their scripts to ordinary pages too (bot scoring), so the
# scripts' paths alone count only on a page with hardly any paragraphs.
_AMBIGUOUS: dict[bytes, str] = {
    b"/cdn-cgi/challenge-platform/": "Cloudflare",
    b"_Incapsula_Resource": "Imperva",
}
_MAX_PARAGRAPHS = 3
_PARAGRAPH = re.compile(rb"<p[\s>]", re.IGNORECASE)


def bot_wall(
    status: int, headers: Mapping[str, str], body: bytes, *, bare: bool = False
) -> str | None:
    """The product whose challenge this response is, or None.

    ``headers`` have lower-case names. ``bare``: a page that is empty until its
    scripts have run, so that it says nothing to have hardly any paragraphs.
    """
    for name, product in _HEADERS.items():
        if name in headers and (status != 200 or headers[name] in ("challenge", "captcha")):
            return product
    head = body[:HEAD_BYTES]
    markers = _MARKERS
    if not bare and len(_PARAGRAPH.findall(head)) <= _MAX_PARAGRAPHS:
        markers = _MARKERS | _AMBIGUOUS
    return next((product for marker, product in markers.items() if marker in head), None)
