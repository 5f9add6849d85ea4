"""Writes what is published about notices: the schema of their facts, and the templates' proofs.

    PYTHONPATH=. .venv/bin/python tests/rendering/publish.py

To be run after a change of the facts, the templates or the samples; the tests say when.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from enforcement.rendering.inspection import inspect
from enforcement.rendering.paper import render
from enforcement.rendering.samples import sample, worst
from enforcement.rendering.schema import facts_schema
from enforcement.rendering.templates import (
    PROOFS,
    TEMPLATES,
    folder_sha256,
    kinds,
    paper_version,
    versions,
)

SCHEMA = TEMPLATES.parents[1] / "docs" / "notices" / "facts.schema.json"
TRIALS = {
    "sample": (sample, False),
    "worst": (worst, False),
    "large_print": (sample, True),
    "worst_in_large_print": (worst, True),
}
Validate = Callable[[bytes], list[str]]


def schema_text() -> str:
    """The schema as it is published."""
    return json.dumps(facts_schema(), indent=2, ensure_ascii=False) + "\n"


def trial(kind: str, name: str, template: str, validate: Validate) -> dict[str, object]:
    """One verdict: how many pages, and every fault that veraPDF and our own checks find."""
    make, large = TRIALS[name]
    facts = make(kind, template_version=template)
    printed = render(facts, large=large)
    most = 10 if facts.posted and not large else None
    own = [f"{found.check}: {found.reason}" for found in inspect(printed.pdf, most)]
    return {"pages": printed.pages, "faults": validate(printed.pdf) + own}


def proof(kind: str, template: str, validate: Validate) -> dict[str, object]:
    """All verdicts on one version of one kind, with the fingerprint they are of."""
    return {
        "folder_sha256": folder_sha256(kind, template),
        "paper": paper_version(kind, template),
        "proofs": {name: trial(kind, name, template, validate) for name in TRIALS},
    }


def main() -> None:
    """Write both files."""
    sys.path.insert(0, str(Path(__file__).parent))
    from verapdf.engine import Engine

    SCHEMA.write_text(schema_text(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder))
        held = {
            "validator": "veraPDF 1.31, profiles PDF/UA-1 and PDF/A-3a",
            "weasyprint": version("weasyprint"),
            "templates": {
                kind: {name: proof(kind, name, engine.failed_rules) for name in versions(kind)}
                for kind in kinds()
            },
        }
        engine.close()
    text = json.dumps(held, indent=2, ensure_ascii=False) + "\n"
    (TEMPLATES / PROOFS).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
