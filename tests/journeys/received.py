"""The files that come from outside, as they come: CQC's register, contacts, the monthly report.

Every provider, person and place is invented.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pikepdf
from PIL import Image

from enforcement.domain.windows import Month

EMAIL = "ada.quillfeather@thistledown.example.org"
NAMED = "1-900000011"  # the location whose three windows are missed
Place = tuple[str, str, str, str, int]  # location, its name, provider, its name, beds
PLACES: tuple[Place, ...] = (
    (NAMED, "Thistledown House", "1-900000001", "Thistledown Care Limited", 24),
    ("1-900000012", "Thistledown Lodge", "1-900000001", "Thistledown Care Limited", 16),
    ("1-900000021", "Fernhollow Court", "1-900000002", "Fernhollow Homes Limited", 40),
)
REGISTER = (
    "Location ID", "Location HSCA start date", "Dormant (Y/N)", "Care home?", "Location Name",
    "Location Telephone Number", "Care homes beds", "Location Inspection Directorate",
    "Location Region", "Location Local Authority", "Location Street Address", "Location City",
    "Location County", "Location Postal Code", "Provider Companies House Number", "Provider ID",
    "Provider Name", "Provider HSCA Start Date", "Provider Ownership Type",
    "Provider Street Address", "Provider City", "Provider County", "Provider Postal Code",
    "Provider Telephone Number", "Provider Nominated Individual Name",
    "Service type - Care home service without nursing", "Service type - Domiciliary care service",
)  # fmt: skip


def sheet(header: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode("utf-8-sig")


def cqc_register(places: Sequence[Place] = PLACES) -> bytes:
    """The care directory with filters, of invented providers."""
    rows = [
        (cqc_id, "2019-04-01", "N", "Y", name, "01632 960001", beds, "Adult social care",
         "South West", "Exampleshire", "1 Sample Lane", "Exampleton", "Exampleshire", "ZZ1 1ZZ",
         "09999901", owner, owner_name, "2018-01-01", "Organisation", "14 Sample Street",
         "Exampleton", "Exampleshire", "ZZ99 9ZZ", "01632 960002", "Ada Quillfeather", "Y", "")
        for cqc_id, name, owner, owner_name, beds in places
    ]  # fmt: skip
    return sheet(REGISTER, rows)


def contacts(*providers: str) -> bytes:
    """One director of each provider named (of the first, where none is), all at one address."""
    header = ("Provider ID", "Contact name", "Capacity", "E-mail", "Source", "Date")
    rows = [
        (one, "Ada Quillfeather", "Director", EMAIL, "Capacity Tracker users", "2026-06-01")
        for one in providers or ("1-900000001",)
    ]
    return sheet(header, rows)


def status_report(
    month: Month, places: Sequence[Place] = PLACES, missing: Sequence[str] = (NAMED,)
) -> bytes:
    """The monthly 0/1 report: the homes that are missing have missed since April."""
    header = ("CQC ID", "Location Name", "Provider", "User Count", month.title)
    missed = month >= Month.parse("2026-04")
    rows = [
        (cqc_id, name, owner, 2, 0 if missed and cqc_id in missing else 1)
        for cqc_id, name, _, owner, _ in places
    ]
    return sheet(header, rows)


def report_name(month: Month) -> str:
    return f"Update_monthly_status_ASC_collection_care_home_{month}.csv"


def a_pdf(words: str) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(595, 842))
        made.docinfo["/Title"] = words
        made.save(out)
    return out.getvalue()


def a_picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), "white").save(out, "PNG")
    return out.getvalue()
