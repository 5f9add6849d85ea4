"""The ways in which a journey can be walked, each by everybody in it: officers and providers."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Way:
    """One screen of one width, with JavaScript on or off."""

    name: str
    width: int
    script: bool


DESK = Way("desk", 1366, True)
PHONE = Way("phone", 390, True)
PLAIN_DESK = Way("plain desk", 1366, False)
PLAIN_PHONE = Way("plain phone", 390, False)
FOUR = (DESK, PHONE, PLAIN_DESK, PLAIN_PHONE)
OPPOSITE = {DESK: PLAIN_PHONE, PHONE: PLAIN_DESK}


def walked(way: Way) -> pytest.MarkDecorator:
    """A journey that is walked in this way, with JavaScript, and in the opposite one without.

    `JOURNEY_WAYS=all` has every journey walked in all four.
    """
    ways = FOUR if os.environ.get("JOURNEY_WAYS") == "all" else (way, OPPOSITE[way])
    return pytest.mark.parametrize("way", ways, ids=lambda one: one.name.replace(" ", "-"))
