"""Reviewing: who may, what is recorded, what waits in the queue, what comes of it."""

from __future__ import annotations

import json
import re
import sqlite3
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from store_records import NIGHT, SmallOutlet, judged, match, verdict
from visitors import PASSWORD, Visitor, Visitors, add_user, fields_of, visiting, words_of

from monitor.cli import main
from monitor.items import Reason
from monitor.reviews import prepare_reviews, reviews_path
from monitor.store import Store, StoreError, connect_readonly
from monitor.users import read_users, users_path, write_users
from workbench import DATASETTE_1, queue
from workbench.moments import moment
from workbench.snippets import around_reasons

RIVER = "https://daily.example/river"
CAMP = "https://daily.example/camp"
RICE = "https://daily.example/rice"
TEXT = "Border police sent 38 refugees back overnight."
ELSEWHERE = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
"""What a browser says of a form of another site; 1.0 goes by it."""


STORIES = [
    judged(RIVER, TEXT, title="Sent back at the river", flag=verdict(0.9), published_at=NIGHT),
    judged(CAMP, TEXT, title="Taken from the camp", flag=verdict(0.8, sending=("MY",))),
    judged(RICE, "Farmers were glad.", title="Rice prices rise"),
]


def make_stories(path: Path, *records: Any) -> Path:
    with Store(path) as store:
        store.add_outlets([SmallOutlet("daily"), SmallOutlet("other", "The Other")])
        store.write(records or STORIES)
    return path


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = make_stories(tmp_path / "monitor.db")
    add_user(path, "mali")
    add_user(path, "rin", "reader")
    return path


@pytest.fixture
def visitors(db: Path) -> Iterator[Visitors]:
    with visiting(db) as visitors:
        yield visitors


@pytest.fixture
def mali(visitors: Visitors) -> Visitor:
    return visitors.logged_in("mali")


def titles(page: html.HtmlElement) -> list[str]:
    return [words_of(each) for each in page.xpath("//article/h2")]


def decide_form(visitor: Visitor, path: str = "/-/queue", number: int = 0) -> html.HtmlElement:
    form: html.HtmlElement = visitor.page(path).find_class("decide")[number]
    return form


def reviews_of(db: Path) -> list[dict[str, Any]]:
    connection = sqlite3.connect(reviews_path(db))
    connection.row_factory = sqlite3.Row
    return [dict(row) for row in connection.execute("select * from reviews order by id")]


def cookies_set(response: httpx.Response) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for line in response.headers.get_list("set-cookie"):
        found |= {name: dict(cookie) for name, cookie in SimpleCookie(line).items()}
    return found


# Logging in


def test_a_login_leads_back_and_its_cookie_is_out_of_reach_of_scripts(visitors: Visitors) -> None:
    visitor = visitors.anonymous()
    there = visitor.page("/-/queue").xpath("//main//a[text()='Log in']/@href")[0]
    form = visitor.page(there).forms[-1]

    answer = visitor.send(form, username="mali", password=PASSWORD)

    assert (answer.status_code, answer.headers["location"]) == (302, "/-/queue")
    cookie = cookies_set(answer)["ds_actor"]
    assert (cookie["httponly"], cookie["samesite"].lower(), cookie["secure"]) == (True, "lax", "")
    assert "mali analyst" in words_of(visitor.page("/").find_class("account")[0])


def test_behind_tls_cookies_are_only_sent_over_tls(visitors: Visitors) -> None:
    visitor = visitors.anonymous("https://localhost")
    cookies = cookies_set(visitor.get("/-/login")) | cookies_set(visitor.log_in("mali"))

    assert cookies.keys() >= {"ds_actor"} | (set() if DATASETTE_1 else {"ds_csrftoken"})
    for cookie in cookies.values():
        assert (cookie["httponly"], cookie["samesite"].lower(), cookie["secure"]) == (
            True,
            "lax",
            True,
        )


@pytest.mark.parametrize(
    ("name", "password"), [("mali", "wrong"), ("nobody", PASSWORD), ("", ""), ("rin", "")]
)
def test_a_wrong_password_and_an_unknown_name_are_told_alike(
    visitors: Visitors, name: str, password: str
) -> None:
    visitor = visitors.anonymous()
    answer = visitor.log_in(name, password)

    assert answer.status_code == 403
    assert "Name or password is wrong." in answer.text
    assert "ds_actor" not in visitor.cookies


