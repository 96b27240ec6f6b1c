"""Stored pages served as a news site, over real HTTP."""

from __future__ import annotations

import contextlib
import gzip
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from monitor.newsroom.http import listen
from monitor.outlets import load_outlet

# bench/ is no part of the package.
sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import replay
from bench.replay import Replay, StoredPage, main, own_address, routes

HTTP = httpx.Client(verify=False)

THAI = "<html><head><title>ข่าว</title></head><body>ตัวอย่าง</body></html>".encode("cp874")
RIVER = b"""<html><head><title>River &amp; rain</title>
<meta property="article:published_time" content="2026-11-20T08:00:00+07:00">
<link rel="canonical" href="https://a.example/2026/river%20one?id=5"></head><body>River</body></html>
"""
HILL = b"<html><head><meta content='http://b.example/hill/' property='og:url'></head></html>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pages = tmp_path / "pages"
    (pages / "deeper").mkdir(parents=True)
    (pages / "thai.html").write_bytes(THAI)
    (pages / "deeper" / "river.html.gz").write_bytes(gzip.compress(RIVER))
    (pages / "deeper" / "hill.htm").write_bytes(HILL)
    (pages / "notes.json").write_text("{}")
    return pages


@pytest.fixture
def site(folder: Path) -> Iterator[Replay]:
    with Replay([folder]) as site:
        yield site


def locations(url: str) -> list[str]:
    xml = ElementTree.fromstring(HTTP.get(url).content)
    return [e.text or "" for e in xml.iter() if e.tag.endswith("}loc")]


def write_warc(path: Path, pages: list[tuple[str, str, str, bytes]]) -> Path:
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=path.suffix == ".gz")
        for url, status, kind, body in pages:
            headers = StatusAndHeaders(status, [("Content-Type", kind)], protocol="HTTP/1.1")
            record = writer.create_warc_record(
                url, "response", payload=BytesIO(body), http_headers=headers
            )
            writer.write_record(record)
    return path


def test_pages_keep_their_real_paths_behind_their_hosts(site: Replay) -> None:
    assert sorted(site.pages) == [
        "/a.example/2026/river one?id=5",
        "/b.example/hill/",
        "/stored/thai.html",
    ]


def test_one_host_needs_no_prefix(tmp_path: Path) -> None:
    (tmp_path / "river.html").write_bytes(RIVER)
    assert list(Replay([tmp_path]).pages) == ["/2026/river one?id=5"]


def test_two_pages_with_one_address_are_both_served() -> None:
    pages = [
        StoredPage(Path(name), "http://a.example/x", "", None) for name in ("1.html", "2.html")
    ]
    assert list(routes(pages)) == ["/x", "/stored/2.html"]


def test_a_home_page_as_canonical_link_is_not_believed() -> None:
    page = StoredPage(Path("1.html"), "http://a.example/", "", None)
    assert list(routes([page])) == ["/stored/1.html"]


@pytest.mark.parametrize(
    ("head", "address"),
    [
        (b'<link href="http://a.example/x" rel="canonical">', "http://a.example/x"),
        (b"<LINK REL=canonical HREF=http://a.example/x>", "http://a.example/x"),
        (b'<link rel="canonical" href="/x"><meta name="og:url" content="http://a.example/y">',
         "http://a.example/x"),
        (b'<link rel="canonical" href="">', None),
        (b'<link rel="canonical" href="http://[broken/x">', None),
        (b"", None),
    ],
)  # fmt: skip
def test_the_address_is_read_from_the_head(head: bytes, address: str | None) -> None:
    assert own_address(head) == address


def test_bytes_are_untouched_and_no_charset_is_claimed(site: Replay) -> None:
    answer = HTTP.get(site.address("/stored/thai.html"))
    assert answer.content == THAI
    assert answer.headers["content-type"] == "text/html"
    assert HTTP.get(site.address("/a.example/2026/river one?id=5")).content == RIVER
    assert HTTP.get(site.base_url + "/nothing").status_code == 404


def test_the_sitemap_index_leads_to_every_page(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "PER_SITEMAP", 2)
    with Replay([folder]) as site:
        assert (
            f"Sitemap: {site.base_url}/sitemap.xml" in HTTP.get(site.base_url + "/robots.txt").text
        )
        parts = locations(site.base_url + "/sitemap.xml")
        assert len(parts) == 2
        listed = [url for part in parts for url in locations(part)]
        assert [HTTP.get(url).status_code for url in listed] == [200, 200, 200]
        assert len(set(listed)) == len(site.pages)


def test_the_feed_lists_the_newest_pages(folder: Path) -> None:
    with Replay([folder], newest=1) as site:
        feed = ElementTree.fromstring(HTTP.get(site.base_url + "/feed.xml").content)
    items = feed.findall("channel/item")
    assert [item.findtext("title") for item in items] == ["River & rain"]
    assert items[0].findtext("pubDate") == "Fri, 20 Nov 2026 00:00:00 +0000"


@pytest.mark.parametrize("name", ["pages.warc", "pages.warc.gz"])
def test_a_warc_is_served_with_the_headers_it_had(tmp_path: Path, name: str) -> None:
    big5 = "<html><title>新聞</title></html>".encode("big5")
    archive = write_warc(
        tmp_path / name,
        [
            ("http://a.example/gone", "404 Not Found", "text/html", b"gone"),
            ("http://a.example/picture", "200 OK", "image/png", b"png"),
            ("http://a.example/1?x=y", "200 OK", "text/html; charset=big5", big5),
            ("http://a.example/2", "200 OK", "text/html", RIVER),
        ],
    )
    with Replay([archive]) as site:
        assert sorted(site.pages) == ["/1?x=y", "/2"]
        first = HTTP.get(site.address("/1?x=y"))
        assert (first.content, first.headers["content-type"]) == (big5, "text/html; charset=big5")
        assert HTTP.get(site.address("/2")).content == RIVER
        assert site.requested == ["/1?x=y", "/2"]


def test_the_outlet_file_can_be_loaded(site: Replay, tmp_path: Path) -> None:
    outlet = load_outlet(site.outlet_toml(tmp_path / "outlets"))
    assert outlet.homepage == site.base_url + "/"
    assert [source.kind for source in outlet.sources] == ["feed", "sitemap"]
    assert outlet.delay == 0


def test_a_taken_port_or_a_missing_folder_is_one_clear_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.closing(listen("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main([str(folder), "--port", str(port)]) == 2
    assert main([str(folder / "nowhere")]) == 2
    taken, missing = capsys.readouterr().err.splitlines()
    assert taken.startswith(f"replay: port {port} on 127.0.0.1 is taken")
    assert missing == f"replay: {folder / 'nowhere'} does not exist"
