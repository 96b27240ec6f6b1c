"""A server of a benchmark in a process of its own, and how to log in to it."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

PASSWORD = "correct horse battery staple"
START_WITHIN_SECONDS = 60.0
_ADDRESS = re.compile(r"http://[\d.:]+")


@dataclass(frozen=True)
class Served:
    """``address`` has no slash at its end. ``printed`` are the lines that the server wrote
    after it had said where it listens; empty while it runs."""

    address: str
    pid: int
    printed: list[str] = field(default_factory=list)


@contextmanager
def monitor_serve(db: Path) -> Iterator[Served]:
    """``monitor serve`` over ``db``."""
    with serving(["monitor.cli", "serve", "--db", str(db), "--port", "0"]) as served:
        yield served


@contextmanager
def serving(
    module: Sequence[str], environment: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """``python -m`` with these arguments, from when it has said where it listens."""
    with tempfile.NamedTemporaryFile("w+", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        try:
            served = Served(_address(process, Path(output.name)), process.pid)
            yield served
        finally:
            process.terminate()
            process.wait()
        lines = Path(output.name).read_text(encoding="utf-8").splitlines()
        said = next(number for number, line in enumerate(lines) if _ADDRESS.search(line))
        served.printed.extend(lines[said + 1 :])


def _address(process: subprocess.Popen[bytes], output: Path) -> str:
    until = time.monotonic() + START_WITHIN_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if found := _ADDRESS.search(output.read_text(encoding="utf-8")):
            return found[0]
        time.sleep(0.05)
    raise SystemExit(f"the server did not start: {output.read_text(encoding='utf-8')}")


def log_in(client: httpx.Client, name: str) -> str:
    """Log a user with :data:`PASSWORD` in; the token that later forms need."""
    token = _token(client.get("/-/login").text)
    form = {"username": name, "password": PASSWORD, "csrftoken": token}
    if (answer := client.post("/-/login", data=form)).status_code != 302:
        raise PermissionError(f"{name} could not log in: {answer.status_code}")
    return token


def _token(page: str) -> str:
    found = re.search(r'name="csrftoken" value="([^"]+)"', page)
    assert found, "a form without its token"
    return found[1]
