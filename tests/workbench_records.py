"""A small database of stories in four languages, for the tests of the workbench's pages."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.items import Article, Flag, Judged, LanguageVerdict, Match, Quarantined, Reason
from monitor.outlets import Outlet
from monitor.store import Store, begin_demo

NIGHT = datetime(2026, 11, 21, 20, tzinfo=UTC)


def place(surface: str, concept: str, term: str, article: Article, field: str = "title") -> Match:
    start = (article.title if field == "title" else article.text).index(surface)
    where: Any = field
    return Match(concept, term, "en", where, start, start + len(surface), surface)


def flag(
    score: float = 0.0,
    story_type: Any = None,
    sending: tuple[str, ...] = (),
    receiving: tuple[str, ...] = (),
    reasons: tuple[Reason, ...] = (),
    matches: tuple[Match, ...] = (),
    lexicon: str = "lexicon-1",
) -> Flag:
    return Flag(
        bool(story_type), score, story_type, sending, receiving, (), reasons, matches, lexicon
    )


def judged(outlet: str, article: Article, verdict: Flag, at: datetime = NIGHT) -> Judged:
    return Judged(outlet, article, verdict, article.url, "0" * 64, 200, at)


def article(
    url: str, title: str, text: str, language: str, script: str, published: datetime | None = None
) -> Article:
    return Article(
        url=url,
        title=title,
        text=text,
        published_at=published,
        published_precision="day",
        language=language,
        verdict=LanguageVerdict(language, script),
    )


SENT_BACK = article(
    "https://courier.example/1",
    "Thirty-eight refugees sent back at night",
    "Border police drove them to the river.\n\n“They were handed over to the army,” a lawyer said.",
    "en",
    "Latn",
    datetime(2026, 11, 21),
)
SENT_BACK_WHY = Reason(
    "'sent back' near 'refugees'",
    1.5,
    (
        place("sent back", "return_action", "sent back", SENT_BACK),
        place("refugees", "protected_person", "refugee", SENT_BACK),
    ),
)
SENT_BACK_FLAG = flag(
    0.91,
    "incident",
    ("TH",),
    ("MM", "VN"),
    (SENT_BACK_WHY,),
    (*SENT_BACK_WHY.matches, place("handed over", "return_action", "hand over", SENT_BACK, "text")),
)
ARTICLES = [
    ("courier", SENT_BACK, SENT_BACK_FLAG),
    (
        "tawan",
        article("https://tawan.example/2", "ตม.ส่งกลับผู้ลี้ภัยสี่คน", "ทนายความกล่าวเมื่อวันศุกร์", "th", "Thai"),
        flag(0.66, "incident", ("TH",), ("KH",)),
    ),
    (
        "thmey",
        article(
            "https://thmey.example/3",
            "សកម្មជនអាចត្រូវបញ្ជូនត្រឡប់",
            "មេធាវីបាននិយាយ។",
            "km",
            "Khmr",
            datetime(2026, 11, 20),
        ),
        flag(0.75, "risk", ("KH",), ("VN",)),
    ),
    (
        "chenbao",
        article("https://chenbao.example/4", "难民营开设图书馆", "孩子们很高兴。", "zh", "Hans"),
        flag(),
    ),
    (
        "courier",
        article(
            "https://courier.example/5",
            "Rice prices rise again",
            "Farmers were glad.",
            "en",
            "Latn",
            datetime(2026, 11, 22),
        ),
        flag(),
    ),
]
OUTLETS = {"courier": "The Courier", "tawan": "ข่าวตะวัน", "thmey": "ដំណឹងថ្មី", "chenbao": "晨报"}


def make_database(path: Path, *changes: str) -> None:
    """:data:`ARTICLES` with their verdicts, a night of :data:`OUTLETS`, and then what SQL changes."""
    begin_demo(path)  # judged as of its own night, whenever the tests run
    with Store(path) as store:
        store.add_outlets(
            Outlet(slug, name, f"https://{slug}.example/", "TH", ("en",), "news")
            for slug, name in OUTLETS.items()
        )
        for slug in OUTLETS:
            crawl = store.begin_crawl(slug, NIGHT.isoformat(), NIGHT)
            records = [judged(outlet, a, f) for outlet, a, f in ARTICLES if outlet == slug]
            counts = {"new": len(records), "flagged": sum(r.flag.flagged for r in records)}
            counts["sources_ok"] = 1
            errors = {"fetch:bot_wall": 1} if slug == "tawan" else {}
            if slug == "tawan":
                wall = Quarantined(
                    slug, "https://tawan.example/wall", "fetch", "bot_wall", "", NIGHT
                )
                store.write([wall], crawl=crawl)
                counts["blocked"] = 1
            at = NIGHT + timedelta(seconds=5)
            store.end_crawl(crawl, "finished", counts, at=at, errors=errors)
        store.write([judged(outlet, a, f) for outlet, a, f in ARTICLES])
    with sqlite3.connect(path) as connection:
        for change in changes:
            connection.execute(change)
