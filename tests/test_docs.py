"""The documentation knows every command, option, setting and field there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import click
import pytest

from monitor import settings
from monitor.cli import main
from monitor.newsroom import load_sites
from monitor.outlets import Kind, Outlet, Source, SourceKind, Status
from monitor.outlets.addresses import AddressRule

ROOT = Path(__file__).parent.parent
DOCS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
README = (ROOT / "README.md").read_text(encoding="utf-8")
OWN_SETTINGS = [name for name in dir(settings) if name.startswith("MONITOR_")]


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"monitor {command}\b", README + "".join(DOCS.values()))


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_and_option_has_help(command: str) -> None:
    assert main.commands[command].help
    helpless = [
        parameter.name
        for parameter in main.commands[command].params
        if isinstance(parameter, click.Option)
        and not parameter.help
        and parameter.name not in ("host", "port")
    ]
    assert helpless == []


@pytest.mark.parametrize("name", [*OWN_SETTINGS, "RETRY_AFTER_MAX"])
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in DOCS["operations.md"]


@pytest.mark.parametrize(
    "word",
    [
        *(name for name in Outlet.__slots__ if name != "slug"),
        *Source.__slots__,
        *AddressRule.__slots__,
        *get_args(SourceKind),
        *get_args(Status),
        *get_args(Kind),
    ],
)
def test_every_field_of_an_outlet_file_is_documented(word: str) -> None:
    assert f"`{word}`" in DOCS["outlets.md"]


def test_the_readme_counts_the_demo_sites_rightly() -> None:
    assert "eleven invented news sites" in README
    assert len(load_sites()) == 11


@pytest.mark.parametrize("document", ["README.md", *(f"docs/{name}" for name in DOCS)])
def test_links_between_documents_lead_somewhere(document: str) -> None:
    path = ROOT / document
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (path.parent / target).exists(), target
