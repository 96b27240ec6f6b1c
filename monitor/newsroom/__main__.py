"""``python -m monitor.newsroom``: serve the demo sites, to look at in a browser."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

from monitor.newsroom.errors import NewsroomError
from monitor.newsroom.server import Newsroom, announce


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m monitor.newsroom", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the same on every host; 0: a free one")
    parser.add_argument("--night", type=int, choices=(1, 2), default=1)
    parser.add_argument("--sites", type=Path, metavar="DIR", help="other sites than the bundled")
    parser.add_argument("--log", type=Path, metavar="FILE", help="append requests as JSON lines")
    parser.add_argument("--outlets", type=Path, metavar="DIR", help="write outlet files there")
    options = parser.parse_args(arguments)
    try:
        with Newsroom(options.sites, options.night, options.port, log_file=options.log) as newsroom:
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
