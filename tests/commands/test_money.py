"""Bank files at the command line: by finance alone, judged first, posted only when told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import money_story
import notice_story as story
import pytest

from enforcement.data.engine import open_engine
from enforcement.services import accounts
from enforcement.services.work import transaction
from enforcement.settings import Settings

ROW = "14/07/2026,{},ASC-2026-000001-N2\n"


@pytest.fixture
def bank(run: Any, tmp_path: Path) -> Path:
    """An instance with one penalty, somebody of finance, and a bank file for it."""
    run("database", "migrate")
    run("money", "import", "--file", __file__, expect=1)  # refused, but the policies are there now
    settings = Settings.read({"ENFORCEMENT_INSTANCE": str(tmp_path / "instance")})
    engine = open_engine(settings.database_url)
    with transaction(engine, story.OFFICER, money_story.GIVEN, settings) as work:
        money_story.owing(work)
    with transaction(engine, story.person("a", story.Role.ADMIN), story.NOW, settings) as work:
        accounts.create(
            work, username="fin", name="Fin", staff_number="fin", roles=["finance"],
            password="a long invented passphrase 17",
        )  # fmt: skip
    engine.dispose()
    path = tmp_path / "bank.csv"
    path.write_text("Date,Amount,Reference\n" + ROW.format("100.00") + ROW.format("abc"))
    return path


def test_a_file_is_judged_and_posted_only_when_told(run: Any, bank: Path) -> None:
    said = run("money", "import", "--file", str(bank), "--as", "fin").stdout
    assert "matched: 1" in said
    assert "line 3: The amount “abc” is not a sum in pounds." in said
    assert said.endswith("Nothing was posted.\n")
    asked = ("money", "import", "--file", str(bank), "--as", "fin", "--post", "--json")
    first, again = (json.loads(run(*asked).stdout) for _ in range(2))
    assert (first["posted"], again["posted"]) == (
        {"lines": 1, "pence": 100_00},
        {"lines": 0, "pence": 0},
    )
    assert again["already_loaded"] is True


def test_nobody_but_finance_and_no_bad_heading(run: Any, bank: Path) -> None:
    alone = run("money", "import", "--file", str(bank), expect=1)
    assert "It is done by: Finance." in alone.stderr
    odd = run("money", "import", "--file", str(bank), "--as", "fin", "--map", "on", expect=1)
    assert "--map on=Booked" in odd.stderr
    bank.write_text("A,B\n1,2\n")
    other = run("money", "import", "--file", str(bank), "--as", "fin", expect=1)
    assert "known header" in other.stderr
