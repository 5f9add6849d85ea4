"""Who something is given to, and where: the fields of every form that asks, in one place."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from enforcement.data.cases import Case
from enforcement.domain.giving import POST, Capacity, Method
from enforcement.domain.refusals import BadInput
from enforcement.services import recipients
from enforcement.services.recipients import RecipientChoice
from enforcement.services.work import Work
from enforcement.web.fields import LongTextField, visible
from enforcement.web.forms import NhsForm

OTHER = "other"
WAYS = (Method.ELECTRONIC, *POST, Method.HAND)  # the usual first


class RecipientFields(NhsForm):
    """One of the addresses known, or another; and by which way."""

    who = RadioField("Who is it given to, and where?", validators=[InputRequired("Choose one")])
    capacity = SelectField(
        "What the other address is",
        choices=[
            SelectChoice("", "Choose"),
            *(SelectChoice(one.value, one.words.capitalize()) for one in Capacity),
        ],
        validators=[Optional()],
    )
    attention = StringField("For the attention of", validators=[Length(max=80), visible])
    address = LongTextField(
        "Postal address",
        description="One line each, without the postcode",
        validators=[Optional(), Length(max=500), visible],
    )
    postcode = StringField("Postcode", validators=[Length(max=10), visible])
    email = StringField("Email address", validators=[Length(max=254), visible])
    method = RadioField(
        "How is it given?",
        choices=[SelectChoice(one.value, one.label) for one in WAYS],
        validators=[InputRequired("Choose how the notice is given")],
    )

    def offer(self, said: Sequence[str]) -> None:
        """The known addresses, in words, in the order of `recipients.choices`; and any other."""
        self.who.choices = [
            *(SelectChoice(str(number), words) for number, words in enumerate(said)),
            SelectChoice(OTHER, "Somebody else, or another address"),
        ]

    def choice(self, work: Work, case: Case) -> RecipientChoice:
        """The recipient chosen or typed. Refuses BadInput for an address no longer known."""
        if self.who.data != OTHER:
            known = recipients.choices(work.session, case)
            number = int(self.who.data)
            if number >= len(known):
                raise BadInput("That address is no longer known. Choose again.")
            return known[number]
        return RecipientChoice(
            capacity=Capacity(self.capacity.data or Capacity.OTHER),
            name=case.provider.name,
            address=tuple(
                line.strip() for line in (self.address.data or "").splitlines() if line.strip()
            ),
            postcode=(self.postcode.data or "").strip(),
            email=(self.email.data or "").strip(),
            attention=(self.attention.data or "").strip(),
            source="Entered by the officer",
        )
