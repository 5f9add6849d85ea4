"""Evidence: what is taken, what is refused and why, and what the cleaned copy has lost."""

from __future__ import annotations

import io
import socket
import struct
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pikepdf
import pytest
from PIL import Image

from enforcement.domain.refusals import BadInput
from enforcement.services import scanning
from enforcement.services.evidence import examine, safe_name
from enforcement.settings import MEGABYTE, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.read({"ENFORCEMENT_INSTANCE": str(tmp_path)})


def pdf(password: str = "") -> bytes:
    with pikepdf.new() as made:
        made.add_blank_page()
        script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        made.Root.OpenAction = made.make_indirect(script)
        made.Root.AcroForm = pikepdf.Dictionary(Fields=[], XFA=made.make_stream(b"<xfa/>"))
        made.attachments["run.exe"] = b"MZ attached"
        launch = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="run.exe")
        made.pages[0].obj.Annots = pikepdf.Array(
            [
                pikepdf.Dictionary(
                    Type=pikepdf.Name.Annot,
                    Subtype=pikepdf.Name.Link,
                    Rect=[0, 0, 9, 9],
                    A=launch,
                )
            ]
        )
        made.pages[0].obj.AA = pikepdf.Dictionary(O=script)
        out = io.BytesIO()
        encryption = pikepdf.Encryption(user=password, owner=password) if password else False
        made.save(out, encryption=encryption)
        return out.getvalue()


