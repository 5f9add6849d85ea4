"""CQC API records: details of locations and providers, one a line or in a page.

A missing key means unknown. List pages are refused: they give ids and names only, and a row
without service types or provider, taken as fact, would end every duty of that location.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from enforcement.domain.refusals import UnreadableFile
from enforcement.register.cells import (
    BadCell,
    address_of,
    count_of,
    cqc_id,
    flag_of,
    phone_of,
    show_marks,
    text_of,
    text_or_none,
)
from enforcement.register.dates import date_of
from enforcement.register.decoding import text_of_file
from enforcement.register.locations import company_number
from enforcement.register.register_file import repeated
from enforcement.register.repairs import Repairs
from enforcement.register.rows import LocationRow, ProviderRow, RegisterFile, Rejected, Relation
from enforcement.register.service_types import is_in_scope, services_of_names

Record = dict[str, Any]
_ADDRESS = (
    "postalAddressLine1",
    "postalAddressLine2",
    "postalAddressTownCity",
    "postalAddressCounty",
)


def read_api(data: bytes, filename: str) -> RegisterFile:
    """Details in any packing. Refuses (UnreadableFile) list pages, other JSON and broken JSON."""
    out = RegisterFile(shape="api")
    text = text_of_file(data, out.notices)
    repairs = Repairs()
    seen: dict[tuple[str, str], tuple[int, str]] = {}
    for line, record, raw in _records(text, filename):
        out.rows_in += 1
        try:
            row = _row(line, record, repairs)
        except BadCell as fault:
            out.rejected.append(Rejected(line, str(fault), show_marks(raw[:120])[:120]))
            continue
        key = (type(row).__name__, row.cqc_id)
        first, same = seen.setdefault(key, (line, raw))
        if first != line:
            reason = repeated(row.cqc_id, first, same == raw)
            out.rejected.append(Rejected(line, reason, show_marks(raw[:120])[:120]))
        elif isinstance(row, LocationRow):
            out.locations.append(row)
            out.out_of_scope += not row.in_scope
        else:
            out.providers.append(row)
    out.notices.extend(repairs.notices())
    return out


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as fault:
        raise UnreadableFile("The JSON is nested too deeply to be an API record.") from fault


def _records(text: str, filename: str) -> Iterator[tuple[int, Any, str]]:
    """(line or position, record, its text): JSON lines, one record, or an array of records."""
    text = text.lstrip("\ufeff")
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    try:
        _refuse_page(_loads(first), filename)
    except ValueError:
        yield from _whole(text, filename)
        return
    if first.lstrip().startswith("["):
        yield from _whole(text, filename)
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, _loads(line), line
            except ValueError as fault:
                yield number, BadCell(f"The line is not JSON: {fault}"), line


def _whole(text: str, filename: str) -> Iterator[tuple[int, Any, str]]:
    try:
        whole = _loads(text)
    except ValueError as fault:
        raise UnreadableFile(f"{filename} is not valid JSON: {fault}") from fault
    _refuse_page(whole, filename)
    records = whole if isinstance(whole, list) else [whole]
    for number, record in enumerate(records, start=1):
        yield number, record, json.dumps(record, ensure_ascii=False, sort_keys=True)


def _refuse_page(record: Any, filename: str) -> None:
    if not isinstance(record, dict):
        return
    if isinstance(record.get("locations"), list) or isinstance(record.get("providers"), list):
        raise UnreadableFile(
            f"{filename} is a list page of the CQC API: it has ids and names only, without "
            "service types, dates or providers.",
            fix="Bring the details of each location and provider (JSON lines).",
        )
    if "changes" in record:
        raise UnreadableFile(
            f"{filename} is a list of changed ids of the CQC API.",
            fix="Bring the details of the changed locations and providers (JSON lines).",
        )


def _row(line: int, record: Any, repairs: Repairs) -> LocationRow | ProviderRow:
    if isinstance(record, BadCell):
        raise record
    if not isinstance(record, dict):
        raise BadCell("The record is not an object.")
    if "locationId" in record:
        return _location(line, record, repairs)
    if "providerId" in record:
        return _provider(line, record, repairs)
    raise BadCell("The record has neither locationId nor providerId.")


def _text(record: Record, key: str) -> str:
    """A value as text, as a table would have it; blank when absent."""
    value = record.get(key)
    if value is None:
        return ""
    if not isinstance(value, str | int | float):
        raise BadCell(f"{key} is not text.")
    text = str(value)
    if "\0" in text:
        raise BadCell("A value holds a NUL character.")
    if len(text) > 10_000:
        raise BadCell("A value is longer than 10,000 characters.")
    return text


def _list(record: Record, key: str) -> list[Record]:
    value = record.get(key) or []
    if not isinstance(value, list):
        raise BadCell(f"{key} is not a list.")
    return [item for item in value if isinstance(item, dict)]


def _phone(line: int, record: Record, repairs: Repairs) -> str | None:
    phone, mended = phone_of(_text(record, "mainPhoneNumber"))
    if mended:
        repairs.note("lost leading zero of a phone put back", line, phone or "")
    return phone


def _location(line: int, record: Record, repairs: Repairs) -> LocationRow:
    types = _list(record, "gacServiceTypes")
    names = tuple(
        dict.fromkeys(
            name for t in types if (name := text_of(_text(t, "description") or _text(t, "name")))
        )
    )
    services = services_of_names(names, flag_of(_text(record, "careHome"), "careHome"))
    directorate = text_or_none(_text(record, "inspectionDirectorate"))
    ended = date_of(_text(record, "deregistrationDate"))
    location_id = cqc_id(_text(record, "locationId"), "location id")
    name = text_of(_text(record, "name"))
    if not name:
        raise BadCell("The location name is missing: is this a list item instead of a detail?")
    if ended is None and _text(record, "registrationStatus") == "Deregistered":
        raise BadCell("The location is deregistered but has no deregistration date.")
    relations = _list(record, "relationships")
    return LocationRow(
        line=line,
        cqc_id=location_id,
        provider_cqc_id=cqc_id(_text(record, "providerId"), "provider id"),
        name=name,
        services=services,
        service_names=names,
        in_scope=is_in_scope(directorate, services),
        dormant=flag_of(_text(record, "dormancy"), "dormancy"),
        beds=count_of(_text(record, "numberOfBeds"), "numberOfBeds"),
        address=address_of([_text(record, key) for key in _ADDRESS]),
        postcode=text_or_none(_text(record, "postalCode")),
        phone=_phone(line, record, repairs),
        local_authority=text_or_none(_text(record, "localAuthority")),
        region=text_or_none(_text(record, "region")),
        registered_on=date_of(_text(record, "registrationDate")),
        deregistered_on=ended,
        directorate=directorate,
        relations=tuple(
            related
            for kind in ("predecessor", "successor")
            for related in _related(line, relations, kind, repairs)
        ),
    )


def _related(
    line: int, relations: list[Record], kind: str, repairs: Repairs
) -> tuple[Relation, ...]:
    """The chain; a link with an unusable id is left out with a notice, the location stays."""
    found: dict[str, Relation] = {}
    for relation in relations:
        if kind not in _text(relation, "type").lower():
            continue
        try:
            other = cqc_id(_text(relation, "relatedLocationId"), "related location id")
        except BadCell as fault:
            repairs.note("related location left out", line, str(fault))
            continue
        reason = text_or_none(_text(relation, "reason")) or ""
        found.setdefault(other, Relation(kind, other, reason[:60]))
    return tuple(found.values())


def _provider(line: int, record: Record, repairs: Repairs) -> ProviderRow:
    name = text_of(_text(record, "name"))
    if not name:
        raise BadCell("The provider name is missing: is this a list item instead of a detail?")
    return ProviderRow(
        cqc_id=cqc_id(_text(record, "providerId"), "provider id"),
        name=name,
        ownership_type=text_or_none(_text(record, "ownershipType")),
        company_number=company_number(_text(record, "companiesHouseNumber"), line, repairs),
        charity_number=text_or_none(_text(record, "charityNumber")),
        address=address_of([_text(record, key) for key in _ADDRESS]),
        postcode=text_or_none(_text(record, "postalCode")),
        phone=_phone(line, record, repairs),
        region=text_or_none(_text(record, "region")),
        local_authority=text_or_none(_text(record, "localAuthority")),
        nominated_individual=_nominated(record),
        registered_on=date_of(_text(record, "registrationDate")),
        deregistered_on=date_of(_text(record, "deregistrationDate")),
        line=line,
    )


def _nominated(record: Record) -> str | None:
    """The nominated individual named for any regulated activity."""
    for activity in _list(record, "regulatedActivities"):
        person = activity.get("nominatedIndividual")
        if isinstance(person, dict):
            parts = [_text(person, f"person{k}") for k in ("Title", "GivenName", "FamilyName")]
            return text_or_none(" ".join(filter(None, parts)))
    return None
