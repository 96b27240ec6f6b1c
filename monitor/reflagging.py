"""Judge the stored articles again after a change of the lexicons (``monitor reflag``)."""

from __future__ import annotations

import json
import signal
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from monitor.flagging import LEXICON_VERSION, flag
from monitor.items import Flag
from monitor.store import Store, connect_readonly

BATCH = 50
"""Articles a transaction: some tens of milliseconds (docs/operations.md)."""
FEW = 200
"""So many are judged here: starting other processes takes longer."""
SHOWN = 3
"""Reasons given for a change."""

Kind = Literal["newly flagged", "no longer flagged", "judged otherwise"]


@dataclass(frozen=True, slots=True)
class Change:
    """An article whose verdict changed. ``before`` and ``after`` are as ``summary`` has
    it, ``reasons`` those of the new verdict that can be pointed at, for and against."""

    kind: Kind
    article: int
    url: str
    title: str
    language: str
    before: dict[str, Any]
    after: dict[str, Any]
    reasons: list[str]


@dataclass
class Report:
    """``current`` had been judged by this lexicon already; ``same`` keep their verdict
    (the score may have moved); ``left`` were not judged, because it was interrupted."""

    lexicon: str = LEXICON_VERSION
    articles: int = 0
    current: int = 0
    same: int = 0
    left: int = 0
    changes: list[Change] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def reflag(
    db: Path,
    console: Console,
    *,
    since: datetime | None = None,
    language: str | None = None,
    dry_run: bool = False,
    processes: int | None = None,
) -> Report:
    """Judge every article that another lexicon judged last, oldest first.

    ``since``: only those published from then on (without a date: first read).
    ``dry_run`` changes nothing and needs no lock. Ctrl-C ends it between two
    batches; what is stored stays, and the next run goes on there. Raises
    :class:`monitor.store.StoreBusy` and :class:`monitor.store.StoreError`.
    """
    with ExitStack() as stack:
        # First of all: nobody may change the texts between reading and writing.
        store = None if dry_run else stack.enter_context(Store(db))
        reader = stack.enter_context(closing(connect_readonly(db)))
        report = Report()
        chosen, report.current = _chosen(reader, since, language)
        report.articles = len(chosen) + report.current
        pool = None
        if len(chosen) > FEW:
            pool = stack.enter_context(
                ProcessPoolExecutor(processes, initializer=_ignore_interrupts)
            )
        progress = stack.enter_context(_progress(console))
        task = progress.add_task("judging", total=len(chosen), found="")
        report.left = len(chosen)
        with suppress(KeyboardInterrupt):
            for numbers in _batches(chosen):
                changes = _judge(reader, store, numbers, pool)
                report.changes += changes
                report.same += len(numbers) - len(changes)
                report.left -= len(numbers)
                progress.update(task, advance=len(numbers), found=f"{len(report.changes)} changed")
        if report.left and pool is not None:
            pool.shutdown(cancel_futures=True)
    return report


def _judge(
    reader: sqlite3.Connection,
    store: Store | None,
    numbers: Sequence[int],
    pool: ProcessPoolExecutor | None,
) -> list[Change]:
    """Judge a batch and store it, whole or not at all."""
    rows = _rows(reader, numbers)
    texts = [(row["title"], row["text"], row["language"]) for row in rows]
    verdicts = list(pool.map(_verdict, texts) if pool else map(_verdict, texts))
    if store is not None:
        store.rejudge(zip(numbers, verdicts, strict=True))
    changes = map(_change, rows, verdicts)
    return [change for change in changes if change is not None]


