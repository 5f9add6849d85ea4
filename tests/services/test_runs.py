"""Preview, approval by a second person, and the cases that open: never twice, never on a fault."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import run_story as story
from sqlalchemy import func, insert, select, update

from enforcement.data import evaluation as statements
from enforcement.data.cases import Case, CaseMiss, Hold
from enforcement.data.history import Event
from enforcement.data.register import DualRegistration, Location, Provider
from enforcement.data.runs import Run, RunRow
from enforcement.data.windows import ReturnRow, WindowRow
from enforcement.domain.refusals import (
    BadInput,
    FeedNotComplete,
    MethodsDiffer,
    NotAllowed,
    NotFound,
    Refusal,
    SamePerson,
    StaleVersion,
    WindowStillOpen,
    WrongState,
)
from enforcement.domain.thresholds import Exclusion
from enforcement.domain.windows import Month
from enforcement.services import cases, corrections, evaluation, reviews, runs, why
from enforcement.services.work import Work

Begin = Callable[..., Any]
People = dict[str, Any]


def previewed(begin: Begin, people: People, **options: Any) -> int:
    with begin(people["officer"]) as work:
        return runs.preview(work, story.LATEST, **options).id


def approved(begin: Begin, people: People, run_id: int) -> list[str]:
    with begin(people["senior"]) as work:
        return [case.reference for case in runs.approve(work, run_id)]


def events(work: Work, kind: str) -> list[dict[str, Any]]:
    rows = work.session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id))
    return [json.loads(row.body)["facts"] for row in rows]


def only_case(work: Work) -> Case:
    return work.session.scalars(select(Case)).one()


def test_one_case_for_each_provider_lists_every_duty_that_qualifies(
    begin: Begin, people: People
) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        one, two = story.provider(work, 1), story.provider(work, 2)
        first = story.duty(work, one, 1, story.THREE_RUNNING)
        second = story.duty(work, one, 2, "msmsmsmsssss")
        story.duty(work, one, 3, "ssssssssssmm")
        third = story.duty(work, two, 4, "sssssslllsss")
        story.duty(work, two, 5, story.GOOD)
        expected = {
            one.cqc_id: {(first.id, n) for n in lasts(0, 1, 2)}
            | {(second.id, n) for n in lasts(11, 9, 7, 5)},
            two.cqc_id: {(third.id, n) for n in lasts(3, 4, 5)},
        }
    run_id = previewed(begin, people)
    assert approved(begin, people, run_id) == ["ASC-2026-000001", "ASC-2026-000002"]
    with begin(people["auditor"]) as work:
        run = runs.find(work, run_id)
        assert (run.state, run.counts["cases"], run.counts["open"]) == ("opened", 2, 3)
        assert run.counts["at_risk"] == 1
        for case in work.session.scalars(select(Case)):
            misses = {(miss.duty_id, miss.window_no) for miss in case.misses}
            assert misses == expected[case.provider.cqc_id]
            assert case.state == "triage"
            assert case.snapshot["provider"]["name"] == case.provider.name
            assert case.amount_pence == case.amount_trace["total_pence"]
        opened = events(work, "case_opened")
        assert [facts["window"] for facts in opened] == ["2026-06"] * 2
        assert events(work, "run_approved")[0]["cases"] == ["ASC-2026-000001", "ASC-2026-000002"]


def lasts(*back: int) -> list[int]:
    return [story.LATEST.number - n for n in back]


def test_every_duty_of_the_span_gets_its_row(begin: Begin, people: People) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        owner = story.provider(work, 1)
        story.duty(work, owner, 1, story.THREE_RUNNING)
        story.duty(work, owner, 2, "ssssssssssmm")
        story.duty(work, owner, 3, story.GOOD)
        story.duty(work, owner, 4, "-" * 12, first_window=0, last_window=lasts(12)[0])
    run_id = previewed(begin, people)
    with begin(people["auditor"]) as work:
        rows = work.session.scalars(
            select(RunRow).where(RunRow.run_id == run_id).order_by(RunRow.duty_id)
        )
        assert [(row.mask, row.outcome) for row in rows] == [
            (0b111, "open"),
            (0b11, "at_risk"),
            (0, "below"),
        ]


# --- exclusions: each stops the case, is counted by name, and is recorded also when it is not so --
def public_body(work: Work, owner: Provider, place: Location) -> None:
    reviews.review(work, owner, True, "A council’s own service")


def not_owed(work: Work, owner: Provider, place: Location) -> None:
    place.duties[0].owed_to = date(2026, 5, 1)


def deregistered(work: Work, owner: Provider, place: Location) -> None:
    place.deregistered_on = work.today


def live_case(work: Work, owner: Provider, place: Location) -> None:
    work.session.add(
        Case(
            reference="ASC-2026-900001", provider_id=owner.id, window_no=story.LATEST.number - 1,
            policy_id=1, calendar_version="v", state="representations", opened_at=work.now,
            why="{}", register_drift=[], snapshot={},
        )
    )  # fmt: skip
    work.session.flush()


def live_case_on_hold(work: Work, owner: Provider, place: Location) -> None:
    live_case(work, owner, place)
    case = work.session.scalars(select(Case)).one()
    work.session.add(
        Hold(case_id=case.id, category="police", reason="r", starts_on=work.today, started_by="s")
    )


def review_asked_for(work: Work, owner: Provider, place: Location) -> None:
    owner.public_body, owner.review_raised = None, "The name looks like a council's."


def dual(work: Work, owner: Provider, place: Location) -> None:
    work.session.add(DualRegistration(location_cqc_id="1-800099999", linked_cqc_id=place.cqc_id))


def dual_settled_away(work: Work, owner: Provider, place: Location) -> None:
    dual(work, owner, place)
    work.session.flush()
    pair = work.session.scalars(select(DualRegistration)).one()
    reviews.settle(work, pair.id, "1-800099999", "They run the home")


def feed_open(work: Work, owner: Provider, place: Location) -> None:
    work.session.execute(
        update(WindowRow)
        .where(WindowRow.number == story.LATEST.number)
        .values(feed_complete_at=None, feed_complete_by=None)
    )


@pytest.mark.parametrize(
    ("arrange", "outcome", "reason"),
    [
        (public_body, "excluded", Exclusion.PUBLIC_BODY),
        (not_owed, "excluded", Exclusion.NOT_OWED),
        (deregistered, "excluded", Exclusion.DEREGISTERED),
        (live_case, "excluded", Exclusion.LIVE_CASE),
        (live_case_on_hold, "excluded", Exclusion.LIVE_CASE),
        (review_asked_for, "held", Exclusion.ON_HOLD),
        (dual, "held", Exclusion.DUAL_REGISTRATION),
        (dual_settled_away, "excluded", Exclusion.NOT_OWED),
        (feed_open, "held", Exclusion.FEED_INCOMPLETE),
    ],
)
def test_each_exclusion_is_tested_named_and_opens_nothing(
    begin: Begin, people: People, arrange: Callable[..., None], outcome: str, reason: Exclusion
) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        owner = story.provider(work, 1)
        found = story.duty(work, owner, 1, story.THREE_RUNNING)
        place = work.session.get_one(Location, found.location_id)
        arrange(work, owner, place)
        duty = found.id
    run_id = previewed(begin, people)
    with begin(people["auditor"]) as work:
        run = runs.find(work, run_id)
        assert run.counts[outcome] == {reason.value: 1}
        assert run.counts["cases"] == 0
        marks = run.counts["tested"][str(duty)]
        assert len(marks) == len(Exclusion)
        assert marks[list(Exclusion).index(reason)] == "1"
        before = work.session.scalar(select(func.count()).select_from(Case))
    if reason is Exclusion.FEED_INCOMPLETE:
        with pytest.raises(FeedNotComplete):
            approved(begin, people, run_id)
    else:
        assert approved(begin, people, run_id) == []
    with begin(people["auditor"]) as work:
        assert work.session.scalar(select(func.count()).select_from(Case)) == before


def test_exclusions_are_recorded_also_when_false(begin: Begin, people: People) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        story.duty(work, story.provider(work, 1), 1, story.THREE_RUNNING)
    approved(begin, people, previewed(begin, people))
    with begin(people["auditor"]) as work:
        tests = why.stored(only_case(work))["verdicts"][0]["exclusions"]
        assert [test["name"] for test in tests] == [name.value for name in Exclusion]
        assert not any(test["applies"] for test in tests)
        assert all(test["evidence"] for test in tests)


# --- two people, and nothing early ---------------------------------------------------------------
def test_a_run_needs_two_people_with_the_right_roles(begin: Begin, people: People) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        story.duty(work, story.provider(work, 1), 1, story.THREE_RUNNING)
    run_id = previewed(begin, people)
    for who in ("officer", "auditor", "panel", "finance", "admin"):
        with pytest.raises(NotAllowed), begin(people[who]) as work:
            runs.approve(work, run_id)
    both = type(people["senior"])(
        identity=people["officer"].identity, name="Olive", roles=people["senior"].roles
    )
    with pytest.raises(SamePerson), begin(both) as work:
        runs.approve(work, run_id)
    for who in ("auditor", "senior", "leader"):
        with pytest.raises(NotAllowed), begin(people[who]) as work:
            runs.preview(work, story.LATEST)


@pytest.mark.parametrize(
    ("month", "refusal"),
    [("2026-07", NotFound), ("2023-03", NotFound), ("2026-05", NotFound)],
)
def test_windows_that_cannot_be_run(
    begin: Begin, people: People, month: str, refusal: type[Refusal]
) -> None:
    with begin(people["officer"]) as work:
        story.windows(work, [Month.parse("2023-03"), story.LATEST])
    with pytest.raises(refusal), begin(people["officer"]) as work:
        runs.preview(work, Month.parse(month))


def test_an_open_window_is_refused_to_the_last_second(begin: Begin, people: People) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        closes = work.session.get_one(WindowRow, story.LATEST.number).closes_at
    with pytest.raises(WindowStillOpen), begin(people["officer"], closes) as work:
        runs.preview(work, story.LATEST)
    with begin(people["officer"], closes + timedelta(seconds=1)) as work:
        assert runs.preview(work, story.LATEST).state == "previewed"


def test_rows_that_changed_since_the_preview_ask_for_a_new_one(
    begin: Begin, people: People
) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        duty = story.duty(work, story.provider(work, 1), 1, story.THREE_RUNNING).id
    run_id = previewed(begin, people)
    with begin(people["officer"]) as work:
        later = story.file(work, story.LATEST, at=work.now, name="later.csv")
        work.session.execute(insert(ReturnRow), [story.return_row(duty, story.LATEST, "s", later)])
    with pytest.raises(StaleVersion):
        approved(begin, people, run_id)
    assert approved(begin, people, previewed(begin, people)) == []


@pytest.mark.parametrize("fault", ["preview", "approval"])
def test_methods_that_differ_open_nothing(
    begin: Begin, people: People, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        story.duty(work, story.provider(work, 1), 1, story.THREE_RUNNING)
        story.duty(work, story.provider(work, 2), 2, "mmmmssssssss")
    run_id = previewed(begin, people) if fault == "approval" else 0
    true = statements.missed_windows
    monkeypatch.setattr(statements, "missed_windows", lambda s, span: true(s, span)[1:])
    run_id = run_id or previewed(begin, people)
    with pytest.raises(MethodsDiffer):
        approved(begin, people, run_id)
    with begin(people["auditor"]) as work:
        assert work.session.scalars(select(Case)).all() == []
        if fault == "preview":
            assert runs.find(work, run_id).state == "refused"
            assert len(events(work, "run_refused")[0]["differences"]) == 1


def test_the_window_by_window_rule_is_a_third_opinion(
    begin: Begin, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault that both statements share is still seen."""
    with begin(people["officer"]) as work:
        story.windows(work)
        story.duty(work, story.provider(work, 1), 1, story.THREE_RUNNING)
    for name in ("by_listing_misses", "by_one_statement"):
        monkeypatch.setattr(evaluation, name, lambda s, span: {1: (0b1111, 2)})
    run_id = previewed(begin, people)
    with begin(people["auditor"]) as work:
        run = runs.find(work, run_id)
        assert run.state == "refused"
        assert "window by window" in run.differences[0]


