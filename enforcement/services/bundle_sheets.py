"""What a bundle says in its own words, from stored rows alone: summary, chronology, record, money.

Each function gives one sheet. Nothing is judged here: the sentences are those of the screens.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from sqlalchemy import select

from enforcement.data.cases import Case, CaseNote
from enforcement.data.decisions import Decision
from enforcement.data.history import Event, events_of
from enforcement.data.payments import Appeal
from enforcement.data.replies import Reply
from enforcement.data.windows import WindowRow
from enforcement.domain.calendar import local_date
from enforcement.domain.duties import Service
from enforcement.domain.refusals import NotFound
from enforcement.domain.replies import SOURCES, TITLES, VIEWS
from enforcement.domain.stages import State
from enforcement.domain.windows import Month
from enforcement.domain.words import day, moment, pounds
from enforcement.rendering.bundle.sheets import (
    Block,
    Cell,
    Grid,
    Heading,
    Pairs,
    Points,
    Sheet,
    Words,
)
from enforcement.services import case_story, directions, timeline
from enforcement.services.cases import stream
from enforcement.services.why import Why, explain
from enforcement.services.work import Work

# Told in the history at the end, and no part of what a tribunal reads first.
_QUIET = frozenset(
    {
        "clock_started", "link_issued", "link_revoked", "link_opened", "link_locked",
        "evidence_received", "reply_read", "reply_point_added", "amount_recomputed",
        "amount_entered", "amount_turned_down",
        "register_checked", "intent_drafted", "intent_submitted", "intent_returned",
        "final_drafted", "final_submitted", "final_returned", "case_assigned", "case_noted",
        "bundle_ordered", "bundle_made", "bundle_redacted", "bundle_redaction_lifted",
        "bundle_addition_kept",
    }
)  # fmt: skip
LOGGED = {"call": "Telephone call", "email": "Email", "support": "Support offered"}


def text(words: object, leads_to: str = "", kind: str = "") -> Cell:
    """A cell of these words; nothing for None."""
    return Cell("" if words is None else str(words), leads_to, kind)


def _directed(held: directions.Held) -> str:
    """A direction of the tribunal with its day and what became of it, in one line."""
    state = "open"
    if held.ended is not None:
        state = f"{directions.ENDED[held.ended.kind].lower()} on {day(held.ended.on)}"
    return f"{held.row.what} By {day(held.stated_on)}: {state}."


def summary(work: Work, case: Case, appeals: Iterable[Appeal]) -> Sheet:
    """Who, what and how far: the case on one page."""
    provider = case.provider
    amount = "Not worked out" if case.amount_pence is None else pounds(case.amount_pence)
    rows = [
        ("Provider", provider.name),
        ("CQC provider ID", provider.cqc_id),
        ("Company number", provider.company_number or "None held"),
        ("Penalty", amount),
        ("Where the case stands", State(case.state).label),
        ("Opened", day(local_date(case.opened_at))),
    ]
    for appeal in appeals:
        rows += [
            ("Tribunal reference", appeal.tribunal_reference),
            ("Appeal made", day(appeal.lodged_on)),
            ("Received by us", day(appeal.received_on)),
            *(
                (f"Direction {held.row.number}", _directed(held))
                for held in directions.of_appeal(work, case, appeal)
            ),
        ]
    parts = case_story.people(work, case)
    return Sheet(
        "Case summary",
        case.reference,
        (
            Pairs(tuple(rows)),
            Heading("What happened"),
            Points(tuple(case_story.story(work, case))),
            Heading("Who took which part"),
            Grid(
                "Nobody takes two of these parts in one case",
                (("Part", 18), ("Name", 32), ("What", 50)),
                tuple((text(p.role), text(p.name), text(p.what)) for p in parts),
            ),
            Heading("Law"),
            Words(
                "Health and Social Care Act 2012 sections 277A to 277F; the Adult Social Care "
                "Information (Enforcement) Regulations 2022 (SI 2022/1175). The appeal is under "
                "regulation 8."
            ),
        ),
        f"As the record stood on {moment(work.now)}.",
    )


def chronology(work: Work, case: Case, known: Mapping[str, str]) -> Sheet:
    """What happened, day by day. `known`: a reference or evidence’s hash → its key here."""
    rows: list[tuple[date, tuple[Cell, ...]]] = list(_closed_windows(work, case))
    events = [e for e in events_of(work.session, stream(case)) if e.kind not in _QUIET]
    for event, told in zip(events, timeline.tell_all(work.session, events), strict=True):
        reference, file = _reference(event)
        about = f" ({reference})" if reference else ""
        who = f"{told.who}, {told.capacity}" if told.capacity else told.who
        rows.append(
            (
                local_date(told.at),
                (
                    text(moment(told.at)),
                    text(told.title + about, known.get(reference or file, "")),
                    text(who),
                ),
            )
        )
    rows.sort(key=lambda row: row[0])  # stable: within a day as the history has it
    return Sheet(
        "Chronology",
        case.reference,
        (
            Grid(
                "From the windows and the case’s history",
                (("When", 24), ("What", 50), ("By", 26)),
                tuple(cells for _, cells in rows),
            ),
        ),
        f"Made from stored rows on {moment(work.now)}; the whole history is at the end.",
    )


def _closed_windows(work: Work, case: Case) -> Iterator[tuple[date, tuple[Cell, ...]]]:
    for miss in case.misses:
        window = work.session.get(WindowRow, miss.window_no)
        if window is None:
            continue
        place = miss.duty.location.name
        service = Service(miss.duty.service).title.lower()
        yield (
            window.closes_on,
            (
                text(day(window.closes_on)),
                text(
                    f"Window for {Month(miss.window_no).title} closed without a return: {place}, "
                    f"{service}",
                    "record",
                ),
                text("The record"),
            ),
        )


def _reference(event: Event) -> tuple[str, str]:
    """The notice or reply that an event is about, and the hash of the evidence it rests on."""
    facts = json.loads(event.body)["facts"]
    found = facts.get("notice") or facts.get("reply") or ""
    file = facts.get("evidence_sha256") or ""
    return found if isinstance(found, str) else "", file if isinstance(file, str) else ""


def record(work: Work, case: Case) -> Sheet:
    """The windows the case rests on, with the rows and files that say so."""
    blocks: list[Block] = []
    try:
        blocks += _why(explain(work.session, case))
    except NotFound:
        blocks.append(Words("The case was not opened by a run over the whole register."))
    blocks.append(
        Grid(
            "Missed windows that the case counts",
            (("Location", 34), ("Service", 16), ("Window", 22), ("Record", 28)),
            tuple(
                (
                    text(f"{miss.duty.location.name}\n{miss.duty.location.cqc_id}"),
                    text(Service(miss.duty.service).title),
                    text(Month(miss.window_no).title),
                    text(str(miss.evidence.get("outcome", "missed")).replace("_", " ")),
                )
                for miss in case.misses
            ),
        )
    )
    return Sheet("Why this case exists", case.reference, tuple(blocks))


def _why(found: Why) -> list[Block]:
    stood = (
        "Worked out again from the stored rows, the verdict is the same, byte for byte."
        if found.reproduced
        else "Worked out again from the stored rows, the verdict differs: "
        + "; ".join(found.broken)
    )
    rows = [
        (
            text(f"{one['location_id']}\n{Service(one['service']).title}"),
            text(Month.parse(row["month"]).title),
            text((row["outcome"] or "not held").replace("_", " ")),
            text(_source(row, found.files)),
            text(row["sentence"]),
        )
        for one in found.stored["verdicts"]
        for row in one["evidence"]
    ]
    blocks: list[Block] = [
        Pairs(
            (
                ("Rule", found.rule),
                ("Source of the rule", found.policy.citation),
                ("Check", stood),
            )
        ),
        Grid(
            "Every window looked at, and the row it rests on",
            (("Location, service", 20), ("Window", 15), ("Outcome", 12), ("Row", 23),
             ("What happened", 30)),
            tuple(rows),
        ),
    ]  # fmt: skip
    if found.since:
        blocks += [Heading("What later rows changed"), Points(found.since)]
    return blocks


def _source(row: Mapping[str, object], files: Mapping[str, str]) -> str:
    source = row["source"]
    if not isinstance(source, str):
        return "No row"
    return f"{files.get(source, 'file')}, row {row['line']}\n{source[:16]}…"


def reply(case: Case, made: Reply) -> Sheet:
    """One reply as it came, and the answer to each of its points."""
    late = "Late: after the period for representations" if made.late else "In time"
    blocks: list[Block] = [
        Pairs(
            (
                ("From", f"{made.sender_name}, {made.sender_role}"),
                ("Received", f"{moment(made.received_at)}, by {SOURCES[made.source].lower()}"),
                ("In time?", late),
                ("Files", ", ".join(file.name for file in made.files) or "None"),
            )
        )
    ]
    for point in made.points:
        blocks += [
            Heading(f"Point {point.number}: {TITLES.get(point.reason, point.reason)}"),
            Words(point.text),
            Pairs(
                (
                    ("Our answer", point.answer or "Not answered yet"),
                    ("View taken", VIEWS.get(point.view or "", "None yet")),
                    ("Evidence looked at", point.evidence_looked_at or "None named"),
                )
            ),
        ]
    return Sheet(f"Reply {made.reference}", case.reference, tuple(blocks))


def contacts(case: Case, notes: Iterable[CaseNote]) -> Sheet:
    """Calls, emails and offers of support, as logged. Internal notes are not in it."""
    return Sheet(
        "Contacts with the provider",
        case.reference,
        (
            Grid(
                "As logged at the time",
                (("When", 22), ("How", 18), ("What was said", 42), ("Logged by", 18)),
                tuple(
                    (
                        text(moment(note.made_at)),
                        text(LOGGED[note.kind]),
                        text(note.text),
                        text(note.made_by_name),
                    )
                    for note in notes
                ),
            ),
        ),
    )


def decision(case: Case, made: Decision, number: int) -> Sheet:
    """What was put to the panel, its votes and what it decided."""
    outcomes = {"impose": "Impose a penalty", "no_penalty": "No penalty", None: "Not decided"}
    rows = [
        ("Recommended", outcomes[made.recommendation]),
        ("Decided", outcomes[made.outcome]),
        ("Decided on", day(made.decided_on) or "Not decided"),
        ("Recorded by", made.decided_by_name or "Nobody yet"),
    ]
    if made.superseded:
        rows.append(("Set aside", "This decision was set aside later"))
    return Sheet(
        f"Decision {number}" if number else "Decision",
        case.reference,
        (
            Pairs(tuple(rows)),
            Heading("Reasons"),
            Words(made.reasons),
            Heading("Finding on reasonable excuse (regulation 2)"),
            Words(made.excuse_finding),
            Grid(
                "Votes",
                (("Member", 24), ("Vote", 16), ("Reasons", 40), ("When", 20)),
                tuple(
                    (
                        text(vote.member_name),
                        text(vote.vote.replace("_", " ")),
                        text(vote.reasons),
                        text(moment(vote.voted_at)),
                    )
                    for vote in made.votes
                ),
            ),
        ),
    )


def appeals_of(work: Work, case: Case) -> list[Appeal]:
    """The appeals of a case, oldest first."""
    return list(
        work.session.scalars(select(Appeal).where(Appeal.case_id == case.id).order_by(Appeal.id))
    )
