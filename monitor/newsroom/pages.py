"""How a site's pages look: its template filled with a story or a list of them.

Every site has a template of its own in ``templates/``; AMP copies, print
copies and the head's metadata are shared. Boilerplate comes from the site's
``words``. Pure: the same values give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from monitor.newsroom.addresses import copy_path, listing_path, old_path, sections_of, story_path
from monitor.newsroom.sites import Dates, Site, Story

TEMPLATES = Path(__file__).parent / "templates"

_PLAIN_WORDS = {
    "about": "About us",
    "about_text": "We are a small newsroom.",
    "ad": "Advertisement",
    "ad_text": "Fresh bread every morning at the corner bakery.",
    "by": "By",
    "comments": "Comments",
    "comment_1": "Thank you for this report.",
    "comment_2": "Interesting, please keep following this.",
    "contact": "Contact",
    "cookies": "We use cookies to remember your settings.",
    "accept": "OK",
    "footer": "All rights reserved.",
    "home": "Home",
    "latest": "Latest news",
    "more": "Read more",
    "most_read": "Most read",
    "newsletter": "Get our morning newsletter",
    "next": "Next page",
    "not_found": "Page not found",
    "previous": "Previous page",
    "print": "Print",
    "published": "Published",
    "related": "Related stories",
    "search": "Search",
    "share": "Share",
    "updated": "Updated",
    "withdrawn": "This page is no longer available.",
}

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def spoken_date(story: Story, dates: Dates) -> str:
    """The date as the site writes it for its readers."""
    return _spoken(story.published, dates)


def _spoken(when: Any, dates: Dates) -> str:
    text = dates.pattern.format(
        day=when.day,
        day2=f"{when.day:02}",
        month=dates.months[when.month - 1],
        month2=f"{when.month:02}",
        year=when.year + dates.era,
        hour=f"{when.hour:02}",
        minute=f"{when.minute:02}",
        weekday=dates.weekdays[when.weekday()],
    )
    return text.translate(str.maketrans("0123456789", dates.digits))


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders one site's pages. ``base`` is its live address without a slash."""

    site: Site
    base: str

    def story(self, story: Story) -> bytes:
        return self._render(self.site.template, "story", **self._story(story))

    def copy(self, story: Story) -> bytes:
        """The AMP or print duplicate, which names the page itself as canonical."""
        return self._render(f"_{self.site.copy_kind}.html", "copy", **self._story(story))

    def listing(self, section: str, stories: Sequence[Story], page: int, pages: int) -> bytes:
        def link(number: int) -> str | None:
            return listing_path(self.site, section, number) if 1 <= number <= pages else None

        here = listing_path(self.site, section, page)
        heading = self._section_name(section)
        return self._listing(heading, stories, here, link(page + 1), link(page - 1))

    def home(self, stories: Sequence[Story]) -> bytes:
        return self._listing(self.site.name, stories, "/")

    def day(self, heading: str, stories: Sequence[Story], here: str, next: str) -> bytes:
        """A page of a calendar; ``here`` and ``next`` are paths."""
        return self._listing(heading, stories, here, next)

    def _listing(
        self,
        heading: str,
        stories: Sequence[Story],
        here: str,
        next: str | None = None,
        previous: str | None = None,
    ) -> bytes:
        return self._render(
            self.site.template,
            "listing",
            heading=heading,
            rows=[self._row(story) for story in stories],
            here=self.base + here,
            next=next,
            previous=previous,
        )

    def message(self, heading: str, text: str) -> bytes:
        """A page that is no story: about us, not found, no longer available."""
        return self._render(self.site.template, "message", heading=heading, message=text)

    def broken(self, story: Story) -> bytes:
        """The story in markup that no standard allows."""
        mangled = [escape(p, quote=False).replace("&amp;", "&") for p in story.paragraphs]
        return self._render("_broken.html", "story", mangled=mangled, **self._story(story))

    def deep(self, story: Story, depth: int) -> bytes:
        """The story followed by comments nested ``depth`` levels deep."""
        return self._render("_deep.html", "story", depth=depth, **self._story(story))

    def word(self, name: str) -> str:
        return self.site.words.get(name) or _PLAIN_WORDS[name]

    def _render(self, template: str, view: str, **values: Any) -> bytes:
        site = self.site
        html = _environment.get_template(template).render(
            view=view,
            site=site,
            base=self.base,
            words={name: self.word(name) for name in _PLAIN_WORDS},
            nav=self._nav(),
            **values,
        )
        # Old systems write what their character set lacks as numeric entities.
        return html.encode(site.encoding, "xmlcharrefreplace")

    def _story(self, story: Story) -> Mapping[str, Any]:
        site = self.site
        copy = copy_path(site, story)
        return {
            "story": story,
            "canonical": self.base + story_path(site, story),
            "copy": self.base + copy if copy else None,
            "old": old_path(site, story),
            "date": spoken_date(story, site.dates),
            "updated": _spoken(story.updated, site.dates) if story.updated else None,
            "section_name": self._section_name(story.section),
            "section_path": listing_path(site, story.section),
            "related": [self._row(other) for other in self._related(story)],
            "linked_data": [_script(data) for data in self._linked_data(story)],
        }

    def _row(self, story: Story) -> Mapping[str, Any]:
        return {
            "story": story,
            "path": story_path(self.site, story),
            "copy_path": copy_path(self.site, story),
            "date": spoken_date(story, self.site.dates),
        }

    def _nav(self) -> list[tuple[str, str]]:
        """Sections in the order of the first night, so that menus stay the same."""
        names = sections_of(self.site, self.site.every(1))
        return [(self._section_name(name), listing_path(self.site, name)) for name in names]

    def _section_name(self, section: str) -> str:
        if section == self.site.latest:
            return self.word("latest")
        return self.site.sections.get(section) or section.replace("-", " ").capitalize()

    def _related(self, story: Story) -> list[Story]:
        """Two ordinary stories of the first night: the box never changes, so
        that an untouched page keeps its validators on the second night."""
        plain = [
            other
            for other in self.site.every(1)
            if other.slug != story.slug and other.category == "general"
        ]
        start = story.number % len(plain) if plain else 0
        return (plain[start:] + plain[:start])[:2]

    def _linked_data(self, story: Story) -> list[Mapping[str, Any]]:
        site, url = self.site, self.base + story_path(self.site, story)
        if site.metadata not in ("json-ld", "json-ld-graph"):
            return []
        people = [{"@type": "Person", "name": name} for name in story.byline]
        article: dict[str, Any] = {
            "@type": "NewsArticle",
            "headline": story.title,
            "datePublished": story.published.isoformat(),
            "dateModified": story.touched.isoformat(),
            "inLanguage": site.language,
            "description": story.summary,
            "mainEntityOfPage": {"@type": "WebPage", "@id": url},
            "url": url,
        }
        if people:
            article["author"] = people[0] if len(people) == 1 else people
        publisher = {"@type": "NewsMediaOrganization", "name": site.name, "url": self.base + "/"}
        if site.metadata == "json-ld":
            crumbs = [
                {
                    "@type": "ListItem",
                    "position": 1,
                    "name": self.word("home"),
                    "item": self.base + "/",
                },
                {"@type": "ListItem", "position": 2, "name": self._section_name(story.section)},
            ]
            context = {"@context": "https://schema.org"}
            return [
                {**context, "@type": "BreadcrumbList", "itemListElement": crumbs},
                {**context, **article, "publisher": publisher},
            ]
        for number, person in enumerate(people, 1):
            person["@id"] = f"{self.base}/#author-{story.number}-{number}"
        graph: list[Mapping[str, Any]] = [
            {**publisher, "@id": self.base + "/#organisation"},
            {"@type": "WebSite", "@id": self.base + "/#website", "name": site.name},
            {"@type": "WebPage", "@id": url, "name": f"{story.title} - {site.name}"},
            {**article, "publisher": {"@id": self.base + "/#organisation"}},
            *people,
        ]
        if people:
            graph[3] = {**graph[3], "author": [{"@id": person["@id"]} for person in people]}
        return [{"@context": "https://schema.org", "@graph": graph}]


def _script(data: Mapping[str, Any]) -> Markup:
    """JSON for a script element: ``</`` must not end it early."""
    return Markup(json.dumps(data, ensure_ascii=False).replace("</", "<\\/"))
