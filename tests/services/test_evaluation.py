"""The threshold over stored rows: two methods, the domain's rule and a brute-force oracle."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import run_story as story
from sqlalchemy import insert, update

from enforcement.data import evaluation as statements
from enforcement.data.cases import Case, CaseMiss
from enforcement.data.evaluation import Span
from enforcement.data.register import Duty
from enforcement.data.windows import Correction, ReturnRow, WindowRow
from enforcement.domain.thresholds import ThresholdPolicy, at_risk, qualifies
from enforcement.domain.windows import Month
from enforcement.services import evaluation, policies
from enforcement.services.work import Work

Begin = Callable[..., Any]


def policy_of(work: Work) -> ThresholdPolicy:
    return policies.threshold_on(work.session, story.NOW.date())[1]


def both(work: Work, latest: Month | None = None) -> dict[int, tuple[int, int]]:
    """What both methods say, having agreed."""
    found = evaluation.evaluate(work.session, latest or story.LATEST, policy_of(work), story.NOW)
    assert found.differences == ()
    return found.answers


def marks_of(mask: int) -> str:
    return "".join("m" if mask >> back & 1 else "s" for back in range(11, -1, -1))


def oracle(misses: list[bool]) -> int:
    """The rule said again, on a list of twelve: oldest first."""
    runs = any(all(misses[i : i + 3]) for i in range(10))
    if runs or sum(misses) >= 4:
        return 2
    return 1 if all(misses[-2:]) or sum(misses) >= 3 else 0


@pytest.mark.slow
def test_all_4096_histories_by_both_methods(begin: Begin, people: dict[str, Any]) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        duties = story.many(work, [marks_of(mask) for mask in range(4096)])
        found = both(work)
        policy = policy_of(work)
        for mask, duty in enumerate(duties):
            answer = found.get(duty, (0, 0))
            rule = 2 if qualifies(mask, policy) else int(at_risk(mask, policy))
            assert answer == (mask, rule)
            assert rule == oracle([mask >> back & 1 == 1 for back in range(11, -1, -1)])


def random_rows(
    work: Work, rng: random.Random, count: int
) -> tuple[list[int], dict[int, list[bool]]]:
    """Duties with random spells, returns, repeats, corrections and used misses, and the truth."""
    duties = story.many(work, ["-" * 11 + "m"] * count)
    files = story.files_by_window(work)
    truth: dict[int, list[bool]] = {}
    rows: list[dict[str, Any]] = []
    corrections: list[dict[str, Any]] = []
    used: list[tuple[int, int]] = []
    for duty in duties:
        first = story.SPAN[0].number + rng.randrange(-6, 14)
        last = rng.choice([story.ALWAYS, first + rng.randrange(-1, 12)])
        work.session.execute(
            update(Duty).where(Duty.id == duty).values(first_window=first, last_window=last)
        )
        misses = []
        rate = rng.choice([0.1, 0.5, 0.9])
        for month in story.SPAN:
            marks = [rng.choice("sn") for _ in range(rng.randrange(1, 3)) if rng.random() > rate]
            marks += [rng.choice("lm") for _ in range(rng.randrange(0, 2))]
            rows += [
                story.return_row(duty, month, mark, files[month.number], 10_000 + n)
                for n, mark in enumerate(marks)
            ]
            corrected = rng.random() < 0.05
            if corrected or rng.random() < 0.05:
                corrections.append(
                    {
                        "duty_id": duty,
                        "window_no": month.number,
                        "outcome": rng.choice(["submitted", "nil", "excused"]),
                        "reason": "r",
                        "evidence": "e",
                        "proposed_by": "staff:a",
                        "approved_by": "staff:b" if corrected else None,
                        "made_at": story.NOW,
                    }
                )
            consumed = rng.random() < 0.05
            if consumed:
                used.append((duty, month.number))
            owed = first <= month.number <= last
            back = not any(mark in "sn" for mark in marks)
            misses.append(owed and back and not corrected and not consumed)
        truth[duty] = misses
    work.session.execute(insert(ReturnRow), rows)
    work.session.execute(insert(Correction), corrections)
    use_up(work, used)
    return duties, truth


def use_up(work: Work, misses: list[tuple[int, int]]) -> None:
    """A closed case that has used these misses."""
    owner = work.session.get_one(Duty, misses[0][0]).provider_id
    case = Case(
        reference="ASC-2026-900001",
        provider_id=owner,
        window_no=story.LATEST.number,
        policy_id=policies.in_force(work.session, "threshold", work.today).id,
        calendar_version="v",
        state="closed",
        opened_at=work.now,
        why="{}",
        register_drift=[],
        snapshot={},
    )
    work.session.add(case)
    work.session.flush()
    work.session.add_all(
        CaseMiss(case_id=case.id, duty_id=duty, window_no=window, evidence={}, consumed=True)
        for duty, window in misses
    )
    work.session.flush()


@pytest.mark.slow
def test_random_registers_and_returns_against_brute_force(
    begin: Begin, people: dict[str, Any]
) -> None:
    rng = random.Random(20260616)  # noqa: S311 - rows for a test, the same each time
    with begin(people["officer"]) as work:
        story.windows(work)
        duties, truth = random_rows(work, rng, 1_000)
        found = both(work)
        for duty in duties:
            mask = sum(missed << 11 - at for at, missed in enumerate(truth[duty]))
            assert found.get(duty, (0, 0)) == (mask, oracle(truth[duty]) if mask else 0)


@pytest.mark.parametrize(
    ("first", "last", "mask"),
    [
        (0, 99_999, 0b111111111111),
        (story.LATEST.number, 99_999, 0b1),
        (story.LATEST.number - 11, story.LATEST.number - 11, 0b100000000000),
        (story.LATEST.number - 5, story.LATEST.number - 3, 0b111000),
        (story.LATEST.number + 1, 99_999, 0),
        (0, story.LATEST.number - 12, 0),
        (story.LATEST.number - 2, story.LATEST.number - 3, 0),
    ],
)
def test_only_windows_owed_leave_a_mark(
    begin: Begin, people: dict[str, Any], first: int, last: int, mask: int
) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        owner = story.provider(work, 1)
        duty = story.duty(work, owner, 1, "-" * 12, first_window=first, last_window=last)
        assert both(work).get(duty.id, (0, 0))[0] == mask


def test_open_windows_unheld_windows_and_months_before_the_first_leave_no_mark(
    begin: Begin, people: dict[str, Any]
) -> None:
    first = Month.parse("2023-04")
    with begin(people["officer"]) as work:
        story.windows(work, [first - 2, first - 1, first, first + 2])
        duty = story.duty(work, story.provider(work, 1), 1, "-" * 12)
        assert both(work, first + 2)[duty.id][0] == 0b101  # the one between is not held
        span = Span((first + 2).number, policy_of(work), work.session.get_one(
            WindowRow, (first + 2).number).closes_at)  # fmt: skip
        assert evaluation.by_listing_misses(work.session, span)[duty.id][0] == 0b100
        assert evaluation.by_one_statement(work.session, span)[duty.id][0] == 0b100


def test_rows_of_a_waiting_file_never_count(begin: Begin, people: dict[str, Any]) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        duty = story.duty(work, story.provider(work, 1), 1, story.THREE_RUNNING)
        waits = story.file(work, story.LATEST, at=work.now, name="short.csv", state="waiting")
        work.session.execute(
            insert(ReturnRow), [story.return_row(duty.id, story.LATEST, "s", waits)]
        )
        assert both(work)[duty.id] == (0b111, 2)


def test_another_policy_is_another_rule(begin: Begin, people: dict[str, Any]) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        duties = story.many(work, [marks_of(mask) for mask in range(0, 4096, 7)])
        policy = ThresholdPolicy(
            version="x", effective_from=story.NOW.date(), citation="invented",
            consecutive=2, total=6, span=9, at_risk_consecutive=1, at_risk_total=5,
        )  # fmt: skip
        found = evaluation.evaluate(work.session, story.LATEST, policy, story.NOW)
        assert found.differences == ()
        for mask, duty in zip(range(0, 4096, 7), duties, strict=True):
            seen = mask & 0b111111111
            rule = 2 if qualifies(seen, policy) else int(at_risk(seen, policy))
            assert found.answers.get(duty, (0, 0)) == (seen, rule if seen else 0)


@pytest.mark.parametrize("fault", ["listing", "statement", "rule"])
def test_a_fault_in_either_method_is_named(
    begin: Begin, people: dict[str, Any], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    with begin(people["officer"]) as work:
        story.windows(work)
        duty = story.duty(work, story.provider(work, 1), 1, story.THREE_RUNNING)
        plant(monkeypatch, fault)
        found = evaluation.evaluate(work.session, story.LATEST, policy_of(work), story.NOW)
        assert len(found.differences) == 1
        assert f"Duty {duty.id}:" in found.differences[0]


def plant(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """A fault in one method: a miss lost, a miss made up, or the rule one out."""
    if fault == "listing":
        true = statements.missed_windows
        monkeypatch.setattr(statements, "missed_windows", lambda s, span: true(s, span)[1:])
    elif fault == "statement":
        whole = statements.judged_histories
        monkeypatch.setattr(statements, "judged_histories", lambda s, span: {
            duty: (mask | 1 << 5, answer) for duty, (mask, answer) in whole(s, span).items()
        })  # fmt: skip
    else:
        monkeypatch.setattr(evaluation, "rule_table", lambda policy: [0] * 4096)


def test_a_candidate_is_judged_from_its_days_too(begin: Begin, people: dict[str, Any]) -> None:
    """The window numbers say owed, the days say not: a named exclusion, and nothing opens."""
    with begin(people["officer"]) as work:
        story.windows(work)
        gone = (story.NOW - timedelta(days=60)).date()
        duty = story.duty(work, story.provider(work, 1), 1, story.THREE_RUNNING, owed_to=gone)
        given = evaluation.basis(work.session, story.LATEST, work.now)
        found, differences = evaluation.candidates(work.session, given, {duty.id: 0b111})
        assert differences == []
        assert (found[duty.id].outcome, found[duty.id].reason) == ("excluded", "not_owed")