# --- never twice ---------------------------------------------------------------------------------
def test_approving_again_opens_nothing_more(begin: Begin, people: People) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        story.duty(work, story.provider(work, 1), 1, story.THREE_RUNNING)
    run_id = previewed(begin, people)
    first = approved(begin, people, run_id)
    assert approved(begin, people, run_id) == first
    again = previewed(begin, people)
    assert approved(begin, people, again) == []
    with begin(people["auditor"]) as work:
        assert len(work.session.scalars(select(Case)).all()) == 1
        assert len(events(work, "case_opened")) == 1
        assert runs.find(work, again).counts["excluded"] == {"live_case": 1}


def test_a_used_miss_is_not_counted_again(begin: Begin, people: People) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        story.duty(work, story.provider(work, 1), 1, story.THREE_RUNNING)
    reference = approved(begin, people, previewed(begin, people))[0]
    with begin(people["officer"]) as work:
        cases.close(work, cases.find(work, reference), "not_in_scope")
        for miss in work.session.scalars(select(CaseMiss)):
            miss.consumed = True
    run_id = previewed(begin, people)
    with begin(people["auditor"]) as work:
        assert runs.find(work, run_id).counts["qualify"] == 0


def test_two_approvals_at_once_open_one_case(begin: Begin, people: People) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        story.duty(work, story.provider(work, 1), 1, story.THREE_RUNNING)
    ids = [previewed(begin, people), previewed(begin, people)]
    answers: list[object] = []
    gate = threading.Barrier(4)

    def try_it(run_id: int, who: str) -> None:
        gate.wait()
        try:
            with begin(people[who]) as work:
                answers.append(len(runs.approve(work, run_id)))
        except Refusal as refusal:
            answers.append(refusal.name)

    # `begin` looks whether policies are installed on every call; that was done above.
    tries = [
        threading.Thread(target=try_it, args=(i, w)) for i in ids for w in ("senior", "leader")
    ]
    for one in tries:
        one.start()
    for one in tries:
        one.join()
    assert len(answers) == 4
    with begin(people["auditor"]) as work:
        assert len(work.session.scalars(select(Case)).all()) == 1
        assert len(events(work, "case_opened")) == 1
        assert answers.count(1) == 2  # the two approvals of the run that opened it
        assert set(answers) <= {1, "StaleVersion"}


