"""The outlets as lists and tables (``monitor outlets``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.outlets import Outlet

_STATUS_WORDS = {
    "active": "crawled",
    "archive_only": "not crawled: dead or closed; stored articles keep its name",
    "forbidden": "not crawled: it does not want to be",
}


def rows(outlets: Iterable[Outlet]) -> list[dict[str, Any]]:
    """What programs get: one object an outlet, with its sources."""
    return [
        {
            "slug": outlet.slug,
            "name": outlet.name,
            "homepage": outlet.homepage,
            "country": outlet.country,
            "covers": list(outlet.covers),
            "languages": list(outlet.languages),
            "kind": outlet.kind,
            "status": outlet.status,
            "status_note": outlet.status_note,
            "article_url": outlet.article_url.pattern if outlet.article_url else None,
            "address_rules": [
                {**asdict(rule), "pattern": rule.pattern.pattern} for rule in outlet.address_rules
            ],
            "delay": outlet.delay,
            "browser": outlet.browser,
            "sources": [
                {
                    "kind": source.kind,
                    "url": source.url,
                    "verified": source.verified.isoformat() if source.verified else None,
                }
                for source in outlet.sources
            ],
            "notes": outlet.notes,
        }
        for outlet in outlets
    ]


def print_list(outlets: Sequence[Outlet], console: Console) -> None:
    table = Table("outlet", "name", "from", "languages", "sources", "status")
    for outlet in outlets:
        table.add_row(
            outlet.slug,
            Text(outlet.name),
            outlet.country,
            " ".join(outlet.languages),
            _kinds(outlet),
            outlet.status,
        )
    console.print(table)
    crawled = sum(outlet.status == "active" for outlet in outlets)
    console.print(f"{len(outlets)} outlets, {crawled} of them crawled")


def print_outlet(outlet: Outlet, console: Console) -> None:
    """Everything that an outlet's file says."""
    covers = f", covers {' '.join(outlet.covers)}" if outlet.covers else ""
    lines = [
        outlet.homepage,
        f"{outlet.kind}, from {outlet.country}{covers}, in {' '.join(outlet.languages)}",
        f"{outlet.status} ({_STATUS_WORDS[outlet.status]})",
        outlet.status_note,
        "" if outlet.delay is None else f"at least {outlet.delay:g} seconds between two requests",
        "pages are rendered by a browser" if outlet.browser else "",
        f"articles match {outlet.article_url.pattern}" if outlet.article_url else "",
    ]
    console.print(Text(f"{outlet.name} ({outlet.slug})", "bold"))
    for line in filter(None, lines):
        console.print(Text(line), soft_wrap=True)
    for source in outlet.sources:
        seen = f"seen to work {source.verified}" if source.verified else "not verified: probed"
        console.print(Text(f"  {source.kind}: {source.url}  ({seen})"), soft_wrap=True)
    for rule in outlet.address_rules:
        said = (f"{name} {getattr(rule, name)}" for name in ("address", "key", "fetch"))
        console.print(Text(f"  {rule.pattern.pattern}: {', '.join(said)}"), soft_wrap=True)
    if outlet.notes:
        console.print(Text(f"\n{outlet.notes}"))


def markdown_table(outlets: Iterable[Outlet]) -> str:
    """The table of ``docs/outlets.md``."""
    lines = [
        "| outlet | name | from | languages | sources | status |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for outlet in outlets:
        name = f"[{outlet.name.replace('|', '/')}]({outlet.homepage})"
        status: str = outlet.status
        if outlet.status != "active":
            status += f": {outlet.status_note.replace('|', '/')}"
        cells = (outlet.slug, name, outlet.country, " ".join(outlet.languages), _kinds(outlet))
        lines.append(f"| {' | '.join((*cells, ' '.join(status.split())))} |")
    return "\n".join(lines) + "\n"


def _kinds(outlet: Outlet) -> str:
    """How many sources of each kind: "2 feeds, 1 section"."""
    counts: Mapping[str, int] = {
        kind: sum(source.kind == kind for source in outlet.sources)
        for kind in dict.fromkeys(source.kind for source in outlet.sources)
    }
    return ", ".join(
        f"{n} {kind.replace('_', ' ')}{'s' if n > 1 else ''}" for kind, n in counts.items()
    )
