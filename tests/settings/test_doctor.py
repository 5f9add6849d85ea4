"""Doctor: each finding, on a sound machine and on a faulty one."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import notify_server
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from enforcement import doctor
from enforcement.doctor import Finding, examine, fit
from enforcement.settings import Settings

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CLOSED_PORT = 1  # tcpmux: nothing listens there


def looked(tmp_path: Path, name: str, now: datetime = NOW, **environ: str) -> Finding:
    settings = Settings.read(environ, checkout=tmp_path)
    return next(finding for finding in examine(settings, now) if finding.name == name)


def test_a_sound_machine_is_fit_and_looking_leaves_nothing_behind(tmp_path: Path) -> None:
    findings = examine(Settings.read({}, checkout=tmp_path), NOW)
    assert [finding for finding in findings if finding.needed and not finding.ok] == []
    assert fit(findings)
    assert all(bool(finding.fix) != finding.ok for finding in findings)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("year", [1970, 2025, 2101])
def test_an_impossible_clock_is_found(tmp_path: Path, year: int) -> None:
    assert not looked(tmp_path, "Clock", NOW.replace(year=year)).ok


def test_a_library_that_is_not_there_is_found_with_its_package() -> None:
    finding = doctor._library("Pango", ("libnowhere-1.0.so.0",), "libpango-1.0-0")
    assert not finding.ok
    assert "apt-get install libpango-1.0-0" in finding.fix


def test_a_missing_or_broken_font_is_found(tmp_path: Path) -> None:
    assert "no font file" in doctor._fonts(tmp_path).found
    (tmp_path / "Letter.ttf").write_text("version of this file is kept elsewhere")
    assert doctor._fonts(tmp_path).found == "not a font: Letter.ttf"


def test_a_database_that_takes_writes_is_found_unchanged(tmp_path: Path) -> None:
    file = tmp_path / "cases.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("create table t (n integer)")
    connection.close()
    before = file.read_bytes()
    finding = looked(tmp_path, "Database", DATABASE_URL=f"sqlite:///{file}")
    assert finding.ok
    assert finding.found.startswith("SQLite 3.")
    assert file.read_bytes() == before


def test_a_file_that_is_no_database_is_found(tmp_path: Path) -> None:
    file = tmp_path / "cases.sqlite3"
    file.write_text("this is a page of text, not a database. " * 100)
    finding = looked(tmp_path, "Database", DATABASE_URL=f"sqlite:///{file}")
    assert not finding.ok
    assert "not a database" in finding.found


def test_a_server_that_is_not_there_is_found_and_its_password_not_shown(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://officer:hidden-word@127.0.0.1:{CLOSED_PORT}/cases"
    finding = looked(tmp_path, "Database", DATABASE_URL=url)
    assert not finding.ok
    assert "hidden-word" not in finding.found + finding.fix


def test_an_instance_folder_that_cannot_be_made_is_found(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    place = str(tmp_path / "file" / "instance")
    finding = looked(tmp_path, "Instance folder", ENFORCEMENT_INSTANCE=place)
    assert not finding.ok
    assert "ENFORCEMENT_INSTANCE" in finding.fix


@pytest.mark.skipif(os.name != "posix", reason="file modes are a matter of POSIX systems")
def test_a_key_that_others_can_read_is_found(tmp_path: Path) -> None:
    settings = Settings.read({}, checkout=tmp_path)
    settings.secrets()
    assert looked(tmp_path, "Keys").found.startswith("5 in ")
    key = settings.keys_folder / "link_secret.key"
    key.chmod(0o640)
    finding = looked(tmp_path, "Keys")
    assert not finding.ok
    assert finding.fix == f"Run: chmod 600 {key}"


def test_a_mail_server_is_asked_when_one_is_set(tmp_path: Path) -> None:
    server = Controller(Sink(), hostname="127.0.0.1", port=_free_port())
    server.start()
    try:
        url = f"smtp://127.0.0.1:{server.port}"
        assert looked(tmp_path, "Mail", ENFORCEMENT_SMTP_URL=url).found.endswith("answers 250")
    finally:
        server.stop()
    assert not looked(tmp_path, "Mail", ENFORCEMENT_SMTP_URL=url).ok


@pytest.mark.parametrize(("answer", "ok"), [(b"PONG\0", True), (b"UNKNOWN COMMAND\0", False)])
def test_a_scanner_is_asked_when_one_is_set(tmp_path: Path, answer: bytes, ok: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_answer_once, args=(server, answer))
        thread.start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        finding = looked(tmp_path, "Virus scanner", ENFORCEMENT_CLAMD=address)
        thread.join()
    assert finding.ok is ok
    assert finding.needed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environ", "code"), [({}, 0), ({"ENFORCEMENT_SMTP_URL": f"smtp://127.0.0.1:{CLOSED_PORT}"}, 1)]
)
def test_the_command_prints_json_and_exits_by_what_is_needed(
    tmp_path: Path, environ: dict[str, str], code: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "enforcement", "doctor", "--json"],
        env={**os.environ, "ENFORCEMENT_INSTANCE": str(tmp_path), **environ},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    mail = next(each for each in json.loads(done.stdout) if each["name"] == "Mail")
    assert mail["ok"] is (code == 0)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _answer_once(server: socket.socket, answer: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        assert connection.recv(64) == b"zPING\0"
        connection.sendall(answer)


BY_NOTIFY = {
    "ENFORCEMENT_EMAIL_BY": "notify",
    "ENFORCEMENT_NOTIFY_KEY": notify_server.KEY,
    "ENFORCEMENT_NOTIFY_TEMPLATE": notify_server.TEMPLATE,
}


def test_notify_is_asked_with_the_key(tmp_path: Path) -> None:
    assert not looked(tmp_path, "GOV.UK Notify").needed
    with notify_server.running() as notify:
        there = {**BY_NOTIFY, "ENFORCEMENT_NOTIFY_URL": notify.url}
        assert looked(tmp_path, "GOV.UK Notify", **there).ok
        wrong = {"ENFORCEMENT_NOTIFY_KEY": notify_server.KEY[:-1] + "0"}
        refused = looked(tmp_path, "GOV.UK Notify", **there | wrong)
        assert not refused.ok
        assert "403" in refused.found
        assert notify_server.SECRET not in refused.found
        other = {"ENFORCEMENT_NOTIFY_TEMPLATE": "00000000-0000-0000-0000-000000000000"}
        assert "no template" in looked(tmp_path, "GOV.UK Notify", **there | other).found
    assert not looked(tmp_path, "GOV.UK Notify", **there).ok


def test_the_press_is_told_with_the_versions_it_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert looked(tmp_path, "Letter press").ok
    monkeypatch.setattr("weasyprint.__version__", "70.9")
    finding = looked(tmp_path, "Letter press")
    assert not finding.ok
    assert not finding.needed
    assert "70.9" in finding.found
    off = looked(tmp_path, "Letter press", ENFORCEMENT_PRESS="no")
    assert off.ok
    assert "ENFORCEMENT_PRESS" in off.found
