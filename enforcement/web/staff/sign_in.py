"""Signing in and out, and what one's own account is."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user
from wtforms import HiddenField, PasswordField, StringField, SubmitField
from wtforms.validators import InputRequired, Length

from enforcement.domain.permissions import Role
from enforcement.services import sign_in as signing
from enforcement.web import access
from enforcement.web.forms import NhsForm

bp = Blueprint("sign_in", __name__)


class SignInForm(NhsForm):
    username = StringField(
        "User name", [InputRequired("Enter your user name"), Length(max=80)],
        render_kw={"autocomplete": "username", "spellcheck": False, "width": 20},
    )  # fmt: skip
    password = PasswordField(
        "Password", [InputRequired("Enter your password"), Length(max=1000)],
        render_kw={"autocomplete": "current-password"},
    )  # fmt: skip
    next = HiddenField()
    submit = SubmitField("Sign in")


def safe_next(wanted: str | None) -> str:
    """Where to go after signing in: a path of this site, or home (never another site)."""
    parts = urlsplit((wanted or "").replace("\\", "/"))
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path[1:2] == "/":
        return url_for("home.home")
    return parts._replace(fragment="").geturl().rstrip("?")


@bp.route("/sign-in", methods=["GET", "POST"])
@access.anyone
def sign_in() -> Any:
    if current_user.is_authenticated:
        return redirect(url_for("home.home"))
    form = SignInForm(next=request.args.get("next", ""))
    if not form.validate_on_submit():
        return render_template("staff/sign_in/sign_in.html", form=form)
    started = signing.start(
        access.session(),
        form.username.data,
        form.password.data,
        request.remote_addr or "",
        access.now(),
    )
    if started is None:
        form.form_errors.append(signing.WRONG)
        return render_template("staff/sign_in/sign_in.html", form=form)
    secret, _account = started
    return with_cookie(make_response(redirect(safe_next(form.next.data), 303)), secret)


def with_cookie(response: Response, secret: str) -> Response:
    """The answer with the cookie of a session that begins."""
    response.set_cookie(
        access.cookie_name(),
        secret,
        secure=current_app.config["SECURE_COOKIES"],
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


@bp.post("/sign-out")
@access.anyone
def sign_out() -> Any:
    secret = request.cookies.get(access.cookie_name())
    if secret:
        signing.end(access.session(), secret, access.now())
    response = make_response(redirect(url_for("sign_in.sign_in"), 303))
    response.delete_cookie(access.cookie_name(), path="/")
    return response


@bp.get("/my-account")
@access.needs(None)
def my_account() -> Any:
    actor = access.actor()
    return render_template(
        "staff/sign_in/my_account.html",
        actor=actor,
        roles=[role.label for role in Role if role in actor.roles],
    )
