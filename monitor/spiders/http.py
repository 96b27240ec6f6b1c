"""Small readings of Scrapy's requests and responses."""

from __future__ import annotations

from scrapy import Request
from scrapy.http import Response


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
