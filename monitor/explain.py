"""The whole path from a text to its verdict (``monitor explain``)."""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.extract import ExtractError, extract
from monitor.flagging import flag
from monitor.flagging.lexicon import load_lexicons
from monitor.flagging.rule import numbers
from monitor.items import Article, Flag, LanguageVerdict, Match
from monitor.language import detect
from monitor.store import connect_readonly
from monitor.terminal import (
    ORDER,
    STYLES,
    WORDS,
    kind_of,
    legend,
    marked,
    reasons_table,
    verdict_line,
)


class ExplainError(Exception):
    """There is nothing to judge: says why, and what can be done."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged. ``stored`` says how the database has it ("" for a file)."""

    article: Article
    stored: str = ""


def read_stored(db: Path, url: str) -> Subject:
    """The article at an address of the database. Raises :class:`ExplainError` with
    what became of the address, :class:`monitor.store.StoreError`."""
    with closing(connect_readonly(db)) as connection:
        row = connection.execute(
            "SELECT * FROM articles WHERE id = (SELECT article FROM urls WHERE url = :url)"
            " OR url = :url",
            {"url": url},
        ).fetchone()
        if row is None:
            address = connection.execute(
                "SELECT state, reason, status FROM urls WHERE url = ?", [url]
            ).fetchone()
            troubles = connection.execute(
                "SELECT stage, reason, detail FROM quarantine WHERE url = ?", [url]
            ).fetchall()
            raise ExplainError(_no_article(url, db, address, troubles))
        last = connection.execute(
            "SELECT * FROM flags WHERE article = ? ORDER BY id DESC LIMIT 1", [row["id"]]
        ).fetchone()
    article = Article(
        url=row["url"],
        title=row["title"],
        text=row["text"],
        language=row["language"],
        language_declared=row["language_declared"],
    )
    said = "flagged" if row["flagged"] else "not flagged"
    judged = f", judged {last['judged_at']} by lexicon {last['lexicon_version']}" if last else ""
    return Subject(article, f"in the database: {said}, score {row['score']:.2f}{judged}")


def _no_article(
    url: str, db: Path, address: Sequence[object] | None, troubles: Sequence[Sequence[object]]
) -> str:
    lines = [f"no article at {url} in {db}"]
    if address is not None:
        state, reason, status = address
        known = ", ".join(str(part) for part in (reason, status and f"HTTP {status}") if part)
        lines.append(f"the address is {state}{f' ({known})' if known else ''}")
    lines += [f"{stage}: {detail or reason}" for stage, reason, detail in troubles]
    lines.append(f"save the page and run: monitor explain page.html --url {url}")
    return "\n  ".join(lines)


def read_file(name: str, *, title: str = "", url: str = "") -> Subject:
    """A saved page (HTML) or a text (UTF-8); ``-`` is standard input.
    Raises :class:`ExplainError`."""
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise ExplainError(f"{name} cannot be read: {error.strerror}") from error
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        try:
            return Subject(extract(content, url or "https://page.invalid/"))
        except ExtractError as error:
            why = str(error).replace(" on https://page.invalid/", "")
            raise ExplainError(f"{name}: {why}") from error
    text = content.decode("utf-8-sig", errors="replace").strip()
    return Subject(Article(url=url, title=title, text=text))


def what_was_not_judged(title: str, text: str, language: str) -> list[str]:
    """What a verdict leaves out, in words; nothing for an ordinary article."""
    notes = []
    if not any(char.isalpha() for char in title + text[:10_000]):
        notes.append("cannot judge: there are no words")
    elif language not in load_lexicons():
        known = ", ".join(load_lexicons())
        notes.append(
            f"no lexicon for the language {language!r} (there are {known}): only English terms"
            " and those of other scripts were looked for"
        )
    reach = numbers()["reach"]
    if len(text) > reach:
        notes.append(f"only the first {reach:,} of {len(text):,} characters were read")
    return notes


EXCERPT = 15_000
"""Characters of a text that are printed whole; of a longer one the paragraphs with matches."""


