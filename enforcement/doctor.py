"""What this machine has and lacks: the answers behind `enforcement doctor`.

Each finding says what was looked at, what was found there and, when that is not good enough,
what to do. Looking changes nothing: no file, table or mail is left behind.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import smtplib
import socket
import ssl
import stat
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from enforcement.channels.message import NoAnswer
from enforcement.channels.notify import NotifyAccount
from enforcement.settings import MEGABYTE, Settings

FONTS = Path(__file__).resolve().parent / "rendering" / "fonts"
FONT_STARTS = (b"\x00\x01\x00\x00", b"OTTO", b"true")  # TrueType, OpenType/CFF, Apple TrueType
LEAST_DISK = 500 * MEGABYTE  # a year of one office's notices and evidence, by the demo's sizes
PATIENCE = 5.0  # seconds for a server on the network to answer
# This program was written in November 2026: an earlier clock is wrong, whatever else it is.
EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

# The libraries WeasyPrint opens, by their names on Linux and on macOS, and the Debian package.
LIBRARIES = (
    ("Pango", ("libpango-1.0.so.0", "libpango-1.0.0.dylib"), "libpango-1.0-0"),
    ("Pango FreeType", ("libpangoft2-1.0.so.0", "libpangoft2-1.0.0.dylib"), "libpangoft2-1.0-0"),
    (
        "HarfBuzz subset",
        ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib"),
        "libharfbuzz-subset0",
    ),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `fix` is empty when `ok`; not `needed` means work goes on without it."""

    name: str
    ok: bool
    found: str
    fix: str
    needed: bool = True

    def as_json(self) -> dict[str, str | bool]:
        """The finding with the same names, for `doctor --json`."""
        return {
            "name": self.name,
            "ok": self.ok,
            "needed": self.needed,
            "found": self.found,
            "fix": self.fix,
        }


def examine(settings: Settings, now: datetime) -> tuple[Finding, ...]:
    """Look at everything the product needs; `now` is the machine's clock, with its zone.

    Never raises for something missing: that is a finding. Takes at most some seconds, and only
    when a configured server does not answer.
    """
    return (
        _python(),
        *(_library(name, files, package) for name, files, package in LIBRARIES),
        _fonts(FONTS),
        _press(settings.press),
        _folder("Instance folder", "ENFORCEMENT_INSTANCE", settings.instance),
        _keys(settings.keys_folder),
        _database(settings),
        _disk(settings.instance),
        _time_zone(),
        _clock(now),
        _mail(settings),
        _notify(settings),
        _scanner(settings.clamd_address),
        _chromium(),
    )


def fit(findings: tuple[Finding, ...]) -> bool:
    """Whether everything needed is there."""
    return all(finding.ok for finding in findings if finding.needed)


# --- the program's own ground ----------------------------------------------------------------
def _python() -> Finding:
    found = f"{sys.version.split()[0]}, {sys.executable}"
    ok = sys.version_info >= (3, 11)
    return Finding("Python", ok, found, "" if ok else "Install Python 3.11 or newer.")


def _library(name: str, files: tuple[str, ...], package: str) -> Finding:
    for file in files:
        try:
            ctypes.CDLL(file)
        except OSError:
            continue
        return Finding(name, True, file, "")
    return Finding(
        name,
        False,
        f"none of {', '.join(files)} can be opened",
        f"Debian and Ubuntu: apt-get install {package}. macOS: brew install pango.",
    )


def _fonts(folder: Path) -> Finding:
    fonts = sorted(folder.glob("*.ttf"))
    broken = [font.name for font in fonts if font.read_bytes()[:4] not in FONT_STARTS]
    ok = bool(fonts) and not broken
    found = ", ".join(font.name for font in fonts) or f"no font file in {folder}"
    if broken:
        found = f"not a font: {', '.join(broken)}"
    fix = "" if ok else f"Get a whole copy of the project; {folder} must hold its fonts."
    return Finding("Letter font", ok, found, fix)


