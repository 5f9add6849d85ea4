"""The forms of an appeal: lodged, each step by its kind, withdrawn, finally determined."""

from __future__ import annotations

from dataclasses import dataclass

from wtforms import RadioField, StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from enforcement.domain.appeals import StepKind
from enforcement.services.appeal_steps import NEEDS_WORDS
from enforcement.services.directions import WHOSE
from enforcement.web.fields import DayField, LongTextField, MoneyField, visible
from enforcement.web.staff.case_form import LONGEST, CaseForm, options, words

K = StepKind


def _notes(label: str = "Notes (optional)") -> LongTextField:
    return LongTextField(label, [Optional(), Length(max=LONGEST), visible])


class LodgeForm(CaseForm):
    tribunal_reference = StringField(
        "Tribunal reference",
        [InputRequired("Enter the tribunal’s reference"), Length(max=60), visible],
        render_kw={"width": 20},
    )
    lodged_on = DayField("When was the appeal made?", [InputRequired("Enter when it was made")])
    received_on = DayField(
        "When did we receive the notice of appeal?",
        [InputRequired("Enter when we received it")],
        description="Our response is due 28 days after this day.",
    )
    grounds = _notes("Grounds (optional)")
    submit = SubmitField("Record the appeal")


class StepForm(CaseForm):
    """A step that only happened on a day."""

    on = DayField("On which day?", [InputRequired("Enter the day")])
    words = _notes()
    submit = SubmitField("Record it")


class ReasonForm(CaseForm):
    """A step that needs its reason."""

    on = DayField("On which day?", [InputRequired("Enter the day")])
    words = words("Why?", "Enter the reason")
    submit = SubmitField("Record it")


class SetDayForm(CaseForm):
    """A step that sets a day."""

    on = DayField("When did the tribunal set it?", [InputRequired("Enter when it was set")])
    until = DayField("Which day was set?", [InputRequired("Enter the day that was set")])
    words = _notes("Why, or where (needed for more time)")
    submit = SubmitField("Record it")


class AmountForm(CaseForm):
    on = DayField("On which day did CQC give it?", [InputRequired("Enter the day")])
    pence = MoneyField("CQC’s figure", [InputRequired("Enter CQC’s figure")])
    words = words("Where does it stand?", "Say where CQC’s figure stands")
    submit = SubmitField("Record the figure")


class DecidedForm(CaseForm):
    on = DayField(
        "When was the decision sent?",
        [InputRequired("Enter when the decision was sent")],
        description="The time for going on is counted from this day.",
    )
    outcome = RadioField("What was decided?", [InputRequired("Choose what was decided")])
    pence = MoneyField(
        "The amount that was set, if it was varied",
        [Optional()],
        description="It can only be CQC’s fee when the penalty was imposed (reg 8).",
    )
    words = words("What was decided, in a sentence or two?", "Enter what was decided")
    submit = SubmitField("Record the decision")


class SoughtForm(CaseForm):
    on = DayField("On which day?", [InputRequired("Enter the day")])
    words = words("Who asks, and on what grounds?", "Enter who asks, and on what grounds")
    submit = SubmitField("Record it")


class WithdrawnForm(CaseForm):
    on = DayField("On which day was it withdrawn?", [InputRequired("Enter the day")])
    words = _notes()
    submit = SubmitField("Record the withdrawal")


class DetermineForm(CaseForm):
    said_on = DayField(
        "When was it said that nobody goes on? (only before the time for it is over)",
        [Optional()],
    )
    words = _notes("Who said so, and where it is kept; or notes")
    submit = SubmitField("Record it")


class DirectionForm(CaseForm):
    what = words("What is to be done?", "Enter what is to be done")
    whose = RadioField(
        "Who must do it?",
        [InputRequired("Choose who must do it")],
        choices=options(WHOSE.items()),
    )
    given_on = DayField("When was it given?", [InputRequired("Enter when it was given")])
    due_on = DayField(
        "By which day?",
        [InputRequired("Enter the day")],
        description="Before 5pm. If it is not a working day, the next one counts.",
    )
    submit = SubmitField("Record the direction")


class DirectionEndForm(CaseForm):
    what = RadioField(
        "What became of it?",
        [InputRequired("Choose what became of it")],
        choices=options(
            [
                ("done", "It was done"),
                ("extended", "The tribunal set another day"),
                ("set_aside", "The tribunal set it aside"),
            ]
        ),
    )
    on = DayField("On which day was that?", [InputRequired("Enter the day")])
    until = DayField("The other day, if one was set", [Optional()])
    words = words("What was done, or why?", "Say what was done, or why", "And where it is kept.")
    submit = SubmitField("Record it")


@dataclass(frozen=True)
class StepPage:
    """The form of a kind of step, its heading, and what to know first."""

    form: type[CaseForm]
    title: str
    intro: str = ""


def _plain(kind: StepKind) -> type[CaseForm]:
    return ReasonForm if kind in NEEDS_WORDS else StepForm


STEP_FORMS: dict[StepKind, StepPage] = {
    K.TIME_EXTENDED: StepPage(StepForm, "Record that the late appeal is admitted"),
    K.RESPONSE_FILED: StepPage(StepForm, "Record that our response is filed"),
    K.RESPONSE_EXTENDED: StepPage(SetDayForm, "Record more time for our response"),
    K.STAYED: StepPage(
        _plain(K.STAYED),
        "Record a stay",
        "The days set for our response, for directions and for a hearing stop.",
    ),
    K.STAY_LIFTED: StepPage(
        StepForm,
        "Record that the stay is lifted",
        "Days of directions that still lie ahead run again. The others need another day.",
    ),
    K.HEARING_LISTED: StepPage(SetDayForm, "Record a hearing"),
    K.HEARING_HELD: StepPage(StepForm, "Record that the hearing was held"),
    K.HEARING_VACATED: StepPage(
        _plain(K.HEARING_VACATED), "Record that the hearing does not take place"
    ),
    K.AMOUNT_FOUND: StepPage(
        AmountForm,
        "Record CQC’s figure for the appeal",
        "CQC’s fee for the provider’s registration when the penalty was imposed (reg 3). A "
        "colleague records a decision that rests on it.",
    ),
    K.DECIDED: StepPage(
        DecidedForm,
        "Record the decision",
        "The penalty stays suspended until the time for going on is over (reg 8).",
    ),
    K.ONWARD_EXTENDED: StepPage(SetDayForm, "Record more time for going on"),
    K.PERMISSION_SOUGHT: StepPage(SoughtForm, "Record that permission to appeal is asked for"),
    K.PERMISSION_GRANTED: StepPage(StepForm, "Record that permission to appeal is given"),
    K.PERMISSION_REFUSED: StepPage(StepForm, "Record that permission to appeal is refused"),
}
