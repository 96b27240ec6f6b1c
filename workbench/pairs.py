"""Who sends to whom: the pairs of states of a story, and the stories of a pair."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from workbench import words

Pair = tuple[str | None, str | None]
"""The sending and the receiving state (ISO 3166 codes); None where it is unknown."""


@lru_cache(maxsize=4096)
def pairs_of(sending: str, receiving: str) -> tuple[Pair, ...]:
    """The pairs of a story whose columns are these (JSON lists); at least one.

    A state named twice counts once.
    """
    senders: Sequence[str | None] = list(dict.fromkeys(words.codes(sending))) or [None]
    receivers: Sequence[str | None] = list(dict.fromkeys(words.codes(receiving))) or [None]
    return tuple((sender, receiver) for sender in senders for receiver in receivers)


def pair_filters(pair: Pair) -> list[tuple[str, str]]:
    """The parameters of ``/monitor/articles`` that leave the stories of a pair."""
    return [
        (f"{side}__arraycontains", state) if state else (side, "[]")
        for side, state in zip(("sending", "receiving"), pair, strict=True)
    ]


def pair_name(pair: Pair) -> str:
    """``Thailand → Cambodia``."""
    return " → ".join(words.country(state) if state else "unknown" for state in pair)
