"""The `enforcement` command: reads words, calls a use case, prints its answer."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

import click

from enforcement import doctor as machine
from enforcement.commands.cases import cases
from enforcement.commands.clocks import clocks
from enforcement.commands.contacts import contacts
from enforcement.commands.database import database
from enforcement.commands.delivery import bounces, returned_post
from enforcement.commands.demo import demo
from enforcement.commands.history import history
from enforcement.commands.issue_runs import issue_runs
from enforcement.commands.money import money
from enforcement.commands.register import register
from enforcement.commands.returns import returns
from enforcement.commands.serving import serve, worker
from enforcement.commands.why import why
from enforcement.commands.windows import window, windows
from enforcement.domain.refusals import Refusal
from enforcement.settings import Settings


class Commands(click.Group):
    """A refusal is an answer: its sentence and what to do go to stderr, and the exit code is 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            click.echo("\n".join(filter(None, (refusal.sentence, refusal.fix))), err=True)
            raise SystemExit(1) from None


@click.group(cls=Commands)
def main() -> None:
    """Case management for the enforcement of the adult social care data return."""


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(as_json: bool) -> None:
    """Look at this machine and say what is missing. Exit 0 when everything needed is there."""
    findings = machine.examine(Settings.read(os.environ), now=datetime.now(UTC))
    if as_json:
        click.echo(json.dumps([finding.as_json() for finding in findings], indent=2))
    else:
        for finding in findings:
            mark = "ok     " if finding.ok else "MISSING" if finding.needed else "absent "
            click.echo(f"{mark}  {finding.name}: {finding.found}")
            if finding.fix:
                click.echo(f"         to do: {finding.fix}")
    raise SystemExit(0 if machine.fit(findings) else 1)


# One line per noun; each module of `commands` holds that noun's words.
main.add_command(database)
main.add_command(demo)
main.add_command(history)
main.add_command(register)
main.add_command(returns)
main.add_command(contacts)
main.add_command(money)
main.add_command(windows)
main.add_command(window)
main.add_command(cases)
main.add_command(issue_runs)
main.add_command(why)
main.add_command(clocks)
main.add_command(bounces)
main.add_command(returned_post)
main.add_command(serve)
main.add_command(worker)
