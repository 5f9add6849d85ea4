"""The gate page knows every gate that lies ahead: where it is put right, on screens that exist."""

from __future__ import annotations

from datetime import date

import pytest

from enforcement import create_staff_app
from enforcement.domain.cases import BY_ACTION, CaseFacts, State
from enforcement.settings import Settings
from enforcement.web.staff import gate

TODAY = date(2026, 6, 16)


def names() -> set[str]:
    """Every gate of every step that the page shows."""
    shown = {action for action, _ in gate.LINE} | {action for _, action in gate.NEXT.values()}
    facts = CaseFacts(State.TRIAGE)
    return {guard(facts, TODAY).name for action in shown for guard in BY_ACTION[action].guards}


def test_every_gate_has_a_place_where_it_is_put_right() -> None:
    assert names() == set(gate.RIGHTS)
    assert set(gate.FACTS) <= names()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_those_places_exist(settings: Settings) -> None:
    known = create_staff_app(settings).view_functions
    assert {right.endpoint for right in gate.RIGHTS.values()} <= set(known)


def test_every_step_of_the_line_comes_next_in_some_state() -> None:
    assert {first for first, _ in gate.NEXT.values()} == {action for action, _ in gate.LINE}
