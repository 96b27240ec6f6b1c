"""The ``monitor`` command: one thin function a command; the work is elsewhere.
Groups of commands are in ``monitor/commands``.

Exit status: 0 done, 1 done but something needs attention (an outlet failed, a
line was bad), 2 wrong usage or configuration.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from monitor import __version__
from monitor.commands import (
    MOMENT,
    chosen_outlets,
    db_option,
    fail,
    json_option,
    outlets_option,
    say_json,
)
from monitor.commands.outlets import outlets
from monitor.commands.reviews import reviewed_texts, reviews
from monitor.commands.status import status
from monitor.commands.users import users

logger = logging.getLogger(__name__)


class Language(click.ParamType[str]):
    """An ISO 639-1 code; "EN" and "th-TH" are read as such."""

    name = "language"

    def convert(self, value: Any, param: click.Parameter | None, ctx: Any) -> str:
        code = str(value).strip().lower().replace("_", "-").partition("-")[0]
        if not (len(code) == 2 and code.isascii() and code.isalpha()):
            self.fail(f"{value!r} is no ISO 639-1 code such as th", param, ctx)
        return code


class Commands(click.Group):
    """Ends with a line, not with a traceback, when a file that someone edits is wrong."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            # Here, so that no command imports for an error what it does not need.
            from monitor.flagging.lexicon import LexiconError
            from monitor.store import StoreError

            if isinstance(error, LexiconError | StoreError):
                fail(str(error))
            raise


LANGUAGE = Language()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="monitor")
@click.option("-v", "--verbose", is_flag=True, help="Say more while working.")
def main(verbose: bool) -> None:
    """Refoulement Monitor: find the stories in which people are sent back to danger."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
        datefmt="%H:%M:%S",
    )
    for chatty in ("scrapy", "twisted", "trafilatura", "htmldate", "asyncio", "httpx"):
        logging.getLogger(chatty).setLevel(logging.INFO if verbose else logging.ERROR)
    if not verbose:
        # It prints a traceback for each host that does not answer; we say it in a line.
        logging.getLogger("scrapy.downloadermiddlewares.robotstxt").setLevel(logging.CRITICAL)


main.add_command(outlets)
main.add_command(status)
main.add_command(reviews)
main.add_command(users)


@main.command()
@click.argument("slugs", metavar="[OUTLET]...", nargs=-1)
@outlets_option
@db_option
@click.option("--since", type=MOMENT, help="Reach back to this day (default: 30 days).")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="Pages that are fetched from one outlet at the most.",
)
@click.option("--now", type=MOMENT, hidden=True, help="Pretend that it is this moment.")
@json_option
def crawl(
    slugs: tuple[str, ...],
    folder: Path | None,
    db: Path | None,
    since: datetime | None,
    limit: int,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Read tonight's press: all outlets, or the named ones."""
    chosen = chosen_outlets(slugs, folder)
    rows, finished = run_crawl(chosen, db, since=since, limit=limit, now=now, progress=not as_json)
    if as_json:
        say_json(rows)
    else:
        from monitor.summary import print_summary

        print_summary(rows, Console())
    to_the_end = {row["outlet"] for row in rows if row["outcome"] == "finished"}
    missed = [outlet.slug for outlet in chosen if outlet.slug not in to_the_end]
    if missed or not finished:
        fail(f"not crawled to the end: {', '.join(missed) or 'interrupted'}", 1)


