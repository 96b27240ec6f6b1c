"""An article as the rule sees it: terms with their sentences, in one numbering.

Sentence 0 is the headline; the text's sentences follow from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from monitor.flagging.lexicon import Term
from monitor.flagging.matching import Hit, Passage, find_terms
from monitor.items import Match, MatchField


@dataclass(frozen=True, slots=True)
class Found:
    """A term in an article. ``start`` and ``end`` are offsets into the folded
    passage of its field, ``match`` has those of the stored text."""

    term: Term
    sentence: int
    start: int
    end: int
    match: Match


class Reading:
    """Title and text with every term found in them.

    Only the first ``reach`` characters of the text are read.
    """

    def __init__(self, title: str, text: str, language: str, *, reach: int, lead: int) -> None:
        self.language = language
        self.lead = lead
        self.passages: Mapping[MatchField, Passage] = {
            "title": Passage(title[:reach]),
            "text": Passage(text[:reach]),
        }
        self.found: list[Found] = [
            _found(passage, hit, field)
            for field, passage in self.passages.items()
            for hit in find_terms(passage, language)
        ]

    def concept(self, *concepts: str) -> list[Found]:
        return [found for found in self.found if found.term.concept in concepts]

    @cached_property
    def actions(self) -> list[Found]:
        """What was, may be or will not be done. A refusal ("refused to
        extradite": a strong averted term) names the action too."""
        return [
            found
            for found in self.found
            if found.term.concept == "return_action"
            or (found.term.concept == "averted" and found.term.strength == "strong")
        ]

    @cached_property
    def places(self) -> list[Found]:
        return [found for found in self.found if found.term.state]

    def where(self, sentence: int) -> str:
        """``headline``, ``lead`` or ``text``."""
        if sentence == 0:
            return "headline"
        return "lead" if sentence <= self.lead else "text"

    def passage(self, found: Found) -> Passage:
        return self.passages[found.match.field]

    def sentence_span(self, found: Found) -> tuple[int, int]:
        """Offsets of the sentence of ``found`` in its folded passage."""
        passage = self.passage(found)
        if found.match.field == "title":
            return 0, len(passage.folded)
        return passage.sentence_span(found.sentence - 1)


def _found(passage: Passage, hit: Hit, field: MatchField) -> Found:
    start, end = passage.normal.source_span(hit.start, hit.end)
    return Found(
        hit.term,
        0 if field == "title" else 1 + passage.sentence(hit.start),
        hit.start,
        hit.end,
        Match(
            hit.term.concept,
            hit.spelling,
            hit.term.language,
            field,
            start,
            end,
            passage.source[start:end],
        ),
    )


def by_sentence(found: Iterable[Found]) -> dict[int, list[Found]]:
    groups: dict[int, list[Found]] = {}
    for each in found:
        groups.setdefault(each.sentence, []).append(each)
    return groups
