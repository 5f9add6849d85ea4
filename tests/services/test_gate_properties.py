"""No walk through the services, by whoever it may be, leaves a final notice past a failed gate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from gate_walk import Walk, without
from sqlalchemy import Engine

from enforcement.domain import cases as table
from enforcement.domain import gates
from enforcement.domain.cases import Guard, State

S = State
# --- the walks --------------------------------------------------------------------------------
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
STARTS = [*[S.TRIAGE] * 2, *[S.REPRESENTATIONS] * 4, *[S.IMPOSE] * 4]
LENGTH = 90


def walks(begin: Callable[..., Any], engine: Engine, starts: Sequence[State]) -> int:
    """A walk from each start, each with its own seed; how many final notices went out."""
    each = [Walk(begin, engine, seed, start) for seed, start in enumerate(starts, start=1)]
    return sum(walk.go(LENGTH).issued for walk in each)


@pytest.mark.slow
@SQLITE
def test_no_walk_passes_a_failed_gate(begin: Callable[..., Any], engine: Engine) -> None:
    """And the walks are worth their name: some come as far as the money."""
    assert walks(begin, engine, STARTS) >= 2


@pytest.mark.slow
@SQLITE
@pytest.mark.parametrize(
    ("gone", "told"),
    [
        (gates.amount_confirmed, "an estimate"),
        (gates.register_agrees, "left the register|another legal person|no reasons|vanished"),
    ],
)
def test_the_walks_notice_a_gate_that_is_gone(
    begin: Callable[..., Any],
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    gone: Guard,
    told: str,
) -> None:
    monkeypatch.setattr(table, "BY_ACTION", without(gone))
    with pytest.raises(AssertionError, match=told):
        walks(begin, engine, [S.IMPOSE] * 6)
