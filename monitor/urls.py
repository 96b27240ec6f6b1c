"""One address for one article.

Pure string work on URLs; what a page says of its own address is read in
:mod:`monitor.extract.metadata`.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}

# The presentations of one article. The first group asks for AMP, the second for a version to print;
# a parameter is dropped only with one of these values, since `output` and `view` mean other things too.
_VARIANT_PARAMETERS: dict[str, frozenset[str]] = {
    "amp": frozenset({"", "1", "true", "yes"}),
    "amphtml": frozenset({"", "1", "true"}),
    "output": frozenset({"amp"}),
    "outputtype": frozenset({"amp", "default-amp"}),
    "print": frozenset({"", "1", "true", "yes", "y", "print", "pdf"}),
    "printable": frozenset({"", "1", "true", "yes"}),
    "view": frozenset({"print", "amp"}),
    "format": frozenset({"amp", "print"}),
    "mode": frozenset({"print", "amp"}),
}
_VARIANT_SEGMENTS = frozenset({"amp", "print"})

# Host labels that carry the same articles as the host without them.
_SAME_SITE_LABELS = frozenset({"www", "www2", "m", "mobile", "amp"})

# How sites say in an address which language a page is in: codes (of the language, or of the country
# that stands for it), names, and the host labels eng. and bur.
_LANGUAGE_MARKS = {
    mark: code
    for code, marks in {
        "ar": "arabic", "bn": "bengali", "en": "eng english", "es": "spanish", "fr": "french",
        "id": "indonesian", "km": "kh khmer", "lo": "lao", "ms": "malay bahasa",
        "my": "mm bur burma burmese", "ru": "russian", "th": "thai", "tr": "turkish",
        "ug": "uyghur", "vi": "vn vietnamese", "zh": "cn chinese zhongwen",
    }.items()
    for mark in (code, *marks.split())
}  # fmt: skip
_REGION = re.compile(r"(?<=^[a-z]{2})[-_](?:[a-z]{2}|hans|hant)$")
_LANGUAGE_PARAMETERS = frozenset({"lang", "language", "locale", "hl"})

_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_SESSION = re.compile(r";jsessionid=[^/?;]*", re.IGNORECASE)
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_HOME_PATH = re.compile(
    r"/?(?:(?:index|home|default|main)(?:\.\w{2,5})?/?|[a-z]{2}(?:[-_][a-z]{2})?/?)?", re.IGNORECASE
)


# An article's address is asked for a dozen times on its way to the database.
@lru_cache(maxsize=4096)
def canonical_url(url: str) -> str:
    """The address under which an article is stored.

    Scheme and host in lower case; default port, fragment, user name and session
    identifier dropped; percent escapes in one form (RFC 3986 §6.2.2), so that a
    Thai slug is the same written out or escaped; tracking parameters removed
    (``tracking_parameters.toml``); AMP and print variants reduced where the
    address says so beyond doubt. The order of the other parameters stays: some
    sites read them by position, and none that we know lists an article twice in
    two orders. Idempotent. What is no http(s) URL comes back stripped, never an
    error.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname:
        return url
    host = parts.hostname.lower().rstrip(".")
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        host = f"{host}:{port}"
    path = _without_variant(_SESSION.sub("", _escaped(parts.path))) or "/"
    return urlunsplit(SplitResult(scheme, host, path, _kept_query(_escaped(parts.query)), ""))


def absolute_url(base: str, reference: str) -> str | None:
    """The http(s) address that a reference on the page ``base`` leads to, or None."""
    try:
        url = urljoin(base, reference.strip())
        return url if urlsplit(url).scheme in _DEFAULT_PORTS and urlsplit(url).hostname else None
    except ValueError:
        return None


