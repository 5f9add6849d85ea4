"""View objects of the shell: what a template may be given, so that no screen knows a rule.

Each is a frozen dataclass that one macro under ``templates/parts/`` renders. Templates read names
that do not exist as blanks, so pass these objects, never loose dictionaries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from enforcement.domain.refusals import Refusal
from enforcement.web.filters import days_left

Colour = Literal[
    "white", "grey", "green", "aqua-green", "blue", "purple", "pink", "red", "orange", "yellow"
]


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the staff navigation."""

    text: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in, as the header shows it. `read_only` puts the auditor's banner up."""

    name: str
    role: str
    sign_out_url: str
    account_url: str = ""
    read_only: bool = False
    read_only_text: str = (
        "You can look at everything and change nothing. What you open is recorded."
    )


@dataclass(frozen=True, slots=True)
class Tag:
    """A state in a word and a colour; the word alone must be enough."""

    text: str
    colour: Colour = "grey"


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of a summary list: `text`, a second quiet line, and a link to change or see more."""

    key: str
    text: str
    note: str = ""
    href: str = ""
    action: str = ""
    action_url: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A thing that could be done here. With `reason` it is shown as not allowed, and why.

    `href` makes it a link to a page; `post_url` a button that posts at once (with CSRF token and
    the hidden `fields`).
    """

    label: str
    href: str = ""
    post_url: str = ""
    fields: Sequence[tuple[str, str]] = ()
    primary: bool = False
    warning: bool = False
    reason: str = ""
    rule: str = ""
    fix: str = ""

    @property
    def allowed(self) -> bool:
        """Whether to offer it."""
        return not self.reason

    @classmethod
    def refused(cls, label: str, refusal: Refusal) -> Action:
        """The greyed action of a refusal, with its sentence, rule and what to do."""
        return cls(label, reason=refusal.sentence, rule=refusal.rule, fix=refusal.fix)


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline as shown: its day, how many days are left, where its receipt is.

    `held` says why it stands still; `done_on` when it was met; `once_past` what is said when its
    day is past and nobody is late by that.
    """

    label: str
    due: date | None
    today: date
    receipt_url: str = ""
    held: str = ""
    done_on: date | None = None
    rule: str = ""
    once_past: str = ""

    @property
    def state(self) -> Literal["done", "held", "none", "past", "over", "soon", "running"]:
        """What the clock is doing; "soon" is five days or fewer."""
        if self.done_on:
            return "done"
        if self.held:
            return "held"
        if self.due is None:
            return "none"
        left = (self.due - self.today).days
        if left < 0:
            return "past" if self.once_past else "over"
        return "soon" if left <= 5 else "running"

    @property
    def is_past(self) -> bool:
        """Whether its day is gone, be anybody late by that or not."""
        return self.state in ("past", "over")

    @property
    def words(self) -> str:
        """The state in words: colour and sign only repeat it."""
        fixed = {
            "done": "Met",
            "held": "On hold",
            "none": "Not started",
            "past": self.once_past,
        }
        return fixed.get(self.state) or days_left(self.due, self.today)


@dataclass(frozen=True, slots=True)
class Check:
    """One gate: passed or not, what was looked at, and where the evidence is."""

    title: str
    passed: bool
    detail: str = ""
    rule: str = ""
    evidence_url: str = ""
    evidence_words: str = "Evidence"
    who: str = ""  # who puts it right, while it is not passed


@dataclass(frozen=True, slots=True)
class GridCell:
    """One window of one duty: its outcome word (see `OUTCOMES`) and where its evidence is."""

    outcome: str
    note: str = ""
    href: str = ""
    counted: bool = False


@dataclass(frozen=True, slots=True)
class GridRow:
    """One location and service: a cell for each month of the grid."""

    location: str
    service: str
    cells: Sequence[GridCell]
    href: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """The compliance grid: months (first days) across, one row per location and service.

    `heard` is said of a marked cell, `key` of the mark.
    """

    caption: str
    months: Sequence[date]
    rows: Sequence[GridRow]
    heard: str = "counts towards this case"
    key: str = "A thick edge marks the windows that this case rests on."


# Outcome → (word, sign, colour class). The word is always there for those who hear the page.
OUTCOMES: dict[str, tuple[str, str, str]] = {
    "submitted": ("Submitted", "✓", "good"),
    "nil": ("Nil return", "○", "good"),
    "missed": ("Missed", "✕", "bad"),
    "late": ("Late", "!", "warn"),
    "excused": ("Excused", "E", "calm"),
    "not_due": ("Not due", "–", "none"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a history. `who` and `capacity` say who acted as what; `facts` are pairs."""

    title: str
    at: datetime
    who: str
    capacity: str = ""
    detail: str = ""
    kind: Literal["person", "system", "provider"] = "system"
    facts: Sequence[tuple[str, str]] = ()
    href: str = ""
    link_text: str = "See the document"
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Tab:
    """One part of a page that has its own address: tabs here are plain links."""

    text: str
    href: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class NextLine:
    """What happens next by itself, on which day, and what would stop it."""

    sentence: str
    stops: str = ""
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a longer task, for the progress line."""

    text: str
    done: bool = False
    current: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: its label, its number and the number in words for the table beside."""

    label: str
    value: int
    text: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """A number on a home page that links to what it counts; `hot` when it waits for someone."""

    number: int
    text: str
    href: str
    hot: bool = False


@dataclass(frozen=True, slots=True)
class CaseHeader:
    """The strong head of a case: reference, provider, state, facts in one line, flags."""

    reference: str
    provider: str
    provider_url: str
    state: Tag
    facts: Sequence[Fact] = ()
    flags: Sequence[Tag] = ()
    next_line: NextLine | None = None
    clocks: Sequence[Clock] = ()


@dataclass(frozen=True, slots=True)
class HelpLine:
    """Whom a provider may ask: shown on every page of the reply site."""

    phone: str = ""
    email: str = ""
    hours: str = ""
    note: str = ""