def test_tries_are_limited(visitors: Visitors) -> None:
    visitor = visitors.anonymous()
    answers = [visitor.log_in("mali", "wrong").status_code for _ in range(11)]

    assert answers == [403] * 10 + [429]
    refused = visitor.log_in("mali")
    assert refused.status_code == 429
    assert "Too many tries. Wait 15 minutes." in refused.text
    assert 890 < int(refused.headers["retry-after"]) <= 900


def test_a_login_form_of_another_site_does_nothing(visitors: Visitors) -> None:
    """Without a cookie, as from elsewhere, there is no token to check."""
    visitor = visitors.anonymous()
    said = {"username": "mali", "password": PASSWORD}
    answer = visitor.post("/-/login", said, headers=ELSEWHERE)
    assert answer.status_code == (403 if DATASETTE_1 else 400)
    assert "ds_actor" not in visitor.cookies
    visitor.get("/-/login")
    assert visitor.post("/-/login", said, headers=ELSEWHERE).status_code == 403


def test_logging_out_ends_it(mali: Visitor) -> None:
    (form,) = mali.page("/").xpath("//div[@class='account']/form")
    mali.send(form)

    assert "Log in" in words_of(mali.page("/").find_class("account")[0])


@pytest.mark.parametrize("change", ["removed", "new password", "broken file"])
def test_a_session_ends_when_its_user_may_no_longer(db: Path, mali: Visitor, change: str) -> None:
    assert mali.page("/-/queue").find_class("items")
    if change == "removed":
        users = read_users(users_path(db))
        del users["mali"]
        write_users(users_path(db), users)
    elif change == "new password":
        add_user(db, "mali", password="another password")
    else:
        users_path(db).write_text("{")

    assert not mali.page("/-/queue").find_class("items")
    assert mali.get("/reviews/reviews").status_code == 403


def test_a_session_ends_after_a_working_day(mali: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 12 * 3600 - 5)
    assert mali.page("/-/queue").find_class("items")
    monkeypatch.setattr("time.time", lambda: now + 12 * 3600 + 5)
    assert not mali.page("/-/queue").find_class("items")


def test_what_datasette_itself_signs_is_no_session(visitors: Visitors) -> None:
    visitor = visitors.anonymous()
    for actor in ({"id": "mali"}, {"id": "root"}):
        visitor.cookies.set("ds_actor", visitors.datasette.sign({"a": actor}, "actor"))
        assert visitor.get("/reviews/reviews.json").status_code == 403
        assert not visitor.page("/-/queue").find_class("items")
        assert "review" not in visitor.page("/monitor/articles/1").xpath("//section/@id")
        assert visitor.post("/-/review", {}).status_code == 403


def test_without_users_the_login_says_how_to_add_one(tmp_path: Path) -> None:
    with visiting(make_stories(tmp_path / "monitor.db")) as visitors:
        shown = visitors.anonymous().page("/-/login")

    assert "monitor users add NAME" in words_of(shown.xpath("//main")[0])
    assert shown.xpath("//main//form") == []


def test_pages_for_those_logged_in_are_kept_by_no_cache(visitors: Visitors, mali: Visitor) -> None:
    for path in ("/", "/monitor/articles/1", "/monitor/articles.json", "/-/queue"):
        assert mali.get(path).headers["cache-control"] == "private, no-store", path
    assert "cache-control" not in visitors.anonymous().get("/-/queue").headers


# Who sees what


def test_anonymous_visitors_see_no_reviews(visitors: Visitors, mali: Visitor) -> None:
    mali.send(decide_form(mali), decision="confirmed", note="A secret note")
    visitor = visitors.anonymous()

    for path in (
        "/reviews",
        "/reviews.json",
        "/reviews.db",
        "/reviews/reviews",
        "/reviews/reviews.json",
        "/reviews/reviews.csv?_stream=on",
        "/reviews/reviews/1",
        "/reviews/reviews/1.json",
        "/reviews/decisions",
        "/reviews?sql=select+*+from+reviews",
        "/reviews.json?sql=select+*+from+reviews",
        "/monitor.json?sql=select+*+from+reviews.reviews",
    ):
        assert visitor.get(path, follow_redirects=True).status_code == 403, path
    for path in ("/", "/.json", "/monitor", "/monitor/articles/1", "/-/queue", "/monitor.json"):
        text = visitor.get(path).text
        assert "secret note" not in text, path
        assert "Confirmed" not in text, path
        assert "/reviews" not in text, path
    assert "Log in" in words_of(visitor.page("/-/queue").xpath("//main")[0])


