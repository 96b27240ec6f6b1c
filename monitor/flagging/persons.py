"""Names of the affected people, where an English text gives them.

Every capitalised name of the text collects points: an age ("Amara Tesh, 32,"), a
word for a protected person before or behind it ("the activist Amara Tesh", "Amara
Tesh, a blogger"), a return near by, the headline, further mentions. Offices,
speakers and organisations lose some.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

from monitor.flagging.reading import Found, Reading

_UPPER = "A-ZÀ-ÖØ-ÞĀ-ɏḀ-ỿ"
_WORD = rf"(?:(?:al|el|ul|ad|as|bin|ibn)-)?[{_UPPER}][\w'’-]*[^\W\d_]"
_PARTICLE = "bin|binti|binte|al|el|van|von|de|da|dos|ul|anak|s/o"
_NAME = re.compile(
    rf"(?<![\w-])(?:[A-Z]\.?\s)?{_WORD}(?:[ \u00a0](?:{_WORD}|{_PARTICLE})){{1,4}}(?![\w-])"
)
_AGE = re.compile(
    r",?\s(?:\(?\d\d\)?,|a \d\d-year-old|aged \d\d|now \d\d)|,\sin (?:his|her|their)\s\w+ies\b|,\s\d\d\b"
)
"""As news introduces the people that a story is about."""
_APPOSITION = re.compile(r",\s(?:an?|the|who|whose|one of|known as|once|both|formerly)\b")
_OFFICE = re.compile(
    r"(?:Minister|President|Secretary|General|spokes\w+|[Dd]irector|[Cc]hief|[Oo]fficers?|Colonel|King|"
    r"Prime|researcher|adviser|[Ll]awyers?|[Ss]enator|[Aa]mbassador|[Jj]udge|Justice|Lieutenant|Captain|Major|"
    r"Gen|Col|Lt|Maj|Sgt|Governor|governor|commander|Commander|prosecutor|inspector|Inspector|MP|wife|"
    r"husband|sister|brother|daughter|mother|father|rapporteur|Rapporteur|named after)[.,]?\s*$"
)
_SPEAKS = re.compile(
    r",?\s*(?:said|says|told|added|wrote|warned|called|urged|argued|insisted|noted)\b"
    r"|,[^,.]{0,80}\b(?:director|spokes\w+|researcher|minister|official|adviser|lawyer|commander|governor|"
    r"professor|analyst|judge|ambassador|secretary|coordinator)\b"
)
_JOINED = re.compile(r",? and |, |, his wife,? |, her husband,? ")
"""Between two names that share a fate."""
_OPENS = re.compile(r"(?:^|\n\s*|[—–-]\s)$")
_SAID = re.compile(r"\b(?:said|told|according to|asked|by)\s*$")
_NOT_NAMES = re.compile(
    r"^(?:Mr|Mrs|Ms|Miss)\b|\b(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|The|This|His|Her|United|Nations|Human|"
    r"Rights|Watch|International|National|Ministry|Minister|Party|Court|Police|Immigration|Detention|"
    r"Centre|Center|Convention|Committee|Council|Government|Republic|Union|Front|Group|Office|Agency|"
    r"Department|Airport|Embassy|Foreign|Interior|Prime|President|Service|High|Supreme|Free|Radio|"
    r"News|Times|Post|Street|University|Organisation|Organization|Network|Act|Law|New|South|North|East|"
    r"Road|Section|Judge|Under|Article|Boat|People|Bay|River|Mount|Lake|Province|District|When|After|Before|In|At|On|But|And|Two|Three|Four|Five|Six|West|Southeast|Asian?|European|Muslims?|Refugees?|Army|Navy|Movement|Alliance|Foundation|Institute|Criminal|Federal)\b"
)
_ORGANISATION = re.compile(
    r"(?:'s|’s)?\s(?:party|parties|movement|group|network|foundation|union|coalition|alliance|newspaper|"
    r"magazine|website|radio|church|temple|school|college|hospital|hotel|prison|jail|camp|province|"
    r"district|village|river|bridge|crossing|checkpoint|airport|port|company|firm|project|dam|mine)\b"
)
"""Behind a name: it is no person's."""
_NEAR = 45
"""Characters between a name and the word that makes it an affected person's."""
_FAR = 90
"""The same for what a name is said to be ("…, a former host on a radio channel critical of")."""
_READ = 20_000
"""Characters of a text that are read: whom a story is about stands in its first half."""
_MOST = 20
"""Names kept: more would be a list of something else."""

