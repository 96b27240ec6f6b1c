"""Small readings of Scrapy's requests and responses, and a retry that Scrapy lacks."""

from __future__ import annotations

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response


class RetryTruncated:
    """Downloader middleware: a body that ended before its announced length is asked for
    again. Scrapy would drop it when it fails the download; so we let it pass, ask again,
    and keep what there is when asking does not help."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RetryTruncated:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        if "dataloss" not in response.flags or self.crawler.spider is None:
            return response
        again = get_retry_request(request, spider=self.crawler.spider, reason="truncated")
        return again or response


class MetaRefresh(MetaRefreshMiddleware):
    """Downloader middleware: a page that sends its reader on at once (METAREFRESH_MAXDELAY) is
    followed. One that only loads itself anew is the page, which Scrapy's own would ask for
    until it gave up."""

    # Scrapy no longer passes the spider, which its own declares for those who still do.
    def process_response(  # type: ignore[override]
        self, request: Request, response: Response
    ) -> Request | Response:
        # Scrapy would decode every page to look; it reads as many characters.
        if b"refresh" not in response.body[: 4 * 4096].lower():
            return response
        answer: Request | Response = super().process_response(request, response)
        return response if answer.url == response.url else answer


def conditional(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """The headers of a conditional request, by the validators of the last answer."""
    headers = {}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    return headers


def headers_of(response: Response) -> dict[str, str]:
    """Names in lower case; several values of one name joined."""
    return {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
    }


def first_url(request: Request) -> str:
    """The address that was asked for before any redirect."""
    redirects: list[str] = request.meta.get("redirect_urls", [])
    return redirects[0] if redirects else request.url
