"""A progress line per outlet while the night runs; plain log lines without a terminal."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from monitor.night import Night


class NightProgress:
    """Shows ``night.counts`` on standard error; ``update`` redraws it."""

    def __init__(self, night: Night, *, enabled: bool = True) -> None:
        console = Console(stderr=True)
        self._night = night
        self._tasks: dict[str, TaskID] = {}
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[found]}"),
            console=console,
            disable=not (enabled and console.is_terminal),
        )

    def __enter__(self) -> NightProgress:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.update()
        self._progress.stop()

    def update(self) -> None:
        for slug, counts in self._night.counts.items():
            if slug not in self._tasks:
                self._tasks[slug] = self._progress.add_task(slug, total=None, found="")
            done = counts.fetched + counts.gone + counts.blocked + counts.failed
            self._progress.update(
                self._tasks[slug],
                completed=min(done, counts.asked),
                total=counts.asked or None,
                found=f"{counts.flagged} flagged" if counts.flagged else "",
            )


class CheckProgress:
    """How many outlets are checked; without a terminal a line for each."""

    def __init__(self, total: int, *, enabled: bool = True) -> None:
        self._console = Console(stderr=True, quiet=not enabled)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=self._console,
            transient=True,
            disable=not (enabled and self._console.is_terminal),
        )
        self._task = self._progress.add_task("checking outlets", total=total)

    def __enter__(self) -> CheckProgress:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def update(self, line: str) -> None:
        """One more is done; ``line`` says how it went."""
        self._progress.advance(self._task)
        if not self._console.is_terminal:
            self._console.print(line, highlight=False)
