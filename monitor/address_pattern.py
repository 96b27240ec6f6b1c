"""From the addresses of some articles to the pattern that all articles have.

Pure functions. An address is cut into its *lead*, words that are sections
(``/news/asia``), and its *tail*, which begins at the first part that tells one
article from another: a date, a number, a code, or else the last part, a title.
Addresses with the same kind of tail become one alternative of the pattern.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product, takewhile
from urllib.parse import parse_qsl, urlsplit

from tldextract import TLDExtract

ENOUGH = 0.9
"""Share of the listed addresses that a pattern has to match."""

_MOST_ALTERNATIVES = 4
_RARE = 0.05
"""Share of the addresses below which a kind of tail is an exception (a video, a poll)."""

_ANY = "[^/?#]+"
_END = r"/?(?:[?&#].*)?$"
_YEAR = r"\d{4}"
_MONTH_OR_DAY = r"\d{1,2}"
_NUMBER = r"\d{3,}"
_FILE_ENDING = re.compile(r"\.(?:[sx]?html?|php|aspx?|jsp|cms)$", re.IGNORECASE)
_FORMS = (
    (r".*-\d{4}-\d\d-\d\d", r"[^/?#]*-\d{4}-\d{2}-\d{2}"),
    (r".*[0-9a-f]{32}", r"[^/?#]*[0-9a-f]{32}"),
    (r".*[-_]\d{5,}", r"[^/?#]*[-_]\d{5,}"),
    (r"\d{3,}[-_].*", r"\d{3,}[-_][^/?#]*"),
    (r"(?=.*\d.*\d)(?=.*[A-Za-z])[0-9A-Za-z]{8,}", r"(?=[^/?#]*\d)[0-9A-Za-z]{8,}"),
)
"""What a last part looks like that has a number or code in it, and the
expression for its like: a date, a hash, a number behind or before the title, a code."""

_TITLES = (
    *(rf"(?:[^/?#_-]*[_-]){times}[^/?#]*" for times in ("{3,}", "{2,}", "+")),
    *(rf"[^/?#]{{{length},}}" for length in (30, 15)),
    _ANY,
)
"""Expressions for a title, the strictest first: a section has few words, a
title many. Titles in Thai or Chinese have no hyphens; escaped, they are long."""


@dataclass(frozen=True, slots=True)
class ArticlePattern:
    """``regex`` (for ``article_url``), and how many of the addresses it matches."""

    regex: str
    matched: int
    total: int


@dataclass(frozen=True, slots=True)
class _Address:
    """An address in parts. ``tail`` has one regular expression a part; it is
    empty when all that tells the article apart is its title. ``ending``
    is what follows the tail."""

    url: str
    lead: tuple[str, ...]
    tail: tuple[str, ...]
    ending: str


def article_pattern(articles: Iterable[str], others: Iterable[str] = ()) -> ArticlePattern | None:
    """A pattern that matches at least nine tenths of ``articles`` and none of
    ``others`` (sections, feeds, the homepage); None when there is none to find.

    An address in both counts as an article.
    """
    listed = list(dict.fromkeys(articles))
    foreign = set(others) - set(listed)
    addresses = [address for url in listed if (address := _cut(url))]
    if not addresses:
        return None
    groups: dict[tuple[tuple[str, ...], str], list[_Address]] = defaultdict(list)
    for address in addresses:
        groups[address.tail, address.ending].append(address)
    start = f"^https?://{_hosts([urlsplit(each.url).netloc for each in addresses])}/"
    paths = [
        path
        for group in sorted(groups.values(), key=len, reverse=True)[:_MOST_ALTERNATIVES]
        if len(group) >= _RARE * len(addresses) and (path := _path(start, group, foreign))
    ]
    if not paths:
        return None
    regex = f"{start}{_one_of(paths)}{_END}"
    matched = _count(regex, listed)
    return ArticlePattern(regex, matched, len(listed)) if matched >= ENOUGH * len(listed) else None


def _cut(url: str) -> _Address | None:
    """The parts of an address; None for a front page and what is no address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    *names, last = parts.path.strip("/").split("/")
    stem = _FILE_ENDING.sub("", last)
    file_ending = re.escape(last.removeprefix(stem))
    if (file_ending or not last) and not re.search(r"\d{3}", parts.path):
        for name, value in parse_qsl(parts.query):
            if re.fullmatch(r"\d{2,}", value, re.ASCII):
                ending = rf"{file_ending}\?(?:[^#]*&)?{re.escape(name)}=\d+"
                return _Address(url, tuple(names), (re.escape(stem),), ending)
    if not last:
        return None
    tail: list[str] = []
    for name in names:
        kind = _number(name, after=tail[-1] if tail else "")
        if tail or kind:
            tail.append(kind or _ANY)
    kind = _number(stem, after="") or _form(stem)
    if tail or kind:
        tail.append(kind or _ANY)
    lead = names[: len(names) + 1 - len(tail)] if tail else names
    return _Address(url, tuple(lead), tuple(tail), file_ending)


