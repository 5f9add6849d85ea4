"""Standard paragraphs in force: policy rows that a second person approved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from enforcement.services.policies import approved

POLICY = "paragraph"


@dataclass(frozen=True)
class Paragraph:
    """Words to begin an answer from; `id` is the policy row."""

    id: int
    title: str
    text: str


def in_force(session: Session, day: date) -> list[Paragraph]:
    """Every paragraph in force, by title. A later row with the same title replaces the earlier;
    one whose words are “withdrawn” ends it."""
    latest: dict[str, Paragraph] = {}
    for row in approved(session, POLICY):
        if row.effective_from <= day:
            latest[row.body["title"]] = Paragraph(row.id, row.body["title"], row.body["text"])
    standing = [one for one in latest.values() if one.text.strip().lower() != "withdrawn"]
    return sorted(standing, key=lambda one: one.title)


def ever(session: Session) -> list[str]:
    """The words of every paragraph ever approved: old ones are standard words too."""
    return [row.body["text"] for row in approved(session, POLICY)]
