"""What a failed request means: a short code, words for an operator, what next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response

from monitor.browser import Unrendered
from monitor.items import Quarantined
from monitor.obstacles import Obstacle
from monitor.politeness import ForbiddenByRobots, HostRests, LimitReached, RobotsUnreachable


@dataclass(frozen=True, slots=True)
class Missed:
    """Why an address brought no article; ``state`` as in :class:`Quarantined`."""

    reason: str
    detail: str
    state: Literal["pending", "blocked", "not_article", "failed"]


def status_missed(status: int) -> Missed:
    """What an HTTP status other than 200, 304, 404 and 410 means for an address."""
    if status in (401, 403, 451):
        return Missed("refused", f"the site refuses the page (HTTP {status})", "blocked")
    if status in (408, 425, 429) or status >= 500:
        return Missed(
            f"http_{status}", f"the site answered HTTP {status}, also when asked again", "pending"
        )
    return Missed(f"http_{status}", f"the site answered HTTP {status}", "failed")


def obstacle_missed(found: Obstacle) -> Missed:
    """What an obstacle in place of the page means for its address."""
    if found.kind in ("not_found", "parked"):
        return Missed("soft_404", found.detail, "not_article")
    return Missed(found.kind, found.detail, "pending" if found.kind == "maintenance" else "blocked")


_FAILURES: tuple[tuple[type[BaseException], Missed], ...] = (
    (CannotResolveHostError, Missed("dns", "the host's name has no address", "pending")),
    (
        DownloadConnectionRefusedError,
        Missed("connection_refused", "the host refused the connection", "pending"),
    ),
    (DownloadTimeoutError, Missed("timeout", "the host did not answer in time", "pending")),
    (
        DownloadCancelledError,
        Missed("too_large", "the response is larger than DOWNLOAD_MAXSIZE", "failed"),
    ),
    (
        ResponseDataLossError,
        Missed("truncated", "the response ended before its announced length", "pending"),
    ),
    (DownloadFailedError, Missed("connection_lost", "the connection broke", "pending")),
)


def missed(error: BaseException | None, url: str) -> Missed:
    """What a request that brought no response at all means for its address."""
    for kind, found in _FAILURES:
        if isinstance(error, kind):
            return found
    if isinstance(error, ForbiddenByRobots):
        return Missed("robots", f"robots.txt forbids {url}", "failed")
    if isinstance(error, RobotsUnreachable):
        return Missed("robots_unreachable", str(error), "pending")
    if isinstance(error, LimitReached):
        return Missed("limit", str(error), "pending")
    if isinstance(error, HostRests):
        return Missed("host_rests", str(error), "pending")
    if isinstance(error, Unrendered):
        return Missed("unrendered", str(error), "pending")
    if isinstance(error, IgnoreRequest) and "redirect" in str(error):
        return Missed("redirect_loop", "the address redirects without end", "pending")
    return Missed("failed", f"{type(error).__name__}: {error}", "pending")


def quarantined(
    outlet: str,
    url: str,
    stage: str,
    found: Missed,
    at: datetime,
    response: Response | None = None,
) -> Quarantined:
    """The record of a source or page that was missed, with what was answered, if anything."""
    return Quarantined(
        outlet=outlet,
        url=url,
        stage=stage,
        reason=found.reason,
        detail=found.detail,
        at=at,
        status=response.status if response is not None else None,
        body=response.body if response is not None else b"",
        state=found.state,
    )
