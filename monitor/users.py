"""Who may log in to the workbench: names, roles and password hashes in ``users.json``.

The file lies beside the database, is readable by its owner only and is never
served. It is read anew when it has changed: a user who is removed is out at
once, and so is every session of one whose password is set anew.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROLES = ("reader", "analyst")
"""A reader sees reviews; an analyst also decides."""

NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")
SHORTEST_PASSWORD = 12

ALGORITHM = "pbkdf2_sha256"
ITERATIONS = 600_000
"""OWASP Password Storage Cheat Sheet (2023) for PBKDF2-HMAC-SHA256; 0.2 s of one core."""


class UsersError(Exception):
    """The users cannot be read or changed so: says why."""


@dataclass(frozen=True, slots=True)
class User:
    name: str
    role: str
    password_hash: str

    @property
    def session_key(self) -> str:
        """What ties a session to the password that began it; it does not give the hash away."""
        return hashlib.sha256(self.password_hash.encode()).hexdigest()[:32]


def users_path(db: Path) -> Path:
    """The users of the database ``db``: those of its folder."""
    return db.with_name("users.json")


def hash_password(password: str, salt: str | None = None, iterations: int = ITERATIONS) -> str:
    """``pbkdf2_sha256$ITERATIONS$SALT$BASE64``, as datasette-auth-passwords and Django
    have it: hashes of either can be brought over."""
    salt = salt or secrets.token_hex(16)
    key = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), iterations)
    return f"{ALGORITHM}${iterations}${salt}${base64.b64encode(key).decode()}"


def verify_password(password: str, password_hash: str) -> bool:
    """Whether the hash is one of this password. Raises ValueError for what is no hash."""
    algorithm, iterations, salt, _ = password_hash.split("$")
    if algorithm != ALGORITHM:
        raise ValueError(f"password hashes of {algorithm} are not known here")
    return hmac.compare_digest(hash_password(password, salt, int(iterations)), password_hash)


def read_users(path: Path) -> dict[str, User]:
    """Users by name; none when there is no file. Raises :class:`UsersError`."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {name: _user(name, fields) for name, fields in stored.items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsersError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsersError(
            f"{path} is no list of users; restore it, or remove it and run monitor users add"
        ) from error


def _user(name: str, fields: Mapping[str, str]) -> User:
    if fields["role"] not in ROLES or fields["password_hash"].count("$") != 3:
        raise ValueError(name)
    return User(name, fields["role"], fields["password_hash"])


def write_users(path: Path, users: Mapping[str, User]) -> None:
    """Replace the file, which only its owner may read. Raises :class:`UsersError`."""
    rows = {
        name: {"role": user.role, "password_hash": user.password_hash}
        for name, user in sorted(users.items())
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp: mode 0600 from the first byte on. Whoever reads meanwhile has the old file.
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(json.dumps(rows, indent=2) + "\n")
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsersError(f"{path} cannot be written: {error.strerror}") from error


def checked_name(name: str) -> str:
    """``name`` if it is one. Raises :class:`UsersError`."""
    if not NAME.fullmatch(name):
        raise UsersError(
            f"{name!r} is no user name: up to 40 lower-case letters, digits, dots, hyphens"
        )
    return name


def checked_password(password: str) -> str:
    """``password`` if it is long enough. Raises :class:`UsersError`."""
    if len(password) < SHORTEST_PASSWORD:
        raise UsersError(f"a password has {SHORTEST_PASSWORD} characters or more")
    return password