# --- cap, pilot, money, difference ---------------------------------------------------------------
def test_a_cap_opens_the_worst_first_and_leaves_the_rest_for_another_run(
    begin: Begin, people: People
) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        story.duty(work, story.provider(work, 1), 1, story.THREE_RUNNING)
        story.duty(work, story.provider(work, 2), 2, "mmmmmmmmmmmm")
    capped = previewed(begin, people, cap=1)
    assert len(approved(begin, people, capped)) == 1
    with begin(people["auditor"]) as work:
        assert only_case(work).provider.cqc_id == "1-900000002"
        run = runs.find(work, capped)
        assert (run.state, run.counts["held"]) == ("approved", {"over_cap": 1})
    rest = previewed(begin, people)
    assert len(approved(begin, people, rest)) == 1
    with begin(people["auditor"]) as work:
        assert runs.find(work, rest).state == "opened"
    with pytest.raises(BadInput):
        previewed(begin, people, cap=0)


def test_a_pilot_area_keeps_the_others_out(begin: Begin, people: People) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        story.duty(work, story.provider(work, 1), 1, story.THREE_RUNNING)
        other = story.duty(work, story.provider(work, 2), 2, story.THREE_RUNNING)
        work.session.get_one(Location, other.location_id).local_authority = "Sampleton"
    run_id = previewed(begin, people, area="sampleton")
    with begin(people["auditor"]) as work:
        assert runs.find(work, run_id).counts["held"] == {"outside_pilot": 1}
    approved(begin, people, run_id)
    with begin(people["auditor"]) as work:
        assert only_case(work).provider.cqc_id == "1-900000002"


