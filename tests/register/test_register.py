"""Each published shape of the register, built as published, and the real files."""

import io
import json
import zipfile
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest

from enforcement.domain.duties import Service
from enforcement.domain.refusals import BadInput, UnreadableFile
from enforcement.register.recognise import read_register
from enforcement.register.rows import RegisterFile
from enforcement.register.service_types import names_in

FILES = Path(__file__).parents[1] / "data_files"
HSCA_HEADER = [
    "Location ID", "Location HSCA start date", "Dormant (Y/N)", "Care home?", "Location Name",
    "Location Telephone Number", "Care homes beds", "Location Inspection Directorate",
    "Location Region", "Local Authority", "Location Street Address", "Location City",
    "Location Postal Code", "Provider Companies House Number", "Provider ID", "Provider Name",
    "Provider HSCA Start Date", "Provider Ownership Type", "Provider Street Address",
    "Provider Postal Code", "Provider Nominated Individual Name",
    "Service type - Care home service with nursing", "Service type - Domiciliary care service",
    "Service type - Dental service", "Location Dual Registered",
    "Primary ID (Dual registration locations)",
]  # fmt: skip
DUAL_HEADER = ["Location ID", "Location Name", "Linked Organisation ID", "Primary ID"]
README = [["HSCA active locations"], ["Source: CQC database as at 01 July 2026"]]


def hsca_row(n: int, directorate: str = "Adult social care", **types: str) -> list[object]:
    care, home, dental = types.get("care", ""), types.get("home", ""), types.get("dental", "")
    return [
        f"1-90000000{n}", date(2011, 1, n), "N", "Y" if care else "N", f"Invented House {n}",
        1632960001, 24 if care else 0, directorate, "North West", "Oldham", f"{n} Made Up Street",
        "Oldham", "OL1 1AA", 1234567, "1-800000001", "Invented Care Ltd", date(2010, 10, 1),
        "Organisation", "1 Head Street", "M1 1AA", "Ms A Invented", care, home, dental,
        "Dual Registration" if n == 1 else "", "",
    ]  # fmt: skip


ROWS = [
    hsca_row(1, care="Y"),
    hsca_row(2, home="Y"),
    hsca_row(3, "Primary medical services", dental="Y"),
    hsca_row(4, care="Y", home="Y"),
]
DUALS = [["1-900000001", "Invented House 1", "1-900000004", "Y"]]
SHEETS: dict[str, list[list[object]]] = {
    "README": README,
    "HSCA_Active_Locations": [HSCA_HEADER, *ROWS],
    "Dual_Registration_Locations": [DUAL_HEADER, *DUALS],
}


