"""What changed since a notice was drafted: its frozen facts beside the rows of now."""

from __future__ import annotations

import json

from enforcement.data.notices import Notice
from enforcement.domain.cases import State
from enforcement.domain.giving import Method
from enforcement.domain.refusals import BadInput, HistoryBroken
from enforcement.services import notice_facts
from enforcement.services.case_facts import FINAL, INTENT
from enforcement.services.notice_facts import Plan, stored_facts
from enforcement.services.recipients import RecipientChoice
from enforcement.services.work import Work


def changes_since(work: Work, notice: Notice) -> list[tuple[str, str, str]]:
    """What moved between the frozen facts and the rows of now: (fact, on the page, now)."""
    case = notice.case
    if State(case.state) is State.CLOSED or notice.kind not in (INTENT, FINAL):
        return []
    frozen = stored_facts(notice)
    plan = Plan(
        notice.kind,
        notice.reference,
        RecipientChoice.of(notice.recipient),
        Method(notice.method),
        frozen.dated,
        notice.period_days or 1,
    )
    build = notice_facts.intent if notice.kind == INTENT else notice_facts.final
    try:
        current = build(work, case, plan).to_json()
    except (BadInput, HistoryBroken) as refusal:
        return [("the facts", "complete", refusal.sentence)]
    return [
        (name.replace("_", " "), _short(notice.facts.get(name)), _short(value))
        for name, value in current.items()
        if notice.facts.get(name) != value
    ]


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]}…"
