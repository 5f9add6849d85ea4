"""The published shapes: what each is, and the columns it is known by.

A shape is chosen by its header, never by its file name. Names are compared without case, spaces,
brackets or punctuation, because all of them drift between editions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from enforcement.domain.refusals import UnreadableFile


def plain(header: str) -> str:
    """A header as lower-case letters and digits: "CqcId", "CQC ID" and "cqc_id" agree."""
    return "".join(c for c in header.casefold() if c.isalnum())


@dataclass(frozen=True)
class Shape:
    """One published shape: `fields` maps our word to the header names it has had, newest first.

    `required` must all be there, and one of `any_of` (when given). `order` names the fields by
    position for a file without a header, "" for a column that is not read.
    """

    name: str
    what: str
    fields: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    any_of: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    names: Mapping[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self,
            "names",
            {plain(name): key for key, names in self.fields.items() for name in reversed(names)},
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns looked for, as published."""
        wanted = (*self.required, *self.any_of)
        return tuple(self.fields[key][0] for key in wanted)

    def columns_in(self, header: Sequence[str]) -> dict[str, list[int]]:
        """Field -> positions of the header cells that carry one of its names."""
        found: dict[str, list[int]] = {}
        for position, cell in enumerate(header):
            key = self.names.get(plain(cell))
            if key is not None:
                found.setdefault(key, []).append(position)
        return found

    def fits(self, found: Mapping[str, list[int]]) -> bool:
        """Whether a header with these fields is of this shape."""
        return all(key in found for key in self.required) and (
            not self.any_of or any(key in found for key in self.any_of)
        )

    def headed(self, mapping: Mapping[str, str]) -> Shape:
        """The shape with the caller's header names (field -> header); a name given to one field is
        no longer another's."""
        taken = {plain(header) for header in mapping.values()}
        fields = {
            key: (mapping[key],)
            if key in mapping
            else tuple(name for name in names if plain(name) not in taken) or names
            for key, names in self.fields.items()
        }
        return Shape(self.name, self.what, fields, self.required, self.any_of, self.order)

    def missing(self, found: Mapping[str, list[int]]) -> list[str]:
        """The required columns a header lacks, as published."""
        return [self.fields[key][0] for key in self.required if key not in found]


def only_position(shape: Shape, header: Sequence[str], key: str, positions: Sequence[int]) -> int:
    """The one column that carries a field, by its most specific name.

    Refuses (UnreadableFile) a name that comes twice.
    """
    names = [plain(header[position]) for position in positions]
    if len(set(names)) < len(names):
        raise UnreadableFile(
            f"The column “{header[positions[0]].strip()}” comes {len(positions)} times in the "
            "header, so it is not known which to read.",
            fix="Remove or rename the column that is not meant.",
        )
    order = [plain(name) for name in shape.fields[key]]
    return min(positions, key=lambda position: order.index(plain(header[position])))


_LOCATION_ID = (
    "CQC Location ID (for office use only)",
    "CQC Location (for office use only",
    "Location ID",
)
_PROVIDER_ID = ("CQC Provider ID (for office use only)", "Provider ID")
_HSCA_FIELDS: Mapping[str, tuple[str, ...]] = {
    "location_id": ("Location ID",),
    "registered_on": ("Location HSCA start date",),
    "deregistered_on": ("Location HSCA End Date",),
    "dormant": ("Dormant (Y/N)",),
    "care_home": ("Care home?",),
    "name": ("Location Name",),
    "phone": ("Location Telephone Number",),
    "beds": ("Care homes beds",),
    "directorate": ("Location Inspection Directorate",),
    "region": ("Location Region",),
    "local_authority": ("Location Local Authority", "Local Authority"),
    "address_1": ("Location Street Address", "Street Address"),
    "address_2": ("Location Address Line 2", "Address Line 2"),
    "city": ("Location City", "City"),
    "county": ("Location County", "County"),
    "postcode": ("Location Postal Code", "Postal Code"),
    "company_number": ("Provider Companies House Number", "Companies House Number"),
    "charity_number": ("Provider Charity Number", "Charity Number"),
    "provider_id": ("Provider ID",),
    "provider_name": ("Provider Name",),
    "provider_registered_on": ("Provider HSCA start date",),
    "provider_deregistered_on": ("Provider HSCA End Date",),
    "ownership": ("Provider Ownership Type", "Ownership Type"),
    "provider_phone": ("Provider Telephone Number",),
    "provider_address_1": ("Provider Street Address",),
    "provider_address_2": ("Provider Address Line 2",),
    "provider_city": ("Provider City",),
    "provider_county": ("Provider County",),
    "provider_postcode": ("Provider Postal Code",),
    "provider_local_authority": ("Provider Local Authority",),
    "provider_region": ("Provider Region",),
    "nominated_individual": ("Provider Nominated Individual Name", "Nominated Individual Name"),
    "main_partner": ("Provider Main Partner Name", "Main Partner Name"),
    "dual": ("Location Dual Registered",),
    "primary_id": ("Primary ID (Dual registration locations)",),
}

