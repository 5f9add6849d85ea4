"""Looking the provider up in the register again: what changed since the case opened.

Before money is asked for, the check must be of the same day; a difference that a person has read
and accepted no longer closes the gate (design 4.4).
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for
from wtforms import SelectMultipleField, SubmitField

from enforcement.domain.permissions import Permission
from enforcement.services import cases, drift
from enforcement.web import access
from enforcement.web.filters import day
from enforcement.web.staff.case_form import CaseForm, FormPage, answer, options

bp = Blueprint("register_check", __name__)


class CheckForm(CaseForm):
    """Each difference is accepted by itself, or blocks."""

    accepted = SelectMultipleField(
        "Which differences did you look at and accept?",
        description="Each that you leave out keeps the case from going on.",
    )
    submit = SubmitField("Record the check of today")


@bp.route("/cases/<reference>/register", methods=["GET", "POST"])
@access.needs(Permission.DRAFT_NOTICE)
def check(reference: str) -> Any:
    """Compare the register held today with the case as it opened, and record the check."""
    work = access.work()
    case = cases.find(work, reference)
    found = drift.differences(case)
    form = CheckForm()
    if found:
        form.accepted.choices = options((text, text) for text in found)
    else:
        del form.accepted

    def act() -> None:
        cases.expect(case, form.read_version)
        drift.check_register(work, case, tuple(form.accepted.data or ()) if found else ())

    last = case.register_checked_on
    page = FormPage(
        "Check the register",
        tab="summary",
        back=url_for("cases.case", reference=case.reference),
        intro="Nothing that matters to this case has changed since it opened."
        if not found
        else "The register held today differs from the case as it opened.",
        note=f"Last checked {day(last)}." if last else "Not checked yet.",
    )
    return answer(work, case, form, page, act, "The check of the register is recorded.")