def excerpt(text: str, matches: Sequence[Match]) -> tuple[str, list[Match]]:
    """A long text without the paragraphs in which nothing was found, and its matches where
    they stand in what is left."""
    if len(text) <= EXCERPT:
        return text, list(matches)
    kept: list[str] = []
    moved: list[Match] = [match for match in matches if match.field == "title"]
    inside = sorted((m for m in matches if m.field == "text"), key=lambda match: match.start)
    length = start = left_out = 0
    for paragraph in text.split("\n"):
        end = start + len(paragraph)
        here = [match for match in inside if start <= match.start and match.end <= end]
        if here and length + len(paragraph) <= EXCERPT:
            if left_out:
                note = f"[{left_out:,} characters left out]"
                kept.append(note)
                length += len(note) + 1
            moved += [
                replace(m, start=m.start - start + length, end=m.end - start + length) for m in here
            ]
            kept.append(paragraph)
            length += len(paragraph) + 1
            left_out = 0
        else:
            left_out += len(paragraph) + 1
        start = end + 1
    if left_out:
        kept.append(f"[{left_out:,} characters left out]")
    return "\n".join(kept), moved


def print_explanation(console: Console, subject: Subject, language: str | None = None) -> None:
    """Where the text is from, its language, what was found, the sum, the verdict."""
    article = subject.article
    detected = detect(article.text, title=article.title, declared=article.language_declared)
    if language is not None:
        detected = replace(detected, code=language, decided_by="you")
    verdict = flag(article.title, article.text, detected.code, in_full=True)
    notes = what_was_not_judged(article.title, article.text, detected.code)
    _step(console, "1  Article")
    console.print(_facts(subject))
    _step(console, "2  Language")
    console.print(_language(detected))
    _step(console, "3  What was found")
    console.print(legend(verdict.matches))
    console.print(marked(article.title, verdict.matches, "title"), style="bold")
    text, matches = excerpt(article.text, verdict.matches)
    console.print(marked(text, matches, "text"))
    console.print()
    console.print(_terms(verdict.matches))
    _step(console, "4  The sum")
    console.print(reasons_table(verdict.reasons))
    console.print(_sum(verdict))
    _step(console, "5  Verdict")
    console.print(verdict_line(verdict))
    for sign in verdict.states:
        words = ", ".join(f"'{' '.join(match.surface.split())}'" for match in sign.matches)
        console.print(Text(f"{sign.side}: {sign.state}, from {words}"))
    if verdict.persons:
        console.print(Text(f"affected: {', '.join(verdict.persons)}"))
    for note in notes:
        console.print(Text(f"note: {note}", "bold"))
    console.print(Text(f"lexicon {verdict.lexicon_version}", "dim"))


def _step(console: Console, name: str) -> None:
    console.print()
    console.rule(Text(name, "bold"), align="left", style="dim")


def _facts(subject: Subject) -> Text:
    article = subject.article
    lines = [article.url] if article.url and "page.invalid" not in article.url else []
    lines += [f"by {', '.join(article.byline)}"] if article.byline else []
    if article.published_at:
        shown = article.published_at.isoformat(sep=" ", timespec="minutes")
        day = shown[:10] if article.published_precision == "day" else shown
        lines.append(f"published {day} (from: {article.published_from})")
    lines.append(f"{len(article.text):,} characters")
    lines += [subject.stored] if subject.stored else []
    return Text("\n".join(lines))


def _language(verdict: LanguageVerdict) -> Text:
    said = [
        f"{name}: {opinion}"
        for name, opinion in (("langdetect", verdict.langdetect), ("fasttext", verdict.fasttext))
        if opinion
    ]
    script = f", script {verdict.script}" if verdict.script else ""
    opinions = f" ({'; '.join(said)})" if said else ""
    return Text(f"{verdict.code}{script}; decided by {verdict.decided_by}{opinions}")


def _terms(matches: Sequence[Match]) -> Table:
    """Each concept's words and how often they occur."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for match in matches:
        surface = " ".join(match.surface.split())
        name = surface if kind_of(match) != "place" else f"{surface} ({match.concept[6:]})"
        found[kind_of(match)][name] += 1
    table = Table.grid(padding=(0, 2))
    for kind in (kind for kind in ORDER if kind in found):
        words = [f"{word} ×{n}" if n > 1 else word for word, n in found[kind].items()]
        table.add_row(Text(WORDS[kind], STYLES[kind]), Text(", ".join(words)))
    return table


def _sum(flag: Flag) -> Text:
    total = flag.start + sum(reason.weight for reason in flag.reasons)
    score = 1 / (1 + math.exp(-total))
    threshold = numbers()["threshold"]
    return Text(
        f"{flag.start:+.2f} to begin with, {total - flag.start:+.2f} from the reasons: "
        f"{total:+.2f}, a score of {score:.2f} (flagged from {threshold:.2f})",
        "bold",
    )
