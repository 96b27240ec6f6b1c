"""Discovery: from an outlet's sources to the addresses of its articles.

Feeds come first, then news sitemaps, sitemaps and section pages: what costs
least and is newest is stored before what costs more is asked for. An outlet
that names no source, or none that can be read, is asked what its homepage names.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from monitor import browser
from monitor.items import Entry, Listing, Quarantined
from monitor.night import Counts, Night
from monitor.obstacles import obstacle
from monitor.outlets import Outlet
from monitor.outlets.addresses import address_of
from monitor.responses import conditional, first_url, headers_of
from monitor.sources import (
    Section,
    SourceError,
    read_feed,
    read_homepage,
    read_section,
    read_sitemap,
)
from monitor.spiders.failures import (
    Missed,
    missed,
    obstacle_missed,
    quarantined,
    status_missed,
)
from monitor.store import Address, SourceState, is_wanted

logger = logging.getLogger(__name__)

PRIORITIES = {"feed": 14, "news_sitemap": 13, "sitemap": 12, "section": 11, "homepage": 10}
"""Of requests; pages have 0. What is listed is in the database before pages are fetched."""

FEEDS_OF_A_HOMEPAGE = 3
"""Feeds that are read of those that a homepage names; the likeliest come first."""

LIES = 10
"""So many known articles of one source must claim a change before the claim is doubted:
some sites write tonight's date as ``lastmod`` of everything."""

ENDS_OF_AN_INDEX = 2
"""Parts that are read at either end of a sitemap index whose dates are not believed."""

Result = Request | Listing | Quarantined


