"""The forms of bringing files in."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, FileField, RadioField, SelectField, SubmitField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from enforcement.domain.duties import Service
from enforcement.register.shapes import SHAPES
from enforcement.web.fields import DayField, LongTextField, visible
from enforcement.web.forms import NhsForm


class UploadForm(NhsForm):
    kind = RadioField(
        "What kind of file is it?",
        [InputRequired("Select what kind of file it is")],
        choices=[
            SelectChoice("register", "CQC register", {"hint": "Any of the five published shapes"}),
            SelectChoice(
                "returns",
                "Capacity Tracker",
                {"hint": "The monthly 0/1 report or a bulk extract; say for which window"},
            ),
            SelectChoice(
                "contacts",
                "Contacts of providers",
                {"hint": "Provider, name, capacity, email, address, source, date"},
            ),
        ],
    )
    file = FileField(
        "File", description="CSV, Excel, ODS, JSON or JSON lines, also zipped (.gz). Up to 100 MB."
    )
    window = SelectField(
        "Window", description="Capacity Tracker files only: the month they are for."
    )
    service = SelectField(
        "Service",
        choices=[
            SelectChoice("", "The file says it"),
            *(SelectChoice(service.value, service.title) for service in Service),
        ],
        description="Only for a monthly report that does not say what it was run for.",
    )
    as_at = DayField(
        "As at",
        [Optional()],
        description="CQC register only: the day it describes, where the file does not say it.",
    )
    shape = SelectField(
        "Shape",
        choices=[
            SelectChoice("", "Recognise it by its headings"),
            *(SelectChoice(shape.name, shape.what) for shape in SHAPES),
        ],
        description="Only for a file without headings.",
    )
    mapping = LongTextField(
        "Headings that differ",
        [Length(max=2000, message="Headings must be 2,000 characters or fewer"), visible],
        description="Capacity Tracker files only: one a line, like location_id = Setting ref. "
        "They are saved for the next file.",
        render_kw={"rows": 3},
    )
    dry_run = BooleanField("Check first: say what would change and write nothing", default=True)
    send = SubmitField("Bring the file in")

    def validate_file(self, field: FileField) -> None:
        """A file must be chosen."""
        if not field.data or not getattr(field.data, "filename", ""):
            raise ValidationError("Select a file")

    def validate_window(self, field: SelectField) -> None:
        """A Capacity Tracker file is for a window."""
        if self.kind.data == "returns" and not field.data:
            raise ValidationError("Select the window the file is for")

    def validate_mapping(self, field: LongTextField) -> None:
        """Every line is “field = heading”."""
        for line in (field.data or "").splitlines():
            key, mark, heading = line.partition("=")
            if line.strip() and not (mark and key.strip() and heading.strip()):
                raise ValidationError(f"“{line.strip()[:40]}” must be like field = heading")

    def arguments(self) -> dict[str, Any]:
        """What was asked, as plain values that a row can keep."""
        pairs = (line.partition("=") for line in (self.mapping.data or "").splitlines())
        return {
            "window": self.window.data,
            "service": self.service.data,
            "as_at": self.as_at.data.isoformat() if self.as_at.data else "",
            "shape": self.shape.data,
            "mapping": {key.strip(): heading.strip() for key, mark, heading in pairs if mark},
            "dry_run": bool(self.dry_run.data),
        }


class ReleaseForm(NhsForm):
    reason = LongTextField(
        "Why is the file right although it is short?",
        [
            InputRequired("Say why the file is right although it is short"),
            Length(max=1000, message="The reason must be 1,000 characters or fewer"),
            visible,
        ],
        description="Kept in the history with your name.",
        render_kw={"rows": 3},
    )
    send = SubmitField("Release the file")


class CompleteForm(NhsForm):
    note = LongTextField(
        "What did you check?",
        [Length(max=1000, message="The note must be 1,000 characters or fewer"), visible],
        description="Optional. Kept in the history with your name.",
        render_kw={"rows": 3},
    )
    sure = BooleanField(
        "I have looked at these totals and the feed is complete",
        [InputRequired("Tick to say that you looked at the totals")],
    )
    send = SubmitField("Record that the feed is complete")
