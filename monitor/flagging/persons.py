"""Names of the affected people, where an English text gives them beside the event."""

from __future__ import annotations

import re

from monitor.flagging.reading import Found, Reading, by_sentence

_WORD = r"[A-ZÀ-Þ][\w'’-]*[a-zà-ÿ]"
_NAME = re.compile(
    rf"\b(?:[A-Z]\s)?{_WORD}(?:[ \u00a0](?:bin|binti|al|van|von|de|{_WORD})){{1,3}}\b"
)
_AGE = re.compile(r",\s\d\d,")
"""As news introduces the people that a story is about."""
_OFFICE = re.compile(
    r"(?:Minister|President|Secretary|General|spokes\w+|[Dd]irector|[Cc]hief|[Oo]fficer|Colonel|King|"
    r"Prime|researcher|adviser|lawyer|senator|Senator|ambassador|Ambassador|judge|Judge|Mr Justice)\s*$"
)
_SPEAKS = re.compile(
    r",?\s*(?:said|says|told|added|wrote|warned|called|urged)\b|,[^,.]{0,60}\b(?:director|spokes\w+|researcher|minister|official|adviser)\b"
)
_NOT_NAMES = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|The|This|His|Her|United|Nations|Human|"
    r"Rights|Watch|International|National|Ministry|Minister|Party|Court|Police|Immigration|Detention|"
    r"Centre|Center|Convention|Committee|Council|Government|Republic|Union|Front|Group|Office|Agency|"
    r"Department|Airport|Embassy|Foreign|Interior|Prime|President|Service|High|Supreme|Free|Radio|"
    r"News|Times|Post|Street|University|Organisation|Organization|Network|Act|Law|New|South|North|East|"
    r"Road|Section|Judge|Under|Article|Boat|People|Bay|River|Mount|Lake|Province|District|When|After|Before|In|At|On|But|And|Two|Three|Four|Five|Six|West|Southeast|Asian?|European|Muslims?|Refugees?|Army|Navy|Movement|Alliance|Foundation|Institute|Criminal|Federal)\b"
)
_NEAR = 45
"""Characters between a name and the word that makes it an affected person's."""


_MOST = 20
"""Names kept: more would be a list of something else."""
_LONGEST_SENTENCE = 1500
"""Characters; longer "sentences" are lists and tables."""


def affected_people(reading: Reading) -> tuple[str, ...]:
    """Names in order of appearance, each once; shorter forms of a name left out.

    A name counts within ``_NEAR`` characters of a return action, a protected
    person or a risk, in a sentence with or beside an action.
    """
    if reading.language != "en":
        return ()
    acting = {action.sentence + step for action in reading.actions for step in (-1, 0, 1)}
    words = by_sentence([*reading.concept("return_action", "averted", "protected_person", "risk")])
    places = {place.match.surface for place in reading.places}
    names: dict[str, None] = {}
    for sentence in sorted(acting & words.keys()):
        anchors = words[sentence]
        passage = reading.passage(anchors[0])
        first, last = reading.sentence_span(anchors[0])
        begin, end = passage.normal.offsets[first], passage.normal.offsets[last]
        if end - begin > _LONGEST_SENTENCE:
            continue
        text = passage.source[begin:end]
        for found in _NAME.finditer(text):
            span = begin + found.start(), begin + found.end()
            near = _AGE.match(text, found.end()) or any(_touches(span, each) for each in anchors)
            if near and _a_person(text, found, places):
                names[found[0].removesuffix("’s").removesuffix("'s")] = None
    kept = list(names)[:_MOST]
    return tuple(name for name in kept if not any(name != each and name in each for each in kept))


def _a_person(text: str, found: re.Match[str], places: set[str]) -> bool:
    if _NOT_NAMES.search(found[0]) or _OFFICE.search(text[: found.start()]):
        return False
    if _SPEAKS.match(text, found.end()):
        return False
    return not any(word in places for word in (found[0], *found[0].split()))


def _touches(span: tuple[int, int], anchor: Found) -> bool:
    gap = max(anchor.match.start - span[1], span[0] - anchor.match.end)
    return gap <= _NEAR