def _press(on: bool) -> Finding:
    """Whether standard letters are pressed or each is laid out in full, which is slower."""
    if not on:
        found = "off by ENFORCEMENT_PRESS; each letter is laid out in full"
        return Finding("Letter press", True, found, "", needed=False)
    try:
        from enforcement.rendering.press import seams  # opens Pango, which may be missing
    except OSError as error:
        return Finding("Letter press", False, f"cannot be opened: {error}",
                       "Install the libraries named above.")  # fmt: skip
    ok = seams.usable()
    installed = "WeasyPrint {} and pydyf {}".format(*seams.installed())
    return Finding(
        "Letter press",
        ok,
        installed
        if ok
        else f"{installed} are not the versions it knows: {' and '.join(seams.KNOWN)}",
        "" if ok else "Letters are laid out in full. Run ./run again: it installs what is locked.",
        needed=False,
    )


def _time_zone() -> Finding:
    try:
        summer = datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Europe/London")).utcoffset()
    except ZoneInfoNotFoundError:
        return Finding(
            "Time zone", False, "no data for Europe/London", "Run ./run again: it installs tzdata."
        )
    hours = summer.total_seconds() / 3600 if summer else 0
    ok = hours == 1
    return Finding(
        "Time zone",
        ok,
        f"Europe/London, {hours:g} hour ahead of UTC on 1 July 2026",
        "" if ok else "The time zone data is wrong: update the system's tzdata.",
    )


def _clock(now: datetime) -> Finding:
    ok = EARLIEST <= now < LATEST
    return Finding(
        "Clock",
        ok,
        f"{now.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        "" if ok else "Set the clock (timedatectl set-ntp true): every deadline rests on it.",
    )


# --- places we write to ----------------------------------------------------------------------
def _nearest(path: Path) -> Path:
    """The path itself or the nearest folder above it that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _folder(name: str, setting: str, folder: Path) -> Finding:
    place = _nearest(folder)
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return Finding(
            name,
            False,
            f"{place} cannot be written to: {error.strerror}",
            f"Give this user the right to write there, or set {setting} to another folder.",
        )
    found = str(folder) if place == folder else f"{folder} (not there yet; {place} is writable)"
    return Finding(name, True, found, "")


def _keys(folder: Path) -> Finding:
    keys = sorted(folder.glob("*.key")) if folder.is_dir() else []
    loose = [key for key in keys if stat.S_IMODE(key.stat().st_mode) & 0o077]
    if loose and os.name == "posix":
        names = " ".join(str(key) for key in loose)
        return Finding("Keys", False, f"others can read {names}", f"Run: chmod 600 {names}")
    found = f"{len(keys)} in {folder}, private" if keys else "none yet; made at the first start"
    return Finding("Keys", True, found, "")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(_nearest(folder)).free
    ok = free >= LEAST_DISK
    return Finding(
        "Free disk",
        ok,
        f"{free // MEGABYTE:,} MB where {folder} is",
        "" if ok else f"Free some: at least {LEAST_DISK // MEGABYTE} MB are wanted.",
    )


def _database(settings: Settings) -> Finding:
    file = settings.database_file
    if file is not None and not file.exists():
        where = _folder("Database", "DATABASE_URL", file.parent)
        return Finding("Database", where.ok, f"SQLite, not there yet: {where.found}", where.fix)
    engine = create_engine(
        settings.database_url,
        connect_args={"timeout": PATIENCE} if file else {"connect_timeout": int(PATIENCE)},
    )
    try:
        return Finding("Database", True, _written(engine, settings.database_shown), "")
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return Finding(
            "Database",
            False,
            f"{settings.database_shown}: {reason}",
            "Check that the server runs (or the file is yours to write), or correct DATABASE_URL.",
        )
    finally:
        engine.dispose()


def _written(engine: Engine, shown: str) -> str:
    """Proves that the database takes writes, undone at once; says which engine it is."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # Takes the write lock, which a read-only file or folder refuses.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            version = connection.execute(text("select sqlite_version()")).scalar_one()
            connection.rollback()
            return f"SQLite {version}, writable, {shown}"
        connection.execute(text("create temporary table doctor_was_here (n integer)"))
        version = connection.execute(text("show server_version")).scalar_one()
        connection.rollback()
        return f"PostgreSQL {version}, writable, {shown}"


