"""Successions: CQC's own word on which location came before and after which.

A move or a new legal person gives a new location number, so that what became of a home is a
chain of numbers (data formats 1.5). Followed through any number of steps, in both directions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Link:
    """`later` came after `earlier`, for the reason CQC gives (may be empty)."""

    earlier: str
    later: str
    reason: str = ""


@dataclass(frozen=True)
class Step:
    """One location of the chain: how many steps away, before (below 0) or after, and through
    which other location CQC links it."""

    place: str
    distance: int
    through: str
    reason: str


def chain(start: str, links: Iterable[Link]) -> tuple[Step, ...]:
    """Every location before and after `start`, in order; each once, however the links circle.

    Said from either side, a link is one link. Refuses nothing.
    """
    known = sorted(set(links))
    before = _walk(start, [(link.later, link.earlier, link.reason) for link in known], -1)
    after = _walk(start, [(link.earlier, link.later, link.reason) for link in known], 1)
    seen = {step.place for step in before}
    steps = [*before, *(step for step in after if step.place not in seen)]
    return tuple(sorted(steps, key=lambda step: (step.distance, step.place)))


def _walk(start: str, links: list[tuple[str, str, str]], way: int) -> list[Step]:
    found: dict[str, Step] = {}
    edge = [start]
    distance = 0
    while edge:
        distance += way
        near = set(edge)
        edge = []
        for origin, place, reason in links:
            if origin not in near or place == start or place in found:
                continue
            found[place] = Step(place, distance, origin, reason)
            edge.append(place)
    return list(found.values())
