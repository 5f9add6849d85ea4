"""Capacity Tracker files: the 0/1 report, the two bulk extracts, and contacts."""

import io
from datetime import UTC, date, datetime

import openpyxl
import pytest

from enforcement.domain.duties import Service
from enforcement.domain.refusals import BadInput, NothingToImport, UnknownHeader, UnreadableFile
from enforcement.domain.windows import Month
from enforcement.register.contacts import read_contacts
from enforcement.register.dates import month_of_header
from enforcement.register.returns import read_returns
from enforcement.register.rows import ReturnsFile

JUNE = Month.parse("2026-06")
STATUS = """Update monthly status ASC collection
Location Name,CQC ID,Provider,Local Authority,User Count,May 2026,Jun 2026
Invented House,1-900000001,Invented Care Ltd,Oldham,2,1,0
Invented Lodge,1-900000002,Invented Care Ltd,Oldham,0,0,1
Invented Court,1-900000003,Invented Care Ltd,Oldham,1,,
Total,,,,3,1,1
Invented Place,1-900000004,Invented Care Ltd,Oldham,1,5,1
Invented House,1-900000001,Invented Care Ltd,Oldham,2,1,1
"""


def read(text: str, name: str = "care home.csv", **how) -> ReturnsFile:
    found = read_returns(text.encode(), name, JUNE, **how)
    assert found.rows_in == found.rows_accepted + len(found.rejected)
    return found


def test_monthly_report_gives_one_line_a_period() -> None:
    found = read(STATUS)
    assert found.shape == "status"
    assert [str(month) for month in found.months] == ["2026-05", "2026-06"]
    june = {one.location_id: one.submitted for one in found.rows if one.month == JUNE}
    assert june == {"1-900000001": False, "1-900000002": True, "1-900000003": None}
    assert {one.service for one in found.rows} == {Service.CARE_HOME}
    assert found.rows[0].users_count == 2
    assert found.mapping["location_id"] == "CQC ID"
    assert (found.rows_in, found.rows_accepted) == (6, 3)
    assert [(one.line, one.reason.split(":")[0]) for one in found.rejected] == [
        (6, "There is no CQC id"),
        (7, "The status is “5”, not 1 or 0."),
        (8, "1-900000001 is here twice and differs from line 3, which was taken."),
    ]


def test_the_service_must_be_known() -> None:
    with pytest.raises(BadInput, match="does not say"):
        read(STATUS, "report.csv")
    assert read(STATUS, "report.csv", service=Service.HOME_CARE).rows[0].service == "home_care"
    both = read(STATUS, "homecare.csv", service=Service.CARE_HOME)
    assert "named for home care" in " ".join(both.notices)
    column = "CQC ID,Service,2026-06\n1-900000001,Home care,1\n1-900000001,Care home,0\n"
    column += "1-900000002,Dentist,0\n"
    found = read(column, "report.csv")
    assert [(one.service, one.submitted) for one in found.rows] == [
        (Service.HOME_CARE, True),
        (Service.CARE_HOME, False),
    ]
    assert "not a service" in found.rejected[0].reason
    wrong = read(column, "care home.csv")
    assert "The row is for home care" in wrong.rejected[0].reason


def test_sheet_names_say_the_service() -> None:
    book = openpyxl.Workbook()
    book.active.title = "Care Home"
    other = book.create_sheet("Home Care")
    for sheet, value in ((book.active, 1), (other, 0)):
        sheet.append(["CQC Location ID", "08/06/2026 - 15/06/2026"])
        sheet.append(["1-900000001", value])
    buffer = io.BytesIO()
    book.save(buffer)
    found = read_returns(buffer.getvalue(), "report.xlsx", JUNE)
    assert [(one.service, one.submitted) for one in found.rows] == [
        (Service.CARE_HOME, True),
        (Service.HOME_CARE, False),
    ]


def test_the_month_must_be_there() -> None:
    with pytest.raises(UnknownHeader, match="no column for July 2026; it has columns for May 2026"):
        read_returns(STATUS.encode(), "care home.csv", Month.parse("2026-07"))
    named = read("CQC ID,Status\n1-900000001,1\n")
    assert [(one.month, one.submitted) for one in named.rows] == [(JUNE, True)]


def test_a_mapping_names_other_headers() -> None:
    text = "Setting ref,Jun 2026\n1-900000001,1\n"
    with pytest.raises(UnknownHeader, match="Looked for"):
        read(text)
    assert read(text, mapping={"location_id": "Setting ref"}).rows[0].submitted is True
    with pytest.raises(UnknownHeader, match="No such field"):
        read(text, mapping={"colour": "red"})


def test_a_headerless_report_needs_its_shape() -> None:
    with pytest.raises(UnknownHeader):
        read("1-900000001,1\n")
    assert read("1-900000001,1\n1-900000002,0\n", shape="status").rows_accepted == 2


