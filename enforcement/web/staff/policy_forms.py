"""A plain form for each kind of policy: what is typed becomes the row's body, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from wtforms import BooleanField, EmailField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from enforcement.domain.closing import CLOSE_REASONS
from enforcement.domain.refusals import BadInput
from enforcement.domain.tasks import TaskKind
from enforcement.domain.windows import Month
from enforcement.web.fields import DayField, LongTextField, MoneyField, visible
from enforcement.web.forms import NhsForm

Body = dict[str, Any]


def _number(label: str, least: int = 1, hint: str = "") -> IntegerField:
    checks = [InputRequired(f"Enter a number: {label.lower()}"), NumberRange(least, 999)]
    return IntegerField(label, checks, description=hint, render_kw={"width": 3})


def _words(label: str, hint: str = "", most: int = 500) -> StringField:
    checks = [InputRequired(f"Enter: {label.lower()}"), Length(max=most), visible]
    return StringField(label, checks, description=hint)


def _lines(label: str, hint: str = "One line each") -> LongTextField:
    checks = [InputRequired(f"Enter: {label.lower()}"), Length(max=2_000), visible]
    return LongTextField(label, checks, description=hint, render_kw={"rows": 6})


class PolicyForm(NhsForm):
    """What every kind asks: from when, and on what authority."""

    effective_from = DayField("In force from", [InputRequired("Enter the day it takes effect")])
    citation = TextAreaField(
        "Where it comes from",
        [InputRequired("Say where it comes from"), Length(max=2_000), visible],
        description="Regulation, guidance or decision, with its date",
        render_kw={"rows": 3},
    )


class ThresholdForm(PolicyForm):
    consecutive = _number("Missed windows in a row")
    total = _number("Or missed windows in all")
    span = _number("Among the last how many windows")
    first_countable = _words("First month that counts", "Like 2023-04", 7)
    at_risk_consecutive = _number("At risk: in a row")
    at_risk_total = _number("At risk: in all")

    def validate_first_countable(self, field: StringField) -> None:
        _month(field)


class PeriodsForm(PolicyForm):
    representations_days = _number("Days for representations", 1, "The law allows no fewer than 14")
    representations_roll = BooleanField("Their end moves to the next working day")
    payment_days = _number("Days to pay")
    appeal_days = _number("Days to appeal")
    link_days_after_deadline = _number("Days the reply link stays open after the deadline")


class ContactForm(PolicyForm):
    phone = _words("Telephone")
    hours = _words("Hours")
    email = EmailField("Email", [InputRequired("Enter an email address"), Length(max=254), visible])
    post = _lines("Postal address")
    who_to_ask = _lines("Whom to ask", "One line each: about what | who | how")

    def validate_who_to_ask(self, field: LongTextField) -> None:
        if any(line.count("|") != 2 for line in split(field.data)):
            raise ValidationError("Each line of “Whom to ask” has three parts, divided by |")


class CalendarDayForm(PolicyForm):
    day = DayField("Day", [InputRequired("Enter the day")])
    working = BooleanField("It is a working day", description="Leave empty for a holiday")
    reason = _words("Reason", "Like: bank holiday by royal proclamation of 10 March")


class WindowOverrideForm(PolicyForm):
    month = _words("Month of the window", "Like 2026-03", 7)
    opens_on = DayField("Opens on (leave empty for the usual day)", [Optional()])
    closes_on = DayField("Closes on (leave empty for the usual day)", [Optional()])
    reason = _words("Reason")

    def validate_month(self, field: StringField) -> None:
        _month(field)


class PanelForm(PolicyForm):
    quorum = _number("Votes needed for a decision")


class SamplingForm(PolicyForm):
    least = _number("The fewest notices checked in full")
    roots = _number("Times the square root of the notices in the run")


class RoutingForm(PolicyForm):
    complaint = EmailField(
        "Mailbox for complaints", [InputRequired("Enter a mailbox"), Length(max=254), visible]
    )
    safeguarding = EmailField(
        "Mailbox for safeguarding concerns",
        [InputRequired("Enter a mailbox"), Length(max=254), visible],
    )


class ParagraphForm(PolicyForm):
    title = _words("Title", "The same title as an earlier paragraph replaces it", 80)
    text = LongTextField(
        "Words",
        [InputRequired("Enter the words"), Length(max=2_000), visible],
        description="To end a paragraph, enter its title and the one word: withdrawn",
        render_kw={"rows": 6},
    )


class TribunalForm(PolicyForm):
    name = _words("Tribunal")
    address = _lines("Address")
    email = EmailField("Email", [InputRequired("Enter an email address"), Length(max=254), visible])
    form = _words("How to appeal and what paying means, in sentences")


class PaymentForm(PolicyForm):
    how = _lines("Ways to pay")
    consequences = _lines("What follows if it is not paid", "")


class SignatoryForm(PolicyForm):
    name = _words("Who signs")
    role = _words("In what capacity")


class LettersForm(PolicyForm):
    reminder_before_due = _number("Reminders: from how many days before the last day to pay", 0)
    reminder_apart = _number("Reminders: days between two of them")
    refund_within = _number("Refunds: days to repay in")
    refund_how = _words("Refunds: how, as a sentence")
    certificate_authority = _words("Certificates: the authority to sign, as a sentence")


class MoneyForm(PolicyForm):
    write_off_alone_pence = MoneyField(
        "What one person may write off of a penalty",
        [InputRequired("Enter an amount; 0 if two people are always needed")],
        description="Above it, a second person must agree.",
    )
    reminder_after_due = _number("Reminders: days after the last day to pay")
    reminder_by_itself = BooleanField(
        "Reminders are sent without anybody looking",
        description="Otherwise each is a task for somebody to send.",
    )


class RecoveryForm(PolicyForm):
    reminder_needed = BooleanField("A reminder is sent before recovery starts")
    reminder_wait = _number("Days from the reminder to recovery", 0)
    next_step_days = _number("Days to the next step of recovery")
    payment_restarts = BooleanField(
        "After an appeal the whole period for payment starts again",
        description="Otherwise the days that were left when the appeal was made.",
    )


class RetentionForm(PolicyForm):
    """Whole years after closing, by why the case was closed."""


for _reason, _words_of in CLOSE_REASONS.items():
    setattr(RetentionForm, _reason, _number(_words_of, 1, "Years after closing"))


class TasksForm(PolicyForm):
    """Working days each kind of task allows: one field for each kind."""


for _kind in TaskKind:
    setattr(TasksForm, _kind.value, _number(_kind.label, 1, "Working days"))


class FeeSchemeForm(PolicyForm):
    scheme = LongTextField(
        "Scheme",
        [InputRequired("Enter the scheme")],
        description="JSON: bands of places and pence, community base, rate and cap. "
        "Begin with the scheme in force and change its numbers.",
        render_kw={"rows": 18, "spellcheck": False, "classes": "app-code"},
    )

    def validate_scheme(self, field: LongTextField) -> None:
        try:
            found = json.loads(field.data or "")
        except ValueError as fault:
            raise ValidationError(f"This is not JSON: {fault}") from None
        if not isinstance(found, dict):
            raise ValidationError("The scheme is one JSON object, between { and }")


def _month(field: StringField) -> None:
    try:
        Month.parse((field.data or "").strip())
    except BadInput as fault:
        raise ValidationError(f"{field.label.text}: {fault.sentence} {fault.fix}") from None


def split(text: str | None) -> list[str]:
    """The lines that say something."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


