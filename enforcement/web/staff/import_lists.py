"""View objects of the pages about files: what is shown, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import url_for

from enforcement.data.files import ImportedFile
from enforcement.domain.windows import Month
from enforcement.register.shapes import SHAPES
from enforcement.services.register_changes import KINDS, Noticed
from enforcement.web.filters import day, moment
from enforcement.web.listing import Cell, Chip, Column, Listing, address
from enforcement.web.pages import Fact, Tab

SHOWN = 100  # refused lines on a page; the download has all
TITLES = {"register": "CQC register", "returns": "Capacity Tracker", "contacts": "Contacts"}
SHAPE_WORDS = {one.name: one.what.partition(" (")[0].partition(":")[0] for one in SHAPES}
STATES = {"loaded": ("Loaded", "green"), "waiting": ("Waiting", "orange"),
          "released": ("Released", "blue")}  # fmt: skip
# What the numbers of a load are called on a page, where its own name would not do.
CHANGE_WORDS = {
    "update": "Returns with an update",
    "nil": "Nil returns",
    "confirmed": "Confirmed as unchanged",
    "not_returned": "Not returned",
    "not_said": "The file does not say",
    "outside_the_window": "Updated only outside the window",
    "newly_submitted": "Newly known to be submitted",
    "stays_submitted": "Said 0 but known to be submitted: stays submitted",
}


def tabs(kind: str) -> list[Tab]:
    return [
        Tab("All files", url_for("imports.imports"), not kind),
        *(
            Tab(title, url_for("imports.imports", kind=name), kind == name)
            for name, title in TITLES.items()
        ),
        Tab("Register changes", url_for("imports.register_changes")),
    ]


def window_title(number: int | None) -> str:
    return Month(number).title if number is not None else ""


def files(
    rows: Sequence[ImportedFile], people: Mapping[str, str], kind: str, *, more: bool
) -> Listing:
    """The files as a list: rows in = accepted + refused, for every one."""
    return Listing(
        caption="Files brought in",
        columns=[
            Column("file", "File"),
            Column("kind", "Kind"),
            Column("window", "Window or day"),
            Column("when", "Loaded", whole=True),
            Column("rows", "Rows in", numeric=True),
            Column("accepted", "Accepted", numeric=True),
            Column("refused", "Refused", numeric=True),
            Column("state", "State"),
        ],
        rows=[_file_row(row, people) for row in rows],
        empty_title="No files yet",
        empty_text="Bring in the CQC register first, then the month's Capacity Tracker files.",
        next_url=address(url_for("imports.imports"), {"kind": kind}, before=rows[-1].id)
        if more
        else None,
    )


def _file_row(row: ImportedFile, people: Mapping[str, str]) -> dict[str, object]:
    words, colour = STATES[row.state]
    return {
        "file": Cell(row.filename, href=url_for("imports.file", file_id=row.id)),
        "kind": Cell(TITLES.get(row.kind, row.kind), note=SHAPE_WORDS.get(row.shape, row.shape)),
        "window": window_title(row.window_no) or day(row.as_at),
        "when": Cell(day(row.loaded_at), note=people.get(row.loaded_by, row.loaded_by)),
        "rows": f"{row.rows_in:,}",
        "accepted": f"{row.accepted:,}",
        "refused": f"{row.rejected_count:,}",
        "state": Cell(words, tag=colour),
    }


def waiting(rows: Sequence[ImportedFile], people: Mapping[str, str]) -> Listing:
    """Files that a person must release before their rows count."""
    return Listing(
        caption="Files that wait for a person",
        columns=[
            Column("file", "File"), Column("window", "Window"), Column("why", "Why it waits"),
            Column("who", "Loaded by"),
        ],
        rows=[
            {
                "file": Cell(row.filename, href=url_for("imports.file", file_id=row.id)),
                "window": window_title(row.window_no),
                "why": row.held_reason or "",
                "who": people.get(row.loaded_by, row.loaded_by),
            }
            for row in rows
        ],
    )  # fmt: skip


def change_lines(changes: Mapping[str, Any]) -> list[Fact]:
    """The numbers of a load in words."""
    return [
        Fact(
            CHANGE_WORDS.get(key) or KINDS.get(key) or key.replace("_", " ").capitalize(),
            f"{count:,}",
        )
        for key, count in changes.items()
    ]


def result_facts(result: Mapping[str, Any]) -> list[Fact]:
    """What a check found, in the same words as a stored file's page."""
    return [
        Fact("Shape", SHAPE_WORDS.get(result["shape"], result["shape"])),
        *_totals(
            result["rows_in"], result["accepted"], len(result["rejected"]), result["out_of_scope"]
        ),
        Fact("SHA-256", result["sha256"]),
    ]


