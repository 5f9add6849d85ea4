"""A form on a case: one thing per page, input kept, and a stale page says what changed.

Every such form carries the version of the case it was opened at and the number of the last event
its reader could have seen. When somebody was faster, nothing is saved, the words stay, and the
page lists what happened meanwhile; sending it again is then a choice made with open eyes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import flash, redirect, render_template
from sqlalchemy import func, select
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response
from wtforms import HiddenField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from enforcement.data.cases import Case
from enforcement.data.history import Event
from enforcement.domain.refusals import BadInput, NotAllowed, NotFound, Refusal, StaleVersion
from enforcement.services import timeline
from enforcement.services.cases import stream
from enforcement.services.work import Work, changed_meanwhile
from enforcement.web import access
from enforcement.web.fields import DayField, LongTextField, visible
from enforcement.web.forms import NhsForm, put_refusal
from enforcement.web.staff.case_frame import case_frame

LONGEST = 4_000


class CaseForm(NhsForm):
    """The base of a case's forms: the version read and the last event seen."""

    version = HiddenField()
    seen = HiddenField()

    @property
    def read_version(self) -> int:
        """The version the reader saw; what is no number is no version anybody read."""
        return _number(self.version.data)

    @property
    def last_seen(self) -> int:
        """The number of the last event the reader could have seen."""
        return _number(self.seen.data)


def words(label: str, missing: str, hint: str = "") -> LongTextField:
    """A required long text of up to 4,000 characters that can all be seen."""
    return LongTextField(
        label, [InputRequired(missing), Length(max=LONGEST), visible], description=hint
    )


def options(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    """Choices from pairs of value and words."""
    return [SelectChoice(value=value, label=label) for value, label in pairs]


def chosen(field: DayField) -> date:
    """The day of a field whose validators require one. Refuses BadInput without."""
    if field.data is None:
        raise BadInput(f"{field.label.text}: enter a date.")
    return field.data


@dataclass(frozen=True)
class FormPage:
    """What stands around the fields: heading, introduction, facts to read first, way back."""

    title: str
    tab: str
    back: str
    intro: str = ""
    passages: Sequence[tuple[str, str]] = ()
    note: str = ""
    paper_url: str = ""  # a document to look at before the form is sent
    read_only: bool = False  # for those who may look and not act
    template: str = "staff/case_actions/form.html"
    more: Mapping[str, Any] = field(default_factory=dict)  # what a template of its own shows


def answer(
    work: Work,
    case: Case,
    form: CaseForm,
    page: FormPage,
    act: Callable[[], object],
    done: str,
) -> Response | str | tuple[str, int]:
    """Show the form, or do what it asks and go back to the page it came from.

    A refusal is shown in the error summary with the input kept; NotAllowed and NotFound go on to
    the site's own pages.
    """
    if not form.is_submitted():
        _stamp(work, case, form)
        return show(work, case, form, page)
    if not form.validate():
        return show(work, case, form, page)
    try:
        act()
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        return _again(work, case, form, page, refusal)
    except StaleDataError:
        return _again(work, case, form, page, changed_meanwhile())
    flash(done, "success")
    return redirect(page.back, 303)


def show(
    work: Work,
    case: Case,
    form: CaseForm,
    page: FormPage,
    changed: Sequence[timeline.Told] = (),
) -> str:
    """The page of a form in the case's frame."""
    return render_template(
        page.template,
        case_frame=case_frame(work, case, page.tab),
        form=form,
        page=page,
        changed=changed,
        **page.more,
    )


def _again(
    work: Work, case: Case, form: CaseForm, page: FormPage, refusal: Refusal
) -> str | tuple[str, int]:
    access.undo()
    put_refusal(form, refusal)
    if not isinstance(refusal, StaleVersion):
        return show(work, case, form, page)
    changed = _since(work, case, form.last_seen)
    _stamp(work, case, form)
    return show(work, case, form, page, changed), 409


def _stamp(work: Work, case: Case, form: CaseForm) -> None:
    form.version.data = str(case.version)
    form.seen.data = str(_last(work, case))


def _last(work: Work, case: Case) -> int:
    return work.session.scalar(select(func.max(Event.seq)).where(Event.stream == stream(case))) or 0


def _since(work: Work, case: Case, seen: int) -> list[timeline.Told]:
    events = work.session.scalars(
        select(Event)
        .where(Event.stream == stream(case), Event.seq > seen)
        .order_by(Event.seq)
        .limit(20)
    ).all()
    return timeline.tell_all(work.session, events)


def _number(text: Any) -> int:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() else 0
