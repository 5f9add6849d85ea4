"""Whom we should write to about the case: said by the provider, beside the address of notices."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from wtforms import EmailField, HiddenField, StringField
from wtforms.validators import DataRequired, Email, Length, Optional

from enforcement.domain.refusals import BadInput
from enforcement.services import case_contacts
from enforcement.web.fields import visible
from enforcement.web.forms import NhsForm
from enforcement.web.reply import access

bp = Blueprint("contact", __name__, url_prefix="/reply/contact")


class ContactForm(NhsForm):
    form_key = HiddenField()
    name = StringField(
        "Full name",
        [DataRequired("Enter the name of the person we should write to"), Length(max=120), visible],
        render_kw={"autocomplete": "name", "spellcheck": False},
    )
    email = EmailField(
        "Email address",
        [Optional(), Email("Enter an email address like name@example.org"), Length(max=254)],
    )
    phone = StringField(
        "Telephone number",
        [Length(max=40), visible],
        description="You can leave one of the two empty",
        render_kw={"autocomplete": "tel", "inputmode": "tel", "width": 20},
    )


@bp.route("", methods=["GET", "POST"])
@access.needs_session
def change() -> Any:
    work, link = access.work(), access.link()
    form = ContactForm(obj=case_contacts.current(work.session, link.case))
    if form.is_submitted() and form.validate():
        given = (form.name.data, form.email.data, form.phone.data, form.form_key.data)
        try:
            case_contacts.change(work, link, *(one or "" for one in given))
        except BadInput as refused:
            access.undo()
            form.form_errors.append(refused.sentence)
        else:
            return redirect(url_for("contact.changed"))
    elif not form.is_submitted():
        form.form_key.data = secrets.token_urlsafe(24)
    return render_template("reply/contact.html", form=form)


@bp.get("/changed")
@access.needs_session
def changed() -> Any:
    held = case_contacts.current(access.work().session, access.case())
    return render_template("reply/contact_changed.html", held=held and case_contacts.said(held))
