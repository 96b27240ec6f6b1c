"""Burmese in the Zawgyi encoding, shown in Unicode: no common font shows both.

Only for reading. What is stored, found and exported stays as the outlet wrote
it, and so do the offsets of matches.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace

from monitor.text.clusters import CLUSTER, normal_cluster
from monitor.text.zawgyi import SYLLABLE, unicode_syllable, zawgyi_lines
from workbench.highlight import Segment


def legible(text: str) -> str:
    """``text`` with its Zawgyi lines in Unicode; most texts have none."""
    shown, end = [], 0
    for start, stop in zawgyi_lines(text):
        shown += [text[end:start], _unicode(text[start:stop])]
        end = stop
    return "".join([*shown, text[end:]])


def legible_segments(
    segments: Iterable[Segment], lines: Iterable[tuple[int, int]]
) -> list[Segment]:
    """``segments`` with those that lie in ``lines`` (spans of the whole text) in Unicode."""
    spans = sorted(lines)
    starts = [start for start, _ in spans]

    def is_zawgyi(offset: int) -> bool:
        at = bisect_right(starts, offset) - 1
        return at >= 0 and offset < spans[at][1]

    return [
        replace(piece, text=_unicode(piece.text)) if is_zawgyi(piece.offset) else piece
        for piece in segments
    ]


def _unicode(zawgyi: str) -> str:
    converted = SYLLABLE.sub(lambda found: unicode_syllable(found[0]), zawgyi)
    return CLUSTER.sub(lambda found: _in_order(found[0]), converted)


def _in_order(cluster: str) -> str:
    """The signs in Unicode's order. A letter or digit alone stays: the normal form
    would write Burmese digits as ours."""
    return cluster if len(cluster) == 1 else normal_cluster(cluster)
