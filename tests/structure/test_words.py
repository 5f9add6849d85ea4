"""The words that people read: sources that outsiders can look up, one spelling of a thing."""

from __future__ import annotations

import re
from pathlib import Path

from enforcement.domain.fees import SCHEME_2024_25
from enforcement.services.default_policies import DEFAULTS

ROOT = Path(__file__).parent.parent.parent
SAID = ("templates/**/*.html", "enforcement/**/*.py", "docs/**/*.md", "README.md")


def test_email_is_written_in_one_way() -> None:
    """As GOV.UK and the NHS write it. Files of others may head a column as they like."""
    written = [
        (str(path.relative_to(ROOT)), line.strip())
        for pattern in SAID
        for path in ROOT.glob(pattern)
        for line in path.read_text(encoding="utf-8").splitlines()
        if "e-mail" in line.lower()
    ]
    assert [file for file, _ in written] == ["enforcement/register/shapes.py"], written


def test_a_policy_is_cited_from_the_law_or_names_what_is_open() -> None:
    """Numbers of our own notes tell a reader of the policy nothing."""
    cited = [citation for *_, citation in DEFAULTS] + [SCHEME_2024_25.citation]
    own = re.compile(r"\b(domain|product|question)\b|confirmed by|to confirm$", re.IGNORECASE)
    assert [citation for citation in cited if own.search(citation)] == []
    assert sum("Service owner to confirm" in citation for citation in cited) >= 10
