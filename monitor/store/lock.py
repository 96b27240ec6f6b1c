"""One writer at a time: a lock file beside the database.

The lock is a POSIX record lock (``fcntl.lockf``). The system releases it when
the process dies, however it dies, and processes forked from the holder do not
inherit it (``flock`` would: a worker that outlives a killed crawl would keep
the database locked). Two things follow from POSIX's rules and explain the
code: a process never conflicts with itself, so the paths it holds are kept in
``_held``; and closing any descriptor of the file drops the lock, so a path
that is held is never opened a second time.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from monitor.store.connection import unwritable
from monitor.store.values import instant, moment

_held: dict[Path, datetime] = {}


class StoreBusy(Exception):
    """Another crawl writes to this database. ``pid`` and ``since`` say which
    (None when the holder had not written them yet)."""

    def __init__(self, path: Path, pid: int | None, since: datetime | None) -> None:
        who = f"pid {pid}" if pid else "pid unknown"
        when = f", since {since:%Y-%m-%d %H:%M} UTC" if since else ""
        super().__init__(
            f"another crawl ({who}{when}) is writing to {path}; wait for it or stop it"
        )
        self.path = path
        self.pid = pid
        self.since = since


class WriterLock:
    """Held from construction to :meth:`release`. Makes the database's folder.

    Raises :class:`StoreBusy`, and :class:`monitor.store.StoreError` when there
    can be no such file.
    """

    def __init__(self, database: Path, since: datetime) -> None:
        self._database = database.resolve()
        self._file = Path(f"{self._database}.lock")
        if self._database in _held:
            raise StoreBusy(database, *holder(database))
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise unwritable(database, error) from error
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise StoreBusy(database, *holder(database)) from error
        _held[self._database] = since
        # On a full disk nobody reads who holds the lock, but it is held.
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, f"{os.getpid()} {instant(since)}\n".encode())

    def release(self) -> None:
        """Let the next writer in. The file stays: removing it would let two
        writers each lock a file of that name."""
        if self._database not in _held:
            return
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)
        del _held[self._database]


def holder(database: Path) -> tuple[int | None, datetime | None]:
    """(pid, since) as the writer of ``database`` wrote them into the lock file.

    (None, None) when it has not, or has finished. Only the lock itself says
    whether that writer still runs.
    """
    path = database.resolve()
    if path in _held:
        return os.getpid(), _held[path]
    try:
        pid, since = Path(f"{path}.lock").read_text(encoding="ascii").split()
        return int(pid), moment(since)
    except (OSError, ValueError):
        return None, None
