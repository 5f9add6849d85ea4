"""What makes a past decision similar, and when an outcome is unlike all of them."""

from __future__ import annotations

from enum import StrEnum

ENOUGH = 3  # fewer similar decisions are no spread to stand outside of: product policy


class Band(StrEnum):
    """How many places a case touches."""

    ONE = "one"
    FEW = "few"
    MANY = "many"

    @property
    def label(self) -> str:
        return {"one": "1 place", "few": "2 to 5 places", "many": "6 places or more"}[self.value]


def band(places: int) -> Band:
    """The size band of a case by the number of its places."""
    if places <= 1:
        return Band.ONE
    return Band.FEW if places <= 5 else Band.MANY


def differs_from_all(outcome: str, imposed: int, spared: int) -> bool:
    """Whether an outcome ("impose", "no_penalty") differs from every one of enough similar
    decisions. It then needs a sentence why: consistency is explained, never enforced."""
    same = imposed if outcome == "impose" else spared
    return imposed + spared >= ENOUGH and same == 0