def test_nobody_asks_the_reviews_in_sql(mali: Visitor) -> None:
    assert mali.get("/reviews/reviews.json").status_code == 200
    assert mali.get("/reviews.json?sql=select+1", follow_redirects=True).status_code == 403
    assert mali.get("/reviews/reviews?_where=1").status_code == 403


def test_a_reader_sees_reviews_and_decides_nothing(
    db: Path, visitors: Visitors, mali: Visitor
) -> None:
    form = decide_form(mali)
    mali.send(form, decision="confirmed", note="Seen by many")
    reader = visitors.logged_in("rin")

    for path in ("/-/queue?show=decided", "/monitor/articles/1", "/-/queue"):
        shown = reader.page(path)
        assert shown.find_class("decide") + shown.find_class("undo") == []
    assert "Seen by many" in reader.page("/monitor/articles/1").text_content()
    token = reader.page("/").xpath("//input[@name='csrftoken']/@value")[0]
    for fields in (
        fields_of(form) | {"decision": "rejected"},
        {"decision": "withdrawn", "review": "1"},
    ):
        answer = reader.post("/-/review", fields | {"csrftoken": token})
        assert answer.status_code == 403
    assert [row["decision"] for row in reviews_of(db)] == ["confirmed"]


def test_a_decision_needs_the_forms_token(db: Path, visitors: Visitors, mali: Visitor) -> None:
    fields = fields_of(decide_form(mali)) | {"decision": "confirmed"}
    others = visitors.anonymous().page("/-/login").xpath("//input[@name='csrftoken']/@value")[0]

    for token in ("", "x", others):
        answer = mali.post("/-/review", fields | {"csrftoken": token}, headers=ELSEWHERE)
        assert answer.status_code == 403
    assert visitors.anonymous().post("/-/review", fields).status_code == 403
    assert reviews_of(db) == []


def test_datasettes_pages_about_itself_are_closed(visitors: Visitors, mali: Visitor) -> None:
    """Every page that Datasette has of its own is either needed or closed."""
    needed = {
        "/-/static",
        "/-/logout",
        "/-/actor",
        "/-/login",
        "/-/queue",
        "/-/review",
        "/-/healthz",
    }
    paths = {
        re.split(r"[^a-z/-]", pattern.pattern.lstrip("^"))[0].rstrip("/")
        for pattern, _ in visitors.datasette._routes()
        if re.match(r"\^?/-/[a-z]", pattern.pattern)
    }
    assert needed < paths
    assert "/-/versions" in paths
    for path in paths - needed:
        for visitor in (visitors.anonymous(), mali):
            assert visitor.get(path).status_code == 403, path
            assert visitor.get(f"{path}.json").status_code == 403, path


def test_a_form_larger_than_any_of_ours_is_not_read(mali: Visitor) -> None:
    assert mali.post("/-/login", {"username": "x" * 100_001}).status_code == 413
    unknown_length = iter([b"username=x"])
    answer = mali._runner.run(mali._client.post("/-/login", content=_chunks(unknown_length)))
    assert answer.status_code == 413


async def _chunks(parts: Iterator[bytes]) -> Any:
    for part in parts:
        yield part


def test_the_files_of_reviews_are_their_owners_alone(db: Path, visitors: Visitors) -> None:
    visitors.logged_in("mali").get("/-/queue")
    files = [reviews_path(db), *db.parent.glob("reviews.db-*")]

    assert len(files) >= 2
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


# Deciding


def test_a_decision_keeps_who_what_and_the_verdict_that_was_shown(db: Path, mali: Visitor) -> None:
    answer = mali.send(decide_form(mali), decision="confirmed", note=" Read\r\nthe court's order ")

    assert answer.headers["location"] == "/-/queue?done=1#review"
    (row,) = reviews_of(db)
    at = row.pop("at")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", at)
    monitor = connect_readonly(db)
    revision = monitor.execute("select * from revisions where article = 1").fetchone()
    assert row == {
        "id": 1,
        "reviewer": "mali",
        "decision": "confirmed",
        "withdraws": None,
        "title": "Sent back at the river",
        "note": "Read\nthe court's order",
        "corrected_type": None,
        "corrected_sending": None,
        "corrected_receiving": None,
        "url": RIVER,
        "article": 1,
        "outlet": "daily",
        "language": "en",
        "script": "Latn",
        "published_at": revision["published_at"],
        "revision": 1,
        "sha256": revision["sha256"],
        "flag": 1,
        "lexicon_version": "1",
        "flagged": 1,
        "score": 0.9,
        "story_type": "incident",
        "sending": '["TH"]',
        "receiving": '["MM"]',
    }