def _number(name: str, *, after: str) -> str:
    """The expression for a part that is a year, a month or day (``after`` a year
    or month) or a number; else ""."""
    if not (name.isascii() and name.isdigit()):
        return ""
    if len(name) <= 2:
        return _MONTH_OR_DAY if after in (_YEAR, _MONTH_OR_DAY) else ""
    return _YEAR if after == "" and re.fullmatch(r"(?:19|20)\d\d", name) else _NUMBER


def _form(stem: str) -> str:
    """The expression for a last part with a number or code in it; "" for a title."""
    return next((form for seen, form in _FORMS if re.fullmatch(seen, stem)), "")


def _path(start: str, group: Sequence[_Address], foreign: Iterable[str]) -> str | None:
    """The expression for the paths of addresses with one kind of tail: the
    first of the possible ones, strict titles and general leads first, that
    matches nearly all of them and nothing foreign."""
    own = [address.url for address in group]
    tails = ["/".join(group[0].tail)] if group[0].tail else _TITLES
    for lead, tail in product(_leads([address.lead for address in group]), tails):
        path = lead + tail + group[0].ending
        regex = start + path + _END
        if _count(regex, own) >= ENOUGH * len(own) and not _count(regex, foreign):
            return path
    return None


def _leads(leads: Collection[tuple[str, ...]]) -> Iterator[str]:
    """Expressions for the sections before a tail, the most general first."""
    distinct = sorted(set(leads))
    if len(distinct) > 1:
        before = _common(distinct)
        rest = [lead[len(before) :] for lead in distinct]
        after = _common([lead[::-1] for lead in rest])[::-1]
        depths = {len(lead) - len(after) for lead in rest}
        some = f"{_ANY}/" if depths == {1} else f"(?:{_ANY}/){'*' if 0 in depths else '+'}"
        yield _literal(before) + some + _literal(after)
    yield _one_of(list(map(_literal, distinct)))


def _one_of(expressions: Sequence[str]) -> str:
    return expressions[0] if len(expressions) == 1 else f"(?:{'|'.join(expressions)})"


def _common(rows: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """What all rows begin with."""
    same = takewhile(lambda column: len(set(column)) == 1, zip(*rows, strict=False))
    return tuple(column[0] for column in same)


def _literal(names: Iterable[str]) -> str:
    return "".join(re.escape(name) + "/" for name in names)


def _hosts(netlocs: Sequence[str]) -> str:
    """An expression for the hosts, without those of hardly any address. Several
    hosts of one domain stand for all of that domain."""
    counts = Counter(netloc.lower().removeprefix("www.") for netloc in netlocs)
    hosts = sorted(host for host, times in counts.items() if times >= _RARE * len(netlocs))
    domains = {registered_domain(host) for host in hosts}
    if len(hosts) > 1 and len(domains) == 1:
        return rf"(?:[\w-]+\.)*{re.escape(domains.pop())}"
    return rf"(?:www\.)?{_one_of(list(map(re.escape, hosts)))}"


_domains = TLDExtract(suffix_list_urls=(), cache_dir=None)  # the bundled list, no request


def registered_domain(host: str) -> str:
    """``news.example.com.my`` → ``example.com.my``; an IP address is itself."""
    return _domains(host).top_domain_under_public_suffix or host


def _count(regex: str, urls: Iterable[str]) -> int:
    pattern = re.compile(regex)
    return sum(pattern.match(url) is not None for url in urls)