def _totals(rows_in: int, accepted: int, rejected: int, out_of_scope: int) -> list[Fact]:
    outside = f"{out_of_scope:,} of them outside adult social care" if out_of_scope else ""
    return [
        Fact("Rows in", f"{rows_in:,} = {accepted:,} accepted + {rejected:,} refused", outside),
    ]


def file_facts(row: ImportedFile, people: Mapping[str, str]) -> list[Fact]:
    facts = [
        Fact("Kind", TITLES.get(row.kind, row.kind), SHAPE_WORDS.get(row.shape, row.shape)),
        Fact("Brought in", moment(row.loaded_at), people.get(row.loaded_by, row.loaded_by)),
    ]
    if row.window_no is not None:
        title = window_title(row.window_no)
        facts.append(
            Fact("Window", title, href=url_for("windows.window", month=str(Month(row.window_no))))
        )
    if row.as_at is not None:
        facts.append(Fact("Describes the register on", day(row.as_at)))
    facts += _totals(row.rows_in, row.accepted, row.rejected_count, row.out_of_scope)
    if row.released_by:
        facts.append(Fact("Released by", people.get(row.released_by, row.released_by)))
    facts.append(
        Fact(
            "SHA-256",
            row.sha256,
            "of the file as received",
            action="Download",
            action_url=url_for("imports.received", file_id=row.id),
        )
    )
    return facts


def refused(rejected: Sequence[Mapping[str, Any]]) -> Listing:
    return Listing(
        caption="Refused lines",
        columns=[
            Column("line", "Line", numeric=True), Column("reason", "Reason"),
            Column("text", "What the line says"),
        ],
        rows=[
            {"line": str(one["line"]), "reason": one["reason"], "text": one.get("text", "")}
            for one in rejected
        ],
    )  # fmt: skip


def changes(
    rows: Sequence[Noticed], given: Mapping[str, str] | None = None, *, more: bool = False
) -> Listing:
    """Register changes in words, each with the open cases of its provider."""
    chips = []
    path = url_for("imports.register_changes")
    given = given or {}
    if given.get("kind"):
        kind = given["kind"]
        chips.append(Chip("Kind", KINDS.get(kind, kind), address(path, given, kind=None)))
    if given.get("file"):
        chips.append(Chip("File", given["file"], address(path, given, file=None)))
    return Listing(
        caption="Register changes",
        columns=[
            Column("who", "Who or where"),
            Column("kind", "Change"),
            Column("words", "In words"),
            Column("cases", "Open cases touched"),
            Column("noticed", "Noticed"),
        ],
        rows=[_change_row(one) for one in rows],
        empty_title="No changes",
        empty_text="Changes are listed when a register is loaded over an earlier one.",
        chips=chips,
        clear_url=path,
        next_url=address(path, given, before=rows[-1].row.id) if more else None,
    )


def _change_row(one: Noticed) -> dict[str, object]:
    subject = one.location or one.provider
    references = ", ".join(case.reference for case in one.cases)
    return {
        "who": Cell(subject.name, href=f"/providers/{one.provider.cqc_id}", note=subject.cqc_id),
        "kind": KINDS.get(one.row.kind, one.row.kind),
        "words": one.sentence[:1].upper() + one.sentence[1:],
        "cases": Cell(references, href=f"/cases/{one.cases[0].reference}")
        if one.cases
        else Cell("None"),
        "noticed": day(one.row.noticed_at),
    }


def month_choices(today: date) -> list[tuple[str, str]]:
    """This month and the 24 before it, newest first."""
    this = Month.of(today)
    return [("", "Choose a window"), *((str(this - n), (this - n).title) for n in range(25))]


def day_of(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
