"""Scrapy item pipelines: judge pages in the workers, store records in batches."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import Any

from scrapy.crawler import Crawler
from scrapy.utils.asyncio import create_looping_call

from monitor.items import Forbidden, Headline, Judged, Listing, Page, Quarantined, Record
from monitor.outlets.addresses import identified
from monitor.spiders.outlet import OutletSpider

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 2.0
"""A batch waits no longer than this, so that a killed crawl loses little."""

FLAGGABLE = ("new", "changed", "headline")
"""Outcomes that bring a story which an analyst has not seen as it is now."""

MOST_WAITING = 200
"""Records kept when the database refuses them, before the crawl is ended."""


def _spider(crawler: Crawler) -> OutletSpider:
    assert isinstance(crawler.spider, OutletSpider)
    return crawler.spider


class JudgePages:
    """Page → article, language and flag (or quarantine), in a worker process. A page
    without an article leaves the headline that its source gave."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> JudgePages:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        """The records that an item becomes, in order."""
        spider = _spider(self.crawler)
        languages = spider.outlet.languages
        # An outlet in several languages declares none of them for one page.
        declared = languages[0] if len(languages) == 1 else None
        if not isinstance(item, Page | Headline):
            return (item,)

        async def judge(page: Page | Headline) -> Judged | Quarantined:
            judged = await spider.night.workers.judge(page, declared)
            return identified(judged, spider.outlet) if isinstance(judged, Judged) else judged

        judged = await judge(item)
        if isinstance(judged, Judged) or isinstance(item, Headline):
            return (judged,)
        if item.entry is None or not item.entry.title:
            return (judged,)
        return (judged, await judge(Headline(item.outlet, item.entry, item.fetched_at)))


class StoreRecords:
    """Records → SQLite, one transaction a batch, and the crawl's counts."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.size = crawler.settings.getint("MONITOR_BATCH")
        self._batch: list[Record] = []
        self._timer = create_looping_call(self.flush)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> StoreRecords:
        return cls(crawler)

    def open_spider(self) -> None:
        self._timer.start(FLUSH_SECONDS, now=False)

    def process_item(self, item: tuple[Record, ...]) -> tuple[Record, ...]:
        self._batch += item
        if len(self._batch) >= self.size:
            self.flush()
        return item

    def close_spider(self) -> None:
        if self._timer.running:
            self._timer.stop()
        self.flush()

    def flush(self) -> None:
        """Write what has gathered.

        What the database refuses (a full disk) is kept and tried again; when
        too much waits, the crawl ends and its row says why.
        """
        if not self._batch:
            return
        spider = _spider(self.crawler)
        batch = self._batch
        try:
            outcomes = spider.night.store.write(batch, crawl=spider.crawl)
        except sqlite3.Error as error:
            spider.store_failure = f"{len(batch)} records not stored: {error}"
            logger.error("%s: %s", spider.name, spider.store_failure)
            if len(batch) >= MOST_WAITING and self.crawler.engine is not None:
                self._ending = asyncio.ensure_future(
                    self.crawler.engine.close_spider_async(reason="store_failed")
                )
            return
        self._batch = []
        spider.store_failure = ""
        for record, outcome in zip(batch, outcomes, strict=True):
            self._count(spider, record, outcome)

    def _count(self, spider: OutletSpider, record: Record, outcome: str) -> None:
        counts = spider.counts
        if isinstance(record, Quarantined):
            counts.errors[f"{record.stage}:{record.reason}"] += 1
        if outcome == "headline":
            counts.headlines += 1
        if isinstance(record, Judged) and not record.headline_only:
            article = record.article
            counts.extracted += 1
            counts.titled += bool(article.title)
            counts.dated += article.published_at is not None
            counts.bylined += bool(article.byline)
            counts.text_lengths.append(len(article.text))
        if outcome in ("new", "changed", "gone"):
            setattr(counts, outcome, getattr(counts, outcome) + 1)
        if outcome in ("changed", "unchanged", "gone"):
            known = spider.night.store.address(
                record.page_url if isinstance(record, Judged) else record.url
            )
            if known is not None and known.article is not None:
                spider.unchanged(known.article, really=outcome == "unchanged")
        if isinstance(record, Judged) and record.flag.flagged and outcome in FLAGGABLE:
            counts.flagged += 1
        if isinstance(record, Forbidden):
            counts.errors["fetch:robots"] += 1
            logger.info("%s: robots.txt forbids %s", record.outlet, record.url)
        if outcome == "quarantined" and not _is_source(record):
            blocked = isinstance(record, Quarantined) and record.state == "blocked"
            counts.blocked += blocked
            counts.failed += not blocked
        if isinstance(record, Quarantined) and not _is_source(record):
            logger.info("%s: %s: %s (%s)", record.outlet, record.stage, record.detail, record.url)


def _is_source(record: Record) -> bool:
    """Whether a record is about a source, not about an article's address."""
    return isinstance(record, Listing) or (
        isinstance(record, Quarantined) and record.stage == "discover"
    )
