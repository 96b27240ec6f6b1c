"""Times as the tables hold them → as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

_DAY_ONLY = len("2026-11-22")


def day(stored: str | None) -> str:
    """``2026-11-21T20:03:00+00:00`` → ``21 Nov 2026``. What is no time stays as it is."""
    moment = _parse(stored)
    return f"{moment.day} {moment:%b %Y}" if moment else stored or ""


def moment(stored: str | None) -> str:
    """``2026-11-21T20:03:00+00:00`` → ``21 Nov 2026, 20:03 UTC``.

    A day alone stays a day; a time without an offset says that it has none.
    """
    when = _parse(stored)
    if when is None or stored is None:
        return stored or ""
    if len(stored) == _DAY_ONLY:
        return day(stored)
    if when.tzinfo is None:
        return f"{day(stored)}, {when:%H:%M} (time zone unknown)"
    when = when.astimezone(UTC)
    return f"{when.day} {when:%b %Y, %H:%M} UTC"


def _parse(stored: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(stored or "")
    except ValueError:
        return None
