"""What goes into a bundle, in which section, from stored rows alone. Reads only.

Notices go in as issued, byte for byte. Of evidence the cleaned copy is bound (PDF and pictures);
any other kind of file is told on a slip sheet, which says what it is and where it is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import select

from enforcement.data.bundles import BundleAddition
from enforcement.data.cases import Case, CaseNote
from enforcement.data.decisions import Decision
from enforcement.data.files import StoredFile
from enforcement.data.notices import Notice
from enforcement.data.replies import Reply
from enforcement.domain.bundles import Pack
from enforcement.domain.calendar import local_date
from enforcement.domain.payments import charged
from enforcement.domain.words import day, pounds
from enforcement.rendering.bundle.sheets import Pairs, Sheet, Words
from enforcement.services import bundle_giving, bundle_sheets, bundle_statements, notice_pages
from enforcement.services.case_facts import FINAL, INTENT, balance, live_notice, penalty_of
from enforcement.services.case_story import notice_name
from enforcement.services.evidence import KINDS, kind_of
from enforcement.services.payments import entries_of
from enforcement.services.replies import of_case as replies_of
from enforcement.services.work import Work

NOTICES = (INTENT, FINAL, "withdrawal")
CERTIFICATES = ("giving_certificate", "reg9_certificate")
BOUND = {"pdf": "application/pdf", "png": "image/png", "jpeg": "image/jpeg"}


@dataclass(frozen=True)
class Item:
    """One document: a sheet of ours, or stored bytes. `source` is the SHA-256 of the original.

    `bound` is the hash of the bytes that are bound (the cleaned copy of evidence). `secret`: it
    prints a live reply code. `after`: for a late document, the key of the one it follows.
    """

    key: str
    section: str
    title: str
    dated: date | None = None
    sheet: Sheet | None = None
    bound: str = ""
    kind: str = "pdf"
    source: str = ""
    ours: bool = True
    secret: bool = False
    after: str = ""
    note: str = ""


class File(Protocol):
    """A file held as evidence, whatever it is evidence of."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def original_sha256(self) -> str: ...
    @property
    def cleaned_sha256(self) -> str | None: ...


@dataclass(frozen=True)
class Proof:
    """The file in which CQC gives its figure: known to the case's working, without a row."""

    name: str
    kind: str
    size: int
    original_sha256: str
    cleaned_sha256: str | None


def gather(work: Work, case: Case, pack: Pack, additions: Sequence[BundleAddition]) -> list[Item]:
    """Every document of the bundle in its order; late ones at the end, with what they follow."""
    made = _tribunal(work, case) if pack is Pack.TRIBUNAL else _court(work, case)
    return [*made, *(_addition(one, case) for one in additions)]


def _tribunal(work: Work, case: Case) -> Iterator[Item]:
    notices, replies = _issued(work, case), replies_of(work, case)
    figure = _figure(work, case)
    known = {n.reference: _key(n) for n in notices} | {
        r.reference: f"reply-{r.id}" for r in replies
    }
    known |= {one.source: one.key for one in figure}
    appeals = bundle_sheets.appeals_of(work, case)
    yield _ours("summary", "A", bundle_sheets.summary(work, case, appeals), work.today)
    yield _ours("chronology", "A", bundle_sheets.chronology(work, case, known), work.today)
    for appeal in appeals:
        if appeal.grounds:
            sheet = Sheet("Grounds of appeal as noted", case.reference, (Words(appeal.grounds),))
            yield _ours(f"grounds-{appeal.id}", "A", sheet, appeal.lodged_on)
    main = [n for n in notices if n.kind in NOTICES]
    yield from (_notice(n, "B") for n in main)
    yield from (
        _ours(f"giving-{n.id}", "C", bundle_giving.sheet(work, case, n), n.given_on) for n in main
    )
    yield from (_notice(n, "C") for n in bundle_giving.certificates_of_giving(work, case))
    yield _ours("record", "D", bundle_sheets.record(work, case), local_date(case.opened_at))
    yield from _replies(case, replies)
    yield from (_notice(n, "E") for n in notices if n.kind not in NOTICES)
    yield from _contacts(work, case)
    yield from _decisions(work, case, "F")
    yield _ours("ledger", "G", bundle_statements.money(work, case), work.today)
    yield from figure
    yield _ours("history", "H", bundle_statements.history(work, case), work.today)


