"""The required elements are proven from the words on the page, and missed when cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from enforcement.domain.refusals import MissingElement
from enforcement.rendering.elements import check_elements
from enforcement.rendering.facts import PeriodFacts
from enforcement.rendering.paper import render
from enforcement.rendering.samples import EVERY_KIND, final_notice, notice_of_intent, withdrawal

NUMBER = {
    "notice_of_intent": 4,
    "final_notice": 6,
    "withdrawal": 2,
    "no_penalty": 5,
    "acknowledgement": 3,
    "support": 5,
    "payment_reminder": 6,
    "refund": 5,
    "reg9_certificate": 4,
    "giving_certificate": 7,
}


def test_each_kind_sets_out_its_elements(kind, printed):
    checks = check_elements(EVERY_KIND[kind](), printed.text)
    assert len(checks) == NUMBER[kind]
    assert all(check.present and check.where for check in checks)


def test_empty_paper_has_none(kind):
    facts = EVERY_KIND[kind]()
    checks = check_elements(facts, "Dear provider, we are writing to you.")
    assert len(checks) == NUMBER[facts.kind]
    assert not any(check.present for check in checks)


@pytest.mark.parametrize(
    ("make", "cut", "citation"),
    [
        (notice_of_intent, "£2,388.00", "4(2)(a)"),
        (notice_of_intent, "November 2024", "4(2)(b)"),
        (notice_of_intent, "1-900000011", "4(2)(b)"),
        (notice_of_intent, "a reasonable excuse", "4(2)(c)"),
        (notice_of_intent, "you are a public body", "4(2)(c)"),
        (notice_of_intent, "written representations", "4(2)(d)"),
        (notice_of_intent, "21 February 2025", "4(2)(d)"),
        (final_notice, "£2,388.00", "6(3)(a)"),
        (final_notice, "Three returns in a row", "6(3)(b)"),
        (final_notice, "sort code 00-00-00", "6(3)(c)"),
        (final_notice, "ASC000123N2", "6(3)(c)"),
        (final_notice, "You must pay by", "6(3)(d)"),
        (final_notice, "5pm on", "6(3)(e)"),
        (final_notice, "First-tier Tribunal", "6(3)(e)"),
        (final_notice, "county court", "6(3)(f)"),
        (withdrawal, "has no effect", "reg 7"),
    ],
)
def test_a_cut_phrase_is_missed(make, cut, citation):
    facts = make()
    words = " ".join(render(facts).text.split())
    assert cut in words
    missed = [check for check in check_elements(facts, words.replace(cut, "")) if not check.present]
    assert any(check.citation.endswith(citation) for check in missed)


def test_a_period_under_fourteen_days_is_not_printed():
    short = PeriodFacts(date(2025, 2, 8), date(2025, 2, 20), date(2025, 3, 20))
    with pytest.raises(MissingElement, match="right to make representations"):
        render(notice_of_intent(period=short))


def test_a_notice_without_reasons_is_not_printed():
    with pytest.raises(MissingElement, match="the reasons"):
        render(notice_of_intent(misses=(), threshold_sentence=""))


def test_a_false_or_misleading_case_needs_stated_reasons():
    facts = notice_of_intent(
        breach="false_or_misleading", misses=(), threshold_sentence="", threshold_citation=""
    )
    with pytest.raises(MissingElement, match="the reasons"):
        render(facts)
    reason = "You reported 20 occupied beds in June 2025; your own register shows 4."
    printed = render(replace(facts, reasons=(reason,)))
    assert reason in " ".join(printed.text.split())
    assert "false or misleading to a material extent" in " ".join(printed.text.split())
