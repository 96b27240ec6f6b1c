"""``monitor demo``: from nothing to the workbench with one command."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from store_records import SmallOutlet, judged, rows

from monitor.store import Store, begin_demo, is_demo

MONITOR = [sys.executable, "-m", "monitor.cli"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def demo(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MONITOR, "demo", *options], capture_output=True, text=True, timeout=120, check=False
    )


def test_the_demo_crawls_and_opens_the_workbench(tmp_path: Path) -> None:
    db, newsroom = str(tmp_path / "demo.db"), str(free_port())
    arguments = ["demo", "--db", db, "--port", "0", "--newsroom-port", newsroom]
    running = subprocess.Popen(
        [*MONITOR, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    lines = []
    for line in running.stdout:
        lines.append(line)
        if line.startswith("Workbench: "):
            break
    address = lines[-1].split()[1]
    assert "siam-dispatch" in "".join(lines)
    with httpx.Client(verify=False, base_url=address) as client:
        assert client.get("/").status_code == 200
        query = {"_search": "ผู้ลี้ภัย", "_shape": "array"}
        found = client.get("/monitor/articles.json", params=query).json()
        assert {row["outlet"] for row in found} == {"khao-tawan"}
        original = httpx.get(found[0]["url"])
        assert original.status_code == 200, "the news sites stay up, so that links work"
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 0
    assert "Traceback" not in errors
    assert "MONITOR_CONTACT" not in errors

    second = demo("--night", "2", "--no-serve", "--json", "--db", db, "--newsroom-port", newsroom)
    assert second.returncode == 0, second.stderr
    rows = json.loads(second.stdout)
    assert sum(row["new"] for row in rows) == 11
    assert sum(row["gone"] for row in rows) == 1


@pytest.mark.parametrize("option", ["--newsroom-port", "--port"])
def test_a_taken_port_is_said_at_once_and_costs_no_database(tmp_path: Path, option: str) -> None:
    db = tmp_path / "demo.db"
    db.write_bytes(b"kept")
    host = "127.0.0.3" if option == "--newsroom-port" else "127.0.0.1"
    with socket.socket() as taken:
        taken.bind((host, 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        other = ["--newsroom-port", str(free_port())] if option == "--port" else []
        done = demo("--db", str(db), option, port, *other)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert f"port {port}" in done.stderr
    assert option in done.stderr
    assert db.read_bytes() == b"kept"


def refused(*options: str) -> str:
    done = demo("--no-serve", "--newsroom-port", str(free_port()), *options)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize("night", ["1", "2"])
def test_the_demo_leaves_every_other_database_alone(tmp_path: Path, night: str) -> None:
    path = tmp_path / "monitor.db"
    with Store(path) as store:
        store.add_outlets([SmallOutlet("daily")])
        store.write([judged()])
    assert str(path) in refused("--db", str(path), "--night", night)
    with Store(path) as store:
        assert rows(store, "SELECT slug FROM outlets") == [{"slug": "daily"}]
        assert len(rows(store, "SELECT id FROM articles")) == 1


@pytest.mark.parametrize("content", [b"", b"notes, not a database"])
def test_the_demo_leaves_every_other_file_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    assert "was not made by the demo" in refused("--db", str(path))
    assert path.read_bytes() == content


def test_the_demo_leaves_a_database_alone_that_is_being_written(tmp_path: Path) -> None:
    path = tmp_path / "demo.db"
    begin_demo(path)
    with Store(path) as store:
        store.add_outlets([SmallOutlet("daily")])
        assert "is writing to" in refused("--db", str(path))
        store.write([judged()])
    with Store(path) as store:
        assert len(rows(store, "SELECT id FROM articles")) == 1


def test_the_demo_starts_its_own_database_anew(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "demo.db"
    for _ in range(2):
        begin_demo(path)
        assert is_demo(path)
        with Store(path) as store:
            assert rows(store, "SELECT slug FROM outlets") == []
            store.add_outlets([SmallOutlet("daily")])
            store.write([judged()])
