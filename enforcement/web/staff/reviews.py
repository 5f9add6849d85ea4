"""Findings that only a person makes: public body, dual registration, corrected returns."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy import select
from wtforms import HiddenField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from enforcement.data.register import DualRegistration, Duty, Location, Provider
from enforcement.domain.duties import Service
from enforcement.domain.permissions import Permission
from enforcement.domain.refusals import NotFound, Refusal
from enforcement.domain.windows import Month
from enforcement.services import corrections, providers, reviews
from enforcement.services.work import Work
from enforcement.web import access
from enforcement.web.fields import LongTextField, visible
from enforcement.web.forms import NhsForm, put_refusal

bp = Blueprint("reviews", __name__)
LONGEST = 4_000


def _words(label: str, missing: str, hint: str = "") -> LongTextField:
    return LongTextField(
        label, [InputRequired(missing), Length(max=LONGEST), visible], description=hint
    )


class ReviewForm(NhsForm):
    public_body = RadioField(
        "Is this provider a public body?",
        [InputRequired("Choose whether the provider is a public body")],
        choices=[
            SelectChoice("yes", "Yes: it cannot be penalised"),
            SelectChoice("no", "No: it can be penalised"),
        ],
    )
    evidence = _words(
        "What the finding rests on",
        "Say what the finding rests on",
        "For example the register of companies, an Act, or legal advice with its date.",
    )
    functions = LongTextField(
        "Public functions, if only part of what it does (optional)",
        [Length(max=LONGEST), visible],
    )
    version = HiddenField()


class SettleForm(NhsForm):
    answerable = RadioField(
        "Who answers for this place?", [InputRequired("Choose which registration answers")]
    )
    reason = _words("Why", "Say why that provider answers for the place")
    version = HiddenField()


class PresenceForm(NhsForm):
    evidence = _words(
        "Where you looked and what you found",
        "Say where you looked and what you found",
        "For example CQC’s page of the location today, or a call to CQC with its reference.",
    )


class CorrectionForm(NhsForm):
    outcome = RadioField(
        "What should the window be?",
        [InputRequired("Choose what the window should be")],
        choices=[SelectChoice(*pair) for pair in corrections.OUTCOMES.items()],
    )
    reason = _words("Reason", "Give the reason", "It is shown with the outcome from then on.")
    evidence = _words("Where the evidence is", "Say where the evidence is")


def _back(one: Provider) -> str:
    return url_for("providers.provider", cqc_id=one.cqc_id)


def _page(
    one: Provider, form: NhsForm, title: str, refusal: Refusal | None = None, **more: Any
) -> Any:
    """The form again: with the refusal, with its own errors, or as it first stands."""
    if refusal is not None:
        put_refusal(form, refusal)
    page = render_template(
        "staff/providers/finding.html",
        provider=one,
        form=form,
        errors=form.error_list,
        title=title,
        back={"href": _back(one), "text": one.name},
        **more,
    )
    return page, 409 if refusal else 400 if form.error_list else 200


def _version(form: Any) -> int | None:
    text = form.version.data or ""
    return int(text) if text.isdecimal() else None


@bp.route("/providers/<cqc_id>/review", methods=["GET", "POST"])
@access.needs(Permission.REVIEW_PUBLIC_BODY)
def review(cqc_id: str) -> Any:
    """Record whether the provider is a public body, with the evidence."""
    work = access.work()
    one = providers.find(work.session, cqc_id)
    form = ReviewForm(version=str(one.version))
    title = "Public body review"
    if not form.validate_on_submit():
        return _page(one, form, title)
    try:
        reviews.review(
            work,
            one,
            form.public_body.data == "yes",
            form.evidence.data,
            form.functions.data or "",
            _version(form),
        )
    except Refusal as refusal:
        access.undo()
        return _page(providers.find(access.work().session, cqc_id), form, title, refusal)
    flash("The review is recorded.", "success")
    return redirect(_back(one), 303)


@bp.route("/providers/<cqc_id>/settle/<int:pair_id>", methods=["GET", "POST"])
@access.needs(Permission.REVIEW_PUBLIC_BODY)
def settle(cqc_id: str, pair_id: int) -> Any:
    """Say which of two registrations at one place answers."""
    work = access.work()
    one = providers.find(work.session, cqc_id)
    pair = work.session.get(DualRegistration, pair_id)
    if pair is None:
        raise NotFound("There is no such dual registration.")
    form = SettleForm(version=str(pair.version))
    form.answerable.choices = _registrations(work, pair)
    title = "Settle a dual registration"
    if not form.validate_on_submit():
        return _page(one, form, title)
    try:
        reviews.settle(work, pair_id, form.answerable.data, form.reason.data, _version(form))
    except Refusal as refusal:
        access.undo()
        return _page(providers.find(access.work().session, cqc_id), form, title, refusal)
    flash("The dual registration is settled.", "success")
    return redirect(_back(one), 303)


def _registrations(work: Work, pair: DualRegistration) -> list[SelectChoice]:
    """Both registrations with their providers' names, for the choice."""
    both = (pair.location_cqc_id, pair.linked_cqc_id)
    from_register = {
        place.cqc_id: f"{place.name}, {place.provider.name}"
        for place in work.session.scalars(select(Location).where(Location.cqc_id.in_(both)))
    }
    return [(one, f"{one}: {from_register.get(one, 'not in our register')}") for one in both]


