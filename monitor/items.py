"""The things that travel from a page to a flagged article: frozen, plain values.

Their names are the project's vocabulary (README, "Words we use"). Everything
between :class:`Page` and the store is a pure function of these values, so it
runs alike inside Scrapy, in ``monitor flag``, in ``monitor import`` and in a
test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Concept = str
"""What a term stands for: ``return_action``, ``protected_person``, ``risk``,
``legal_principle``, ``enforcement``, ``averted``, ``negative_context``,
``place:XX`` (ISO 3166 alpha-2) or ``org``."""

StoryType = Literal["incident", "risk", "averted", "policy"]
MatchField = Literal["title", "text"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a source said of one article: a feed entry, a sitemap URL, a link.

    ``published_at`` and ``updated_at`` are as the source wrote them, parsed;
    aware when it gave an offset.
    """

    url: str
    title: str | None = None
    summary: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One HTTP response as fetched.

    ``requested_url`` is the address that a source listed, ``url`` the one that
    answered after redirects. Header names are lower-case. ``fetched_at`` is
    aware, in UTC. ``entry`` is what the source had said about it.
    """

    outlet: str
    requested_url: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    entry: Entry | None = None

    @property
    def content_type(self) -> str | None:
        return self.headers.get("content-type")


@dataclass(frozen=True, slots=True)
class Headline:
    """A story whose page could not be had: there is only what a source said of it."""

    outlet: str
    entry: Entry
    at: datetime


@dataclass(frozen=True, slots=True)
class LanguageVerdict:
    """The language of a text and how it was found.

    ``code`` is ISO 639-1 (``und`` when undecided), ``script`` ISO 15924
    (``Latn``, ``Thai``, ``Khmr``, ``Laoo``, ``Mymr``, ``Hans``, ``Hant``, ``Jpan``,
    ``Kore`` …).
    ``langdetect`` and ``fasttext`` are the two detectors' own opinions (None
    when not asked), ``agree`` whether they name the same language (None when
    one was not asked), ``decided_by`` one of ``script``, ``langdetect``,
    ``fasttext``, ``markers``, ``declared``, ``none``.
    """

    code: str
    script: str | None = None
    langdetect: str | None = None
    fasttext: str | None = None
    agree: bool | None = None
    decided_by: str = "none"


@dataclass(frozen=True, slots=True)
class Article:
    """What was extracted from a page.

    ``url`` is the canonical address. ``text`` is NFC, paragraphs separated by
    one empty line. ``published_at`` is aware when the page gave an offset,
    naive when it did not, midnight with ``published_precision == "day"`` when
    it gave only a day; ``published_from`` says where it was found
    (``json-ld``, ``meta``, ``page``: a visible dateline, ``feed``,
    ``address``: a date in the address, ``trafilatura``: guessed, ``import``).
    ``language`` is ``verdict.code``; ``language_declared`` what the page or
    the outlet said of itself.
    """

    url: str
    title: str
    text: str
    byline: tuple[str, ...] = ()
    published_at: datetime | None = None
    published_precision: Literal["second", "day"] = "second"
    published_from: str | None = None
    language: str = "und"
    language_declared: str | None = None
    verdict: LanguageVerdict = field(default_factory=lambda: LanguageVerdict("und"))


@dataclass(frozen=True, slots=True)
class Match:
    """One occurrence of a term.

    ``start`` and ``end`` are offsets in characters into the stored ``title``
    or ``text`` (which of the two: ``field``); ``surface`` is that slice.
    ``term`` is the lexicon's spelling, ``language`` the lexicon's language.
    """

    concept: Concept
    term: str
    language: str
    field: MatchField
    start: int
    end: int
    surface: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One point of a score, in words: ``sentence`` for people, ``weight`` for
    the sum, ``matches`` the places in the text that it rests on."""

    sentence: str
    weight: float
    matches: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class StateSign:
    """The words ("by Thai police", "to Cambodia") from which a state (ISO 3166
    alpha-2) was taken to send or to receive."""

    side: Literal["sending", "receiving"]
    state: str
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    """The verdict on an article.

    ``score`` is 0–1: the logistic of ``start`` and the weights of all reasons.
    ``story_type`` is None when nothing was flagged; ``sending`` and
    ``receiving`` are ISO 3166 alpha-2 codes, ``states`` the words that they
    came from. ``reasons`` are in order of weight. ``lexicon_version`` names
    the lexicon that judged.
    """

    flagged: bool
    score: float
    story_type: StoryType | None
    sending: tuple[str, ...]
    receiving: tuple[str, ...]
    persons: tuple[str, ...]
    reasons: tuple[Reason, ...]
    matches: tuple[Match, ...]
    lexicon_version: str
    start: float = 0.0
    states: tuple[StateSign, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchKey:
    """What the search index holds of an article: the columns ``seg`` and ``fold``."""

    seg: str
    fold: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A page that became an article with a verdict.

    ``page_sha256`` is the digest of the body as fetched (None without one); ``same_article`` the
    other addresses that lead to it (as requested, after redirects).
    ``search_key`` spares the store the work when a worker has done it.
    ``headline_only``: the page could not be had; title and text are what the
    source said of it. ``key`` is what the outlet's rules know the article by,
    whatever its address.
    """

    outlet: str
    article: Article
    flag: Flag
    page_url: str
    page_sha256: str | None
    status: int
    fetched_at: datetime
    same_article: tuple[str, ...] = ()
    etag: str | None = None
    last_modified: str | None = None
    search_key: SearchKey | None = None
    headline_only: bool = False
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A page or record that could not be processed, kept with its reason.

    ``stage`` is one of ``discover``, ``fetch``, ``extract``, ``language``,
    ``flag``, ``store``, ``import``. ``reason`` is a short code
    (``empty_page``, ``timeout`` …), ``detail`` a sentence for an operator.
    ``state`` is what becomes of the address: ``pending`` (try again next
    night), ``blocked``, ``not_article`` or ``failed``.
    """

    outlet: str
    url: str
    stage: str
    reason: str
    detail: str
    at: datetime
    status: int | None = None
    body: bytes = b""
    state: Literal["pending", "blocked", "not_article", "failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source answered: its validators and the entries that it lists.

    Stored in one transaction with its entries as ``pending`` addresses, so
    that a 304 on the next night loses nothing that tonight did not fetch.
    ``status`` 304 has no entries.
    """

    outlet: str
    url: str
    kind: str
    status: int
    entries: tuple[Entry, ...]
    fetched_at: datetime
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """An address that no longer leads to its story. If it was an article, the article
    keeps its last revision and becomes ``gone``; if not, see ``Quarantined``.

    ``how`` is ``soft_404`` (a page that says "not found" with another status),
    ``redirected_home``, or by default the status: ``http_404``, ``http_410``.
    """

    outlet: str
    url: str
    status: int
    at: datetime
    how: str = ""

    @property
    def manner(self) -> str:
        return self.how or f"http_{self.status}"


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A known article that answered 304 to a conditional request."""

    outlet: str
    url: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Forbidden:
    """An address that robots.txt forbids: listed by a source, never fetched."""

    outlet: str
    url: str
    at: datetime


Record = Judged | Quarantined | Listing | Gone | Unchanged | Forbidden
