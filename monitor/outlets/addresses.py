"""Several addresses of one article: an outlet's rules that make one of them.

Pure string work. What holds for every site is in :mod:`monitor.urls`; what a
page says of its own address in :mod:`monitor.extract.metadata`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.items import Judged
from monitor.urls import canonical_url

if TYPE_CHECKING:
    from monitor.outlets import Outlet


@dataclass(frozen=True, slots=True)
class AddressRule:
    """What holds for the addresses that ``pattern`` matches from their beginning.

    The others are templates, in which ``{name}`` stands for the pattern's group
    of that name: ``address`` is the one address of the article, ``key`` what
    tells it from the outlet's other articles where that is only a part of the
    address, ``fetch`` the address to ask for the page when that is another.
    """

    pattern: re.Pattern[str]
    address: str | None = None
    key: str | None = None
    fetch: str | None = None


def address_of(outlet: Outlet, url: str) -> str:
    """The one address for an article of the outlet: canonical (:func:`canonical_url`), with
    scheme and ``www.`` as its homepage has them, then as its rules say. Idempotent."""
    url = _at_home(canonical_url(url), outlet.homepage)
    for rule in outlet.address_rules:
        url = _filled(rule, rule.address, url) or url
    return canonical_url(url)


def key_of(outlet: Outlet, url: str) -> str | None:
    """What the outlet's rules know an article by, whatever its address; None where they know
    nothing shorter than the address. Upper and lower case are the same."""
    url = address_of(outlet, url)
    keys = (_filled(rule, rule.key, url) for rule in outlet.address_rules)
    return next((key.casefold() for key in keys if key), None)


def page_of(outlet: Outlet, url: str) -> str:
    """The address at which to ask for the page of an article."""
    pages = (_filled(rule, rule.fetch, url) for rule in outlet.address_rules)
    return next(filter(None, pages), url)


def identified(record: Judged, outlet: Outlet) -> Judged:
    """The record under the article's one address, with its key.

    The addresses that answered come first for the key: a page may name a wrong
    one as its own.
    """
    article = replace(record.article, url=address_of(outlet, record.article.url))
    addresses = (record.page_url, *record.same_article, article.url)
    key = next(filter(None, (key_of(outlet, url) for url in addresses)), None)
    return replace(record, article=article, key=key)


def _filled(rule: AddressRule, template: str | None, url: str) -> str | None:
    match = rule.pattern.match(url) if template else None
    return template.format(**match.groupdict("")) if template and match else None


def _at_home(url: str, homepage: str) -> str:
    try:
        parts, home = urlsplit(url), urlsplit(canonical_url(homepage))
    except ValueError:
        return url
    if parts.netloc.removeprefix("www.") != home.netloc.removeprefix("www."):
        return url
    return parts._replace(scheme=home.scheme, netloc=home.netloc).geturl()
