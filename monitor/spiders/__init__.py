"""One spider per outlet, made from the outlet's file: ``scrapy list`` shows them."""

from __future__ import annotations

import builtins
from pathlib import Path

from scrapy import Request
from scrapy.settings import BaseSettings

from monitor.outlets import Outlet, load_outlets
from monitor.spiders.outlet import OutletSpider, spider_for


class OutletSpiderLoader:
    """Scrapy's spider loader over a folder of outlet files (setting
    ``MONITOR_OUTLETS_DIR``; the bundled ones by default)."""

    def __init__(self, outlets: dict[str, Outlet]) -> None:
        self.outlets = outlets

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> OutletSpiderLoader:
        folder = settings.get("MONITOR_OUTLETS_DIR")
        return cls(load_outlets(Path(folder) if folder else None))

    def list(self) -> list[str]:
        return [slug for slug, outlet in self.outlets.items() if outlet.status == "active"]

    def load(self, spider_name: str) -> type[OutletSpider]:
        try:
            outlet = self.outlets[spider_name]
        except KeyError:
            raise KeyError(f"Spider not found: {spider_name}") from None
        if outlet.status != "active":
            raise KeyError(f"{spider_name} is not crawled ({outlet.status}): {outlet.status_note}")
        return spider_for(outlet)

    def find_by_request(self, request: Request) -> builtins.list[str]:
        return [slug for slug in self.list() if self.load(slug).handles_request(request)]


__all__ = ["OutletSpider", "OutletSpiderLoader"]
