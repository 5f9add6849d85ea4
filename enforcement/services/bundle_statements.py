"""The statements at the end of a bundle: the ledger entry by entry, the history event by event."""

from __future__ import annotations

from collections.abc import Iterator

from enforcement.data.cases import Case
from enforcement.data.history import events_of
from enforcement.domain.words import day, moment, pounds
from enforcement.rendering.bundle.sheets import Block, Grid, Pairs, Sheet, Words
from enforcement.services import notice_facts, timeline
from enforcement.services.bundle_sheets import text
from enforcement.services.case_facts import balance, penalty_of
from enforcement.services.cases import stream
from enforcement.services.work import Work


def money(work: Work, case: Case) -> Sheet:
    """How the amount was worked out, and the ledger entry by entry."""
    blocks: list[Block] = []
    if case.amount_pence is not None and (case.amount_trace or {}).get("lines"):
        worked = notice_facts.amount_facts(case)
        blocks += [
            Grid(
                f"How the penalty was worked out: {worked.scheme}",
                (("What", 34), ("Basis", 46), ("Amount", 20)),
                (
                    *(
                        (text(one.label), text(one.basis), text(pounds(one.pence), kind="number"))
                        for one in worked.lines
                    ),
                    (text("Total"), text(worked.status), text(pounds(worked.pence), kind="number")),
                ),
            )
        ]
    return Sheet("Ledger statement", case.reference, (*blocks, *_ledger(work, case)),
                 f"As the ledger stood on {moment(work.now)}.")  # fmt: skip


def _ledger(work: Work, case: Case) -> Iterator[Block]:
    penalty = penalty_of(work.session, case)
    if penalty is None:
        yield Words("No penalty has been raised.")
        return
    running, rows = 0, []
    for entry in penalty.entries:
        running += entry.pence
        said = ", ".join(filter(None, (entry.payment_reference, entry.reason)))
        rows.append(
            (
                text(day(entry.on)),
                text(entry.kind.replace("_", " ").capitalize()),
                text(said),
                text(pounds(entry.pence), kind="number"),
                text(pounds(running), kind="number"),
            )
        )
    yield Grid(
        f"Penalty {penalty.reference}: every entry",
        (("Day", 20), ("Entry", 18), ("Reference", 26), ("Amount", 18), ("Balance", 18)),
        tuple(rows),
    )
    yield Pairs((("Owed now", pounds(balance(work.session, penalty))),))


def history(work: Work, case: Case) -> Sheet:
    """Every event of the case with its hash, so that the extract can be checked against the log.

    Facts only: personal words lie beside the chain and are told where they belong.
    """
    events = events_of(work.session, stream(case))
    rows = []
    for told in timeline.tell_all(work.session, events):
        facts = "; ".join(f"{name}: {value}" for name, value in told.facts)
        rows.append(
            (
                text(told.number, kind="number"),
                text(f"{moment(told.at)}\n{told.who}"),
                text("\n".join(filter(None, (told.title, facts)))),
                text(told.hash, kind="hash"),
            )
        )
    return Sheet(
        "History of the case",
        case.reference,
        (
            Grid(
                "Each event’s hash covers the hash of the event before it",
                (("No.", 7), ("When, who", 24), ("What", 43), ("SHA-256", 26)),
                tuple(rows),
            ),
        ),
        f"{len(rows)} events up to {moment(work.now)}. The export of the history and the program "
        "that checks it can be had from us.",
    )
