"""Opening and stopping the workbench: real processes, real HTTP on loopback."""

from __future__ import annotations

import asyncio
import signal
import socket
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from visitors import PASSWORD, add_user, serving, visiting

from monitor.items import Article, Flag, Judged
from monitor.outlets import Outlet
from monitor.reviews import reviews_path
from monitor.serve import ServeError, datasette_for, listen, serve
from monitor.store import Store

NOW = datetime(2026, 11, 22, tzinfo=UTC)
NOT_FLAGGED = Flag(False, 0.0, None, (), (), (), (), (), "1")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "a name.db"
    with Store(path) as store:
        store.add_outlets(
            [Outlet("daily", "The Daily", "https://daily.example/", "TH", (), "news")]
        )
    return path


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(database: Path, number: signal.Signals) -> None:
    with serving(database) as (address, process):
        assert httpx.get(address).status_code == 200
        process.send_signal(number)
        output, errors = process.communicate(timeout=20)

    assert (output, errors, process.returncode) == ("stopped\n", "", 0)


def test_the_second_piece_of_an_answer_does_not_wait_for_the_receipt_of_the_first() -> None:
    async def asked() -> int:
        answered = asyncio.get_running_loop().create_future()

        def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("socket")
            answered.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with listen("127.0.0.1", 0) as listening:
            async with await asyncio.start_server(answer, sock=listening):
                _, writer = await asyncio.open_connection(*listening.getsockname())
                writer.close()
                return int(await answered)

    assert asyncio.run(asked()) == 1


def test_it_sees_what_a_crawl_writes_meanwhile(database: Path) -> None:
    article = Article("https://daily.example/1", "New", "ข่าวด่วน", language="th")
    with serving(database) as (address, _):
        search = f"{address}monitor/articles.json?_search=ด่วน&_shape=array&_col=title"
        assert httpx.get(search).json() == []
        with Store(database) as store:
            store.write([Judged("daily", article, NOT_FLAGGED, article.url, "", 200, NOW)])
            assert httpx.get(search).json() == [{"id": 1, "title": "New"}]


def test_it_answers_while_somebody_writes_and_writes_nothing_itself(database: Path) -> None:
    writer = sqlite3.connect(database, isolation_level=None)
    with serving(database) as (address, _):
        writer.execute("begin immediate")
        writer.execute("update meta set value = 7 where key = 'seq'")
        rows = httpx.get(f"{address}monitor/meta.json?key=seq&_shape=array").json()
        writer.execute("rollback")

    assert rows == [{"key": "seq", "value": 0}]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        datasette_for(database).get_database("monitor").connect().execute("delete from meta")


def test_it_serves_on_ipv6_loopback(database: Path) -> None:
    with serving(database, "::1") as (address, _):
        assert address.startswith("http://[::1]:")
        assert httpx.get(address).status_code == 200


def test_only_this_machines_names_are_answered(database: Path) -> None:
    with serving(database) as (address, _):
        port = address.rstrip("/").rpartition(":")[2]
        for name in ("localhost", "LOCALHOST", "127.0.0.1", "127.9.8.7", "[::1]"):
            for host in (name, f"{name}:{port}", f"{name}:1"):
                assert httpx.get(address, headers={"Host": host}).status_code == 200, host
        for host in (
            "evil.example",
            f"127.0.0.1.evil.example:{port}",
            "localhost.evil",
            "10.0.0.1",
            "",
        ):
            for path in ("", "monitor/articles.json", "static/workbench.css"):
                answer = httpx.get(address + path, headers={"Host": host})
                assert answer.status_code == 403, host
                assert answer.text == "The workbench answers only as localhost or 127.0.0.1.\n"


def test_a_proxy_on_this_machine_says_that_it_speaks_tls(database: Path) -> None:
    with serving(database) as (address, _):
        add_user(database, "mali")
        plain, tls = (
            httpx.post(
                f"{address}-/login",
                data={"username": "mali", "password": PASSWORD},
                headers=headers,
            ).headers["set-cookie"]
            for headers in ({}, {"X-Forwarded-Proto": "https"})
        )

    assert "secure" not in plain.lower()
    assert "secure" in tls.lower()


def test_a_missing_database_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(ServeError) as error:
        serve(tmp_path / "none.db")

    assert str(error.value) == (
        f"there is no database at {tmp_path / 'none.db'}; run monitor crawl or monitor demo first"
    )
    assert not (tmp_path / "none.db").exists()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database, whatever its name says")

    with pytest.raises(ServeError, match=r"text\.db cannot be read as a database"):
        serve(tmp_path / "text.db")


def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "old.db").execute("create table articles (id)")

    with pytest.raises(ServeError, match="monitor crawl brings it up to date"):
        serve(tmp_path / "old.db")


def test_a_taken_port_is_named_with_a_way_out(database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError) as error:
            serve(database, port=port)

    assert str(error.value).startswith(f"port {port} of 127.0.0.1 cannot be used (")
    assert "--port" in str(error.value)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "monitor.example"])
def test_an_address_that_others_can_reach_is_refused_without_a_login(
    database: Path, host: str
) -> None:
    with pytest.raises(ServeError, match="nobody can log in to it yet"):
        serve(database, host=host)
    with pytest.raises(ServeError, match="nobody can log in to it yet"):
        serve(database, names=["monitor.example"])


def test_every_address_needs_a_name_and_a_name_is_one(database: Path) -> None:
    add_user(database, "mali")
    with pytest.raises(ServeError, match=r"--host 0\.0\.0\.0 listens on every address"):
        serve(database, host="0.0.0.0")
    with pytest.raises(ServeError, match=r"--name https://x is no host name"):
        serve(database, names=["https://x"])


def test_with_a_login_it_answers_under_its_names(database: Path) -> None:
    add_user(database, "mali")
    with visiting(database, "monitor.example", "192.0.2.7") as visitors:
        for name in ("monitor.example", "MONITOR.example:8001", "192.0.2.7", "localhost"):
            assert visitors.anonymous(f"http://{name}").get("/").status_code == 200, name
        for name in ("monitorxexample", "evil.example", "monitor.example.evil"):
            answer = visitors.anonymous(f"http://{name}").get("/")
            assert (answer.status_code, answer.text) == (
                403,
                "The workbench answers only as monitor.example or 192.0.2.7.\n",
            )


def test_a_folder_that_takes_no_reviews_says_so(database: Path) -> None:
    reviews_path(database).mkdir()

    with pytest.raises(ServeError, match=r"a name-reviews\.db cannot be used for reviews"):
        serve(database, port=0)


def test_sessions_outlive_a_restart_only_with_a_secret(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATASETTE_SECRET", raising=False)
    assert datasette_for(database).sign("x") != datasette_for(database).sign("x")
    monkeypatch.setenv("DATASETTE_SECRET", "kept")
    assert datasette_for(database).sign("x") == datasette_for(database).sign("x")