def same_site(one: str, other: str) -> bool:
    """Whether two absolute URLs belong to one site: the same host, or one a
    sub-domain of the other once ``www.``, ``m.`` and ``amp.`` are put aside;
    on the same port. An IP address is related to itself only, port included."""
    first, second = _site(one), _site(other)
    if first is None or second is None or first[1] != second[1]:
        return False
    a, b = first[0], second[0]
    if a == b:
        return True
    if _is_address(a) or _is_address(b):
        return False
    shorter, longer = sorted((a, b), key=len)
    return "." in shorter and longer.endswith("." + shorter)


def is_home_page(url: str) -> bool:
    """Whether the URL is a site's front page: ``/``, ``/index.html``, ``/en/``."""
    parts = urlsplit(url)
    return not parts.query and _HOME_PATH.fullmatch(parts.path) is not None


def language_mark(url: str) -> str | None:
    """The language (ISO 639-1) that an address says its page is in: ``khmer.site.example``,
    ``/km/a-story``, ``?lang=km``, ``&khmer``; None for an address that says none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    marks = [*(parts.hostname or "").split(".")[:-2], *parts.path.split("/")[1:3]]
    for pair in parts.query.split("&"):
        name, _, value = pair.partition("=")
        marks.append(value if name.lower() in _LANGUAGE_PARAMETERS else "" if value else name)
    codes = (_LANGUAGE_MARKS.get(_REGION.sub("", mark.lower())) for mark in marks)
    return next(filter(None, codes), None)


def _site(url: str) -> tuple[str, int | None] | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    host = parts.hostname.lower().rstrip(".")
    label, _, rest = host.partition(".")
    if label in _SAME_SITE_LABELS and "." in rest:
        host = rest
    return host, None if port == _DEFAULT_PORTS[scheme] else port


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _escaped(part: str) -> str:
    def one_form(match: re.Match[str]) -> str:
        char = chr(int(match[1], 16))
        return char if char in _UNRESERVED else f"%{match[1].upper()}"

    # "%" stays as it is: what is already escaped must not be escaped twice
    return _ESCAPE.sub(one_form, quote(part, safe="/%:@!$&'()*+,;=?-._~|[]", errors="replace"))


def _without_variant(path: str) -> str:
    """``/2026/11/a-story/amp/`` → ``/2026/11/a-story/``.

    Only a last segment, and only behind one that looks like a story's name
    (a hyphen, a digit, an escape or a file ending): ``/tag/amp`` and
    ``/technology/print`` are sections.
    """
    slash = "/" if path.endswith("/") else ""
    head, _, last = path.rstrip("/").rpartition("/")
    if last.lower() in _VARIANT_SEGMENTS and re.search(r"[-%._\d]", head.rpartition("/")[2]):
        return head + slash
    return path


def _kept_query(query: str) -> str:
    kept = []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        name = name.lower()
        if not pair or _is_tracking(name, value):
            continue
        if value.lower() in _VARIANT_PARAMETERS.get(name, ()):
            continue
        kept.append(pair)
    return "&".join(kept)


def _is_tracking(name: str, value: str) -> bool:
    tracking = _tracking_parameters()
    return (
        name in tracking.names
        or name.startswith(tracking.prefixes)
        or (name in tracking.unless_number and not value.isdecimal())
    )


@dataclass(frozen=True)
class _Tracking:
    names: frozenset[str]
    prefixes: tuple[str, ...]
    unless_number: frozenset[str]


@lru_cache(maxsize=1)
def _tracking_parameters() -> _Tracking:
    path = Path(__file__).with_name("tracking_parameters.toml")
    groups = tomllib.loads(path.read_text(encoding="utf-8"))["group"]
    always = [name for group in groups if not group.get("unless_number") for name in group["names"]]
    return _Tracking(
        names=frozenset(name for name in always if not name.endswith("*")),
        prefixes=tuple(name[:-1] for name in always if name.endswith("*")),
        unless_number=frozenset(
            name for group in groups if group.get("unless_number") for name in group["names"]
        ),
    )
