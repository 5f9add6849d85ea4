"""The files of the synthetic year, in the shapes in which CQC and Capacity Tracker publish them.

They are written so that the year comes in by the same door as real files: as bytes with a name.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, time, timedelta
from random import Random

from enforcement.demo.cast import CARE_HOME, HOME_CARE, NURSING, SUPPORTED
from enforcement.demo.generator import Firm, Place, Year
from enforcement.domain.calendar import local_instant
from enforcement.domain.duties import Service
from enforcement.domain.windows import Month, Window
from enforcement.services.loading import Incoming

_TYPES = (NURSING, CARE_HOME, HOME_CARE, SUPPORTED, "Extra Care housing services", "Shared Lives")
_REGISTER = (
    "Location ID", "Location HSCA start date", "Dormant (Y/N)", "Care home?", "Location Name",
    "Location Telephone Number", "Care homes beds", "Location Inspection Directorate",
    "Location Region", "Location Local Authority", "Location Street Address",
    "Location Address Line 2", "Location City", "Location County", "Location Postal Code",
    "Provider Companies House Number", "Provider ID", "Provider Name",
    "Provider HSCA Start Date", "Provider Ownership Type", "Provider Street Address",
    "Provider City", "Provider County", "Provider Postal Code", "Provider Telephone Number",
    "Provider Local Authority", "Provider Region", "Provider Nominated Individual Name",
    "Provider Main Partner Name", *(f"Service type - {name}" for name in _TYPES),
    "Location Dual Registered", "Primary ID (Dual registration locations)",
)  # fmt: skip
_CLOSED = (
    "Location ID", "Location Name", "Provider ID", "Provider Name", "Location HSCA End Date",
    *(f"Service type - {name}" for name in _TYPES), "Location Inspection Directorate",
)  # fmt: skip
_TRACKER = {Service.CARE_HOME: "care_home", Service.HOME_CARE: "home_care"}


def register(year: Year, as_at: date) -> Incoming:
    """The care directory with filters as at a day: every location active then, one a row."""
    rows = [_location(place, as_at) for place in year.places() if _active(place, as_at)]
    return Incoming(_csv(_REGISTER, rows), f"{as_at:%d_%B_%Y}_HSCA_Active_Locations.csv")


def closed(year: Year, as_at: date) -> Incoming | None:
    """Deactivated locations up to a day; None when nothing has closed."""
    rows = [
        (
            place.cqc_id,
            place.name,
            place.firm.cqc_id,
            place.firm.name,
            place.closes_on.isoformat(),
            *_flags(place),
            "Adult social care",
        )
        for place in year.places()
        if place.closes_on is not None and place.registered_on < place.closes_on <= as_at
    ]
    if not rows:
        return None
    return Incoming(_csv(_CLOSED, rows), f"{as_at:%d_%B_%Y}_Deactivated_Locations.csv")


def duals(year: Year, as_at: date) -> Incoming | None:
    """The dual registration sheet: each pair from its primary side; None when there is none."""
    rows = [
        (place.cqc_id, place.name, place.twin.cqc_id, "Y")
        for place in year.places()
        if place.twin is not None and place.cqc_id < place.twin.cqc_id
    ]
    if not rows:
        return None
    header = ("Location ID", "Location Name", "Linked Organisation ID", "Primary ID")
    return Incoming(_csv(header, rows), f"{as_at:%d_%B_%Y}_Dual_Registration_Locations.csv")


def contacts(year: Year, since: date, as_at: date) -> Incoming | None:
    """Who may be written to, of the providers registered after `since`; None when there is none.

    No CQC file has an email address, so they come on their own.
    """
    header = ("Provider ID", "Contact name", "Capacity", "Email", "Source", "Date")
    rows = [
        (firm.cqc_id, firm.person, capacity, _email(firm), "Capacity Tracker users", as_at)
        for firm in year.firms
        if since < firm.registered_on <= as_at and (capacity := _capacity(firm)) is not None
    ]
    if not rows:
        return None
    return Incoming(_csv(header, rows), f"provider_contacts_{as_at.isoformat()}.csv")


def status_report(year: Year, month: Month, service: Service) -> Incoming:
    """The monthly report “Update monthly status ASC collection”: 1 submitted, 0 not."""
    header = ("CQC ID", "Location Name", "Provider", "Local Authority", "User Count", month.title)
    rows = (
        (
            place.cqc_id,
            place.name,
            place.firm.name,
            place.spot.council,
            1 + len(place.name) % 4,
            0 if missed(year, place, month, service) else 1,
        )
        for place in _owing(year, month, service)
    )
    name = f"Update_monthly_status_ASC_collection_{_TRACKER[service]}_{month}.csv"
    return Incoming(_csv(header, rows), name)


def extract(year: Year, window: Window, service: Service) -> Incoming:
    """The bulk extract the day after a window closed: the last update of each location.

    A location of the story “out of window” made its update the morning after the close.
    """
    draw = Random(f"{year.seed}/{window.month}/{service}")  # noqa: S311 - the same seed, the same file
    users = "Used Beds" if service is Service.CARE_HOME else "Service User Count"
    stamp = "Last Updated (UTC)" if service is Service.CARE_HOME else "Survey Last Updated (UTC)"
    header = ("CqcId", "Location", users, stamp, "Confirmed Save")
    rows = (
        (
            place.cqc_id,
            place.name,
            place.users if service is Service.HOME_CARE else place.beds * 9 // 10,
            _stamp(year, place, window, service, draw),
            draw.choice(("Yes", "No")),
        )
        for place in _owing(year, window.month, service)
    )
    name = f"Capacity_Tracker_{_TRACKER[service]}_extract_{window.month}.csv"
    return Incoming(_csv(header, rows), name)


def missed(year: Year, place: Place, month: Month, service: Service) -> bool:
    """Whether the place missed the window of that month with that service."""
    return bool(place.misses.get(service, 0) >> (year.latest - month) & 1)


def _stamp(year: Year, place: Place, window: Window, service: Service, draw: Random) -> str:
    days = (window.closes_on - window.opens_on).days
    day = window.opens_on + timedelta(days=draw.randint(0, days))
    when = local_instant(day, time(draw.randint(7, 19), draw.randint(0, 59)))
    if missed(year, place, window.month, service):
        part = place.firm.part
        if part is None or "out of window" not in part.quirks:
            return ""
        when = local_instant(window.closes_on + timedelta(days=1), time(9, 12))
    return f"{when.astimezone(UTC):%d/%m/%Y %H:%M}"


def _owing(year: Year, month: Month, service: Service) -> Iterator[Place]:
    return (place for place in year.places() if service in place.services and place.owes(month))


def _active(place: Place, as_at: date) -> bool:
    return place.registered_on <= as_at and (place.closes_on is None or place.closes_on > as_at)


def _location(place: Place, as_at: date) -> Sequence[object]:
    sold = place.sold_to is not None and as_at >= place.sold_to.registered_on
    firm = place.sold_to if sold and place.sold_to is not None else place.firm
    twin = place.twin
    return (
        place.cqc_id, place.registered_on, _yes(place.dormant), _yes(bool(place.beds)), place.name,
        place.phone, place.beds, "Adult social care", place.spot.region, place.spot.council,
        place.spot.street, "", place.spot.town, place.spot.county, place.spot.postcode,
        firm.company_number, firm.cqc_id, firm.name, firm.registered_on, firm.ownership,
        firm.spot.street, firm.spot.town, firm.spot.county, firm.spot.postcode, place.phone,
        firm.spot.council, firm.spot.region,
        "" if firm.ownership in ("Individual", "Partnership") else firm.person,
        firm.person if firm.ownership == "Partnership" else "", *_flags(place),
        "Dual Registration" if twin else "",
        min(place.cqc_id, twin.cqc_id) if twin else "",
    )  # fmt: skip


def _flags(place: Place) -> list[str]:
    return ["Y" if name in place.types else "" for name in _TYPES]


def _yes(value: bool) -> str:
    return "Y" if value else "N"


def _capacity(firm: Firm) -> str | None:
    """The stories say who has a contact; of the others about two in three, half of them only a
    registered manager, which is no proper address."""
    if firm.part is not None:
        return firm.part.contact
    return ("Director", None, "Registered manager")[int(firm.cqc_id[-4:]) % 3]


def _email(firm: Firm) -> str:
    user = firm.person.lower().replace(" ", ".")
    return f"{user}@provider{int(firm.cqc_id[2:]) % 10**8}.example.org"


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")
