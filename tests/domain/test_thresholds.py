"""The threshold: all 4,096 histories against an oracle written from the words, and verdicts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from enforcement.domain.duties import Duty, Outcome, OutcomeRow, ReturnKind, ReturnRow, Service
from enforcement.domain.refusals import BadInput
from enforcement.domain.thresholds import (
    Exclusion,
    ExclusionTest,
    ThresholdPolicy,
    Verdict,
    at_risk,
    mask_of,
    qualifies,
    rule_table,
    verdict,
)
from enforcement.domain.windows import Month

POLICY = ThresholdPolicy(
    version="threshold-1",
    effective_from=date(2023, 4, 1),
    citation="NHSBSA, Adult Social Care Enforcement",
)
LATEST = Month.parse("2026-10")
DUTY = Duty("1-1000000001", Service.CARE_HOME, "1-2000000001", None, None)


def oracle(history: list[bool], consecutive: int, total: int) -> str:
    """From the words: `history` runs from the oldest window to the latest, True is missed."""
    run = longest = 0
    for missed in history:
        run = run + 1 if missed else 0
        longest = max(longest, run)
    if longest >= consecutive or history.count(True) >= total:
        return "qualifies"
    if history[-1] and history[-2]:
        return "at risk"
    return "at risk" if history.count(True) >= 3 else "no"


@pytest.mark.parametrize(("consecutive", "total"), [(3, 4), (2, 5), (4, 6), (12, 12), (1, 1)])
def test_every_history_agrees_with_the_words(consecutive: int, total: int) -> None:
    policy = replace(POLICY, consecutive=consecutive, total=total)
    table = rule_table(policy)
    assert len(table) == 4096
    for mask, answer in enumerate(table):
        history = [digit == "1" for digit in format(mask, "012b")]
        assert ["no", "at risk", "qualifies"][answer] == oracle(history, consecutive, total), mask
        assert qualifies(mask, policy) is (answer == 2)
        assert at_risk(mask, policy) is (answer == 1)


@pytest.mark.parametrize(
    ("mask", "meets", "risk"),
    [
        (0b000000000000, False, False),
        (0b000000000011, False, True),  # the last two
        (0b000000000110, False, False),  # two in a row, then submitted
        (0b000000000111, True, False),
        (0b111000000000, True, False),  # an old run still counts within the twelve
        (0b010010010000, False, True),  # three of twelve
        (0b010010010001, True, False),  # four of twelve
        (0b110110000000, True, False),
        (0b1000000000011, False, True),  # a thirteenth window back is not looked at
        (0b1110000000000000, False, False),
    ],
)
def test_histories_worth_naming(mask: int, meets: bool, risk: bool) -> None:
    assert qualifies(mask, POLICY) is meets
    assert at_risk(mask, POLICY) is risk


def test_a_history_is_made_of_the_right_months() -> None:
    missed = [LATEST, LATEST - 11, LATEST - 12, LATEST + 1]
    assert mask_of(missed, LATEST, POLICY) == 0b100000000001
    assert mask_of([], LATEST, POLICY) == 0


def test_no_month_before_the_first_countable_leaves_a_mark() -> None:
    latest = Month.parse("2023-06")
    missed = [latest - back for back in range(6)]
    assert mask_of(missed, latest, POLICY) == 0b111
    later = replace(POLICY, first_countable=Month.parse("2023-05"))
    assert mask_of(missed, latest, later) == 0b11


def test_a_policy_survives_storing() -> None:
    stored = POLICY.to_json()
    assert ThresholdPolicy.from_json(json.loads(json.dumps(stored))) == POLICY
    assert all(type(value) in (str, int) for value in stored.values())
    with pytest.raises(BadInput):
        ThresholdPolicy.from_json({"version": "threshold-1"})


@pytest.mark.parametrize("change", [{"consecutive": 0}, {"total": 13}, {"span": 0}, {"span": 25}])
def test_thresholds_that_make_no_sense_are_refused(change: dict[str, int]) -> None:
    with pytest.raises(BadInput):
        replace(POLICY, **change)  # type: ignore[arg-type]  # only whole numbers are given


# --- verdicts ---------------------------------------------------------------------------------
def outcomes(marks: str, latest: Month = LATEST) -> dict[Month, OutcomeRow]:
    """Twelve marks from the oldest: s submitted, m missed, l late, n not due, e excused, - none."""
    kinds = {
        "s": Outcome.SUBMITTED,
        "m": Outcome.MISSED,
        "l": Outcome.LATE,
        "n": Outcome.NOT_DUE,
        "e": Outcome.EXCUSED,
        "z": Outcome.NIL,
    }
    found = {}
    for back, mark in enumerate(reversed(marks)):
        if mark == "-":
            continue
        moment = datetime(2026, 1, 20, 9, 0, tzinfo=UTC)
        row = ReturnRow(ReturnKind.UPDATE, moment, mark == "s", "ab" * 32, 7 + back)
        found[latest - back] = OutcomeRow(kinds[mark], row, (), f"Window {back} back.")
    return found


def exclusion_tests(*applying: Exclusion) -> list[ExclusionTest]:
    return [ExclusionTest(name, name in applying, f"Looked at {name.value}.") for name in Exclusion]


def judge(
    marks: str,
    *applying: Exclusion,
    consumed: frozenset[Month] = frozenset(),
    policy: ThresholdPolicy = POLICY,
    latest: Month = LATEST,
) -> Verdict:
    return verdict(
        DUTY, outcomes(marks, latest), policy, latest, consumed, exclusion_tests(*applying)
    )


@pytest.mark.parametrize(
    ("marks", "outcome", "count"),
    [
        ("ssssssssssss", "below", 0),
        ("sssssssssmmm", "open", 3),
        ("ssssssssslml", "open", 3),  # late is still a miss
        ("sssmssmssmsm", "open", 4),
        ("sssmssmssmss", "below", 3),
        ("ssssssssmnmm", "below", 3),  # a window not owed breaks the run
        ("ssssssssmemm", "below", 3),  # an excused window too
        ("ssssssssmsmm", "below", 3),
        ("ssssssssmzmm", "below", 3),  # a nil return is a return
        ("ssssssss-mm-", "below", 2),  # nothing held is not a miss
        ("mmmsssssssss", "open", 3),
    ],
)
def test_the_threshold_over_outcomes(marks: str, outcome: str, count: int) -> None:
    found = judge(marks)
    assert found.outcome == outcome
    assert len(found.missed) == count
    assert len(found.evidence) == 12
    assert [row.counted for row in found.evidence] == [mark in "ml" for mark in marks]


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        (Exclusion.PUBLIC_BODY, "excluded"),
        (Exclusion.NOT_OWED, "excluded"),
        (Exclusion.DEREGISTERED, "excluded"),
        (Exclusion.LIVE_CASE, "excluded"),
        (Exclusion.DUAL_REGISTRATION, "held"),
        (Exclusion.ON_HOLD, "held"),
        (Exclusion.FEED_INCOMPLETE, "held"),
    ],
)
def test_each_exclusion_stops_the_case_and_is_named(name: Exclusion, outcome: str) -> None:
    found = judge("sssssssssmmm", name)
    assert found.outcome == outcome
    assert any(f"Looked at {name.value}." in reason for reason in found.reasons)
    assert judge("ssssssssssmm", name).outcome == "below"
    assert judge("sssssssssmmm", name, Exclusion.PUBLIC_BODY).outcome == "excluded"


def test_every_exclusion_is_recorded_even_when_false() -> None:
    found = judge("ssssssssssss")
    assert [test.name for test in found.exclusions] == list(Exclusion)
    assert not any(test.applies for test in found.exclusions)


@pytest.mark.parametrize(
    "tests", [exclusion_tests()[1:], exclusion_tests() + exclusion_tests()[:1], []]
)
def test_exclusions_not_tested_exactly_once_are_refused(tests: list[ExclusionTest]) -> None:
    with pytest.raises(BadInput):
        verdict(DUTY, outcomes("sssssssssmmm"), POLICY, LATEST, frozenset(), tests)


def test_consumed_misses_are_left_out_and_break_a_run() -> None:
    used = frozenset({LATEST - 1})
    found = judge("ssssssssmmmm", consumed=used)
    assert found.outcome == "below"
    assert found.missed == (LATEST - 3, LATEST - 2, LATEST)
    assert found.consumed_left_out == (LATEST - 1,)
    sentence = found.evidence[-2].sentence
    assert "already used it" in sentence
    assert judge("ssssssmmmmmm", consumed=used).outcome == "open"


def test_misses_before_the_first_countable_month_are_shown_but_not_counted() -> None:
    latest = Month.parse("2023-05")
    found = judge("sssssssmmmmm", latest=latest)
    assert found.outcome == "below"
    assert found.at_risk
    assert found.missed == (latest - 1, latest)
    assert "before the first month" in found.evidence[-3].sentence
    earlier = replace(POLICY, first_countable=Month.parse("2022-12"))
    assert judge("sssssssmmmmm", latest=latest, policy=earlier).outcome == "open"


def test_reasons_name_the_months() -> None:
    assert judge("sssssssssmmm").reasons == (
        "Missed 3 consecutive windows: August 2026 to October 2026.",
    )
    four = judge("mssmssmssmss").reasons
    assert four == (
        "Missed 4 of the last 12 windows (November 2025, February 2026, May 2026, August 2026); "
        "4 meet the threshold.",
    )
    assert judge("ssssssssssss").reasons == (
        "Missed 0 of the last 12 windows; 3 consecutive or any 4 would meet the threshold.",
    )


def test_the_same_facts_give_the_same_bytes() -> None:
    forward = judge("sssmmmssssss", Exclusion.ON_HOLD)
    backward = verdict(
        DUTY,
        dict(reversed(list(outcomes("sssmmmssssss").items()))),
        POLICY,
        LATEST,
        frozenset(),
        list(reversed(exclusion_tests(Exclusion.ON_HOLD))),
    )
    assert json.dumps(forward.as_json()) == json.dumps(backward.as_json())
    assert plain(forward.as_json())
    evidence = forward.as_json()["evidence"]
    assert isinstance(evidence, list)
    assert evidence[3] == {
        "month": "2026-02",
        "outcome": "missed",
        "source": "ab" * 32,
        "line": 15,
        "received_at": "2026-01-20T09:00:00+00:00",
        "sentence": "Window 8 back.",
        "counted": True,
    }


def plain(value: object) -> bool:
    """Only what JSON can carry without choice: no dates, no decimals, no floats."""
    if isinstance(value, dict):
        return all(type(key) is str and plain(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(plain(inner) for inner in value)
    return value is None or type(value) in (str, int, bool)
