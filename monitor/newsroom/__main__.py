"""Serve the demo sites, to look at in a browser.

The demo has two nights. With --season, generated sites take its place: they publish
every night, and from some night on most of them misbehave (each in one way).
"""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

from monitor.newsroom.errors import NewsroomError
from monitor.newsroom.seasons import PLAYED, season
from monitor.newsroom.server import Newsroom, announce


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m monitor.newsroom", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the same on every host; 0: a free one")
    parser.add_argument("--night", type=int, default=1, help="1 (default) or 2; any of a season")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--sites", type=Path, metavar="DIR", help="other sites than the bundled")
    shown.add_argument("--season", action="store_true", help="generated sites, with troubles")
    parser.add_argument("--log", type=Path, metavar="FILE", help="append requests as JSON lines")
    parser.add_argument("--outlets", type=Path, metavar="DIR", help="write outlet files there")
    options = parser.parse_args(arguments)
    if options.night < 1 or (options.night > 2 and not options.season):
        parser.error("argument --night: expected 1 or 2, or with --season a number from 1 on")
    try:
        with Newsroom(
            options.sites,
            options.night,
            options.port,
            sites=season(PLAYED) if options.season else None,
            log_file=options.log,
        ) as newsroom:
            announce(newsroom)
            if options.outlets:
                newsroom.outlets_toml(options.outlets)
            print("Stop with Ctrl-C.", flush=True)
            threading.Event().wait()
    except (NewsroomError, OSError) as error:
        print(f"newsroom: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