ENOUGH = 2.0
POINTS = {
    "age": 2.0,
    "is": 2.0,
    "said to be": 1.5,
    "near": 1.0,
    "first": 1.5,
    "opens": 0.5,
    "presented": 0.5,
    "headline": 1.0,
    "again": 0.5,
    "office": -4.0,
    "speaks": -2.0,
}
"""Chosen by hand on the English half of the training corpus (docs/flagging.md)."""
_AGAIN = 3


def affected_people(reading: Reading) -> tuple[str, ...]:
    """Names in order of appearance, each once; shorter forms of a name left out.
    None in other languages than English."""
    if reading.language != "en":
        return ()
    text = reading.passages["text"].source[:_READ]
    places = {place.match.surface for place in reading.places}
    people = _starts(reading, "protected_person")
    events = _starts(reading, "return_action", "averted", "risk", "enforcement")
    points: dict[str, float] = defaultdict(float)
    together: list[tuple[str, str]] = []
    last_name, last_end = "", None
    for found in _NAME.finditer(text):
        name = re.sub(r"(?:’s|'s)$", "", found[0])
        if _NOT_NAMES.search(name) or any(word in places for word in (name, *name.split())):
            continue
        if _ORGANISATION.match(text, found.end()):
            continue
        points[name] += _points(text, found, people, events)
        if len(points) == 1:
            points[name] += POINTS["first"]
        if last_end is not None and _JOINED.fullmatch(text, last_end, found.start()):
            together.append((last_name, name))
        last_name, last_end = name, found.end()
    title = reading.passages["title"].source
    for name in points:
        last = re.escape(name.split()[-1])
        points[name] += POINTS["headline"] if re.search(rf"\b{last}\b", title) else 0.0
        mentions = len(re.findall(rf"\b{last}\b", text)) - 1
        points[name] += POINTS["again"] * min(mentions, _AGAIN)
    for one, other in together:
        points[one] = points[other] = max(points[one], points[other])
    kept = [name for name, sum_ in points.items() if sum_ >= ENOUGH][:_MOST]
    return tuple(name for name in kept if not any(name != each and name in each for each in kept))


def _points(
    text: str, found: re.Match[str], people: Sequence[Found], events: Sequence[Found]
) -> float:
    """What the words around one mention say."""
    start, end = found.span()
    before = text[max(0, start - 40) : start]
    presented = _APPOSITION.match(text, end)
    total = 0.0
    if _OFFICE.search(before):
        total += POINTS["office"]
    if _SPEAKS.match(text, end) or _SAID.search(before):
        total += POINTS["speaks"]
    if _AGE.match(text, end):
        total += POINTS["age"]
    if any(0 <= start - each.match.end <= 2 for each in _around(people, start - _NEAR, start)):
        total += POINTS["is"]
    elif presented and _around(people, end, end + _FAR):
        total += POINTS["said to be"]
    if presented:
        total += POINTS["presented"]
    if _OPENS.search(before):
        total += POINTS["opens"]
    if _around(events, start - _NEAR, end + _NEAR):
        total += POINTS["near"]
    return total


def _starts(reading: Reading, *concepts: str) -> list[Found]:
    found = [each for each in reading.concept(*concepts) if each.match.field == "text"]
    return sorted(found, key=lambda each: each.match.start)


def _around(found: Sequence[Found], begin: int, end: int) -> Sequence[Found]:
    """Those that start between two places."""
    first = bisect_left(found, begin, key=lambda each: each.match.start)
    last = bisect_left(found, end, key=lambda each: each.match.start)
    return found[first:last]
