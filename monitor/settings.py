"""Scrapy settings: polite by default.

Every setting of our own is explained in ``docs/operations.md``, with its
default; a test checks that.
"""

from __future__ import annotations

import os

from monitor import __version__

BOT_NAME = "refoulement-monitor"
SPIDER_MODULES = ["monitor.spiders"]
SPIDER_LOADER_CLASS = "monitor.spiders.OutletSpiderLoader"

# Who we are. An operator sets MONITOR_CONTACT to an address that is read: a
# site that is bothered should be able to say so to somebody.
MONITOR_CONTACT = os.environ.get("MONITOR_CONTACT", "")
USER_AGENT = os.environ.get("MONITOR_USER_AGENT") or (
    f"RefoulementMonitor/{__version__} (human-rights media monitoring"
    + (f"; {MONITOR_CONTACT})" if MONITOR_CONTACT else ")")
)
# robots.txt speaks to the product, the word before the version (RFC 9309, 2.2.1).
ROBOTSTXT_USER_AGENT = USER_AGENT.partition("/")[0].strip()
ROBOTSTXT_OBEY = True

# One request at a time for an outlet and so for a host, five seconds apart, and
# slower when the host is slow. One at a time also means that nothing is under
# way when a host asks to be left alone. No jitter: the delay is a promise.
CONCURRENT_REQUESTS = 1
# First come, first served: a night that is cut short has fetched what stands at
# the top of the feeds (Scrapy's default would fetch that last).
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 5.0
DOWNLOAD_DELAY_JITTER = 0.0
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 0.0
AUTOTHROTTLE_MAX_DELAY = 60.0
AUTOTHROTTLE_TARGET_CONCURRENCY = 1.0
RETRY_AFTER_MAX = 120.0
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_MAXSIZE = 10 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
# A truncated body is kept and marked; the spider asks again and then quarantines it.
DOWNLOAD_FAIL_ON_DATALOSS = False
DOWNLOAD_VERIFY_CERTIFICATES = True
REDIRECT_MAX_TIMES = 8
# Seconds: a page that goes on later than this is meant to be read.
METAREFRESH_MAXDELAY = 10
# Scrapy would read the source of a spider's method at each response to warn of a mistake in it.
WARN_ON_GENERATOR_RETURN_VALUE = False
# What one response gives is worked on in so many tasks, and Scrapy starts all of them (100 by
# default) for every response: that cost more than parsing it. A page gives two things at most.
CONCURRENT_ITEMS = 4
COOKIES_ENABLED = False
REFERER_ENABLED = False
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
HTTPERROR_ALLOW_ALL = True

DOWNLOADER_MIDDLEWARES = {
    "monitor.politeness.ByteLimit": 60,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "monitor.politeness.Robots": 100,
    "monitor.responses.RetryTruncated": 540,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "monitor.responses.MetaRefresh": 580,
    # Beyond RetryMiddleware (550), so that it sees a 429 before that one does.
    "monitor.politeness.RetryAfter": 560,
}
EXTENSIONS = {
    "scrapy.extensions.throttle.AutoThrottle": None,
    "monitor.politeness.Throttle": 0,
}
ITEM_PIPELINES = {
    "monitor.pipelines.JudgePages": 100,
    "monitor.pipelines.StoreRecords": 900,
}

# Where things are (None: the bundled outlets, the default database).
MONITOR_OUTLETS_DIR = None
MONITOR_DB_PATH = None
# How far back a first crawl of a sitemap or section reaches, in days.
MONITOR_SINCE_DAYS = 30
# Articles that one crawl of one outlet fetches at the most.
MONITOR_LIMIT = 1000
# Megabytes that one crawl of one outlet brings at the most.
MONITOR_MEGABYTES = 500
# Listing pages that are followed from one section page.
MONITOR_SECTION_PAGES = 20
MONITOR_WORKERS = None
MONITOR_PAGE_SECONDS = 30.0
MONITOR_BATCH = 20

LOG_LEVEL = "INFO"
