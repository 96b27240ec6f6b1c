"""One article's rows → what its page shows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from heapq import nlargest
from typing import Any

from monitor.flagging import LEXICON_VERSION, flag
from monitor.flagging.phrases import FAR_OFF
from monitor.store.verdicts import stored_reasons
from monitor.text.zawgyi import zawgyi_lines
from workbench import words
from workbench.highlight import Mark, Segment, marks_of, paragraphs, segments
from workbench.legible import legible, legible_segments

Row = Mapping[str, Any]

QUERIES = {
    "article": "select * from articles where id = :id",
    "outlet": "select * from outlets where slug = (select outlet from articles where id = :id)",
    "matches": 'select concept, field, start, "end", surface from matches where article = :id'
    " order by field desc, start, id",
    "verdicts": "select * from flags where article = :id order by id desc",
    "revisions": "select id, number, title, fetched_at, page_url, sha256 from revisions"
    " where article = :id order by number desc",
}
"""What :func:`story` needs, by its parameters; each takes ``:id``."""

MAX_PLACES = 12
"""Places named under one reason; more would bury the next reason. All are highlighted."""


MAX_REASONS = 10
"""Reasons shown at once: the weightiest, for or against. The others can be opened."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the article a reason rests: the ``anchor`` to jump to and what stands there."""

    anchor: str
    surface: str
    concept: str


@dataclass(frozen=True, slots=True)
class Reason:
    """``more`` is the number of places beyond those listed."""

    sentence: str
    weight: float
    places: tuple[Place, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """A state that sends or receives (``side``), and the words that say so."""

    side: str
    code: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """An article ready to be shown. ``zawgyi``: it was converted to be legible.
    ``states`` are those of the verdict. ``lesser`` are the reasons beyond ``MAX_REASONS``. ``legend`` has each
    highlighted concept with its count; ``verdicts`` are the earlier ones,
    ``revisions`` all, both newest first."""

    article: Row
    outlet: Row
    zawgyi: bool
    title: list[Segment]
    paragraphs: list[list[Segment]]
    states: list[State]
    reasons: list[Reason]
    lesser: list[Reason]
    legend: list[tuple[str, int]]
    verdict: Row | None
    verdicts: Sequence[Row]
    revisions: Sequence[Row]


def story(
    article: Sequence[Row],
    outlet: Sequence[Row],
    matches: Sequence[Row],
    verdicts: Sequence[Row],
    revisions: Sequence[Row],
) -> Story | None:
    """Put the answers to :data:`QUERIES` together; None if there is no such article."""
    if not article:
        return None
    row = article[0]
    verdict = verdicts[0] if verdicts else None
    if verdict is not None and _told_briefly(verdict):
        judged = flag(row["title"], row["text"], row["language"], in_full=True)
        verdict = {**dict(verdict), "reasons": stored_reasons(judged)}
        matches = [asdict(match) for match in judged.matches]
    texts = {"title": row["title"], "text": row["text"]}
    marks = {field: marks_of(matches, field, text) for field, text in texts.items()}
    zawgyi = {field: zawgyi_lines(text) for field, text in texts.items()}
    counts = Counter(m.concept.partition(":")[0] for field in marks.values() for m in field)
    order = {concept: place for place, concept in enumerate(words.concept_order())}
    reasons = _reasons(verdict["reasons"], texts, marks) if verdict else []
    least = min(nlargest(MAX_REASONS, (abs(reason.weight) for reason in reasons)), default=0.0)
    return Story(
        article=row,
        outlet=outlet[0] if outlet else {"slug": row["outlet"], "name": row["outlet"]},
        zawgyi=any(zawgyi.values()),
        title=legible_segments(segments(row["title"], marks["title"]), zawgyi["title"]),
        paragraphs=[
            legible_segments(paragraph, zawgyi["text"])
            for paragraph in paragraphs(row["text"], marks["text"])
        ],
        states=_states(verdict["states"], texts, marks) if verdict else [],
        reasons=[reason for reason in reasons if abs(reason.weight) >= least],
        lesser=[reason for reason in reasons if abs(reason.weight) < least],
        legend=sorted(counts.items(), key=lambda item: order.get(item[0], len(order))),
        verdict=verdict,
        verdicts=verdicts[1:],
        revisions=revisions,
    )


def _told_briefly(verdict: Row) -> bool:
    """Whether the phrases of a text far off a story were stored as one reason, and can be
    had one by one from the lexicon that judged it."""
    current = verdict["lexicon_version"] == LEXICON_VERSION
    return current and bool(verdict["score"] < FAR_OFF)


def anchor(field: str, offset: int) -> str:
    """The ``id`` of the highlighted place that begins at ``offset``."""
    return f"{field}-{offset}"


def _reasons(
    stored: str, texts: Mapping[str, str], marks: Mapping[str, Iterable[Mark]]
) -> list[Reason]:
    reasons = []
    for reason in json.loads(stored):
        places = _places(reason["matches"], texts, marks)
        listed = places[:MAX_PLACES]
        reasons.append(
            Reason(legible(reason["sentence"]), reason["weight"], listed, len(places) - len(listed))
        )
    return reasons


def _states(
    stored: str, texts: Mapping[str, str], marks: Mapping[str, Iterable[Mark]]
) -> list[State]:
    return [
        State(sign["side"], sign["state"], _places(sign["matches"], texts, marks))
        for sign in json.loads(stored)
    ]


def _places(
    matches: Iterable[Row], texts: Mapping[str, str], marks: Mapping[str, Iterable[Mark]]
) -> tuple[Place, ...]:
    """Where matches stand, in order; those that are not highlighted are left out."""
    shown = {(field, mark.start) for field in marks for mark in marks[field]}
    places = dict.fromkeys(
        Place(anchor(m["field"], m["start"]), _surface(texts, m), m["concept"])
        for m in sorted(matches, key=lambda m: (m["field"] != "title", m["start"]))
        if (m["field"], m["start"]) in shown
    )
    return tuple(places)


def _surface(texts: Mapping[str, str], match: Row) -> str:
    return legible(" ".join(texts[match["field"]][match["start"] : match["end"]].split()))