def test_what_is_decided_leaves_the_queue_and_can_be_undone(db: Path, mali: Visitor) -> None:
    assert titles(mali.page("/-/queue")) == ["Sent back at the river", "Taken from the camp"]

    there = mali.send(decide_form(mali), decision="rejected").headers["location"]
    shown = mali.page(there)
    assert titles(shown) == ["Taken from the camp"]
    (outcome,) = shown.find_class("outcome")
    assert words_of(outcome).startswith("Rejected Sent back at the river Undo")

    there = mali.send(outcome.find_class("undo")[0]).headers["location"]
    assert titles(mali.page(there)) == ["Sent back at the river", "Taken from the camp"]
    rejected, withdrawn = reviews_of(db)
    assert (withdrawn["decision"], withdrawn["withdraws"]) == ("withdrawn", rejected["id"])
    same = rejected.keys() - {"id", "at", "decision", "withdraws"}
    assert {name: withdrawn[name] for name in same} == {name: rejected[name] for name in same}


def test_a_script_gets_json(mali: Visitor) -> None:
    asks = {"Accept": "application/json"}
    fields = fields_of(decide_form(mali)) | {"decision": "unsure"}

    assert mali.post("/-/review", fields, headers=asks).json() == {"review": 1}
    bad = mali.post("/-/review", fields | {"decision": "maybe"}, headers=asks)
    assert (bad.status_code, bad.json()) == (
        400,
        {"error": "a decision is one of confirmed, rejected, unsure"},
    )
    mali.cookies.delete("ds_actor")
    late = mali.post("/-/review", fields, headers=asks)
    assert (late.status_code, late.json()) == (403, {"error": "Log in again as an analyst."})


def test_the_same_decision_twice_is_one_and_another_one_is_a_further_row(
    db: Path, mali: Visitor
) -> None:
    form = decide_form(mali)
    for decision in ("confirmed", "confirmed", "rejected", "rejected", "confirmed"):
        mali.send(form, decision=decision)

    assert [row["decision"] for row in reviews_of(db)] == ["confirmed", "rejected", "confirmed"]


def test_after_an_undo_the_decision_before_counts(mali: Visitor) -> None:
    form = decide_form(mali)
    for decision in ("confirmed", "rejected"):
        mali.send(form, decision=decision)
    mali.send(mali.page("/-/queue?show=decided").find_class("undo")[0])

    (shown,) = mali.page("/-/queue?show=decided").find_class("decided")
    assert words_of(shown).startswith("Confirmed by mali")


def test_only_ones_own_decision_is_undone_and_once(
    db: Path, visitors: Visitors, mali: Visitor
) -> None:
    add_user(db, "dara")
    mali.send(decide_form(mali), decision="confirmed")
    dara = visitors.logged_in("dara")
    token = dara.page("/").xpath("//input[@name='csrftoken']/@value")[0]
    assert dara.page("/-/queue?show=decided").find_class("undo") == []

    undo = {"decision": "withdrawn", "review": "1"}
    answer = dara.post("/-/review", undo | {"csrftoken": token})
    assert (answer.status_code, len(reviews_of(db))) == (400, 1)
    assert "Only a decision of your own can be undone." in answer.text
    form = mali.page("/-/queue?show=decided").find_class("undo")[0]
    assert mali.send(form).status_code == 302
    assert "This decision was undone before." in mali.send(form).text
    for number in ("2", "99", "x", "", "-1", "9" * 30, "١"):
        assert mali.send(form, review=number).status_code == 400
    assert len(reviews_of(db)) == 2


def test_a_story_page_corrects_and_shows_the_history(db: Path, mali: Visitor) -> None:
    form = decide_form(mali, "/monitor/articles/1")
    assert fields_of(form)["sending"] == "Thailand"
    answer = mali.send(
        form, decision="confirmed", story_type="risk", sending="th; malaysia", receiving="Myanmar"
    )
    assert answer.headers["location"] == "/monitor/articles/1?done=1#review"

    (row,) = reviews_of(db)
    assert (row["corrected_type"], row["corrected_sending"]) == ("risk", '["TH", "MY"]')
    assert row["corrected_receiving"] is None
    mali.send(form, decision="unsure", note="<b>Hm</b>")
    shown = mali.page("/monitor/articles/1")
    assert [words_of(li) for li in shown.xpath("//section[@id='review']//ol/li")] == [
        f"Unsure mali {_shown(db, 2)} revision 1 lexicon 1 <b>Hm</b> Undo z",
        f"Confirmed mali {_shown(db, 1)} revision 1 lexicon 1"
        " type: Risk sent by: Thailand, Malaysia Undo z",
    ]


