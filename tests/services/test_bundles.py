"""Bundles on real databases: what goes in, numbers that never move, redactions, late documents."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import appeal_story
import notice_story as story
import pikepdf
import pypdf
import pytest
import sqlalchemy as sa
from bundle_story import FIGURE, SECRET, Tribunal, letter
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from enforcement.data.bundles import BundleEdition, BundleOrder, BundleRedaction
from enforcement.data.cases import Case
from enforcement.data.history import Event
from enforcement.data.notices import Notice
from enforcement.domain.bundles import Pack
from enforcement.domain.refusals import BadInput, GateClosed, NotAllowed, NotFound, WrongState
from enforcement.rendering.bundle.redaction import text_of
from enforcement.services import (
    bundle_contents,
    bundle_making,
    bundle_redactions,
    bundles,
    cases,
    certificates,
    evidence,
)
from enforcement.services.bundle_contents import Item
from enforcement.services.bundles import Late
from enforcement.services.work import Work
from enforcement.settings import Settings

pytestmark = pytest.mark.slow
# What does not turn on the database is told once: each story lays out some forty pages.
ONE_ENGINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def tribunal(begin: Callable[..., Any], engine: Engine, settings: Settings) -> Tribunal:
    return Tribunal(begin, engine, settings)


def pages_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def labels_of(edition: BundleEdition) -> list[str]:
    return [label for one in edition.manifest["documents"] for label in one["labels"]]


def document(edition: BundleEdition, key: str) -> dict[str, Any]:
    return next(one for one in edition.manifest["documents"] if one["key"].startswith(key))


def kinds(engine: Engine) -> list[str]:
    with Session(engine) as session:
        query = select(Event.kind).where(Event.kind.startswith("bundle_")).order_by(Event.id)
        return list(session.scalars(query))


def test_the_bundle_holds_the_case_and_its_numbers_are_its_pages(
    tribunal: Tribunal, engine: Engine
) -> None:
    with pytest.raises(GateClosed, match="No appeal is recorded"):
        tribunal.do(bundles.order, Pack.TRIBUNAL, bundles.sweep_will_find)
    tribunal.appeal()
    first = tribunal.make()
    pdf = tribunal.volume(first)
    read = pypdf.PdfReader(io.BytesIO(pdf))
    # Printed number, the reader's page label and the page's place are one.
    numbers = [str(n) for n in range(1, len(read.pages) + 1)]
    assert read.page_labels == numbers == labels_of(first)
    shown = zip(numbers, pages_of(pdf), strict=True)
    assert [number for number, text in shown if not text.rstrip().endswith(number)] == []
    sections = [one["section"] for one in first.manifest["documents"]]
    assert sections == sorted(sections)
    assert set(sections) == {"", *"ABCDEFGH"}
    text = "\n".join(pages_of(pdf))
    for wanted in ("GRC/2026/0009", "Chronology", "Notice of intent to impose", "day by day",
                   "Window for May 2026 closed without a return", "The system was down",
                   "Votes", "Ledger statement", "no pages of its own"):  # fmt: skip
        assert wanted in text, wanted
    # The letter with CQC's figure is bound by itself, behind the money, and told in the index.
    figure = document(first, "figure")
    assert (figure["section"], figure["title"]) == ("G", "CQC’s figure: fee.pdf")
    assert FIGURE in pages_of(pdf)[int(figure["labels"][0]) - 1]
    assert figure["source_sha256"] not in "\n".join(pages_of(pdf)[1:12])  # a link, not a hash
    assert "CQC’s figure: fee.pdf" in pages_of(pdf)[1]
    # The notices are the very bytes that were issued.
    with Session(engine) as session:
        issued = session.execute(
            sa.text("select pdf_sha256 from notice where issued_at is not null")
        )
        assert {row[0] for row in issued} <= {
            one["source_sha256"] for one in first.manifest["documents"]
        }
    assert tribunal.do(lambda work, _: bundles.verify(work, first)) == []
    assert kinds(engine) == ["bundle_ordered", "bundle_made"]
    with Session(engine) as session:
        made = session.scalars(select(Event).where(Event.kind == "bundle_made")).one()
        facts = json.loads(made.body)["facts"]
    assert facts["manifest_sha256"] == first.manifest_sha256
    assert facts["files"] == [first.manifest["volumes"][0]["sha256"]]
    _links_and_bookmarks_lead_to_their_pages(pdf, first)


def _links_and_bookmarks_lead_to_their_pages(pdf: bytes, edition: BundleEdition) -> None:
    starts = {one["key"]: int(one["labels"][0]) - 1 for one in edition.manifest["documents"]}
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        places = {page.obj.objgen: n for n, page in enumerate(opened.pages)}
        index = document(edition, "index")
        found = [
            places[note.Dest[0].objgen]
            for label in index["labels"]
            for note in opened.pages[int(label) - 1].obj.get("/Annots", [])
        ]
        assert found == sorted(start for key, start in starts.items() if key not in
                               ("cover", "index"))  # fmt: skip
        with opened.open_outline() as outline:
            titles = [item.title for item in outline.root]
            assert titles[:2] == ["Cover", "Index"]
            assert titles[2] == "A. Case summary and chronology"
            assert outline.root[3].children
        assert opened.Root.MarkInfo.Marked
        assert str(opened.Root.Lang) == "en-GB"
        assert b"<pdfuaid:part>" not in opened.Root.Metadata.read_bytes()  # a stranger's letter


def test_a_figure_whose_file_has_no_pages_is_told_on_a_slip_sheet(begin: Any) -> None:
    tale = story.Story(begin)
    tale.triage()

    def figure() -> list[Item]:
        with begin(story.OFFICER) as work:
            found = bundle_contents.gather(work, tale.case(work), Pack.TRIBUNAL, ())
            return [item for item in found if item.key.startswith("figure")]

    assert figure() == []  # ours is an estimate: nothing stands in a file
    story.confirm_fee(begin, tale.reference, 238_800)
    (slip,) = figure()
    assert (slip.title, slip.note) == ("CQC’s figure: fee.eml", "Slip sheet")
    assert "entered by Otto, checked by Olive" in str(slip.sheet)
    # Of a figure checked by an earlier version of this program no cleaned copy was kept.
    story.confirm_fee(begin, tale.reference, 238_800, file=("fee.pdf", letter(FIGURE)))
    assert figure()[0].bound
    with begin(story.OFFICER) as work:
        case = tale.case(work)
        known = {"evidence_cleaned": None}
        case.amount_trace = {**case.amount_trace, **known}
    assert figure()[0].sheet


@ONE_ENGINE
def test_what_comes_in_late_moves_no_number_and_keeps_older_editions(
    tribunal: Tribunal, settings: Settings
) -> None:
    with pytest.raises(NotFound, match="first edition"):
        tribunal.do(bundles.add, Pack.TRIBUNAL, Late("A", None, "x"), None)
    tribunal.appeal()
    first = tribunal.make()
    before = tribunal.volume(first)
    file = evidence.examine("late.pdf", letter("Late one.", "Late two."), settings)
    last = document(first, "figure")["labels"][-1]
    late = Late("Statement of the bank", date(2026, 7, 1), document(first, "figure")["key"])
    for wrong in (Late(" ", None, "ledger"), Late("A", None, "index"),
                  Late("A", date(2030, 1, 1), "ledger")):  # fmt: skip
        with pytest.raises(BadInput):
            tribunal.do(bundles.add, Pack.TRIBUNAL, wrong, file)
    added = tribunal.do(bundles.add, Pack.TRIBUNAL, late, file)
    assert [one.id for one in tribunal.do(bundles.pending, Pack.TRIBUNAL)] == [added.id]
    tribunal.at += timedelta(days=1)
    second = tribunal.make(additions=[added.id])
    assert second.number == 2
    assert second.follows_id == first.id
    assert document(second, "addition")["labels"] == [f"{last}A", f"{last}B"]
    assert document(second, "addition")["section"] == "G"
    kept = [label for label in labels_of(second) if label.isdigit()]
    assert kept == labels_of(first)
    pdf = tribunal.volume(second)
    read = pypdf.PdfReader(io.BytesIO(pdf))
    assert read.page_labels == labels_of(second)
    place = read.page_labels.index(f"{last}A")
    assert "Late one." in pages_of(pdf)[place]
    assert f"{last}A" in pages_of(pdf)[place]
    assert f"{last}A to {last}B" in "\n".join(pages_of(pdf)[1:3])
    # The same pages stand behind the same numbers, and the first edition is what it was.
    old, new = pages_of(before), pages_of(pdf)
    for number, label in enumerate(labels_of(first)):
        if number >= len(document(first, "index")["labels"]) + 1:
            assert new[read.page_labels.index(label)] == old[number]
    assert tribunal.volume(first) == before
    # A second late document stands behind the first, and the next edition keeps both.
    another = tribunal.do(bundles.add, Pack.TRIBUNAL, late, file)
    third = tribunal.make(additions=[another.id])
    assert [one["labels"] for one in third.manifest["documents"]
            if one["key"].startswith("addition")] == [
        [f"{last}A", f"{last}B"], [f"{last}C", f"{last}D"]]  # fmt: skip
    fourth = tribunal.make(afresh=True, additions=[added.id, another.id])
    assert labels_of(fourth) == [str(n + 1) for n in range(fourth.pages)]
    assert fourth.pages >= third.pages  # the history has grown


@ONE_ENGINE
def test_redacted_words_are_gone_and_the_reason_stands_there(
    tribunal: Tribunal, engine: Engine
) -> None:
    tribunal.appeal()
    first = tribunal.make()
    assert SECRET in "\n".join(pages_of(tribunal.volume(first)))
    mark = bundle_redactions.mark
    page = document(first, "file")["labels"][0]
    for scope, where, words, reason in (
        ("page", page, SECRET, " "), ("page", page, "ab", "why"), ("page", "999", SECRET, "why"),
        ("page", page, "not there at all", "why"), ("whole", "1", "", "why"),
        ("none", page, SECRET, "why"),
    ):  # fmt: skip
        with pytest.raises((BadInput, NotFound)):
            tribunal.do(mark, first, scope, where, words, reason)
    with pytest.raises(NotAllowed):
        tribunal.do(mark, first, "page", page, SECRET, "why", who=story.FINANCE)
    tribunal.do(mark, first, "bundle", "", "ottoline  farthing", "A person’s name: safety")
    second_page = document(first, "file")["labels"][1]
    tribunal.do(mark, first, "whole", second_page, "", "Health of a third person")
    second = tribunal.make()
    pdf = tribunal.volume(second)
    for text in (*pages_of(pdf), *text_of(pdf)):
        assert "ottoline" not in text.casefold()
        assert "harmless" not in text
    assert b"Ottoline" not in pdf
    read = pypdf.PdfReader(io.BytesIO(pdf))
    shown = pages_of(pdf)[read.page_labels.index(page)]
    assert "Page one by" in shown  # what was left can still be read
    assert "A person’s name: safety" in shown
    annex = document(second, "redactions")
    text = "\n".join(pages_of(pdf)[read.page_labels.index(label)] for label in annex["labels"])
    assert "R1" in text
    assert "Health of a third person" in text
    assert labels_of(second)[: first.pages] == labels_of(first)
    # The first edition and the evidence itself are untouched.
    assert SECRET in "\n".join(pages_of(tribunal.volume(first)))
    assert document(second, "file")["source_sha256"] == document(first, "file")["source_sha256"]
    with Session(engine) as session:
        event = session.scalars(select(Event).where(Event.kind == "bundle_redacted")).first()
        assert event is not None
        assert SECRET not in event.body
    tribunal.do(bundle_redactions.lift, Pack.TRIBUNAL, 1, "She agreed.")
    with pytest.raises(NotFound):
        tribunal.do(bundle_redactions.lift, Pack.TRIBUNAL, 1, "Again.")
    third = tribunal.make()
    assert SECRET in "\n".join(pages_of(tribunal.volume(third)))
    assert len(document(third, "index")["labels"]) == len(document(second, "index")["labels"])


@ONE_ENGINE
def test_a_page_marked_on_another_text_is_not_guessed(tribunal: Tribunal, engine: Engine) -> None:
    tribunal.appeal()
    first = tribunal.make()
    page = document(first, "chronology")["labels"][0]
    tribunal.do(bundle_redactions.mark, first, "whole", page, "", "All of it")
    tribunal.at += timedelta(days=1)
    order = tribunal.do(bundles.order, Pack.TRIBUNAL, bundles.sweep_will_find, afresh=True)
    made = bundle_making.make_waiting(engine, tribunal.settings, lambda: tribunal.at)
    assert made == {order.id: "failed"}
    last = tribunal.do(bundles.last_order, Pack.TRIBUNAL)
    assert "has changed since" in last.message
    assert tribunal.do(bundles.editions, Pack.TRIBUNAL)[0].number == 1


def test_an_order_is_taken_once_and_taken_up_again(tribunal: Tribunal, engine: Engine) -> None:
    tribunal.appeal()
    with pytest.raises(NotAllowed):
        tribunal.do(bundles.order, Pack.TRIBUNAL, bundles.sweep_will_find, who=story.FINANCE)
    with pytest.raises(BadInput):
        tribunal.do(bundles.order, Pack.TRIBUNAL, bundles.sweep_will_find, volume_mb=7)
    order = tribunal.do(bundles.order, Pack.TRIBUNAL, bundles.sweep_will_find)
    with pytest.raises(WrongState, match="being made"):
        tribunal.do(bundles.order, Pack.TRIBUNAL, bundles.sweep_will_find)
    # A worker took it and died: nobody else does until its time is over.
    with Session(engine) as session, session.begin():
        session.execute(
            sa.update(BundleOrder).values(
                state="building", lease_until=tribunal.at + timedelta(minutes=5)
            )
        )
    assert bundle_making.make(engine, tribunal.settings, order.id, lambda: tribunal.at) == "taken"
    tribunal.at += timedelta(minutes=6)
    made = bundle_making.make_waiting(engine, tribunal.settings, lambda: tribunal.at)
    assert made == {order.id: "done"}
    assert bundle_making.make_waiting(engine, tribunal.settings, lambda: tribunal.at) == {}
    assert tribunal.do(bundles.last_order, Pack.TRIBUNAL).state == "done"


@pytest.mark.parametrize("table", ["bundle_edition", "bundle_redaction"])
def test_editions_and_redactions_are_never_changed(
    tribunal: Tribunal, engine: Engine, table: str
) -> None:
    tribunal.appeal()
    first = tribunal.make()
    tribunal.do(bundle_redactions.mark, first, "bundle", "", SECRET, "A name")
    for statement in (f"UPDATE {table} SET number = 9", f"DELETE FROM {table}"):
        with (
            pytest.raises(sa.exc.DBAPIError, match="never"),
            Session(engine) as session,
            session.begin(),
        ):
            session.execute(sa.text(statement))
    with Session(engine) as session:
        assert session.scalar(select(BundleRedaction.number)) == 1


@ONE_ENGINE
def test_the_court_pack_opens_when_nothing_speaks_against_it(tribunal: Tribunal) -> None:
    tribunal.decide()
    with pytest.raises(GateClosed, match=r"not in recovery.*certificate under regulation 9"):
        tribunal.do(bundles.order, Pack.COURT, bundles.sweep_will_find)
    tribunal.at += timedelta(days=60)
    tribunal.do(appeal_story.recover, who=story.FINANCE)
    by = tribunal.at.date() - timedelta(days=1)
    made = tribunal.do(certificates.draft, by, who=story.FINANCE)

    def sign(work: Work, case: Case) -> None:
        notice = work.session.get_one(Notice, made.id)
        certificates.sign(work, case, notice, certificates.as_signed(work, notice).sha256)

    tribunal.do(sign, who=story.SENIOR)
    pack = tribunal.make(Pack.COURT)
    found = [(one["section"], one["key"].partition("-")[0]) for one in pack.manifest["documents"]]
    assert found == [
        *[("", "cover"), ("", "index"), ("A", "particulars"), ("B", "notice"), ("C", "notice")],
        *[("D", "giving"), ("E", "ledger"), ("F", "decision")],
    ]
    assert "not been received" in "".join(pages_of(tribunal.volume(pack)))
    assert pack.manifest["accessible"]
    # Finance may open it: nothing in it prints a reply code, which a tribunal bundle does.
    assert (
        tribunal.do(lambda work, _: bundles.volume(work, pack, 1)[1].mime, who=story.FINANCE)
        == "application/pdf"
    )
    tribunal.do(cases.hold, "legal_query", "A question to counsel.")
    with pytest.raises(GateClosed, match="hold"):
        tribunal.do(bundles.order, Pack.COURT, bundles.sweep_will_find)
