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
from enforcement.domain.refusals import BadInput, NotAllowed, SamePerson, WrongState
from enforcement.services import amounts, cases
from enforcement.services.case_facts import facts_of
from enforcement.services.files import fetch


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

    told.confirm_fee(begin, story.reference, 326_800)
    with begin(told.OFFICER) as work:
        case = story.case(work)
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


@pytest.mark.parametrize(
    ("pence", "words", "name", "content"),
    [
        (0, "letter", "fee.eml", told.LETTER),
        (-1, "letter", "fee.eml", told.LETTER),
        (100, "  ", "fee.eml", told.LETTER),
        (100, "letter", "fee.eml", b""),
        (100, "letter", "fee.exe", b"MZ"),
        (100, "letter", "fee.pdf", b"no pdf"),
    ],
)
def test_entering_needs_a_sum_words_and_a_file(
    story: Any, begin: Any, pence: int, words: str, name: str, content: bytes
) -> None:
    with begin(told.OFFICER) as work, pytest.raises(BadInput):
        amounts.enter(work, story.case(work), pence, words, name, content)


def test_a_figure_counts_once_a_second_person_read_the_same(story: Any, begin: Any) -> None:
    with begin(told.OFFICER) as work:
        case = story.case(work)
        with pytest.raises(WrongState):
            amounts.confirm(work, case, 100)
        amounts.enter(work, case, 326_800, "Letter", "fee.eml", told.LETTER)
        assert case.amount_status == "estimate"
        assert not facts_of(work, case).amount_confirmed
        with pytest.raises(SamePerson):
            amounts.confirm(work, case, 326_800)
    with begin(told.OTHER_OFFICER) as work:
        case = story.case(work)
        with pytest.raises(BadInput, match="You read £3,286"):
            amounts.confirm(work, case, 328_600)
        amounts.confirm(work, case, 326_800)
        assert (case.amount_pence, case.amount_status) == (326_800, "confirmed")
        assert facts_of(work, case).amount_confirmed
        assert amounts.waiting(case) is None
        assert fetch(work, case.amount_trace["evidence_file"]).content == told.LETTER
        with pytest.raises(WrongState):  # what was checked is not checked again
            amounts.confirm(work, case, 326_800)


def test_a_figure_turned_down_leaves_what_stood_before(story: Any, begin: Any) -> None:
    told.confirm_fee(begin, story.reference, 238_800)
    with begin(told.OFFICER) as work:
        case = story.case(work)
        amounts.enter(work, case, 999_900, "Letter", "fee.eml", told.LETTER)
        with pytest.raises(BadInput):
            amounts.turn_down(work, case, " ")
        amounts.turn_down(work, case, "It is another provider’s letter.")
        assert (case.amount_pence, case.amount_status) == (238_800, "confirmed")
        with pytest.raises(WrongState):
            amounts.turn_down(work, case, "Again")


def test_figure_may_not_move_under_a_submitted_notice(story: Any, begin: Any) -> None:
    story.draft()
    story.submit()
    with begin(told.OFFICER) as work:
        with pytest.raises(WrongState):
            amounts.enter(work, story.case(work), 100, "letter", "fee.eml", told.LETTER)
        with pytest.raises(WrongState):
            amounts.recompute(work, story.case(work))
    with begin(told.FINANCE) as work, pytest.raises(NotAllowed):
        amounts.recompute(work, story.case(work))
