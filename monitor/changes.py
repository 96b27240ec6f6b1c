"""What changed between two revisions of an article, by words (``monitor diff``).

Scripts without spaces are compared by clusters. Pure but for :func:`read_revisions`.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

from rich.text import Text

from monitor.text.clusters import APART
from monitor.text.scripts import HANGUL, SPACELESS

Kind = Literal["same", "removed", "added"]

_PIECE = re.compile(
    f"{APART}|(?:(?![{SPACELESS}{HANGUL}])\\w)+(?:['’](?:(?![{SPACELESS}{HANGUL}])\\w)+)*|\\s+|."
)
_MOST = 25_000_000
"""Pairs of pieces that are compared: two passages of 5,000 words; more would take minutes."""
_GUTTABLE = 200
"""Characters below which a text has no half to lose: a news flash is rewritten."""
_FURNITURE = 80
_FURNITURE_SPACELESS = 40
"""Characters of a line that may be furniture; in scripts without spaces as many hold a sentence."""
_SENTENCE_ENDS = ".!?…。！？។៕။၊॥\"'»)"
_SPACELESS = re.compile(f"[{SPACELESS}]")
_TYPOGRAPHY = str.maketrans(
    dict.fromkeys("“”„«»″", '"')
    | dict.fromkeys("‘’‚′`", "'")
    | dict.fromkeys("‐‑‒–—−", "-")
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", "")
)
_CONTEXT = 60
"""Characters of what stayed that are shown beside a change."""


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of text that stayed, is only in the old or only in the new one."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Revision:
    number: int
    fetched_at: str
    sha256: str
    title: str
    text: str


class NoSuchRevision(Exception):
    """There is nothing to compare: says why."""


def changes(old: str, new: str) -> list[Change]:
    """The stretches of both texts in order. What is kept and what was removed is the old
    text, what is kept and what was added the new one."""
    before, after = _PIECE.findall(old), _PIECE.findall(new)
    found: list[Change] = []
    for line_before, line_after in _aligned(before, after):
        if len(line_before) * len(line_after) > _MOST:
            found += [Change("removed", "".join(line_before)), Change("added", "".join(line_after))]
            continue
        matcher = SequenceMatcher(None, line_before, line_after, autojunk=False)
        for tag, i, j, k, m in matcher.get_opcodes():
            if tag == "equal":
                found.append(Change("same", "".join(line_before[i:j])))
                continue
            if j > i:
                found.append(Change("removed", "".join(line_before[i:j])))
            if m > k:
                found.append(Change("added", "".join(line_after[k:m])))
    return [
        Change(kind, "".join(change.text for change in group))
        for kind, group in groupby(found, key=lambda change: change.kind)
    ]


def is_gutted(old: str, new: str) -> bool:
    """Whether a text lost more than half of what it said."""
    return len(old) >= _GUTTABLE and 2 * len(new) < len(old)


def is_trivial(old: str, new: str, telling: Sequence[str] = ()) -> bool:
    """Whether two texts differ only in the furniture of their page: counts of shares,
    "related" boxes, a time of the last update, typography.

    Furniture is a short line without the end of a sentence. A title (the first
    paragraph of either text), a longer line, and one that contains one of the
    words of ``telling`` is none; nor is anything in a text that has nothing else.
    A doubtful change is a change.
    """
    before, after = _lines(old), _lines(new)
    if before[:1] != after[:1] or all(map(_is_furniture, before[1:])):
        return False
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    differing = [
        line
        for tag, i, j, k, m in matcher.get_opcodes()
        if tag != "equal"
        for line in before[i:j] + after[k:m]
    ]
    told = [_plain(word) for word in telling]
    return all(_is_furniture(line) and not any(word in line for word in told) for line in differing)


def _lines(text: str) -> list[str]:
    return [line for line in map(_plain, text.split("\n")) if line]


def _plain(text: str) -> str:
    """Without what an editor would not call a change: case, spaces, quotes, dashes."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(_TYPOGRAPHY)
    return " ".join(text.split())


def _is_furniture(line: str) -> bool:
    most = _FURNITURE_SPACELESS if _SPACELESS.search(line) else _FURNITURE
    return len(line) <= most and line[-1] not in _SENTENCE_ENDS


def _aligned(before: list[str], after: list[str]) -> list[tuple[list[str], list[str]]]:
    """Paragraph by paragraph where paragraphs are the same: comparing is quadratic in
    what differs, and most of an edited article does not."""
    old, new = _paragraphs(before), _paragraphs(after)
    pairs: list[tuple[list[str], list[str]]] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            pairs += [(list(one), list(one)) for one in old[i:j]]
        else:
            pairs.append(
                ([p for one in old[i:j] for p in one], [p for one in new[k:m] for p in one])
            )
    return pairs


def _paragraphs(pieces: Sequence[str]) -> list[tuple[str, ...]]:
    """Pieces up to and with each line break."""
    groups: list[list[str]] = [[]]
    for piece in pieces:
        groups[-1].append(piece)
        if "\n" in piece:
            groups.append([])
    return [tuple(group) for group in groups if group]


def read_revisions(
    connection: sqlite3.Connection, article: str, old: int | None, new: int | None
) -> tuple[Revision, Revision]:
    """Two revisions of an article (its number or one of its addresses): by default the
    newest and the one before. Raises :class:`NoSuchRevision`."""
    row = connection.execute(
        # The affinity of "id" makes a number of the text where it is one.
        "SELECT id FROM articles WHERE id = :a OR url = :a"
        " OR id = (SELECT article FROM urls WHERE url = :a)",
        {"a": article},
    ).fetchone()
    if row is None:
        raise NoSuchRevision(f"no article {article}")
    rows = connection.execute(
        "SELECT number, fetched_at, sha256, title, text FROM revisions WHERE article = ?"
        " ORDER BY number",
        [row["id"]],
    ).fetchall()
    known = {row["number"]: Revision(*row) for row in rows}
    newest = max(known)
    new = newest if new is None else new
    old = max((n for n in known if n < new), default=None) if old is None else old
    if old is None:
        raise NoSuchRevision(f"article {article} has one revision: nothing changed")
    for number in (old, new):
        if number not in known:
            numbers = ", ".join(map(str, known))
            raise NoSuchRevision(f"article {article} has no revision {number} (it has {numbers})")
    return known[old], known[new]


def shown(found: Sequence[Change]) -> Text:
    """Changes in colour with some of what stands around them."""
    text = Text()
    for number, change in enumerate(found):
        if change.kind == "same":
            text.append(_shortened(change.text, number == 0, number == len(found) - 1))
        elif change.kind == "removed":
            text.append(f"[-{change.text}-]", "red")
        else:
            text.append(f"{{+{change.text}+}}", "green")
    return text


def _shortened(text: str, first: bool, last: bool) -> str:
    head = "" if first else text[:_CONTEXT]
    tail = "" if last else text[-_CONTEXT:]
    if len(text) <= len(head) + len(tail) + 5:
        return text
    return f"{head} […] {tail}"
