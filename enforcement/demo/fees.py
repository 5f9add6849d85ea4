"""CQC's figure in the invented year: a letter, the officer who enters it, the one who checks it."""

from __future__ import annotations

from email.utils import format_datetime

from enforcement.data.cases import Case
from enforcement.domain.words import day, pounds
from enforcement.services import amounts
from enforcement.services.work import Work


def _fee(work: Work, case: Case) -> int:
    return amounts.estimate(work.session, case.provider, work.today).total_pence


def enter(work: Work, case: Case) -> None:
    """The officer enters the sum of an invented letter, with the letter."""
    pence = _fee(work, case)
    letter = (
        "From: CQC fees team (invented) <fees@cqc.example.org>\n"
        "To: Adult Social Care Enforcement <team@example.org>\n"
        f"Subject: Fee of {case.provider.cqc_id}\n"
        f"Date: {format_datetime(work.now)}\n"
        "Content-Type: text/plain; charset=utf-8\n\n"
        f"The fee payable by {case.provider.name} is {pounds(pence)}. (Invented letter.)\n"
    )
    words = f"Email of the CQC fees team of {day(work.today)} (invented)"
    amounts.enter(work, case, pence, words, "fee.eml", letter.encode())


def check(work: Work, case: Case) -> None:
    """A second person reads the same sum in it."""
    amounts.confirm(work, case, _fee(work, case))
