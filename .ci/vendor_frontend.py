"""Put the compiled nhsuk-frontend files of one npm package into enforcement/web/static.

Run on a developer's machine when the design system moves on; nobody who installs the
product needs node. See docs/operations/vendoring.md.

    npm pack nhsuk-frontend@10.6.1
    python .ci/vendor_frontend.py nhsuk-frontend-10.6.1.tgz

Reads only the file it is given: no network.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
import tarfile
from pathlib import Path

STATIC = Path(__file__).resolve().parents[1] / "enforcement" / "web" / "static"
SUMS = "SHA256SUMS"
# The package's integrity as its registry states it: a different file under the same name stops.
INTEGRITY = {
    "10.6.1": (
        "sha512-PZorqQZjZx/A26yJoskCL9z0ib6AtkAyF0o4K/RHr8zRrJyXrUOCnMbjy0VNXsGO4tfTNMwqlkwATKs4a0xayw=="
    ),
}
FONT_FACE = re.compile(r"@font-face\{[^}]*\}")
SOURCE_MAP = re.compile(r"\n*(/\*# sourceMappingURL=\S+ \*/|//# sourceMappingURL=\S+)\n*")


def without_outside(text: str) -> str:
    """Drop the web fonts (they come from another host) and the source map's name.

    Pages fall back to Arial, as nhsuk-frontend itself does without the fonts; Frutiger may not
    be bundled, and no page of ours fetches anything from outside.
    """
    return SOURCE_MAP.sub("\n", FONT_FACE.sub("", text))


def wanted(name: str, version: str) -> str | None:
    """The place under static/ of a file in the package, or None when it is not needed."""
    home = "package/dist/nhsuk/"
    if name in (
        f"{home}nhsuk-frontend-{version}.min.css",
        f"{home}nhsuk-frontend-{version}.min.js",
    ):
        return name.removeprefix(home)
    if name.startswith(home + "assets/"):
        return name.removeprefix(home + "assets/")
    return None


def main(package: str) -> int:
    """Check the package, write the files and the list of their hashes."""
    raw = Path(package).read_bytes()
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(raw).digest()).decode()
    sums: dict[str, str] = {}
    with tarfile.open(package) as tar:
        manifest = tar.extractfile("package/package.json")
        assert manifest is not None  # noqa: S101 - a package without package.json is no package
        version = str(json.load(manifest)["version"])
        if INTEGRITY.get(version) != integrity:
            print(f"Not the package that was pinned: {version} has {integrity}", file=sys.stderr)
            return 1
        for member in tar.getmembers():
            place = wanted(member.name, version)
            source = tar.extractfile(member) if place and member.isfile() else None
            if place is None or source is None:
                continue
            body = source.read()
            if place.endswith((".css", ".js")):
                body = without_outside(body.decode()).encode()
            target = STATIC / place
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)
            sums[place] = hashlib.sha256(body).hexdigest()
    lines = [f"{digest}  {place}" for place, digest in sorted(sums.items())]
    (STATIC / SUMS).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(sums)} files of nhsuk-frontend {version}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        raise SystemExit(2)
    raise SystemExit(main(sys.argv[1]))
