"""Hostile, huge and foreign input: printed as it is written, or refused with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from enforcement.domain.refusals import CannotPrint, MissingElement
from enforcement.rendering.facts import NoticeFacts, PaymentFacts, ProviderFacts, Recipient
from enforcement.rendering.paper import html_twin, render
from enforcement.rendering.samples import MISSES, sample
from enforcement.rendering.wording import MOST_SINGLE, listed_months, window_lines

NAME_130 = ("The Invented Worshipful Society of Very Long Names " * 3)[:130]
ADDRESS = sample("refund").recipient


def squash(text: str) -> str:
    return "".join(text.split())


def refund(**parts: object) -> NoticeFacts:
    return sample("refund", **parts)


# --- names -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name",
    [
        NAME_130,
        "Дім турботи «Калина»",
        "Οίκος Φροντίδας",
        "Gofal Tŷ Ŵyn Cyfyngedig",
        "Łódź Çağlar Ñandú Þórr Žižka",
        "W" * 80,
        "THE INVENTED COMPANY OF PROVIDERS WITH CAPITAL LETTERS IN THE NORTH",
        "{{ 7*7 }} {% include 'x' %} {# x #}",
        "<b>Bold</b> & <script>x</script>",
        "file:///etc/passwd",
        "https://127.0.0.1:9/x.css",
        "url(file:///etc/hostname)",
    ],
)
def test_a_name_is_printed_as_it_is_written(name):
    parts = {
        "provider": ProviderFacts(name, "1-900000001"),
        "recipient": replace(ADDRESS, name=name),
    }
    if name[0] in "<{":
        parts["recipient"] = ADDRESS
    printed = render(refund(**parts))
    assert squash(name) in squash(printed.text)
    assert printed.pages <= 2


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("مركز الرعاية", "U\\+0645 ARABIC LETTER MEEM"),
        ("爱心护理", "U\\+7231 CJK UNIFIED IDEOGRAPH-7231"),
        ("Care 🏠 Ltd", "U\\+1F3E0 HOUSE BUILDING"),
        ("돌봄", "U\\+B3CC HANGUL SYLLABLE DOL"),
        ("Left\u202eRight", "U\\+202E RIGHT-TO-LEFT OVERRIDE"),
    ],
)
def test_a_name_that_cannot_be_printed_is_refused_by_its_character(name, named):
    with pytest.raises(CannotPrint, match=named):
        render(refund(provider=ProviderFacts(name, "1-900000001")))


# --- addresses -------------------------------------------------------------------------------
def at(*lines: str, name: str = "Invented Care Ltd", postcode: str = "ZZ1 1ZZ") -> Recipient:
    return Recipient(name, None, None, lines, postcode)


@pytest.mark.parametrize(
    ("recipient", "words"),
    [
        (at("1 Sample Street", postcode=""), "has no postcode"),
        (at("1 Sample Street", postcode="  "), "has no postcode"),
        (at("1 Sample Street", postcode="Sampleton"), "“Sampleton” is not a UK postcode"),
        (at("1 Rue Inventée", "France", postcode="75001"), "“75001” is not a UK postcode"),
        (at("– –", name="Care"), "“– –” has neither a letter nor a digit"),
        (at("No fixed abode"), "not a postal address"),
        (at("BFPO 10", "England", postcode="BF1 1AA"), "must not have a country"),
        (at("/1 Sample Street"), "begins with “/”"),
        (at(), "takes 2 lines"),
        (at(*["x" * 60] * 9), "shows 3 to 7"),
        (at(*["Long Sample Line of the Address, Building Number"] * 9), "shows 3 to 7"),
    ],
)
def test_an_address_that_cannot_be_posted_is_refused_with_the_reason(recipient, words):
    with pytest.raises(CannotPrint, match=words) as refused:
        render(refund(recipient=recipient))
    assert refused.value.fix or refused.value.rule


def test_an_address_of_nine_short_lines_is_joined():
    lines = ("Unit 4", "First floor", "Invented House", "The Yard", "14 Sample Street",
             "Little Example", "Exampleton", "Sampleshire", "England")  # fmt: skip
    shown = window_lines(at(*lines))
    assert len(shown) <= 7
    assert ", ".join(shown[1:-1]) == ", ".join(lines)
    assert squash("Unit 4") in squash(render(refund(recipient=at(*lines))).text)


def test_a_certificate_needs_no_address_that_can_be_posted():
    printed = render(sample("giving_certificate", recipient=at("1 Rue Inventée", postcode="75001")))
    assert not any(mark.in_window for mark in printed.marks)
    assert "1 Rue Inventée, 75001" in " ".join(printed.text.split())


# --- many rows -------------------------------------------------------------------------------
def spread(locations: int, windows: int = 3) -> tuple[object, ...]:
    return tuple(
        replace(miss, location_id=f"1-9{n:08}", location_name=f"Invented House {n}")
        for n in range(locations)
        for miss in (MISSES * 4)[:windows]
    )


def test_forty_one_locations_are_all_told():
    printed = render(sample("notice_of_intent", misses=spread(41)))
    words = squash(printed.text)
    assert printed.pages <= 10
    for n in range(41):
        months = "October, November, December 2024"
        row = f"Invented House {n} 1-9{n:08} Care home {months} No return made"
        assert squash(row) in words


def test_more_than_ten_pages_are_refused():
    with pytest.raises(CannotPrint, match="pages; at most 10 can be posted"):
        render(sample("notice_of_intent", misses=spread(420)))


@pytest.mark.parametrize("count", [MOST_SINGLE, MOST_SINGLE + 1])
def test_few_misses_are_told_one_by_one_and_many_by_location(count):
    misses = tuple(replace(MISSES[0], location_id=f"1-9{n:08}") for n in range(count))
    html = render(sample("notice_of_intent", misses=misses)).html
    assert ("The months and their windows" in html) is (count > MOST_SINGLE)
    assert all(miss.location_id in html for miss in misses)


@pytest.mark.parametrize(
    ("months", "words"),
    [
        (["October 2024"], "October 2024"),
        (["October 2024", "November 2024"], "October, November 2024"),
        (["December 2024", "January 2025"], "December 2024, January 2025"),
        (["May 2024", "June 2024", "May 2025"], "May, June 2024, May 2025"),
    ],
)
def test_months_are_told_with_each_year_once(months, words):
    assert listed_months(months) == words


# --- values that are not there ---------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "parts", "element"),
    [
        ("payment_reminder", {"payment": PaymentFacts(MISSES[0].opens, "X", ())}, "how to pay"),
        ("support", {"misses": ()}, "the returns that are missing"),
        ("no_penalty", {"misses": ()}, "the months that are closed"),
        ("reg9_certificate", {"dated": MISSES[0].opens}, "not received by a date"),
    ],
)
def test_a_letter_without_what_it_is_for_is_not_printed(kind, parts, element):
    with pytest.raises(MissingElement, match=element):
        render(sample(kind, **parts))


def test_the_screen_twin_shows_hostile_words_as_words(kind):
    hostile = ProviderFacts("<img src=x onerror=alert(1)>{{ 7*7 }}", "1-900000001")
    html = html_twin(sample(kind, provider=hostile))
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;{{ 7*7 }}" in html
