from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from enforcement.domain.cases import CaseFacts, State
from enforcement.services.next_line import next_line

TODAY = date(2026, 6, 16)
BEFORE, AFTER = date(2026, 6, 15), date(2026, 6, 17)


@pytest.mark.parametrize("state", State)
def test_every_state_says_what_happens_next(state: State) -> None:
    told = next_line(CaseFacts(state), TODAY)
    assert told.sentence.endswith(".")
    assert "None" not in told.sentence


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (CaseFacts(State.REPRESENTATIONS, period_ends_on=TODAY), "until the end of 16 June 2026"),
        (
            CaseFacts(State.REPRESENTATIONS, period_ends_on=BEFORE, decide_by=AFTER),
            "ended on 15 June 2026. An officer answers every point and passes the case to the "
            "panel. The decision must be made by 17 June 2026.",
        ),
        (CaseFacts(State.PANEL, decide_by=TODAY), "decides by 16 June 2026"),
        (CaseFacts(State.PANEL, decide_by=BEFORE), "can no longer be imposed"),
        (CaseFacts(State.PAYMENT, payment_due_on=TODAY, balance_pence=5), "pays by 16 June 2026."),
        (
            CaseFacts(State.PAYMENT, payment_due_on=AFTER, appeal_due_on=TODAY, balance_pence=5),
            "may appeal until 16 June 2026, 5pm",
        ),
        (
            CaseFacts(State.PAYMENT, payment_due_on=BEFORE, appeal_due_on=BEFORE, balance_pence=5),
            "Finance starts recovery",
        ),
        (
            CaseFacts(State.PAYMENT, payment_due_on=BEFORE, balance_pence=5, reminder_wait=7),
            "Finance sends a reminder",
        ),
        (
            CaseFacts(State.APPEALED, appeal_words="The appeal is before the Upper Tribunal."),
            "The appeal is before the Upper Tribunal. The final notice is suspended",
        ),
        (CaseFacts(State.RECOVERY, balance_pence=5), "non-payment is certified"),
        (CaseFacts(State.RECOVERY, balance_pence=5, certified_pence=5), "applies to the county"),
        (CaseFacts(State.RECOVERY, balance_pence=0), "An officer closes the case"),
        (CaseFacts(State.PAYMENT, balance_pence=0), "An officer closes the case"),
        (CaseFacts(State.PAYMENT, balance_pence=-1), "finance records the refund"),
    ],
)
def test_the_day_decides_what_is_said(facts: CaseFacts, said: str) -> None:
    assert said in next_line(facts, TODAY).sentence


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"on_hold": True}, "never stops the time to decide"),
        ({"giving_in_doubt": True}, "Giving is in doubt"),
        ({"unread_replies": 1}, "a reply that nobody has read"),
        ({"register_drift": ("The home was sold.",)}, "The register changed"),
    ],
)
def test_what_stands_in_the_way_is_said_until_the_case_is_closed(
    change: dict[str, object], said: str
) -> None:
    live = replace(CaseFacts(State.PANEL), **change)  # type: ignore[arg-type]  # a table of changes
    assert said in next_line(live, TODAY).stops
    assert next_line(replace(live, state=State.CLOSED), TODAY).stops == ""
