"""Processes of a benchmark: starting them; their CPU time and memory, from Linux's ``/proc``."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def in_process(task: Callable[..., None], *arguments: object) -> Connection:
    """Run ``task`` in a fresh process, with a connection to here as its first argument.

    Returns the other end once the task has sent its first message: that it is ready.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    context.Process(target=task, args=(there, *arguments)).start()
    there.close()
    here.recv()
    return here


def descendants(pid: int) -> list[int]:
    """The processes that ``pid`` started, and those that these started."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (stat := _stat(int(folder.name))):
            parents.setdefault(int(stat[1]), []).append(int(folder.name))
    found, waiting = [], [pid]
    while waiting:
        waiting += (children := parents.get(waiting.pop(), []))
        found += children
    return found


def cpu_seconds(pid: int) -> float:
    """What a process and all its descendants have used, those that have ended included."""
    ticks = 0
    for each in (pid, *descendants(pid)):
        if stat := _stat(each):
            ticks += sum(map(int, stat[11:15]))
    return ticks / _TICKS


def megabytes(pid: int) -> float:
    """Memory of one process; what it shares with others counts in part (``Pss``)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def _stat(pid: int) -> list[str]:
    """The fields behind the name: state, parent …; 11 to 14 are user and system time, own
    and of children that have ended. Empty when the process has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()
