"""Penalties as a bank line meets them: what is owed under each, and whether it still stands."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, bindparam, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.data.payments import Appeal, LedgerEntry, Penalty
from enforcement.data.register import Provider
from enforcement.domain.calendar import local_date
from enforcement.domain.finance import Account
from enforcement.domain.payments import RECEIVED

_CHUNK = 500
_KINDS = [kind.value for kind in RECEIVED]


def by_reference(session: Session, references: Sequence[str]) -> dict[str, Account]:
    """The accounts with these payment references."""
    wanted = sorted(set(references))
    found: dict[str, Account] = {}
    for start in range(0, len(wanted), _CHUNK):
        part = _read(session, _NAMED, wanted[start : start + _CHUNK])
        found |= {account.reference: account for account in part}
    return found


def everything(session: Session) -> list[Account]:
    """Every account, for what is offered to a person."""
    return _read(session, _EVERY)


def _accounts() -> Select[tuple[object, ...]]:
    undone = aliased(LedgerEntry)
    kept = case((func.coalesce(undone.kind, LedgerEntry.kind).in_(_KINDS), LedgerEntry.pence))
    live = exists().where(Appeal.case_id == Case.id, Appeal.outcome.is_(None))
    return (
        select(
            Penalty.reference,
            Case.reference.label("case"),
            Provider.name,
            func.coalesce(func.sum(LedgerEntry.pence), 0).label("owed"),
            func.coalesce(func.sum(kept), 0).label("kept"),
            Penalty.raised_at,
            Notice.state,
            Case.closed_at,
            live.label("suspended"),
        )
        .join(Case, Penalty.case_id == Case.id)
        .join(Provider, Case.provider_id == Provider.id)
        .join(Notice, Penalty.notice_id == Notice.id)
        .outerjoin(LedgerEntry, LedgerEntry.penalty_id == Penalty.id)
        .outerjoin(undone, LedgerEntry.reverses_id == undone.id)
        .group_by(Penalty.id, Case.id, Provider.id, Notice.id)
        .order_by(Penalty.id)
    )


# Put together once: posting a file asks for one account after another.
_EVERY = _accounts()
_NAMED = _EVERY.where(Penalty.reference.in_(bindparam("wanted", expanding=True)))


def _read(
    session: Session, query: Select[tuple[object, ...]], wanted: Sequence[str] = ()
) -> list[Account]:
    return [
        Account(
            reference=row.reference,
            case=row.case,
            provider=row.name,
            owed=int(row.owed),
            received=-int(row.kept),
            raised_on=local_date(row.raised_at),
            ended=row.state == "withdrawn",
            suspended=bool(row.suspended),
            closed=row.closed_at is not None,
        )
        for row in session.execute(query, {"wanted": wanted} if wanted else {})
    ]