def test_the_preview_says_the_money_and_the_difference_from_the_last_run(
    begin: Begin, people: People
) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        one = story.provider(work, 1)
        story.duty(work, one, 1, story.THREE_RUNNING)
        blank = story.duty(work, story.provider(work, 2), 2, story.THREE_RUNNING)
        work.session.get_one(Location, blank.location_id).beds = None
    first = previewed(begin, people)
    with begin(people["officer"]) as work:
        counts = runs.find(work, first).counts
        assert counts["pence"] == 238_800  # 18 places: the band up to 20
        assert counts["pence_unknown"] == 1
        assert counts["since_last"] is None
        duty = blank.id
        fixed = corrections.propose(work, duty, story.LATEST, "submitted", "r", "e")
        story.duty(work, one, 3, story.THREE_RUNNING)
    with begin(people["leader"]) as work:
        corrections.approve(work, fixed.id)
    second = previewed(begin, people)
    with begin(people["officer"]) as work:
        since = runs.find(work, second).counts["since_last"]
        assert since == {"run": first, "window": "2026-06", "new": 1, "gone": 1, "same": 1}


def test_a_refused_run_gives_its_reason_before_anybody_tries(begin: Begin, people: People) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
    run_id = previewed(begin, people)
    approved(begin, people, run_id)
    with begin(people["leader"]) as work, pytest.raises(WrongState):
        runs.refuse_approval(work, runs.find(work, run_id))
    with begin(people["leader"]) as work, pytest.raises(NotFound):
        runs.find(work, 99)
    with begin(people["auditor"]) as work:
        assert work.session.scalars(select(Run)).one().approved_by == "staff:senior"
