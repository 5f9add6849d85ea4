"""Capacity Tracker bulk extracts: one file for care homes, one for home care.

All numbers are text, only the latest update is carried, and the stamp may be an Excel serial.
Known bad counts (over 1,000 a role, over 3,000 people, agency equal to employed in every role)
are told, never rejected: they are a question for the provider, not about whether it submitted.
"""

from __future__ import annotations

from collections.abc import Callable

from enforcement.domain.duties import Service
from enforcement.domain.windows import Month
from enforcement.register.cells import BadCell, count_of, cqc_id, flag_of, text_of
from enforcement.register.dates import instant_of
from enforcement.register.repairs import Repairs
from enforcement.register.rows import ReturnKindName, ReturnLine
from enforcement.register.shapes import CT_CARE_HOME
from enforcement.register.tables import Table

MOST_IN_A_ROLE = 1_000
MOST_SERVICE_USERS = 3_000
_EMPLOYED = ("nurses", "care_workers", "others")
_AGENCY = ("agency_nurses", "agency_care_workers", "agency_others")


def extract_reader(
    table: Table, month: Month, service: Service | None, month_first: bool, repairs: Repairs
) -> Callable[[int, list[str]], list[ReturnLine]]:
    """A function from a row to its line; raises `BadCell` for a row that cannot be used."""
    own = Service.CARE_HOME if table.shape.name == CT_CARE_HOME.name else Service.HOME_CARE
    if service is not None and service is not own:
        repairs.note("file is the extract of the other service; its own was used", 1, own.title)
    id_at, name_at, users_at = table.at("location_id"), table.at("location_name"), table.at("users")
    utc_at, local_at, confirmed_at = table.at("utc"), table.at("local"), table.at("confirmed")
    employed_at = tuple(table.index[key] for key in _EMPLOYED if key in table.index)
    agency_at = tuple(table.index[key] for key in _AGENCY if key in table.index)

    def read(line: int, cells: list[str]) -> list[ReturnLine]:
        location_id = cqc_id(cells[id_at], "CQC id")
        utc = instant_of(cells[utc_at], True, month_first)
        local = instant_of(cells[local_at], False, month_first)
        if utc is not None and local is not None and abs((utc - local).total_seconds()) > 60:
            repairs.note("UTC and UK times disagree; UTC was used", line, cells[local_at])
        updated = utc or local
        users = _count(cells[users_at], "People using the service", line, repairs)
        employed = [_count(cells[at], "Staff employed", line, repairs) for at in employed_at]
        agency = [_count(cells[at], "Agency staff", line, repairs) for at in agency_at]
        _doubt(line, own, location_id, users, employed, agency, repairs)
        confirmed = flag_of(cells[confirmed_at], "Confirmed save")
        return [
            ReturnLine(
                line=line,
                location_id=location_id,
                service=own,
                month=month,
                submitted=None if updated else False,
                kind=_kind(users, employed, confirmed),
                updated_at=updated,
                location_name=text_of(cells[name_at]),
                users_count=users,
            )
        ]

    return read


def _count(cell: str, what: str, line: int, repairs: Repairs) -> int | None:
    """A head count; one that is no number is told and left out, as it proves nothing either way."""
    try:
        return count_of(cell, what)
    except BadCell as fault:
        repairs.note("head count not usable and left out", line, str(fault))
        return None


def _kind(users: int | None, employed: list[int | None], confirmed: bool | None) -> ReturnKindName:
    """Nil: nobody uses the service, or nobody is employed in any role that was given."""
    given = [count for count in employed if count is not None]
    if users == 0 or (given and not any(given)):
        return "nil"
    return "confirmed" if confirmed else "update"


def _doubt(
    line: int,
    service: Service,
    location_id: str,
    users: int | None,
    employed: list[int | None],
    agency: list[int | None],
    repairs: Repairs,
) -> None:
    if any((count or 0) > MOST_IN_A_ROLE for count in (*employed, *agency)):
        repairs.note(f"more than {MOST_IN_A_ROLE:,} staff in one role", line, location_id)
    most = MOST_SERVICE_USERS if service is Service.HOME_CARE else MOST_IN_A_ROLE
    if (users or 0) > most:
        repairs.note(f"more than {most:,} people using one service", line, location_id)
    if any(employed) and len(agency) > 1 and employed == agency:
        repairs.note("agency staff equal to employed staff in every role", line, location_id)
