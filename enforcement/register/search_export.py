"""The website's search export mixes providers with locations.

A provider's row has a blank location id, ``/provider/`` in its address on the site, and the
ownership type where a location has its service types.
"""

from __future__ import annotations

from collections.abc import Callable

from enforcement.register.cells import (
    BadCell,
    address_of,
    cqc_id,
    phone_of,
    text_of,
    text_or_none,
)
from enforcement.register.repairs import Repairs
from enforcement.register.rows import ProviderRow
from enforcement.register.tables import Table


def provider_reader(table: Table, repairs: Repairs) -> Callable[[int, list[str]], ProviderRow]:
    """A function from a provider's row to the provider; raises `BadCell` for a lost location id."""
    id_at, name_at, types_at = table.at("provider_id"), table.at("name"), table.at("service_types")
    url_at, phone_at, postcode_at = table.at("url"), table.at("phone"), table.at("postcode")
    region_at, authority_at = table.at("region"), table.at("local_authority")
    lines_at = tuple(table.at(key) for key in ("address_1", "address_2", "city", "county"))

    def read(line: int, cells: list[str]) -> ProviderRow:
        if "/provider/" not in cells[url_at]:
            raise BadCell("The location id is blank and the row is not a provider's.")
        name = text_of(cells[name_at])
        if not name:
            raise BadCell("The provider name is blank.")
        phone, mended = phone_of(cells[phone_at])
        if mended:
            repairs.note("lost leading zero of a phone put back", line, phone or "")
        return ProviderRow(
            cqc_id=cqc_id(cells[id_at], "provider id"),
            name=name,
            ownership_type=text_or_none(cells[types_at]),
            address=address_of([cells[at] for at in lines_at]),
            postcode=text_or_none(cells[postcode_at]),
            phone=phone,
            region=text_or_none(cells[region_at]),
            local_authority=text_or_none(cells[authority_at]),
            line=line,
        )

    return read
