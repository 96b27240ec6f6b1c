"""Records for the tests of the store: small, complete, invented."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.items import Article, Flag, Judged, LanguageVerdict, Match, Reason
from monitor.store import Store

NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
STORY = "https://daily.example/2026/story"
TEXT = "Border police sent 38 refugees back overnight."


@dataclass(frozen=True)
class SmallOutlet:
    slug: str
    name: str = "The Daily"
    homepage: str = "https://daily.example/"
    country: str = "TH"
    languages: tuple[str, ...] = ("en", "th")
    kind: str = "news"
    status: str = "active"
    notes: str = ""


CLEAR = Flag(
    flagged=False,
    score=0.0,
    story_type=None,
    sending=(),
    receiving=(),
    persons=(),
    reasons=(),
    matches=(),
    lexicon_version="1",
)


def match(surface: str, text: str = TEXT, concept: str = "return_action") -> Match:
    start = text.index(surface)
    return Match(concept, surface, "en", "text", start, start + len(surface), surface)


def flagged(text: str = TEXT, surface: str = "refugees", lexicon: str = "1") -> Flag:
    found = match(surface, text, "protected_person")
    return Flag(
        flagged=True,
        score=0.8,
        story_type="incident",
        sending=("TH",),
        receiving=("MM",),
        persons=("ผู้ลี้ภัย",),
        reasons=(Reason("Refugees were sent back.", 0.8, (found,)),),
        matches=(found,),
        lexicon_version=lexicon,
    )


def verdict(score: float, lexicon: str = "1", **fields: Any) -> Flag:
    return replace(flagged(lexicon=lexicon), score=score, **fields)


def judged(
    url: str = STORY,
    text: str = TEXT,
    *,
    title: str = "Sent back",
    at: datetime = NIGHT,
    flag: Flag = CLEAR,
    page_url: str | None = None,
    same_article: Iterable[str] = (),
    outlet: str = "daily",
    etag: str | None = None,
    **article: Any,
) -> Judged:
    plain = Article(
        url=url,
        title=title,
        text=text,
        language="en",
        verdict=LanguageVerdict("en", "Latn", "en", "en", True, "langdetect"),
    )
    return Judged(
        outlet=outlet,
        article=replace(plain, **article),
        flag=flag,
        page_url=page_url or url,
        page_sha256="0" * 64,
        status=200,
        fetched_at=at,
        same_article=tuple(same_article),
        etag=etag,
    )


def rows(store: Store, sql: str, *parameters: object) -> list[dict[str, Any]]:
    return [dict(row) for row in store._connection.execute(sql, parameters)]


def row(store: Store, sql: str, *parameters: object) -> dict[str, Any]:
    (only,) = rows(store, sql, *parameters)
    return only


def value(store: Store, sql: str, *parameters: object) -> Any:
    (only,) = row(store, sql, *parameters).values()
    return only


def assert_sound(store: Store) -> None:
    """The file, its references and its search index are in order."""
    assert value(store, "PRAGMA integrity_check") == "ok"
    assert rows(store, "PRAGMA foreign_key_check") == []
    # rank 1: compare the index with the texts, too.
    store._connection.execute(
        "INSERT INTO articles_fts(articles_fts, rank) VALUES ('integrity-check', 1)"
    )
