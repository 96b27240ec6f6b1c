"""Who is logged in: users, sessions, and how often somebody may try a password."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from monitor.users import User, UsersError, hash_password, read_users, verify_password

logger = logging.getLogger(__name__)

SESSION_SECONDS = 12 * 3600
"""A working day; then the password is asked for again."""

TRIES = 10
TRIES_WITHIN_SECONDS = 15 * 60
"""So many wrong passwords for one name, or from one address, in so long."""

REMEMBERED = 10_000
"""Names and addresses whose tries are remembered; the oldest are forgotten first."""

_HERE = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")


@cache
def _nobodys_hash() -> str:
    return hash_password(secrets.token_hex())


class Throttle:
    """Counts tries by key (a name, an address) within a sliding window."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tries: dict[str, deque[float]] = {}

    def wait(self, *keys: str) -> float:
        """Seconds until another try; 0 counts as one, also before its outcome is
        known, so that many at a time do not slip through."""
        now = self._clock()
        recent = [self._recent(key, now) for key in keys]
        if waits := [
            times[0] + TRIES_WITHIN_SECONDS - now for times in recent if len(times) >= TRIES
        ]:
            return max(waits)
        for key, times in zip(keys, recent, strict=True):
            times.append(now)
            self._tries.pop(key, None)
            self._tries[key] = times
        while len(self._tries) > REMEMBERED:
            del self._tries[next(iter(self._tries))]
        return 0.0

    def forget(self, *keys: str) -> None:
        """The password was right."""
        for key in keys:
            self._tries.pop(key, None)

    def _recent(self, key: str, now: float) -> deque[float]:
        times = self._tries.get(key, deque[float]())
        while times and times[0] <= now - TRIES_WITHIN_SECONDS:
            times.popleft()
        return times


class Accounts:
    """The users of one workbench, read anew whenever their file has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._users: Mapping[str, User] = {}
        self.throttle = Throttle()

    def users(self) -> Mapping[str, User]:
        """By name. A file that cannot be read lets nobody in."""
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError:
            stamp = (0, 0, 0)
        if stamp != self._stamp:
            try:
                self._users = read_users(self._path)
            except UsersError as error:
                logger.error("nobody can log in: %s", error)
                self._users = {}
            self._stamp = stamp
        return self._users

    def check(self, name: str, password: str) -> User | None:
        """The user, if the password is right. Takes as long for a name that is not known."""
        user = self.users().get(name)
        right = verify_password(password, user.password_hash if user else _nobodys_hash())
        return user if user and right else None


def session(user: User, now: float) -> dict[str, Any]:
    """What the signed cookie of a session says, from ``now`` (seconds since 1970)."""
    return {"id": user.name, "key": user.session_key, "until": int(now) + SESSION_SECONDS}


def actor(said: Any, users: Mapping[str, User], now: float) -> dict[str, str] | None:
    """Datasette's actor for a session; None when it has ended, its user is gone or
    the password is another one now."""
    if not isinstance(said, dict) or said.get("until", 0) <= now:
        return None
    user = users.get(str(said.get("id")))
    if user is None or not secrets.compare_digest(user.session_key, str(said.get("key"))):
        return None
    return {"id": user.name, "role": user.role}


def local_path(address: str | None) -> str:
    """``address`` if it is a path on this server, else the first page: a login form
    must not lead elsewhere."""
    return address if address and _HERE.fullmatch(address) else "/"
