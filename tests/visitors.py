"""People who visit the workbench in tests: a browser's cookies and forms, no browser.
And the workbench as a process, for those who visit it over the network."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from datasette.app import Datasette
from lxml import html

from monitor.serve import datasette_for
from monitor.users import User, hash_password, read_users, users_path, write_users

PASSWORD = "correct horse battery staple"
Get = Callable[..., httpx.Response]
"""Asks for an address of the workbench."""
PROGRAM = """
import sys
from pathlib import Path
from monitor.serve import serve
serve(Path(sys.argv[1]), host=sys.argv[2], port=0)
print("stopped", flush=True)
"""


def add_user(db: Path, name: str, role: str = "analyst", password: str = PASSWORD) -> None:
    """As ``monitor users add``, with a hash that is quick to check."""
    path = users_path(db)
    user = User(name, role, hash_password(password, iterations=10))
    write_users(path, {**read_users(path), name: user})


class Visitor:
    """Asks for pages and sends their forms; keeps cookies."""

    def __init__(self, runner: asyncio.Runner, datasette: Datasette, base: str) -> None:
        self._runner = runner
        self._transport = httpx.ASGITransport(app=datasette.app())
        self._client = httpx.AsyncClient(transport=self._transport, base_url=base)

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._client.get(path, **options))

    def post(self, path: str, data: dict[str, str], **options: Any) -> httpx.Response:
        return self._runner.run(self._client.post(path, data=data, **options))

    def page(self, path: str) -> html.HtmlElement:
        return page(self.get(path))

    def log_in(self, name: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        form = fields_of(self.page("/-/login").forms[-1])
        return self.post("/-/login", form | {"username": name, "password": password} | fields)

    def send(self, form: html.HtmlElement, **fields: str) -> httpx.Response:
        """Send a form of a page, with these fields otherwise."""
        return self.post(str(form.get("action")), fields_of(form) | fields)


def page(response: httpx.Response) -> html.HtmlElement:
    assert response.status_code == 200, response.text
    return html.document_fromstring(response.text)


def words_of(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def fields_of(form: Any) -> dict[str, str]:
    """As a browser sends them, without a button."""
    return {name: value or "" for name, value in form.form_values()}


class Visitors:
    """All who visit one workbench."""

    def __init__(self, runner: asyncio.Runner, datasette: Datasette) -> None:
        self._runner = runner
        self.datasette = datasette

    def anonymous(self, base: str = "http://localhost") -> Visitor:
        return Visitor(self._runner, self.datasette, base)

    def logged_in(self, name: str, password: str = PASSWORD) -> Visitor:
        visitor = self.anonymous()
        answer = visitor.log_in(name, password)
        assert answer.status_code == 302, answer.text
        return visitor


@contextmanager
def visiting(db: Path, *names: str) -> Iterator[Visitors]:
    """The workbench over ``db``, and who visits it."""
    with asyncio.Runner() as runner:

        async def start() -> Datasette:
            return datasette_for(db, names)

        datasette = runner.run(start())
        yield Visitors(runner, datasette)
        datasette.executor.shutdown()
        for each in datasette.databases.values():
            each.close()


@contextmanager
def serving(database: Path, host: str = "127.0.0.1") -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A process that serves, and the address that it printed."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(database), host],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        line = process.stdout.readline()
        found = re.fullmatch(r"Workbench: (http://\S+/) \(Ctrl-C stops it\)\n", line)
        assert found, (line, process.stderr.read() if process.stderr else "")
        yield found[1], process
    finally:
        process.kill()
        process.communicate()
