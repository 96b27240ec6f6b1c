"""Dates as pages write them: for machines, and for readers of ten languages.

Knows Buddhist-era years and the digits of Thai, Khmer, Lao, Burmese, Arabic and
Persian. Never guesses a time zone: without an offset the result is naive.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No outlet was on the web before; an older date is a placeholder (1970-01-01,
0001-01-01) or the date of something else."""

_TOLERANCE = timedelta(days=1)
"""How far after the fetch a date may lie: clocks and time zones, not scheduled posts."""

_BUDDHIST_OFFSET = 543
_BUDDHIST_YEARS = range(2400, 2700)
_SHORT_YEARS = range(33, 90)
"""Of 2533 (1990) and later, when the year is written with two digits; 90 to 99 are the 1990s."""

_MAX_WRITTEN = 200
"""Characters of a visible text that are looked at; a dateline is shorter."""

# Offsets that news sites of the region print behind a time. ICT, MMT, WIB … are unambiguous there;
# EST, CST, IST are not, so they are left out and the result is naive.
_ZONES = {"utc": 0, "gmt": 0, "ict": 420, "wib": 420, "wita": 480, "wit": 540, "myt": 480}
_ZONES |= {"sgt": 480, "hkt": 480, "mmt": 390, "jst": 540, "kst": 540}

_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2}\b)?",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?(?P<zone>Z|[+-]\d{4})?")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?")
_RFC5322 = re.compile(
    r"(?:\w{3},\s*)?\d{1,2} \w{3} \d{4} \d\d:\d\d(?::\d\d)? (?:GMT|UTC|[+-]\d{4})"
)
_TIME = re.compile(
    r"(?<![\d.:/-])(?P<hour>[01]?\d|2[0-3])(?P<mark>[:.])(?P<minute>[0-5]\d)(?:[:.](?P<second>[0-5]\d))?(?!\d)"
    r"\s*(?P<half>[ap]\.?\s?m\b)?",
    re.IGNORECASE,
)
_ZONE = re.compile(
    r"(?:\b(?:GMT|UTC)\s*)?(?P<sign>[+\u2212-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?(?!\d)"
    rf"|\b(?P<name>{'|'.join(_ZONES)})\b",
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{4})(?!\d)")
_HAN = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日号號일]?")
_WORD_FOLLOWS = re.compile(r"[\s-]*[^\W\d_]")
_THAI = re.compile(r"[\u0e00-\u0e7f]")
# 22 tháng 11 năm 2026, ថ្ងៃទី ២២ ខែ ១១ ឆ្នាំ ២០២៦: the month by its number, the parts by words
_NUMBERED = re.compile(
    r"(\d{1,2})\s*,?\s*(?:tháng|เดือน|ខែ|ເດືອນ)\s*(\d{1,2})\s*(?:,|năm|ปี|พ\.ศ\.|ឆ្នាំ|ປີ)?\s*,?\s*(\d{4})"
)


@dataclass(frozen=True, slots=True)
class Dated:
    """A point in time as written: aware when an offset was given; midnight with
    precision ``day`` when no time of day was."""

    at: datetime
    precision: Literal["second", "day"] = "second"


def plausible(at: datetime, fetched_at: datetime | None) -> bool:
    """Whether something fetched at ``fetched_at`` can have been published ``at``:
    from 1990 to one day after the fetch. A naive time is taken as UTC."""
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if fetched_at is not None:
        fetched_at = fetched_at if fetched_at.tzinfo else fetched_at.replace(tzinfo=UTC)
        if at - fetched_at > _TOLERANCE:
            return False
    return at >= EARLIEST


def parse_date(value: str, *, day_first: bool = True) -> Dated | None:
    """A date meant for machines: ISO 8601 and its usual misspellings, RFC 5322,
    ``YYYYMMDD``, Unix time in seconds or milliseconds; if it is none of these,
    as :func:`find_date` reads it. None when there is no date in it."""
    value = _ascii_digits(value.strip()[:_MAX_WRITTEN])
    for pattern in (_ISO, _COMPACT):
        # some templates print `+00:00Z` or a trailing `[UTC]`; what follows the date does not matter
        match = pattern.match(value)
        if match and not value[match.end() : match.end() + 1].isdigit():
            numbers = [int(group) if group else None for group in match.groups()[:6]]
            return _from_numbers(numbers, match["zone"])
    if _EPOCH.fullmatch(value):
        seconds = float(value[:10])
        return Dated(datetime.fromtimestamp(seconds, UTC))
    if _RFC5322.match(value):
        try:
            return Dated(parsedate_to_datetime(value))
        except (ValueError, TypeError, IndexError, OverflowError):
            pass
    return find_date(value, day_first=day_first)


def find_date(text: str, *, day_first: bool = True) -> Dated | None:
    """The first date in a text for readers (a dateline, not a story), with its
    time of day when one is printed beside it.

    ``day_first`` says how 03/04/2026 is meant; it is read the other way when
    only that gives a date.
    """
    text = unicodedata.normalize("NFC", _ascii_digits(text[:_MAX_WRITTEN])).casefold()
    for match, year, month, day in _written(text, day_first):
        if year < 100:
            if not _short_buddhist(match, year):
                continue
            year += 2500
        if year in _BUDDHIST_YEARS:
            year -= _BUDDHIST_OFFSET
        try:
            at = datetime(year, month, day)
        except ValueError:
            continue
        return (
            _with_time(at, text[match.end() :])
            or _with_time(at, text[: match.start()])
            or Dated(at, "day")
        )
    return None


