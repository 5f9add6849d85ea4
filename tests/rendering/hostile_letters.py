"""Invented letters meant to trip the press: long, wide, rare, repeated, missing, look-alike."""

from __future__ import annotations

from dataclasses import replace

from enforcement.rendering.facts import NoticeFacts, ProviderFacts, Recipient
from enforcement.rendering.samples import EVERY_KIND, MISSES, notice_of_intent, worst

LONG = "The Honourable Company of Invented Providers of Long Names and Care in Sample Counties"
NAMES = (
    "A",
    "1",
    "11111 1111 11",
    "AVAVAV To. W, Yo. LT P.A",
    "Ŵyn Łódź Ñandú Çelik Ŷmir",
    "Ωmega Care",
    "Ѐ Care",
    "fi ffl ffi Office Affairs",
    "“Quoted” ‘Care’ – and — more…",
    "<b>A & B</b> {{ 7*7 }} ]]> \"'",
    "%PDF-1.7 endstream endobj",
    "[<0024>] TJ (text) Tj \\ \\( \\)",
    "Qz001x",
    "Zw002xm",
    "4 February 2025",
    "£2,388.00",
    "No return made",
    "Two  spaces",
    " begins with a space",
    "No\u00a0break\u00a0here",
    "Hyphen-ated-words-without-spaces-that-may-break-at-a-hyphen-or-not",
    "Sampletonshirewideinventedundertakings" * 3,
    "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
    "ii" * 60,
)


def named(name: str, **parts: object) -> NoticeFacts:
    """The sample notice with `name` for the provider, the location and on the envelope."""
    fallback = name.strip() or "A"
    start = fallback if fallback[0] not in '@()=[]"\\/,<>~%“‘' else "A " + fallback
    default: dict[str, object] = {
        "provider": ProviderFacts(name, "1-900000001", "09999999"),
        "misses": tuple(replace(miss, location_name=name) for miss in MISSES),
        "recipient": Recipient(start, None, None, ("14 Sample Street",), "ZZ99 9ZZ"),
    }
    return notice_of_intent(**(default | parts))


def hostile_letters() -> list[NoticeFacts]:
    """Return them all."""
    found = [named(name) for name in NAMES]
    found += [named((LONG + " " + LONG)[:length].strip()) for length in range(20, 140, 5)]
    found += [named("Care", misses=MISSES[:1] * count) for count in (1, 2, 7, 8, 9, 24, 25)]
    found += [
        named("Care", support_contacts=()),
        named("Care", support_contacts=("Same words.",) * 5),
        named("Care", provider=ProviderFacts("Care", "1-9")),
        named("Care", provider=ProviderFacts("Care", "1-9", "1", "2")),
        named("Care", provider=ProviderFacts("Care", "1-9", None, "2")),
        named("Care", provider=ProviderFacts("Care", "1-9" * 25)),
        named("Care", reasons=("An officer’s own words.",)),
        named("Care", reference="<&>", notice_reference="&amp;<i>"),
        named("Care", reference="1", notice_reference="1"),
        *(worst(kind) for kind in ("notice_of_intent", "support", "payment_reminder")),
        *(make() for make in EVERY_KIND.values()),
    ]
    return found