def _ignore_interrupts() -> None:
    """Ctrl-C goes to all processes of a terminal; these stop with the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _verdict(article: tuple[str, str, str]) -> Flag:
    return flag(*article)


def _chosen(
    connection: sqlite3.Connection, since: datetime | None, language: str | None
) -> tuple[list[int], int]:
    """The ids of the articles to judge, and how many need no judging."""
    conditions, values = ["1"], dict[str, Any]()
    if since is not None:
        conditions.append("coalesce(published_at, first_fetched_at) >= :since")
        values["since"] = since.astimezone(UTC).isoformat(timespec="seconds")
        if since == since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0):
            # "2026-11-20" in published_at is a day: earlier, as a text, than its midnight.
            values["since"] = values["since"][:10]
    if language is not None:
        conditions.append("language = :language")
        values["language"] = language
    rows = connection.execute(
        "SELECT id, (SELECT lexicon_version FROM flags WHERE article = articles.id"
        " ORDER BY flags.id DESC LIMIT 1) AS judged_by FROM articles"
        f" WHERE {' AND '.join(conditions)} ORDER BY id",
        values,
    ).fetchall()
    chosen = [row["id"] for row in rows if row["judged_by"] != LEXICON_VERSION]
    return chosen, len(rows) - len(chosen)


def _batches(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), BATCH):
        yield numbers[start : start + BATCH]


def _rows(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[sqlite3.Row]:
    marks = ", ".join("?" * len(numbers))
    return connection.execute(
        f"SELECT * FROM articles WHERE id IN ({marks}) ORDER BY id", list(numbers)
    ).fetchall()


def _change(row: sqlite3.Row, verdict: Flag) -> Change | None:
    before = {
        "flagged": bool(row["flagged"]),
        "score": row["score"],
        "story_type": row["story_type"],
        "sending": json.loads(row["sending"]),
        "receiving": json.loads(row["receiving"]),
    }
    after = {
        "flagged": verdict.flagged,
        "score": verdict.score,
        "story_type": verdict.story_type,
        "sending": list(verdict.sending),
        "receiving": list(verdict.receiving),
    }
    if all(before[name] == after[name] for name in before if name != "score"):
        return None
    kind: Kind = "judged otherwise"
    if before["flagged"] != after["flagged"]:
        kind = "newly flagged" if after["flagged"] else "no longer flagged"
    if not verdict.flagged:
        verdict = flag(row["title"], row["text"], row["language"], in_full=True)
    telling = [reason for reason in verdict.reasons if reason.matches]
    telling.sort(key=lambda reason: -reason.weight if after["flagged"] else reason.weight)
    return Change(
        kind,
        row["id"],
        row["url"],
        row["title"],
        row["language"],
        before,
        after,
        [f"{reason.weight:+.2f} {reason.sentence}" for reason in telling[:SHOWN]],
    )


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[found]}"),
        console=console,
        disable=not console.is_terminal,
    )


def print_report(report: Report, console: Console, *, dry_run: bool) -> None:
    """What changed, by kind, with reasons; then the counts."""
    for kind in ("newly flagged", "no longer flagged", "judged otherwise"):
        changes = [change for change in report.changes if change.kind == kind]
        if changes:
            console.print(f"\n{kind}: {len(changes)}", style="bold", highlight=False)
        for change in changes:
            _print_change(change, console)
    verb = "would change" if dry_run else "changed"
    console.print(
        f"\n{report.articles} articles: {len(report.changes)} {verb}, {report.same} keep their"
        f" verdict, {report.current} had been judged by this lexicon ({report.lexicon})",
        highlight=False,
    )


def _print_change(change: Change, console: Console) -> None:
    console.print(
        f"  {change.title or '(no headline)'}  [{change.language}]", markup=False, highlight=False
    )
    console.print(
        f"    {_short(change.before)}  →  {_short(change.after)}", markup=False, highlight=False
    )
    for reason in change.reasons:
        console.print(f"    {reason}", markup=False, highlight=False)
    console.print(f"    {change.url}", markup=False, highlight=False, style="dim", soft_wrap=True)


def _short(verdict: dict[str, Any]) -> str:
    if not verdict["flagged"]:
        return f"not flagged ({verdict['score']:.2f})"
    states = f"{'/'.join(verdict['sending']) or '?'} to {'/'.join(verdict['receiving']) or '?'}"
    return f"{verdict['story_type']}, {states} ({verdict['score']:.2f})"
