"""`enforcement why REF`: why a case exists, and whether the stored rows still say so."""

from __future__ import annotations

import json
from typing import Any

import click

from enforcement.commands.opening import answer, as_json, open_work
from enforcement.domain.duties import Service
from enforcement.domain.windows import Month
from enforcement.services import cases as all_cases
from enforcement.services.why import Why, explain


@click.command()
@click.argument("reference")
@as_json
def why(reference: str, as_json: bool) -> None:
    """Say why case REFERENCE exists. Exit 1 when stored rows no longer give its verdict."""
    with open_work() as work:
        case = all_cases.find(work, reference)
        found = explain(work.session, case)
        told = {
            "reference": case.reference,
            "reproduced": found.reproduced,
            "broken": list(found.broken),
            "since": list(found.since),
            "rule": found.rule,
            "why": json.loads(case.why),
        }
    answer(told, as_json=as_json, words=lambda _: _words(case.reference, found))
    if not found.reproduced:
        click.echo("The stored rows no longer give the stored verdict.", err=True)
        raise SystemExit(1)


def _words(reference: str, found: Why) -> str:
    lines = [f"{reference}: {found.rule}"]
    for one in found.stored["verdicts"]:
        lines.append(f"{one['location_id']}, {Service(one['service']).title.lower()}")
        lines += [f"  {reason}" for reason in one["reasons"]]
        lines += [f"  {_row(row)}" for row in one["evidence"] if row["counted"]]
    lines.append("Reproduced from stored rows." if found.reproduced else "NOT reproduced:")
    return "\n".join([*lines, *found.broken, *(f"Since then: {one}" for one in found.since)])


def _row(row: dict[str, Any]) -> str:
    source = f"file {row['source'][:12]}… row {row['line']}" if row["source"] else "no row"
    return f"{Month.parse(row['month']).title}: {row['outcome']} ({source})"