def run_crawl(
    outlets: Sequence[Any],
    db: Path | None,
    *,
    since: datetime | None = None,
    limit: int = 1000,
    now: datetime | None = None,
    progress: bool = True,
    own_sites: bool = False,
) -> tuple[list[dict[str, Any]], bool]:
    """Crawl into ``db``; the night's summary rows and whether it came to its end.

    ``own_sites``: nobody else's sites are asked, so nobody needs to know whom to write to.
    """
    from monitor.crawl import crawl as crawl_all
    from monitor.crawl import scrapy_settings
    from monitor.night import Night, clock_from
    from monitor.progress import NightProgress
    from monitor.store import StoreBusy, StoreError, connect_readonly, default_path, night_summary

    path = db or default_path()
    try:
        night = Night.begin(path, outlets, clock=clock_from(now), since=since, limit=limit)
    except (StoreBusy, StoreError) as error:
        fail(str(error), 1)
    if not (own_sites or os.environ.get("MONITOR_CONTACT")):
        logger.warning(
            "MONITOR_CONTACT is empty: a site that minds the crawl cannot reach you;"
            " set it to an address that is read"
        )
    with night, NightProgress(night, enabled=progress) as display:
        finished = crawl_all(outlets, night, scrapy_settings(), display.update)
    connection = connect_readonly(path)
    try:
        return night_summary(connection, night.started.isoformat(timespec="seconds")), finished
    finally:
        connection.close()


@main.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--title", default="", help="Headline of the text.")
@click.option("--language", type=LANGUAGE, help="ISO 639-1 code; found out when not given.")
@json_option
def flag(file: Any, title: str, language: str | None, as_json: bool) -> None:
    """Judge one text (a file, or standard input)."""
    from dataclasses import asdict

    from monitor.explain import what_was_not_judged
    from monitor.flagging import flag as judge_text
    from monitor.language import detect

    text = file.read().decode("utf-8-sig", errors="replace")
    code = language or detect(text, title=title).code
    verdict = judge_text(title, text, code, in_full=True)
    notes = what_was_not_judged(title, text, code)
    if as_json:
        say_json({**asdict(verdict), "language": code, "notes": notes})
        return
    word = "FLAGGED" if verdict.flagged else "not flagged"
    states = f"{'/'.join(verdict.sending) or '?'} → {'/'.join(verdict.receiving) or '?'}"
    kind = f", {verdict.story_type}, {states}" if verdict.flagged else ""
    click.echo(f"{word}: score {verdict.score:.2f}{kind}")
    for reason in verdict.reasons:
        click.echo(f"  {reason.weight:+.2f}  {reason.sentence}")
    click.echo(f"  {verdict.start:+.2f}  to begin with ({code})")
    for note in notes:
        click.echo(f"note: {note}")


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", required=True, help="Address that the page was fetched from.")
@json_option
def extract(file: Path, url: str, as_json: bool) -> None:
    """Take the article out of one HTML file."""
    from monitor.extract import ExtractError
    from monitor.extract import extract as extract_page

    try:
        article = extract_page(file.read_bytes(), url)
    except ExtractError as error:
        fail(f"{file}: {error}", 1)
    published = article.published_at.isoformat() if article.published_at else None
    fields = {
        "url": article.url,
        "title": article.title,
        "byline": list(article.byline),
        "published_at": published,
        "published_from": article.published_from,
        "language": article.language,
        "text": article.text,
    }
    if as_json:
        say_json(fields)
        return
    for name, value in fields.items():
        if name != "text":
            click.echo(f"{name}: {', '.join(value) if isinstance(value, list) else value or '-'}")
    click.echo(f"\n{article.text}")


@main.command()
@click.argument("files", type=click.Path(exists=True, dir_okay=False, path_type=Path), nargs=-1)
@click.option("--from-reviews", is_flag=True, help="Measure on what analysts decided.")
@db_option
@click.option("--errors", is_flag=True, help="Show each wrong text, its matches and reasons.")
@json_option
def evaluate(
    files: tuple[Path, ...], from_reviews: bool, db: Path | None, errors: bool, as_json: bool
) -> None:
    """Measure the flagging on labelled texts (JSON Lines in the golden format)."""
    from monitor.evaluation import (
        GoldenError,
        labelled,
        print_errors,
        print_evaluation,
        read_golden,
    )
    from monitor.evaluation import evaluate as measure

    if not (files or from_reviews):
        fail("name files of labelled texts, or say --from-reviews")
    try:
        texts = [
            text
            for path in files
            for text in read_golden(path.read_text(encoding="utf-8-sig").splitlines(), str(path))
        ]
    except (GoldenError, UnicodeDecodeError) as error:
        fail(str(error))
    if from_reviews:
        texts += map(labelled, reviewed_texts(db))
    if not texts:
        fail("no labelled texts in " + ", ".join([*map(str, files), *["reviews"] * from_reviews]))
    evaluation = measure(texts)
    found = evaluation.as_dict()
    if as_json:
        say_json(found)
        return
    if errors:
        print_errors(evaluation, Console())
    print_evaluation(found, Console())


