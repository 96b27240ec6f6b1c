"""Which parameters of a table's address make no sense, in a sentence.

Datasette explains most of its own; what it trips over (an error of the server, for its
log) is told here before it gets there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
_SEARCHES = re.compile(r"_search(mode|_.+)?")
_SCALAR = (str, int, float, bool, type(None))


def whole_number(text: str) -> bool:
    """Whether SQLite takes it for one."""
    return bool(_WHOLE_NUMBER.fullmatch(text))


def complaint(parameters: Iterable[tuple[str, str]]) -> str | None:
    """What is wrong with the first parameter that makes no sense; None if all may do."""
    for name, value in parameters:
        if name == "_timelimit" and not whole_number(value):
            return "_timelimit must be a whole number of milliseconds"
        if name == "_through" and not _leads_through(value):
            return '_through must be an object like {"table": "flags", "column": "id", "value": 1}'
        if name.startswith("_search") and not _SEARCHES.fullmatch(name):
            return f"there is no {name}; _search= searches all words"
        if name.endswith(("__in", "__notin")) and value.startswith("[") and not _listed(value):
            return f"{name} must be values with commas between, or a JSON list of them"
    return None


def _leads_through(value: str) -> bool:
    through = _json(value)
    return (
        isinstance(through, dict)
        and isinstance(through.get("table"), str)
        and isinstance(through.get("column"), str)
        and isinstance(through.get("value", through), _SCALAR)
    )


def _listed(value: str) -> bool:
    values = _json(value)
    return isinstance(values, list) and all(isinstance(each, _SCALAR) for each in values)


def _json(value: str) -> object:
    try:
        found: object = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return found
