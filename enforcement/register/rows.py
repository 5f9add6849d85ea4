"""Plain rows: what every reader gives, whatever the published shape was.

A reader never guesses: a line that cannot be used is a `Rejected` with its line number and reason,
and for every file ``rows_in == accepted + rejected`` (checked by `totals.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from enforcement.domain.duties import Service
from enforcement.domain.finance import BankLine
from enforcement.domain.windows import Month

ReturnKindName = Literal["update", "nil", "confirmed"]


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """A provider as the register describes it; None is "the file does not say"."""

    cqc_id: str
    name: str
    ownership_type: str | None = None
    company_number: str | None = None
    charity_number: str | None = None
    address: tuple[str, ...] = ()
    postcode: str | None = None
    phone: str | None = None
    region: str | None = None
    local_authority: str | None = None
    nominated_individual: str | None = None
    main_partner: str | None = None
    registered_on: date | None = None
    deregistered_on: date | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Relation:
    """Another location as `predecessor` or `successor`, with CQC's reason when it gives one."""

    kind: str
    cqc_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LocationRow:
    """A location as the register describes it.

    `in_scope` is True when the location owes the monthly return (adult social care); other
    sectors' rows are accepted, counted in `RegisterFile.out_of_scope`, and kept in the list.
    `services` are the duties its service types give; `service_names` the published names.
    """

    line: int
    cqc_id: str
    provider_cqc_id: str | None
    name: str
    services: frozenset[Service] = frozenset()
    service_names: tuple[str, ...] = ()
    in_scope: bool = True
    dormant: bool | None = None
    beds: int | None = None
    address: tuple[str, ...] = ()
    postcode: str | None = None
    phone: str | None = None
    local_authority: str | None = None
    region: str | None = None
    registered_on: date | None = None
    deregistered_on: date | None = None
    dual_registered: bool = False
    primary_id: str | None = None
    provider: ProviderRow | None = None
    directorate: str | None = None
    relations: tuple[Relation, ...] = ()

    @property
    def predecessors(self) -> tuple[str, ...]:
        """Ids of the locations that CQC names as having come before."""
        return tuple(one.cqc_id for one in self.relations if one.kind == "predecessor")

    @property
    def successors(self) -> tuple[str, ...]:
        """Ids of the locations that CQC names as having come after."""
        return tuple(one.cqc_id for one in self.relations if one.kind == "successor")


@dataclass(frozen=True, slots=True)
class DualLink:
    """Two location ids for one physical home with two registered providers.

    `primary` is True when `location_id` is the one to count; None when the file does not say.
    """

    location_id: str
    linked_id: str
    primary: bool | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that was not taken, where it stands in the file and why.

    `retry`: only because the register lacks what it is about; it is tried again with the bytes.
    """

    line: int
    reason: str
    text: str = ""
    retry: bool = False


@dataclass(slots=True)
class RegisterFile:
    """What one register file holds.

    `rows_in` counts the data rows of the main table; it equals
    ``len(locations) + len(providers) + len(duals) + len(rejected)``. `out_of_scope` says how many
    of `locations` belong to other sectors (`in_scope` False): they are accepted, not rejected.
    `as_at` is the date the snapshot describes, when the file says it.
    """

    shape: str
    as_at: date | None = None
    locations: list[LocationRow] = field(default_factory=list)
    providers: list[ProviderRow] = field(default_factory=list)
    duals: list[DualLink] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rows_in: int = 0
    out_of_scope: int = 0
    notices: list[str] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        """Rows taken, whatever their kind."""
        return len(self.locations) + len(self.providers) + len(self.duals)


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """What a Capacity Tracker file says about one duty.

    `submitted` is None when the file cannot say (a blank cell in the 0/1 report). `updated_at` is
    aware UTC: the LAST update only; whether it is inside the window is judged by the domain.
    """

    line: int
    location_id: str
    service: Service
    month: Month
    submitted: bool | None
    kind: ReturnKindName
    updated_at: datetime | None = None
    location_name: str = ""
    users_count: int | None = None


@dataclass(slots=True)
class ReturnsFile:
    """What one Capacity Tracker file holds; `mapping` is field -> header actually used.

    `rows_in` counts data rows. A row of the 0/1 report with several period columns gives one
    `ReturnLine` a month, so `rows_accepted`, not ``len(rows)``, plus
    ``len(rejected)`` is `rows_in`.
    """

    shape: str
    rows: list[ReturnLine] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rows_in: int = 0
    rows_accepted: int = 0
    notices: list[str] = field(default_factory=list)
    mapping: Mapping[str, str] = field(default_factory=dict)
    months: list[Month] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ContactLine:
    """A person or mailbox of a provider and in which capacity; no CQC file has email addresses."""

    line: int
    provider_cqc_id: str
    name: str
    capacity: str
    email: str | None = None
    address: tuple[str, ...] = ()
    source: str = ""
    date: date | None = None


@dataclass(slots=True)
class ContactsFile:
    """What one contacts file holds."""

    rows: list[ContactLine] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rows_in: int = 0
    notices: list[str] = field(default_factory=list)
    mapping: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class FinanceFile:
    """What one bank or finance file holds: each movement with the line it stands on.

    ``rows_in == len(rows) + len(rejected)``; `mapping` is field -> header actually used.
    """

    rows: list[tuple[int, BankLine]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rows_in: int = 0
    notices: list[str] = field(default_factory=list)
    mapping: Mapping[str, str] = field(default_factory=dict)
