"""Verdicts: the history of flags of an article, and the matches of the current one."""

from __future__ import annotations

import sqlite3
from typing import Any

from monitor.items import Flag, Match
from monitor.store.values import json_array, without_nul


def verdict_columns(flag: Flag) -> dict[str, Any]:
    """A verdict as it stands in ``articles``. ``why`` is the strongest reason for it that
    can be pointed at: one that says what stands beside what rather than a phrase, if any."""
    speaking = [reason for reason in flag.reasons if reason.matches and reason.weight > 0]
    related = (r for r in speaking if any(match.concept != "phrase" for match in r.matches))
    why = next(related, speaking[0] if speaking else None)
    return {
        "flagged": flag.flagged,
        "score": flag.score,
        "story_type": flag.story_type,
        "sending": json_array(flag.sending),
        "receiving": json_array(flag.receiving),
        "persons": json_array(flag.persons),
        "why": why.sentence if why else "",
    }


def write_verdict(
    connection: sqlite3.Connection,
    article: int,
    revision: int,
    flag: Flag,
    title: str,
    text: str,
    at: str,
) -> tuple[Match, ...]:
    """Add a verdict to the history unless it is the last one again; rewrite the matches.

    An article that was not flagged and still is not keeps one row, brought up to
    date: a lexicon's history is about what it changed. Matches are kept only for a score above 0. Returns those that were left
    out because their offsets do not give their surface.
    """
    columns = verdict_columns(flag)
    del columns["why"]
    columns |= {
        "article": article,
        "revision": revision,
        "lexicon_version": flag.lexicon_version,
        "reasons": stored_reasons(flag),
        "start": flag.start,
        "states": _states(flag),
    }
    last = connection.execute(
        "SELECT * FROM flags WHERE article = ? ORDER BY id DESC LIMIT 1", [article]
    ).fetchone()
    if last is not None and all(last[name] == value for name, value in columns.items()):
        return ()
    connection.execute("DELETE FROM matches WHERE article = ?", [article])
    columns["judged_at"] = at
    if last is not None and last["revision"] == revision and not (last["flagged"] or flag.flagged):
        pairs = ", ".join(f"{name} = :{name}" for name in columns)
        connection.execute(f"UPDATE flags SET {pairs} WHERE id = :id", columns | {"id": last["id"]})
        verdict = int(last["id"])
    else:
        verdict = insert(connection, "flags", columns)
    if flag.score <= 0:
        return ()
    places = {"title": title, "text": text}
    rows, misplaced = [], []
    for match in flag.matches:
        surface = without_nul(match.surface)
        start, end = match.start, match.end
        if not (0 <= start < end and places.get(match.field, "")[start:end] == surface):
            misplaced.append(match)
            continue
        term = (match.concept, match.term, match.language)
        rows.append((article, verdict, *term, match.field, start, end, surface))
    connection.executemany(
        'INSERT INTO matches(article, flag, concept, term, language, field, start, "end", surface)'
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    return tuple(misplaced)


def stored_reasons(flag: Flag) -> str:
    """Reasons as JSON: sentence, weight, and where in the text they rest."""
    return json_array(
        {
            "sentence": reason.sentence,
            "weight": reason.weight,
            "matches": [_place(match) for match in reason.matches],
        }
        for reason in flag.reasons
    )


def _states(flag: Flag) -> str:
    """The states' words as JSON: side, state, and where in the text they stand."""
    return json_array(
        {"side": sign.side, "state": sign.state, "matches": [_place(each) for each in sign.matches]}
        for sign in flag.states
    )


def _place(match: Match) -> dict[str, str | int]:
    return {
        "concept": match.concept,
        "term": match.term,
        "field": match.field,
        "start": match.start,
        "end": match.end,
    }


def insert(connection: sqlite3.Connection, table: str, columns: dict[str, Any]) -> int:
    """Insert a row and return its id. ``lastrowid`` would be the search
    index's: its triggers insert too."""
    marks = ", ".join(f":{name}" for name in columns)
    row = connection.execute(
        f"INSERT INTO {table}({', '.join(columns)}) VALUES ({marks}) RETURNING id", columns
    ).fetchone()
    return int(row["id"])
