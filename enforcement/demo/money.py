"""Money of the synthetic year: a bank file with a line of each kind, the Fund, and write-offs.

Bank files are about many cases, so they stand beside the stories of single cases.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.payments import Penalty
from enforcement.data.register import Provider
from enforcement.demo.stage import Schedule, Stage
from enforcement.demo.walk import Walk
from enforcement.domain.calendar import local_instant
from enforcement.domain.payments import Ask, Kind
from enforcement.services import (
    finance_files,
    instalments,
    payments,
    posting,
    remittances,
    write_offs,
)
from enforcement.services.case_facts import balance, penalty_of
from enforcement.services.loading import Incoming
from enforcement.services.posting import Filters
from enforcement.services.work import Work

_FILE_AGO, _FUND_AGO = 5, 12
_HEADER = "Date,Money in,Money out,Reference,Payer"
_AUTHORITY = "Head of finance (invented), minute of this week"


def plan(schedule: Schedule, stage: Stage) -> None:
    """Put the bank file and the remittance into the schedule."""

    def add(ago: int, at: time, title: str, act: Callable[[Work, date], None]) -> None:
        def do(stage: Stage, moment: datetime) -> None:
            with stage.work("finance", moment) as work:
                act(work, work.today)

        schedule.add(local_instant(stage.working_day(ago), at), title, do)

    add(_FUND_AGO, time(15), "the Consolidated Fund", _send)
    add(_FILE_AGO, time(14), "bank file", lambda work, today: _bring_in(work, stage, today))
    add(_FILE_AGO, time(14, 20), "bank file: post", lambda work, today: _post(work))


def _send(work: Work, today: date) -> None:
    total = sum(one.pence for one in remittances.to_send(work, today))
    remittances.record(work, today, total, today, f"CHAPS INVENTED {today:%Y%m%d}")


def _reference(work: Work, stage: Stage, part: str) -> tuple[str, str]:
    """The payment reference and the name of the provider that plays a part."""
    firm = next(one for one in stage.year.firms if one.part and one.part.key == part)
    reference = work.session.scalars(
        select(Penalty.reference)
        .join(Case, Penalty.case_id == Case.id)
        .join(Provider, Provider.id == Case.provider_id)
        .where(Provider.cqc_id == firm.cqc_id)
    ).one()
    return reference, firm.name.split(",")[0]


def _bring_in(work: Work, stage: Stage, today: date) -> None:
    """A line that matches, one again, one with a slip, one for a closed case, and a charge."""
    part_paid, payer = _reference(work, stage, "part paid")
    unpaid, late = _reference(work, stage, "unpaid")
    over, former = _reference(work, stage, "overpaid")
    day = f"{today - timedelta(days=1):%d/%m/%Y}"
    slip = unpaid.replace("-0", "-O")  # the letter where the figure belongs
    lines = [
        f'{day},250.00,,{part_paid},"{payer}"',
        f'{day},250.00,,{part_paid},"{payer}"',
        f'{day},"1,000.00",,{slip},"{late}"',
        f'{day},25.00,,{over.replace("-", " ")},"{former}"',
        f"{day},,4.50,BANK CHARGES,",
        "Balance carried forward,,,,",
    ]
    content = "\r\n".join([_HEADER, *lines, ""]).encode()
    finance_files.load(work, Incoming(content, f"bank statement {today:%Y-%m-%d}.csv"))


def _post(work: Work) -> None:
    """The matched lines are posted, and the bank's own charge is set aside."""
    charge = posting.listed(work, Filters(text="bank charges"), 1)[0]
    finance_files.post(work, charge.file_id)
    posting.set_aside(work, charge, "The bank’s own charge: finance bears it elsewhere.")


def write_off(walk: Walk, ago: int, why: str, *, agreed: bool) -> None:
    """Finance asks to write off what is owed; with `agreed`, the team leader agrees that day."""

    def ask(work: Work, case: Case) -> None:
        penalty = penalty_of(work.session, case)
        owed = balance(work.session, penalty) if penalty else 0
        asked = Ask(Kind.WRITE_OFF, owed, work.today, reason=why, authority=_AUTHORITY)
        key = payments.entry_key("demo", case.reference, "write-off", ago)
        write_offs.write_off(work, case, asked, key=key)

    def agree(work: Work, case: Case) -> None:
        row = write_offs.waiting_on(work, case)
        if row is not None:
            write_offs.agree(work, row)

    walk.do(ago, "finance", "ask to write off", ask)
    if agreed:
        walk.do(ago, "leader", "agree to the write-off", agree)


def ask_for_instalments(walk: Walk, ago: int, words: str) -> None:
    """The provider asks to pay in instalments, by telephone."""

    def do(work: Work, case: Case) -> None:
        instalments.record(work, case, words)

    walk.do(ago, walk.officer, "instalments", do)
