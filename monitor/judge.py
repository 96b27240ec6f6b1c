"""The path of one page: extract → language → flag → search key. Pure; runs in the workers."""

from __future__ import annotations

import hashlib

from monitor import language
from monitor.extract import ExtractError, extract
from monitor.flagging import flag
from monitor.items import Article, Headline, Judged, Page, Quarantined
from monitor.store.search_keys import search_key


def judge(page: Page | Headline, declared_language: str | None = None) -> Judged | Quarantined:
    """The article on a page with its verdict, or why there is none; of a headline
    what it says, with a verdict.

    ``declared_language`` (ISO 639-1) is what the outlet says of itself; a hint
    only. Never raises for a bad page: what an unforeseen one throws becomes
    the reason of its quarantine.
    """
    if isinstance(page, Headline):
        return _judge_headline(page, declared_language)
    stage = "extract"
    try:
        article = extract(
            page.body,
            page.url,
            content_type=page.content_type,
            declared_language=declared_language,
            fetched_at=page.fetched_at,
            entry=page.entry,
        )
        stage = "flag"
        verdict = flag(article.title, article.text, article.language)
        stage = "store"
        key = search_key(f"{article.title}\n{article.text}")
    except ExtractError as error:
        return _quarantined(page, stage, error.reason, str(error))
    except Exception as error:  # a page must not stop the night, whatever it does
        return _quarantined(page, stage, "crashed", f"{type(error).__name__}: {error}")
    return Judged(
        outlet=page.outlet,
        article=article,
        flag=verdict,
        page_url=page.url,
        page_sha256=hashlib.sha256(page.body).hexdigest(),
        status=page.status,
        fetched_at=page.fetched_at,
        same_article=tuple(dict.fromkeys((page.requested_url, page.url))),
        etag=page.headers.get("etag"),
        last_modified=page.headers.get("last-modified"),
        search_key=key,
    )


def _judge_headline(headline: Headline, declared_language: str | None) -> Judged:
    entry = headline.entry
    title, text = entry.title or "", entry.summary or ""
    verdict = language.detect(text, title=title, declared=declared_language)
    return Judged(
        outlet=headline.outlet,
        article=Article(
            url=entry.url,
            title=title,
            text=text,
            published_at=entry.published_at,
            published_from="feed" if entry.published_at else None,
            language=verdict.code,
            language_declared=declared_language,
            verdict=verdict,
        ),
        flag=flag(title, text, verdict.code),
        page_url=entry.url,
        page_sha256=None,
        status=0,
        fetched_at=headline.at,
        same_article=(entry.url,),
        headline_only=True,
    )


def _quarantined(page: Page, stage: str, reason: str, detail: str) -> Quarantined:
    return Quarantined(
        outlet=page.outlet,
        url=page.requested_url,
        stage=stage,
        reason=reason,
        detail=detail,
        at=page.fetched_at,
        status=page.status,
        body=page.body,
        state="not_article",
    )