class Discovery:
    """The sources of one outlet on one night, and what came of them.

    ``want`` makes the request for an article, or None when it is not to be
    fetched; ``unchanged`` is told of each known article that is still listed
    as it was.
    """

    def __init__(
        self,
        outlet: Outlet,
        night: Night,
        counts: Counts,
        section_pages: int,
        want: Callable[[Entry], Request | None],
        unchanged: Callable[[int], None],
    ) -> None:
        self.outlet = outlet
        self.night = night
        self.counts = counts
        self.missed: list[str] = []
        self.blocked = 0
        self.found_instead: list[str] = []
        self._barren = 0
        self._unmodified = False
        self._section_pages = section_pages
        self._want = want
        self._unchanged = unchanged
        self._listed: set[str] = set()
        self._asked: set[str] = set()
        self._paged: dict[str, set[str]] = {}
        self._to_settle = len(outlet.sources)
        self._asked_homepage = False

    def requests(self) -> Iterator[Request]:
        """One for each source of the outlet's file, or for its homepage when it names none."""
        for source in self.outlet.sources:
            yield self._request(source.url, source.kind, own=True)
        if not self.outlet.sources:
            yield self._homepage()

    def _request(
        self, url: str, kind: str, *, page: int = 1, own: bool = False, root: str = ""
    ) -> Request:
        """``page`` counts those of the section that begins at ``root``; ``own``: a source
        of the outlet's file."""
        self._asked.add(url)
        headers = {}
        # What a homepage names must be known even when it has not changed.
        if kind != "homepage" and page == 1 and not (self.night.deep and kind != "feed"):
            known = self.night.store.source(url)
            headers = conditional(known.etag, known.last_modified) if known else {}
        return Request(
            url,
            self.parse,
            headers=headers,
            errback=self.failed,
            cb_kwargs={"kind": kind, "page": page, "own": own, "root": root or url},
            meta={browser.RENDER: kind in ("section", "homepage")},
            priority=PRIORITIES[kind],
            dont_filter=True,
        )

    def _homepage(self) -> Request:
        self._asked_homepage = True
        return self._request(self.outlet.homepage, "homepage")

    # What came back

    def parse(
        self, response: Response, kind: str, page: int, own: bool, root: str
    ) -> Iterator[Result]:
        """A source: store what it lists, ask for what is new. Callback."""
        assert response.request is not None
        url = first_url(response.request)
        headers = headers_of(response)
        if response.status == 304:
            self.counts.sources_ok += 1
            self._unmodified = True
            yield self._listing(url, kind, response, ())
            yield from self._settled(own)
            return
        if found := _reason_against(response, headers, url):
            yield from self._missed(url, found, own, response)
            return
        try:
            entries, further = self._read(kind, response, headers, page, root)
        except SourceError as error:
            found = Missed(error.reason, str(error), "failed")
            yield from self._missed(url, found, own, response)
            return
        except Exception as error:  # a source must not pass for read, whatever it does
            detail = f"reading {url} failed: {type(error).__name__}: {error}"
            yield from self._missed(url, Missed("crashed", detail, "failed"), own, response)
            return
        self.counts.sources_ok += 1
        yield from self._listed_by(url, kind, response, entries, has_more=bool(further))
        yield from further
        yield from self._settled(own)

    def failed(self, failure: Failure) -> Iterator[Result]:
        """A source that did not answer. Errback."""
        request: Request = failure.request  # type: ignore[attr-defined]
        url = first_url(request)
        yield from self._missed(url, missed(failure.value, url), request.cb_kwargs["own"])

    def _missed(
        self, url: str, found: Missed, own: bool, response: Response | None = None
    ) -> Iterator[Result]:
        self.counts.sources_missed += 1
        self.missed.append(found.reason)
        self.blocked += found.state == "blocked"
        logger.warning("%s: source not read: %s", self.outlet.slug, found.detail)
        at = self.night.clock()
        yield quarantined(self.outlet.slug, url, "discover", found, at, response)
        yield from self._settled(own)

    def _settled(self, own: bool) -> Iterator[Request]:
        """When no source of the file is there any more, what the homepage names may do:
        sites move their feeds and forget to say so."""
        self._to_settle -= own
        lost = not self.counts.sources_ok and all(map(_is_lost, self.missed))
        if self._to_settle == 0 and lost and not self._asked_homepage:
            yield self._homepage()

    @property
    def outcome(self) -> str:
        """``finished``, or why none of the sources could be read: ``blocked``, ``failed``."""
        if self.counts.sources_ok or not self.missed:
            return "finished"
        return "blocked" if self.blocked == len(self.missed) else "failed"

    @property
    def barren(self) -> int:
        """Sources that name addresses of which none is an article's, if there was no other:
        the outlet has new addresses, or its ``article_url`` is wrong."""
        return 0 if self._listed or self._unmodified else self._barren

    # Reading

    def _read(
        self, kind: str, response: Response, headers: dict[str, str], page: int, root: str
    ) -> tuple[list[Entry], list[Request]]:
        """What a source lists, and the requests for its further parts."""
        content_type = headers.get("content-type", "")
        if kind == "feed":
            feed = read_feed(response.body, response.url, content_type)
            return self._articles(feed), []
        if kind == "section":
            return self._read_section(response, content_type, page, root)
        if kind == "homepage":
            return self._read_homepage(response, content_type)
        sitemap = read_sitemap(response.body, response.url)
        parts = self._parts(sitemap.children)
        return (
            self._articles(entry for entry in sitemap.entries if self._recent(entry)),
            [self._request(url, kind) for url in parts],
        )

    def _read_section(
        self, response: Response, content_type: str, page: int, root: str
    ) -> tuple[list[Entry], list[Request]]:
        section = self._section(response, content_type)
        entries = self._articles(section.entries)
        self._barren += page == 1 and not entries
        # A listing that goes round in circles brings nothing that its earlier pages had not.
        paged = self._paged.setdefault(root, set())
        new = [entry for entry in entries if entry.url not in paged]
        paged |= {entry.url for entry in new}
        follow = section.next_page
        news = self.night.store.wanted(self.outlet.slug, new)
        if follow and follow not in self._asked and news and page < self._section_pages:
            return entries, [self._request(follow, "section", page=page + 1, root=root)]
        return entries, []

    def _section(self, response: Response, content_type: str) -> Section:
        return read_section(response.body, response.url, self.outlet.is_article, content_type)

    def _read_homepage(
        self, response: Response, content_type: str
    ) -> tuple[list[Entry], list[Request]]:
        feeds = [url for _, url in read_homepage(response.body, response.url, content_type).feeds]
        new = [url for url in feeds if url not in self._asked][:FEEDS_OF_A_HOMEPAGE]
        self.found_instead = new
        entries: list[Entry] = []
        if self.outlet.article_url is not None:
            section = self._section(response, content_type)
            entries = self._articles(section.entries)
        if not new and not entries:
            raise SourceError(
                "names_no_source", f"{response.url} names no feed and lists no article"
            )
        return entries, [self._request(url, "feed") for url in new]

    def _parts(self, children: Iterable[tuple[str, datetime | None]]) -> list[str]:
        """Those parts of a sitemap index that may list what we have not seen.

        An index that calls every part that we know new is not believed: of the
        known parts only those at its ends are read, where new articles go.
        """
        states = [(url, at, self.night.store.source(url)) for url, at in children]
        due = [(url, known) for url, at, known in states if self._has_news(at, known)]
        recent = {url for url, at, _ in states if at and _aware(at) >= self.night.since}
        self._unmodified |= not recent <= {url for url, _ in due}
        again = [url for url, known in due if known is not None and known.status in (200, 304)]
        known_parts = sum(known is not None for _, _, known in states)
        if len(again) > 2 * ENDS_OF_AN_INDEX and len(again) == known_parts:
            kept = {*again[:ENDS_OF_AN_INDEX], *again[-ENDS_OF_AN_INDEX:]}
            return [url for url, _ in due if url not in again or url in kept]
        return [url for url, _ in due]

    def _has_news(self, changed: datetime | None, known: SourceState | None) -> bool:
        """Whether a part of a sitemap may list what we have not seen, by its lastmod."""
        if changed is None:
            return True
        if _aware(changed) < self.night.since:
            return False
        read = known is not None and known.status in (200, 304) and not self.night.deep
        return not (read and known and known.fetched_at and _aware(changed) < known.fetched_at)

    def _articles(self, entries: Iterable[Entry]) -> list[Entry]:
        """Those that are articles, under the address that we know them by."""
        named = list(entries)
        articles = [
            replace(entry, url=address_of(self.outlet, entry.url))
            for entry in named
            if self.outlet.is_article(entry.url)
        ]
        self._barren += bool(named) and not articles
        return articles

    def _recent(self, entry: Entry) -> bool:
        dated = entry.updated_at or entry.published_at
        return dated is None or _aware(dated) >= self.night.since

    # Listing

    def _listed_by(
        self, url: str, kind: str, response: Response, entries: list[Entry], *, has_more: bool
    ) -> Iterator[Result]:
        known = self.night.store.addresses(entry.url for entry in entries)
        if kind in ("sitemap", "news_sitemap"):
            entries = self._believed(url, entries, known)
        first: dict[str, Entry] = {}
        for entry in entries:
            first.setdefault(entry.url, entry)
        new = first.keys() - self._listed
        self.counts.discovered += len(new)
        self.counts.fresh += len(new - known.keys())
        self._listed |= new
        wanted = [entry for entry in first.values() if is_wanted(known.get(entry.url), entry)]
        for address in known.keys() - {entry.url for entry in wanted}:
            if (article := known[address].article) is not None:
                self._unchanged(article)
        yield self._listing(url, kind, response, tuple(entries), has_more=has_more)
        for entry in wanted:
            if request := self._want(entry):
                yield request

    def _believed(
        self, url: str, entries: list[Entry], known: Mapping[str, Address]
    ) -> list[Entry]:
        """The entries, without their dates of change when most of what we know has one
        that is new tonight: then the site writes the time of the request."""
        read = [entry for entry in entries if entry.url in known and known[entry.url].article]
        claims = sum(known[entry.url].is_said_to_have_changed(entry) for entry in read)
        if claims < LIES or 2 * claims < len(read):
            return entries
        logger.info(
            "%s: %s says that %d of %d known articles changed; not believed",
            self.outlet.slug, url, claims, len(read),
        )  # fmt: skip
        return [replace(entry, updated_at=None) for entry in entries]

    def _listing(
        self,
        url: str,
        kind: str,
        response: Response,
        entries: tuple[Entry, ...],
        *,
        has_more: bool = False,
    ) -> Listing:
        """``has_more``: further parts are asked for. Then the validators are not
        kept: a 304 of the first part next night would say nothing of the others."""
        headers = {} if has_more else headers_of(response)
        return Listing(
            outlet=self.outlet.slug,
            url=url,
            kind=kind,
            status=response.status,
            entries=entries,
            fetched_at=self.night.clock(),
            etag=headers.get("etag"),
            last_modified=headers.get("last-modified"),
        )


def _reason_against(response: Response, headers: dict[str, str], url: str) -> Missed | None:
    """Why this response holds no source."""
    if stands := obstacle(response.status, headers, response.body, response.url, url):
        found = obstacle_missed(stands)
        return replace(found, detail=f"{found.detail}: {url}")
    if response.status != 200:
        state = status_missed(response.status).state
        return Missed(f"http_{response.status}", f"{url} answered HTTP {response.status}", state)
    return None


_LOST = frozenset(
    {"not_a_feed", "not_a_sitemap", "no_page", "redirect_loop", "robots", "soft_404", "too_large"}
)


def _is_lost(reason: str) -> bool:
    """Whether a source was missed because it is not there, not because its host is down
    or turns us away."""
    return reason in _LOST or (reason.startswith("http_4") and reason != "http_429")


def _aware(moment: datetime) -> datetime:
    """``moment`` in UTC; without an offset as late as it can be meant."""
    try:
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC) + timedelta(days=1)
        return moment.astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
