"""What came back, told at the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def test_what_is_no_report_is_refused_and_counted(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "1.eml").write_text("Subject: hello\n\nNo report.")
    found = json.loads(run("bounces", "--folder", str(folder), "--json").stdout)
    reason = "It is not a delivery report (multipart/report)."
    assert found == {"taken": {}, "known": 0, "refused": [{"file": "1.eml", "reason": reason}]}
    said = run("bounces", "--file", str(folder / "1.eml")).stdout
    assert said.splitlines()[1:] == ["Refused: 1.", f"  1.eml: {reason}"]
    run("bounces", expect=2)


def test_post_that_is_not_ours_is_unmatched(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("reference,date,reason\nASC-2026-000001-N1,2026-06-24,Gone away\n")
    said = run("returned-post", "--file", str(path)).stdout
    assert said.splitlines() == [
        "0 matched, 0 duplicate, 1 unmatched, 0 refused.",
        "  line 2, ASC-2026-000001-N1: unmatched. No notice has this reference.",
    ]
    path.write_text("")
    assert "empty" in run("returned-post", "--file", str(path), expect=1).stderr
