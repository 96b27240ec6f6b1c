"""What the words beside the name of a state make it.

"to Cambodia", "by Thai police", "at the request of Beijing", "Cambodian
activist": the words are in the lexicons ([cues]), before the name in some
languages and behind it in others.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from monitor.flagging.lexicon import load_lexicons
from monitor.flagging.matching import folded
from monitor.flagging.reading import Found, Reading
from monitor.text import spaceless

_REACH = 48
"""Characters beside a place that are read for cues: three words of filler."""
_PERSON_REACH = 14
"""Characters between a demonym and the person it describes ("Cambodian labour …")."""
_LONGEST = 100
"""No person's term is longer."""


class Role(NamedTuple):
    """What the words beside a place make it, and the offsets of those words with
    the place in the folded passage."""

    name: str
    start: int
    end: int


def role_of(
    reading: Reading,
    place: Found,
    actions: list[Found],
    people: list[Found],
    nationals: tuple[str, ...],
) -> Role | None:
    """The role of a place: ``to``, ``from``, ``by``, ``wanted``, ``in``, ``origin``
    of a person, or None.

    ``actions`` and ``people`` are those of the sentence, ``nationals`` words
    for somebody of a state ("citizen", "man") in the language of the name.
    """
    cues = _cues(place.term.language)
    text = reading.passage(place).folded
    begin, end = max(0, place.start - _REACH), place.end + _REACH
    left, right = text[begin : place.start], text[place.end : end]
    if place.term.language == "tr":
        # The suffix is part of the hit: what follows the apostrophe decides.
        surface = text[place.start : place.end]
        if "'" in surface:
            right = surface[surface.index("'") :] + right
    left, agent_left = cues.strip_left(left)
    right, agent_right = cues.strip_right(right)
    if person := _beside(place, people, text):
        return Role("origin", min(person.start, place.start), max(person.end, place.end))
    if _national(place, text, nationals):
        return Role("origin", place.start, place.end)
    for name, before, after in cues.roles:
        found_left = before.search(left) if before else None
        found_right = after.match(right) if after else None
        if not (found_left or found_right):
            continue
        if name == "from" and (person := _ends_with_person(place, people, text)):
            return Role("origin", person.start, place.end)
        if name == "to" and not _an_action_before(place, actions, bool(after)):
            continue
        start = begin + found_left.start(1) if found_left else place.start
        stop = min(end, len(text)) - len(right) + found_right.end() if found_right else place.end
        return Role(name, start, max(stop, place.end))
    if (agent_left or agent_right) and actions:
        start = begin + len(left.rstrip()) if agent_left else place.start
        stop = min(end, len(text)) - len(right) if agent_right else place.end
        return Role("by", start, max(stop, place.end))
    return None


def _an_action_before(place: Found, actions: list[Found], verb_final: bool) -> bool:
    """ "to" means a destination only behind the action (verb-final: before it)."""
    if verb_final:
        return True
    return bool(actions) and actions[0].start < place.start


def _beside(place: Found, people: list[Found], text: str) -> Found | None:
    """The person's word that stands directly beside the place."""
    for person in _around(place, people):
        if person.start <= place.start and place.end <= person.end:
            return person
        if place.end <= person.start:
            between = text[place.end : person.start]
            # "Cambodian activist", "Cambodian labour activist"
            if not between.strip() or (between[0] == " " and between.count(" ") == 2):
                return person
        elif person.end == place.start:
            return person
    return None


def _national(place: Found, text: str, words: tuple[str, ...]) -> bool:
    """Whether a word for somebody of a state stands directly beside the place."""
    before, after = _both_sides(words)
    if before is None or after is None:
        return False
    left = text[max(0, place.start - _REACH) : place.start]
    return bool(before.search(left) or after.match(text, place.end))


def _ends_with_person(place: Found, people: list[Found], text: str) -> Found | None:
    """ "refugees from Myanmar" come from there; "deported from Thailand" does not say so."""
    for person in _around(place, people):
        if person.end <= place.start and text[person.end : place.start].count(" ") <= 2:
            return person
    return None


def _around(place: Found, people: list[Found]) -> list[Found]:
    """Those of ``people`` (in order of place) within ``_PERSON_REACH``."""
    first = bisect_left(people, place.start - _LONGEST, key=lambda person: person.start)
    last = bisect_left(people, place.end + _PERSON_REACH, key=lambda person: person.start)
    return [person for person in people[first:last] if person.end >= place.start - _PERSON_REACH]


@dataclass(frozen=True, slots=True)
class _Cues:
    roles: tuple[tuple[str, re.Pattern[str] | None, re.Pattern[str] | None], ...]
    left: re.Pattern[str] | None
    right: re.Pattern[str] | None
    authority: re.Pattern[str] | None

    def strip_left(self, text: str) -> tuple[str, bool]:
        """Without articles and words for authorities next to the place."""
        agent = False
        while self.left and (found := self.left.search(text)):
            agent = agent or bool(self.authority and self.authority.fullmatch(found[1]))
            text = text[: found.start()]
        return text, agent

    def strip_right(self, text: str) -> tuple[str, bool]:
        agent = False
        while self.right and (found := self.right.match(text)):
            agent = agent or bool(self.authority and self.authority.fullmatch(found[1]))
            text = text[found.end() :]
        return text, agent


@cache
def _cues(language: str) -> _Cues:
    lexicon = load_lexicons()[language]
    words = {
        kind: sorted(map(folded, found), key=len, reverse=True)
        for kind, found in lexicon.cues.items()
    }
    fill = sorted({*words["filler"], *words["authority"]}, key=len, reverse=True)
    return _Cues(
        tuple(
            (role, _before(words.get(f"{role}_before", [])), _after(words.get(f"{role}_after", [])))
            for role in ("wanted", "to", "from", "by", "in")
        ),
        _before(fill),
        _after(fill),
        _whole(words["authority"]),
    )


@cache
def _both_sides(
    words: tuple[str, ...],
) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
    longest_first = sorted(map(folded, words), key=len, reverse=True)
    return _before(longest_first), _after(longest_first)


def _join(words: list[str]) -> str:
    return "|".join(re.escape(word.strip()) for word in words)


def _before(words: list[str]) -> re.Pattern[str] | None:
    """Finds one of ``words`` at the end of a text (word boundaries where there
    are any)."""
    if not words:
        return None
    edge = "" if spaceless(words[0][-1]) else r"(?<!\w)"
    gap = r"\s*" if spaceless(words[0][-1]) else r"\s+"
    return re.compile(rf"{edge}({_join(words)}){gap}$")


def _after(words: list[str]) -> re.Pattern[str] | None:
    if not words:
        return None
    if spaceless(words[0][-1]):
        return re.compile(rf"\s*({_join(words)})")
    return re.compile(rf"\s*({_join(words)})(?!\w)")


def _whole(words: list[str]) -> re.Pattern[str] | None:
    return re.compile(_join(words)) if words else None
