"""The link or code was lost: one form, one answer for everybody."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from enforcement.services import lost_links
from enforcement.web.fields import visible
from enforcement.web.forms import NhsForm
from enforcement.web.reply import access

bp = Blueprint("lost", __name__, url_prefix="/lost")


class LostForm(NhsForm):
    given = StringField(
        "CQC provider ID, CQC location ID or the reference on a letter",
        [DataRequired("Enter an ID or a reference"), Length(max=40), visible],
        description="For example: 1-123456789 or ASC-2026-000123",
        render_kw={"autocomplete": "off", "spellcheck": False, "width": 20},
    )
    postcode = StringField(
        "Postcode",
        [DataRequired("Enter the postcode"), Length(max=12), visible],
        description="Of the provider, or of one of its locations",
        render_kw={"autocomplete": "postal-code", "spellcheck": False, "width": 10},
    )


@bp.route("", methods=["GET", "POST"])
@access.anyone
def ask() -> Any:
    form = LostForm()
    if form.is_submitted() and form.validate():
        work = access.nobody_work()
        lost_links.ask(work, access.address(), form.given.data or "", form.postcode.data or "")
        return redirect(url_for("lost.asked"))
    return render_template("reply/lost.html", form=form)


@bp.get("/asked")
@access.anyone
def asked() -> Any:
    return render_template("reply/lost_asked.html", contact=access.contact_block())