@main.command()
@click.argument(
    "corpus",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("training"),
)
@json_option
def train(corpus: Path, as_json: bool) -> None:
    """Fit the flagging's phrase weights anew on a folder of labelled texts."""
    try:
        from monitor.flagging.story_training import fit_story
        from monitor.flagging.training import corpus_digest, read_corpus
        from monitor.flagging.training import train as fit
    except ImportError:
        fail("fitting needs scikit-learn: pip install '.[train]'")
    from monitor.flagging.lexicon import WEIGHTS

    try:
        texts = read_corpus(corpus)
        found = fit(texts, corpus_digest(corpus), WEIGHTS)
        stories = fit_story(texts, WEIGHTS)
    except ValueError as error:
        fail(str(error))
    if as_json:
        say_json({**found, "story_type": stories})
        return
    click.echo(f"weights written to {WEIGHTS}; measured with whole events left out:")
    for name, measure in found.items():
        ratios = "  ".join(f"{key} {measure[key]:.2f}" for key in ("precision", "recall", "f1"))
        click.echo(f"  {name:4} {measure['n']:5} texts  {ratios}")
    click.echo(f"story type right: {stories['all']:.2f}")


@main.command()
@db_option
@click.option("--since", type=MOMENT, help="Only articles published from this day on.")
@click.option("--language", type=LANGUAGE, help="Only articles in this language (ISO 639-1).")
@click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
@json_option
def reflag(
    db: Path | None, since: datetime | None, language: str | None, dry_run: bool, as_json: bool
) -> None:
    """Judge the stored articles again, after a change of the lexicons."""
    from monitor.reflagging import print_report
    from monitor.reflagging import reflag as judge_again
    from monitor.store import StoreBusy, StoreError, default_path

    path = db or default_path()
    if not path.exists():
        fail(f"there is no database at {path}", 1)
    try:
        report = judge_again(
            path,
            Console(stderr=True, quiet=as_json),
            since=since,
            language=language,
            dry_run=dry_run,
        )
    except (StoreBusy, StoreError) as error:
        fail(str(error), 1)
    if as_json:
        say_json(report.as_dict())
    else:
        print_report(report, Console(), dry_run=dry_run)
    if report.left:
        fail(f"interrupted with {report.left} articles left; run it again to go on", 1)


@main.command()
@click.argument("what", metavar="URL|FILE")
@db_option
@click.option("--title", default="", help="Headline, when FILE is plain text.")
@click.option("--language", type=LANGUAGE, help="ISO 639-1 code; found out when not given.")
@click.option("--url", default="", help="Address that FILE, a saved page, was fetched from.")
def explain(what: str, db: Path | None, title: str, language: str | None, url: str) -> None:
    """Show the whole path from a text to its verdict.

    URL is an article in the database; FILE a saved page (HTML), a text, or - for
    standard input.
    """
    from monitor.explain import ExplainError, print_explanation, read_file, read_stored
    from monitor.store import StoreError, default_path

    try:
        if what.startswith(("http://", "https://")):
            subject = read_stored(db or default_path(), what)
        else:
            subject = read_file(what, title=title, url=url)
    except (ExplainError, StoreError) as error:
        fail(str(error), 1)
    print_explanation(Console(), subject, language)


