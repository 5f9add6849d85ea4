"""A second version of a kind's words, made for a test in a copy of the templates folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from enforcement.rendering import templates, words


@contextmanager
def second_version(
    folder: Path, kind: str = "support", old: str = "Help with", new: str = "Support with"
) -> Iterator[Path]:
    """The templates folder copied, with `kind` in a version v2 that says `new` for `old`."""
    copied = folder / "notices"
    shutil.copytree(templates.TEMPLATES, copied)
    shutil.copytree(copied / kind / "v1", copied / kind / "v2")
    held = copied / kind / "v2" / templates.WORDS
    text = held.read_text(encoding="utf-8")
    assert old in text
    held.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(templates, "TEMPLATES", copied)
        words._environment.cache_clear()
        try:
            yield copied
        finally:
            words._environment.cache_clear()


def prove(copied: Path, kind: str, version: str) -> None:
    """Keep a proof for the version's fingerprint, as publishing it would."""
    path = copied / templates.PROOFS
    held = json.loads(path.read_text(encoding="utf-8"))
    proof = held["templates"][kind]["v1"] | {
        "folder_sha256": templates.folder_sha256(kind, version)
    }
    held["templates"][kind][version] = proof
    path.write_text(json.dumps(held), encoding="utf-8")
