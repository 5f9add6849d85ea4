"""Standard paragraphs: a beginning to write from, never the whole of an answer.

A decision-maker who refuses with nothing but standard words has not looked at the case (the
public-law rule against fettering): words of this case must stand beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from enforcement.domain.refusals import BadInput

LEAST_OWN_WORDS = 5
LONGEST = 2_000


def own_words(text: str, standard: Iterable[str]) -> str:
    """What is left of a text when the standard paragraphs in it are taken out."""
    left = " ".join(text.split())
    for paragraph in sorted((" ".join(one.split()) for one in standard), key=len, reverse=True):
        if paragraph:
            left = left.replace(paragraph, " ")
    return " ".join(left.split())


def refuse_standard_alone(view: str, answer: str, standard: Iterable[str]) -> None:
    """Refuse (BadInput) to turn a point down, wholly or in part, in standard words alone."""
    if view == "accepted":
        return
    used = [one for one in standard if " ".join(one.split()) in " ".join(answer.split())]
    if used and len(own_words(answer, used).split()) < LEAST_OWN_WORDS:
        raise BadInput(
            "Standard words alone do not answer a point that is not accepted.",
            rule="Public law: each case is decided on its own facts",
            fix="Add, in your own words, why this point does not hold in this case.",
        )


def check_body(body: Mapping[str, str]) -> None:
    """Refuse (BadInput) a policy row that is no paragraph."""
    title, text = body.get("title", "").strip(), body.get("text", "").strip()
    if not title or not text:
        raise BadInput("A standard paragraph has a title and its words.")
    if len(text) > LONGEST:
        raise BadInput(f"A standard paragraph has at most {LONGEST:,} characters.")
