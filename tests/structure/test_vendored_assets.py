"""The vendored design system is what was published, whole, and of the templates' version."""

from __future__ import annotations

import hashlib
import re
from importlib.metadata import metadata
from pathlib import Path

import enforcement

STATIC = Path(enforcement.__file__).parent / "web" / "static"
OWN = {"site.css", "start.js", "SHA256SUMS", "LICENCE-nhsuk-frontend.txt"}


def _sums() -> dict[str, str]:
    lines = (STATIC / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {place: digest for digest, place in (line.split("  ", 1) for line in lines)}


def test_every_vendored_file_has_its_hash() -> None:
    found = {place: hashlib.sha256((STATIC / place).read_bytes()).hexdigest() for place in _sums()}
    assert found == _sums()


def test_nothing_else_lies_beside_them() -> None:
    here = {p.relative_to(STATIC).as_posix() for p in STATIC.rglob("*") if p.is_file()}
    assert here == OWN | set(_sums())


def test_files_and_templates_are_of_one_version() -> None:
    described = metadata("nhsuk-frontend-jinja")
    words = described["Description"] or str(described.get_payload())
    mirrors = {
        jinja: css for css, jinja in re.findall(r"^\| ([\d.]+) \| ([\d.]+) \|$", words, re.M)
    }
    wanted = mirrors[described["Version"]]
    assert {f"nhsuk-frontend-{wanted}.min.css", f"nhsuk-frontend-{wanted}.min.js"} <= set(_sums())
    assert f'"./nhsuk-frontend-{wanted}.min.js"' in (STATIC / "start.js").read_text()
    layout = Path(enforcement.__file__).parents[1] / "templates" / "layout.html"
    assert f"nhsuk-frontend-{wanted}.min.css" in layout.read_text(encoding="utf-8")


def test_no_style_or_script_names_another_host() -> None:
    for path in (*STATIC.glob("*.css"), *STATIC.glob("*.js")):
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r"url\(\s*[\"']?(?:https?:)?//[^)]*\)", text), path.name
        assert "@font-face" not in text, path.name
        assert "sourceMappingURL" not in text, path.name
        assert not re.findall(r"(?:import|fetch)\b[^;\n]{0,40}https?://", text), path.name