def _shown(db: Path, number: int) -> str:
    return moment(reviews_of(db)[number - 1]["at"])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"decision": "maybe"}, "A decision is one of confirmed, rejected, unsure."),
        ({"decision": ""}, "A decision is one of"),
        ({"sending": "Thailand, Atlantis"}, "There is no state &#39;Atlantis&#39;;"),
        ({"story_type": "gossip"}, "There is no story type &#39;gossip&#39;."),
        ({"note": "x" * 4001}, "A note has 4000 characters at the most."),
        ({"flag": "99"}, "This verdict is not in the database (any more)"),
        ({"flag": "2"}, "This verdict is not in the database (any more)"),
        ({"article": "x"}, "This verdict is not in the database (any more)"),
    ],
)
def test_what_cannot_be_recorded_is_explained_and_the_note_kept(
    db: Path, mali: Visitor, fields: dict[str, str], said: str
) -> None:
    form = decide_form(mali, "/monitor/articles/1")
    answer = mali.send(form, **{"decision": "confirmed", "note": "Three hours' work", **fields})

    assert answer.status_code == 400
    assert said in answer.text
    assert fields.get("note", "Three hours&#39; work") in answer.text
    assert reviews_of(db) == []


def test_a_story_that_the_monitor_missed_is_confirmed_with_a_type(db: Path, mali: Visitor) -> None:
    form = decide_form(mali, "/monitor/articles/3")
    assert "needs a type: choose one" in mali.send(form, decision="confirmed").text

    mali.send(form, decision="confirmed", story_type="policy", sending="Cambodia")
    (row,) = reviews_of(db)
    assert (row["flagged"], row["corrected_type"]) == (0, "policy")


def test_rows_cannot_be_changed_or_deleted(db: Path, mali: Visitor) -> None:
    mali.send(decide_form(mali), decision="confirmed")
    connection = sqlite3.connect(reviews_path(db))

    for sql in ("update reviews set note = 'x'", "delete from reviews"):
        with pytest.raises(sqlite3.IntegrityError, match="reviews are never"):
            connection.execute(sql)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("insert into reviews select * from reviews")


# What outlasts what


def test_reviews_outlast_a_reflag_an_edit_and_another_database(
    tmp_path: Path, db: Path, mali: Visitor
) -> None:
    mali.send(decide_form(mali), decision="confirmed")
    edited = judged(
        RIVER, TEXT + " All of them.", at=NIGHT + timedelta(days=1), flag=verdict(0.7, "2")
    )
    with Store(db) as store:
        store.write([judged(CAMP, TEXT, title="Taken from the camp", flag=verdict(0.95, "2"))])
        store.write([edited])

    assert titles(mali.page("/-/queue")) == ["Taken from the camp"]
    (item,) = mali.page("/-/queue?show=decided").find_class("item")
    assert "changed since" in words_of(item)
    assert "Changed since." in words_of(
        mali.page("/monitor/articles/1").get_element_by_id("review")
    )

    mali.send(decide_form(mali), decision="rejected")
    restored = tmp_path / "restored" / "monitor.db"
    restored.parent.mkdir()
    make_stories(restored, *reversed(STORIES))
    users_path(restored).write_bytes(users_path(db).read_bytes())
    with sqlite3.connect(reviews_path(db)) as old:
        old.execute("vacuum into ?", [str(reviews_path(restored))])
    with visiting(restored) as later:
        visitor = later.logged_in("mali")
        assert titles(visitor.page("/-/queue")) == []
        shown = visitor.page("/-/queue?show=decided")
        assert [words_of(each)[:8] for each in shown.find_class("decided")] == [
            "Rejected",
            "Confirme",
        ]
        assert shown.xpath("//h2/a/@href") == ["/monitor/articles/2", "/monitor/articles/3"]
        history = visitor.page("/monitor/articles/3").get_element_by_id("review")
        assert "Confirmed mali" in words_of(history)