@bp.route("/providers/<cqc_id>/corrections/<int:duty_id>/<month>", methods=["GET", "POST"])
@access.needs(Permission.LOAD_FILES)
def correct(cqc_id: str, duty_id: int, month: str) -> Any:
    """Propose that a miss did not happen or is excused; a second person approves."""
    work = access.work()
    one = providers.find(work.session, cqc_id)
    duty = work.session.get(Duty, duty_id)
    if duty is None or duty.provider_id != one.id:
        raise NotFound("This provider has no such location and service.")
    window = Month.parse(month)
    form = CorrectionForm()
    title = f"Correct {window.title}"
    about = f"{duty.location.name}, {Service(duty.service).title.lower()}"
    if not form.validate_on_submit():
        return _page(one, form, title, about=about)
    try:
        corrections.propose(
            work, duty_id, window, form.outcome.data, form.reason.data, form.evidence.data
        )
    except Refusal as refusal:
        access.undo()
        again = providers.find(access.work().session, cqc_id)
        return _page(again, form, title, refusal, about=about)
    flash("The correction is proposed. A second person must approve it.", "success")
    return redirect(_back(one), 303)


@bp.post("/providers/<cqc_id>/corrections/<int:correction_id>/approve")
@access.needs(Permission.COMPLETE_FEED)
def approve_correction(cqc_id: str, correction_id: int) -> Any:
    """Approve a proposed correction as a second person."""
    work = access.work()
    one = providers.find(work.session, cqc_id)
    corrections.approve(work, correction_id)
    flash("The correction is approved. The miss no longer counts.", "success")
    return redirect(_back(one), 303)


@bp.route("/providers/<cqc_id>/still-there/<location_id>", methods=["GET", "POST"])
@access.needs(Permission.REVIEW_PUBLIC_BODY)
def still_there(cqc_id: str, location_id: str) -> Any:
    """Record that a location a register file left out is still registered."""
    work = access.work()
    one = providers.find(work.session, cqc_id)
    place = work.session.scalar(select(Location).where(Location.cqc_id == location_id))
    if place is None or place.provider_id != one.id:
        raise NotFound("This provider has no such location.")
    form = PresenceForm()
    title = f"{place.name}: still registered?"
    if not form.validate_on_submit():
        return _page(one, form, title)
    try:
        reviews.still_there(work, place, form.evidence.data)
    except Refusal as refusal:
        access.undo()
        return _page(providers.find(access.work().session, cqc_id), form, title, refusal)
    flash("Recorded: the location is still registered.", "success")
    return redirect(_back(one), 303)
