"""The pages for each role name buttons and pages in bold: each stands in the product like that."""

from __future__ import annotations

import re
from pathlib import Path

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


def test_the_readme_leads_to_each() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES if f"docs/roles/{page.name}" not in readme] == []
