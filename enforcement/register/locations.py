"""Locations and their providers from one row of a table, whichever shape it has."""

from __future__ import annotations

from collections.abc import Callable

from enforcement.register.cells import (
    BadCell,
    address_of,
    company_number_of,
    count_of,
    cqc_id,
    flag_of,
    phone_of,
    text_of,
    text_or_none,
)
from enforcement.register.dates import date_of
from enforcement.register.repairs import Repairs
from enforcement.register.rows import LocationRow, ProviderRow
from enforcement.register.service_types import is_in_scope, names_in, services_of_names
from enforcement.register.tables import Table

_ADDRESS = ("address_1", "address_2", "city", "county")
PROVIDER_FIELDS = (
    "provider_id",
    "provider_name",
    "ownership",
    "company_number",
    "charity_number",
    "provider_address_1",
    "provider_address_2",
    "provider_city",
    "provider_county",
    "provider_postcode",
    "provider_phone",
    "provider_region",
    "provider_local_authority",
    "nominated_individual",
    "main_partner",
    "provider_registered_on",
    "provider_deregistered_on",
)
Cells = list[str]


class ProviderReader:
    """The provider in a location's row; the same columns give the same object."""

    def __init__(self, table: Table, repairs: Repairs, month_first: bool) -> None:
        self._at = tuple(table.at(key) for key in PROVIDER_FIELDS)
        self._repairs = repairs
        self._month_first = month_first
        self._known: dict[tuple[str, ...], ProviderRow] = {}

    def read(self, line: int, cells: Cells) -> ProviderRow | None:
        """The provider, or None when the row gives no provider name."""
        key = tuple([cells[at] for at in self._at])
        known = self._known.get(key)
        if known is None and text_of(key[1]):
            known = self._known[key] = self._build(line, key)
        return known

    def _build(self, line: int, key: tuple[str, ...]) -> ProviderRow:
        phone, mended = phone_of(key[10])
        if mended:
            self._repairs.note("lost leading zero of a phone put back", line, phone or "")
        return ProviderRow(
            cqc_id=cqc_id(key[0], "provider id"),
            name=text_of(key[1]),
            ownership_type=text_or_none(key[2]),
            company_number=company_number(key[3], line, self._repairs),
            charity_number=text_or_none(key[4]),
            address=address_of(key[5:9]),
            postcode=text_or_none(key[9]),
            phone=phone,
            region=text_or_none(key[11]),
            local_authority=text_or_none(key[12]),
            nominated_individual=text_or_none(key[13]),
            main_partner=text_or_none(key[14]),
            registered_on=date_of(key[15], self._month_first),
            deregistered_on=date_of(key[16], self._month_first),
            line=line,
        )


def company_number(cell: str, line: int, repairs: Repairs) -> str | None:
    """The company number, repairs counted; one that cannot be right is left out with a notice."""
    try:
        number, mended = company_number_of(cell)
    except BadCell:
        repairs.note("company number not usable and left out", line, text_of(cell))
        return None
    if mended:
        repairs.note("lost leading zero of a company number put back", line, number or "")
    return number


def location_reader(
    table: Table,
    repairs: Repairs,
    month_first: bool,
    names_of: Callable[[Cells], tuple[str, ...]] | None = None,
) -> Callable[[int, Cells], LocationRow]:
    """A function from a row to its location, positions resolved once for the whole table.

    `names_of` reads the service types where they are not in one column. Raises `BadCell` from
    the function for a row that cannot be used.
    """
    at = table.at
    id_at, provider_at, name_at = at("location_id"), at("provider_id"), at("name")
    types_at, care_home_at, dormant_at = at("service_types"), at("care_home"), at("dormant")
    beds_at, directorate_at, phone_at = at("beds"), at("directorate"), at("phone")
    registered_at, deregistered_at = at("registered_on"), at("deregistered_on")
    authority_at, region_at, postcode_at = at("local_authority"), at("region"), at("postcode")
    dual_at, primary_at = at("dual"), at("primary_id")
    whole_address_at = at("address")
    address_at = tuple(at(key) for key in _ADDRESS)
    providers = ProviderReader(table, repairs, month_first)

    def read(line: int, cells: Cells) -> LocationRow:
        location_id = cqc_id(cells[id_at], "location id")
        provider_id = cqc_id(cells[provider_at], "provider id")
        name = text_of(cells[name_at])
        if not name:
            raise BadCell("The location name is blank.")
        names = names_in(cells[types_at]) if names_of is None else names_of(cells)
        services = services_of_names(names, flag_of(cells[care_home_at], "Care home?"))
        directorate = text_or_none(cells[directorate_at])
        phone, mended = phone_of(cells[phone_at])
        if mended:
            repairs.note("lost leading zero of a phone put back", line, phone or "")
        return LocationRow(
            line=line,
            cqc_id=location_id,
            provider_cqc_id=provider_id,
            name=name,
            services=services,
            service_names=names,
            in_scope=is_in_scope(directorate, services),
            dormant=flag_of(cells[dormant_at], "Dormant"),
            beds=count_of(cells[beds_at], "Beds"),
            address=_address(cells[whole_address_at], [cells[p] for p in address_at]),
            postcode=text_or_none(cells[postcode_at]),
            phone=phone,
            local_authority=text_or_none(cells[authority_at]),
            region=text_or_none(cells[region_at]),
            registered_on=date_of(cells[registered_at], month_first),
            deregistered_on=date_of(cells[deregistered_at], month_first),
            dual_registered=cells[dual_at].strip().lower() not in ("", "-", "n", "no"),
            primary_id=_primary(cells[primary_at], location_id),
            provider=providers.read(line, cells),
            directorate=directorate,
        )

    return read


def _address(whole: str, lines: list[str]) -> tuple[str, ...]:
    if not whole:
        return address_of(lines)
    mark = next((mark for mark in ("|", "\n", ",") if mark in whole), ",")
    return address_of(text_of(whole).split(mark))


def _primary(cell: str, location_id: str) -> str | None:
    """The primary id: written as an id, or as Y beside the primary location itself."""
    text = cell.strip()
    if text in ("", "-") or text.upper() in ("N", "NO"):
        return None
    return location_id if text.upper() in ("Y", "YES") else cqc_id(text, "primary id")
