"""The way in: a code typed from paper, the link itself, and the second fact.

Nothing of the case is shown, and reading changes nothing: mail scanners follow every link.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, url_for
from wtforms import StringField

from enforcement.data.replies import ReplyLink
from enforcement.services import fresh_links, links, reply_sessions, return_codes
from enforcement.web.forms import NhsForm
from enforcement.web.reply import access

bp = Blueprint("start", __name__)

WRONG = (
    "Those details did not let you in. Check both against your CQC registration and wait half a "
    "minute. After five wrong tries the link is locked for an hour; if it stays locked, ring us."
)
WRONG_CODE = "That code did not work. Check it against your letter; if it still fails, ring us."


class CodeForm(NhsForm):
    code = StringField(
        "Your code",
        description="12 letters and numbers, like AB12-CD34-EF56: from your letter, or the code "
        "you were given to come back with",
        render_kw={"autocomplete": "off", "spellcheck": False, "width": 20},
    )


class SecondFactForm(NhsForm):
    location_id = StringField(
        "CQC location ID",
        description="It begins with 1- and is on your CQC certificate and on the CQC website. "
        "If the letter names several locations, any one of them will do.",
        render_kw={"autocomplete": "off", "spellcheck": False, "width": 20},
    )
    postcode = StringField(
        "Postcode of that location",
        render_kw={"autocomplete": "postal-code", "spellcheck": False, "width": 10},
    )


@bp.get("/")
@access.anyone
def start() -> Any:
    return render_template("reply/start.html", form=CodeForm(formdata=None))


@bp.post("/")
@access.anyone
def code() -> Any:
    form = CodeForm()
    work = access.nobody_work()
    secret, typed = None, (form.code.data or "").strip()
    if form.validate() and not reply_sessions.address_is_held(work, access.address()):
        opened = links.find_by_code(work, typed) or return_codes.find(work, typed)
        secret = links.secret_of(work, opened)
    if secret is not None:
        return redirect(url_for("start.link", secret=secret))
    if typed:  # a scanner that presses the button has guessed nothing
        reply_sessions.note_wrong_code(work, access.address())
    form.code.errors = [WRONG_CODE]
    return render_template("reply/start.html", form=form)


@bp.get("/r/<secret>")
@access.anyone
def link(secret: str) -> Any:
    if _usable(secret) is None:
        return no_link()
    return render_template("reply/link.html", form=SecondFactForm(formdata=None))


@bp.post("/r/<secret>")
@access.anyone
def enter(secret: str) -> Any:
    found = _usable(secret)
    if found is None:
        return no_link()
    form = SecondFactForm()
    location, postcode = form.location_id.data or "", form.postcode.data or ""
    session_secret = None
    # Mail scanners press buttons: what nobody typed is no try, and locks nobody out.
    if location.strip() and postcode.strip():
        session_secret = reply_sessions.open_link(
            access.visitor_work(found), found, access.address(), location, postcode, secret
        )
    if session_secret is None:
        form.location_id.errors = [WRONG]
        return render_template("reply/link.html", form=form)
    # From here the secret is out of the address bar, the history and every referrer.
    return access.let_in(make_response(redirect(url_for("reply.home"))), session_secret)


def no_link() -> Any:
    """One answer, byte for byte, for unknown, expired, revoked and ended links."""
    return make_response(render_template("reply/no_link.html", contact=access.contact_block()), 404)


def _usable(secret: str) -> ReplyLink | None:
    work = access.nobody_work()
    found = links.find_by_secret(work, secret)
    if found is None:
        fresh = fresh_links.find(work, secret)
        return fresh.link if fresh is not None else None
    if not links.state_of(work, found).answers:
        return None
    return found


@bp.post("/leave")
@access.needs_session
def leave() -> Any:
    reply_sessions.end(access.work(), access.found())
    return access.let_out(make_response(redirect(url_for("start.left"))))


@bp.get("/left")
@access.anyone
def left() -> Any:
    return render_template("reply/left.html")


@bp.get("/privacy")
@access.anyone
def privacy() -> Any:
    return render_template("reply/privacy.html", contact=access.contact_block())
