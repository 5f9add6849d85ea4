"""The home page: what waits for the person who is signed in."""

from __future__ import annotations

from flask import Blueprint, render_template

from enforcement.domain.permissions import Permission, Role, can
from enforcement.domain.windows import Month
from enforcement.services import history_list, worklist
from enforcement.services import home as waiting
from enforcement.services.timeline import WORDS
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.filters import day, days_left, moment, plural
from enforcement.web.listing import Cell, Column, Listing
from enforcement.web.staff.case_frame import place, state_tag

bp = Blueprint("home", __name__)
# Who can have a case of their own.
PARTS = (Permission.DRAFT_NOTICE, Permission.APPROVE_NOTICE, Permission.DECIDE)


@bp.get("/")
@access.needs(None)
def home() -> str:
    work = access.work()
    reads_cases = can(work.actor, Permission.READ_CASES)
    auditor = work.actor.roles == {Role.AUDITOR}
    return render_template(
        "staff/home/home.html",
        today=work.today,
        counts=_counts(work),
        window=_window(work) if reads_cases else None,
        cases=_cases(work) if reads_cases and not auditor else None,
        takes_part=any(can(work.actor, part) for part in PARTS),
        history=_history(work) if auditor else None,
        exceptions=_exceptions(work) if auditor else None,
    )


def _counts(work: Work) -> list[pages.Count]:
    found = []
    for tile, number in waiting.tiles(work):
        query: dict[str, list[str]] = {}
        for name, value in tile.query:
            query.setdefault(name, []).append(value)
        if href := place(tile.endpoint, **query):
            found.append(pages.Count(number, tile.said(number), href, tile.hot))
    return found


def _window(work: Work) -> pages.Fact | None:
    row = waiting.next_window(work)
    if row is None:
        return None
    title = Month(row.number).title
    if row.opens_on > work.today:
        wait = plural((row.opens_on - work.today).days, "day")
        told = f"opens {day(row.opens_on)}, in {wait}, and closes {day(row.closes_on)}"
        return pages.Fact(title, told, href=place("windows.windows"))
    told = f"is open and closes {day(row.closes_on)}"
    left = days_left(row.closes_on, work.today)
    return pages.Fact(title, told, left, place("windows.windows"))


def _cases(work: Work) -> Listing:
    rows = []
    for case in worklist.latest_of(work):
        tag = state_tag(case.state)
        clock = pages.Clock("", case.next_on, work.today)
        rows.append(
            {
                "reference": Cell(
                    case.reference, href=place("cases.case", reference=case.reference)
                ),
                "provider": case.provider.name,
                "stage": Cell(tag.text, tag=tag.colour),
                "next": Cell(day(case.next_on), note=clock.words) if case.next_on else "No date",
            }
        )
    return Listing(
        caption="My latest cases",
        columns=[
            Column("reference", "Reference"),
            Column("provider", "Provider"),
            Column("stage", "Stage"),
            Column("next", "Next date"),
        ],
        rows=rows,
        empty_title="No case of yours yet",
        empty_text="Cases you are given, draft, approve or vote on are listed here.",
    )


def _history(work: Work) -> list[pages.Fact]:
    newest = next(iter(history_list.checkpoints(work, 1)), None)
    verified = history_list.last_verification(work)
    where = place("history.verify")
    signed = (
        pages.Fact("Last checkpoint", moment(newest.signed_at), plural(newest.size, "event"), where)
        if newest
        else pages.Fact("Last checkpoint", "None signed yet", href=where)
    )
    if verified is None:
        return [signed, pages.Fact("Last verification", "Never run here", href=where)]
    ok = dict(verified.facts).get("Ok") == "yes"
    words = "Nothing was changed or cut" if ok else "It does not verify"
    return [
        signed,
        pages.Fact("Last verification", words, f"{moment(verified.at)}, {verified.who}", where),
    ]


def _exceptions(work: Work) -> list[pages.Count]:
    return [
        pages.Count(number, WORDS[kind].name, place("history.history", kind=kind))
        for kind, number in waiting.exceptions(work)
    ]
