"""What must hold of a version of the words before a second person may approve it.

Computed once, when the version is proposed, on its sample and on its worst case; kept with the
proposal, so that the approver sees what was found and not what would be found another day.
"""

from __future__ import annotations

from dataclasses import dataclass

from enforcement.domain.events import Fact
from enforcement.rendering import templates as folders


@dataclass(frozen=True)
class Check:
    """A tick or a cross: what must hold, whether it does, what was found, the rule."""

    title: str
    ok: bool
    detail: str = ""
    rule: str = ""

    def as_json(self) -> dict[str, Fact]:
        return {"title": self.title, "ok": self.ok, "detail": self.detail, "rule": self.rule}


def gates(kind: str, version: str) -> list[Check]:
    """Every gate of a version, ticks and crosses. Refuses BadInput for an unknown version."""
    return [_known(kind, version)]


def _known(kind: str, version: str) -> Check:
    return Check(
        "The folder and the paper it uses are on this machine, under a fingerprint",
        True,
        folders.folder_sha256(kind, version),
    )