def test_a_decided_story_that_is_no_longer_there_is_still_listed(db: Path, mali: Visitor) -> None:
    mali.send(decide_form(mali), decision="confirmed")
    with sqlite3.connect(db) as connection:
        for name in ("monitor_seg", "monitor_fold"):
            connection.create_function(name, 1, str)
        connection.execute("update articles set url = 'https://daily.example/moved' where id = 1")

    (item,) = mali.page("/-/queue?show=decided").find_class("item")
    assert words_of(item.xpath("./h2")[0]) == "Sent back at the river"
    assert "no longer in the database" in words_of(item)


def test_reviews_of_a_newer_version_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "reviews.db"
    prepare_reviews(path)
    prepare_reviews(path)
    with sqlite3.connect(path) as connection:
        connection.execute(
            "insert into _sqlite_migrations(migration_set, name, applied_at)"
            " values ('reviews', 'of_next_year', '2027-01-01')"
        )

    with pytest.raises(StoreError, match=r"newer version of the monitor \(it has of_next_year\)"):
        prepare_reviews(path)


def test_reviews_that_cannot_be_opened_say_so(tmp_path: Path) -> None:
    (tmp_path / "reviews.db").write_text("not a database, whatever its name says" * 9)

    with pytest.raises(StoreError, match=r"reviews\.db cannot be used for reviews"):
        prepare_reviews(tmp_path / "reviews.db")


@pytest.mark.parametrize(
    ("db", "reviews"), [("monitor.db", "reviews.db"), ("demo.db", "demo-reviews.db")]
)
def test_each_database_has_its_reviews(db: str, reviews: str) -> None:
    assert reviews_path(Path("db") / db) == Path("db") / reviews


# The queue


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitors]:
    """50 stories: scores .50 … .99 by twos, two outlets, two states, ten days; two without a date."""
    records = [
        judged(
            f"https://daily.example/{n}",
            title=f"Story {n}",
            outlet="daily" if n % 3 else "other",
            flag=verdict(
                0.5 + n // 2 / 50,
                story_type="risk" if n % 2 else "incident",
                sending=("TH", "LA") if n % 5 == 0 else ("TH",),
            ),
            at=NIGHT,
            published_at=None if n < 2 else NIGHT - timedelta(days=n % 10),
            language="th" if n % 7 == 0 else "en",
        )
        for n in range(50)
    ]
    path = make_stories(tmp_path_factory.mktemp("many") / "monitor.db", *records)
    add_user(path, "mali")
    add_user(path, "dara")
    with visiting(path) as visitors:
        mali, dara = visitors.logged_in("mali"), visitors.logged_in("dara")
        for visitor, decision in ((mali, "confirmed"), (dara, "unsure"), (dara, "rejected")):
            visitor.send(decide_form(visitor), decision=decision)
        yield visitors


def numbers(visitors: Visitors, address: str) -> list[int]:
    """The stories of all pages from ``address`` on."""
    visitor, found = visitors.logged_in("mali"), []
    while address:
        shown = visitor.page(address)
        found += [int(title.removeprefix("Story ")) for title in titles(shown)]
        address = next(iter(shown.xpath("//a[@rel='next']/@href")), "")
    return found


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("", range(50).__contains__),
        ("outlet=other", lambda n: n % 3 == 0),
        ("story_type=risk", lambda n: n % 2 == 1),
        ("sending=LA", lambda n: n % 5 == 0),
        ("receiving=MM", range(50).__contains__),
        ("receiving=LA", set().__contains__),
        ("language=th", lambda n: n % 7 == 0),
        ("score=0.9", lambda n: n >= 40),
        ("from_day=2026-11-21", lambda n: n < 2 or n % 10 <= 1),
        ("to_day=2026-11-13", lambda n: n >= 2 and n % 10 == 9),
        ("from_day=2026-11-20&to_day=2026-11-20", lambda n: n >= 2 and n % 10 == 2),
        ("language=th&story_type=incident&score=0.7", lambda n: n % 14 == 0 and n >= 20),
        ("score=much&from_day=yesterday&after=x&sort=x", range(50).__contains__),
    ],
)
def test_filters_live_in_the_address_and_pages_miss_nothing(
    many: Visitors, query: str, fits: Any
) -> None:
    wanted = [n for n in range(50) if fits(n) and n not in (47, 48, 49)]

    found = numbers(many, f"/-/queue?{query}")

    assert sorted(found) == wanted
    assert [n // 2 for n in found] == sorted((n // 2 for n in wanted), reverse=True)
    newest = numbers(many, f"/-/queue?sort=newest&{query}")
    assert sorted(newest) == wanted
    ages = [0 if n < 2 else n % 10 for n in newest]
    assert ages == sorted(ages)
    shown = many.logged_in("mali").page(f"/-/queue?{query}")
    assert words_of(shown.xpath("//strong[@data-count]")[0]) == str(len(wanted))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [47, 48, 49]),
        ("reviewer=dara", [47, 48]),
        ("reviewer=nobody", []),
        ("decision=rejected", [47]),
        ("decision=unsure&reviewer=mali", []),
        ("story_type=risk", [47, 49]),
        ("score=0.98", [48, 49]),
    ],
)
def test_decided_stories_are_filtered_by_who_and_what(
    many: Visitors, query: str, found: list[int]
) -> None:
    assert numbers(many, f"/-/queue?show=decided&{query}") == found


