"""The judgement: from terms, their places and phrases to a verdict with reasons.

A return action beside a protected person or a risk speaks for a story, so does
a legal principle; contexts of other stories (criminals, tourists, workers,
goods) beside the action speak against it. Fitted phrases (``phrases``) add what
no term says. Every contribution is a reason with a weight; the score is the
logistic of their sum. The numbers are in ``rule.toml`` and ``weights/``.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from monitor.flagging.lexicon import lexicon_version
from monitor.flagging.persons import affected_people
from monitor.flagging.phrases import (
    FAR_OFF,
    length_reasons,
    model,
    phrase_reasons,
    phrases_of,
    phrases_together,
    section_of,
)
from monitor.flagging.places import directions
from monitor.flagging.reading import Found, Reading, by_sentence
from monitor.flagging.story import story_type
from monitor.items import Flag, Match, Reason

LEXICON_VERSION = lexicon_version()
"""Names the lexicons and the rule that judged: a digest of their files."""

_YEAR = re.compile(r"(?<!\d)1[0-9]{3}(?!\d)")


@cache
def numbers() -> Mapping[str, Any]:
    """``rule.toml``."""
    return tomllib.loads(resources.files(__package__).joinpath("rule.toml").read_text("utf-8"))


def flag(title: str, text: str, language: str, *, in_full: bool = False) -> Flag:
    """The verdict on an article. Never raises; time linear in the text.

    ``language`` is ISO 639-1; others than the lexicons' are read with the
    English terms and those of scripts of their own. The phrases of a text that is
    ``FAR_OFF`` a story are one reason together unless it is wanted ``in_full``.
    """
    rule, fitted = numbers(), model()
    reading = Reading(title, text, language, reach=rule["reach"], lead=rule["lead"])
    found = judge(reading, rule)
    reasons = [replace(reason, weight=round(reason.weight * fitted.rule, 4)) for reason in found]
    start, section = fitted.start(language), None
    if (phrases := phrases_of(language)) is not None:
        section = section_of(reading.passages, phrases)
        rule_points = sum(reason.weight for reason in found)
        reasons += length_reasons(section, fitted, rule_points, evidence_of_return(found))
        about = _logistic(start + section.points + sum(reason.weight for reason in reasons))
        if in_full or about >= FAR_OFF:
            reasons += phrase_reasons(reading.passages, section, phrases)
        else:
            reasons.append(phrases_together(section, phrases))
    # What cannot be pointed at comes last, whatever it weighs.
    reasons.sort(key=lambda reason: (not reason.matches, -reason.weight, reason.sentence))
    score = _logistic(start + sum(reason.weight for reason in reasons))
    flagged = score >= rule["threshold"]
    states = directions(reading, rule["places"]) if flagged else ()
    return Flag(
        flagged=flagged,
        score=round(score, 4),
        story_type=story_type(reading, rule["story"], section) if flagged else None,
        sending=tuple(sign.state for sign in states if sign.side == "sending"),
        receiving=tuple(sign.state for sign in states if sign.side == "receiving"),
        persons=affected_people(reading) if flagged else (),
        reasons=tuple(reasons),
        matches=(
            *(found.match for found in reading.found),
            *(match for sign in states for match in sign.matches),
            *_telling_phrases(reasons),
        ),
        lexicon_version=LEXICON_VERSION,
        start=round(start, 4),
        states=states,
    )


def _logistic(total: float) -> float:
    return 1 / (1 + math.exp(-total))


def evidence_of_return(reasons: Iterable[Reason]) -> float:
    """The points for a return, or for the law on it, less those against: refugees and
    dangers without any are another story."""
    return sum(
        reason.weight
        for reason in reasons
        if reason.weight < 0 or any(match.concept in _RETURN for match in reason.matches)
    )


_RETURN = ("return_action", "averted", "legal_principle")


def _telling_phrases(reasons: Iterable[Reason]) -> Iterable[Match]:
    """The places of the phrases that speak for a story."""
    return (
        match
        for reason in reasons
        if reason.weight > 0
        for match in reason.matches
        if match.concept == "phrase"
    )


def judge(reading: Reading, rule: Mapping[str, Any]) -> list[Reason]:
    """All reasons, the weightiest first."""
    actions = by_sentence(reading.actions)
    people = by_sentence(reading.concept("protected_person"))
    risks = by_sentence(reading.concept("risk"))
    reasons = [
        *_pairs(reading, rule, actions, people, "action_person"),
        *_pairs(reading, rule, actions, risks, "action_risk"),
        *_pairs(reading, rule, people, risks, "person_risk"),
        *_singles(reading, rule, actions, people),
        *_against(reading, rule, actions),
    ]
    return sorted(reasons, key=lambda reason: (-abs(reason.weight), reason.sentence))


@dataclass(frozen=True, slots=True)
class _Pair:
    value: float
    step: str
    action: Found
    other: Found


def _pairs(
    reading: Reading,
    rule: Mapping[str, Any],
    actions: Mapping[int, list[Found]],
    others: Mapping[int, list[Found]],
    name: str,
) -> Iterable[Reason]:
    """The best pair of ``actions`` with ``others``, the second best in another
    sentence, and whether it stands in headline or lead."""
    if not actions or not others:
        return
    pairs = sorted(_all_pairs(rule, actions, others, name), key=lambda pair: -pair.value)
    best = pairs[0]
    yield _pair_reason(reading, best, best.value)
    second = next(
        (pair for pair in pairs[1:] if pair.action.sentence != best.action.sentence), None
    )
    if second is not None and second.step != "far":
        yield _pair_reason(reading, second, second.value * rule["single"]["again"])
    prominent = [
        pair
        for pair in pairs
        if pair.step != "far" and max(pair.action.sentence, pair.other.sentence) <= reading.lead
    ]
    if prominent and name == "action_person":
        top = prominent[0]
        share = min(top.value / rule[name]["same"], 1.0)
        yield Reason(
            f"{_quote(top.action)} with {_quote(top.other)} in headline or lead",
            rule["single"]["headline"] * share,
            (top.action.match, top.other.match),
        )


def _all_pairs(
    rule: Mapping[str, Any],
    actions: Mapping[int, list[Found]],
    others: Mapping[int, list[Found]],
    name: str,
) -> Iterable[_Pair]:
    strength = rule["strength"]
    strongest = {number: _strongest(found, strength) for number, found in others.items()}
    elsewhere = _strongest(list(strongest.values()), strength)
    for number, found in actions.items():
        action = _strongest(found, strength)
        choices = [("far", elsewhere)]
        choices += [("same", strongest[number])] if number in strongest else []
        choices += [
            ("adjacent", strongest[near]) for near in (number - 1, number + 1) if near in strongest
        ]
        yield max(
            (
                _Pair(
                    rule[name][step] * _together(action, other, strength),
                    step,
                    action,
                    other,
                )
                for step, other in choices
            ),
            key=lambda pair: pair.value,
        )


def _together(one: Found, other: Found, strength: Mapping[str, float]) -> float:
    """Two weak terms say less than their product: "left the country" and
    "politician" meet in any news."""
    both = one.term.strength == other.term.strength == "weak"
    product = strength[one.term.strength] * strength[other.term.strength]
    return product * (strength["both_weak"] if both else 1.0)


def _strongest(found: list[Found], strength: Mapping[str, float]) -> Found:
    return max(found, key=lambda each: strength[each.term.strength])


def _pair_reason(reading: Reading, pair: _Pair, weight: float) -> Reason:
    near = {
        "same": "near",
        "adjacent": "in the sentence beside",
        "far": "in one article with",
    }[pair.step]
    where = reading.where(pair.action.sentence)
    place = "" if where == "text" else f", {where}"
    return Reason(
        f"{_quote(pair.action)} {near} {_quote(pair.other)}{place}",
        round(weight, 3),
        (pair.action.match, pair.other.match),
    )


def _singles(
    reading: Reading,
    rule: Mapping[str, Any],
    actions: Mapping[int, list[Found]],
    people: Mapping[int, list[Found]],
) -> Iterable[Reason]:
    single, strength = rule["single"], rule["strength"]
    near_action = _with_neighbours({**actions, **people})
    danger = [each for each in reading.concept("return_action") if each.term.strength == "strong"]
    if danger:
        yield _reason(f"{_quote(danger[0])} names the danger", single["danger"], danger[0])
    principles = reading.concept("legal_principle")
    strong = [each for each in principles if each.term.strength == "strong"]
    if strong:
        yield _reason(f"the principle {_quote(strong[0])}", single["principle"], strong[0])
    other_law = [each for each in principles if each.term.strength != "strong"]
    if other_law and (actions or people):
        law = _strongest(other_law, strength)
        weight = single["law"] * strength[law.term.strength]
        yield _reason(f"law that protects from return: {_quote(law)}", weight, law)
    for concept, name, words in (
        ("org", "org", "who follows such cases"),
        ("enforcement", "detained", "arrest, detention, or who does it"),
    ):
        near = [each for each in reading.concept(concept) if each.sentence in near_action]
        if near and people:
            best = _strongest(near, strength)
            weight = single[name] * strength[best.term.strength]
            yield _reason(f"{words}: {_quote(best)}", weight, best)
    abroad = _abroad(reading, near_action)
    if abroad and people:
        words = f"two states in one sentence: {_quote(abroad[0])} and {_quote(abroad[1])}"
        yield Reason(words, single["abroad"], tuple(found.match for found in abroad))
    near_person = _with_neighbours(people)
    averted = [each for each in reading.concept("averted") if each.sentence in near_person]
    if averted and actions:
        best = _strongest(averted, strength)
        weight = single["averted"] * strength[best.term.strength]
        yield _reason(f"a return that may have been averted: {_quote(best)}", weight, best)


def _against(
    reading: Reading, rule: Mapping[str, Any], actions: Mapping[int, list[Found]]
) -> Iterable[Reason]:
    against, strength = rule["against"], rule["strength"]
    near_action = _with_neighbours(actions or by_sentence(reading.concept("protected_person")))
    near: dict[str, Found] = {}
    far: dict[str, Found] = {}
    contexts = reading.concept("negative_context")
    if all(each.term.strength == "weak" for each in contexts):
        # "Voluntary return" and "fugitive" are often how a state names a forced
        # return and a dissident: they never speak against by themselves.
        contexts = []
    for each in contexts:
        group = near if each.sentence in near_action else far
        group.setdefault(each.term.text, each)
    far = {text: each for text, each in far.items() if text not in near}
    for group, name, words in ((near, "near", "beside the return"), (far, "far", "in the article")):
        ranked = sorted(group.values(), key=lambda each: -strength[each.term.strength])
        for each in ranked[: against[f"{name}_most"]]:
            weight = against[name] * strength[each.term.strength]
            yield _reason(f"another kind of story {words}: {_quote(each)}", weight, each)
    prominent = [
        each
        for each in (*near.values(), *far.values())
        if each.sentence <= 1 and each.term.strength != "weak"
    ]
    if prominent:
        each = prominent[0]
        yield _reason(
            f"another kind of story in the headline: {_quote(each)}", against["headline"], each
        )
    for group_ in actions.values():
        begin, end = reading.sentence_span(group_[0])
        years = map(int, _YEAR.findall(reading.passage(group_[0]).folded, begin, end))
        old = [
            year
            for year in years
            if year < against["before"] and year not in against["not_history"]
        ]
        if old:
            action = group_[0]
            yield _reason(f"history: {_quote(action)} in {old[0]}", against["history"], action)
            break


def _abroad(reading: Reading, sentences: set[int]) -> tuple[Found, Found] | None:
    """Two states named in one of ``sentences``."""
    for number, places in by_sentence(reading.places).items():
        other = [place for place in places if place.term.state != places[0].term.state]
        if number in sentences and other:
            return places[0], other[0]
    return None


def _with_neighbours(groups: Iterable[int]) -> set[int]:
    return {number + step for number in groups for step in (-1, 0, 1)}


def _reason(sentence: str, weight: float, found: Found) -> Reason:
    return Reason(sentence, round(weight, 3), (found.match,))


def _quote(found: Found) -> str:
    return f"'{' '.join(found.match.surface.split())}'"
