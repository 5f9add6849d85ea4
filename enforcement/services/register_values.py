"""From a file's row to the columns stored: what the file does not say stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from enforcement.data.bulk import table_of
from enforcement.data.register import Location, Provider
from enforcement.domain.names import search_name, why_review
from enforcement.register.rows import LocationRow, ProviderRow

Values = dict[str, Any]
PROVIDER_TOLD = (
    "name", "ownership_type", "company_number", "charity_number", "postcode", "phone", "region",
    "local_authority", "nominated_individual", "main_partner", "registered_on", "deregistered_on",
)  # fmt: skip
LOCATION_TOLD = (
    "name", "postcode", "phone", "local_authority", "region", "beds", "dormant", "registered_on",
)  # fmt: skip
PROVIDER_KEYS = ("cqc_id", *PROVIDER_TOLD, "search_name", "address", "public_body", "review_raised")
LOCATION_KEYS = (
    "cqc_id", *LOCATION_TOLD, "address", "service_names", "deregistered_on", "dual_registered",
    "primary_id",
)  # fmt: skip


@cache
def limits(model: type[Provider] | type[Location]) -> Mapping[str, int]:
    """How many characters each text column holds, read from the table itself."""
    return {
        column.name: length
        for column in table_of(model).c
        if (length := getattr(column.type, "length", None)) is not None
    }


def too_long(row: ProviderRow | LocationRow) -> str | None:
    """Why a row cannot be stored: its name is longer than a name may be. None if it can."""
    most = limits(Provider)["name"]
    if len(row.name) > most:
        return f"The name of {row.cqc_id} is longer than {most} characters."
    return None


def fits(values: Values, model: type[Provider] | type[Location], dropped: dict[str, int]) -> Values:
    """Leave out (None) what is longer than its column, counted in `dropped`."""
    for key, most in limits(model).items():
        value = values.get(key)
        if value is not None and len(value) > most:
            values[key] = None
            dropped[key] = dropped.get(key, 0) + 1
    return values


def provider_values(row: ProviderRow, before: Values | None, dropped: dict[str, int]) -> Values:
    """A provider's columns. A review is asked for once: never of one already reviewed."""
    told: Values = {key: getattr(row, key) for key in PROVIDER_TOLD}
    fits(told, Provider, dropped)
    old: Values = before or {}
    values: Values = {
        key: value if value is not None else old.get(key) for key, value in told.items()
    }
    values["cqc_id"] = row.cqc_id
    values["address"] = merged_address(row.address, row.postcode, old)
    values["public_body"] = old.get("public_body")
    if before is not None and before["name"] == values["name"]:
        values["search_name"] = before["search_name"]
    else:
        values["search_name"] = search_name(values["name"])
    values["review_raised"] = old.get("review_raised")
    if values["public_body"] is None and values["review_raised"] is None:
        values["review_raised"] = why_review(values["name"], values["ownership_type"], row.cqc_id)
    return values


def location_values(row: LocationRow, before: Values | None, dropped: dict[str, int]) -> Values:
    """A location's columns, without its provider."""
    told: Values = {key: getattr(row, key) for key in LOCATION_TOLD}
    fits(told, Location, dropped)
    old: Values = before or {}
    values: Values = {
        key: value if value is not None else old.get(key) for key, value in told.items()
    }
    values["cqc_id"] = row.cqc_id
    values["dormant"] = bool(values["dormant"])
    values["address"] = merged_address(row.address, row.postcode, old)
    values["service_names"] = list(row.service_names) or list(old.get("service_names", ()))
    values["deregistered_on"] = row.deregistered_on or old.get("deregistered_on")
    values["dual_registered"] = row.dual_registered or bool(old.get("dual_registered"))
    values["primary_id"] = row.primary_id or old.get("primary_id")
    return values


def merged_address(
    lines: tuple[str, ...], postcode: str | None, old: Mapping[str, Any]
) -> list[str]:
    """The address lines to store.

    Shapes write one address with more or fewer lines; where the postcode is the same and the
    new lines say no more than the old ones, the old ones stay.
    """
    known = list(old.get("address") or ())
    if not lines or known == list(lines):
        return known
    if not known or postcode != old.get("postcode"):
        return list(lines)
    fresh, held = plain_address(lines), plain_address(known)
    return known if set(fresh.split()) <= set(held.split()) else list(lines)


def plain_address(lines: tuple[str, ...] | list[str]) -> str:
    """An address as it is compared: letters and figures only."""
    return search_name(" ".join(lines))


def shown_address(values: Values) -> str:
    return ", ".join([*values["address"], *filter(None, [values["postcode"]])])
