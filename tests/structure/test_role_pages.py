"""The pages for each role name buttons and pages in bold: each stands in the product like that."""

from __future__ import annotations

import re
from pathlib import Path

from enforcement.web.staff import NAVIGATION
from enforcement.web.staff.case_frame import TABS

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted((ROOT / "docs" / "roles").glob("*.md"))


def plain(text: str) -> str:
    return " ".join(text.split())


def test_every_word_in_bold_is_on_a_screen() -> None:
    sources = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "enforcement").rglob("*.py")]
    product = plain(" ".join(path.read_text(encoding="utf-8") for path in sources))
    assert len(PAGES) >= 7
    missing = [
        (page.name, words)
        for page in PAGES
        for words in map(plain, re.findall(r"\*\*(.+?)\*\*", page.read_text(encoding="utf-8")))
        if words not in product
    ]
    assert missing == []


# A page of the staff site by its tab or its word in the navigation, and where its words stand.
PLACES = {words: endpoint.split(".")[0] for words, endpoint, _ in NAVIGATION}
PLACES |= {words: endpoint.split(".")[0] for _, words, endpoint in TABS}
A_PLACE = re.compile(
    r"(?:\b[Oo]n|\bgo to|case’s) \*\*([^*]+)\*\*"
    r"|\*\*([^*]+)\*\* (?:page )?(?:on|of) (?:the|a) case\b"
)
FOLLOWED = re.compile(r"\*\*([^*]+)\*\*, follow \*\*([^*]+)\*\*")


def test_a_place_that_people_are_sent_to_is_a_tab_or_in_the_navigation() -> None:
    sent = [
        (page.name, found[1] or found[2])
        for page in PAGES
        for found in A_PLACE.finditer(plain(page.read_text(encoding="utf-8")))
    ]
    assert len(sent) >= 9
    assert [one for one in sent if one[1] not in PLACES] == []


def test_a_link_to_follow_stands_on_the_page_that_is_named() -> None:
    sent = [found for page in PAGES for found in FOLLOWED.findall(plain(page.read_text("utf-8")))]
    assert len(sent) >= 2
    for place, link in sent:
        folder = ROOT / "templates" / "staff" / PLACES[place]
        words = plain(" ".join(one.read_text("utf-8") for one in folder.glob("*.html")))
        assert f">{link}</a>" in words, (place, link)


def test_the_readme_leads_to_each() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES if f"docs/roles/{page.name}" not in readme] == []
