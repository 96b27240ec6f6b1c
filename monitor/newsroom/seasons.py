"""A season: small generated sites that publish every night, for as many nights as one likes.

Each site is found in another way. They are healthy unless told otherwise; the
troubles of :data:`PLAYED` are those that ``python -m monitor.newsroom --season``
shows. A test plays its own::

    with Newsroom(sites=season({"slow-boat": [Trouble("slow", amount=0.2)]})) as newsroom:
        for newsroom.night in range(1, 41):
            crawl(now=evening(newsroom.night))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from functools import cache
from typing import Any

from monitor.newsroom.errors import NewsroomError
from monitor.newsroom.sites import Dates, Feed, Site, Story
from monitor.newsroom.troubles import Trouble, evening
from monitor.newsroom.writing import material, write

BANGKOK = timezone(timedelta(hours=7))

STEP = 19
"""From the numbers of one night's stories to those of the next, so also the most
stories of a night. Prime, so that titles recur as late as they can (see ``writing``)."""


@dataclass(frozen=True, slots=True)
class SeasonSite(Site):
    """A site whose stories are written when they are needed.

    ``volume`` has the number of stories for each weekday from Monday on. The
    first story of a night is about people sent back to danger (so that it is
    flagged, and looked at again later), the others are local news.
    """

    volume: tuple[int, ...] = (5,) * 7

    def written(self, night: int) -> list[Story]:
        return [
            story
            for number in range(1, night + 1)
            for story in _written(
                self.slug,
                self.language,
                tuple(self.sections),
                number,
                self.volume[evening(number).weekday()],
            )
        ]


@cache
def _written(
    slug: str, language: str, sections: Sequence[str], night: int, volume: int
) -> Sequence[Story]:
    """What a site publishes on one night."""
    morning = datetime.combine(evening(night), time(8), BANGKOK)
    return [
        write(
            language,
            slug,
            night * STEP + place,
            "general" if place else "returns",
            section=sections[place % len(sections)],
            published=morning + timedelta(minutes=37 * place),
            night=night,
        )
        for place in range(volume)
    ]


def season(troubles: Mapping[str, Sequence[Trouble]] | None = None) -> dict[str, SeasonSite]:
    """The sites by slug, with the troubles told.

    Raises :class:`NewsroomError` for troubles of a site that there is not.
    """
    told = troubles or {}
    if unknown := sorted(set(told) - set(_SITES)):
        raise NewsroomError(f"{unknown[0]}: no such site in the season")
    return {
        slug: _site(slug, host, tuple(told.get(slug, ())), **manner)
        for host, (slug, manner) in enumerate(_SITES.items(), _FIRST_HOST)
    }


def _site(
    slug: str, host: int, troubles: tuple[Trouble, ...], *, language: str = "en", **manner: Any
) -> SeasonSite:
    said = material(language)
    common: dict[str, Any] = {
        "country": "TH",
        "template": "_season.html",
        "metadata": "json-ld",
        "article": "/{year}/{month}/{day}/{slug}",
        "article_url": r"/\d{4}/\d{2}/\d{2}/[^/?#]+",
        "listing": "/section/{section}",
        "listing_page": "/section/{section}?page={page}",
        "latest": "latest",
        "notes": "A generated site of the newsroom's season.",
    }
    return SeasonSite(
        slug=slug,
        host=host,
        language=language,
        dates=Dates(**said.dates),
        sections=said.sections,
        words=said.words,
        troubles=troubles,
        **common | manner,
    )


PLAYED: Mapping[str, Sequence[Trouble]] = {
    "harbour-voice": [Trouble("new_addresses", 30)],
    "northern-wire": [Trouble("forbidden", 33, 36)],
    "quiet-river": [Trouble("silent", 35)],
    "slow-boat": [Trouble("slow", amount=0.1)],
    "minute-times": [Trouble("lastmod_now")],
    "half-moon": [Trouble("fewer", 34)],
    "lost-letter": [Trouble("feed_gone", 31)],
}
"""Forty nights with an accident each; daily-lantern and weekend-herald stay well."""

_FIRST_HOST = 22
"""Behind the hosts of the bundled sites."""

_RSS, _ATOM = Feed("rss", "/rss.xml"), Feed("atom", "/atom.xml")
_NEWS_MAP = Feed("news_sitemap", "/news-sitemap.xml")
_ARCHIVE_MAP = Feed("sitemap_index_gz", "/sitemaps/index.xml.gz", limit=100_000)
_FEED, _NEWS = ("feed", _RSS.path), ("news_sitemap", _NEWS_MAP.path)
_ARCHIVE = ("sitemap", _ARCHIVE_MAP.path)

_SITES: Mapping[str, Mapping[str, Any]] = {
    "daily-lantern": {
        "name": "The Daily Lantern",
        "feeds": (_NEWS_MAP, _RSS),
        "sources": (_NEWS, _FEED),
    },
    "weekend-herald": {
        "name": "Weekend Herald",
        "volume": (6, 6, 6, 6, 6, 2, 1),
        "metadata": "meta",
        "feeds": (_RSS,),
        "sources": (_FEED,),
    },
    "harbour-voice": {
        "name": "Harbour Voice",
        "metadata": "json-ld-graph",
        "feeds": (_RSS,),
        "sources": (_FEED,),
    },
    "northern-wire": {
        "name": "Northern Wire",
        "volume": (4,) * 7,
        "feeds": (_ARCHIVE_MAP,),
        "sources": (_ARCHIVE,),
    },
    "quiet-river": {
        "name": "Quiet River",
        "volume": (3,) * 7,
        "metadata": "meta",
        "sources": (("section", "/section/latest"),),
    },
    "slow-boat": {
        "name": "The Slow Boat",
        "volume": (3,) * 7,
        "feeds": (_ATOM,),
        "sources": (("feed", _ATOM.path),),
    },
    "minute-times": {
        "name": "Minute Times",
        "volume": (3,) * 7,
        "feeds": (_ARCHIVE_MAP,),
        "sources": (_ARCHIVE,),
    },
    "half-moon": {
        "name": "พระจันทร์ครึ่งดวง",
        "language": "th",
        "volume": (6,) * 7,
        "feeds": (_NEWS_MAP, _RSS),
        "sources": (_NEWS, _FEED),
    },
    "lost-letter": {
        "name": "The Lost Letter",
        "volume": (4,) * 7,
        "feeds": (_RSS,),
        "sources": (_FEED,),
    },
    "front-page": {
        "name": "หน้าหนึ่ง",
        "language": "th",
        "volume": (4,) * 7,
        "metadata": "meta",
        "sources": (("section", "/"),),
    },
}
