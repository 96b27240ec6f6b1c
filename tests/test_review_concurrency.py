"""A little of ``bench/reviewing.py``: analysts at full speed beside a writer."""

from __future__ import annotations

from pathlib import Path

from bench.reviewing import STORIES, run


def test_analysts_and_a_writer_at_full_speed_lose_nothing(tmp_path: Path) -> None:
    report = run(tmp_path, 120, 3, turns=12, crawl=False)

    assert report.failures == []
    # Each undoes every fifth decision, from the first on.
    assert len(report.recorded) == 3 * (12 + 3)
    assert len(report.written) > STORIES
