"""The folders that the words and the paper of notices come from.

`templates/notices/<kind>/<version>/` holds the words of one kind. They name one version of the
paper, `templates/notices/paper/<version>/`: layout, screen twin, shared parts, stylesheets. A
version that a notice was issued from never changes; its fingerprint proves it.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enforcement.domain.refusals import BadInput
from enforcement.rendering.facts import KINDS

TEMPLATES = Path(__file__).parents[2] / "templates" / "notices"
PAPER = "paper"
WORDS = "words.html"
PROOFS = "proofs.json"
_VERSION = re.compile(r"v[1-9][0-9]{0,3}")
_NAMED_PAPER = re.compile(rf"\b{PAPER}/({_VERSION.pattern})/")


@dataclass(frozen=True)
class SourceFile:
    """One file of a template: its path below `templates/notices` and its text."""

    path: str
    text: str


def kinds() -> tuple[str, ...]:
    """Return the kinds of notice that have a template folder."""
    return tuple(kind for kind in KINDS if versions(kind))


def versions(kind: str) -> tuple[str, ...]:
    """Return the versions of a kind's template, oldest first; none for an unknown kind."""
    if kind not in KINDS:
        return ()
    found = (folder.parent.name for folder in (TEMPLATES / kind).glob(f"*/{WORDS}"))
    return tuple(sorted(filter(_VERSION.fullmatch, found), key=lambda name: int(name[1:])))


def words_path(kind: str, version: str) -> str:
    """Return the path of the words below `templates/notices`; refuses BadInput for none."""
    if not _VERSION.fullmatch(version):
        raise BadInput(f"“{version}” is not a template version.")
    path = f"{kind}/{version}/{WORDS}"
    if kind not in KINDS or not (TEMPLATES / path).is_file():
        raise BadInput(f"There is no template {kind} {version}.")
    return path


def paper_version(kind: str, version: str) -> str:
    """Return the version of the paper that the words name. Refuses BadInput unless it is one."""
    text = (TEMPLATES / words_path(kind, version)).read_text(encoding="utf-8")
    named = set(_NAMED_PAPER.findall(text))
    if len(named) != 1:
        raise BadInput(f"The template {kind} {version} must name one version of the paper.")
    (found,) = named
    return str(found)


def source(kind: str, version: str) -> tuple[SourceFile, ...]:
    """Return every file that a notice of this kind and version is made with, in a fixed order.

    For comparing two versions. Refuses BadInput for an unknown one.
    """
    return tuple(
        SourceFile(path.relative_to(TEMPLATES).as_posix(), path.read_text(encoding="utf-8"))
        for path in _files(kind, version)
    )


def folder_sha256(kind: str, version: str) -> str:
    """Return the fingerprint of the words and of the paper they use: names and bytes of all files.

    Refuses BadInput for an unknown kind or version.
    """
    whole = hashlib.sha256()
    for path in _files(kind, version):
        held = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{path.relative_to(TEMPLATES).as_posix()}\t{held}\n".encode())
    return whole.hexdigest()


def unproven(kind: str, version: str) -> tuple[str, ...]:
    """Return why a template is not proven to be accessible and lasting; empty when it is.

    The proof, in `proofs.json`, is veraPDF’s verdict on the usual and the hardest notice and on
    large print. It is of one fingerprint: after any change of the folder it holds no longer.
    Refuses BadInput for an unknown kind or version.
    """
    now = folder_sha256(kind, version)
    held = proofs().get(kind, {}).get(version)
    if held is None:
        return (f"There is no proof of the template {kind} {version}.",)
    if held["folder_sha256"] != now:
        return (f"The template {kind} {version} has changed since it was proven.",)
    return tuple(
        f"{what.replace('_', ' ').capitalize()}: {fault}"
        for what, verdict in held["proofs"].items()
        for fault in verdict["faults"]
    )


def proofs() -> dict[str, dict[str, Any]]:
    """Return the proofs kept beside the templates, by kind and version."""
    held = json.loads((TEMPLATES / PROOFS).read_text(encoding="utf-8"))
    kept: dict[str, dict[str, Any]] = held["templates"]
    return kept


def _files(kind: str, version: str) -> list[Path]:
    words = (TEMPLATES / words_path(kind, version)).parent
    paper = TEMPLATES / PAPER / paper_version(kind, version)
    return [
        path for folder in (words, paper) for path in sorted(folder.iterdir()) if path.is_file()
    ]
