"""The files for the scheduler are valid and start a command that exists."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.cli import main

DEPLOY = Path(__file__).parent.parent / "deploy"
INSTALLED = "/opt/refoulement-monitor"
ANALYZE = shutil.which("systemd-analyze")


def commands(text: str) -> list[list[str]]:
    """The words behind each call of ``monitor``."""
    return [found.split() for found in re.findall(r"\.venv/bin/monitor ([^\n>]+)", text)]


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for unit in DEPLOY.glob("refoulement-monitor.*"):
        # The program has to be there to be checked: here it is this Python.
        text = unit.read_text(encoding="utf-8")
        text = text.replace(f"{INSTALLED}/.venv/bin/monitor", sys.executable)
        text = text.replace("User=refoulement-monitor", "User=root")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    assert ANALYZE is not None
    result = subprocess.run(
        [ANALYZE, "verify", *sorted(map(str, tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = [line for line in result.stderr.splitlines() if "refoulement-monitor" in line]
    assert result.returncode == 0, result.stderr
    assert said == []


@pytest.mark.parametrize("name", ["refoulement-monitor.service", "crontab"])
def test_what_is_started_is_a_command_with_its_options(name: str) -> None:
    started = commands((DEPLOY / name).read_text(encoding="utf-8"))
    assert started
    for command, *options in started:
        known = {each for param in main.commands[command].params for each in param.opts}
        assert set(options) <= known


def test_the_crontab_is_one_line_that_cron_can_read() -> None:
    (line,) = [
        line
        for line in (DEPLOY / "crontab").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    minute, hour, *days = line.split()[:5]
    assert (minute, hour, days) == ("30", "2", ["*", "*", "*"])
    # cron takes a bare % for the end of the line.
    assert "%" not in line


def test_the_timer_starts_the_service_of_its_name() -> None:
    assert {path.suffix for path in DEPLOY.glob("refoulement-monitor.*")} == {".service", ".timer"}
