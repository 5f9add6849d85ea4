"""How a provider wants to be written to, as an officer heard it or read it in a letter."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for
from wtforms import RadioField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from enforcement.domain.permissions import Permission
from enforcement.domain.replies import FORMATS
from enforcement.services import cases, format_wishes
from enforcement.web import access
from enforcement.web.fields import LongTextField, visible
from enforcement.web.staff.case_form import LONGEST, CaseForm, FormPage, answer, options

bp = Blueprint("format_wishes", __name__, url_prefix="/cases/<reference>")


class WishForm(CaseForm):
    wanted = RadioField(
        "How are letters to come?",
        [InputRequired("Choose how letters are to come")],
        choices=options((one, FORMATS[one].title) for one in format_wishes.HEARD),
    )
    words = LongTextField(
        "What they said (optional)",
        [Optional(), Length(max=LONGEST), visible],
        description="Who asked, and when. For another language, which one",
    )
    submit = SubmitField("Save")


@bp.route("/format", methods=["GET", "POST"])
@access.needs(Permission.NOTE)
def wanted(reference: str) -> Any:
    work = access.work()
    case = cases.find(work, reference)
    form = WishForm()

    def act() -> None:
        key = f"{case.reference}-after-{form.last_seen}"  # pressed twice, it is noted once
        format_wishes.note(work, case, form.wanted.data, form.words.data or "", key)

    page = FormPage(
        "Letters in another format or language",
        tab="notes",
        back=url_for("cases.notes", reference=case.reference),
        intro=format_wishes.what_follows(work, case)
        or "It holds for every later letter to this provider, in all its cases.",
    )
    return answer(work, case, form, page, act, "Noted. It holds for every later letter.")
