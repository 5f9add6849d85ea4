"""What must hold for every page of both sites, read by a strict HTML parser."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import html5lib

UNLABELLED = {"hidden", "submit", "button", "reset", "image"}


class BadPage(AssertionError):
    """A page breaks a rule; the text lists each."""


def check_page(html: str, *, form_actions: bool = True) -> None:
    """Fail with a list of every fault found in `html`."""
    faults = [*_parse_faults(html)]
    root = html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=False)
    parents = {child: parent for parent in root.iter() for child in parent}
    faults += _head_faults(root)
    faults += _heading_faults(root)
    faults += _label_faults(root, parents)
    faults += _link_faults(root)
    faults += _inline_faults(root)
    faults += _id_faults(root)
    if form_actions:
        faults += _form_faults(root)
    faults += [f"left over in the text: {text}" for text in _left_over(root)]
    if faults:
        raise BadPage("\n".join(faults))


def _parse_faults(html: str) -> Iterator[str]:
    parser = html5lib.HTMLParser()
    parser.parse(html)
    lines = html.splitlines()
    for (line, column), name, values in parser.errors:
        near = lines[line - 1].strip()[:120] if 0 < line <= len(lines) else ""
        yield f"not strict HTML: {name} {values} at {line}:{column} near {near!r}"


def _text(node: Element) -> str:
    return " ".join("".join(node.itertext()).split())


def _named(root: Element, *names: str) -> list[Element]:
    return [node for node in root.iter() if isinstance(node.tag, str) and node.tag in names]


def _head_faults(root: Element) -> Iterator[str]:
    titles = [_text(node) for node in _named(root, "title") if node.get("class") is None]
    page_title = titles[0] if titles else ""
    if not re.search(r"\S – (Enforcement|Reply to a notice)$", page_title):
        yield f"the title must be “heading – service”: {page_title!r}"
    if _named(root, "html")[0].get("lang") is None:
        yield "the page has no language"


def _heading_faults(root: Element) -> Iterator[str]:
    heads = [_text(node) for node in _named(root, "h1")]
    if len(heads) != 1 or not heads[0]:
        yield f"one h1, found {heads}"
    level = 0
    for node in _named(root, "h1", "h2", "h3", "h4", "h5", "h6"):
        now = int(str(node.tag)[1])
        if level and now > level + 1:
            yield f"heading level jumps from {level} to {now}: {_text(node)!r}"
        level = now


def _inside_label(node: Element, parents: dict[Element, Element]) -> bool:
    while node in parents:
        node = parents[node]
        if node.tag == "label":
            return True
    return False


def _label_faults(root: Element, parents: dict[Element, Element]) -> Iterator[str]:
    targets = {node.get("for") for node in _named(root, "label") if _text(node)}
    ids = {node.get("id") for node in root.iter()}
    for node in _named(root, "input", "select", "textarea"):
        if node.get("type") in UNLABELLED:
            continue
        named = node.get("aria-label") or node.get("aria-labelledby")
        if node.get("id") not in targets and not named and not _inside_label(node, parents):
            yield f"no label for {node.get('name')!r}"
        for one in (node.get("aria-describedby") or "").split():
            if one not in ids:
                yield f"{node.get('name')!r} is described by {one!r}, which is not there"


def _link_faults(root: Element) -> Iterator[str]:
    ids = {node.get("id") for node in root.iter()}
    for node in _named(root, "button", "a"):
        if not _text(node) and not node.get("aria-label"):
            yield f"a {node.tag} without words: {node.attrib}"
    for node in _named(root, "a"):
        href = node.get("href") or ""
        if href.startswith("#") and href[1:] not in ids:
            yield f"a link to {href}, which is not on the page"
        if not href:
            yield f"a link to nowhere: {_text(node)!r}"
    for node in _named(root, "img"):
        if node.get("alt") is None:
            yield f"a picture without alt: {node.get('src')}"


def _inline_faults(root: Element) -> Iterator[str]:
    for node in root.iter():
        for name in node.attrib:
            if str(name).startswith("on") or name == "style":
                yield f"inline {name} on {node.tag}"
    for node in _named(root, "style"):
        yield f"a style element: {_text(node)[:60]!r}"
    for node in _named(root, "script"):
        if not node.get("nonce"):
            yield "a script without a nonce"
    for node in _named(root, "script", "img", "iframe", "link", "form"):
        for name in ("src", "href", "action"):
            value = node.get(name) or ""
            if re.match(r"(?:[a-z]+:)?//", value):
                yield f"something from outside: {value}"


def _id_faults(root: Element) -> Iterator[str]:
    found = Counter(node.get("id") for node in root.iter() if node.get("id"))
    yield from (f"the id {name!r} stands {n} times" for name, n in found.items() if n > 1)


def _form_faults(root: Element) -> Iterator[str]:
    for form in _named(root, "form"):
        method = (form.get("method") or "get").lower()
        names: list[Any] = [node.get("name") for node in _named(form, "input")]
        if method == "post" and "csrf_token" not in names:
            yield f"a form to {form.get('action')!r} without a CSRF token"
        if method not in ("get", "post"):
            yield f"a form with the method {method!r}"
        uploads = [node for node in _named(form, "input") if node.get("type") == "file"]
        if uploads and form.get("enctype") != "multipart/form-data":
            yield "a form with files but without multipart/form-data"


def _left_over(root: Element) -> Iterator[str]:
    for body in _named(root, "body"):
        shown = "".join(body.itertext())
        yield from (m for m in re.findall(r"\{\{|\}\}|\{%|%\}|&amp;lt;|Undefined", shown))
