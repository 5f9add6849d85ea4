"""Loading contacts: who may be written to for a provider, in what capacity, and from where.

No CQC file has an email address (data formats 3.7). A contact is never overwritten: a newer row
stands beside the older one, each with its source and date.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from enforcement.data.bulk import insert_rows, one_load_at_a_time, table_of
from enforcement.data.register import Contact, Provider
from enforcement.register.contacts import read_contacts
from enforcement.register.rows import ContactLine, Rejected
from enforcement.services import loading
from enforcement.services.loading import Incoming, Loaded, Progress
from enforcement.services.work import Work

KIND = "contacts"
STREAM = "contacts"


def load(
    work: Work, incoming: Incoming, *, dry_run: bool = False, progress: Progress | None = None
) -> Loaded:
    """Bring one contacts file in, or with `dry_run` only say what it would add.

    A row without a date is dated today, one without a source is given the file's name. The same
    bytes again change nothing. Needs LOAD_FILES. Refuses: UnknownHeader, UnreadableFile,
    NothingToImport.
    """
    loading.check(work, incoming)
    tell = progress or (lambda phase, done, total: None)
    tell("Reading", 0, None)
    file = read_contacts(incoming.content, incoming.filename)
    one_load_at_a_time(work.session)
    earlier = loading.already(work.session, KIND, incoming)
    if earlier is not None:
        earlier.dry_run = dry_run
        return earlier
    providers: dict[str, int] = {
        cqc_id: row_id
        for cqc_id, row_id in work.session.execute(select(Provider.cqc_id, Provider.id))
    }
    known = _known(work.session)
    rows: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    for line in file.rows:
        reason = _unusable(line, providers)
        if reason:
            rejected.append(Rejected(line.line, reason))
            continue
        row = _row(line, providers[line.provider_cqc_id], incoming.filename, work.today)
        if _key(row) not in known:
            known.add(_key(row))
            rows.append(row)
    same = len(file.rows) - len(rows) - len(rejected)
    changes = {key: n for key, n in (("new_contacts", len(rows)), ("unchanged", same)) if n}
    loaded = Loaded(
        kind=KIND,
        shape="contacts",
        filename=incoming.filename,
        sha256=incoming.sha256,
        rows_in=file.rows_in,
        rejected=loading.refusals([*file.rejected, *rejected]),
        changes=changes,
        notices=list(file.notices),
        mapping={"headings": dict(file.mapping)},
        dry_run=dry_run,
    )
    if not dry_run:
        kept = loading.keep(work, incoming, loaded, STREAM)
        running = loading.Running(tell, len(rows))
        insert_rows(
            work.session, Contact, [{**row, "file_id": kept.id} for row in rows], running.add
        )
    return loaded


def _unusable(line: ContactLine, providers: dict[str, int]) -> str | None:
    if line.provider_cqc_id not in providers:
        return f"The provider {line.provider_cqc_id} is not in the register."
    for key in ("name", "capacity", "source"):
        most = table_of(Contact).c[key].type.length  # type: ignore[attr-defined]  # all are String
        if len(getattr(line, key)) > most:
            return f"The {key} is longer than {most} characters."
    return None


def _row(line: ContactLine, provider_id: int, filename: str, today: date) -> dict[str, Any]:
    address = list(line.address)
    postcode = address[-1] if address and _is_postcode(address[-1]) else None
    return {
        "provider_id": provider_id,
        "name": line.name,
        "capacity": line.capacity or "not said",
        "email": line.email,
        "address": address[:-1] if postcode else address,
        "postcode": postcode,
        "source": line.source or filename[:200],
        "as_at": line.date or today,
    }


def _is_postcode(text: str) -> bool:
    bare = text.replace(" ", "")
    return 5 <= len(bare) <= 7 and bare.isalnum() and bare[-3].isdigit() and bare[0].isalpha()


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["provider_id"], row["capacity"], row["name"], row["email"], row["as_at"])


def _known(session: Session) -> set[tuple[Any, ...]]:
    table = table_of(Contact).c
    return {
        tuple(row)
        for row in session.execute(
            select(table.provider_id, table.capacity, table.name, table.email, table.as_at)
        )
    }