@dataclass(frozen=True)
class Kind:
    """A kind's form, how to read its body from it, and how to fill it from a body."""

    form: type[PolicyForm]
    read: Callable[[PolicyForm], Body]
    fill: Callable[[Mapping[str, Any]], Body]


def _plain(form: type[PolicyForm], *names: str) -> Kind:
    """A form whose fields are the body's values as they stand."""
    return Kind(
        form,
        lambda filled: {name: _bare(filled[name].data) for name in names},
        lambda body: {name: body.get(name) for name in names},
    )


def _bare(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _with_lines(form: type[PolicyForm], lines: tuple[str, ...], *names: str) -> Kind:
    """The same, with some fields that are lists of lines."""
    return Kind(
        form,
        lambda filled: {
            **{name: _bare(filled[name].data) for name in names},
            **{name: split(filled[name].data) for name in lines},
        },
        lambda body: {
            **{name: body.get(name) for name in names},
            **{name: "\n".join(body.get(name, ())) for name in lines},
        },
    )


def _read_contact(form: PolicyForm) -> Body:
    asked = [[part.strip() for part in line.split("|")] for line in split(form["who_to_ask"].data)]
    return {
        **{name: _bare(form[name].data) for name in ("phone", "hours", "email")},
        "post": split(form["post"].data),
        "who_to_ask": [{"for": a, "who": b, "how": c} for a, b, c in asked],
    }


def _fill_contact(body: Mapping[str, Any]) -> Body:
    asked = [f"{one['for']} | {one['who']} | {one['how']}" for one in body["who_to_ask"]]
    return {**body, "post": "\n".join(body["post"]), "who_to_ask": "\n".join(asked)}


FORMS: dict[str, Kind] = {
    "threshold": _plain(
        ThresholdForm,
        *("consecutive", "total", "span", "first_countable", "at_risk_consecutive"),
        "at_risk_total",
    ),
    "periods": _plain(
        PeriodsForm,
        *("representations_days", "representations_roll", "payment_days", "appeal_days"),
        "link_days_after_deadline",
    ),
    "contact_block": Kind(ContactForm, _read_contact, _fill_contact),
    "calendar_day": Kind(
        CalendarDayForm,
        lambda form: {
            "day": _day(form["day"].data),
            "working": form["working"].data,
            "reason": _bare(form["reason"].data),
        },
        lambda body: {},
    ),
    "window_override": Kind(
        WindowOverrideForm,
        lambda form: {
            "month": _bare(form["month"].data),
            "opens_on": _day(form["opens_on"].data),
            "closes_on": _day(form["closes_on"].data),
            "reason": _bare(form["reason"].data),
        },
        lambda body: {},
    ),
    "panel": _plain(PanelForm, "quorum"),
    "routing": _plain(RoutingForm, "complaint", "safeguarding"),
    "paragraph": _plain(ParagraphForm, "title", "text"),
    "money": _plain(MoneyForm, "write_off_alone_pence", "reminder_after_due", "reminder_by_itself"),
    "tasks": _plain(TasksForm, *(kind.value for kind in TaskKind)),
    "recovery": _plain(
        RecoveryForm, "reminder_needed", "reminder_wait", "next_step_days", "payment_restarts"
    ),
    "retention": _plain(RetentionForm, *CLOSE_REASONS),
    "sampling": _plain(SamplingForm, "least", "roots"),
    "tribunal": _with_lines(TribunalForm, ("address",), "name", "email", "form"),
    "payment": Kind(
        PaymentForm,
        lambda form: {
            "how": split(form["how"].data),
            "consequences": " ".join(split(form["consequences"].data)),
        },
        lambda body: {"how": "\n".join(body["how"]), "consequences": body["consequences"]},
    ),
    "signatory": _plain(SignatoryForm, "name", "role"),
    "letters": _plain(
        LettersForm,
        *("reminder_before_due", "reminder_apart", "refund_within", "refund_how"),
        "certificate_authority",
    ),
    "fee_scheme": Kind(
        FeeSchemeForm,
        lambda form: dict(json.loads(form["scheme"].data)),
        lambda body: {"scheme": json.dumps(dict(body), indent=2, ensure_ascii=False)},
    ),
}
