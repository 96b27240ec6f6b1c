"""Outlet files for the demo's sites: what an operator would have written."""

from __future__ import annotations

import re

from monitor.newsroom.sites import Site
from monitor.outlets import toml_text


def outlet_file(site: Site, base: str) -> str:
    """The TOML of one outlet (see ``monitor.outlets``) with ``base`` as its live address."""
    lines = [
        f"name = {toml_text(site.name)}",
        f"homepage = {toml_text(base + '/')}",
        f"country = {toml_text(site.country)}",
        f"languages = [{toml_text(site.language.split('-')[0])}]",
        f"kind = {toml_text(site.kind)}",
        'status = "active"',
        # A loopback server needs no rest; its robots.txt may ask for one all the same.
        "delay = 0.0",
        f"article_url = {toml_text('^' + re.escape(base) + site.article_url)}",
        f"notes = {toml_text(site.notes)}",
    ]
    for kind, path in site.sources:
        lines += ["", "[[sources]]", f"kind = {toml_text(kind)}", f"url = {toml_text(base + path)}"]
    return "\n".join(lines) + "\n"
