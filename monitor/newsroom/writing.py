"""Generated stories: as many as a season needs, no two alike, always the same ones.

The sentences come from ``material/<language>.toml``; which of them, in what order and
with what numbers, follows from the seed alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from math import prod
from pathlib import Path
from random import Random
from typing import Any, Literal

from monitor.newsroom.sites import Story

MATERIAL = Path(__file__).parent / "material"

PARAGRAPHS = range(6, 13)
"""Paragraphs of a story, of one or two sentences."""

Theme = Literal["general", "returns"]
"""Of interest to nobody but its town, or people sent back to danger."""


@dataclass(frozen=True)
class Material:
    """What can be said in one language: the tables of its file."""

    bylines: Sequence[str]
    dates: Mapping[str, Any]
    sections: Mapping[str, str]
    words: Mapping[str, str]
    slots: Mapping[str, Sequence[str]]
    general: Mapping[str, Sequence[str]]
    returns: Mapping[str, Sequence[str]]


@cache
def material(language: str) -> Material:
    """The material in ``language`` (``en``, ``th``)."""
    text = (MATERIAL / f"{language}.toml").read_text(encoding="utf-8")
    return Material(**tomllib.loads(text))


def write(
    language: str,
    seed: str,
    number: int,
    theme: Theme,
    *,
    section: str,
    published: datetime,
    night: int,
) -> Story:
    """Story ``number`` of the site ``seed``."""
    stock, rng = material(language), Random(f"{seed} {number}")
    said = stock.general if theme == "general" else stock.returns
    title, told = _title(said["titles"], stock.slots, seed, number)

    def filled(sentence: str) -> str:
        other = {name: rng.choice(words) for name, words in stock.slots.items()}
        return sentence.format(**{**other, **told, "number": rng.randint(5, 95)})

    headline = title.format(**told)
    sentences = rng.sample(said["sentences"], len(said["sentences"]))
    if "lead" in said:
        sentences.insert(0, rng.choice(said["lead"]))
    return Story(
        slug="-".join([*re.findall(r"[a-z]+", headline.lower()), str(number)]),
        section=section,
        published=published,
        title=headline,
        text="\n\n".join(" ".join(map(filled, part)) for part in _paragraphs(sentences, rng)),
        number=number,
        byline=(rng.choice(stock.bylines),),
        label="none" if theme == "general" else "incident",
        category=theme,
        sending=tuple(said.get("sending", ())),
        receiving=tuple(said.get("receiving", ())),
        night=night,
    )


def _title(
    titles: Sequence[str], slots: Mapping[str, Sequence[str]], seed: str, number: int
) -> tuple[str, dict[str, str]]:
    """A title and the words for its slots, which all ``titles`` must have. It recurs only
    after as many numbers as there are combinations."""
    names = sorted(re.findall(r"{(\w+)}", titles[0]))
    choices = [titles, *(slots[name] for name in names)]
    order = _shuffled(seed, prod(map(len, choices)))
    rest, picked = order[number % len(order)], []
    for words in choices:
        rest, place = divmod(rest, len(words))
        picked.append(words[place])
    return picked[0], dict(zip(names, picked[1:], strict=True))


@cache
def _shuffled(seed: str, length: int) -> Sequence[int]:
    return Random(seed).sample(range(length), length)


def _paragraphs(sentences: Sequence[str], rng: Random) -> Iterator[Sequence[str]]:
    """The first of the sentences in paragraphs of one or two."""
    count = min(rng.choice(PARAGRAPHS), len(sentences))
    doubles = rng.randint(0, min(count, len(sentences) - count))
    start = 0
    for number in range(count):
        end = start + (2 if number < doubles else 1)
        yield sentences[start:end]
        start = end
