"""Where the provider stands, service by service, and the coming windows for anybody's calendar."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template

from enforcement.data.cases import Case
from enforcement.domain.outlook import Level
from enforcement.domain.words import weekday
from enforcement.services import reply_drafts, reply_standing, window_feed
from enforcement.services.reply_standing import ServiceTold, StandingTold
from enforcement.services.work import Work
from enforcement.web import pages
from enforcement.web.filters import plural
from enforcement.web.reply import access
from enforcement.web.reply.case import deadline, stage

bp = Blueprint("standing", __name__)
RULE = "A miss counts for a year. One on which a finished case rested is not counted again."


@bp.get("/reply/standing")
@access.needs_session
def standing() -> Any:
    work, case = access.work(), access.case()
    told = reply_standing.standing_of(work, case)
    near = [one for one in told.services if one.outlook.level is not Level.CLEAR]
    return render_template(
        "reply/standing.html",
        lead=_lead(told),
        grid=_grid(told),
        near=[(one, _sentence(one, told)) for one in near],
        clear=[one for one in told.services if one.outlook.level is Level.CLEAR],
        coming=told.coming,
        reminder_days=[weekday(day) for day in window_feed.reminder_days(told.coming)],
        open_now=told.open_now,
        waiting=told.waiting,
        closed={window.month for window in told.waiting},
        returned=sum(one.returned for one in told.services),
        services=told.services,
        rule=_rule(told),
        otherwise=_otherwise(work, case, told),
        accepting=reply_drafts.accepting(case),
        who_to_ask=access.contact_block().get("who_to_ask", []),
    )


def _lead(told: StandingTold) -> str:
    if not told.services:
        return "We hold nothing yet to say where your services stand."
    counting = sum(bool(one.misses) for one in told.services)
    all_of = plural(len(told.services), "service")
    if not counting:
        return "You have no missed window that counts."
    if len(told.services) == 1:
        one = told.services[0]
        return f"{one.location} has {plural(len(one.misses), 'missed window')} that count{_s(one)}."
    if counting == len(told.services):
        return f"Each of your {all_of} has missed windows that count."
    has = "has" if counting == 1 else "have"
    return f"{counting} of your {all_of} {has} missed windows that count."


def _s(told: ServiceTold) -> str:
    return "s" if len(told.misses) == 1 else ""


def _sentence(one: ServiceTold, told: StandingTold) -> str:
    """What the misses mean, and what one more would do."""
    month = one.outlook.next.title
    if one.outlook.level is Level.MET:
        return "This meets the threshold for a case."
    if one.outlook.level is Level.ONE_MORE:
        if one.returned and told.coming.month == one.outlook.next:
            return f"One more miss would meet the threshold. We have your {month} data."
        return f"If the {month} window is missed too, the threshold for a case is met."
    more = one.outlook.misses_to_go
    return f"It would take {more} more missed windows, one after another, to meet the threshold."


def _otherwise(work: Work, case: Case, told: StandingTold) -> list[str]:
    """What happens if nothing is done: to the case, and at the next window."""
    found = []
    last = deadline(work, case)
    if last is not None and last.due is not None and not last.is_past:
        found.append(
            f"If you do not reply by the end of {weekday(last.due)}, the panel decides from what "
            "we hold."
        )
    else:
        found.append(stage(work, case)[1])
    closes = weekday(told.coming.closes_on)
    near = [one for one in told.services if _would_meet(one, told)]
    if near:
        names = ", ".join(dict.fromkeys(one.location for one in near))
        found.append(
            f"If {names} {'miss' if len(near) > 1 else 'misses'} the "
            f"{told.coming.month.title} window (last day {closes}), the threshold is met there."
        )
    return found


def _would_meet(one: ServiceTold, told: StandingTold) -> bool:
    next_is_coming = one.outlook.next == told.coming.month
    return one.outlook.level is Level.ONE_MORE and next_is_coming and not one.returned


def _rule(told: StandingTold) -> str:
    if not told.services:
        return RULE
    policy = told.services[0].outlook.policy
    return (
        f"A case is made when one service misses {policy.consecutive} windows in a row, or any "
        f"{policy.total} of the last {policy.span}. {RULE}"
    )


def _grid(told: StandingTold) -> pages.Grid | None:
    if not told.services or not told.months:
        return None
    rows = []
    for one in told.services:
        counting = {miss.month for miss in one.misses}
        cells = [
            pages.GridCell(
                one.outcomes[month],
                counted=month in counting,
                note="used by an earlier case" if month in one.used else "",
            )
            for month in told.months
        ]
        rows.append(pages.GridRow(one.location, one.service, cells, note=one.location_id))
    return pages.Grid(
        "The last windows we have judged",
        [month.first_day for month in told.months],
        rows,
        heard="counts now",
        key="A thick edge marks the misses that count now.",
    )


@bp.get("/windows.ics")
@access.anyone
def calendar() -> Response:
    """The coming windows for a calendar; the same for everybody."""
    held = window_feed.feed(access.nobody_work())
    headers = {"Content-Disposition": 'inline; filename="capacity-tracker-windows.ics"'}
    return Response(held, content_type="text/calendar; charset=utf-8", headers=headers)
