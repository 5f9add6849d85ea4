"""What a case page reads does not grow with the number of its misses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import notice_story as told
import pytest
from sqlalchemy import event

from enforcement.data.cases import CaseMiss
from enforcement.data.files import ImportedFile
from enforcement.data.register import Duty, Location
from enforcement.data.windows import Correction, ReturnRow
from enforcement.services.breaches import breach_stands, standing
from enforcement.services.case_facts import facts_of
from enforcement.services.files import keep


@pytest.fixture
def story(begin: Callable[..., Any]) -> Any:
    found = told.Story(begin)
    found.triage()
    return found


def add_places(work: Any, case: Any, count: int) -> None:
    for number in range(count):
        place = Location(
            cqc_id=f"1-7000{number:05d}", provider=case.provider, name=f"Invented {number}",
            address=[], service_names=[], beds=10,
        )  # fmt: skip
        work.session.add(place)
        work.session.flush()
        duty = Duty(
            location=place, provider_id=case.provider_id, service="care_home",
            first_window=told.MONTHS[0].number, last_window=99_999,
        )  # fmt: skip
        work.session.add(duty)
        work.session.flush()
        for month in told.MONTHS:
            work.session.add(
                CaseMiss(case=case, duty=duty, window_no=month.number, evidence={})
            )  # fmt: skip
    work.session.flush()


def count_statements(work: Any, act: Callable[[], object]) -> int:
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(work.session.get_bind(), "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(work.session.get_bind(), "before_cursor_execute", note)
    return len(seen)


def test_the_breach_is_judged_in_the_same_statements_for_forty_places(
    story: Any, begin: Any
) -> None:
    counts = []
    for more in (0, 40):
        with begin(told.OFFICER) as work:
            add_places(work, story.case(work), more)
        with begin(told.OFFICER) as work:
            case = story.case(work)
            [miss.duty_id for miss in case.misses]
            counts.append(
                count_statements(work, lambda w=work, c=case: breach_stands(w.session, c))
            )
    assert counts[0] == counts[1] <= 3


def test_a_counting_return_or_an_approved_correction_cures(story: Any, begin: Any) -> None:
    with begin(told.OFFICER) as work:
        case = story.case(work)
        duty, [first, second, third] = case.misses[0].duty_id, [m.number for m in told.MONTHS]
        source = ImportedFile(
            kind="returns", shape="status", filename="x.csv",
            sha256=keep(work, b"x", "text/csv"), window_no=first,
            as_at=date(2026, 6, 1), loaded_at=work.now, loaded_by="staff:olive", rows_in=1,
            accepted=1, rejected=[], notices=[], mapping={}, changes={}, state="loaded",
        )  # fmt: skip
        work.session.add(source)
        work.session.flush()

        def returned(window: int, counts: bool) -> None:
            work.session.add(
                ReturnRow(duty_id=duty, window_no=window, counts=counts, kind="update",
                          file_id=source.id, line=window)
            )  # fmt: skip
            work.session.flush()

        def corrected(window: int, by: str | None) -> None:
            work.session.add(
                Correction(duty_id=duty, window_no=window, outcome="submitted", reason="x",
                           evidence="y", proposed_by="staff:a", approved_by=by, made_at=work.now)
            )  # fmt: skip
            work.session.flush()

        def left() -> list[int]:
            return [m.window_no for found in standing(work.session, case).values() for m in found]

        returned(first, False)
        corrected(second, None)
        assert left() == [first, second, third]
        assert breach_stands(work.session, case)
        corrected(second, "staff:b")
        assert left() == [first, third]
        assert not breach_stands(work.session, case)
        returned(third, True)
        assert left() == [first]
        assert not facts_of(work, case).breach_reevaluated