# --- servers and programs --------------------------------------------------------------------
def _mail(settings: Settings) -> Finding:
    if settings.smtp_url is None:
        return Finding("Mail", True, f"no server set; mail goes to {settings.mail_folder}", "")
    parts = urlsplit(settings.smtp_url)
    host = parts.hostname or ""
    try:
        answer = _smtp_answer(parts.scheme, host, parts.port)
    except (OSError, smtplib.SMTPException) as error:
        return Finding(
            "Mail",
            False,
            f"{host} does not answer as a mail server: {error}",
            "Check ENFORCEMENT_SMTP_URL and the firewall, or unset it to keep mail in a folder.",
        )
    return Finding("Mail", True, f"{host} answers {answer}", "")


def _smtp_answer(scheme: str, host: str, port: int | None) -> int:
    context = ssl.create_default_context()
    if scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port or 465, timeout=PATIENCE, context=context
        )
    else:
        server = smtplib.SMTP(
            host, port or (587 if scheme == "smtp+starttls" else 25), timeout=PATIENCE
        )
    with server:
        if scheme == "smtp+starttls":
            server.starttls(context=context)
        return server.noop()[0]


def _notify(settings: Settings) -> Finding:
    """Ask for its templates: proves the address, the key and, by the token's time, our clock."""
    used = [
        what
        for what, by in (("email", settings.email_by), ("letters", settings.letters_by))
        if by == "notify"
    ]
    if settings.notify_key is None:
        return Finding("GOV.UK Notify", True, "not set; nothing goes by it", "", needed=False)
    host = urlsplit(settings.notify_url).hostname
    try:
        found = NotifyAccount(settings.notify_key, settings.notify_url, PATIENCE).templates()
    except NoAnswer as reason:
        return Finding(
            "GOV.UK Notify",
            False,
            f"{host}: {reason}",
            "Check ENFORCEMENT_NOTIFY_KEY, ENFORCEMENT_NOTIFY_URL, the firewall and the clock.",
            needed=bool(used),
        )
    if "email" in used and settings.notify_template not in found:
        return Finding(
            "GOV.UK Notify",
            False,
            f"{host} has no template {settings.notify_template}",
            "Set ENFORCEMENT_NOTIFY_TEMPLATE to the id of an email template of this service.",
        )
    return Finding("GOV.UK Notify", True, f"{host} answers; by it: {' and '.join(used) or '–'}", "")


def _scanner(address: str | None) -> Finding:
    if address is None:
        return Finding("Virus scanner", True, "none set; evidence files say so", "", needed=False)
    try:
        answer = _clamd_answer(address)
    except OSError as error:
        answer = str(error)
    ok = answer == "PONG"
    return Finding(
        "Virus scanner",
        ok,
        f"{address} answers {answer or 'nothing'}",
        "" if ok else "Start clamd or correct ENFORCEMENT_CLAMD; until then evidence is held.",
    )


def _clamd_answer(address: str) -> str:
    if address.startswith("/"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE)
        connection.connect(address)
    else:
        host, _, port = address.rpartition(":")
        connection = socket.create_connection((host, int(port)), timeout=PATIENCE)
    with connection:
        connection.sendall(b"zPING\0")
        return connection.recv(64).decode("ascii", "replace").strip("\0\n ")


def _chromium() -> Finding:
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = next((path for path in map(shutil.which, names) if path), None)
    return Finding(
        "Chromium (tests only)",
        found is not None,
        found or "not on the PATH",
        "" if found else "Only for the tests, and ./run test installs it.",
        needed=False,
    )