def _court(work: Work, case: Case) -> Iterator[Item]:
    final = live_notice(work.session, case, FINAL)
    yield _ours("particulars", "A", _particulars(work, case, final), work.today)
    certificate = bundle_giving.certificate_of_non_payment(work, case)
    if certificate is not None:
        yield _notice(certificate, "B")
    if final is not None:
        yield _notice(final, "C")
        sheet = bundle_giving.sheet(work, case, final)
        yield _ours(f"giving-{final.id}", "D", sheet, final.given_on)
        for one in bundle_giving.certificates_of_giving(work, case):
            if (one.facts.get("earlier") or {}).get("reference") == final.reference:
                yield _notice(one, "D")
    yield _ours("ledger", "E", bundle_statements.money(work, case), work.today)
    yield from _decisions(work, case, "F")


def _particulars(work: Work, case: Case, final: Notice | None) -> Sheet:
    """What the court is asked for, and why it may order it (reg 9; CPR 70.5)."""
    penalty, provider = penalty_of(work.session, case), case.provider
    owed = balance(work.session, penalty) if penalty else 0
    rows = [
        ("Respondent", provider.name),
        ("Company number", provider.company_number or "None held"),
        ("Address", "\n".join([*provider.address, provider.postcode or ""])),
        ("Penalty", pounds(charged(entries_of(penalty))) if penalty else "None raised"),
        ("Unpaid", pounds(owed)),
    ]
    if final is not None:
        rows += [
            ("Final notice", f"{final.reference}, given on {day(final.given_on)}"),
            ("Amount imposed", pounds(final.amount_pence or 0)),
        ]
    return Sheet(
        "Particulars of the application",
        case.reference,
        (
            Pairs(tuple(rows)),
            Words(
                "Regulation 9 of the Adult Social Care Information (Enforcement) Regulations 2022 "
                "(SI 2022/1175) makes an unpaid penalty recoverable, if the county court so "
                "orders, as if it were payable under an order of that court. The application is "
                "made under CPR 70.5.\n\n"
                "No appeal is under way and the time for one is over. The certificate that the "
                "sum was not received is in section B; under regulation 9 it is conclusive."
            ),
        ),
        f"As the record stood on {day(work.today)}.",
    )


def _issued(work: Work, case: Case) -> list[Notice]:
    return list(
        work.session.scalars(
            select(Notice)
            .where(
                Notice.case_id == case.id,
                Notice.issued_at.is_not(None),
                Notice.pdf_sha256.is_not(None),
                Notice.kind.not_in(CERTIFICATES),
            )
            .order_by(Notice.sequence)
        )
    )


def _key(notice: Notice) -> str:
    return f"notice-{notice.id}"


def _ours(key: str, section: str, sheet: Sheet, dated: date | None) -> Item:
    return Item(key, section, sheet.title, dated, sheet=sheet)


def _notice(notice: Notice, section: str) -> Item:
    digest = notice.pdf_sha256 or ""
    name = notice_name(notice)
    withdrawn = (
        f"Withdrawn on {day(local_date(notice.withdrawn_at))}" if notice.withdrawn_at else ""
    )
    return Item(
        _key(notice), section, f"{name[:1].upper()}{name[1:]} {notice.reference}",
        local_date(notice.issued_at or notice.approved_at or notice.drafted_at),
        bound=digest, source=digest, secret=notice_pages.prints_code(notice), note=withdrawn,
    )  # fmt: skip


