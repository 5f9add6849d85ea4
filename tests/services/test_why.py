"""Why a case exists: the same bytes from stored rows, and which row changed when they differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import run_story as story
from sqlalchemy import insert, select, text

from enforcement.data.cases import Case
from enforcement.data.files import ImportedFile
from enforcement.data.history import Event
from enforcement.data.register import Provider, RegisterChange
from enforcement.data.windows import ReturnRow
from enforcement.domain.events import canonical
from enforcement.services import cases, corrections, reviews, runs, why

LATER = story.NOW + timedelta(days=3)
MARKS = ("sssslssssmml", "smsmsmsm-sss", "ssssssssslll", "------------", "nnnnnnnnnmmm")


@pytest.fixture
def opened(begin: Callable[..., Any], people: dict[str, Any]) -> list[str]:
    """Cases with misses of every kind: rows that say missed, late ones, and no row at all."""
    with begin(people["officer"]) as work:
        story.windows(work)
        shared = story.provider(work, 100)
        for number, marks in enumerate(MARKS, 1):
            owner = shared if number > 3 else story.provider(work, number)
            story.duty(work, owner, number, marks)
        reviews.review(work, shared, False, "A private company")
    with begin(people["officer"]) as work:
        run_id = runs.preview(work, story.LATEST).id
    with begin(people["senior"], story.NOW + timedelta(hours=2)) as work:
        return [case.reference for case in runs.approve(work, run_id)]


def test_the_stored_text_comes_again_byte_for_byte(
    begin: Callable[..., Any], people: dict[str, Any], opened: list[str]
) -> None:
    assert len(opened) == 4
    with begin(people["auditor"], LATER) as work:
        for reference in opened:
            case = cases.find(work, reference)
            assert why.rerun(work.session, case) == case.why
            assert canonical(json.loads(case.why)) == case.why
            found = why.explain(work.session, case)
            assert (found.reproduced, found.broken, found.since) == (True, (), ())
            event = work.session.scalars(
                select(Event).where(
                    Event.stream == f"case:{reference}", Event.kind == "case_opened"
                )
            ).one()
            digest = hashlib.sha256(case.why.encode()).hexdigest()
            assert json.loads(event.body)["facts"]["verdict"] == digest


def test_it_comes_again_after_everything_around_it_changed(
    begin: Callable[..., Any], people: dict[str, Any], opened: list[str]
) -> None:
    """Register, reviews, the case itself: nothing that happened since moves the frozen verdict."""
    with begin(people["officer"], LATER) as work:
        for owner in work.session.scalars(select(Provider)):
            owner.deregistered_on = LATER.date()
            work.session.add(
                RegisterChange(
                    file_id=work.session.scalars(select(ImportedFile.id)).first(),
                    provider_id=owner.id,
                    kind="closed",
                    effective_on=LATER.date(),
                    noticed_at=LATER,
                )
            )
            owner.name = f"{owner.name} (renamed)"
            reviews.review(work, owner, True, "Found to be a council’s company")
        for reference in opened:
            cases.close(work, cases.find(work, reference), "public_body")
    with begin(people["auditor"], LATER) as work:
        for reference in opened:
            case = cases.find(work, reference)
            assert why.rerun(work.session, case) == case.why
            assert why.explain(work.session, case).register_differences


def test_a_later_return_or_correction_says_which_row(
    begin: Callable[..., Any], people: dict[str, Any], opened: list[str]
) -> None:
    with begin(people["officer"], LATER) as work:
        case = cases.find(work, opened[0])
        duty = case.misses[0].duty_id
        later = story.file(work, story.LATEST, at=LATER, name="later.csv")
        row = story.return_row(duty, story.LATEST, "s", later, 77)
        work.session.execute(insert(ReturnRow), [row])
        fixed = corrections.propose(work, duty, story.LATEST - 1, "excused", "Flood", "Letter 4")
    with begin(people["leader"], LATER) as work:
        corrections.approve(work, fixed.id)
    with begin(people["auditor"], LATER) as work:
        found = why.explain(work.session, cases.find(work, opened[0]))
        assert found.reproduced
        digest = hashlib.sha256(f"{story.LATEST} later.csv".encode()).hexdigest()
        assert "June 2026: was late" in found.since[1]
        assert f"is submitted (file {digest[:12]}…, row 77)" in found.since[1]
        assert "May 2026: was missed" in found.since[0]
        assert "Flood" in found.since[0]
        assert found.since[-1].endswith("the verdict was open, is below")


def test_a_row_changed_underneath_is_found_and_named(
    begin: Callable[..., Any], people: dict[str, Any], opened: list[str]
) -> None:
    """The database refuses it; somebody who took the guard away is still found out."""
    with begin(people["admin"], LATER) as work:
        case = cases.find(work, opened[0])
        on = "" if work.session.get_bind().dialect.name == "sqlite" else " ON return_row"
        work.session.execute(text(f"DROP TRIGGER guard_return_row_update{on}"))
        row = work.session.scalars(
            select(ReturnRow).where(
                ReturnRow.duty_id == case.misses[0].duty_id,
                ReturnRow.window_no == story.LATEST.number - 1,
            )
        ).one()
        row.counts = True
        line = row.line
    with begin(people["auditor"], LATER) as work:
        case = cases.find(work, opened[0])
        assert why.rerun(work.session, case) != case.why
        found = why.explain(work.session, case)
        assert not found.reproduced
        assert "May 2026: was missed" in found.broken[0]
        assert f"row {line})" in found.broken[0]
        assert found.broken[-1].endswith("the verdict was open, is below")


def test_late_updates_stand_beside_the_miss(
    begin: Callable[..., Any], people: dict[str, Any], opened: list[str]
) -> None:
    with begin(people["auditor"]) as work:
        found = [why.explain(work.session, case) for case in work.session.scalars(select(Case))]
        beside = {(one.location_id, str(one.month)) for each in found for one in each.beside}
        assert ("1-800000001", "2026-06") in beside
        assert {("1-800000003", f"2026-0{n}") for n in (4, 5, 6)} <= beside
        assert all(one.received_at.day == 20 for each in found for one in each.beside)
        assert "3 windows in a row, or any 4 of the last 12" in found[0].rule
