"""What the commands that bring files in share: reading the file, a progress bar, the answer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from enforcement.domain.refusals import BadInput
from enforcement.domain.windows import Month
from enforcement.services.loading import Incoming, Loaded

file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
dry_run = click.option("--dry-run", is_flag=True, help="Say what would change; write nothing.")
BAR = 30
SHOWN = 20


class MonthType(click.ParamType[Month]):
    """A month written as 2026-03."""

    name = "YYYY-MM"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Month:
        if isinstance(value, Month):
            return value
        try:
            return Month.parse(value)
        except BadInput as refusal:
            self.fail(f"{refusal.sentence} {refusal.fix}", param, ctx)


MONTH = MonthType()


def incoming(path: Path) -> Incoming:
    return Incoming(path.read_bytes(), path.name)


class Bar:
    """A progress bar on standard error: one line redrawn on a terminal, else a line a phase."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._phase = ""

    def tell(self, phase: str, done: int, total: int | None) -> None:
        """Draw where the load is."""
        if self._live:
            filled = BAR * done // total if total else 0
            count = f"{done:,} of {total:,}" if total else f"{done:,}"
            bar = "█" * filled + "░" * (BAR - filled) if total else " " * BAR
            click.echo(f"\r{phase:<28} {bar} {count:<22}", err=True, nl=False)
        elif phase != self._phase:
            click.echo(f"{phase}…", err=True)
        self._phase = phase

    def done(self) -> None:
        """End the line that was drawn."""
        if self._live and self._phase:
            click.echo(err=True)


def words(loaded: Loaded) -> str:
    """The answer for people."""
    lines = [
        f"{loaded.filename}: {loaded.shape}, {loaded.rows_in:,} rows in, "
        f"{loaded.accepted:,} accepted, {len(loaded.rejected):,} refused."
    ]
    if loaded.already_loaded:
        lines.append("Already loaded: nothing changed.")
    elif loaded.dry_run:
        lines.append("Dry run: nothing was written.")
    if loaded.state == "waiting":
        lines.append(f"Waits for release by a person: {loaded.held_reason}")
    lines += [f"  {name.replace('_', ' ')}: {count:,}" for name, count in loaded.changes.items()]
    lines += [f"  {sentence}" for sentence in loaded.details[:SHOWN]]
    if len(loaded.details) > SHOWN:
        lines.append(f"  … and {len(loaded.details) - SHOWN:,} more changes")
    lines += [f"  line {one['line']}: {one['reason']}" for one in loaded.rejected[:SHOWN]]
    if len(loaded.rejected) > SHOWN:
        lines.append(f"  … and {len(loaded.rejected) - SHOWN:,} more refused lines (see --json)")
    lines += [f"  note: {notice}" for notice in loaded.notices]
    lines.append(f"SHA-256 {loaded.sha256}")
    return "\n".join(lines)