HSCA = Shape(
    "hsca",
    "CQC care directory with filters (HSCA active locations): XLSX, ODS or CSV, monthly",
    _HSCA_FIELDS,
    ("location_id", "name", "provider_id", "provider_name", "registered_on", "directorate"),
)
DEACTIVATED = Shape(
    "deactivated",
    "CQC deactivated locations (with end dates): XLSX, ODS or CSV, monthly",
    _HSCA_FIELDS,
    ("location_id", "name", "provider_id", "deregistered_on"),
)
DUAL = Shape(
    "dual",
    "The dual registration sheet of the directory with filters",
    {
        "location_id": ("Location ID",),
        "linked_id": ("Linked Organisation ID",),
        "primary": ("Primary ID",),
    },
    ("location_id", "linked_id"),
)
DIRECTORY = Shape(
    "directory",
    "CQC care directory (CSV, weekly, all sectors)",
    {
        "name": ("Name",),
        "address": ("Address",),
        "postcode": ("Postcode",),
        "phone": ("Phone number",),
        "service_types": ("Service types",),
        "provider_name": ("Provider name",),
        "local_authority": ("Local authority",),
        "region": ("Region",),
        "location_id": _LOCATION_ID,
        "provider_id": _PROVIDER_ID,
    },
    ("name", "address", "service_types", "provider_name", "location_id", "provider_id"),
    order=(
        "name", "", "address", "postcode", "phone", "", "service_types", "", "", "provider_name",
        "local_authority", "region", "", "location_id", "provider_id",
    ),
)  # fmt: skip
SEARCH = Shape(
    "search",
    "CQC website search export (CSV; providers and locations mixed)",
    {
        "name": ("Name",),
        "address_1": ("Address 1",),
        "address_2": ("Address 2",),
        "city": ("Town/City",),
        "county": ("County",),
        "postcode": ("Postcode",),
        "phone": ("Phone number",),
        "provider_id": _PROVIDER_ID,
        "location_id": _LOCATION_ID,
        "local_authority": ("Local authority",),
        "region": ("Region",),
        "published_on": ("Report publication date",),
        "url": ("URL",),
        "service_types": ("Service types",),
        "provider_name": ("Provider name",),
    },
    ("name", "address_1", "provider_id", "location_id", "url", "service_types"),
    order=(
        "name", "address_1", "address_2", "city", "county", "postcode", "phone", "provider_id",
        "location_id", "", "local_authority", "region", "published_on", "url", "", "",
        "service_types", "provider_name",
    ),
)  # fmt: skip
ASC = Shape(
    "asc",
    "A simple table of adult social care locations (any spreadsheet or CSV)",
    {
        "location_id": ("Location ID", "CQC Location ID", "CQC ID", *_LOCATION_ID),
        "name": ("Location Name", "Location", "Name"),
        "provider_id": ("Provider ID", "CQC Provider ID", *_PROVIDER_ID),
        "provider_name": ("Provider Name", "Provider"),
        "service_types": ("Service type", "Service types", "Services", "Service"),
        "care_home": ("Care home?", "Care home (Y/N)"),
        "dormant": ("Dormant", "Dormant (Y/N)"),
        "beds": ("Beds", "Care homes beds", "Number of beds"),
        "address_1": ("Address", "Address 1", "Street Address", "Location Street Address"),
        "address_2": ("Address 2", "Address Line 2", "Location Address Line 2"),
        "city": ("Town", "City", "Town/City", "Location City"),
        "county": ("County", "Location County"),
        "postcode": ("Postcode", "Postal code", "Location Postal Code"),
        "phone": ("Phone", "Phone number", "Telephone", "Location Telephone Number"),
        "local_authority": ("Local authority", "Location Local Authority"),
        "region": ("Region", "Location Region"),
        "directorate": ("Inspection Directorate", "Location Inspection Directorate"),
        "registered_on": ("Registration date", "Start date", "Location HSCA start date"),
        "deregistered_on": ("Deregistration date", "End date"),
        "ownership": ("Ownership type", "Provider Ownership Type"),
        "company_number": ("Company number", "Companies House Number"),
    },
    ("location_id", "name", "provider_id"),
    any_of=("service_types", "care_home"),
    order=("location_id", "name", "provider_id", "provider_name", "service_types"),
)
API = Shape(
    "api",
    "CQC API details of locations and providers: JSON, JSON lines, or either zipped (.gz)",
    {"location_id": ("locationId",), "provider_id": ("providerId",), "name": ("name",)},
    ("provider_id", "name"),
)

