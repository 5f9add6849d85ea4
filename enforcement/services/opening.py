"""Opening one case for one provider, with everything it rests on frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case, CaseMiss, ReferenceCounter
from enforcement.data.files import ImportedFile
from enforcement.data.register import Provider
from enforcement.data.runs import Run
from enforcement.domain.cases import State
from enforcement.domain.events import canonical
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import BadInput, NoFeeScheme, NotFound
from enforcement.domain.thresholds import Verdict
from enforcement.services import amounts, drift
from enforcement.services.evaluation import Basis, Candidate
from enforcement.services.verdicts import Standing
from enforcement.services.work import Work


def open_case(work: Work, run: Run, given: Basis, found: Sequence[Candidate]) -> Case:
    """Open the provider's case on every duty that qualifies (all of one provider).

    The verdicts, the standing they rest on, the misses with their rows and the register as it
    stands are kept with the case. One live case per provider is held by the database.
    """
    cqc_id = found[0].standing.provider_id
    provider = work.session.scalar(select(Provider).where(Provider.cqc_id == cqc_id))
    if provider is None:
        raise NotFound(f"Provider {cqc_id} is not on the register.")
    why = canonical(
        why_json(run, given, [one.standing for one in found], [one.verdict for one in found])
    )
    case = Case(
        reference=_next_reference(work),
        provider_id=provider.id,
        run_id=run.id,
        window_no=given.latest.number,
        policy_id=run.policy_id,
        calendar_version=run.calendar_version,
        state=State.TRIAGE.value,
        opened_at=work.now,
        why=why,
        register_drift=[],
        snapshot=drift.snapshot(provider),
        **_amount(work, provider),
    )
    work.session.add(case)
    work.session.flush()
    work.session.add_all(_misses(work.session, case, found))
    work.record(
        f"case:{case.reference}",
        "case_opened",
        {
            "reference": case.reference,
            "provider": cqc_id,
            "window": str(given.latest),
            "policy": given.policy.version,
            "run": run.id,
            "verdict": hashlib.sha256(why.encode()).hexdigest(),
        },
        permission=Permission.APPROVE_RUN,
    )
    work.session.flush()
    return case


def why_json(
    run: Run, given: Basis, standings: Iterable[Standing], verdicts: Iterable[Verdict]
) -> dict[str, Any]:
    """Why a case exists: the run, the facts taken when it opened, the verdict on each duty."""
    complete = given.feed_complete_at
    return {
        "run": {
            "run": run.id,
            "window": given.window.as_json(),
            "previewed_by": run.previewed_by,
            "approved_by": run.approved_by,
            "judged_at": given.now.isoformat(),
            "feed_complete_at": None if complete is None else complete.isoformat(),
            "policy": given.policy.to_json(),
        },
        "facts": [standing.as_json() for standing in standings],
        "verdicts": [verdict.as_json() for verdict in verdicts],
    }


def _next_reference(work: Work) -> str:
    """The next of the year's references, ASC-2026-000123, taken inside this transaction."""
    counter = work.session.get_one(ReferenceCounter, work.today.year)
    counter.last += 1
    return f"ASC-{counter.year}-{counter.last:06d}"


def _amount(work: Work, provider: Provider) -> dict[str, Any]:
    """Our estimate of the penalty; without a figure the case opens and says what is missing."""
    try:
        fee = amounts.estimate(work.session, provider, work.today)
    except (NoFeeScheme, BadInput) as refusal:
        return {"amount_pence": None, "amount_trace": {"missing": [refusal.sentence]}}
    return {
        "amount_pence": fee.total_pence if fee.complete else None,
        "amount_trace": fee.as_json() | {"complete": fee.complete},
    }


def _misses(session: Session, case: Case, found: Sequence[Candidate]) -> list[CaseMiss]:
    sources = {
        row.source for one in found for row in one.verdict.evidence if row.counted and row.source
    }
    files: dict[str, int] = {
        sha256: number
        for number, sha256 in session.execute(
            select(ImportedFile.id, ImportedFile.sha256)
            .where(ImportedFile.sha256.in_(sources))
            .order_by(ImportedFile.id)
        )
    }
    return [
        CaseMiss(
            case_id=case.id,
            duty_id=one.standing.duty,
            window_no=row.month.number,
            file_id=files.get(row.source or ""),
            evidence=row.as_json(),
        )
        for one in found
        for row in one.verdict.evidence
        if row.counted
    ]