@main.command()
@click.argument("article")
@db_option
@click.option("--from", "old", type=click.IntRange(1), help="Revision (default: the one before).")
@click.option("--to", "new", type=click.IntRange(1), help="Revision (default: the newest).")
@json_option
def diff(article: str, db: Path | None, old: int | None, new: int | None, as_json: bool) -> None:
    """Show what changed in ARTICLE (its number or address), by words."""
    from contextlib import closing
    from dataclasses import asdict

    from monitor.changes import NoSuchRevision, changes, read_revisions, shown
    from monitor.store import connect_readonly, default_path

    try:
        with closing(connect_readonly(db or default_path())) as connection:
            before, after = read_revisions(connection, article, old, new)
    except NoSuchRevision as error:
        fail(str(error), 1)
    found = {
        name: changes(getattr(before, name), getattr(after, name)) for name in ("title", "text")
    }
    if as_json:
        revisions = {
            name: {"number": each.number, "fetched_at": each.fetched_at, "sha256": each.sha256}
            for name, each in (("from", before), ("to", after))
        }
        say_json(revisions | {name: list(map(asdict, rows)) for name, rows in found.items()})
        return
    console = Console(highlight=False)
    for each in (before, after):
        console.print(f"revision {each.number}, {each.fetched_at}, SHA-256 {each.sha256}")
    for rows in found.values():
        if any(change.kind != "same" for change in rows):
            console.print()
            console.print(shown(rows))


@main.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@db_option
@json_option
def import_file(file: Path, db: Path | None, as_json: bool) -> None:
    """Bring texts from elsewhere in: JSON Lines with url, title, text."""
    from monitor.importing import ImportRefused, import_jsonl
    from monitor.store import StoreBusy, StoreError, default_path

    try:
        report = import_jsonl(file, db or default_path(), Console(stderr=True, quiet=as_json))
    except ImportRefused as refusal:
        fail(str(refusal), 2)
    except (StoreBusy, StoreError) as error:
        fail(str(error), 1)
    except KeyboardInterrupt:
        fail("stopped; what came in before stays, and running it again brings in the rest", 1)
    if as_json:
        say_json(report)
    else:
        for bad in report["bad_lines"]:
            click.echo(f"{file}, line {bad['line']}: {bad['problem']}", err=True)
        click.echo(
            ", ".join(f"{report[k]} {k}" for k in ("new", "changed", "unchanged", "flagged"))
        )
    if report["bad_lines"]:
        bad_lines = len(report["bad_lines"])
        what = "1 line" if bad_lines == 1 else f"{bad_lines} lines"
        fail(f"{what} of {file} {'was' if bad_lines == 1 else 'were'} not brought in", 1)


@main.command()
@db_option
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--name",
    "names",
    multiple=True,
    help="Host name under which others open it, for example that of a proxy before it.",
)
def serve(db: Path | None, host: str, port: int, names: tuple[str, ...]) -> None:
    """Open the workbench (Datasette) for analysts and the JSON API for programs."""
    from monitor.serve import ServeError
    from monitor.serve import serve as serve_workbench
    from monitor.store import default_path

    path = db or default_path()
    try:
        serve_workbench(path, host=host, port=port, names=names)
    except ServeError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{path} cannot be served: {error.strerror}")


@main.command()
@click.option(
    "--night",
    type=click.IntRange(1, 2),
    default=1,
    show_default=True,
    help="2 = the night after: edits, a withdrawal, new stories.",
)
@click.option(
    "--serve/--no-serve",
    "serving",
    default=True,
    show_default=True,
    help="Open the workbench afterwards.",
)
@click.option(
    "--db",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Database file (default: db/demo.db); night 1 starts it anew.",
)
@click.option(
    "--port",
    default=8001,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port of the workbench.",
)
@click.option(
    "--newsroom-port",
    default=8002,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Port of the local news sites; the same on both nights.",
)
@json_option
def demo(
    night: int, serving: bool, db: Path | None, port: int, newsroom_port: int, as_json: bool
) -> None:
    """See it run: local news sites, a real crawl over them, the workbench."""
    from monitor.demo import DemoError, run_demo

    try:
        run_demo(night, serving, db, port, newsroom_port, as_json)
    except DemoError as error:
        fail(str(error))


if __name__ == "__main__":
    main()
