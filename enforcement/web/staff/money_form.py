"""The parts of the finance pages that are not about one case: their tabs and their forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import flash, redirect, render_template, url_for
from sqlalchemy.orm.exc import StaleDataError
from wtforms import HiddenField

from enforcement.domain.refusals import NotAllowed, Refusal
from enforcement.services.work import changed_meanwhile
from enforcement.web import access, pages
from enforcement.web.forms import NhsForm, put_refusal

TABS = (
    ("files", "Bank files", "bank_files.files"),
    ("lines", "Bank lines", "bank_lines.lines"),
    ("owed", "Owed", "owed.owed"),
    ("write_offs", "Write-offs", "write_offs.write_offs"),
    ("fund", "Consolidated Fund", "remittances.fund"),
)


def tabs(current: str) -> list[pages.Tab]:
    """The parts of the finance pages."""
    return [pages.Tab(words, url_for(endpoint), key == current) for key, words, endpoint in TABS]


class MoneyForm(NhsForm):
    """The base of these forms: the version of the row that was read."""

    version = HiddenField()

    @property
    def read_version(self) -> int | None:
        """The version the reader saw, when the form carries one."""
        text = self.version.data
        return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() else None


@dataclass(frozen=True)
class MoneyPage:
    """What stands around the fields: heading, introduction, facts to read first, way back."""

    title: str
    back: str
    back_text: str
    intro: str = ""
    facts: Sequence[pages.Fact] = field(default_factory=tuple)


def answer(form: NhsForm, page: MoneyPage, act: Callable[[], str | None], done: str) -> Any:
    """Show the form, or do what it asks and go back, or to the address that `act` gives.

    A refusal is shown in the error summary with the input kept.
    """
    if not form.is_submitted():
        return show(form, page)
    if not form.validate():
        return show(form, page), 422
    try:
        onwards = act()
    except NotAllowed:
        raise
    except Refusal as refusal:
        return refused(form, page, refusal)
    except StaleDataError:
        return refused(form, page, changed_meanwhile())
    flash(done, "success")
    return redirect(onwards or page.back, 303)


def refused(form: NhsForm, page: MoneyPage, refusal: Refusal) -> Any:
    """The form again with the refusal; nothing was saved."""
    access.undo()
    put_refusal(form, refusal)
    return show(form, page), 409


def show(form: NhsForm, page: MoneyPage) -> str:
    """The page of a form."""
    return render_template("staff/money/form.html", form=form, page=page)
