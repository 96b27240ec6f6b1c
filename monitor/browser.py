"""Pages that their scripts build, rendered by the system's Chromium (the extra ``browser``).

The browser has no network. The page itself comes through Scrapy like any other:
robots.txt, delay, ``Retry-After``, redirects and size limit hold for it without
further ado. Its scripts and data are handed to the browser by
:class:`Render`, which asks for them in the same way, one at a time, and only
for what the outlet's own site has. Nothing else is ever asked for.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections import ChainMap
from collections.abc import MutableMapping
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse, Response
from scrapy.http.request import NO_CALLBACK
from scrapy.settings import BaseSettings

from monitor.obstacles import obstacle
from monitor.politeness import ForbiddenByRobots
from monitor.responses import headers_of
from monitor.urls import same_site

if TYPE_CHECKING:
    from playwright.async_api import Page, Route
    from playwright.async_api import Request as Asked

# It logs a traceback for every page that fails; that is what Unrendered is for.
logging.getLogger("scrapy-playwright").setLevel(logging.CRITICAL)

RENDER = "render"
"""Key of a request's ``meta``: the page is to be rendered if its outlet asks for a browser."""
_PART_OF = "part_of"
"""Key of a request's ``meta``: the address of the page that needs this script or data."""

MOST_PARTS = 50
"""Scripts and data that one page may have from its site. Beyond that it is a page that polls."""
LOOK_SECONDS = 0.5
"""Between two looks at a page. It is at rest when nothing is being loaded, its scripts are idle
and two looks in a row see the same text. Silence on the wire alone (Playwright's ``networkidle``)
will not do: of pages whose script works for 1.5 s before it asks for the text it got none,
and was only 0.1 to 0.3 s faster with the others."""
GRACE_SECONDS = 10.0
"""For what a browser does at once unless a page's script never ends."""

_MOST_SCRIPT_BYTES = 50_000_000
_NEEDED = frozenset({"script", "fetch", "xhr"})
_NOT_PASSED_ON = frozenset(
    {"content-encoding", "content-length", "transfer-encoding", "set-cookie"}
)
_TEXT_LENGTH = """new Promise((tell) => requestIdleCallback(
    () => tell(document.body ? document.body.textContent.length : 0)))"""

_ARGUMENTS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",  # no host has an address, not even 127.0.0.1
    "--no-proxy-server",  # nor may a proxy look for one
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


class Unrendered(IgnoreRequest):
    """The page came, but the browser could not make of it what a reader would see."""


class OtherSite(IgnoreRequest):
    """A page of one site asks for something of another: a tracker, an advertisement."""


def chromium() -> str | None:
    """The system's Chromium, or what ``MONITOR_CHROMIUM`` names."""
    return shutil.which(os.environ.get("MONITOR_CHROMIUM") or "chromium")


def missing() -> str:
    """What keeps this machine from rendering pages, for an operator; empty when nothing does."""
    needs = "needs the browser extra: pip install '.[browser]' and Debian's chromium"
    if find_spec("scrapy_playwright") is None:
        return f"{needs} (scrapy-playwright is not installed)"
    if chromium() is None:
        return f"{needs} ({os.environ.get('MONITOR_CHROMIUM') or 'chromium'} is not installed)"
    return ""


def launch_options() -> dict[str, Any]:
    """How Playwright is to start the system's Chromium."""
    # Chromium refuses its sandbox to root; Playwright goes without it unless told.
    return {"executable_path": chromium(), "chromium_sandbox": os.geteuid() != 0}


def enable(settings: BaseSettings) -> None:
    """Render pages in the crawl that has these settings, unless something is missing."""
    if missing():
        return
    settings.setdict(
        {
            "DOWNLOADER_MIDDLEWARES": {
                **settings.getdict("DOWNLOADER_MIDDLEWARES"),
                # Outermost: what it gets has been through robots.txt, redirects and retries.
                "monitor.browser.Render": 50,
            },
            "PLAYWRIGHT_LAUNCH_OPTIONS": {**launch_options(), "args": list(_ARGUMENTS)},
            "PLAYWRIGHT_ABORT_REQUEST": _refuse,
        },
        priority="spider",
    )


