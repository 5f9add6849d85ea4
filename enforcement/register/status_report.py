"""The monthly report "Update monthly status ASC collection": one column a period, 1 or 0.

Its headings other than the user count are not published, so they are matched tolerantly; the
service comes from the switch it was run with, a column, or the sheet's or file's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from enforcement.domain.duties import Service
from enforcement.domain.refusals import BadInput, UnknownHeader
from enforcement.domain.windows import Month
from enforcement.register.cells import BadCell, count_of, cqc_id, text_of
from enforcement.register.dates import month_of_header
from enforcement.register.rows import ReturnLine
from enforcement.register.service_types import service_of_words
from enforcement.register.tables import Table

_CARE_HOME = re.compile(r"care[ _-]*homes?(?![a-z])|residential", re.IGNORECASE)
_HOME_CARE = re.compile(r"home[ _-]*care(?![a-z])|domiciliary|communit", re.IGNORECASE)
_WORDS = {"1": True, "yes": True, "y": True, "true": True, "compliant": True, "submitted": True}
_WORDS |= {"0": False, "no": False, "n": False, "false": False, "missed": False}
_WORDS |= {"non-compliant": False, "not submitted": False, "non compliant": False}


def service_in_name(name: str) -> Service | None:
    """The service a file or sheet is named for; None if it names neither or both."""
    care_home, home_care = bool(_CARE_HOME.search(name)), bool(_HOME_CARE.search(name))
    if care_home == home_care:
        return None
    return Service.CARE_HOME if care_home else Service.HOME_CARE


def status_reader(
    table: Table,
    filename: str,
    month: Month,
    service: Service | None,
    notices: list[str],
    status_header: str | None = None,
) -> tuple[Callable[[int, list[str]], list[ReturnLine]], list[Month]]:
    """A function from a row to one line a period, and the periods.

    Refuses UnknownHeader when no column is for `month`, or when the one a mapping names
    (`status_header`) is not there, BadInput when the service is not known.
    """
    if status_header is not None and "status" not in table.index:
        raise UnknownHeader(
            f"The file has no column “{status_header}”, which the mapping names for the month.",
            fix="Map the month to the column that holds it in this file.",
        )
    periods = _periods(table, month)
    by_column = "service" in table.index
    fixed = _service(table, filename, service, notices)
    if fixed is None and not by_column:
        raise BadInput(
            "The file does not say whether it is for care homes or for home care.",
            fix="Choose the service the report was run for.",
        )
    id_at, name_at = table.at("location_id"), table.at("location_name")
    users_at, service_at = table.at("users"), table.at("service")

    def read(line: int, cells: list[str]) -> list[ReturnLine]:
        if not cells[id_at].strip():
            raise BadCell("There is no CQC id: a total or a heading?")
        location_id = cqc_id(cells[id_at], "CQC id")
        what = _row_service(cells[service_at], fixed) if by_column else fixed
        if what is None:
            raise BadCell(f"“{text_of(cells[service_at])[:60]}” is not a service.")
        users = count_of(cells[users_at], "User count")
        name = text_of(cells[name_at])
        return [
            ReturnLine(
                line=line,
                location_id=location_id,
                service=what,
                month=period,
                submitted=status_of(cells[at]),
                kind="update",
                location_name=name,
                users_count=users,
            )
            for period, at in periods
        ]

    return read, [period for period, _ in periods]


def status_of(cell: str) -> bool | None:
    """1 submitted, 0 not, blank unknown; raises `BadCell` for a total or anything else."""
    text = cell.strip().lower()
    if not text or text == "-":
        return None
    found = _WORDS.get(text.removesuffix(".0"))
    if found is None:
        raise BadCell(f"The status is “{text[:40]}”, not 1 or 0.")
    return found


def _periods(table: Table, month: Month) -> list[tuple[Month, int]]:
    named = set(table.index.values())
    found: dict[Month, int] = {}
    for at, header in enumerate(table.header):
        period = None if at in named else month_of_header(header)
        if period is None:
            continue
        if period in found:
            raise UnknownHeader(f"Two columns are for {period.title}, so it is not known which.")
        found[period] = at
    if not found and "status" in table.index:
        found[month] = table.index["status"]
    if month not in found:
        there = ", ".join(period.title for period in sorted(found)) or "no month"
        raise UnknownHeader(
            f"The report has no column for {month.title}; it has columns for {there}.",
            fix="Run the report for that period, or choose the month it is for.",
        )
    return sorted(found.items())


def _service(
    table: Table, filename: str, service: Service | None, notices: list[str]
) -> Service | None:
    named = service_in_name(table.sheet.name) or service_in_name(filename)
    if service is not None and named is not None and service is not named:
        notices.append(
            f"The file or sheet is named for {named.title.lower()} but was brought as "
            f"{service.title.lower()}: check that it is the right one."
        )
    return service or named


def _row_service(cell: str, fixed: Service | None) -> Service | None:
    if not cell.strip():
        return fixed
    found = service_of_words(text_of(cell))
    if found is not None and fixed is not None and found is not fixed:
        raise BadCell(f"The row is for {found.title.lower()}, the file for {fixed.title.lower()}.")
    return found
