"""The forms of the decision: what is put to the panel, interests, votes, the decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import HiddenField, RadioField, SelectField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from enforcement.data.replies import ReplyPoint
from enforcement.domain.decisions import Outcome, Vote
from enforcement.domain.findings import FOUND, Finding, FindingKind, Needed
from enforcement.domain.replies import EXCUSES
from enforcement.web.fields import LongTextField, visible
from enforcement.web.staff.case_form import LONGEST, CaseForm, options, words

OUTCOMES = options((o.value, o.label) for o in Outcome)
_MOST_QUOTED = 240  # characters of a point that stand above its finding


class ProposeForm(CaseForm):
    recommendation = RadioField(
        "What do you recommend?",
        [InputRequired("Choose what you recommend")],
        choices=OUTCOMES,
    )
    reasons = words("Reasons", "Enter the reasons", "These words go into the notice.")
    excuse_finding = words(
        "Finding on reasonable excuse",
        "Enter the finding on reasonable excuse",
        "Say which reasons were given, what was looked at, and whether they amount to a "
        "reasonable excuse. Say so too when none was given. These words go into the notice.",
    )


class DeclareForm(CaseForm):
    connected = RadioField(
        "Does anything connect you with this provider, its people or its places?",
        [InputRequired("Say whether anything connects you with this provider")],
        choices=options([("no", "No, nothing"), ("yes", "Yes: I stand aside")]),
    )
    conflict = LongTextField(
        "What connects you?",
        [Optional(), Length(max=LONGEST), visible],
        description="Only if you answered yes. Family, friends, work, money, or anything that "
        "somebody might think sways you.",
    )
    submit = SubmitField("Declare")


class VoteForm(CaseForm):
    shown = HiddenField()
    vote = RadioField(
        "How do you vote?",
        [InputRequired("Choose how you vote")],
        choices=options((v.value, v.label) for v in Vote),
    )
    reasons = LongTextField(
        "Your reasons",
        [Optional(), Length(max=LONGEST), visible],
        description="Needed for a vote either way. A vote against the majority is kept on record "
        "with its reasons, and is not in the letter.",
    )
    conflict = LongTextField(
        "Why you stand aside",
        [Optional(), Length(max=LONGEST), visible],
        description="Only if, having read the papers, you find that something connects you with "
        "this provider.",
    )
    submit = SubmitField("Cast your vote")


class DecideForm(CaseForm):
    outcome = RadioField(
        "What did the panel decide?",
        [InputRequired("Choose what the panel decided")],
        choices=OUTCOMES,
    )
    submit = SubmitField("Record the decision")


class SetAsideForm(CaseForm):
    reason = words("Why is it set aside?", "Enter why it is set aside")
    submit = SubmitField("Set aside")


# --- one finding after another ----------------------------------------------------------------
def propose_form(
    asked: Sequence[Needed], points: Sequence[ReplyPoint], *, compared: bool
) -> type[ProposeForm]:
    """The form with three fields for each finding asked for; the button comes last.

    `compared`: whether there are enough similar decisions to differ from.
    """
    by_row = {point.id: point for point in points}
    fields: dict[str, Any] = {}
    for one in asked:
        fields |= _fields(one, by_row.get(one.point or 0))
    if compared:
        fields["differs"] = LongTextField(
            "Why does this case differ?",
            [Optional(), Length(max=LONGEST), visible],
            description="Only if your recommendation differs from every similar decision. One "
            "sentence; the panel reads it.",
        )
    fields["submit"] = SubmitField("Put to the panel")
    return type("ProposeFormOfCase", (ProposeForm,), fields)


def _name(one: Needed) -> str:
    return f"{one.kind.value}_{one.point}" if one.point else one.kind.value


def _fields(one: Needed, point: ReplyPoint | None) -> dict[str, Any]:
    name, about = _name(one), one.kind.label
    hint = ""
    if point is not None:
        about = f"Point {point.number} of {point.reply.reference}"
        text = " ".join(point.text.split())
        hint = text if len(text) <= _MOST_QUOTED else f"{text[:_MOST_QUOTED]}…"
    fields: dict[str, Any] = {
        f"found_{name}": RadioField(
            f"{about}: what is found?",
            [InputRequired(f"{about}: choose what is found")],
            choices=options(FOUND[one.kind].items()),
            description=hint,
        )
    }
    if one.kind is FindingKind.EXCUSE:
        fields[f"excuse_{name}"] = SelectField(
            f"{about}: what kind of excuse was offered?",
            choices=options([("", "Choose a kind"), *EXCUSES.items()]),
            validate_choice=False,
        )
    fields[f"reasons_{name}"] = words(
        f"{about}: reasons of the finding", f"{about}: enter the reasons of the finding"
    )
    return fields


def findings_of(form: ProposeForm, asked: Sequence[Needed]) -> list[Finding]:
    """The findings as filled in; what is incomplete the service refuses."""
    made = []
    for one in asked:
        name = _name(one)
        kind = f"excuse_{name}"
        made.append(
            Finding(
                one.kind,
                form[f"found_{name}"].data or "",
                (form[f"reasons_{name}"].data or "").strip(),
                one.point,
                form[kind].data or "" if kind in form else "",
            )
        )
    return made
