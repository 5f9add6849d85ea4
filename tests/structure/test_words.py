"""The words that people read: sources that outsiders can look up, one spelling of a thing."""

from __future__ import annotations

import re

from enforcement.domain.fees import SCHEME_2024_25
from enforcement.services.default_policies import DEFAULTS


def test_a_policy_is_cited_from_the_law_or_names_what_is_open() -> None:
    """Numbers of our own notes tell a reader of the policy nothing."""
    cited = [citation for *_, citation in DEFAULTS] + [SCHEME_2024_25.citation]
    own = re.compile(r"\b(domain|product|question)\b|confirmed by|to confirm$", re.IGNORECASE)
    assert [citation for citation in cited if own.search(citation)] == []
    assert sum("Service owner to confirm" in citation for citation in cited) >= 10
