"""The items of an issue run as lists show them: filtered, by position, with their sending.

The numbers of the reconciliation are counted by the very conditions that these lists filter by.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import contains_eager, defer

from enforcement.data.cases import Case
from enforcement.data.issue_runs import IssueItem, IssueRun
from enforcement.data.notices import Notice, OutboxItem
from enforcement.data.print_files import PrintLetter
from enforcement.data.register import Provider
from enforcement.domain.refusals import BadInput
from enforcement.services import worklist
from enforcement.services.issue_runs import ITEM_STATES
from enforcement.services.work import Work

Condition = Callable[[], ColumnElement[bool]]
LEFT = "left"  # still to be drafted or issued
STATES = {**ITEM_STATES, LEFT: "Still to come"}
SENDING: dict[str, str] = {
    "sent": "Sent, or placed for the post room",
    "waiting": "Waiting to be sent",
    "failed": "Not sent",
    "uncertain": "Not known whether it was sent",
    "none": "In no outbox",
}
GIVEN = {"yes": "Given", "no": "Not given yet", "withdrawn": "Withdrawn since"}
PRINTED = {"yes": "In a print file", "no": "In no print file"}
_SENDING: dict[str, Condition] = {
    "sent": lambda: OutboxItem.state == "sent",
    "waiting": lambda: OutboxItem.state.in_(("ready", "claimed")),
    "failed": lambda: OutboxItem.state == "failed",
    "uncertain": lambda: OutboxItem.state == "uncertain",
    "none": lambda: OutboxItem.id.is_(None),
}
_GIVEN: dict[str, Condition] = {
    "yes": lambda: Notice.given_on.is_not(None),
    "no": lambda: and_(Notice.given_on.is_(None), Notice.withdrawn_at.is_(None)),
    "withdrawn": lambda: Notice.withdrawn_at.is_not(None),
}
_PRINTED: dict[str, Condition] = {
    "yes": lambda: PrintLetter.notice_id.is_not(None),
    "no": lambda: PrintLetter.notice_id.is_(None),
}


@dataclass(frozen=True)
class Filters:
    """What is asked for; sending, giving and printing are of what was issued."""

    state: str = ""
    sending: str = ""
    given: str = ""
    printed: str = ""
    text: str = ""


@dataclass(frozen=True)
class Line:
    """One item with what its row shows."""

    item: IssueItem
    sending: str | None  # the outbox item's state
    file_id: int | None  # the print file that the letter stands in


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """What an item must meet. Refuses BadInput for a filter that nobody offers."""
    found: list[ColumnElement[bool]] = []
    if filters.state == LEFT:
        found.append(IssueItem.state.in_(("waiting", "drafted")))
    elif filters.state:
        _known("state", filters.state, ITEM_STATES)
        found.append(IssueItem.state == filters.state)
    for name, known in (("sending", _SENDING), ("given", _GIVEN), ("printed", _PRINTED)):
        value = getattr(filters, name)
        if value:
            _known(name, value, known)
            found += [IssueItem.state == "issued", known[value]()]
    if filters.text.strip():
        matches = worklist.matching(filters.text)
        found.append(or_(matches, Notice.reference == filters.text.strip().upper()))
    return found


def _known(name: str, value: str, known: dict[str, Any]) -> None:
    if value not in known:
        raise BadInput(f"There is no filter {name} “{value}”.")


def joined(query: Any) -> Any:
    """From an item to its case, provider, notice, the notice's own outbox item, and print file."""
    return (
        query.select_from(IssueItem)
        .join(Case, Case.id == IssueItem.case_id)
        .join(Provider, Provider.id == Case.provider_id)
        .outerjoin(Notice, Notice.id == IssueItem.notice_id)
        .outerjoin(OutboxItem, OutboxItem.key == "notice-" + Notice.reference)
        .outerjoin(PrintLetter, PrintLetter.notice_id == Notice.id)
    )


def page(work: Work, run: IssueRun, filters: Filters, after: int = 0, most: int = 50) -> list[Line]:
    """The items by position, those after a position; one statement."""
    query = (
        joined(select(IssueItem, OutboxItem.state, PrintLetter.file_id))
        .where(IssueItem.run_id == run.id, IssueItem.position > after, *conditions(filters))
        .options(
            contains_eager(IssueItem.notice),
            contains_eager(IssueItem.case).options(
                contains_eager(Case.provider), defer(Case.why), defer(Case.snapshot)
            ),
        )
        .order_by(IssueItem.position)
        .limit(most)
    )
    return [Line(item, sending, file_id) for item, sending, file_id in work.session.execute(query)]


def count(work: Work, run: IssueRun, filters: Filters) -> int:
    """How many items the filters name."""
    query = joined(select(func.count(IssueItem.id))).where(
        IssueItem.run_id == run.id, *conditions(filters)
    )
    return work.session.scalar(query) or 0


def neighbours(work: Work, run: IssueRun, position: int) -> tuple[int | None, int | None]:
    """The positions before and after one, for walking from item to item."""
    mine = IssueItem.run_id == run.id
    before = select(func.max(IssueItem.position)).where(mine, IssueItem.position < position)
    after = select(func.min(IssueItem.position)).where(mine, IssueItem.position > position)
    return work.session.scalar(before), work.session.scalar(after)