def picture(kind: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    out = io.BytesIO()
    Image.new("RGB", (30, 20), "green").save(out, kind, exif=exif)
    return out.getvalue()


def workbook() -> bytes:
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    return out.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


WORD = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<document/>"}
MESSAGE = b"From: a@example.org\r\nDate: Mon, 1 Jun 2026 09:00:00 +0000\r\nSubject: x\r\n\r\nhello"

TAKEN: dict[str, Callable[[], bytes]] = {
    "letter.pdf": pdf,
    "photo.JPG": picture,
    "screen.png": lambda: picture("PNG"),
    "sheet.xlsx": workbook,
    "letter.docx": lambda: zipped(WORD),
    "list.csv": lambda: "name,café\n1,2\n".encode("cp1252"),
    "mail.eml": lambda: MESSAGE,
}


@pytest.mark.parametrize("name", TAKEN)
def test_every_accepted_kind_is_taken_and_said_not_to_be_scanned(
    name: str, settings: Settings
) -> None:
    found = examine(name, TAKEN[name](), settings)
    assert found.scan == "not scanned"
    assert (found.cleaned is None) == (found.kind in ("docx", "xlsx", "csv", "eml"))


def bomb() -> bytes:
    return zipped({**WORD, "word/media/x.bin": b"\0" * (300 * MEGABYTE)})


def pixel_flood() -> bytes:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    return out.getvalue()


EXE = b"MZ\x90\x00" + b"\0" * 200
REFUSED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "nothing": ("a.pdf", lambda: b"", "empty"),
    "unknown ending": ("a.exe", lambda: EXE, "cannot be taken"),
    "no ending": ("invoice", lambda: pdf(), "cannot be taken"),
    "exe as pdf": ("a.pdf", lambda: EXE, "not really"),
    "exe as csv": ("a.csv", lambda: EXE, "not really"),
    "exe as jpeg": ("a.jpg", lambda: EXE, "not really"),
    "pdf as png": ("a.png", pdf, "not really"),
    "page with a jpeg head": (
        "a.jpg",
        lambda: b"\xff\xd8\xff\xe0\x00\x10JFIF\x00<html><script>alert(1)</script>",
        "damaged",
    ),
    "web page as csv": ("a.csv", lambda: b"<html><script>1</script></html>", "web page"),
    "pdf that is none": ("a.pdf", lambda: b"%PDF-1.7 and nothing", "damaged"),
    "pdf behind a head": ("a.pdf", lambda: b"GIF89a" + pdf(), "not really"),
    "locked pdf": ("a.pdf", lambda: pdf("x"), "password"),
    "zip bomb": ("a.docx", bomb, "swells"),
    "zip that is no document": ("a.docx", lambda: zipped({"x.txt": b"1"}), "not what its name"),
    "workbook as document": ("a.docx", workbook, "not what its name"),
    "macros": (
        "a.docx",
        lambda: zipped({**WORD, "word/vbaProject.bin": b"1"}),
        "macros",
    ),
    "parts outside": ("a.docx", lambda: zipped({**WORD, "../../x": b"1"}), "unsafe"),
    "entities": (
        "a.docx",
        lambda: zipped({**WORD, "word/x.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'}),
        "unsafe",
    ),
    "cut zip": ("a.xlsx", lambda: workbook()[:-60], "damaged"),
    "pixel flood": ("a.png", pixel_flood, "too large a picture"),
    "mail without a sender": ("a.eml", lambda: b"hello there", "not a saved email"),
    "26 MB": ("a.csv", lambda: b"a" * (26 * MEGABYTE), "larger than 25 MB"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_what_it_says_is_refused_with_a_sentence(case: str, settings: Settings) -> None:
    name, make, words = REFUSED[case]
    with pytest.raises(BadInput) as refused:
        examine(name, make(), settings)
    assert words in refused.value.sentence


def test_the_cleaned_pdf_has_nothing_that_acts(settings: Settings) -> None:
    found = examine("a.pdf", pdf() + b"\nMZ trailing", settings)
    assert found.cleaned is not None
    for word in (b"JavaScript", b"app.alert", b"Launch", b"EmbeddedFile", b"MZ ", b"AcroForm"):
        assert word not in found.cleaned, word
    with pikepdf.open(io.BytesIO(found.cleaned)) as clean:
        assert len(clean.pages) == 1
        assert len(clean.attachments) == 0
    assert b"MZ trailing" in found.content  # the original is kept as it came


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_cleaned_picture_has_lost_its_place_and_comments(kind: str, settings: Settings) -> None:
    content = picture(kind)
    assert b"a secret place" in content
    found = examine(f"a.{kind.lower()}", content, settings)
    assert found.cleaned is not None
    assert b"a secret place" not in found.cleaned
    with Image.open(io.BytesIO(found.cleaned)) as clean:
        assert clean.size == (30, 20)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\fakepath\\me.png", "me.png"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie x.pdf"),
        ("\u202egpj.exe.pdf", "gpj.exe.pdf"),
        ("...", "file"),
        ("x" * 400 + ".pdf", "x" * 120 + ".pdf"),
    ],
)
def test_a_name_keeps_nothing_to_trip_on(given: str, kept: str) -> None:
    assert safe_name(given) == kept


# --- the scanner ------------------------------------------------------------------------------
def clamd(answer: bytes) -> str:
    """A scanner that speaks clamd's protocol and gives one answer; its address."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        link, _ = listening.accept()
        with link, listening, link.makefile("rb") as read:
            assert read.read(10) == b"zINSTREAM\0"
            while size := struct.unpack("!I", read.read(4))[0]:
                read.read(size)
            link.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.parametrize(
    ("answer", "said"),
    [(b"stream: OK\0", "clean"), (b"INSTREAM size limit exceeded\0", "not scanned")],
)
def test_only_the_scanner_says_clean(answer: bytes, said: str, settings: Settings) -> None:
    with_scanner = replace(settings, clamd_address=clamd(answer))
    assert scanning.scan(with_scanner, "a.pdf", b"x" * 100_000) == said


def test_what_the_scanner_finds_is_refused(settings: Settings) -> None:
    with_scanner = replace(settings, clamd_address=clamd(b"stream: Eicar-Signature FOUND\0"))
    with pytest.raises(BadInput, match="virus"):
        scanning.scan(with_scanner, "a.pdf", b"x")


def test_a_dead_scanner_never_means_clean(settings: Settings) -> None:
    gone = replace(settings, clamd_address="127.0.0.1:9")
    assert scanning.scan(gone, "a.pdf", b"x") == "not scanned"
