"""Duties and outcomes: who must report on what, and what became of each window.

The unit of compliance is the location and each service at it (domain notes section 3); a
dormant location still owes a nil return until the CQC record changes. Outcomes are derived
from rows as received and never edited.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from types import MappingProxyType

from enforcement.domain.calendar import LONDON
from enforcement.domain.windows import Timing, Window
from enforcement.domain.words import day


class Service(StrEnum):
    """What a location must report on; a location may have both."""

    CARE_HOME = "care_home"
    HOME_CARE = "home_care"

    @property
    def title(self) -> str:  # type: ignore[override]  # a name for people, not str.title()
        """As people read it: "Care home", "Home care"."""
        return self.value.replace("_", " ").capitalize()


#: CQC's names for adult social care services, lower case, in both published vocabularies
#: (long descriptions of the directory and API; short public names, old and new).
ASC_SERVICE_TYPES: Mapping[str, Service] = MappingProxyType(
    {
        "care home service with nursing": Service.CARE_HOME,
        "care home service without nursing": Service.CARE_HOME,
        "nursing homes": Service.CARE_HOME,
        "residential homes": Service.CARE_HOME,
        "domiciliary care service": Service.HOME_CARE,
        "supported living service": Service.HOME_CARE,
        "extra care housing services": Service.HOME_CARE,
        "homecare agencies": Service.HOME_CARE,
        "supported living": Service.HOME_CARE,
        "extra care housing": Service.HOME_CARE,
        "supported housing": Service.HOME_CARE,
        "shared lives": Service.HOME_CARE,
    }
)


def services_of(names: Iterable[str]) -> frozenset[Service]:
    """The services a location must report on, from its CQC service type names.

    Names are matched whole, whatever their case and spacing; other sectors' names give nothing.
    """
    tidy = (" ".join(name.split()).lower() for name in names)
    return frozenset(ASC_SERVICE_TYPES[name] for name in tidy if name in ASC_SERVICE_TYPES)


@dataclass(frozen=True)
class Spell:
    """Days from `begins` to `ends`, both included; None is open on that side."""

    begins: date | None
    ends: date | None
    reason: str

    def touches(self, first: date, last: date) -> bool:
        """Whether any day from `first` to `last` lies in the spell."""
        return (self.begins is None or self.begins <= last) and (
            self.ends is None or self.ends >= first
        )


@dataclass(frozen=True)
class Duty:
    """Location x service with the provider (legal person) and the days on which it is owed.

    `owed_from` and `owed_to` are the first and last day owed; None is no limit on that side.
    `exempt_spells` are days on which the duty did not apply; a public body still owes (it
    cannot be penalised, which is another question).
    """

    location_id: str
    service: Service
    provider_id: str
    owed_from: date | None
    owed_to: date | None
    dormant: bool = False
    exempt_spells: tuple[Spell, ...] = ()

    def owes(self, window: Window) -> bool:
        """Whether a return is owed: registered on the opening day and on the closing day,
        and exempt on no day between (domain notes 13.1). Dormant still owes (a nil return).
        """
        return self.why_not_owed(window) is None

    def why_not_owed(self, window: Window) -> str | None:
        """The reason in words why no return is owed for `window`; None if one is."""
        if self.owed_from is not None and self.owed_from > window.opens_on:
            return f"Not yet registered on {day(window.opens_on)}, when the window opened."
        if self.owed_to is not None and self.owed_to < window.closes_on:
            return f"No longer registered on {day(window.closes_on)}, when the window closed."
        for spell in self.exempt_spells:
            if spell.touches(window.opens_on, window.closes_on):
                return f"The duty did not apply in this window: {spell.reason}"
        return None


class ReturnKind(StrEnum):
    """What was submitted; `confirmed` is a page saved with nothing changed, which counts."""

    UPDATE = "update"
    NIL = "nil"
    CONFIRMED = "confirmed"


@dataclass(frozen=True)
class ReturnRow:
    """One row of an imported report about one duty and window, as received.

    `counts`: the monthly report said 1, or the time stamp lies inside the window. `source` is
    the SHA-256 of the imported file, `line` the line in it.
    """

    kind: ReturnKind
    received_at: datetime | None
    counts: bool
    source: str
    line: int


class Outcome(StrEnum):
    """The verdict for one duty and window."""

    SUBMITTED = "submitted"
    NIL = "nil"
    MISSED = "missed"
    LATE = "late"
    EXCUSED = "excused"
    NOT_DUE = "not_due"

    @property
    def is_miss(self) -> bool:
        """Late is still a miss: updates outside the window do not count."""
        return self in (Outcome.MISSED, Outcome.LATE)


@dataclass(frozen=True)
class OutcomeRow:
    """An outcome with the row it rests on, the rows outside the window, and why in words."""

    outcome: Outcome
    row: ReturnRow | None
    beside: tuple[ReturnRow, ...]
    reason: str


def outcome_of(
    duty: Duty, window: Window, rows: Sequence[ReturnRow], excused: str | None = None
) -> OutcomeRow:
    """The outcome of `window` from all rows held for it, in whatever order they came.

    One row that counts is enough, whatever later rows say: reports carry only the latest
    update, so a later row never turns submitted into missed. `excused` is the recorded reason
    of an officer or panel and is only needed where nothing counts. Rows outside the window
    are set beside the outcome as evidence and do not cure it.
    """
    ordered = sorted(rows, key=_row_order)
    beside = tuple(row for row in ordered if _timing(row, window) not in (None, Timing.INSIDE))
    not_owed = duty.why_not_owed(window)
    if not_owed is not None:
        return OutcomeRow(Outcome.NOT_DUE, None, beside, not_owed)
    counting = [row for row in ordered if row.counts or _timing(row, window) is Timing.INSIDE]
    if counting:
        return _submitted(window, counting, beside)
    if excused is not None:
        return OutcomeRow(Outcome.EXCUSED, None, beside, f"Excused: {excused}")
    return _missed(window, ordered, beside)


def _submitted(
    window: Window, counting: Sequence[ReturnRow], beside: tuple[ReturnRow, ...]
) -> OutcomeRow:
    full = [row for row in counting if row.kind is not ReturnKind.NIL]
    row = (full or counting)[0]
    outcome = Outcome.SUBMITTED if full else Outcome.NIL
    what = "A nil return" if outcome is Outcome.NIL else "A return"
    if row.received_at is not None and window.judge(row.received_at) is Timing.INSIDE:
        reason = f"{what} was received at {_moment(row.received_at)}, inside the window."
    else:
        reason = f"{what} is shown for the window by the monthly report."
    return OutcomeRow(outcome, row, beside, reason)


def _missed(
    window: Window, ordered: Sequence[ReturnRow], beside: tuple[ReturnRow, ...]
) -> OutcomeRow:
    closed = f"No return counted between {day(window.opens_on)} and {day(window.closes_on)}"
    late = [row for row in beside if _timing(row, window) is Timing.AFTER]
    if late and late[0].received_at is not None:
        when = _moment(late[0].received_at)
        return OutcomeRow(Outcome.LATE, late[0], beside, f"{closed}; the first came late, {when}.")
    shown = [row for row in ordered if row.received_at is None]
    return OutcomeRow(Outcome.MISSED, shown[0] if shown else None, beside, f"{closed}.")


def _timing(row: ReturnRow, window: Window) -> Timing | None:
    return None if row.received_at is None else window.judge(row.received_at)


def _row_order(row: ReturnRow) -> tuple[datetime, str, int]:
    return (row.received_at or datetime.max.replace(tzinfo=UTC), row.source, row.line)


def _moment(instant: datetime) -> str:
    local = instant.astimezone(LONDON)
    return f"{local:%H:%M} on {day(local.date())}"
