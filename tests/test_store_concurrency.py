"""One writer, any number of readers, and a writer that is killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from store_records import CLEAR, NIGHT, STORY, SmallOutlet, assert_sound, judged, rows

import monitor
from monitor.items import Flag
from monitor.store import Store, StoreBusy, StoreError, connect_readonly


class Midway(tuple[str, ...]):
    """Persons of a flag; the store reads them only in the middle of a transaction."""

    act: Callable[[], None]

    def __iter__(self) -> Iterator[str]:
        self.act()
        return super().__iter__()


def midway(act: Callable[[], None]) -> Flag:
    """A flag that acts while the record that holds it is being written."""
    persons = Midway()
    persons.act = act
    return replace(CLEAR, persons=persons)


def plain(path: Path) -> sqlite3.Connection:
    """A reader that knows nothing of this project and does not wait."""
    return sqlite3.connect(path, timeout=0)


def test_readers_see_whole_batches_and_never_wait(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    seen: list[int] = []

    def read() -> None:
        reader = plain(path)
        seen.extend(reader.execute("SELECT count(*) FROM articles").fetchone())
        reader.close()

    with Store(path) as store:
        store.add_outlets([SmallOutlet("daily")])
        last = judged("https://daily.example/2", flag=midway(read))
        store.write([judged(), judged("https://daily.example/1", "B"), last])
        read()
    assert set(seen[:-1]) == {0}
    assert seen[-1] == 3


def test_polling_by_seq_misses_nothing(tmp_path: Path) -> None:
    """A reader that asks for seq > N at any moment, also in mid-batch, has in
    the end every article in its last state."""
    path = tmp_path / "monitor.db"
    copy: dict[str, str] = {}
    polled = [0]

    with Store(path) as store:
        store.add_outlets([SmallOutlet("daily")])
        reader = plain(path)

        def poll() -> None:
            sql = "SELECT seq, url, text FROM articles WHERE seq > ? ORDER BY seq LIMIT 2"
            for seq, url, text in reader.execute(sql, [polled[0]]).fetchall():
                assert seq > polled[0]
                polled[0] = seq
                copy[url] = text

        for round_ in range(6):
            batch = [
                judged(f"https://daily.example/{n}", f"{round_ // (n + 1)}", flag=midway(poll))
                for n in range(5)
            ]
            batch.append(judged(f"https://daily.example/bad-{round_}", "\ud800"))
            store.write(batch)
            poll()
        for _ in range(10):
            poll()
        stored = rows(store, "SELECT url, text FROM articles")
        reader.close()
    assert copy == {article["url"]: article["text"] for article in stored}
    assert len(copy) == 5


def test_a_second_store_is_told_who_writes_since_when(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    with Store(path, now=lambda: NIGHT), pytest.raises(StoreBusy) as busy:
        Store(path)
    assert str(busy.value) == (
        f"another crawl (pid {os.getpid()}, since 2026-11-22 02:00 UTC) is writing to {path};"
        " wait for it or stop it"
    )
    assert (busy.value.pid, busy.value.since) == (os.getpid(), NIGHT)
    Store(path).close()


def test_two_databases_can_be_written_at_a_time(tmp_path: Path) -> None:
    with Store(tmp_path / "a.db"), Store(tmp_path / "b.db"):
        pass


def test_the_lock_is_on_the_file_not_on_its_name(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "monitor.db")
    with Store(tmp_path / "monitor.db"), pytest.raises(StoreBusy):
        Store(tmp_path / "link.db")


def test_a_store_that_cannot_open_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    path.mkdir()
    with pytest.raises(StoreError, match=r"monitor\.db cannot be written: unable to open"):
        Store(path)
    path.rmdir()
    Store(path).close()


def test_closing_twice_is_harmless(tmp_path: Path) -> None:
    store = Store(tmp_path / "monitor.db")
    store.close()
    store.close()


WRITER = """
import os, sys
from datetime import datetime, timezone
from pathlib import Path
from monitor.store import Store
from store_records import NIGHT, SmallOutlet, judged
from test_store_concurrency import midway

def story(n):
    return judged(f"https://daily.example/{n}", f"Story {n} of the night. " * 4000)

def stop():
    print("midway", flush=True)
    sys.stdin.read()

store = Store(Path(sys.argv[1]), now=lambda: NIGHT)
store.add_outlets([SmallOutlet("daily")])
store.begin_crawl("daily", "2026-11-22", NIGHT)
for start in (0, 20, 40):
    store.write([story(n) for n in range(start, start + 20)])
if "fork" in sys.argv and os.fork() == 0:
    sys.stdin.read()
    os._exit(0)
print(f"log {os.path.getsize(sys.argv[1] + '-wal')}", flush=True)
# Enough half-written articles to spill out of SQLite's cache into the log.
half = [story(n) for n in range(60, 99)]
store.write([*half, judged("https://daily.example/99", flag=midway(stop))])
"""


@contextmanager
def writer(path: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has stored 60 articles and stands in the middle of a batch,
    part of which is in the log file already."""
    folders = [Path(monitor.__file__).parents[1], Path(__file__).parent]
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, folders))},
    )
    assert process.stdout is not None
    try:
        committed = 0
        while (line := process.stdout.readline()) != "midway\n":
            assert line, "the writer died too early"
            if line.startswith("log "):
                committed = int(line.split()[1])
        assert path.with_name(f"{path.name}-wal").stat().st_size > committed > 0
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_killed_writer_leaves_every_whole_batch_and_no_half_one(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    with writer(path) as process:
        with pytest.raises(StoreBusy) as busy:
            Store(path)
        assert (busy.value.pid, busy.value.since) == (process.pid, NIGHT)
        reader = connect_readonly(path)
        assert reader.execute("SELECT count(*) FROM articles").fetchone()[0] == 60
        reader.close()
        process.send_signal(signal.SIGKILL)
        process.wait()

    with Store(path) as store:
        assert_sound(store)
        urls = {found["url"] for found in rows(store, "SELECT url FROM articles")}
        assert urls == {f"https://daily.example/{n}" for n in range(60)}
        store.begin_crawl("daily", "2026-11-23", NIGHT)
        outcomes = [crawl["outcome"] for crawl in rows(store, "SELECT outcome FROM crawls")]
        assert outcomes == ["interrupted", "running"]
        assert store.write([judged()]) == ["new"]


def test_what_a_killed_writer_forked_does_not_keep_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    with writer(path, "fork") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with Store(path) as store:
            assert store.write([judged()]) == ["new"]
            assert rows(store, "SELECT url FROM articles WHERE url = ?", STORY)