def xlsx(sheets: dict[str, list[list[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for cells in rows:
            sheet.append(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def ods_cell(value: object) -> str:
    if value == "":
        return "<table:table-cell/>"
    if isinstance(value, date):
        return (
            f'<table:table-cell office:value-type="date" office:date-value="{value}">'
            f"<text:p>{value:%d/%m/%Y}</text:p></table:table-cell>"
        )
    if isinstance(value, int):
        return (
            f'<table:table-cell office:value-type="float" office:value="{value}">'
            f"<text:p>{value}</text:p></table:table-cell>"
        )
    return f"<table:table-cell><text:p>{escape(str(value))}</text:p></table:table-cell>"


def ods(sheets: dict[str, list[list[object]]]) -> bytes:
    blank = '<table:table-cell table:number-columns-repeated="16000"/>'
    body = ""
    for name, rows in sheets.items():
        body += f'<table:table table:name="{name}">'
        for cells in rows:
            body += f"<table:table-row>{''.join(map(ods_cell, cells))}{blank}</table:table-row>"
        body += f'<table:table-row table:number-rows-repeated="900000">{blank}</table:table-row>'
        body += "</table:table>"
    names = " ".join(f'xmlns:{n}="urn:{n}"' for n in ("office", "table", "text"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", 0)
        archive.writestr(
            "content.xml", f"<office:document-content {names}>{body}</office:document-content>"
        )
    return buffer.getvalue()


def csv_of(rows: list[list[object]]) -> bytes:
    return "\n".join(",".join(str(c) for c in cells) for cells in rows).encode()


def check_hsca(found: RegisterFile) -> None:
    assert found.shape == "hsca"
    assert [one.cqc_id for one in found.locations] == [f"1-90000000{n}" for n in (1, 2, 3, 4)]
    first, second, third, fourth = found.locations
    assert first.services == {Service.CARE_HOME}
    assert first.service_names == ("Care home service with nursing",)
    assert second.services == {Service.HOME_CARE}
    assert fourth.services == {Service.CARE_HOME, Service.HOME_CARE}
    assert (third.in_scope, third.services, found.out_of_scope) == (False, frozenset(), 1)
    assert (first.beds, second.beds, first.dormant) == (24, 0, False)
    assert first.registered_on == date(2011, 1, 1)
    assert first.phone == "01632960001"
    assert first.address == ("1 Made Up Street", "Oldham")
    provider = first.provider
    assert provider is not None
    assert provider is second.provider
    assert (provider.name, provider.ownership_type) == ("Invented Care Ltd", "Organisation")
    assert provider.company_number == "01234567"
    assert provider.address == ("1 Head Street",)
    assert provider.nominated_individual == "Ms A Invented"
    assert provider.registered_on == date(2010, 10, 1)
    assert "lost leading zero of a phone" in " ".join(found.notices)
    assert "1 × lost leading zero of a company number" in " ".join(found.notices)


@pytest.mark.parametrize("build", [xlsx, ods])
def test_directory_with_filters_as_workbook(build) -> None:
    found = read_register(build(SHEETS), "whatever.bin")
    check_hsca(found)
    assert found.as_at == date(2026, 7, 1)
    assert [(d.location_id, d.linked_id, d.primary) for d in found.duals] == [
        ("1-900000001", "1-900000004", True)
    ]
    assert found.rows_in == 5
    assert [one.primary_id for one in found.locations] == ["1-900000001", None, None, "1-900000001"]
    assert [one.dual_registered for one in found.locations] == [True, False, False, True]


def test_directory_with_filters_header_on_row_seven_and_line_numbers() -> None:
    rows = [["Title"], [""], [""], ["x"], [""], [""], HSCA_HEADER, *ROWS, ["Total"]]
    found = read_register(xlsx({"HSCA_Active_Locations": rows}), "05_May_2026_HSCA.xlsx")
    check_hsca(found)
    assert found.as_at == date(2026, 5, 5)
    assert [one.line for one in found.locations] == [8, 9, 10, 11]
    assert [one.line for one in found.rejected] == [12]


def test_directory_with_filters_as_csv_in_both_date_orders() -> None:
    for written in ("{:%d/%m/%Y}", "{:%m/%d/%Y}"):
        rows = [[written.format(c) if isinstance(c, date) else c for c in row] for row in ROWS]
        rows[3][1] = written.format(date(2011, 1, 30))
        found = read_register(csv_of([HSCA_HEADER, *rows]), "x.csv")
        assert found.locations[3].registered_on == date(2011, 1, 30)
        check_hsca(found)


def test_deactivated_locations_have_end_dates() -> None:
    header = ["Location HSCA End Date", *HSCA_HEADER]
    found = read_register(csv_of([header, ["31/03/2026", *ROWS[0]]]), "x.csv")
    assert found.shape == "deactivated"
    assert found.locations[0].deregistered_on == date(2026, 3, 31)


DIRECTORY = """CQC Locations data,,
,,
This data was produced on 19 August 2026,,
,,
Name,Also known as,Address,Postcode,Phone number,Service's website (if available),Service types,\
Date of latest check,Specialisms/services,Provider name,Local Authority,Region,Location URL,\
CQC Location (for office use only,CQC Provider ID (for office use only)
Invented House,,"1 Made Up Street, Oldham",OL1 1AA,1632960001,,Residential homes|Nursing homes,\
16/11/2015 - 00:00,,Invented Care Ltd,Oldham,North West,u,1-900000001,1-800000001
,,,,,,,,,,,,,,
Invented Clinic,,2 Made Up Street,OL1 1AB,,,Dentist,09/Jan/2026 - 00:00,,Teeth Ltd,Oldham,\
North West,u,1-900000002,1-800000002
No Id,,3 Made Up Street,OL1 1AB,,,Dentist,,,Teeth Ltd,Oldham,North West,u,,1-800000002
"""


def test_weekly_directory_with_its_preamble_and_older_header() -> None:
    found = read_register(DIRECTORY.encode("utf-8-sig"), "dir.csv")
    assert (found.shape, found.as_at) == ("directory", date(2026, 8, 19))
    house, clinic = found.locations
    assert house.services == {Service.CARE_HOME}
    assert house.service_names == ("Residential homes", "Nursing homes")
    assert house.address == ("1 Made Up Street", "Oldham")
    assert house.phone == "01632960001"
    assert (house.line, clinic.line, clinic.in_scope) == (6, 8, False)
    assert [(one.line, one.reason) for one in found.rejected] == [(9, "The location id is blank.")]


def test_names_with_commas_are_never_split() -> None:
    mental = (
        "Hospital services for people with mental health needs, learning disabilities and "
        "problems with substance misuse"
    )
    assert names_in(f"Homecare agencies,{mental},Supported living,Something new") == (
        "Homecare agencies",
        mental,
        "Supported living",
        "Something new",
    )
    assert names_in("Doctors/GPs,Doctors/GPs") == ("Doctors/GPs",)


def test_real_search_export() -> None:
    data = (FILES / "cqc/website_search_export_first500_2025.csv").read_bytes()
    found = read_register(data, "search.csv")
    assert (found.shape, found.rows_in) == ("search", 500)
    assert (len(found.locations), len(found.providers)) == (329, 170)
    # one location is published twice with different specialisms; it is told, not merged
    assert [(r.line, "differs from line 435" in r.reason) for r in found.rejected] == [(436, True)]
    assert found.out_of_scope == 181
    names = {one.name for one in (*found.locations, *found.providers)}
    assert {"'I Say' Supported Living Services Limited", "@HomeDental Limited"} <= names
    assert {one.ownership_type for one in found.providers} == {
        "Organisation", "Partnership", "NHS Body",
    }  # fmt: skip


def test_real_api_locations_follow_the_chain_and_end_dates() -> None:
    data = (FILES / "cqc_api/oldham_location_details.jsonl.gz").read_bytes()
    seen: list[int] = []
    found = read_register(data, "oldham.jsonl.gz", progress=seen.append)
    assert (found.shape, found.rows_in, len(found.locations)) == ("api", 451, 451)
    assert not found.rejected
    assert sum(one.deregistered_on is not None for one in found.locations) == 235
    by_id = {one.cqc_id: one for one in found.locations}
    assert by_id["1-1015412687"].predecessors == ("1-188693354",)
    assert by_id["1-1015412687"].successors == ("1-619125906",)
    assert by_id["1-10024040008"].dormant is True


def test_real_api_providers_and_older_record() -> None:
    data = (FILES / "cqc_api/oldham_provider_details.jsonl.gz").read_bytes()
    found = read_register(data, "p.jsonl.gz")
    assert (found.rows_in, len(found.providers), found.rejected) == (20, 20, [])
    assert found.providers[1].company_number == "11708723"
    assert found.providers[1].nominated_individual is not None
    old = read_register(
        (FILES / "cqc_api/location_1-1000210669_2018.json").read_bytes(), "one.json"
    )
    assert old.locations[0].services == {Service.CARE_HOME}
    assert old.locations[0].beds == 22


@pytest.mark.parametrize("name", ["oldham_locations.json", "oldham_providers.json"])
def test_list_pages_are_refused_in_words(name: str) -> None:
    with pytest.raises(UnreadableFile, match="ids and names only"):
        read_register((FILES / "cqc_api" / name).read_bytes(), name)


def test_api_records_that_cannot_be_used_are_rejected_by_line() -> None:
    good = {"locationId": "1-900000001", "providerId": "1-800000001", "name": "Invented House"}
    lines = [
        json.dumps(good),
        "{not json",
        json.dumps(good),
        json.dumps({**good, "locationId": "1-900000002", "registrationStatus": "Deregistered"}),
        json.dumps({**good, "locationId": "1-900000003", "gacServiceTypes": "x"}),
        json.dumps([1]),
        json.dumps({"colour": "red"}),
    ]
    found = read_register("\n".join(lines).encode(), "x.jsonl")
    assert [one.line for one in found.locations] == [1]
    assert [one.line for one in found.rejected] == [2, 3, 4, 5, 6, 7]
    assert found.rows_in == 7


def test_an_unknown_shape_name_is_refused() -> None:
    with pytest.raises(BadInput, match="not a shape"):
        read_register(DIRECTORY.encode(), "x.csv", shape="ratings")


def test_progress_is_told_every_thousand_rows() -> None:
    seen: list[int] = []
    rows = [f"1-9{n:08d},Elm,1-800000001,Homecare agencies" for n in range(2_500)]
    header = "Location ID,Location Name,Provider ID,Service type"
    read_register("\n".join([header, *rows]).encode(), "x.csv", progress=seen.append)
    assert seen == [1_000, 2_000]
