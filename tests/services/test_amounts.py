"""The amount: our working, CQC's figure, and a difference that somebody must look at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import notice_story as told
import pytest
import sqlalchemy as sa

from enforcement.data.history import Event
from enforcement.data.register import Location
from enforcement.domain.cases import Action
from enforcement.domain.refusals import BadInput, NotAllowed, WrongState
from enforcement.services import amounts, cases


@pytest.fixture
def story(begin: Callable[..., Any]) -> Any:
    found = told.Story(begin)
    found.triage()
    return found


def test_working_is_stored_and_repeated_silently(story: Any, begin: Any) -> None:
    with begin(told.OFFICER) as work:
        case = story.case(work)
        found = amounts.recompute(work, case)
        assert (found.total_pence, case.amount_pence) == (238_800, 238_800)
        assert case.amount_trace["recomputed_on"] == "2026-06-16"
        amounts.recompute(work, case)
        count = sa.select(sa.func.count()).where(Event.kind == "amount_recomputed")
        assert work.session.scalar(count.select_from(Event)) == 1


def test_missing_number_gives_no_amount(story: Any, begin: Any) -> None:
    with begin(told.OFFICER) as work:
        work.session.execute(sa.update(Location).values(beds=None))
        work.session.expire_all()
        case = story.case(work)
        found = amounts.recompute(work, case)
        assert case.amount_pence is None
        assert "number of places" in found.missing[0]
        gate = {g.name: g for g in cases.gates(work, case, Action.DRAFT_INTENT)}["amount_known"]
        assert not gate.ok


def test_confirmed_figure_stays_and_a_difference_closes_the_gate(story: Any, begin: Any) -> None:
    def current(work: Any, case: Any) -> bool:
        found = cases.gates(work, case, Action.DRAFT_FINAL)
        return {gate.name: gate.ok for gate in found}["amount_current"]

    with begin(told.OFFICER) as work:
        case = story.case(work)
        amounts.confirm(work, case, 326_800, "CQC letter of 1 June 2026, invented")
        amounts.recompute(work, case)
        assert case.amount_pence == 326_800
        assert case.amount_trace["difference"] == "£2,388.00 to £3,268.00, up by £880.00"
        assert not current(work, case)
        with pytest.raises(BadInput):
            amounts.acknowledge(work, case, " ")
        amounts.acknowledge(work, case, "CQC counts the annexe")
        assert current(work, case)
    with begin(told.OFFICER, told.NOW + timedelta(days=1)) as work:
        case = story.case(work)
        assert not current(work, case)
        amounts.recompute(work, case)  # the same two figures need no second look
        assert current(work, case)
        work.session.execute(sa.update(Location).values(beds=30))
        work.session.expire_all()
        amounts.recompute(work, story.case(work))
        assert not current(work, story.case(work))


@pytest.mark.parametrize(("pence", "evidence"), [(0, "letter"), (-1, "letter"), (100, "  ")])
def test_confirming_needs_a_sum_and_evidence(
    story: Any, begin: Any, pence: int, evidence: str
) -> None:
    with begin(told.OFFICER) as work, pytest.raises(BadInput):
        amounts.confirm(work, story.case(work), pence, evidence)


def test_figure_may_not_move_under_a_submitted_notice(story: Any, begin: Any) -> None:
    story.draft()
    story.submit()
    with begin(told.OFFICER) as work:
        with pytest.raises(WrongState):
            amounts.confirm(work, story.case(work), 100, "letter")
        with pytest.raises(WrongState):
            amounts.recompute(work, story.case(work))
    with begin(told.FINANCE) as work, pytest.raises(NotAllowed):
        amounts.recompute(work, story.case(work))
