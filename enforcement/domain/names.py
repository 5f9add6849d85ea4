"""Names of legal persons: how they are searched, and when one looks like a public body's.

Looking like one is only a reason to ask a person: CQC's ownership type says "Organisation" for
councils, and only a reviewed finding exempts anybody (2012 Act s.277E(1); domain notes 3).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_APOSTROPHES = str.maketrans("", "", "'’‘`.")
_NOT_PLAIN = re.compile(r"[^0-9A-Za-z]+")
_COUNCIL = re.compile(
    r"\b(council|borough|corporation of|city of|combined authority|local authority"
    r"|council of the isles)\b"
)
_NHS = re.compile(
    r"\b(nhs|foundation trust|health board|integrated care board|ambulance service"
    r"|health and care trust)\b"
)
_NHS_ID = re.compile(r"[A-Z][A-Z0-9]{2,4}")


@lru_cache(maxsize=1_024)
def search_name(name: str) -> str:
    """A name as it is searched: case and accents folded, punctuation gone, "&" read as "and"."""
    plain = name.replace("&", " and ").translate(_APOSTROPHES)
    if plain.isascii():  # nearly every name: no accents to fold
        return " ".join(_NOT_PLAIN.sub(" ", plain).lower().split())
    plain = unicodedata.normalize("NFKD", plain)
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(kept.casefold().split())


def why_review(name: str, ownership_type: str | None, cqc_id: str) -> str | None:
    """Why somebody should review whether this provider is a public body; None when nothing
    points that way. It never decides: charities and companies can carry such names too.
    """
    plain = search_name(name)
    if ownership_type is not None and re.search(r"\bnhs\b", ownership_type, re.IGNORECASE):
        return f"CQC gives the ownership type “{ownership_type}”."
    if _NHS.search(plain):
        return "The name looks like an NHS body's."
    if _COUNCIL.search(plain):
        return "The name looks like a council's."
    if _NHS_ID.fullmatch(cqc_id):
        return f"The provider id {cqc_id} is of the form that NHS bodies have."
    return None
