"""The demo newsroom: a bundled set of local news sites over real HTTP.

One process serves one site per host (127.0.0.2, 127.0.0.3 …), each in the
manner of another kind of publisher, in ten languages, with the faults that a
night meets on the real web. For tests that play many nights there are generated
sites, with troubles that begin and end. The demo and the tests crawl it; nothing
in it knows of the crawler. ``python -m monitor.newsroom`` shows it in a browser.

The path of a page: ``sites`` (what is published, read by ``manners`` or, for a season of
many nights, made by ``seasons`` and ``writing``) → ``addresses`` (where) →
``pages`` and ``sources`` (how it looks) → ``edition`` (all answers of one site
on one night) → ``http`` (the wire). ``wild`` makes the faulty answers, ``troubles`` and
``troubled_answers`` change a whole site from one night to another, ``server`` joins them.
"""

from monitor.newsroom.errors import NewsroomError
from monitor.newsroom.http import AddressTaken
from monitor.newsroom.manners import SiteError, load_sites
from monitor.newsroom.seasons import PLAYED, SeasonSite, season
from monitor.newsroom.server import Hit, Newsroom
from monitor.newsroom.sites import Site, Story, Wild
from monitor.newsroom.troubles import Trouble, TroubleKind, evening

__all__ = [
    "PLAYED",
    "AddressTaken",
    "Hit",
    "Newsroom",
    "NewsroomError",
    "SeasonSite",
    "Site",
    "SiteError",
    "Story",
    "Trouble",
    "TroubleKind",
    "Wild",
    "evening",
    "load_sites",
    "season",
]
