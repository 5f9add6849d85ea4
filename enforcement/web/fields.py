"""Field kinds of our own: a day in three boxes, money in pounds, long text, unseen characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import DateField, Field, Form, StringField, TextAreaField
from wtforms.validators import StopValidation, ValidationError

from enforcement.domain.words import MONTHS

BOXES = ("day", "month", "year")


class DayField(DateField):  # type: ignore[misc]  # wtforms has no types
    """A date in three boxes of the same name (day, month, year in order).

    Refuses a date with a box missing, a month that is no month ("2", "02", "feb" and "February"
    are), a year without four figures and a day that does not exist, and says which box is wrong
    (`wrong_box`, 0 to 2). What was typed stays in the boxes. All three empty is "no date given".
    """

    def __init__(self, label: str = "", validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, format=["%d %m %Y"], **options)
        self.wrong_box = 0

    @property
    def boxes(self) -> tuple[str, str, str]:
        """What stands in the three boxes."""
        if self.raw_data:
            typed = [*map(str, self.raw_data), "", "", ""]
            return typed[0], typed[1], typed[2]
        if self.data:
            return str(self.data.day), str(self.data.month), str(self.data.year)
        return "", "", ""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read the three boxes. ValueError with the sentence to show."""
        if not valuelist:
            return
        typed = [value.strip() for value in valuelist]
        self.data = None
        if not any(typed):
            self.raw_data: list[str] = []  # so that InputRequired and Optional see an empty field
            return
        self.data = self._read((*typed, "", "", "")[:3])

    def pre_validate(self, form: Form) -> None:
        """A half-filled date is wrong even when the date is optional."""
        if self.process_errors:
            raise StopValidation()

    def _read(self, typed: Sequence[str]) -> date:
        missing = [name for name, value in zip(BOXES, typed, strict=True) if not value]
        if missing:
            self.wrong_box = BOXES.index(missing[0])
            raise ValueError(f"{self.label.text} must include a {' and a '.join(missing)}")
        month = _month(typed[1])
        if not month:
            self.wrong_box = 1
            raise ValueError(f"{self.label.text} must include a month from 1 to 12")
        if not re.fullmatch(r"[0-9]{4}", typed[2]):
            self.wrong_box = 2
            raise ValueError(f"{self.label.text}: the year must have 4 numbers")
        try:
            return date(int(typed[2]), month, int(typed[0]) if typed[0].isascii() else 0)
        except ValueError:
            self.wrong_box = 0
            raise ValueError(f"{self.label.text} must be a real date") from None


def _month(typed: str) -> int:
    """1 to 12 for a number or the beginning (three letters or more) of a name; 0 otherwise."""
    if re.fullmatch(r"[0-9]{1,2}", typed):
        return int(typed) if 1 <= int(typed) <= 12 else 0
    low = typed.lower()
    names = [
        n for n, name in enumerate(MONTHS, 1) if len(low) >= 3 and name.lower().startswith(low)
    ]
    return names[0] if names else 0


class MoneyField(StringField):  # type: ignore[misc]  # wtforms has no types
    """Pounds as people type them ("£1,234.50", "1234"), held in `data` as whole pence."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read the amount. ValueError with the sentence to show."""
        self.data = None
        typed = (valuelist[0] if valuelist else "").strip()
        if not typed:
            return
        bare = re.sub(r"[£,\s]", "", typed)
        # ASCII digits only, and a length no sum of ours reaches: Decimal would take "1e9".
        if not re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,2})?", bare):
            raise ValueError(f"{self.label.text} must be an amount in pounds, like 1,234.50")
        try:
            self.data = int(Decimal(bare) * 100)
        except InvalidOperation:
            raise ValueError(f"{self.label.text} must be an amount in pounds") from None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data // 100}.{self.data % 100:02d}"


class LongTextField(TextAreaField):  # type: ignore[misc]  # wtforms has no types
    """Long text with one kind of line end: the count on the page is the count checked."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Keep the text as typed, with line ends as a single newline."""
        if valuelist:
            self.data = valuelist[0].replace("\r\n", "\n").replace("\r", "\n")


def visible(form: Form, field: Field) -> None:
    """Refuse characters nobody can see: controls, zero-width signs, direction marks.

    ASVS 1.3.3: such text reads one way on the screen and another in the record.
    """
    for character in field.data or "":
        if character in "\n\r\t":
            continue
        if unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp"):
            code = f"U+{ord(character):04X}"
            raise ValidationError(
                f"{field.label.text} has a character that cannot be seen ({code}). "
                "Type the text again instead of pasting it."
            )