def test_a_filter_is_a_chip_that_takes_it_away(many: Visitors) -> None:
    shown = many.logged_in("mali").page("/-/queue?sending=LA&score=0.9&sort=newest")

    assert {words_of(chip): chip.get("href") for chip in shown.find_class("chip")} == {
        "Sent by: Laos ✕": "/-/queue?score=0.9&sort=newest",
        "Score from: 0.9 ✕": "/-/queue?sending=LA&sort=newest",
    }
    none = many.logged_in("mali").page("/-/queue?receiving=LA")
    assert "No story fits these filters" in words_of(none.find_class("empty")[0])


@given(
    st.dictionaries(
        st.sampled_from(list(queue.Filters.__slots__)),
        st.one_of(
            st.text(), st.sampled_from(["decided", "nan", "1e400", "2026-02-30", "score", ","])
        ),
    )
)
def test_no_address_breaks_the_queue(arguments: dict[str, str]) -> None:
    filters = queue.Filters.read(arguments)
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "create table decisions(id, at, language, outlet, story_type, reviewer, decision, sending,"
        " receiving, score, published_at)"
    )

    assert queue.read_decided_page(connection, filters) == ([], 0, "")
    assert queue.Filters.read(dict(httpx.QueryParams(filters.address()))) == replace(
        filters, after=""
    )


def test_a_row_shows_reasons_and_a_snippet_with_the_words_marked(mali: Visitor) -> None:
    item = mali.page("/-/queue").find_class("item")[0]

    assert words_of(item.find_class("snippet")[0]) == TEXT
    assert [words_of(mark) for mark in item.xpath(".//mark")] == ["refugees"]
    assert [words_of(li) for li in item.xpath(".//ul[@class='why']/li")] == [
        "Refugees were sent back."
    ]


