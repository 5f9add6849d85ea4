"""The register then and now: what changed since the case opened, what each change means, and what
the officer can do about it.

A change that the law lets nobody pass stops the case; another waits for reasons to go on; the
rest is told. Before money is asked for, the check must be of the same day (design 4.4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from wtforms import SelectMultipleField, SubmitField
from wtforms.validators import Length

from enforcement.data.cases import Case
from enforcement.domain.cases import Action, CaseFacts
from enforcement.domain.drift import Difference, Meaning, Sort
from enforcement.domain.permissions import Permission, can, done_by
from enforcement.services import cases, drift, register_moments, succession
from enforcement.services.drift import answered, windows_counted
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.fields import LongTextField, visible
from enforcement.web.filters import day, moment
from enforcement.web.listing import Cell, Column, Listing
from enforcement.web.staff.case_form import LONGEST, CaseForm, FormPage, answer, options
from enforcement.web.staff.case_frame import PAST_THE_REGISTER, SCREENS, place

bp = Blueprint("register_check", __name__, url_prefix="/cases/<reference>")
COLOURS: dict[Meaning, pages.Colour] = {
    Meaning.BLOCK: "red",
    Meaning.WARN: "orange",
    Meaning.NOTE: "grey",
}
# What a sale or a closing makes people ask for first, and why the answer is no.
NO_TRANSFER = (
    "A case cannot be passed to the new owner: who missed the window answers for it. "
    "The new owner answers for the windows since."
)
_HANDED_OVER = frozenset({Sort.SOLD, Sort.SOLD_BEFORE, Sort.SUCCEEDED, Sort.LEGAL_PERSON})
_ENDINGS = (Action.WITHDRAW, Action.CLOSE)


class CheckForm(CaseForm):
    """Each change that waits for reasons is gone past by itself, or goes on stopping the case."""

    accepted = SelectMultipleField(
        "Which did you look into, so that the case may go on?",
        description="Those you leave out go on stopping the case.",
    )
    reason = LongTextField(
        "Why may the case go on?",
        [Length(max=LONGEST), visible],
        description="What you found out, from whom, and when",
    )
    submit = SubmitField("Record the check of today")


@bp.get("/register")
@access.needs(Permission.READ_CASES)
def check(reference: str) -> Any:
    """The comparison, for everybody who may read the case."""
    return _page(reference)


@bp.post("/register")
@access.needs(Permission.DRAFT_NOTICE)
def record(reference: str) -> Any:
    """Record the check of today, with the reasons to go on past what changed."""
    return _page(reference)


def _page(reference: str) -> Any:
    work = access.work()
    case = cases.find(work, reference)
    found = drift.differences(work.session, case)
    known = answered(case)
    waiting = [one for one in found if one.meaning is Meaning.WARN and one.key not in known]
    form = CheckForm()
    if waiting:
        form.accepted.choices = options((one.key, one.sentence) for one in waiting)
    else:
        del form.accepted
        del form.reason

    def act() -> None:
        cases.expect(case, form.read_version)
        chosen = form.accepted.data or () if waiting else ()
        drift.check_register(work, case, chosen, form.reason.data or "" if waiting else "")

    page = FormPage(
        "The register then and now",
        tab="gate",
        back=place("gate.gate", reference=case.reference),
        intro=_intro(case, found, waiting),
        read_only=not can(work.actor, Permission.DRAFT_NOTICE),
        template="staff/register_check/check.html",
        more=_shown(work, case, found),
    )
    return answer(work, case, form, page, act, "The check of the register is recorded.")


def _intro(case: Case, found: Sequence[Difference], waiting: Sequence[Difference]) -> str:
    last = case.register_checked_on
    checked = f"Last checked {day(last)}." if last else "Not checked by anybody yet."
    if not found:
        return f"Nothing that concerns this case has changed since it opened. {checked}"
    if any(one.meaning is Meaning.BLOCK for one in found):
        return f"The register stops this case: no notice can go out. {checked}"
    if waiting:
        return f"The register changed. No notice goes out before there are reasons. {checked}"
    return f"The register changed; nothing of it stands in the way. {checked}"


def _shown(work: Work, case: Case, found: Sequence[Difference]) -> dict[str, Any]:
    known = answered(case)
    moments = register_moments.moments(work, case)
    return {
        "differences": [
            (
                one,
                _tag(one, known),
                _answer_words(known.get(one.key)),
            )
            for one in found
        ],
        "no_transfer": NO_TRANSFER if {one.sort for one in found} & _HANDED_OVER else "",
        "endings": _endings(work, case) if _serious(found) else [],
        "moments": _moments(moments),
        "spells": _spells(register_moments.spells(moments)),
        "chains": _chains(work, case),
        "who": done_by(Permission.DRAFT_NOTICE),
    }


@dataclass(frozen=True)
class News:
    """What the register changed about a case that is under way: tag, sentence, the answer given."""

    lines: tuple[tuple[pages.Tag, str, str], ...]
    gate_url: str
    register_url: str


def news(work: Work, case: Case, facts: CaseFacts) -> News | None:
    """What changed at the register since the case opened, for the pages people decide from.

    None where nothing did, and once the final notice is out.
    """
    if facts.state in PAST_THE_REGISTER or not (found := drift.differences(work.session, case)):
        return None
    known = answered(case)
    return News(
        tuple((_tag(one, known), one.sentence, _answer_words(known.get(one.key))) for one in found),
        place("gate.gate", reference=case.reference),
        place("register_check.check", reference=case.reference),
    )


def _tag(one: Difference, known: Mapping[str, object]) -> pages.Tag:
    if one.meaning is Meaning.WARN and one.key in known:
        return pages.Tag("Looked into", "green")
    return pages.Tag(one.meaning.label, COLOURS[one.meaning])


def _serious(found: Sequence[Difference]) -> bool:
    return any(one.meaning is not Meaning.NOTE for one in found)


def _answer_words(kept: dict[str, Any] | None) -> str:
    return f"{kept['by_name']} went on: {kept['reason']}" if kept else ""


def _endings(work: Work, case: Case) -> list[tuple[str, str, str]]:
    """Ways to end the case from here: (words, address or "", why not)."""
    found = []
    for choice in cases.choices(work, case):
        if choice.action in _ENDINGS:
            address = place(SCREENS[choice.action], reference=case.reference)
            shown = address if choice.allowed else ""
            found.append((choice.action.label, shown, " ".join(choice.reasons)))
    return found


def _moments(found: Sequence[register_moments.Moment]) -> Listing:
    today = found[-1].view
    rows = []
    for one in found[:-1]:
        other = sum(1 for key, words in today.items() if one.view.get(key, "") != words)
        same = "as today" if not other else f"{other} not as today"
        rows.append({"name": one.name, "at": moment(one.at), "same": same})
    return Listing(
        caption="The moments compared with today",
        columns=[Column("name", "Moment"), Column("at", "When"), Column("same", "The register")],
        rows=rows,
    )


def _spells(found: Sequence[register_moments.Spell]) -> Listing:
    rows = [
        {
            "what": Cell(one.what.capitalize(), note=one.subject),
            "words": one.words,
            "moments": ", ".join(one.moments),
        }
        for one in found
    ]
    return Listing(
        caption="What the register said, and when",
        columns=[
            Column("what", "What"),
            Column("words", "The register said"),
            Column("moments", "At"),
        ],
        rows=rows,
        empty_title="The same at every moment",
        empty_text="Nothing about the provider or the places of this case changed between them.",
    )


def _chains(work: Work, case: Case) -> list[Listing]:
    found = []
    for cqc_id in dict.fromkeys(one.place for one in windows_counted(work.session, case)):
        members = succession.follow(work.session, cqc_id)
        if members:
            found.append(_chain(cqc_id, members))
    return found


def _chain(cqc_id: str, members: Sequence[succession.Member]) -> Listing:
    return Listing(
        caption=f"Before and after {cqc_id}, by CQC’s record",
        columns=[
            Column("step", "Step"),
            Column("place", "Location"),
            Column("provider", "Provider"),
            Column("days", "Registered"),
        ],
        rows=[
            {
                "step": Cell(_step(one.step.distance), note=one.step.reason),
                "place": Cell(one.name or one.step.place, note=one.step.place if one.name else ""),
                "provider": Cell(
                    one.provider or "Not in our register",
                    href=place("providers.provider", cqc_id=one.provider_cqc_id)
                    if one.provider
                    else "",
                ),
                "days": _days(one),
            }
            for one in members
        ],
    )


def _step(distance: int) -> str:
    number = abs(distance)
    return f"{number} {'before' if distance < 0 else 'after'}"


def _days(one: succession.Member) -> str:
    if not one.held:
        return "not known"
    begun = day(one.registered_on) or "not known"
    return f"{begun} to {day(one.deregistered_on)}" if one.deregistered_on else f"since {begun}"
