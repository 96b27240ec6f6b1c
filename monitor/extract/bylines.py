"""Names of authors out of what pages print where an author should be."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from itertools import takewhile

_MAX_NAME = 70
"""Characters; longer "names" are sentences, biographies or lists of roles."""
_MAX_WORDS = 8
_MAX_RAW = 1_000

_TAG = re.compile(r"<[^<>]{0,200}>")
_ADDRESS = re.compile(r"\S*(?:https?://|www\.)\S*|\S+@\S+\.\S+|(?<!\w)@\w+|\(\s*\)|\[\s*\]")
_SPACES = re.compile(r"\s+")

# "By" in the languages of the outlets and of the benchmark's pages. Without a colon only where the
# word is no part of a name ("Di", "De" and "Da" are).
_LEAD = re.compile(
    r"^(?:(?:(?:written|reported|story|text|photos?|words|report)(?:\s+(?:and\s+photos?\s+)?by)|by|von|par|por|oleh|door|av|af|przez|yazan|bởi|ដោយ|ໂດຍ|โดย|เรื่อง|ရေးသား(?:သူ)?|文|作者|记者|記者|撰文)\b\s*[:：]?"
    r"|(?:authors?|autore?n?|auteur|autor|penulis|reporter|text|texte|testo|tekst|di|de|da|tác giả|ผู้เขียน|អ្នកនិពន្ធ|作者|文|撰文|记者|記者)\s*[:：|/])\s*",
    re.IGNORECASE,
)
_AFTER_BY = re.compile(
    r"(?:^|\s)(?:by|oleh|bởi|ដោយ|ໂດຍ|โดย)\s*[:：]?\s+(\S.{1,80})$", re.IGNORECASE
)
_TAIL = re.compile(
    r"\s*(?:[,|/(（–—-]|\bfor\b|\bin\b)\s*(?:(?:the\s+)?(?:staff|senior|chief|deputy|political|special|contributing|foreign|managing|associate|news)\b.*|editor.*|reporter.*|correspondent.*|writer.*|contributor.*|journalist.*|updated?\b.*|published\b.*|\d.*)$",
    re.IGNORECASE,
)
# Lower-case words inside names: nobiliary particles and kinship words of the benchmark's languages.
_PARTICLE_WORDS = """
af al av bin binti ben da das de del della den der des di do dos du e el ibn la le les lo op
s/o d/o 't ten ter te und van vd vom von y za zu zum zur
"""
_PARTICLES = frozenset(_PARTICLE_WORDS.split())

# An author's sign or role: "A Name (obe)"; and what is nothing but a parenthesis, a picture credit.
_PARENTHESIS = re.compile(r"\s*\([^()]*\)\s*$")
_JOIN = re.compile(
    r"\s*(?:[;|•·\n]|、|，)\s*"
    r"|\s+(?:and|und|et|y|e|dan|og|och|en|ve|với|và|i|&|/|//|with|mit|avec|con|\+)\s+"
    r"|\s*(?:และ|និង|ແລະ|နှင့်)\s*",
    re.IGNORECASE,
)

# Words that stand for nobody in particular. A "name" of these alone is dropped.
_NOBODY_WORDS = """
admin administrator administrador anonymous author autor contributor contributors correspondent
desk editor editors editorial guest n/a news newsdesk newsroom null none online redaktion
redazione redaction rédaction redacción redação redaksi redactie reporter reporters root staff
super system team the undefined unknown user web webdesk webmaster writer writers agency
agencies from our own a of and by la el der die das le equipe desk
"""
_NOBODY = frozenset(_NOBODY_WORDS.split())


def names(raw: Iterable[str], *, site_names: Iterable[str] = ()) -> tuple[str, ...]:
    """The authors' names in ``raw``, in order, each once.

    Splits "By X and Y", takes off roles, e-mail addresses, handles and links,
    and drops what names nobody ("Staff", "admin") or only the site itself
    (``site_names``). News agencies stay: they say whose story it is.
    """
    sites = {_key(name) for name in site_names if name}
    found: dict[str, str] = {}
    for value in raw:
        for name in _split(value):
            key = _key(name)
            if not key or key in sites or key in found or not _is_name(name):
                continue
            found[key] = name
    return tuple(found.values())


def names_in_prose(raw: Iterable[str], *, site_names: Iterable[str] = ()) -> tuple[str, ...]:
    """The same for texts that readers see, where names stand in half a sentence: "Jane Doe
    writes from Mae Sot" is Jane Doe, "our correspondents" nobody. A lone lower-case word is an
    agency's or an author's sign (dpa, jdo); departments of the site ("BBC News") are left out."""
    departments = tuple(f"{name.casefold()} " for name in site_names if len(name) > 2)
    found: dict[str, None] = {}
    for name in names(raw, site_names=site_names):
        words = name.split()
        if len(words) > 1:
            words = list(takewhile(lambda word: not word.islower() or word in _PARTICLES, words))
        while words and words[-1] in _PARTICLES:
            words.pop()
        if words and not (len(words) > 1 and words[0].islower()):
            found[" ".join(words)] = None
    return tuple(name for name in found if not name.casefold().startswith(departments))


def _split(value: str) -> list[str]:
    value = value[:_MAX_RAW]
    value = html.unescape(_TAG.sub(" ", html.unescape(value)))
    value = unicodedata.normalize("NFC", value)
    value = _ADDRESS.sub(" ", value)
    parts: list[str] = []
    for part in _JOIN.split(value):
        part = _trimmed(part)
        if "," in part:
            parts.extend(_at_commas(part))
        elif part:
            parts.append(part)
    return parts


def _at_commas(part: str) -> list[str]:
    """ "A Name, B Name" is two people; "A Name, Political Editor" or "Name, Jr." one;
    "SURNAME, Given" stays as it is."""
    pieces = [_trimmed(piece) for piece in part.split(",")]
    pieces = [piece for piece in pieces if piece]
    if all(" " in piece for piece in pieces) or len(pieces) > 2:
        return pieces
    return [pieces[0]] if pieces and " " in pieces[0] else [", ".join(pieces)]


def _trimmed(part: str) -> str:
    part = _PARENTHESIS.sub("", _SPACES.sub(" ", part)).strip(" \t,;:|/-–—•·*“”\"'")
    part = _LEAD.sub("", part, count=1)
    part = _TAIL.sub("", part)
    return part.strip(" ,;:|/-–—•·*“”\"'")


def _is_name(name: str) -> bool:
    if len(name) > _MAX_NAME or len(name.split()) > _MAX_WORDS:
        return False
    if not any(map(str.isalpha, name)) or sum(map(str.isdigit, name)) > 4:
        return False
    return not all(word.strip(".'’").casefold() in _NOBODY for word in name.split())


def _key(name: str) -> str:
    return "".join(
        char for char in name.casefold() if char.isalnum() or unicodedata.combining(char)
    )


def names_after_by(line: str) -> tuple[str, ...]:
    """The names at the end of a dateline such as "8 November 2026, by Sok Dara"."""
    found = _AFTER_BY.search(line)
    return names([found[1]]) if found else ()
