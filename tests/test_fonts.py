"""Stories of all ten languages are shown in fonts that have their letters: no empty boxes."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest
from browsing import LANGUAGES, needs_chromium

FONTS = {
    "km": "Noto Sans Khmer",
    "lo": "Noto Sans Lao",
    "my": "Noto Sans Myanmar",
    "th": "Noto Sans Thai",
    "zh": "Noto Sans CJK SC",
}
LATIN = "Noto Sans"
SCRIPTS = {"km": "Khmer", "lo": "Lao", "my": "Myanmar", "th": "Thai", "zh": "Han"}


def missing_fonts() -> list[str]:
    if shutil.which("fc-list") is None:
        return [*FONTS.values(), LATIN]
    listed = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=True)
    families = {name for line in listed.stdout.splitlines() for name in line.split(",")}
    return sorted({*FONTS.values(), LATIN} - families)


pytestmark = [
    needs_chromium,
    pytest.mark.skipif(
        bool(missing_fonts()),
        reason=f"{', '.join(missing_fonts())} are not installed"
        " (Debian: fonts-noto-core fonts-noto-cjk)",
    ),
]


@pytest.fixture(scope="module")
def page(chromium: Any, address: str) -> Any:
    return chromium.new_page(base_url=address)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("selector", ["article.text", "h1"])
def test_every_letter_of_a_story_is_in_the_font_of_its_script(
    page: Any, language: str, selector: str
) -> None:
    page.goto(f"/monitor/articles/{LANGUAGES.index(language) + 1}")
    # A letter that the font lacks would come from another one, which Chromium then names, too.
    page.locator(selector).evaluate(
        "(shown, script) => { shown.textContent ="
        " shown.textContent.match(new RegExp(`\\\\p{Script=${script}}+`, 'gu')).join(''); }",
        SCRIPTS.get(language, "Latin"),
    )
    devtools = page.context.new_cdp_session(page)
    devtools.send("DOM.enable")
    devtools.send("CSS.enable")
    root = devtools.send("DOM.getDocument")["root"]["nodeId"]
    found = {"nodeId": root, "selector": selector}
    node = devtools.send("DOM.querySelector", found)["nodeId"]
    used = devtools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]

    assert {font["familyName"] for font in used} == {FONTS.get(language, LATIN)}
    assert sum(font["glyphCount"] for font in used) > 10
