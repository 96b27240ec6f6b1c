"""The spider of one outlet: its sources → the addresses it lists → pages.

It decides *what* is fetched. Pages become articles in the pipelines; nothing
is extracted or stored here.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from monitor.blocked import bot_wall
from monitor.items import Entry, Forbidden, Gone, Listing, Page, Quarantined, Unchanged
from monitor.night import Counts, Night
from monitor.outlets import Outlet
from monitor.outlets.addresses import address_of, page_of
from monitor.politeness import ForbiddenByRobots
from monitor.sources import SourceError, read_feed, read_section, read_sitemap
from monitor.spiders.failures import Missed, missed, status_missed
from monitor.store import default_path

logger = logging.getLogger(__name__)

SOURCE_PRIORITY = 10
"""Sources before pages: what is listed is in the database before pages are fetched."""

Result = Request | Listing | Page | Quarantined | Gone | Unchanged | Forbidden


class OutletSpider(Spider):
    """Crawls one outlet. :func:`spider_for` makes the class for an outlet.

    ``shared_night`` is that of all spiders of ``monitor crawl``; under
    ``scrapy crawl`` there is none and the spider begins and ends its own.
    """

    outlet: Outlet
    shared_night: Night | None = None
    night: Night
    crawl: int
    counts: Counts

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        if cls.outlet.delay is not None:
            settings.set("DOWNLOAD_DELAY", cls.outlet.delay, priority="spider")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> OutletSpider:
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        night = spider.shared_night or Night.begin(
            Path(settings.get("MONITOR_DB_PATH") or default_path()),
            [cls.outlet],
            since_days=settings.getfloat("MONITOR_SINCE_DAYS"),
            limit=settings.getint("MONITOR_LIMIT"),
            workers=settings.getint("MONITOR_WORKERS") or None,
            page_seconds=settings.getfloat("MONITOR_PAGE_SECONDS"),
        )
        spider.begin(night, settings.getint("MONITOR_SECTION_PAGES"))
        crawler.signals.connect(spider.closed_by_scrapy, signal=signals.spider_closed)
        return spider

    def begin(self, night: Night, section_pages: int) -> None:
        """Open this outlet's crawl in ``night``."""
        self.night = night
        self.store_failure = ""
        self._section_pages = section_pages
        self.counts = night.counts.setdefault(self.outlet.slug, Counts())
        self.crawl = night.store.begin_crawl(
            self.outlet.slug, night.started.isoformat(timespec="seconds"), night.clock()
        )
        self._asked: set[str] = set()
        self._listed: set[str] = set()
        self._unchanged: set[int] = set()
        self._sources_ok = 0
        self._sources_missed: list[str] = []

    # What to fetch

    async def start(self) -> AsyncIterator[Any]:
        """Sources; then what earlier nights left; then flagged articles that
        are due to be looked at again."""
        for source in self.outlet.sources:
            yield self._source_request(source.url, source.kind)
        store = self.night.store
        for entry in store.pending(self.outlet.slug, limit=self.night.limit):
            if request := self._page_request(entry):
                yield request
        for address in store.due(self.outlet.slug, self.night.clock()):
            if request := self._page_request(Entry(address.url), again=True):
                yield request

    def _source_request(self, url: str, kind: str, *, page: int = 1) -> Request:
        headers = {}
        known = self.night.store.source(url)
        if known is not None and page == 1 and not (self.night.deep and kind != "feed"):
            headers = _conditional(known.etag, known.last_modified)
        return Request(
            url,
            self.parse_source,
            headers=headers,
            errback=self.source_failed,
            cb_kwargs={"kind": kind, "page": page},
            priority=SOURCE_PRIORITY,
            dont_filter=True,
        )

    def _page_request(self, entry: Entry, *, again: bool = False) -> Request | None:
        """The request for an article's page; None when it was asked for already
        tonight or the night's limit is reached (it stays pending then)."""
        if entry.url in self._asked or len(self._asked) >= self.night.limit:
            return None
        self._asked.add(entry.url)
        self.counts.asked += 1
        headers = {}
        if again and (known := self.night.store.address(entry.url)) is not None:
            headers = _conditional(known.etag, known.last_modified)
        return Request(
            page_of(self.outlet, entry.url),
            self.parse_page,
            headers=headers,
            errback=self.page_failed,
            cb_kwargs={"entry": entry},
            dont_filter=True,
        )

    # Sources

    def parse_source(self, response: Response, kind: str, page: int) -> Iterator[Result]:
        """A feed, sitemap or section page: store what it lists, ask for what is new."""
        assert response.request is not None
        url = _first_url(response.request)
        if retry := self._retry_of_truncated(response):
            yield retry
            return
        headers = _headers(response)
        if response.status == 304:
            self._sources_ok += 1
            yield self._listing(url, kind, response, ())
            return
        if product := bot_wall(response.status, headers, response.body):
            yield self._source_missed(
                url,
                "bot_wall",
                f"a bot check ({product}) stands before {url}",
                response,
                state="blocked",
            )
            return
        if response.status != 200:
            state = "blocked" if response.status in (401, 403, 451) else "failed"
            yield self._source_missed(
                url,
                f"http_{response.status}",
                f"{url} answered HTTP {response.status}",
                response,
                state=state,
            )
            return
        try:
            entries, further = self._read(kind, response, headers, page)
        except SourceError as error:
            yield self._source_missed(url, error.reason, str(error), response)
            return
        except Exception as error:  # a source must not pass for read, whatever it does
            detail = f"reading {url} failed: {type(error).__name__}: {error}"
            yield self._source_missed(url, "crashed", detail, response)
            return
        self._sources_ok += 1
        yield from self._listed_by(url, kind, response, entries, has_more=bool(further))
        yield from further

    def _read(
        self, kind: str, response: Response, headers: dict[str, str], page: int
    ) -> tuple[list[Entry], list[Request]]:
        """What a source lists, and the requests for its further parts."""
        if kind == "feed":
            feed = read_feed(response.body, response.url, headers.get("content-type", ""))
            return self._articles(feed), []
        if kind == "section":
            section = read_section(response.body, response.url, self.outlet.is_article)
            entries = self._articles(section.entries)
            news = self.night.store.wanted(self.outlet.slug, entries)
            if section.next_page and news and page < self._section_pages:
                return entries, [self._source_request(section.next_page, kind, page=page + 1)]
            return entries, []
        sitemap = read_sitemap(response.body, response.url)
        return (
            self._articles(entry for entry in sitemap.entries if self._recent(entry)),
            [
                self._source_request(url, kind)
                for url, changed in sitemap.children
                if self._has_news(url, changed)
            ],
        )

    def _has_news(self, child: str, changed: datetime | None) -> bool:
        """Whether a part of a sitemap may list what we have not seen, by its lastmod."""
        if changed is None:
            return True
        if _aware(changed) < self.night.since:
            return False
        known = self.night.store.source(child)
        read = known is not None and known.status in (200, 304) and not self.night.deep
        return not (read and known and known.fetched_at and _aware(changed) < known.fetched_at)

    def _articles(self, entries: Iterable[Entry]) -> list[Entry]:
        """Those that are articles, under the address that we know them by."""
        return [
            replace(entry, url=address_of(self.outlet, entry.url))
            for entry in entries
            if self.outlet.is_article(entry.url)
        ]

    def _recent(self, entry: Entry) -> bool:
        dated = entry.updated_at or entry.published_at
        return dated is None or _aware(dated) >= self.night.since

    def _listed_by(
        self, url: str, kind: str, response: Response, entries: list[Entry], *, has_more: bool
    ) -> Iterator[Result]:
        store = self.night.store
        wanted = store.wanted(self.outlet.slug, entries)
        listed = {entry.url for entry in entries}
        self.counts.discovered += len(listed - self._listed)
        self._listed |= listed
        for address in store.addresses(listed - {entry.url for entry in wanted}).values():
            if address.article is not None:
                self.unchanged(address.article)
        yield self._listing(url, kind, response, tuple(entries), has_more=has_more)
        for entry in wanted:
            if request := self._page_request(entry):
                yield request

    def unchanged(self, article: int, *, really: bool = True) -> None:
        """Count an article as unchanged tonight, once; or no longer, when it did change."""
        (self._unchanged.add if really else self._unchanged.discard)(article)
        self.counts.unchanged = len(self._unchanged)

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
        headers = {} if has_more else _headers(response)
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

    def source_failed(self, failure: Failure) -> Iterator[Result]:
        request: Request = failure.request  # type: ignore[attr-defined]
        url = _first_url(request)
        found = missed(failure.value, url)
        yield self._source_missed(url, found.reason, found.detail, state=found.state)

    def _source_missed(
        self,
        url: str,
        reason: str,
        detail: str,
        response: Response | None = None,
        *,
        state: str = "failed",
    ) -> Quarantined:
        self._sources_missed.append("blocked" if state == "blocked" else "failed")
        logger.warning("%s: source not read: %s", self.outlet.slug, detail)
        return Quarantined(
            outlet=self.outlet.slug,
            url=url,
            stage="discover",
            reason=reason,
            detail=detail,
            at=self.night.clock(),
            status=response.status if response is not None else None,
            body=response.body if response is not None else b"",
            state="blocked" if state == "blocked" else "failed",
        )

    # Pages

    def parse_page(self, response: Response, entry: Entry) -> Iterator[Result]:
        """An article's page: pass it on, or say what became of it."""
        url = entry.url
        if retry := self._retry_of_truncated(response):
            yield retry
            return
        if response.status == 304:
            self.counts.fetched += 1
            yield Unchanged(self.outlet.slug, url, self.night.clock())
            return
        if response.status in (404, 410):
            yield Gone(self.outlet.slug, url, response.status, self.night.clock())
            return
        headers = _headers(response)
        found = self._reason_against(response, headers, url)
        if found is not None:
            yield self._missed(url, found, response)
            return
        self.counts.fetched += 1
        yield Page(
            outlet=self.outlet.slug,
            requested_url=url,
            url=response.url,
            status=response.status,
            headers=headers,
            body=response.body,
            fetched_at=self.night.clock(),
            entry=entry,
        )

    def _reason_against(
        self, response: Response, headers: dict[str, str], url: str
    ) -> Missed | None:
        """Why this response holds no article, as far as that shows before extraction."""
        if product := bot_wall(response.status, headers, response.body):
            return Missed("bot_wall", f"a bot check ({product}) stands before the page", "blocked")
        if response.status != 200:
            return status_missed(response.status)
        if "dataloss" in response.flags:
            return Missed("truncated", "the response ended before its announced length", "pending")
        if response.url != url and _is_home(response.url, self.outlet.homepage):
            return Missed("redirected_home", "the address leads to the home page", "not_article")
        return None

    def page_failed(self, failure: Failure) -> Iterator[Result]:
        url = failure.request.cb_kwargs["entry"].url  # type: ignore[attr-defined]
        if isinstance(failure.value, ForbiddenByRobots):
            yield Forbidden(self.outlet.slug, url, self.night.clock())
        else:
            yield self._missed(url, missed(failure.value, url))

    def _missed(self, url: str, found: Missed, response: Response | None = None) -> Quarantined:
        return Quarantined(
            outlet=self.outlet.slug,
            url=url,
            stage="fetch",
            reason=found.reason,
            detail=found.detail,
            at=self.night.clock(),
            status=response.status if response is not None else None,
            body=response.body if response is not None else b"",
            state=found.state,
        )

    def _retry_of_truncated(self, response: Response) -> Request | None:
        """Scrapy drops a truncated body when it fails the download; so we let it
        pass, ask again, and keep what there is when asking does not help."""
        if "dataloss" not in response.flags:
            return None
        assert response.request is not None
        return get_retry_request(response.request, spider=self, reason="truncated")

    # The end

    def closed_by_scrapy(self, reason: str) -> None:
        """Write the crawl's row. Runs after the pipelines have flushed."""
        stats = self.crawler.stats
        assert stats is not None
        self.counts.requests = int(stats.get_value("downloader/request_count", 0))
        self.counts.bytes = int(stats.get_value("downloader/response_bytes", 0))
        outcome, why = self._outcome(reason)
        self.night.store.end_crawl(
            self.crawl, outcome, self.counts.as_dict(), at=self.night.clock(), reason=why
        )
        if self.shared_night is None:
            self.night.close()

    def _outcome(self, reason: str) -> tuple[str, str]:
        if self.store_failure:
            return "failed", self.store_failure
        if reason != "finished":
            return "interrupted", f"stopped before its end ({reason})"
        if self.outlet.sources and not self._sources_ok:
            outcome = "blocked" if set(self._sources_missed) == {"blocked"} else "failed"
            return outcome, "none of its sources could be read"
        if self._sources_missed:
            return "finished", f"{len(self._sources_missed)} of its sources could not be read"
        return "finished", ""


def spider_for(outlet: Outlet, shared_night: Night | None = None) -> type[OutletSpider]:
    """The spider class of one outlet, as Scrapy wants it: a class with a name."""
    return type(
        "Spider_" + outlet.slug.replace("-", "_"),
        (OutletSpider,),
        {
            "name": outlet.slug,
            "outlet": outlet,
            "shared_night": shared_night,
            "__module__": __name__,
        },
    )


def _conditional(etag: str | None, last_modified: str | None) -> dict[str, str]:
    headers = {}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    return headers


def _headers(response: Response) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
    }


def _first_url(request: Request) -> str:
    """The address that was asked for before any redirect."""
    redirects: list[str] = request.meta.get("redirect_urls", [])
    return redirects[0] if redirects else request.url


def _is_home(url: str, homepage: str) -> bool:
    return url.rstrip("/").partition("?")[0].rstrip("/") == homepage.rstrip("/")


def _aware(moment: datetime) -> datetime:
    """``moment`` in UTC; without an offset as late as it can be meant."""
    try:
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC) + timedelta(days=1)
        return moment.astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
