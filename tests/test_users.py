"""Users: the commands, the file, passwords."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from monitor.cli import main
from monitor.users import (
    UsersError,
    checked_name,
    hash_password,
    read_users,
    users_path,
    verify_password,
)
from workbench.accounts import TRIES, TRIES_WITHIN_SECONDS, Accounts, Throttle, local_path

LONG = "correct horse battery"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "monitor.db"


def users(db: Path, *arguments: str, password: str | None = None) -> Result:
    stdin = ["--password-stdin"] if password is not None else []
    given = f"{password}\n" if password is not None else None
    command = ["users", *arguments, *stdin, "--db", str(db)]
    return CliRunner().invoke(main, command, input=given)


def test_a_user_is_added_and_only_the_owner_may_read_the_file(db: Path) -> None:
    result = users(db, "add", "mali", password=LONG)

    path = users_path(db)
    assert result.output == f"mali may log in (analyst); stored in {path}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert LONG not in path.read_text()
    assert verify_password(LONG, read_users(path)["mali"].password_hash)
    assert [each.name for each in db.parent.iterdir()] == ["users.json"]


def test_the_password_is_asked_for_twice(db: Path) -> None:
    command = ["users", "add", "mali", "--role", "reader", "--db", str(db)]
    result = CliRunner().invoke(main, command, input=f"{LONG}\n{LONG}\n")

    assert result.exit_code == 0
    assert LONG not in result.output
    assert read_users(users_path(db))["mali"].role == "reader"


def test_users_are_listed_changed_and_removed(db: Path) -> None:
    users(db, "add", "mali", password=LONG)
    users(db, "add", "rin", "--role", "reader", password=LONG)
    before = read_users(users_path(db))["mali"]

    assert users(db, "role", "rin", "analyst").output == "rin is an analyst now\n"
    assert users(db, "password", "mali", password="another password").exit_code == 0
    assert json.loads(users(db, "list", "--json").output) == [
        {"name": "mali", "role": "analyst"},
        {"name": "rin", "role": "analyst"},
    ]
    assert read_users(users_path(db))["mali"].session_key != before.session_key
    assert users(db, "remove", "rin").output == "rin may no longer log in\n"
    assert users(db, "list").output == "mali  analyst\n"


@pytest.mark.parametrize(
    ("arguments", "password", "said"),
    [
        (["add", "Mali"], LONG, "'Mali' is no user name: up to 40 lower-case letters"),
        (["add", "mali"], "too short", "a password has 12 characters or more"),
        (["add", "rin"], LONG, "there is a user rin; see monitor users password"),
        (["password", "mali"], LONG, "there is no user mali; see monitor users list"),
        (["role", "mali", "reader"], None, "there is no user mali"),
        (["remove", "mali"], None, "there is no user mali"),
    ],
)
def test_what_makes_no_sense_is_refused(
    db: Path, arguments: list[str], password: str | None, said: str
) -> None:
    users(db, "add", "rin", password=LONG)
    before = users_path(db).read_bytes()

    result = users(db, *arguments, password=password)

    assert (result.exit_code, result.output[: len(f"monitor: {said}")]) == (2, f"monitor: {said}")
    assert users_path(db).read_bytes() == before


@pytest.mark.parametrize(
    "content",
    ["no json", "[]", '{"a": 1}', '{"a": {"role": "king", "password_hash": "a$b$c$d"}}', "\xff"],
)
def test_a_broken_file_lets_nobody_in_and_is_not_replaced(db: Path, content: str) -> None:
    path = users_path(db)
    path.write_bytes(content.encode("latin-1"))

    with pytest.raises(UsersError, match="is no list of users"):
        read_users(path)
    assert Accounts(path).users() == {}
    assert "is no list of users" in users(db, "add", "mali", password=LONG).output
    assert path.read_bytes() == content.encode("latin-1")


def test_hashes_are_those_of_datasette_auth_passwords() -> None:
    """The hash was made by datasette-auth-passwords 1.1.1."""
    made_there = "pbkdf2_sha256$480000$salt$DRhX58SdpwTovQSXfV1wXjmCDoxeZGzOXvT8PMrjpzs="

    assert verify_password("password!", made_there)
    assert not verify_password("password?", made_there)


@given(*[st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))] * 2)
def test_a_password_and_no_other_fits_its_hash(password: str, more: str) -> None:
    made = hash_password(password, iterations=1)

    assert verify_password(password, made)
    assert verify_password(password + more, made) == (more == "")


@given(st.one_of(st.text(), st.text("ab.-_Z\n/9")))
def test_names_are_plain(name: str) -> None:
    try:
        kept = checked_name(name)
    except UsersError:
        return
    assert kept == name
    assert kept.isascii()
    assert kept.lower() == kept
    assert not set(kept) & set("/\\ \n\"'<>&;")


def test_tries_are_counted_by_each_key_within_a_window() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])

    assert [throttle.wait("mali", f"address {n}") for n in range(TRIES)] == [0.0] * TRIES
    assert throttle.wait("mali", "elsewhere") == TRIES_WITHIN_SECONDS
    assert throttle.wait("rin", "elsewhere") == 0
    now[0] = TRIES_WITHIN_SECONDS - 1
    assert throttle.wait("mali") == 1
    now[0] = TRIES_WITHIN_SECONDS
    assert throttle.wait("mali") == 0
    throttle.forget("mali")
    assert [throttle.wait("mali") for _ in range(TRIES)] == [0.0] * TRIES


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/-/queue?language=th", "/-/queue?language=th"),
        ("/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/a\nLocation: x", "/"),
        ("/\t/evil.example", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_a_login_leads_nowhere_else(address: str | None, path: str) -> None:
    assert local_path(address) == path