class Render:
    """Downloader middleware: the pages of an outlet that asks for a browser come out of it
    as a reader would see them.

    One browser per crawl, started with the first page; a fresh context, without
    cookies, for each page. Scripts are kept until the crawl's end, since every
    page of a site asks for the same ones.
    """

    def __init__(self, crawler: Crawler) -> None:
        from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

        self.crawler = crawler
        self.scripts: dict[str, Response] = {}
        # For its care of the browser only. As download handler it would fetch pages past Scrapy.
        self._browser = ScrapyPlaywrightDownloadHandler.from_crawler(crawler)
        crawler.signals.connect(self._browser.close, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Render:
        return cls(crawler)

    @property
    def _spider(self) -> Any:
        return self.crawler.spider

    def process_request(self, request: Request) -> None:
        page = request.meta.get(_PART_OF)
        if page is not None and not same_site(request.url, page):
            raise OtherSite(f"{request.url} is not of the site of {page}")
        if request.meta.get(RENDER):
            if self._spider.unable:
                raise Unrendered(self._spider.unable)
            # "Not modified" would be said of the empty page, whatever its scripts show by now.
            request.headers.pop("If-None-Match", None)
            request.headers.pop("If-Modified-Since", None)

    async def process_response(self, request: Request, response: Response) -> Response:
        if (
            not request.meta.get(RENDER)
            or response.status != 200
            or not isinstance(response, HtmlResponse)
            or "dataloss" in response.flags
        ):
            return response
        stands = obstacle(200, headers_of(response), response.body, response.url, request.url)
        if stands is not None and stands.kind != "script_shell":
            return response  # no browser helps against it, nor may it
        slot = self.crawler.engine.downloader.slots.get(request.meta["download_slot"])
        patience = self.crawler.settings.getfloat("DOWNLOAD_TIMEOUT") + (slot.delay if slot else 0)
        visit = _Visit(self, response, patience)
        try:
            html = await visit.rendered()
        finally:
            await visit.close()
        headers = response.headers.copy()
        headers["Content-Type"] = "text/html; charset=utf-8"
        return response.replace(
            body=html.encode("utf-8", "replace"), headers=headers, encoding="utf-8"
        )

    async def open(self, visit: _Visit) -> Page:
        """A page of a browser in which ``visit`` answers every request. Raises Unrendered."""
        request = Request(
            visit.response.url,
            meta={
                "playwright": True,
                "playwright_context": f"visit {id(visit)}",
                "playwright_context_kwargs": {
                    "user_agent": self.crawler.settings["USER_AGENT"],
                    "service_workers": "block",
                    "accept_downloads": False,
                    "timezone_id": "UTC",
                },
                "playwright_page_init_callback": visit.begin,
                "playwright_page_goto_kwargs": {"wait_until": "commit"},
                "playwright_include_page": True,
            },
        )
        try:
            await self._browser.download_request(request)
        except Exception as error:
            if visit.page is None:
                self._spider.unable = f"the browser does not start: {_first_line(error)}"
                raise Unrendered(self._spider.unable) from error
            raise
        assert visit.page is not None
        return visit.page

    async def fetch(self, url: str, accept: str, page: str) -> Response:
        """A script or data that ``page`` needs. Raises what Scrapy's downloader does."""
        request = Request(
            url, headers={"Accept": accept}, meta={_PART_OF: page}, callback=NO_CALLBACK
        )
        return await self.crawler.engine.download_async(request)

    @property
    def stopping(self) -> bool:
        """Whether the night is to end."""
        return bool(self._spider.night.hosts.stopping.is_set())


class _Visit:
    """One page in the browser. ``response`` is the page as it came, ``patience`` the seconds
    without anything new from the site after which it is taken as it is."""

    def __init__(self, render: Render, response: Response, patience: float) -> None:
        self.response = response
        self.page: Page | None = None
        self._render = render
        self._patience = patience
        self._parts: MutableMapping[str, Response] = ChainMap({}, render.scripts)
        self._fetched = 0
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._opened = False
        self._over = False
        self._broken = ""
        self._heard = 0.0
        self._end = asyncio.timeout(None)

    async def rendered(self) -> str:
        """The page's HTML when it is at rest. Raises Unrendered."""
        try:
            async with self._end:
                self._hear()
                page = await self._render.open(self)
                with suppress(TimeoutError):
                    await self._rest(page)
                return await page.content()
        except Unrendered:
            raise
        except TimeoutError as error:
            raise Unrendered("the page's scripts do not come to an end") from error
        except Exception as error:  # a browser that breaks costs this page, whatever it raises
            raise Unrendered(f"the browser failed: {_first_line(error)}") from error

    async def begin(self, page: Page, _request: Request) -> None:
        self.page = page
        await page.route("**", self._answer)

    async def close(self) -> None:
        self._over = True
        if self.page is not None:
            with suppress(Exception):
                async with asyncio.timeout(GRACE_SECONDS):
                    await self.page.context.close()

    def _hear(self) -> None:
        """The site has sent something: be patient anew."""
        self._heard = asyncio.get_running_loop().time()
        self._end.reschedule(self._heard + self._patience + GRACE_SECONDS)

    async def _rest(self, page: Page) -> None:
        """Come back when the page is at rest or its time is over. Raises Unrendered when the
        crawl is stopped, or when the site did not deliver what the page needs: half a page
        must not pass for a changed article."""
        loop = asyncio.get_running_loop()
        seen = None
        while loop.time() < self._heard + self._patience:
            await asyncio.sleep(LOOK_SECONDS)
            if self._render.stopping:
                raise Unrendered("the crawl was stopped while the page was rendered")
            async with asyncio.timeout_at(self._heard + self._patience):
                length = await page.evaluate(_TEXT_LENGTH)
            if self._broken:
                raise Unrendered(self._broken)
            if length == seen and not self._waiting:
                return
            seen = None if self._waiting else length

    async def _answer(self, route: Route) -> None:
        """Give the browser what it asks for, or refuse it."""
        self._waiting += 1
        try:
            await self._answered(route)
        except Exception:
            # The page is closed by now; otherwise it will be seen to lack something.
            if not self._over:
                raise
        finally:
            self._waiting -= 1

    async def _answered(self, route: Route) -> None:
        asked = route.request
        kind = asked.resource_type
        if asked.is_navigation_request() and not self._opened:
            self._opened = True
            await route.fulfill(
                status=200, headers=_passed_on(self.response), body=self.response.body
            )
        elif kind == "stylesheet":
            # Refused, it would stop scripts that wait for it.
            await route.fulfill(status=200, content_type="text/css", body="")
        elif kind in _NEEDED and asked.method == "GET" and (part := await self._part(asked)):
            await route.fulfill(status=part.status, headers=_passed_on(part), body=part.body)
        else:
            # As if the reader had stopped it: any other failure of a navigation (a script that
            # sends the reader elsewhere) would put an error page in the page's place.
            await route.abort("aborted")

    async def _part(self, asked: Asked) -> Response | None:
        """A script or data; None when the page cannot have it. Asked for twice, fetched once."""
        url = asked.url
        async with self._turn:
            if url in self._parts:
                return self._parts[url]
            if self._over or self._render.stopping or self._fetched >= MOST_PARTS:
                return None
            try:
                accept = await asked.header_value("accept") or "*/*"
                part = await self._render.fetch(url, accept, self.response.url)
            except (ForbiddenByRobots, OtherSite):
                return None
            except Exception as error:
                self._broken = f"the page needs {url}: {_first_line(error)}"
                return None
            self._fetched += 1
            self._hear()
            if part.status == 429 or part.status >= 500:
                self._broken = f"the page needs {url}, which answered HTTP {part.status}"
            self._parts[url] = part
            if asked.resource_type == "script":
                self._keep(url, part)
            return part

    def _keep(self, url: str, script: Response) -> None:
        scripts = self._render.scripts
        if sum(len(kept.body) for kept in scripts.values()) > _MOST_SCRIPT_BYTES:
            scripts.clear()
        scripts[url] = script


def _refuse(_: Asked) -> bool:
    """What no visit answers is never sent."""
    return True


def _passed_on(response: Response) -> dict[str, str]:
    """The headers that still hold for the body as Scrapy has it, without cookies."""
    headers = headers_of(response)
    return {name: value for name, value in headers.items() if name not in _NOT_PASSED_ON}


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
