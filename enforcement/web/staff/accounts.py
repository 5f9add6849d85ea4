"""Accounts of staff: listed, made, given other roles, disabled."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from wtforms import (
    EmailField,
    HiddenField,
    PasswordField,
    SelectMultipleField,
    StringField,
    SubmitField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, InputRequired, Length, Optional

from enforcement.data.people import Account
from enforcement.domain.permissions import ROLE_TITLES, Permission, Role
from enforcement.domain.refusals import BadInput, Refusal
from enforcement.services import accounts as services
from enforcement.services.work import Work, changed_meanwhile
from enforcement.web import access
from enforcement.web.fields import visible
from enforcement.web.filters import day, moment, plural
from enforcement.web.forms import NhsForm
from enforcement.web.listing import Cell, Column, Listing

bp = Blueprint("accounts", __name__)
ROLES = [SelectChoice(role.value, role.label) for role in Role]


class NewForm(NhsForm):
    username = StringField(
        "User name", [InputRequired("Enter a user name"), Length(max=80), visible],
        render_kw={"width": 20, "autocomplete": "off", "spellcheck": False},
    )  # fmt: skip
    name = StringField("Full name", [InputRequired("Enter the name"), Length(max=120), visible])
    staff_number = StringField(
        "Staff number", [InputRequired("Enter the staff number"), Length(max=40), visible],
        description="Unique to the person: it is who they are in every case’s history",
        render_kw={"width": 10},
    )  # fmt: skip
    email = EmailField("Email (optional)", [Optional(), Email("Enter an email address")])
    roles = SelectMultipleField("Roles", [InputRequired("Choose at least one role")], choices=ROLES)
    password = PasswordField(
        "First password", [InputRequired("Enter a password"), Length(max=1000)],
        description=f"At least {services.SHORTEST} characters",
        render_kw={"autocomplete": "new-password"},
    )  # fmt: skip
    submit = SubmitField("Make the account")


class RolesForm(NhsForm):
    roles = SelectMultipleField("Roles", [InputRequired("Choose at least one role")], choices=ROLES)
    version = HiddenField()
    submit = SubmitField("Change the roles")


@bp.get("/accounts")
@access.needs(Permission.MANAGE_ACCOUNTS)
def accounts() -> str:
    work = access.work()
    rows = work.session.scalars(select(Account).order_by(Account.disabled_at, Account.name)).all()
    return render_template("staff/accounts/accounts.html", list=_listing(work, list(rows)))


def _listing(work: Work, rows: list[Account]) -> Listing:
    return Listing(
        caption="Accounts",
        columns=[
            Column("name", "Name"),
            Column("staff_number", "Staff number"),
            Column("roles", "Roles"),
            Column("state", "State"),
            Column("created", "Made"),
        ],
        rows=[
            {
                "name": Cell(
                    row.name,
                    href=url_for("accounts.account", username=row.username),
                    note=row.username,
                ),
                "staff_number": row.staff_number,
                "roles": ", ".join(ROLE_TITLES[Role(role)] for role in row.roles),
                "state": _state(work, row),
                "created": day(row.created_at),
            }
            for row in rows
        ],
        count_text=plural(len(rows), "account"),
    )


def _state(work: Work, row: Account) -> Cell:
    if row.disabled_at is not None:
        return Cell("Disabled", tag="grey", note=day(row.disabled_at))
    if row.locked_until is not None and row.locked_until > work.now:
        return Cell("Locked", tag="orange", note=f"until {moment(row.locked_until)}")
    return Cell("Active", tag="green")


@bp.route("/accounts/new", methods=["GET", "POST"])
@access.needs(Permission.MANAGE_ACCOUNTS)
def new() -> Any:
    form = NewForm()
    if form.validate_on_submit():
        try:
            made = services.create(
                access.work(),
                form.username.data,
                form.name.data,
                form.staff_number.data,
                form.roles.data,
                form.password.data,
                form.email.data or None,
            )
        except BadInput as refusal:
            access.undo()
            form.form_errors.append(refusal.sentence)
        else:
            flash(f"Account made for {made.name}.", "success")
            return redirect(url_for("accounts.accounts"), 303)
    return render_template("staff/accounts/new.html", form=form)


@bp.route("/accounts/<username>", methods=["GET", "POST"])
@access.needs(Permission.MANAGE_ACCOUNTS)
def account(username: str) -> Any:
    work = access.work()
    found = services.find(work, username)
    form = RolesForm(roles=list(found.roles), version=str(found.version))
    if form.validate_on_submit():
        try:
            if not (form.version.data or "").isdecimal():
                raise changed_meanwhile()
            services.change_roles(work, username, form.roles.data, int(form.version.data))
        except Refusal as refusal:
            access.undo()
            form.form_errors.append(refusal.sentence)
            found = services.find(work, username)
        else:
            flash(f"The roles of {found.name} are changed. Their sessions are ended.", "success")
            return redirect(url_for("accounts.account", username=username), 303)
    return render_template(
        "staff/accounts/account.html",
        found=found,
        form=form,
        state=_state(work, found),
        own=found.id == work.actor.account_id,
        roles=", ".join(ROLE_TITLES[Role(role)] for role in found.roles),
    )


@bp.post("/accounts/<username>/disable")
@access.needs(Permission.MANAGE_ACCOUNTS)
def disable(username: str) -> Any:
    if request.form.get("sure") != "yes":
        raise BadInput("Tick to say that the account is to be disabled.")
    found = services.disable(access.work(), username)
    flash(f"The account of {found.name} is disabled and signed out.", "success")
    return redirect(url_for("accounts.accounts"), 303)
