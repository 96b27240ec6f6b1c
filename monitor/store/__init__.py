"""The database: the only package that writes ``monitor.db``.

:class:`Store` writes batches of records (``monitor.items``) and answers what
the spider asks. ``articles``, ``verdicts``, ``addresses`` and ``quarantine``
say what a record does to the tables, ``belonging`` which article a page
belongs to, ``revisits`` what is looked at again, ``nights`` how crawls went,
``hosts`` which host asked for rest;
``connection`` how the file is opened, ``lock`` how a second writer is kept
out, ``demo_database`` what the demo may replace.
The schema is in ``db/migrations.py``.
"""

from __future__ import annotations

from monitor.store.addresses import MAX_ATTEMPTS, Address, SourceState, is_wanted
from monitor.store.connection import StoreError, connect_readonly, default_path, utc_now
from monitor.store.demo_database import begin_demo, is_demo
from monitor.store.lock import StoreBusy
from monitor.store.nights import last_crawls, night_summary
from monitor.store.store import Store

__all__ = [
    "MAX_ATTEMPTS",
    "Address",
    "SourceState",
    "Store",
    "StoreBusy",
    "StoreError",
    "begin_demo",
    "connect_readonly",
    "default_path",
    "is_demo",
    "is_wanted",
    "last_crawls",
    "night_summary",
    "utc_now",
]
