"""``monitor outlets``: list, show, check and add publishers."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from monitor.commands import (
    chosen_outlets,
    fail,
    json_option,
    known_outlets,
    outlets_option,
    say_json,
)


@click.group()
def outlets() -> None:
    """The publishers that are monitored."""


@outlets.command("list")
@outlets_option
@click.option("--markdown", is_flag=True, help="Print the table of docs/outlets.md.")
@json_option
def list_outlets(folder: Path | None, markdown: bool, as_json: bool) -> None:
    """Every outlet with its sources and status."""
    from monitor.catalogue import markdown_table, print_list, rows

    known = list(known_outlets(folder).values())
    if as_json:
        say_json(rows(known))
    elif markdown:
        click.echo(markdown_table(known), nl=False)
    else:
        print_list(known, Console())


@outlets.command("show")
@click.argument("slug", metavar="OUTLET")
@outlets_option
@json_option
def show_outlet(slug: str, folder: Path | None, as_json: bool) -> None:
    """All that is known of one outlet."""
    from monitor.catalogue import print_outlet, rows

    known = known_outlets(folder)
    if slug not in known:
        fail(f"no such outlet: {slug} (see monitor outlets list)")
    if as_json:
        say_json(rows([known[slug]])[0])
    else:
        print_outlet(known[slug], Console())


@outlets.command("check")
@click.argument("slugs", metavar="[OUTLET]...", nargs=-1)
@outlets_option
@click.option("--unverified", is_flag=True, help="Only sources that nobody has seen work yet.")
@json_option
def check_outlets(
    slugs: tuple[str, ...], folder: Path | None, unverified: bool, as_json: bool
) -> None:
    """Ask each source once, now: does it work, do its articles match?

    All crawled outlets, or the named ones. Ends with 1 when one of them has no
    working source or robots.txt keeps us from its articles.
    """
    from dataclasses import replace

    from monitor.checking import check, print_checks
    from monitor.progress import CheckProgress

    chosen = chosen_outlets(slugs, folder)
    if unverified:
        open_sources = [
            replace(outlet, sources=tuple(s for s in outlet.sources if s.verified is None))
            for outlet in chosen
        ]
        chosen = [outlet for outlet in open_sources if outlet.sources]
    with CheckProgress(len(chosen), enabled=not as_json) as progress:
        results, finished = check(chosen, progress.update)
    if as_json:
        say_json([result.as_dict() for result in results])
    else:
        print_checks(results, Console())
    if not finished:
        fail("interrupted: not all outlets were checked", 1)
    if broken := [result.outlet for result in results if not result.works]:
        fail(f"does not work: {', '.join(broken)}", 1)


@outlets.command("add")
@click.argument("url")
@outlets_option
@click.option("--name", "slug", help="Short name of the outlet (default: from its host).")
@click.option(
    "--delay", type=click.FloatRange(0), help="Seconds between two requests (default: 5)."
)
def add_outlet(url: str, folder: Path | None, slug: str | None, delay: float | None) -> None:
    """Look at a new site and write a draft of its outlet file.

    Asks for robots.txt, the homepage at URL, its feeds and sitemaps. A draft is
    not crawled: it is reviewed and renamed first.
    """
    from monitor.drafting import DRAFT_ENDING, ExploreError, draft, explore, same_host, slug_for
    from monitor.outlets import BUNDLED, SLUG
    from monitor.store import utc_now
    from monitor.urls import absolute_url, canonical_url

    url = canonical_url(url if "://" in url else f"https://{url}")
    if absolute_url(url, "") is None:
        fail(f"{url} is no web address")
    slug = slug or slug_for(url)
    if not SLUG.fullmatch(slug):
        fail(f"{slug!r} is no short name: lower-case words joined by hyphens, such as vod-english")
    folder = folder or BUNDLED
    path = folder / f"{slug}{DRAFT_ENDING}"
    for there in (folder / f"{slug}.toml", path):
        if there.exists():
            fail(f"{there} exists already; choose another --name or remove it")
    known = known_outlets(folder) if any(folder.glob("*.toml")) else {}
    if other := same_host(url, known.values()):
        fail(
            f"{other.slug} is on the same host ({other.status}); for another part of the site"
            f" copy {other.slug}.toml"
        )
    try:
        site = explore(url, delay)
    except ExploreError as error:
        fail(str(error), 1)
    if other := same_host(site.url, known.values()):
        fail(f"{url} leads to {site.url}, the host of {other.slug} ({other.status})")
    found = draft(site, utc_now().date(), delay)
    path.write_text(found.text, encoding="utf-8")
    click.echo(f"{path} is written. It is not crawled yet. Review it:")
    for line in found.review:
        click.echo(f"  {line}")
    click.echo(f"Then rename it to {slug}.toml and try it: monitor outlets check {slug}")
