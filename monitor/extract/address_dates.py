"""The day of publication that many outlets write into an article's address."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote, urlsplit

from monitor.extract.dates import Dated, find_date

_FORMS = tuple(
    re.compile(form)
    for form in (
        # /2026/11/22/a-story, /2026/1/31/a-story, /2026/nov/22/a-story
        r"/(?P<year>\d{4})/(?P<month>[^/\d]{2,20}|\d{1,2})/(?P<day>\d{1,2})(?=/|$)",
        # /2016/03/160322_name (the BBC's until about 2017)
        r"/(?P<year>\d\d(?P<short>\d\d))/(?P<month>\d\d)/(?P=short)(?P=month)(?P<day>\d\d)_",
        # tha-inv-2026-11-22
        r"(?<!\d)(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)",
        # /202611220007: the day and a number of that day (CNA, Focus Taiwan)
        r"/(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)\d{4}(?:\.\w+)?/?$",
        # a-story-11222026143000.html and -20261122.html (Radio Free Asia, BenarNews)
        r"-(?P<month>\d\d)(?P<day>\d\d)(?P<year>(?:19|20)\d\d)(?:\d{6})?\.html$",
        r"-(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)(?:\d{6})?\.html$",
    )
)


def date_in_address(url: str) -> Dated | None:
    """The day in an address, in whatever zone the outlet counts its days; None without one.

    A year and a month alone are no day; a number that only may be a date (an
    article's number of eight digits) is none.
    """
    try:
        path = unquote(urlsplit(url).path)
    except ValueError:
        return None
    path = "".join(str(unicodedata.decimal(char, char)) for char in path)
    for form in _FORMS:
        if match := form.search(path):
            month = match["month"]
            between = "/" if month.isdecimal() else " "
            dated = find_date(between.join((match["year"], month, match["day"])))
            if dated is not None:
                return dated
    return None