@pytest.mark.parametrize(
    ("header", "month"),
    [
        ("Jun 2026", "2026-06"),
        ("June 2026", "2026-06"),
        ("Jun-26", "2026-06"),
        ("2026-06", "2026-06"),
        ("202606", "2026-06"),
        ("06/2026", "2026-06"),
        ("01/06/2026", "2026-06"),
        ("2026-06-01", "2026-06"),
        ("8 to 14 June 2026", "2026-06"),
        ("08/06/2026 - 15/06/2026", "2026-06"),
        ("Compliance June 2026", "2026-06"),
        ("User Count", None),
        ("Postcode", None),
        ("99/99/2026", None),
    ],
)
def test_months_of_period_columns(header: str, month: str | None) -> None:
    found = month_of_header(header)
    assert (str(found) if found else None) == month


HOME = "CqcId,Location,ServiceUserCount,CQC Care Workers Employed,Confirmed Save,"
HOME += "CqcSurveyLastUpdatedUtc,CqcSurveyLastUpdatedBst\n"


@pytest.mark.parametrize(
    ("utc", "local", "instant"),
    [
        ("14/06/2026 22:30", "14/06/2026 23:30", datetime(2026, 6, 14, 22, 30, tzinfo=UTC)),
        ("", "14/06/2026 23:30", datetime(2026, 6, 14, 22, 30, tzinfo=UTC)),
        ("", "15/06/2026 00:30:00", datetime(2026, 6, 14, 23, 30, tzinfo=UTC)),
        ("45330.5", "", datetime(2024, 2, 8, 12, 0, tzinfo=UTC)),
        ("2026-06-09T10:00:00Z", "", datetime(2026, 6, 9, 10, 0, tzinfo=UTC)),
        ("2026-06-09T10:00:00+01:00", "", datetime(2026, 6, 9, 9, 0, tzinfo=UTC)),
        ("", "", None),
    ],
)
def test_extract_time_stamps(utc: str, local: str, instant: datetime | None) -> None:
    found = read(f"{HOME}1-900000001,Invented,12,9,No,{utc},{local}\n")
    assert found.shape == "ct_home_care"
    assert found.rows[0].updated_at == instant
    assert found.rows[0].submitted is (None if instant else False)
    assert found.notices == []


@pytest.mark.parametrize(
    ("users", "staff", "confirmed", "kind"),
    [
        ("12", "9", "No", "update"),
        ("12", "9", "TRUE", "confirmed"),
        ("0", "9", "", "nil"),
        ("12", "0", "Yes", "nil"),
        ("", "", "", "update"),
    ],
)
def test_extract_kinds(users: str, staff: str, confirmed: str, kind: str) -> None:
    found = read(f"{HOME}1-900000001,Invented,{users},{staff},{confirmed},45330.5,\n")
    assert found.rows[0].kind == kind


def test_extract_doubts_are_told_and_rows_kept() -> None:
    header = "cqcid;location;usedbeds;nursesemployed;careworkersemployed;agencynursesemployed;"
    header += "agencycareworkersemployed;Last Updated (UTC);Last Updated (BST)\n"
    rows = "1-900000001;A;20;5000;9;5000;9;09/06/2026 10:00;09/06/2026 11:00\n"
    rows += "1-900000002;B;20;many;9;0;1;09/06/2026 10:00;09/06/2026 10:00\n"
    rows += "1-900000003;C;20;1;9;0;1;soon;\n"
    found = read(header + rows, "x.csv")
    assert (found.shape, found.rows_accepted) == ("ct_care_home", 2)
    told = " ".join(found.notices)
    for words in ("semicolon", "1,000 staff", "agency staff equal", "not usable", "disagree"):
        assert words in told
    assert "“soon” is not a date" in found.rejected[0].reason
    assert found.rows[0].service is Service.CARE_HOME


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", NothingToImport),
        (HOME.encode(), NothingToImport),
        (b"%PDF-1.4", UnreadableFile),
        (b'CQC ID,Jun 2026\n1-900000001,"1\n', UnreadableFile),
        (b"CQC ID,Jun 2026,June 2026\n1-900000001,1,0\n", UnknownHeader),
    ],
)
def test_returns_that_are_refused_whole(data: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        read_returns(data, "care home.csv", JUNE)


CONTACTS = """Provider ID,Contact name,Capacity,E-mail,Address 1,Postcode,Source,Date
1-800000001,Ms A Invented,Director,a@invented.example,,,Capacity Tracker,03/06/2026
1-800000001,Mr B Invented,Company secretary,,1 Head Street,M1 1AA,Companies House,2026-06-01
1-800000001,Ms C Invented,Director,not an address,,,typed,
1-800000001,Ms D Invented,Director,,,,typed,
1-800000001,,Director,d@invented.example,,,typed,
1-800000001,Ms A Invented,Director,a@invented.example,,,Capacity Tracker,03/06/2026
"""


def test_contacts() -> None:
    found = read_contacts(CONTACTS.encode(), "contacts.csv")
    first, second = found.rows
    assert (first.email, first.capacity, first.date) == (
        "a@invented.example",
        "Director",
        date(2026, 6, 3),
    )
    assert (second.email, second.address) == (None, ("1 Head Street", "M1 1AA"))
    assert [one.line for one in found.rejected] == [4, 5, 6, 7]
    assert "not one email address" in found.rejected[0].reason
    assert found.rows_in == 6
    with pytest.raises(UnknownHeader, match="Capacity"):
        read_contacts(b"Colour\nred\n", "x.csv")
    with pytest.raises(NothingToImport):
        read_contacts(CONTACTS.splitlines()[0].encode(), "x.csv")
