"""The spider of one outlet: its sources → the addresses it lists → pages.

It decides *what* is fetched. Pages become articles in the pipelines; nothing
is extracted or stored here. Sources are read in :mod:`monitor.spiders.discovery`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from monitor import browser
from monitor.items import Entry, Forbidden, Gone, Headline, Listing, Page, Quarantined, Unchanged
from monitor.night import Counts, Night
from monitor.obstacles import obstacle
from monitor.outlets import Outlet
from monitor.outlets.addresses import page_of
from monitor.politeness import ForbiddenByRobots
from monitor.responses import conditional, headers_of
from monitor.spiders.discovery import Discovery
from monitor.spiders.failures import Missed, missed, obstacle_missed, quarantined, status_missed
from monitor.store import Address, default_path
from monitor.urls import is_home_page, same_site

Result = Request | Listing | Page | Headline | Quarantined | Gone | Unchanged | Forbidden

WITHDRAWN = ("redirected_home", "soft_404")
"""What became of a page that tells, where an article stood, that the article is gone."""


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
    discovery: Discovery

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        if cls.outlet.delay is not None:
            settings.set("DOWNLOAD_DELAY", cls.outlet.delay, priority="spider")
        if cls.outlet.max_megabytes is not None:
            settings.set("MONITOR_MEGABYTES", cls.outlet.max_megabytes, priority="spider")
        if cls.outlet.browser:
            browser.enable(settings)

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
        self.unable = browser.missing() if self.outlet.browser else ""
        self.counts = night.counts.setdefault(self.outlet.slug, Counts())
        self.crawl = night.store.begin_crawl(
            self.outlet.slug, night.started.isoformat(timespec="seconds"), night.clock()
        )
        self.discovery = Discovery(
            self.outlet, night, self.counts, section_pages, self._page_request, self.unchanged
        )
        self._limit = min(night.limit, self.outlet.max_pages or night.limit)
        self._asked: set[str] = set()
        self._left: set[str] = set()
        self._unchanged: set[int] = set()

    # What to fetch

    async def start(self) -> AsyncIterator[Any]:
        """Sources; then what earlier nights left; then flagged articles that
        are due to be looked at again."""
        if self.unable:
            return
        for request in self.discovery.requests():
            yield request
        store = self.night.store
        for entry in store.pending(self.outlet.slug, limit=self._limit):
            if left := self._page_request(entry):
                yield left
        for address in store.due(self.outlet.slug, self.night.clock()):
            if again := self._page_request(address.entry, known=address):
                yield again

    def _page_request(self, entry: Entry, *, known: Address | None = None) -> Request | None:
        """The request for an article's page, on condition that it is not as it is ``known``;
        None when it was asked for already tonight or the night's limit is reached (it stays
        pending then)."""
        if entry.url in self._asked:
            return None
        if len(self._asked) >= self._limit:
            self._left.add(entry.url)
            return None
        self._asked.add(entry.url)
        self.counts.asked += 1
        return Request(
            page_of(self.outlet, entry.url),
            self.parse_page,
            headers=conditional(known.etag, known.last_modified) if known else {},
            errback=self.page_failed,
            cb_kwargs={"entry": entry},
            meta={browser.RENDER: True},
            dont_filter=True,
        )

    def unchanged(self, article: int, *, really: bool = True) -> None:
        """Count an article as unchanged tonight, once; or no longer, when it did change."""
        (self._unchanged.add if really else self._unchanged.discard)(article)
        self.counts.unchanged = len(self._unchanged)

    # Pages

    def parse_page(self, response: Response, entry: Entry) -> Iterator[Result]:
        """An article's page: pass it on, or say what became of it."""
        url = entry.url
        if response.status == 304:
            self.counts.fetched += 1
            yield Unchanged(self.outlet.slug, url, self.night.clock())
            return
        if response.status in (404, 410):
            yield Gone(self.outlet.slug, url, response.status, self.night.clock())
            yield from self._headline(entry)
            return
        headers = headers_of(response)
        found = self._reason_against(response, headers, url)
        if found is not None:
            if found.reason in WITHDRAWN and self._is_article(url):
                yield Gone(self.outlet.slug, url, response.status, self.night.clock(), found.reason)
                return
            yield self._missed(url, found, response)
            yield from self._headline(entry)
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
        if "dataloss" in response.flags:
            return Missed("truncated", "the response ended before its announced length", "pending")
        if stands := obstacle(response.status, headers, response.body, response.url, url):
            return obstacle_missed(stands)
        if response.status != 200:
            return status_missed(response.status)
        to_home = is_home_page(response.url) and not is_home_page(url)
        if to_home and same_site(response.url, self.outlet.homepage):
            return Missed("redirected_home", "the address leads to the home page", "not_article")
        return None

    def _is_article(self, url: str) -> bool:
        """Whether an article was read at this address on an earlier night."""
        known = self.night.store.address(url)
        return known is not None and known.article is not None

    def _headline(self, entry: Entry) -> Iterator[Headline]:
        """What a source said of a story whose page cannot be had, if it said anything."""
        if entry.title:
            yield Headline(self.outlet.slug, entry, self.night.clock())

    def page_failed(self, failure: Failure) -> Iterator[Result]:
        entry: Entry = failure.request.cb_kwargs["entry"]  # type: ignore[attr-defined]
        url = entry.url
        if isinstance(failure.value, ForbiddenByRobots):
            yield Forbidden(self.outlet.slug, url, self.night.clock())
        else:
            yield self._missed(url, missed(failure.value, url))
        yield from self._headline(entry)

    def _missed(self, url: str, found: Missed, response: Response | None = None) -> Quarantined:
        return quarantined(self.outlet.slug, url, "fetch", found, self.night.clock(), response)

    # The end

    def closed_by_scrapy(self, reason: str) -> None:
        """Write the crawl's row. Runs after the pipelines have flushed."""
        stats = self.crawler.stats
        assert stats is not None
        self.counts.requests = int(stats.get_value("downloader/request_count", 0))
        self.counts.bytes = int(stats.get_value("downloader/response_bytes", 0))
        outcome, why = self._outcome(reason)
        if barren := self.discovery.barren:
            self.counts.errors["discover:no_article"] = barren
        self.night.store.end_crawl(
            self.crawl,
            outcome,
            self.counts.as_dict(),
            at=self.night.clock(),
            reason=why,
            text_median=self.counts.text_median,
            errors=self.counts.errors,
        )
        if self.shared_night is None:
            self.night.close()

    def _outcome(self, reason: str) -> tuple[str, str]:
        if failure := self.unable or self.store_failure:
            return "failed", failure
        if reason != "finished":
            return "interrupted", f"stopped before its end ({reason})"
        discovery = self.discovery
        if discovery.outcome != "finished":
            return discovery.outcome, "none of its sources could be read"
        notes = []
        if discovery.missed:
            notes.append(f"{len(discovery.missed)} of its sources could not be read")
        if instead := discovery.found_instead:
            notes.append(f"read what its homepage names: {', '.join(instead)}")
        if discovery.barren:
            notes.append("its sources list nothing that matches article_url")
        if left := len(self._left - self._asked):
            notes.append(f"{left} pages are left for the next night (limit {self._limit})")
        return "finished", "; ".join(notes)


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
