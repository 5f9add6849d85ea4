"""Register tables row by row: each row becomes a location, a provider, a link or a reject."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from itertools import chain, islice

from enforcement.register.cells import BadCell, cqc_id, flag_of
from enforcement.register.dates import date_of, is_month_first
from enforcement.register.locations import location_reader
from enforcement.register.repairs import Repairs
from enforcement.register.rows import DualLink, LocationRow, ProviderRow, RegisterFile
from enforcement.register.search_export import provider_reader
from enforcement.register.shapes import DEACTIVATED, HSCA, SEARCH, plain
from enforcement.register.tables import Progress, Table

Taken = LocationRow | ProviderRow | DualLink
_SAMPLE = 500
_DATE_FIELDS = (
    "registered_on",
    "deregistered_on",
    "provider_registered_on",
    "provider_deregistered_on",
    "published_on",
)
_AS_AT = re.compile(
    r"(?:as at|produced on|as of)[\s:]*(\d{1,2}(?:st|nd|rd|th)? [A-Za-z]+ \d{4}|\d{4}-\d\d-\d\d"
    r"|\d{1,2}/\d{1,2}/\d{4})",
    re.IGNORECASE,
)
_IN_NAME = re.compile(r"(\d{1,2})[_ -]([A-Za-z]{3,9})[_ -](\d{4})")


def as_at_of(rows: Iterable[Iterable[str]]) -> date | None:
    """The date a snapshot describes, from its README or the lines before the header."""
    for row in rows:
        found = _AS_AT.search(" ".join(filter(None, row)))
        if found:
            try:
                return date_of(found[1])
            except BadCell:
                continue
    return None


def as_at_of_name(filename: str) -> date | None:
    """The date in a file name like ``05_May_2026_HSCA_Active_Locations.ods``."""
    found = _IN_NAME.search(filename)
    try:
        return date_of(" ".join(found.groups())) if found else None
    except BadCell:
        return None


def take_table(table: Table, out: RegisterFile, progress: Progress | None = None) -> None:
    """Every row of a register table into `out`; the first 500 rows settle the order of dates."""
    repairs = Repairs()
    rows = table.rows(progress)
    sample = list(islice(rows, _SAMPLE))
    dates_at = [table.index[key] for key in _DATE_FIELDS if key in table.index]
    month_first = is_month_first(cells[at] for _, cells in sample for at in dates_at)
    if month_first:
        out.notices.append("Dates are month first (12/31/2026) and were read so.")
    build = _builder(table, repairs, month_first)
    _take(table, chain(sample, rows), build, out)
    _finish(table, repairs, out)


def _builder(
    table: Table, repairs: Repairs, month_first: bool
) -> Callable[[int, list[str]], Taken]:
    if table.shape in (HSCA, DEACTIVATED) or any(
        plain(name).startswith("servicetype") and " - " in name for name in table.header
    ):
        return location_reader(table, repairs, month_first, flagged_types(table))
    locations = location_reader(table, repairs, month_first)
    if table.shape is not SEARCH:
        return locations
    providers = provider_reader(table, repairs)
    id_at = table.at("location_id")
    return lambda line, cells: (
        locations(line, cells) if cells[id_at].strip() else providers(line, cells)
    )


def flagged_types(table: Table) -> Callable[[list[str]], tuple[str, ...]]:
    """Service types kept as one Y column each ("Service type - Shared Lives")."""
    columns = [
        (at, name.split("-", 1)[1].strip())
        for at, name in enumerate(table.header)
        if plain(name).startswith("servicetype") and "-" in name
    ]

    def names(cells: list[str]) -> tuple[str, ...]:
        return tuple([name for at, name in columns if cells[at] in ("Y", "y", "Yes", "TRUE")])

    return names


def _key(row: Taken) -> tuple[str, str]:
    if isinstance(row, DualLink):
        return (row.location_id, row.linked_id)
    return ("location" if isinstance(row, LocationRow) else "provider", row.cqc_id)


def _take(
    table: Table,
    rows: Iterable[tuple[int, list[str]]],
    build: Callable[[int, list[str]], Taken],
    out: RegisterFile,
) -> None:
    first_seen: dict[tuple[str, str], tuple[int, int]] = {}
    for line, cells in rows:
        try:
            row = build(line, cells)
        except BadCell as fault:
            table.reject(line, str(fault), cells)
            continue
        mark = (line, hash(tuple(cells)))
        first, same = first_seen.setdefault(_key(row), mark)
        if first != line:
            table.reject(line, repeated(_key(row)[1], first, same == mark[1]), cells)
        elif isinstance(row, LocationRow):
            out.locations.append(row)
            out.out_of_scope += not row.in_scope
        elif isinstance(row, ProviderRow):
            out.providers.append(row)
        else:
            out.duals.append(row)


def repeated(cqc: str, first: int, same: bool) -> str:
    """Why a second row for the same thing is not taken."""
    if same:
        return f"{cqc} is here twice: the row is identical to line {first}."
    return f"{cqc} is here twice and differs from line {first}, which was taken."


def _finish(table: Table, repairs: Repairs, out: RegisterFile) -> None:
    out.rows_in += table.rows_in
    out.rejected.extend(table.rejected)
    out.notices.extend(repairs.notices())
    if table.blank:
        out.notices.append(f"{table.blank} empty rows were skipped.")


def take_duals(table: Table, out: RegisterFile) -> None:
    """The dual registration sheet: which location id of a pair is the one to count."""
    id_at, linked_at, primary_at = (table.at(k) for k in ("location_id", "linked_id", "primary"))

    def build(line: int, cells: list[str]) -> DualLink:
        primary = flag_of(cells[primary_at], "Primary ID")
        location = cqc_id(cells[id_at], "location id")
        return DualLink(location, cqc_id(cells[linked_at], "linked id"), primary, line)

    _take(table, table.rows(), build, out)
    _finish(table, Repairs(), out)


def settle_duals(out: RegisterFile) -> None:
    """Mark the locations of each linked pair and the primary id, as the dual sheet says."""
    primary: dict[str, str | None] = {}
    for link in out.duals:
        chosen = {True: link.location_id, False: link.linked_id, None: None}[link.primary]
        for end in (link.location_id, link.linked_id):
            primary[end] = chosen or primary.get(end)
    for position, row in enumerate(out.locations):
        if row.cqc_id in primary:
            known = row.primary_id or primary[row.cqc_id]
            out.locations[position] = replace(row, dual_registered=True, primary_id=known)


def scope_notices(out: RegisterFile) -> list[str]:
    """What was accepted but is outside the duty, said in numbers."""
    notices = []
    if out.out_of_scope:
        notices.append(f"{out.out_of_scope} locations are outside adult social care.")
    odd = sum(1 for row in out.locations if row.services and not row.in_scope)
    if odd:
        notices.append(
            f"{odd} of them have an adult social care service type but another directorate."
        )
    bare = sum(1 for row in out.locations if row.in_scope and not row.services)
    if bare:
        notices.append(f"{bare} adult social care locations have no service type with a return.")
    return notices