def _short_buddhist(match: re.Match[str], year: int) -> bool:
    """Whether the two digits behind a month are a Buddhist year: 22 พ.ย. 69 is 2569. In other
    letters (12 June 64, of a Thai outlet in English) they may also be the minutes that the
    reading takes, or the 1990s; they are a year when no word follows and no other is possible."""
    if _THAI.search(match[0]):
        return True
    return year in _SHORT_YEARS and not _WORD_FOLLOWS.match(match.string, match.end())


def _written(text: str, day_first: bool) -> list[tuple[re.Match[str], int, int, int]]:
    """Every reading of a date in the text: match, year, month, day; best first."""
    found: list[tuple[re.Match[str], int, int, int]] = []
    months, day_month, month_day, year_month = _month_patterns()
    if match := day_month.search(text):
        found.append((match, int(match[3]), months[match[2]], int(match[1])))
    if match := month_day.search(text):
        found.append((match, int(match[3]), months[match[1]], int(match[2])))
    if match := year_month.search(text):
        found.append((match, int(match[1]), months[match[2]], int(match[3])))
    if match := _HAN.search(text):
        found.append((match, int(match[1]), int(match[2]), int(match[3])))
    if match := _YEAR_FIRST.search(text):
        found.append((match, int(match[1]), int(match[2]), int(match[3])))
    if match := _NUMBERED.search(text):
        found.append((match, int(match[3]), int(match[2]), int(match[1])))
    if match := _DAY_FIRST.search(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        readings = [(match, year, second, first), (match, year, first, second)]
        found.extend(readings if day_first else reversed(readings))
    return sorted(found, key=lambda reading: reading[0].start())


@lru_cache(maxsize=1)
def _month_patterns() -> tuple[dict[str, int], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    data: dict[str, list[str]] = tomllib.loads(
        Path(__file__).with_name("month_names.toml").read_text(encoding="utf-8")
    )
    months: dict[str, int] = {}
    for names in data.values():
        for number, spellings in enumerate(names, start=1):
            for name in spellings.split("|"):
                months[unicodedata.normalize("NFC", name).casefold()] = number
    # longest first: "june" before "jun"; Latin names are whole words, "may" is not in "mayor"
    word = "|".join(
        rf"\b{re.escape(name)}\b" if name.isascii() else re.escape(name)
        for name in sorted(months, key=len, reverse=True)
    )
    # What may stand between the parts: ordinals, commas, "of", ខែ, ឆ្នាំ, พ.ศ., ခုနှစ် …
    return (
        months,
        re.compile(
            rf"(?<![\d:.])(\d{{1,2}})(?:st|nd|rd|th)?[^\d:]{{0,6}}?({word})[^\d:]{{0,8}}?(\d{{4}}|\d\d(?![\d:.]))(?!\d)"
        ),
        re.compile(
            rf"({word})လ?\.?\s*(\d{{1,2}})(?:st|nd|rd|th)?(?!\d)\s*(?:ရက်)?[,၊\s]{{1,3}}(\d{{4}})(?!\d)"
        ),
        re.compile(rf"(?<!\d)(\d{{4}})\D{{0,12}}?({word})\D{{0,6}}?(\d{{1,2}})(?!\d)"),
    )


def _with_time(at: datetime, text: str) -> Dated | None:
    """The date with the first time of day in the text, if there is one."""
    match = _TIME.search(text[:40])
    if match is None:
        return None
    hour, half = int(match["hour"]), (match["half"] or "")[:1]
    if half and hour > 12:
        half = ""
    if half == "p" and hour < 12:
        hour += 12
    elif half == "a" and hour == 12:
        hour = 0
    zone = _ZONE.match(text[match.end() :].lstrip(" (|,"))
    return Dated(
        at.replace(
            hour=hour,
            minute=int(match["minute"]),
            second=int(match["second"] or 0),
            tzinfo=_offset(zone) if zone else None,
        )
    )


def _offset(zone: re.Match[str]) -> timezone | None:
    if zone["name"]:
        return timezone(timedelta(minutes=_ZONES[zone["name"].lower()]))
    minutes = int(zone["hours"]) * 60 + int(zone["minutes"] or 0)
    if minutes > 14 * 60:
        return None
    return timezone(timedelta(minutes=minutes if zone["sign"] == "+" else -minutes))


def _from_numbers(numbers: list[int | None], zone: str | None) -> Dated | None:
    year, month, day, hour, minute, second = numbers
    if year is None or month is None or day is None:
        return None
    if year in _BUDDHIST_YEARS:
        year -= _BUDDHIST_OFFSET
    try:
        at = datetime(year, month, day, hour or 0, minute or 0, min(second or 0, 59))
    except ValueError:
        return None
    if hour is None:
        return Dated(at, "day")
    if not zone:
        return Dated(at)
    if zone.upper() in {"Z", "UTC", "GMT"}:
        return Dated(at.replace(tzinfo=UTC))
    match = _ZONE.match(zone)
    return Dated(at.replace(tzinfo=_offset(match) if match else None))


def _ascii_digits(text: str) -> str:
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() and char > "9" else char for char in text
    )
