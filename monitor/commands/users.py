"""``monitor users``: who may log in to the workbench."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from monitor.commands import db_option, fail, json_option, say_json

ROLES = click.Choice(["reader", "analyst"])
"""As in ``monitor.users``, which commands import only when they run."""

password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input, without asking."
)


@click.group()
def users() -> None:
    """Who may log in to the workbench."""


@users.command("add")
@click.argument("name")
@click.option(
    "--role",
    type=ROLES,
    default="analyst",
    show_default=True,
    help="A reader sees reviews; an analyst also decides.",
)
@password_option
@db_option
def add_user(name: str, role: str, password_stdin: bool, db: Path | None) -> None:
    """Let NAME log in; asks for a password and stores its hash."""
    from monitor.users import User, checked_name, hash_password

    def add(known: dict[str, Any]) -> None:
        if checked_name(name) in known:
            fail(f"there is a user {name}; see monitor users password and monitor users role")
        known[name] = User(name, role, hash_password(_password(password_stdin)))

    click.echo(f"{name} may log in ({role}); stored in {_change(db, add)}")


@users.command("password")
@click.argument("name")
@password_option
@db_option
def set_password(name: str, password_stdin: bool, db: Path | None) -> None:
    """Give NAME another password; ends the sessions that the old one began."""
    from monitor.users import hash_password

    def change(known: dict[str, Any]) -> None:
        user = _known(known, name)
        known[name] = replace(user, password_hash=hash_password(_password(password_stdin)))

    _change(db, change)
    click.echo(f"{name} has another password")


@users.command("role")
@click.argument("name")
@click.argument("role", type=ROLES)
@db_option
def set_role(name: str, role: str, db: Path | None) -> None:
    """Make NAME a reader or an analyst."""

    def change(known: dict[str, Any]) -> None:
        known[name] = replace(_known(known, name), role=role)

    _change(db, change)
    click.echo(f"{name} is {'an analyst' if role == 'analyst' else 'a reader'} now")


@users.command("remove")
@click.argument("name")
@db_option
def remove_user(name: str, db: Path | None) -> None:
    """Let NAME no longer log in, and end the sessions. What NAME decided stays."""

    def change(known: dict[str, Any]) -> None:
        del known[_known(known, name).name]

    _change(db, change)
    click.echo(f"{name} may no longer log in")


@users.command("list")
@db_option
@json_option
def list_users(db: Path | None, as_json: bool) -> None:
    """Names and roles."""
    from monitor.store import default_path
    from monitor.users import UsersError, read_users, users_path

    try:
        known = read_users(users_path(db or default_path()))
    except UsersError as error:
        fail(str(error), 1)
    rows = [{"name": user.name, "role": user.role} for user in known.values()]
    if as_json:
        say_json(rows)
    else:
        for row in rows:
            click.echo(f"{row['name']}  {row['role']}")


def _change(db: Path | None, change: Callable[[dict[str, Any]], None]) -> Path:
    """Read the users, change them, write them; the file."""
    from monitor.store import default_path
    from monitor.users import UsersError, read_users, users_path, write_users

    path = users_path(db or default_path())
    try:
        known = read_users(path)
        change(known)
        write_users(path, known)
    except UsersError as error:
        fail(str(error))
    return path


def _known(known: dict[str, Any], name: str) -> Any:
    if name not in known:
        fail(f"there is no user {name}; see monitor users list")
    return known[name]


def _password(from_stdin: bool) -> str:
    from monitor.users import checked_password

    if from_stdin:
        return checked_password(sys.stdin.readline().rstrip("\r\n"))
    return checked_password(click.prompt("Password", hide_input=True, confirmation_prompt=True))
