"""The reply link of a case, for officers: how it stands; revoke, re-issue, keep open longer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from enforcement.data.cases import Case
from enforcement.domain.permissions import Permission, can
from enforcement.domain.refusals import BadInput, WrongState
from enforcement.services import case_contacts, cases, links, lost_links
from enforcement.services.links import LinkState
from enforcement.services.work import Work
from enforcement.web import access, pages
from enforcement.web.fields import DayField, visible
from enforcement.web.filters import moment, plural
from enforcement.web.forms import NhsForm
from enforcement.web.staff.case_frame import case_frame

bp = Blueprint("reply_links", __name__, url_prefix="/cases/<reference>/link")
P = Permission
COLOURS: dict[LinkState, pages.Colour] = {
    LinkState.LIVE: "green",
    LinkState.LOCKED: "orange",
    LinkState.LOCKED_FOR_GOOD: "red",
}


@dataclass(frozen=True)
class LinkPanel:
    """What officers see of a link. Never the address or the code: those are only on paper."""

    tag: pages.Tag
    facts: list[pages.Fact]
    may_manage: bool
    live: bool


class RevokeForm(NhsForm):
    reason = StringField("Why is it revoked?", [InputRequired("Say why"), Length(max=200), visible])


class ExtendForm(NhsForm):
    last_day = DayField("Keep the link open until the end of", [InputRequired("Enter the day")])


def link_panel(work: Work, case: Case) -> LinkPanel | None:
    """The link's state for the replies page; None when the case has none yet."""
    link = links.current(work, case)
    if link is None:
        return None
    state = links.state_of(work, link)
    told = [
        pages.Fact("Reference", link.reference, f"link number {link.generation} of this case"),
        pages.Fact("Issued", moment(link.issued_at)),
        pages.Fact("Ends", moment(links.ends_at(work, link))),
        pages.Fact("Wrong tries", plural(link.wrong_tries, "wrong try", "wrong tries")),
    ]
    if state is LinkState.LOCKED:
        told.append(pages.Fact("Locked until", moment(link.locked_until)))
    if link.revoked_at is not None:
        told.append(pages.Fact("Revoked", moment(link.revoked_at)))
    asked = lost_links.last_asked(work, link)
    if asked is not None:
        answer = lost_links.ANSWERS[asked.answer or "again"]
        told.append(pages.Fact("Asked for again", moment(asked.asked_at), answer))
    contact = case_contacts.current(work.session, case)
    if contact is not None:
        said = case_contacts.said(contact)
        told.append(pages.Fact("Asks us to write to", said, moment(contact.said_at)))
    return LinkPanel(
        tag=pages.Tag(state.label, COLOURS.get(state, "grey")),
        facts=told,
        may_manage=can(work.actor, P.MANAGE_LINK) and state is not LinkState.CLOSED,
        live=state.answers,
    )


@bp.route("/revoke", methods=["GET", "POST"])
@access.needs(P.MANAGE_LINK)
def revoke(reference: str) -> Any:
    return _act(reference, "revoke", RevokeForm(), "The link and whoever came in by it are out.")


@bp.route("/extend", methods=["GET", "POST"])
@access.needs(P.MANAGE_LINK)
def extend(reference: str) -> Any:
    return _act(reference, "extend", ExtendForm(), "The link stays open longer.")


@bp.route("/reissue", methods=["GET", "POST"])
@access.needs(P.MANAGE_LINK)
def reissue(reference: str) -> Any:
    return _act(reference, "reissue", NhsForm(), "")


def _act(reference: str, name: str, form: NhsForm, done: str) -> Any:
    work = access.work()
    case = cases.find(work, reference)
    if request.method == "POST" and form.validate():
        try:
            code = _do(work, case, name, form)
        except (BadInput, WrongState) as refused:
            access.undo()
            form.form_errors.append(refused.sentence)
        else:
            if code:
                return _page(work, case, "reissued", form, code)
            flash(done)
            return redirect(url_for("replies.replies", reference=reference))
    return _page(work, case, name, form, "")


def _do(work: Work, case: Case, name: str, form: NhsForm) -> str:
    if name == "revoke":
        links.revoke(work, case, form.reason.data)
        return ""
    if name == "extend":
        links.extend(work, case, form.last_day.data)
        return ""
    return links.printed(work.settings, links.reissue(work, case)).code


def _page(work: Work, case: Case, name: str, form: NhsForm, code: str) -> Any:
    return render_template(
        f"staff/replies/{name}.html",
        case_frame=case_frame(work, case, tab="replies"),
        case=case,
        form=form,
        code=code,
    )
