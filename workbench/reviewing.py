"""A review form → what is recorded; what is recorded → a story's history."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.flagging.story import TYPES
from monitor.reviews import ReviewRefused
from workbench import words

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """``rows`` are all of an address, the last first; ``undone`` the numbers of those
    that were taken back; ``counts`` the decision that counts, if any."""

    rows: Sequence[Row]
    undone: frozenset[int]
    counts: Row | None


def read_history(reviews: sqlite3.Connection, url: str) -> History:
    """The connection gives rows by column name."""
    rows = reviews.execute("select * from reviews where url = ? order by id desc", [url]).fetchall()
    undone = frozenset(row["withdraws"] for row in rows if row["withdraws"])
    standing = (row for row in rows if row["decision"] != "withdrawn" and row["id"] not in undone)
    return History(rows, undone, next(standing, None))


def corrections(said: Mapping[str, str], shown: Row) -> dict[str, str | None]:
    """What the form says otherwise than the verdict ``shown``: columns of ``reviews``.

    A field that the form does not have corrects nothing. Raises
    :class:`~monitor.reviews.ReviewRefused` for a type or state that there is not.
    """
    found: dict[str, str | None] = {}
    kind = said.get("story_type") or shown["story_type"]
    if kind not in (*TYPES, None):
        raise ReviewRefused(f"there is no story type {kind!r}")
    found["corrected_type"] = kind if kind != shown["story_type"] else None
    for side in ("sending", "receiving"):
        before = words.codes(shown[side])
        after = _states(said[side]) if side in said else before
        found[f"corrected_{side}"] = json.dumps(after) if set(after) != set(before) else None
    return found


def _states(text: str) -> list[str]:
    """ "Thailand, VN" → ["TH", "VN"]."""
    codes = []
    for name in filter(None, map(str.strip, re.split(r"[,;\n]", text))):
        code = words.country_code(name)
        if code is None:
            raise ReviewRefused(f"there is no state {name!r}; write its English name or ISO code")
        codes.append(code)
    return list(dict.fromkeys(codes))
