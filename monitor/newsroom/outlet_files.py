"""Outlet files for the demo's sites: what an operator would have written."""

from __future__ import annotations

import json
import re

from monitor.newsroom.sites import Site


def outlet_file(site: Site, base: str) -> str:
    """The TOML of one outlet (see ``monitor.outlets``) with ``base`` as its live address."""
    lines = [
        f"name = {_text(site.name)}",
        f"homepage = {_text(base + '/')}",
        f"country = {_text(site.country)}",
        f"languages = [{_text(site.language.split('-')[0])}]",
        f"kind = {_text(site.kind)}",
        'status = "active"',
        # A loopback server needs no rest; its robots.txt may ask for one all the same.
        "delay = 0.0",
        f"article_url = {_text('^' + re.escape(base) + site.article_url)}",
        f"notes = {_text(site.notes)}",
    ]
    for kind, path in site.sources:
        lines += ["", "[[sources]]", f"kind = {_text(kind)}", f"url = {_text(base + path)}"]
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes are a subset of TOML's."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
