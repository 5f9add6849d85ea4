"""The forms of a page as a browser would send them, and bad input for each kind of field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

LONG = "x" * 100_000
UNSEEN = "Words\u202ethat\u200bhide\x00"
NOBODYS = "9" * 24
Values = dict[str, Any]


@dataclass
class Control:
    """One name of a form: what kind of field it is and what it offers."""

    name: str
    kind: str  # text, money, number, date, choice, tick, file, hidden or secret
    id: str = ""
    values: list[str] = field(default_factory=list)


@dataclass
class Form:
    """Where a form is sent and what it asks."""

    action: str
    controls: dict[str, Control] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(sorted(self.controls))


class _Reader(HTMLParser):
    """Forms of one page, in order. The page's own address stands in for a missing action."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.found = address, list[Form]()
        self._form: Form | None = None
        self._select: Control | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form" and said.get("method", "get").lower() == "post":
            self._form = Form(said.get("action") or self.address)
        if self._form is None:
            return
        if tag == "option" and self._select is not None:
            self._select.values.append(said.get("value", ""))
        if tag in ("input", "textarea", "select", "button") and said.get("name"):
            self._add(tag, said)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None:
            self.found.append(self._form)
            self._form = None
        if tag == "select":
            self._select = None

    def _add(self, tag: str, said: dict[str, str]) -> None:
        assert self._form is not None
        controls, name = self._form.controls, said["name"]
        if name in controls and controls[name].kind == "number":
            controls[name].kind = "date"  # three boxes of one name
            return
        control = controls.setdefault(name, Control(name, _kind(tag, said), said.get("id", "")))
        if tag == "select":
            self._select = control
        elif control.kind in ("choice", "tick", "hidden", "button"):
            control.values.append(said.get("value", ""))


def _kind(tag: str, said: dict[str, str]) -> str:
    if tag == "select":
        return "choice"
    if tag == "button":
        return "button"
    by_type = {
        "radio": "choice", "checkbox": "tick", "hidden": "hidden", "file": "file",
        "password": "secret", "submit": "button",
    }  # fmt: skip
    by_mode = {"decimal": "money", "numeric": "number"}
    kind = by_type.get(said.get("type", ""), by_mode.get(said.get("inputmode", ""), "text"))
    return kind


def forms_of(address: str, html: str) -> list[Form]:
    """Every form of the page that is sent by POST."""
    reader = _Reader(address)
    reader.feed(html)
    return reader.found


def plausible(form: Form) -> Values:
    """What somebody might send in good faith."""
    good: dict[str, Callable[[Control], Any]] = {
        "text": lambda c: "Plausible words",
        "money": lambda c: "12.50",
        "number": lambda c: "14",
        "date": lambda c: ["1", "6", "2026"],
        "choice": lambda c: next((v for v in c.values if v), ""),
        "tick": lambda c: c.values[0],
        "hidden": lambda c: c.values[0],
        "secret": lambda c: "a long invented passphrase 17",
    }
    return {
        name: good[control.kind](control)
        for name, control in form.controls.items()
        if control.kind in good
    }


def _file() -> list[tuple[BytesIO, str]]:
    return [(BytesIO(b"MZ\x90\x00 not a document"), "run.exe")]


# What is wrong: the kinds of field it is tried on, and what is sent there.
BAD: dict[str, tuple[tuple[str, ...], Callable[[], Any]]] = {
    "nothing": (("text", "money", "number", "date", "choice", "tick", "secret"), lambda: ""),
    "too long": (("text",), lambda: LONG),
    "unseen characters": (("text",), lambda: UNSEEN),
    "an impossible date": (("date",), lambda: ["31", "2", "2026"]),
    "no date": (("date",), lambda: ["x", "1e3", "-1"]),
    "a negative sum": (("money", "number"), lambda: "-5"),
    "a huge sum": (("money", "number"), lambda: NOBODYS),
    "no sum": (("money", "number"), lambda: "ten"),
    "an unknown choice": (("choice",), lambda: "no-such-choice"),
    "a forged id": (("hidden",), lambda: NOBODYS),
    "a program": (("file",), _file),
}


def attacked(form: Form, wrong: str) -> tuple[list[Control], Values]:
    """The fields the wrong thing is put into, and all that is sent."""
    kinds, value = BAD[wrong]
    targets = [
        control
        for control in form.controls.values()
        if control.kind in kinds and control.name not in ("csrf_token", "seen", "back")
    ]
    values = plausible(form) | {control.name: value() for control in targets}
    if wrong == "too long" and len(targets) > 4:  # a form larger than 500 kB is refused whole
        values |= {control.name: LONG[: 400_000 // len(targets)] for control in targets}
    return targets, values


def attacks(form: Form) -> Iterator[tuple[str, list[Control], Values]]:
    """Every wrong thing that the form has a field for."""
    for wrong in BAD:
        targets, values = attacked(form, wrong)
        if targets:
            yield wrong, targets, values


REFUSED = frozenset({200, 400, 403, 404, 409, 413, 422})


def taken(client: Any, page: str, action: str = "", *, spare: tuple[str, ...] = ()) -> list[str]:
    """Bad input that the form for `action` on this page did not refuse in words.

    `spare` names what is no fault of this form: a field that may stay empty, a key that is not a
    version. Done on a 303, a failure or a page without an error.
    """
    shown = client.get(page).text
    forms = [one for one in forms_of(page, shown) if one.action == (action or page)]
    assert forms, f"no form for {action or page} on {page}"
    found = []
    for wrong, _, values in attacks(forms[0]):
        if wrong in spare:
            continue
        answer = client.post(forms[0].action, data=values, content_type="multipart/form-data")
        said = "nhsuk-error-summary" in answer.text or answer.status_code in (403, 404)
        if answer.status_code not in REFUSED or not said:
            found.append(f"{forms[0].action}, {wrong}: {answer.status_code}")
    return found
