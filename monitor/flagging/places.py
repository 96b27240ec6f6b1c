"""Which state sends people, and which one they are sent to.

Every state named in an article collects signs from the words directly around
its names ("to Cambodia", "by Thai police", "at the request of Beijing"), from
where the names stand and from how often. A sign adds points to the state as
sender and as receiver (``rule.toml``, [places]). The pair of different states
with most points is taken; no state is named when its points are few.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from monitor.flagging.directions import Role, role_of
from monitor.flagging.lexicon import Term, load_lexicons
from monitor.flagging.matching import folded
from monitor.flagging.reading import Found, Reading, by_sentence
from monitor.items import Match, StateSign
from monitor.text import spaceless

States = tuple[str, ...]
Signs = dict[str, dict[str, float]]
"""State → sign → how often, at most ``counted``."""

SHOWN = 5
"""Places in the text that are shown for a state."""


@dataclass(slots=True)
class Mentions:
    """What an article says about the states that it names: ``signs``, and by state
    the ``words`` of each mention with the name of its sign."""

    signs: Signs
    words: dict[str, list[tuple[str, Match]]]


_DATELINE = re.compile(r"^\W{0,2}[^.!?。]{2,60}?(?:—|–|  |[:：)）]|။\s*။)")
"""A place before a dash, colon or bracket at the start of a text; hyphens are
spaces in the folded text."""


def directions(reading: Reading, points: Mapping[str, Any]) -> tuple[StateSign, ...]:
    """Sending and receiving states, best first, with the words that say so; none
    when unsure."""
    mentions = mentions_of(reading, points)
    signs = mentions.signs
    send = {state: _sum(found, points["send"]) for state, found in signs.items()}
    receive = {state: _sum(found, points["receive"]) for state, found in signs.items()}
    sender, receiver = _best_pair(send, receive, points["least"])
    sending = _with_others(sender, send, receiver, points)
    receiving = _without_refuge(_with_others(receiver, receive, sender, points), points)
    return (
        *(StateSign("sending", each, _words(mentions, each, points["send"])) for each in sending),
        *(
            StateSign("receiving", each, _words(mentions, each, points["receive"]))
            for each in receiving
        ),
    )


def _words(mentions: Mentions, state: str, points: Mapping[str, float]) -> tuple[Match, ...]:
    """The mentions of a state with most points for a side, each wording once."""
    ranked = sorted(mentions.words[state], key=lambda each: -points.get(each[0], 0.0))
    speaking = [match for sign, match in ranked if points.get(sign, 0.0) > 0]
    once = {match.surface.casefold(): match for match in reversed(speaking or [ranked[0][1]])}
    return tuple(reversed(once.values()))[:SHOWN]


def mentions_of(reading: Reading, points: Mapping[str, Any]) -> Mentions:
    """What the article says about each state that it names."""
    # Who releases somebody had them in its hands.
    released = [found for found in reading.concept("averted") if found.term.strength == "weak"]
    held = sorted([*reading.actions, *released], key=lambda found: found.start)
    actions = by_sentence(held)
    people = by_sentence(reading.concept("protected_person"))
    averted = by_sentence(reading.concept("averted"))
    risky = {found.sentence for found in reading.concept("risk")}
    mentions = sorted(
        [*reading.places, *_names_in_terms(reading)], key=lambda each: (each.sentence, each.start)
    )
    signs: Signs = {}
    words: dict[str, list[tuple[str, Match]]] = {}
    dateline = _DATELINE.match(reading.passages["text"].folded[:80])
    for sentence, places in by_sentence(mentions).items():
        acting = actions.get(sentence, [])
        subject = bool(acting)
        for place in places:
            state = place.term.state or ""
            found = signs.setdefault(state, {})
            nationals = tuple(points["nationals"].get(place.term.language, ()))
            beside = role_of(reading, place, acting, people.get(sentence, []), nationals)
            role = beside.name if beside else None
            if role is None and subject and place.start < acting[0].start:
                role, subject = "subject", False
            if role == "to" and sentence in averted:
                role = "released_to"
            if (
                sentence
                and dateline
                and place.match.field == "text"
                and place.end <= dateline.end()
            ):
                role = "dateline"
            name = role or "named"
            if not acting and name != "dateline":
                name += "_apart"
            words.setdefault(state, []).append((name, _match(reading, place, beside)))
            _count(found, name, points["counted"])
            if sentence == 0:
                _count(found, f"headline_{role or 'named'}", points["counted"])
            if sentence in risky:
                _count(found, "beside_risk", points["counted"])
            _count(found, "mention", 1_000_000)
    total = sum(found["mention"] for found in signs.values())
    for number, (state, found) in enumerate(signs.items()):
        found["share"] = found.pop("mention") / total
        found["first"] = float(number == 0)
        found["second"] = float(number == 1)
        for sign in ("fled", "resettles"):
            found[sign] = float(state in points[sign])
        found["home"] = float(points["home"].get(reading.language) == state)
    return Mentions(signs, words)


def _match(reading: Reading, place: Found, beside: Role | None) -> Match:
    """The place with the words that give it its role."""
    if beside is None or (beside.start, beside.end) == (place.start, place.end):
        return place.match
    passage = reading.passage(place)
    start, end = passage.normal.source_span(beside.start, beside.end)
    return replace(place.match, start=start, end=end, surface=passage.source[start:end])


def _count(found: dict[str, float], sign: str, most: float) -> None:
    found[sign] = min(found.get(sign, 0.0) + 1.0, most)


def _sum(found: Mapping[str, float], weights: Mapping[str, float]) -> float:
    return weights["start"] + sum(weights.get(sign, 0.0) * count for sign, count in found.items())


def _best_pair(
    send: Mapping[str, float], receive: Mapping[str, float], least: float
) -> tuple[str, str]:
    """The two different states with most points together; "" for a side whose
    state would have fewer than ``least``."""
    senders = sorted(send, key=lambda state: (-send[state], state))[:2]
    receivers = sorted(receive, key=lambda state: (-receive[state], state))[:2]
    pairs = [
        (max(send[sender], least) + max(receive[receiver], least), sender, receiver)
        for sender in senders
        for receiver in receivers
        if sender != receiver
    ]
    if not pairs:
        pairs = [(0.0, state, "") for state in senders] + [(0.0, "", state) for state in receivers]
        pairs = pairs[:1] if not senders or send[senders[0]] >= receive[senders[0]] else pairs[1:]
    if not pairs:
        return "", ""
    _, sender, receiver = max(pairs, key=lambda pair: pair[0])
    return (
        sender if sender and send[sender] >= least else "",
        receiver if receiver and receive[receiver] >= least else "",
    )


def _without_refuge(states: States, points: Mapping[str, Any]) -> States:
    """Without states that resettle refugees, when others remain: "flown to Denmark"
    beside a feared return to Cambodia names where somebody is safe."""
    others = tuple(state for state in states if state not in points["resettles"])
    return others or states


def _with_others(
    best: str, scores: Mapping[str, float], other_side: str, points: Mapping[str, Any]
) -> States:
    """``best`` and further states with nearly its points."""
    if not best:
        return ()
    ranked = sorted(scores, key=lambda state: (-scores[state], state))
    others = [
        state
        for state in ranked
        if state not in (best, other_side) and scores[state] >= points["second"]
    ]
    return (best, *others)[: int(points["most"])]


def _names_in_terms(reading: Reading) -> list[Found]:
    """Other terms that name a state, as places: "Uyghur" is somebody from China
    though the lexicon has it as a person's word, "Göç İdaresi" is Türkiye's."""
    return [
        replace(found, term=name)
        for found in reading.found
        if not found.term.state
        for name in _names_in(found.term.concept, found.term.language, found.match.term)
    ]


@cache
def _names_in(concept: str, language: str, spelling: str) -> tuple[Term, ...]:
    """Places of the lexicon that another term is, or a person's word holds."""
    text, hidden = folded(spelling), _hidden(language)
    if concept != "protected_person":
        return (hidden[text],) if text in hidden else ()
    return tuple(
        dict.fromkeys(
            place
            for name, place in hidden.items()
            if name in text and (spaceless(name[0]) or re.search(rf"\b{re.escape(name)}\b", text))
        )
    )


@cache
def _hidden(language: str) -> Mapping[str, Term]:
    """Names of places that are other terms too, so that no hit says "place"."""
    terms = load_lexicons()[language].terms
    others = {folded(spelling) for term in terms if not term.state for spelling in term.spellings}
    return {folded(term.text): term for term in terms if term.state and folded(term.text) in others}