def test_hostile_content_is_text_in_the_queue(tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>\u202e" + "x" * 10_000
    found = match("<script>", bad, "risk")
    reason = Reason(bad, 1.0, (found,))
    flag = verdict(0.9, reasons=(reason,), matches=(found,), sending=(bad,))
    path = make_stories(
        tmp_path / "monitor.db", judged("javascript:alert(2)", bad, title=bad, flag=flag)
    )
    add_user(path, "mali")
    with visiting(path) as visitors:
        mali = visitors.logged_in("mali")
        mali.send(decide_form(mali, "/monitor/articles/1"), decision="unsure", note=bad[:100])
        for address in (
            "/-/queue",
            "/-/queue?show=decided",
            "/monitor/articles/1",
            "/-/queue?done=1",
        ):
            shown = mali.page(address)
            assert "alert" not in "".join(shown.xpath("//script/text()")), address
            assert not [href for href in shown.xpath("//@href") if "javascript" in href], address


@given(
    st.text(max_size=600),
    st.lists(st.tuples(st.integers(0, 600), st.integers(1, 20)), max_size=5),
)
def test_a_snippet_is_a_piece_of_the_text(text: str, places: list[tuple[int, int]]) -> None:
    matches = [
        {
            "concept": "risk",
            "field": "text",
            "start": start,
            "end": start + length,
            "surface": text[start : start + length],
        }
        for start, length in places
        if start + length <= len(text)
    ]
    shown = around_reasons(text, matches, [[each] for each in matches])

    assert (shown is None) == (not text.strip())
    if shown is not None:
        lines = "".join(piece.text for piece in shown.pieces)
        assert lines in text
        assert text.startswith(lines) or shown.cut_before
        if matches:
            assert any(piece.concepts for piece in shown.pieces)


def test_a_snippet_is_cut_between_clusters() -> None:
    # A consonant under another one is its subscript: a cut between them shows other letters.
    khmer = "ស្ត្រី" * 100
    at = khmer.index("ស", 200)
    match = {"concept": "risk", "field": "text", "start": at, "end": at + 6, "surface": "ស្ត្រី"}
    shown = around_reasons(khmer, [match], [[match]])
    assert shown is not None
    assert "".join(piece.text for piece in shown.pieces).replace("ស្ត្រី", "") == ""


# Health


def test_the_age_of_the_last_crawl_is_told(db: Path, visitors: Visitors) -> None:
    visitor = visitors.anonymous()
    assert visitor.get("/-/healthz").json() == {
        "ok": True,
        "last_crawl_finished_at": None,
        "last_crawl_age_seconds": None,
    }
    with Store(db) as store:
        for days, outcome in ((9, "finished"), (2, "failed")):
            crawl = store.begin_crawl("daily", NIGHT.isoformat(), NIGHT)
            store.end_crawl(crawl, outcome, {}, at=NIGHT - timedelta(days=days))
        store.begin_crawl("daily", NIGHT.isoformat(), NIGHT)
    answer = visitor.get("/-/healthz")
    assert answer.json()["last_crawl_finished_at"] == "2026-11-20T02:00:00+00:00"
    assert answer.json()["last_crawl_age_seconds"] > 0
    assert answer.headers["cache-control"] == "no-store"


# What comes of it


@pytest.fixture
def reviewed(db: Path, mali: Visitor) -> Path:
    mali.send(
        decide_form(mali, "/monitor/articles/1"), decision="confirmed", receiving="CN", note="Sure"
    )
    mali.send(decide_form(mali, "/monitor/articles/2"), decision="rejected")
    mali.send(decide_form(mali, "/monitor/articles/3"), decision="unsure")
    return db


def test_decisions_are_exported_in_the_golden_format(reviewed: Path) -> None:
    export = ["reviews", "export", "--db", str(reviewed)]
    result = CliRunner().invoke(main, export)

    story, other = map(json.loads, result.output.splitlines())
    assert story == {
        "id": "review-1",
        "language": "en",
        "script": "Latn",
        "flag": True,
        "label": "incident",
        "category": None,
        "sending": ["TH"],
        "receiving": ["CN"],
        "persons": [],
        "date": "2026-11-22",
        "title": "Sent back at the river",
        "text": TEXT,
        "url": RIVER,
        "note": "Sure",
    }
    assert (other["flag"], other["label"], other["sending"]) == (False, "none", [])
    only = CliRunner().invoke(main, [*export, "--decision", "rejected"])
    assert [json.loads(line)["url"] for line in only.output.splitlines()] == [CAMP]


def test_the_text_that_was_judged_is_exported_or_named_as_missing(reviewed: Path) -> None:
    with Store(reviewed) as store:
        edited = judged(RIVER, TEXT + " All of them.", at=NIGHT + timedelta(days=1))
        store.write([edited])
    with sqlite3.connect(reviewed) as connection:
        connection.execute("update revisions set sha256 = 'lost' where article = 2")

    result = CliRunner().invoke(main, ["reviews", "export", "--db", str(reviewed)])

    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == [TEXT]
    assert result.stderr == f"monitor: left out, its text is not in {reviewed}: {CAMP}\n"


def test_the_flagging_is_measured_on_decisions(reviewed: Path, tmp_path: Path) -> None:
    measure = ["evaluate", "--from-reviews", "--db", str(reviewed), "--json"]
    result = CliRunner().invoke(main, measure)
    assert json.loads(result.stdout)["overall"]["n"] == 2

    export = CliRunner().invoke(main, ["reviews", "export", "--db", str(reviewed)])
    (tmp_path / "golden.jsonl").write_text(export.stdout)
    same = CliRunner().invoke(main, ["evaluate", str(tmp_path / "golden.jsonl"), "--json"])
    assert json.loads(same.stdout) == json.loads(result.stdout)
    both = CliRunner().invoke(main, [*measure, str(tmp_path / "golden.jsonl")])
    assert json.loads(both.stdout)["overall"]["n"] == 4


def test_measuring_needs_something_to_measure_on(tmp_path: Path) -> None:
    nothing = CliRunner().invoke(main, ["evaluate"])
    assert (nothing.exit_code, nothing.output) == (
        2,
        "monitor: name files of labelled texts, or say --from-reviews\n",
    )
    path = make_stories(tmp_path / "monitor.db")
    none = CliRunner().invoke(main, ["evaluate", "--from-reviews", "--db", str(path)])
    assert (none.exit_code, none.output) == (
        1,
        f"monitor: there are no reviews at {tmp_path / 'reviews.db'}; the workbench makes them\n",
    )
