"""How a provider asked to be written to, and what that means for the next letter."""

from __future__ import annotations

from sqlalchemy import select

from enforcement.data.cases import Case
from enforcement.data.notices import Notice
from enforcement.data.replies import FormatWish
from enforcement.domain.calendar import local_date
from enforcement.domain.giving import Method
from enforcement.domain.replies import FORMATS, WRITTEN
from enforcement.domain.words import day
from enforcement.services.work import Work

LARGE_PRINT = "large_print"
STANDARD = "standard"


def wish_of(work: Work, case: Case) -> FormatWish | None:
    """How the case's provider wants to be written to: the latest wish, of any of its cases.

    A call or other help asked for once does not undo a format asked for earlier.
    """
    return work.session.scalar(
        select(FormatWish)
        .where(
            FormatWish.provider_id == case.provider_id,
            FormatWish.format.in_((*WRITTEN, STANDARD)),
        )
        .order_by(FormatWish.id.desc())
        .limit(1)
    )


def standing_wish(work: Work, case: Case) -> FormatWish | None:
    """The format that the next letter has to have besides the usual one; None for none."""
    wish = wish_of(work, case)
    return wish if wish is not None and wish.format in WRITTEN else None


def what_follows(work: Work, case: Case, notice: Notice | None = None) -> str:
    """What goes with the next letter because of it, in a sentence; "" when nothing was asked."""
    wish = standing_wish(work, case)
    if wish is None:
        return ""
    asked = f"{FORMATS[wish.format].title}, asked for on {day(local_date(wish.asked_at))}."
    by_hand = notice is not None and notice.method == Method.HAND
    if wish.format == LARGE_PRINT and not by_hand:
        return f"{asked} When it is issued, a copy in large print goes to the same address."
    return f"{asked} We cannot make this by ourselves: a task with a last day opens at issue."