def _replies(case: Case, replies: Sequence[Reply]) -> Iterator[Item]:
    for reply in replies:
        sheet, received = bundle_sheets.reply(case, reply), local_date(reply.received_at)
        note = "Received late" if reply.late else ""
        yield Item(f"reply-{reply.id}", "E", sheet.title, received, sheet=sheet, note=note)
        for file in reply.files:
            yield _file(f"file-{file.id}", "E", file.name, received, file, case,
                        f"Evidence with reply {reply.reference}")  # fmt: skip


def _file(
    key: str, section: str, title: str, dated: date | None, file: File, case: Case, told: str,
    after: str = "",
) -> Item:  # fmt: skip
    """Evidence bound by its cleaned copy, or told on a slip sheet."""
    bound, source = file.cleaned_sha256 or "", file.original_sha256
    if file.kind in BOUND and bound:
        return Item(
            key, section, title, dated, bound=bound, kind=file.kind, source=source, ours=False,
            after=after, note=told,
        )  # fmt: skip
    kind = KINDS[file.kind][0] if file.kind in KINDS else file.kind
    why = f"A file of this kind ({kind}) has no pages of its own."
    sheet = slip(case.reference, title, told, why, file.name, file.size, source)
    return Item(
        key, section, title, dated, sheet=sheet, source=source, after=after, note="Slip sheet"
    )


def slip(
    reference: str, title: str, told: str, why: str, name: str, size: int, sha256: str
) -> Sheet:
    """The page that stands for a file which cannot be bound: what it is, why, where it is kept."""
    return Sheet(
        title,
        reference,
        (
            Words(f"{why} It is kept as it was received and can be had from us by its SHA-256."),
            Pairs(
                (
                    ("File", name),
                    ("What it is", told),
                    ("Size", f"{size:,} bytes"),
                    ("SHA-256", sha256),
                )
            ),
        ),
        "This page stands for a file.",
    )


def _contacts(work: Work, case: Case) -> Iterator[Item]:
    notes = list(
        work.session.scalars(
            select(CaseNote)
            .where(CaseNote.case_id == case.id, CaseNote.kind.in_(bundle_sheets.LOGGED))
            .order_by(CaseNote.made_at, CaseNote.id)
        )
    )
    if notes:
        yield _ours("contacts", "E", bundle_sheets.contacts(case, notes), notes[-1].made_at.date())


def _decisions(work: Work, case: Case, section: str) -> Iterator[Item]:
    found = list(
        work.session.scalars(
            select(Decision).where(Decision.case_id == case.id).order_by(Decision.id)
        )
    )
    for number, one in enumerate(found, 1):
        sheet = bundle_sheets.decision(case, one, number if len(found) > 1 else 0)
        yield _ours(f"decision-{one.id}", section, sheet, one.decided_on)


def _figure(work: Work, case: Case) -> list[Item]:
    """What CQC's confirmed figure rests on: the letter two people read it in (reg 3)."""
    trace = case.amount_trace or {}
    held = work.session.get(StoredFile, trace.get("evidence_file") or "")
    if held is None:
        return []
    file = Proof(
        trace["evidence_name"],
        kind_of(held.mime),
        held.size,
        held.sha256,
        trace.get("evidence_cleaned"),
    )
    told = (
        f"CQC’s figure of {pounds(case.amount_pence or 0)}: entered by "
        f"{trace['entered_by_name']}, checked by {trace['checked_by_name']}"
    )
    checked = local_date(datetime.fromisoformat(trace["checked_at"]))
    title = f"CQC’s figure: {file.name}"
    return [_file(f"figure-{held.sha256[:12]}", "G", title, checked, file, case, told)]


def _addition(one: BundleAddition, case: Case) -> Item:
    told = f"Put in by {one.added_by_name} on {day(local_date(one.added_at))}"
    return _file(f"addition-{one.id}", "", one.title, one.dated, one, case, told, one.after)