_CT_ID = ("CQC ID", "CQC Location ID", "Location ID", "CQC Number", "CQC Registration ID")
STATUS = Shape(
    "status",
    "Capacity Tracker report “Update monthly status ASC collection” (one column a period, 1 or 0)",
    {
        "location_id": (*_CT_ID, *_LOCATION_ID),
        "location_name": ("Location Name", "Location", "Name"),
        "provider_name": ("Provider", "Provider Name", "Parent Organisation"),
        "local_authority": ("Local Authority",),
        "users": ("User Count", "Users", "Number of users"),
        "service": ("Service", "Service Type", "Care type", "Service switch"),
        "status": ("Status", "Compliant", "Submitted", "Numbers", "Monthly status"),
    },
    ("location_id",),
    order=("location_id", "status"),
)
_CT_ROLES = {
    "nurses": ("Nurses Employed",),
    "care_workers": ("Care Workers Employed", "CQC Care Workers Employed"),
    "others": ("Non Care Workers Employed",),
    "agency_nurses": ("Agency Nurses Employed", "Agency Nurses"),
    "agency_care_workers": ("Agency Care Workers Employed", "Agency Care Workers"),
    "agency_others": ("Agency Non Care Workers Employed", "Agency Non Care Workers"),
}
CT_CARE_HOME = Shape(
    "ct_care_home",
    "Capacity Tracker bulk extract, care homes (CSV or Excel)",
    {
        "location_id": _CT_ID,
        "location_name": ("Location", "Location Name"),
        "utc": ("Last Updated (UTC)",),
        "local": ("Last Updated (BST)",),
        "users": ("Used Beds", "Total Residents", "Resident Count"),
        "confirmed": ("Confirmed Save",),
        **_CT_ROLES,
    },
    ("location_id",),
    any_of=("utc", "local"),
)
CT_HOME_CARE = Shape(
    "ct_home_care",
    "Capacity Tracker bulk extract, home care (CSV or Excel)",
    {
        "location_id": _CT_ID,
        "location_name": ("Location", "Location Name"),
        "utc": ("CQC Survey Last Updated (UTC)", "Survey Last Updated (UTC)"),
        "local": ("CQC Survey Last Updated (BST)", "Survey Last Updated (BST)"),
        "users": ("Service User Count",),
        "confirmed": ("Confirmed Save",),
        **_CT_ROLES,
    },
    ("location_id",),
    any_of=("utc", "local"),
)
CONTACTS = Shape(
    "contacts",
    "Contacts of providers: who, in which capacity, email and address",
    {
        "provider_id": ("Provider ID", "CQC Provider ID", *_PROVIDER_ID),
        "name": ("Contact name", "Name", "Full name"),
        "capacity": ("Capacity", "Role", "Position", "Job title"),
        "email": ("Email", "Email address", "E-mail", "E-mail address"),
        "address_1": ("Address", "Address 1", "Address line 1"),
        "address_2": ("Address 2", "Address line 2"),
        "address_3": ("Address 3", "Address line 3"),
        "city": ("Town", "City", "Town/City"),
        "county": ("County",),
        "postcode": ("Postcode", "Postal code"),
        "source": ("Source",),
        "date": ("Date", "As at", "Collected on"),
    },
    ("provider_id", "name", "capacity"),
    any_of=("email", "address_1"),
)
FINANCE = Shape(
    "finance",
    "A bank statement or finance export (CSV, Excel or ODS): date, amount, reference",
    {
        "on": ("Date", "Transaction date", "Value date", "Posting date", "Posted date",
               "Date received", "Payment date", "Entry date"),
        "amount": ("Amount", "Amount (GBP)", "Transaction amount", "Value", "Net amount"),
        "credit": ("Credit", "Credit amount", "Paid in", "Money in", "Credits", "Receipts"),
        "debit": ("Debit", "Debit amount", "Paid out", "Money out", "Debits"),
        "side": ("Credit/debit", "Debit/credit", "CR/DR", "DR/CR", "Sign", "Type",
                 "Transaction type"),
        "reference": ("Payment reference", "Reference", "Customer reference", "Payer reference"),
        "details": ("Description", "Details", "Narrative", "Transaction description", "Memo"),
        "payer": ("Payer", "Payer name", "Received from", "Counterparty", "Remitter", "Name"),
        "bank_id": ("Transaction ID", "Bank reference", "Transaction number", "Entry reference",
                    "FITID"),
    },
    ("on",),
    any_of=("amount", "credit"),
)  # fmt: skip

REGISTER_SHAPES: tuple[Shape, ...] = (DEACTIVATED, HSCA, SEARCH, DIRECTORY, ASC)
RETURNS_SHAPES: tuple[Shape, ...] = (CT_HOME_CARE, CT_CARE_HOME, STATUS)
#: Every shape that can be brought, for a page that lists them.
SHAPES: tuple[Shape, ...] = (*REGISTER_SHAPES, API, *RETURNS_SHAPES, CONTACTS)
KNOWN_NAMES: frozenset[str] = frozenset(name for s in (*SHAPES, DUAL, FINANCE) for name in s.names)
