"""Versions of the words: proposed, checked, approved by a second person, pinned by each notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import notice_story as story
import pytest
from second_version import prove, second_version

from enforcement.data.policies import Policy
from enforcement.domain.permissions import Role
from enforcement.domain.refusals import (
    BadInput,
    GateClosed,
    NotAllowed,
    NotFound,
    SamePerson,
    TemplateChanged,
    WrongState,
)
from enforcement.rendering import templates as folders
from enforcement.services import (
    default_policies,
    letters,
    policies,
    policy_bodies,
    template_difference,
    templates,
)
from enforcement.services.sending import sweep_will_find

POLICY = story.person("polly", Role.POLICY)
LEADER = story.person("leith", Role.LEADER)
BOTH = story.person("bea", Role.POLICY, Role.LEADER)
DAY = story.NOW.date()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with second_version(tmp_path) as copied:
        yield copied


def propose(begin: Any, version: str = "v2", day: date = DAY, who: Any = POLICY) -> int:
    with begin(who) as work:
        return templates.propose(work, "support", version, day, "Plainer words, asked for.").id


def write(begin: Any, tale: story.Story, now: Any = story.NOW) -> Any:
    with begin(story.OFFICER, now) as work:
        case = tale.case(work)
        return letters.support(work, case, tale.recipient, tale.method, sweep_will_find)


def test_every_shipped_kind_has_approved_words_and_installing_again_adds_none(begin: Any) -> None:
    with begin(POLICY) as work:
        for kind in folders.kinds():
            pinned = templates.pinned(work.session, kind, DAY)
            assert pinned["template_sha256"] == folders.folder_sha256(kind, "v1")
        assert default_policies.install(work) == 0
        with pytest.raises(NotFound, match="in force"):
            templates.in_force(work.session, "support", date(2020, 1, 1))


def test_an_updated_database_gets_the_words_it_never_had(begin: Any) -> None:
    with begin(POLICY) as work:
        gone = templates.rows(work.session, "refund")[0]
        gone.body = {"version": "v1"}  # as it was kept before each kind had a row of its own
        work.session.flush()
        assert [(row[0], row[2]["kind"]) for row in default_policies.missing(work.session)] == [
            ("template", "refund")
        ]
        assert default_policies.install(work) == 1


def test_a_second_version_is_proposed_approved_and_pinned_from_its_day(
    begin: Callable[..., Any], folder: Path
) -> None:
    prove(folder, "support", "v2")
    tale = story.Story(begin)
    tale.triage()
    row = propose(begin, day=DAY + timedelta(days=2))
    with begin(POLICY) as work:
        stored = work.session.get_one(Policy, row)
        assert stored.body["sha256"] == folders.folder_sha256("support", "v2")
        assert [check["title"] for check in stored.body["checks"] if not check["ok"]] == []
        assert len(stored.body["checks"]) >= 8
    with begin(POLICY) as work, pytest.raises(WrongState, match="already proposed"):
        templates.propose(work, "support", "v2", DAY, "Again.")
    with begin(POLICY) as work, pytest.raises(NotAllowed):
        templates.approve(work, row)
    with begin(LEADER) as work:
        policy_bodies.approve(work, row)
    assert write(begin, tale).template_version == "v1"
    later = write(begin, tale, story.NOW + timedelta(days=2))
    assert later.template_version == "v2"
    assert later.facts["template_sha256"] == folders.folder_sha256("support", "v2")
    with begin(POLICY) as work:
        old, new = reversed([v for v in templates.shelf(work.session) if v.kind == "support"])
        assert old.spells[0].ends == DAY + timedelta(days=1)
        assert new.on(DAY) is None
        assert new.coming(DAY) is not None
        assert new.on(DAY + timedelta(days=2)) is not None


def test_a_version_without_proof_is_not_approved(begin: Callable[..., Any], folder: Path) -> None:
    row = propose(begin)
    with begin(LEADER) as work, pytest.raises(GateClosed, match="veraPDF"):
        templates.approve(work, row)
    with begin(LEADER) as work, pytest.raises(GateClosed):
        policies.approve(work, row)


def test_words_that_leave_out_what_the_law_requires_shut_a_gate(
    begin: Callable[..., Any], tmp_path: Path
) -> None:
    old, new = "ask the county court for an order", "do something about it"
    with second_version(tmp_path, "final_notice", old, new), begin(POLICY) as work:
        row = templates.propose(work, "final_notice", "v2", DAY, "Softer words.")
        shut = [check for check in row.body["checks"] if not check["ok"]]
        assert "the consequences of not paying" in shut[0]["detail"]


def test_whoever_proposed_may_not_approve(begin: Callable[..., Any], folder: Path) -> None:
    prove(folder, "support", "v2")
    row = propose(begin, who=BOTH)
    with begin(BOTH) as work, pytest.raises(SamePerson):
        templates.approve(work, row)


def test_a_folder_changed_on_disk_makes_no_notice_and_is_not_approved(
    begin: Callable[..., Any], folder: Path
) -> None:
    tale = story.Story(begin)
    tale.triage()
    row = propose(begin, "v1")
    words = folder / "support" / "v1" / folders.WORDS
    words.write_text(words.read_text(encoding="utf-8") + "<!-- -->", encoding="utf-8")
    with pytest.raises(TemplateChanged, match="not those that were approved") as refused:
        write(begin, tale)
    assert "Put the approved files back" in refused.value.fix
    with begin(LEADER) as work:
        prove(folder, "support", "v1")
        with pytest.raises((TemplateChanged, GateClosed)):
            templates.approve(work, row)
        (version,) = [
            one
            for one in templates.shelf(work.session)
            if (one.kind, one.version) == ("support", "v1")
        ]
        assert version.changed


@pytest.mark.parametrize(
    ("version", "day", "reason", "refusal"),
    [
        ("v1", DAY - timedelta(days=1), "Because.", BadInput),
        ("v1", DAY, " ", BadInput),
        ("v9", DAY, "Because.", BadInput),
    ],
)
def test_a_proposal_needs_a_folder_a_reason_and_a_day_to_come(
    begin: Callable[..., Any], version: str, day: date, reason: str, refusal: Any
) -> None:
    with begin(POLICY) as work, pytest.raises(refusal):
        templates.propose(work, "support", version, day, reason)


def test_words_are_proposed_on_their_own_page_alone(begin: Callable[..., Any]) -> None:
    body = {"kind": "support", "version": "v1", "sha256": "0" * 64}
    with begin(POLICY) as work, pytest.raises(BadInput, match="page of their version"):
        policy_bodies.propose(work, "template", DAY, body, "By the back door.")


def test_the_difference_marks_the_words_that_changed(folder: Path) -> None:
    texts = [template_difference.words_of("support", version) for version in ("v1", "v2")]
    rows = template_difference.difference(*texts)
    (changed,) = [row for row in rows if row.what == "changed"]
    assert [p.text for p in changed.old if p.changed] == ["Help"]
    assert [p.text for p in changed.new if p.changed] == ["Support"]
    assert rows[-1].what == "skipped"
    files = [template_difference.files_of("support", version) for version in ("v1", "v2")]
    assert [r.what for r in template_difference.difference(*files)].count("changed") == 1


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([], [], []),
        (["a"], ["a"], ["skipped"]),
        (["a"], ["a", "b"], ["same", "added"]),
        (["a", "b"], ["b"], ["removed", "same"]),
        (["a b"], ["a c"], ["changed"]),
        (list("abcdefgh"), list("abcdefgX"), ["skipped", "same", "same", "changed"]),
    ],
)
def test_lines_are_set_side_by_side(old: list[str], new: list[str], expected: list[str]) -> None:
    assert [row.what for row in template_difference.difference(old, new)] == expected
