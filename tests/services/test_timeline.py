from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from enforcement.data.history import Event, EventText
from enforcement.domain.events import KINDS, Fact
from enforcement.domain.permissions import Actor, provider_actor, system_actor
from enforcement.services import timeline
from enforcement.services.work import Work

Begin = Callable[..., AbstractContextManager[Work]]


def test_every_kind_of_event_has_words_and_a_group() -> None:
    assert set(timeline.WORDS) == set(KINDS)
    assert {words.group for words in timeline.WORDS.values()} <= set(timeline.GROUPS)


def test_the_name_of_a_kind_in_a_list_is_whole() -> None:
    """A sentence that is none without its fact has another name in the list of kinds."""
    cut = ("given on", "due on", ", on", "Assigned to", ", about", ", due", ", until")
    names = [words.name for words in timeline.WORDS.values()]
    assert [name for name in names if name.endswith(cut)] == []
    assert len(set(names)) == len(names)
    assert "Appeal" not in names


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("pence", 123456, "£1,234.56"),
        ("balance", -5, "−£0.05"),
        ("given_on", "2026-06-08", "8 June 2026"),
        ("window", "2026-05", "May 2026"),
        ("clock", "appeal_response", "response to the appeal"),
        ("recommendation", "no_penalty", "no penalty"),
        ("late", True, "yes"),
        ("rule", "appeal-after-sent", "appeal after sent"),
        ("differences", [], "none"),
        ("counts", {"open": 3, "at_risk": 4, "area": ""}, "open 3, at risk 4"),
        ("entered_by", "staff:D1001", "staff number D1001"),
        (
            "calendar",
            "ENG holidays-0.109 +0-overrides/4f53cda1",
            "Bank holidays of England, no day changed by us",
        ),
        ("calendar", "not used: calendar days only", "not used: calendar days only"),
        ("evidence", "placed 2026-06-23T10:18:00+00:00", "placed 23 June 2026, 11:18am"),
        ("pdf_sha256", "ab" * 32, "ab" * 32),
    ],
)
def test_values_are_told_as_people_read_them(name: str, value: object, words: str) -> None:
    assert timeline.value_words(name, value) == words


def test_an_event_is_told_with_who_what_and_words(begin: Begin, people: dict[str, Actor]) -> None:
    with begin(people["officer"]) as work:
        event = work.record(
            "case:ASC-2026-000001", "case_noted", {"note": 7}, texts={"text": "Rang them."}
        )
        work.session.flush()
        [told] = timeline.tell_all(work.session, [event])
    assert (told.title, told.by, told.number) == ("Note added", "person", 1)
    assert told.facts == (("Note number", "7"),)
    assert [said.text for said in told.texts] == ["Rang them."]
    assert told.hash == event.hash


def test_what_changed_is_told_before_and_after(begin: Begin, people: dict[str, Actor]) -> None:
    changes = [{"roles": ["officer"]}, {"roles": ["officer", "senior"]}]
    with begin(people["admin"]) as work:
        event = work.record(
            "account:nina", "account_changed", {"username": "nina", "changes": changes}
        )
        told = timeline.tell(event)
    assert told.title == "Account changed: nina"
    assert told.facts == (
        ("Before", "roles Enforcement officer"),
        ("After", "roles Enforcement officer, Senior officer (approver)"),
    )


def test_codes_are_told_in_words_and_the_machine_s_own_key_is_not(begin: Begin) -> None:
    facts: dict[str, Fact] = {
        "task": 3,
        "kind": "reminder_due",
        "due_on": "2026-11-27",
        "key": "reminder_due ASC-2026-000001-N2 soon 2026-11-27",
    }
    with begin(system_actor("worker")) as work:
        told = timeline.tell(work.record("case:ASC-2026-000001", "task_opened", facts))
        sent: dict[str, Fact] = {"notice": "N1", "pdf_sha256": "ab", "channel": "print"}
        issued = timeline.tell(work.record("case:ASC-2026-000001", "intent_issued", sent))
    assert (told.title, told.who) == ("Task opened: Send a payment reminder", "the service itself")
    assert told.facts == (("Due on", "27 November 2026"), ("Task number", "3"))
    assert ("Channel", "post") in issued.facts


def test_an_erased_text_says_so_and_on_whose_authority(
    begin: Begin, people: dict[str, Actor]
) -> None:
    with begin(people["officer"]) as work:
        event = work.record("case:ASC-2026-000001", "case_noted", {"note": 1})
        erased = EventText(
            event_id=event.id, name="text", erased_at=work.now, erased_authority="Schedule 4"
        )
        [said] = timeline.tell(event, [erased]).texts
    assert said.erased
    assert said.text == "Erased lawfully on 16 June 2026: Schedule 4"


def test_people_the_system_and_providers_are_told_apart(begin: Begin) -> None:
    for actor, by in (
        (system_actor("sender"), "system"),
        (provider_actor("L-1", "Thistledown House"), "provider"),
    ):
        with begin(actor) as work:
            event = work.record(f"case:{by}", "link_opened", {"link": "L-1"})
            assert timeline.tell(event).by == by


def test_a_kind_without_words_is_told_by_its_name() -> None:
    body = '{"actor":"system:x","actor_name":"x","role":"system","facts":{},"previous":"0"}'
    event = Event(id=1, stream="s", seq=1, hash="h", kind="tea_made", body=body)
    assert timeline.tell(event).title == "Tea made"
