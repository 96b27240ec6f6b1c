"""The course of one outlet, night after night, and the troubles that it is in. Pure."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import fmean, median
from typing import Literal, get_args

from monitor.health.evidence import ALARM, BASELINE, LEAST_SHARE, Gauge, Pair, loss, usual_share
from monitor.health.nights import Night
from monitor.health.volume import Volume

Kind = Literal[
    "blocked",  # its sources or pages are refused
    "failing",  # its sources cannot be read for another reason
    "not_crawled",
    "silent",
    "addresses",  # nothing that its sources list matches article_url
    "sources",  # some of its sources cannot be read
    "pages",  # its pages give no article
    "titles",  # fewer articles than usual have one, and so on
    "dates",
    "bylines",
    "texts",  # they are shorter than half of the usual length
    "fewer",  # new stories than usual
    "more",
]
"""What may be wrong with an outlet, the worst first."""

TURNED_AWAY = frozenset(
    {"bot_wall", "refused", "consent_wall", "paywall", "login", "censored", "robots"}
    | {"http_401", "http_403", "http_451"}
)
_PASSING = frozenset(
    {"timeout", "dns", "connection_refused", "connection_lost", "truncated", "failed"}
    | {"maintenance", "host_rests", "robots_unreachable", "http_408", "http_425", "http_429"}
)

_OPENLY = frozenset({"paywall", "login", "robots"})
"""Reasons that an outlet may have for good: its headlines are read all the same."""

_AT_FIRST: Sequence[Pair] = [(13, 14)]
"""Pages that give an article, of an outlet of which nothing is known yet."""

_WORDS: Mapping[str, str] = {
    "bot_wall": "a bot check stands before them",
    "refused": "the site refuses them",
    "paywall": "a paywall cuts them off",
    "login": "they ask for a login",
    "consent_wall": "a consent dialogue stands before them",
    "censored": "a network's notice stands in their place",
    "robots": "robots.txt forbids them",
    "script_shell": "they are empty until a script fills them: redesigned?",
    "empty_page": "they are empty: redesigned?",
    "no_text": "no article text is found in them: redesigned?",
    "soft_404": "they say 'page not found'",
    "redirected_home": "they lead to the home page",
    "timeout": "they do not come in time",
    "host_rests": "the host asked for rest",
    "dns": "the host's name has no address",
    "connection_refused": "the host refuses the connection",
    "connection_lost": "the connection breaks",
    "robots_unreachable": "robots.txt cannot be read",
    "not_a_feed": "they are no feeds",
}
"""What is the matter with pages or sources, by the reason that is counted."""

_SHARES: Mapping[Kind, str] = {"titles": "titled", "dates": "dated", "bylines": "bylined"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """``since`` is the evening on which it began; ``reason`` words for an operator."""

    kind: Kind
    since: date
    reason: str


@dataclass(frozen=True, slots=True)
class PastNight:
    """``fresh`` is None when no listing could be read; ``trouble`` None on a good night."""

    day: date
    fresh: int | None
    trouble: Kind | None = None


@dataclass(frozen=True, slots=True)
class Usual:
    """What ``nights`` usual nights brought: ``fresh`` on tonight's weekday, ``discovered`` on
    any night that listed something, shares of the articles, ``text_median`` in characters.
    None is what they are too few to tell."""

    nights: int = 0
    fresh: float | None = None
    discovered: float | None = None
    titled: float | None = None
    dated: float | None = None
    bylined: float | None = None
    text_median: int | None = None


class Course:
    """What is known of an outlet after the nights that were added, the oldest first."""

    def __init__(self) -> None:
        self.history: list[PastNight] = []
        self._night = Night(date.min)
        self._unread: tuple[Kind, date] | None = None
        self._no_article_since: date | None = None
        self._discovered: deque[int] = deque(maxlen=BASELINE)
        self._volume = Volume()
        self._sources = Gauge()
        self._pages = Gauge()
        self._page_errors: Counter[str] = Counter()
        self._shares: dict[Kind, Gauge] = {kind: Gauge() for kind in _SHARES}
        self._texts = Gauge()

    # One night more

    def add(self, night: Night) -> None:
        if night.outcome == "finished" and not night.sources_ok:
            return  # written when less was counted
        self._night = night
        if night.outcome != "finished":
            since = self._unread[1] if self._unread else night.day
            self._unread = (_unread_kind(night), since)
        else:
            self._unread = None
            self._add_addresses(night)
            self._add_sources(night)
            if self._no_article_since is None:
                self._volume.add(night)
            self._add_pages(night)
            self._add_articles(night)
        read = self._unread is None and self._no_article_since is None
        self.history.append(PastNight(night.day, night.fresh if read else None))
        self._mark()

    def _mark(self) -> None:
        """Note the present troubles on their nights, also on those before they were noticed."""
        present = dict(self._present())
        for number in range(len(self.history) - 1, -1, -1):
            past = self.history[number]
            kind = next((kind for kind, since in present.items() if since <= past.day), None)
            if kind is None:
                break
            if past.trouble is None:
                self.history[number] = replace(past, trouble=kind)

    def _add_addresses(self, night: Night) -> None:
        if night.discovered:
            self._no_article_since = None
            self._discovered.append(night.discovered)
        elif "discover:no_article" in night.errors:
            self._no_article_since = self._no_article_since or night.day

    def _add_sources(self, night: Night) -> None:
        """One night with a failure that may pass by itself is no trouble, two are."""
        read = usual_share(self._sources.usual)
        habit = read is not None and read <= 1 - LEAST_SHARE
        if habit or not night.sources_missed:
            evidence = -ALARM
        else:
            evidence = ALARM / 2 if all(map(_passes, night.missed("discover"))) else ALARM
        self._sources.add(night.day, (int(not night.sources_missed), 1), evidence)

    def _add_pages(self, night: Night) -> None:
        missed = night.missed("fetch", "extract")
        tried = night.extracted + missed.total()
        if not tried:
            return
        gauge, pair = self._pages, (night.extracted, tried)
        walled = missed["bot_wall"] and not night.extracted
        evidence = ALARM if walled else _loss(gauge, pair, gauge.usual or _AT_FIRST)
        self._page_errors.update(missed)
        read = usual_share([*gauge.waiting, pair])
        lost = read is not None and read < LEAST_SHARE and self._main_page_error not in _OPENLY
        gauge.add(night.day, pair, evidence, never_usual=lost)
        if gauge.watch.since is None:
            self._page_errors.clear()

    def _add_articles(self, night: Night) -> None:
        if not night.extracted:
            return
        for kind, column in _SHARES.items():
            gauge, pair = self._shares[kind], (getattr(night, column), night.extracted)
            gauge.add(night.day, pair, _loss(gauge, pair, gauge.usual))
        if night.text_median is not None:
            # Each night's texts have half of the usual length at least, or not.
            least = self._usual_length / 2
            long = ((int(length >= least), 1) for length, _ in self._texts.usual)
            evidence = _loss(self._texts, (int(night.text_median >= least), 1), long)
            self._texts.add(night.day, (night.text_median, 1), evidence)

    @property
    def _usual_length(self) -> float:
        return median([length for length, _ in self._texts.usual] or [0])

    # What is usual, what is not

    def usual(self) -> Usual:
        """What tonight is compared with."""
        volume, texts = self._volume.usual, self._texts.usual
        return Usual(
            nights=len(self._volume.decline.usual),
            fresh=round(volume.means[self._night.day.weekday()], 1) if volume else None,
            discovered=round(fmean(self._discovered), 1) if self._discovered else None,
            text_median=round(self._usual_length) if texts else None,
            **{
                column: None if share is None else round(share, 3)
                for kind, column in _SHARES.items()
                for share in [usual_share(self._shares[kind].usual)]
            },
        )

    def troubles(self, missed: Sequence[str] = ()) -> list[Trouble]:
        """The present troubles, the worst first. ``missed`` are sentences on the sources
        that the last crawl could not read."""
        return [
            Trouble(kind, since, self._reason(kind, missed))
            for kind, since in sorted(self._present(), key=lambda each: severity(each[0]))
        ]

    def note(self, missed: Sequence[str]) -> str:
        """What an operator may want to know of an outlet without trouble."""
        if self._night.sources_missed:
            return _sources_in_words(self._night, missed)
        read = usual_share(self._pages.usual)
        if read is not None and read < LEAST_SHARE:
            return f"{_percent(self._pages.usual)} of its pages give an article, as usual"
        return ""

    def _present(self) -> Iterator[tuple[Kind, date]]:
        if self._unread is not None:
            yield self._unread  # nothing is known of the rest
            return
        if self._no_article_since is not None:
            yield "addresses", self._no_article_since
        elif (silent := self._volume.silent_since) is not None:
            yield "silent", silent
        elif self._volume.flood:
            yield "more", self._night.day
        watches: list[tuple[Kind, Gauge]] = [
            ("sources", self._sources),
            (self._pages_kind, self._pages),
            *self._shares.items(),
            ("texts", self._texts),
            ("fewer", self._volume.decline),
        ]
        for kind, gauge in watches:
            if gauge.watch.alarms and gauge.watch.since is not None:
                yield kind, gauge.watch.since

    @property
    def _pages_kind(self) -> Kind:
        turned_away = sum(self._page_errors[reason] for reason in TURNED_AWAY)
        return "blocked" if 2 * turned_away > self._page_errors.total() else "pages"

    @property
    def _main_page_error(self) -> str:
        return next((reason for reason, _ in self._page_errors.most_common(1)), "")

    # In words

    def _reason(self, kind: Kind, missed: Sequence[str]) -> str:
        volume = self._volume
        mean = volume.usual.mean if volume.usual else 0.0
        if self._unread is not None:
            return _unread_in_words(self._night, missed)
        if kind in ("blocked", "pages"):
            return self._pages_in_words()
        if kind == "sources":
            return _sources_in_words(self._night, missed)
        if kind == "addresses":
            return "its sources list nothing that matches article_url: new addresses?"
        if kind == "silent":
            nights = f"{len(volume.quiet)} night{'s' if len(volume.quiet) > 1 else ''}"
            return f"nothing new in {nights}" + (
                f", usually {_amount(mean)} a night" if mean else ""
            )
        if kind == "fewer":
            now = fmean(stories for _, stories in volume.decline.waiting)
            return f"{_amount(now)} new stories a night, usually {_amount(mean)}"
        if kind == "more":
            return f"{volume.flood} new stories in one night: new addresses of old ones?"
        if kind == "texts":
            (*_, (length, _)), usual = self._texts.waiting, f"{self._usual_length:.0f}"
            return f"texts of {length} characters, usually {usual}: a paywall, a new layout?"
        now_had, had = _percent(self._shares[kind].waiting), _percent(self._shares[kind].usual)
        return f"coverage fell: {kind} {had} → {now_had}"

    def _pages_in_words(self) -> str:
        now, before = _percent(self._pages.waiting), _percent(self._pages.usual)
        usual = f", usually {before}" if before else ""
        return f"{now} of its pages give an article{usual}: {_in_words(self._main_page_error)}"


def severity(kind: Kind) -> int:
    """0 is the worst."""
    return get_args(Kind).index(kind)


def _loss(gauge: Gauge, tonight: Pair, usual: Iterable[Pair]) -> float:
    """As :func:`loss`; a night without one needs no reckoning while nothing is suspected."""
    x, n = tonight
    return -ALARM if x == n and not gauge.watch.sum else loss([*usual], tonight)


def _passes(reason: str) -> bool:
    """Whether a failure may be over tomorrow."""
    return reason in _PASSING or reason.startswith("http_5")


def _unread_kind(night: Night) -> Kind:
    missed = night.missed("discover")
    return "blocked" if night.outcome == "blocked" and set(missed) & TURNED_AWAY else "failing"


def _unread_in_words(night: Night, missed: Sequence[str]) -> str:
    errors = night.missed("discover")
    if not errors:
        return night.reason  # the crawl itself failed: a full disk
    return (
        f"none of its sources could be read: {_listed(missed) or _listed(map(_in_words, errors))}"
    )


def _sources_in_words(night: Night, missed: Sequence[str]) -> str:
    found = _listed(missed) or _listed(map(_in_words, night.missed("discover")))
    # The crawl notes what it did about it (OutletSpider).
    instead = [note for note in night.reason.split("; ") if note.startswith("read what")]
    return "; ".join([f"not all of its sources could be read: {found}", *instead])


def _listed(sentences: Iterable[str]) -> str:
    first, *others = [*sentences] or [""]
    return f"{first} (and {len(others)} more)" if others else first


def _in_words(reason: str) -> str:
    if reason.startswith("http_"):
        return f"they answer HTTP {reason.removeprefix('http_')}"
    return _WORDS.get(reason, reason.replace("_", " "))


def _amount(mean: float) -> str:
    return f"{mean:.1f}".removesuffix(".0")


def _percent(nights: Sequence[Pair]) -> str:
    """The share that the nights had, empty when they had nothing."""
    of = sum(n for _, n in nights)
    return f"{sum(x for x, _ in nights) / of:.0%}" if of else ""
