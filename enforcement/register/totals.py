"""The rule that catches silent loss: rows in = rows accepted + rows rejected, for every file."""

from __future__ import annotations


class TotalsDiffer(RuntimeError):
    """A reader lost or invented rows: a fault of ours, never of the file."""


def check_totals(shape: str, rows_in: int, accepted: int, rejected: int) -> None:
    """Raise `TotalsDiffer` unless every row that came in is accounted for."""
    if rows_in != accepted + rejected:
        raise TotalsDiffer(
            f"{shape}: {rows_in} rows in, but {accepted} accepted and {rejected} rejected."
        )
