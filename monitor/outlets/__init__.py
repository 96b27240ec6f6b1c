"""Outlets: load and validate the files of this folder, one TOML file per outlet.

A file becomes a typed :class:`Outlet` or an :class:`OutletError` that names
the file, the field and what was expected. ``docs/outlets.md`` shows how to
write one; its table of fields is checked against this module by a test.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from monitor.outlets.addresses import AddressRule

SourceKind = Literal["feed", "news_sitemap", "sitemap", "section"]
Status = Literal["active", "archive_only", "forbidden"]
Kind = Literal["news", "state_media", "ngo", "un", "exile_media"]

BUNDLED = Path(__file__).parent

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class OutletError(ValueError):
    """An outlet file that cannot be used: names file, field and expectation."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an outlet's article addresses are discovered.

    ``verified`` is the day on which somebody last saw it work; None means that
    it was only listed somewhere and has to be probed.
    """

    kind: SourceKind
    url: str
    verified: date | None = None


@dataclass(frozen=True, slots=True)
class Outlet:
    """A publisher that is monitored.

    ``country`` is the base, ``covers`` the countries reported on (ISO 3166
    alpha-2); ``languages`` ISO 639-1, the main one first. ``article_url``
    matches the addresses of articles (None: every address that a feed or a
    sitemap lists counts, section pages are not followed), ``address_rules``
    say which of them are one article (:mod:`monitor.outlets.addresses`).
    ``delay`` is the least number of seconds between two requests to a host,
    ``max_pages`` and ``max_megabytes`` what one night fetches at the most
    (None: the settings'). ``browser`` says that pages are empty until their
    scripts have run (:mod:`monitor.browser`). ``status`` other than ``active``
    is never crawled; ``status_note`` says why.
    """

    slug: str
    name: str
    homepage: str
    country: str
    languages: tuple[str, ...]
    kind: Kind
    sources: tuple[Source, ...] = ()
    covers: tuple[str, ...] = ()
    article_url: re.Pattern[str] | None = None
    address_rules: tuple[AddressRule, ...] = ()
    status: Status = "active"
    status_note: str = ""
    delay: float | None = None
    max_pages: int | None = None
    max_megabytes: int | None = None
    browser: bool = False
    notes: str = ""

    @property
    def hosts(self) -> frozenset[str]:
        """Hosts (with a port where one is given) that a crawl of it asks."""
        urls = [self.homepage, *(source.url for source in self.sources)]
        return frozenset(urlsplit(url).netloc.lower().removeprefix("www.") for url in urls)

    def is_article(self, url: str) -> bool:
        """Whether ``url`` looks like one of the outlet's articles."""
        return self.article_url is None or self.article_url.match(url) is not None


def load_outlets(directory: Path | None = None) -> dict[str, Outlet]:
    """All outlets of a folder (the bundled ones by default) by slug, sorted.

    Raises :class:`OutletError` for the first file that cannot be used, or when
    the folder has none.
    """
    folder = directory or BUNDLED
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise OutletError(f"{folder}: expected outlet files (*.toml), found none")
    return {path.stem: load_outlet(path) for path in paths}


def load_outlet(path: Path) -> Outlet:
    """One outlet file. Raises :class:`OutletError`."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OutletError(f"{path}: not readable as TOML: {error}") from error
    return _Reader(path, data).outlet()


def toml_text(value: str) -> str:
    """A TOML basic string: JSON's escapes are a subset of TOML's."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


@dataclass(frozen=True)
class _Reader:
    """Takes fields out of one file's data and complains in terms of that file."""

    path: Path
    data: Mapping[str, Any]

    def outlet(self) -> Outlet:
        if not SLUG.fullmatch(self.path.stem):
            raise self.error("file name", "lower-case words joined by hyphens, such as vod-english")
        known = {field for field in Outlet.__slots__ if field != "slug"}
        if unknown := sorted(set(self.data) - known):
            raise self.error(unknown[0], f"one of the known fields: {', '.join(sorted(known))}")
        outlet = Outlet(
            slug=self.path.stem,
            name=self.text("name"),
            homepage=self.url("homepage", self.data.get("homepage")),
            country=self.code("country", self.data.get("country"), r"[A-Z]{2}"),
            languages=self.codes("languages", r"[a-z]{2,3}"),
            kind=self.choice("kind", get_args(Kind)),
            sources=self.sources(),
            covers=self.codes("covers", r"[A-Z]{2}", required=False),
            article_url=self.pattern("article_url", self.data.get("article_url")),
            address_rules=self.address_rules(),
            status=self.choice("status", get_args(Status), default="active"),
            status_note=self.text("status_note", required=False),
            delay=self.seconds("delay"),
            max_pages=self.most("max_pages"),
            max_megabytes=self.most("max_megabytes"),
            browser=self.truth("browser"),
            notes=self.text("notes", required=False).strip(),
        )
        if outlet.status != "active" and not outlet.status_note:
            raise self.error("status_note", f"the reason why its status is {outlet.status}")
        if any(s.kind == "section" for s in outlet.sources) and outlet.article_url is None:
            raise self.error("article_url", "a pattern, because section pages also link elsewhere")
        return outlet

    def error(self, field: str, expected: str) -> OutletError:
        return OutletError(f"{self.path}: {field}: expected {expected}")

    def text(self, field: str, *, required: bool = True) -> str:
        value = self.data.get(field, "")
        if not isinstance(value, str) or (required and not value.strip()):
            raise self.error(field, "a text in quotes")
        return value

    def choice(self, field: str, allowed: tuple[str, ...], default: str | None = None) -> Any:
        value = self.data.get(field, default)
        if value not in allowed:
            raise self.error(field, f"one of {', '.join(allowed)}")
        return value

    def code(self, field: str, value: Any, pattern: str) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            example = "TH" if "A-Z" in pattern else "km"
            raise self.error(field, f'a code such as "{example}", got {value!r}')
        return value

    def codes(self, field: str, pattern: str, *, required: bool = True) -> tuple[str, ...]:
        values = self.data.get(field, [])
        if not isinstance(values, list) or (required and not values):
            raise self.error(field, "a list of codes")
        return tuple(self.code(field, value, pattern) for value in values)

    def url(self, field: str, value: Any) -> str:
        if not isinstance(value, str) or not _is_web_address(value):
            raise self.error(field, f"an address with http:// or https://, got {value!r}")
        return value

    def pattern(self, field: str, value: Any) -> re.Pattern[str] | None:
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.error(field, "a regular expression in quotes")
        try:
            return re.compile(value)
        except re.error as error:
            raise self.error(field, f"a valid regular expression ({error})") from error

    def seconds(self, field: str) -> float | None:
        value = self.data.get(field)
        if value is None:
            return None
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not 0 <= value < math.inf
        ):
            raise self.error(field, f"a number of seconds, 0 or more, got {value!r}")
        return float(value)

    def most(self, field: str) -> int | None:
        value = self.data.get(field)
        if value is not None and (type(value) is not int or value < 1):
            raise self.error(field, f"a whole number, 1 or more, got {value!r}")
        return value

    def truth(self, field: str) -> bool:
        value = self.data.get(field, False)
        if not isinstance(value, bool):
            raise self.error(field, f"true or false, got {value!r}")
        return value

    def rows(self, field: str) -> list[tuple[str, Any]]:
        """The tables of an array of tables, each with its name for complaints."""
        rows = self.data.get(field, [])
        if not isinstance(rows, list):
            raise self.error(field, f"tables written [[{field}]]")
        return [(f"{field}, number {number}", row) for number, row in enumerate(rows, 1)]

    def sources(self) -> tuple[Source, ...]:
        return tuple(self.source(where, row) for where, row in self.rows("sources"))

    def address_rules(self) -> tuple[AddressRule, ...]:
        return tuple(self.address_rule(where, row) for where, row in self.rows("address_rules"))

    def address_rule(self, where: str, row: Any) -> AddressRule:
        if not isinstance(row, dict) or set(row) - set(AddressRule.__slots__):
            raise self.error(where, f"only the fields {', '.join(AddressRule.__slots__)}")
        pattern = self.pattern(f"{where}: pattern", row.get("pattern"))
        if pattern is None:
            raise self.error(f"{where}: pattern", "a regular expression in quotes")
        templates = {name: value for name, value in row.items() if name != "pattern"}
        if not templates:
            raise self.error(where, "address, key or fetch beside the pattern")
        for name, value in templates.items():
            if not _names_only(value, set(pattern.groupindex)):
                groups = ", ".join(f"{{{group}}}" for group in pattern.groupindex) or "none"
                expected = f"a text in which braces hold groups of the pattern ({groups})"
                raise self.error(f"{where}: {name}", f"{expected}, got {value!r}")
        return AddressRule(pattern, **templates)

    def source(self, where: str, row: Any) -> Source:
        if not isinstance(row, dict) or set(row) - set(Source.__slots__):
            raise self.error(where, f"only the fields {', '.join(Source.__slots__)}")
        kinds = get_args(SourceKind)
        if row.get("kind") not in kinds:
            raise self.error(f"{where}: kind", f"one of {', '.join(kinds)}")
        verified = row.get("verified")
        if verified is not None and type(verified) is not date:
            raise self.error(f"{where}: verified", "a day such as 2026-08-03, without quotes")
        return Source(row["kind"], self.url(f"{where}: url", row.get("url")), verified)


def _names_only(template: Any, groups: set[str]) -> bool:
    """Whether a template has no other ``{…}`` than these names."""
    try:
        parts = list(Formatter().parse(template))
    except (TypeError, ValueError):
        return False
    return bool(parts) and all(
        name is None or (name in groups and not spec and not conversion)
        for _, name, spec, conversion in parts
    )


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # read, because only then is it checked
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
