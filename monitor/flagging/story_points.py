"""The lexicon's share in the story type: points by the terms of each sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from monitor.flagging.lexicon import load_lexicons
from monitor.flagging.matching import folded
from monitor.flagging.reading import Found, Reading, by_sentence
from monitor.items import StoryType
from monitor.text import spaceless

_DONE = re.compile(r"(?:ed|sent|flown|taken|brought|driven)\b")
"""English verb forms that tell of something done."""


_CLAUSE = re.compile(r"[,;:，；：]")
"""Behind it another clause begins: "deported on Monday, and fears are growing"."""


def lexicon_points(reading: Reading, points: Mapping[str, float]) -> dict[StoryType, float]:
    """Points of each type, summed over the sentences that name an action."""
    totals: dict[StoryType, float] = {"incident": 0.0, "risk": 0.0, "averted": 0.0, "policy": 0.0}
    people = by_sentence(reading.concept("protected_person"))
    acting = {found.sentence for found in reading.actions}
    for found in reading.found:
        factor = points.get(reading.where(found.sentence), 1.0)
        concept, weak = found.term.concept, found.term.strength == "weak"
        if concept == "averted":
            if not weak:
                totals["averted"] += factor * points["averted"]
            elif _near(found, people) or found.sentence == 0:
                totals["averted"] += factor * points["released"]
        elif concept == "return_action":
            share = 0.5 if weak else 1.0
            if _cue(reading, found, "pending", points):
                totals["risk"] += share * factor * points["pending"]
            elif found.term.language != "en" or _DONE.search(found.match.surface.lower()):
                totals["incident"] += share * factor * points["done"]
            else:
                totals["incident"] += share * factor * points["open"]
                totals["risk"] += share * factor * points["open"]
            if _cue(reading, found, "policy", points):
                totals["policy"] += share * factor * points["policy"]
        elif concept == "legal_principle":
            share = 1.0 if found.term.strength == "strong" else 0.4
            extra = 0.0 if found.sentence in acting else 0.2
            totals["policy"] += factor * share * (points["principle"] + extra)
    totals["policy"] += points["law"] * _law_words(reading)
    return totals


def _law_words(reading: Reading) -> int:
    """How many words of law and policy the headline has."""
    headline = reading.passages["title"].folded
    languages = {found.term.language for found in reading.found if not found.term.state}
    return sum(
        len(pattern.findall(headline))
        for pattern, _ in (_pattern(language, "policy") for language in languages)
        if pattern is not None
    )


def _near(found: Found, groups: Mapping[int, list[Found]]) -> bool:
    return any(found.sentence + step in groups for step in (-1, 0, 1))


def _cue(reading: Reading, action: Found, kind: str, points: Mapping[str, float]) -> bool:
    pattern, verb_final = _pattern(action.term.language, kind)
    if pattern is None:
        return False
    begin, end = reading.sentence_span(action)
    before, after = int(points["before"]), int(points["after"])
    if verb_final:
        before, after = after, before
    text = reading.passage(action).folded
    stop = min(end, action.end + after)
    if not verb_final and (clause := _CLAUSE.search(text, action.end, stop)):
        stop = clause.start()
    return pattern.search(text, max(begin, action.start - before), stop) is not None


@cache
def _pattern(language: str, kind: str) -> tuple[re.Pattern[str] | None, bool]:
    cues = load_lexicons()[language].cues
    words = sorted(map(folded, cues[kind]), key=len, reverse=True)
    verb_final = bool(cues["to_after"])
    if not words:
        return None, verb_final
    inside = "|".join(map(re.escape, words))
    if spaceless(words[0][0]):
        return re.compile(inside), verb_final
    right = "" if load_lexicons()[language].language == "tr" else r"(?!\w)"
    return re.compile(rf"(?<!\w)(?:{inside}){right}"), verb_final
