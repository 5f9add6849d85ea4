"""The password again, before what a stranger at an open screen must not do: one page for all."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request
from wtforms import HiddenField, PasswordField, SubmitField
from wtforms.validators import InputRequired, Length

from enforcement.services import sign_in as signing
from enforcement.web import access
from enforcement.web.filters import plural
from enforcement.web.forms import NhsForm
from enforcement.web.staff.sign_in import safe_next, with_cookie

bp = Blueprint("confirm", __name__)
WRONG = "The password is wrong, or the account is locked for a while."


class ConfirmForm(NhsForm):
    password = PasswordField(
        "Your password", [InputRequired("Enter your password"), Length(max=1000)],
        render_kw={"autocomplete": "current-password"},
    )  # fmt: skip
    next = HiddenField()
    submit = SubmitField("Confirm")


@bp.route("/confirm-password", methods=["GET", "POST"])
@access.needs(None)
def confirm() -> Any:
    """Ask for the password again, begin a new session, and go back to where it was asked for."""
    form = ConfirmForm(next=request.args.get("next", ""))
    if form.validate_on_submit():
        secret = signing.confirm(
            access.session(),
            request.cookies.get(access.cookie_name(), ""),
            form.password.data,
            request.remote_addr or "",
            access.now(),
        )
        if secret is not None:
            flash("Your password is confirmed. Nothing was done yet: go on from here.", "success")
            return with_cookie(make_response(redirect(safe_next(form.next.data), 303)), secret)
        form.password.errors = [WRONG]
    minutes = int(access.settings().staff_confirm.total_seconds() // 60)
    return render_template("staff/sign_in/confirm.html", form=form, after=plural(minutes, "minute"))
