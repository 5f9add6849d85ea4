"""An issue run steered from the command line, in the name of an account."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from issue_run_story import NOW, OLIVE, SAM, RunStory
from sqlalchemy import Engine, select

from enforcement.cli import main
from enforcement.commands import opening
from enforcement.data.history import Event
from enforcement.domain.permissions import Actor
from enforcement.settings import Settings

RUN = "IR-2026-0001"


def named(actor: Actor) -> str:
    return actor.identity.removeprefix("staff:")


@pytest.fixture
def story(
    begin: Callable[..., Any],
    engine: Engine,
    settings: Settings,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> RunStory:
    """Two cases wait at triage, in the instance that the commands open."""
    monkeypatch.setenv("ENFORCEMENT_INSTANCE", str(settings.instance))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr(opening, "now", lambda: NOW)
    told = RunStory(begin, engine, settings, cases=2, reference=RUN)
    told.open()
    return told


def command(*words: str, refused: str = "") -> str:
    """What `enforcement issue-runs …` prints; `refused` is said instead, with exit code 1."""
    result = CliRunner().invoke(main, ["issue-runs", *words])
    assert result.exit_code == (1 if refused else 0), result.output
    assert refused in result.stderr
    return result.stdout


def test_a_run_is_made_steered_and_cancelled(story: RunStory) -> None:
    olive = ("--as", named(OLIVE))
    assert command("list") == "There is no issue run yet.\n"
    plan = ("--method", "first_class", "--send-on", "2026-06-17")
    made = command("make", "--all", *plan, *olive)
    assert made.startswith(f"{RUN}: ")
    assert "2 notices, to be sent on 17 June 2026." in made

    def state(*words: str) -> str:
        return str(json.loads(command(*words, RUN, *olive, "--json"))["state"])

    assert state("pause", "--reason", "The printer is down.") == "paused"
    assert "The printer is down." in command("show", RUN)
    assert state("resume") == "drafting"
    command("freeze", RUN, *olive, refused="2 notices of IR-2026-0001 are still to be drafted.")
    story.work_on()
    assert "Manifest SHA-256 " in command("freeze", RUN, *olive)
    assert state("cancel", "--reason", "Sent by hand.") == "cancelled"
    command("resume", RUN, *olive, refused="is not paused")
    assert command("list").startswith(RUN)
    with story.begin(SAM) as work:
        steps = work.session.execute(
            select(Event.kind, Event.body)
            .where(Event.kind.in_(("issue_run_paused", "issue_run_resumed", "issue_run_cancelled")))
            .order_by(Event.id)
        ).all()
    assert [kind for kind, _ in steps] == [
        "issue_run_paused",
        "issue_run_resumed",
        "issue_run_cancelled",
    ]
    assert all(OLIVE.identity in body for _, body in steps)


def test_nobody_acts_under_an_unknown_name(story: RunStory) -> None:
    story.make()
    command("pause", RUN, "--reason", "x", "--as", "nobody", refused="There is no account “nobody”")
    assert story.states() == ["waiting", "waiting"]
