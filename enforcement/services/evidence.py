"""Evidence files: told by what is inside them, really opened, and cleaned for officers to look at.

No sniffing alone is enough (a web page with a JPEG's first bytes fools every library), so the
first bytes, the name's ending and a real reader of the kind must agree. The original bytes are
the evidence and are kept; officers open the cleaned copy where one can be made.
"""

from __future__ import annotations

import email
import email.policy
import io
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import filetype
import openpyxl
import pikepdf
from PIL import Image, ImageOps

from enforcement.domain.refusals import BadInput
from enforcement.services import scanning
from enforcement.settings import MEGABYTE, Settings

MAX_PIXELS = 60_000_000  # a good telephone takes 50 megapixels
MAX_PARTS = 2_000
MAX_UNPACKED = 200 * MEGABYTE
MAX_RATIO = 200
MAX_PDF_PAGES = 1_000
PIECE = MEGABYTE
NOT_CLEANED = "opens as it was sent: not cleaned"
KINDS = {
    "pdf": ("PDF", "application/pdf"),
    "docx": (
        "Word document",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "xlsx": ("Excel workbook", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": ("CSV file", "text/csv"),
    "png": ("Picture (PNG)", "image/png"),
    "jpeg": ("Picture (JPEG)", "image/jpeg"),
    "eml": ("Email", "message/rfc822"),
}
ENDINGS = {"jpg": "jpeg", **{kind: kind for kind in KINDS}}
ACCEPTED = "a PDF, Word (.docx), Excel (.xlsx) or CSV file, a PNG or JPEG picture, or an email"


@dataclass(frozen=True)
class Examined:
    """A file that may be kept: its safe name, kind, the original bytes and the cleaned copy."""

    name: str
    kind: str
    content: bytes
    cleaned: bytes | None
    scan: str

    @property
    def mime(self) -> str:
        return KINDS[self.kind][1]


def kind_of(mime: str) -> str:
    """The kind of a stored file by its type as stored: the key of KINDS, or the type itself."""
    return next((kind for kind, (_, known) in KINDS.items() if known == mime), mime)


def safe_name(name: str) -> str:
    """The last part of a name, without anything a file system or a header could trip on."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*;')
    kept = seen.strip(" .")
    stem, dot, ending = kept.rpartition(".")
    return f"{stem[:120]}{dot}{ending[:10]}" if dot else kept[:120] or "file"


def examine(name: str, content: bytes, settings: Settings) -> Examined:
    """Decide whether a file may be kept, and make its cleaned copy.

    Refuses BadInput, each time with a sentence that says what to do: too large, empty, not of an
    accepted kind, not what its name says, locked, damaged, swelling, or found by the scanner.
    """
    shown = safe_name(name)
    most = settings.max_evidence_bytes
    if not content:
        raise BadInput(f"“{shown}” is empty. Choose the file again.")
    if len(content) > most:
        raise BadInput(
            f"“{shown}” is larger than {most // MEGABYTE} MB. Send a smaller copy, or post it."
        )
    kind = ENDINGS.get(shown.rpartition(".")[2].lower())
    if kind is None:
        raise BadInput(f"“{shown}” cannot be taken. Send {ACCEPTED}.")
    if not _begins_as(kind, content):
        raise BadInput(
            f"“{shown}” is not really {_a(kind)}. Open it, save it as {_a(kind)} and send that."
        )
    cleaned = _OPENERS[kind](shown, content)
    return Examined(shown, kind, content, cleaned, scanning.scan(settings, shown, content))


def _a(kind: str) -> str:
    title = KINDS[kind][0]
    return f"{'an' if title[0] in 'E' else 'a'} {title}"


def _begins_as(kind: str, content: bytes) -> bool:
    if kind in ("csv", "eml"):
        return _is_text(content)
    if kind in ("docx", "xlsx"):
        return content[:4] == b"PK\x03\x04"
    if kind == "pdf":
        return content[:5] == b"%PDF-"
    guess = filetype.guess(content)
    return guess is not None and guess.mime == KINDS[kind][1]


def _is_text(content: bytes) -> bool:
    if content[:5] == b"%PDF-" or content[:2] in (b"MZ", b"PK") or b"\x00" in content:
        return False
    control = sum(1 for byte in content[:65536] if byte < 32 and byte not in (9, 10, 12, 13))
    return control == 0


# --- opening each kind ------------------------------------------------------------------------
def _pdf(name: str, content: bytes) -> bytes:
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            if len(pdf.pages) > MAX_PDF_PAGES:
                raise BadInput(
                    f"“{name}” has more than {MAX_PDF_PAGES} pages. Send the ones needed."
                )
            _strip(pdf)
            out = io.BytesIO()
            pdf.save(out, stream_decode_level=pikepdf.StreamDecodeLevel.none)
            return out.getvalue()
    except pikepdf.PasswordError:
        raise BadInput(
            f"“{name}” is locked with a password. Save a copy without one and send that."
        ) from None
    except (pikepdf.PdfError, ValueError, TypeError, RecursionError) as fault:
        raise BadInput(f"“{name}” is damaged and cannot be opened. Save it again.") from fault


_ACTIVE_ROOT = ("/OpenAction", "/AA", "/AcroForm", "/Collection", "/URI")
_ACTIVE_NAMES = ("/JavaScript", "/EmbeddedFiles", "/AlternatePresentations")
_SAFE_ACTIONS = ("/GoTo", "/URI", "/Named")


def _strip(pdf: pikepdf.Pdf) -> None:
    """Take away whatever acts by itself: scripts, attachments, forms, launching, media."""
    _drop(pdf.Root, _ACTIVE_ROOT)
    _drop(pdf.Root.get("/Names"), _ACTIVE_NAMES)
    for page in pdf.pages:
        notes = page.obj.get("/Annots")
        if notes is not None:
            page.obj["/Annots"] = pikepdf.Array([n for n in notes if _harmless(n)])
    for each in pdf.objects:
        _drop(each, ("/JS", "/EF", "/AA", "/XFA"))


def _drop(holder: object, names: tuple[str, ...]) -> None:
    if isinstance(holder, pikepdf.Dictionary | pikepdf.Stream):
        for name in names:
            if name in holder:
                del holder[name]


def _harmless(note: pikepdf.Object) -> bool:
    if note.get("/Subtype") in ("/FileAttachment", "/RichMedia", "/Movie", "/Screen", "/3D"):
        return False
    action = note.get("/A")
    return action is None or action.get("/S") in _SAFE_ACTIONS


def _picture(name: str, content: bytes) -> bytes:
    """Drawn again from its pixels: whatever else the file carried (place, comments) is gone."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise BadInput(f"“{name}” is too large a picture. Send a smaller copy.")
                drawn = ImageOps.exif_transpose(picture)
                drawn.load()
                plain = Image.frombytes(drawn.mode, drawn.size, drawn.tobytes())
                if drawn.mode == "P":
                    plain.putpalette(drawn.getpalette() or [])
                out = io.BytesIO()
                plain.save(out, picture.format or "PNG", quality=90)
                return out.getvalue()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadInput(f"“{name}” is too large a picture. Send a smaller copy.") from None
    except (OSError, ValueError, SyntaxError, MemoryError) as fault:
        raise BadInput(f"“{name}” is damaged and cannot be opened as a picture.") from fault


def _office(main_part: str) -> Callable[[str, bytes], None]:
    def check(name: str, content: bytes) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                _check_parts(name, archive)
                parts = set(archive.namelist())
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError) as fault:
            raise BadInput(f"“{name}” is damaged and cannot be opened. Save it again.") from fault
        if main_part not in parts or "[Content_Types].xml" not in parts:
            raise BadInput(f"“{name}” is not what its name says. Send {ACCEPTED}.")
        if any(part.lower().endswith("vbaproject.bin") for part in parts):
            raise BadInput(f"“{name}” holds macros. Save it without them and send that.")
        if main_part == "xl/workbook.xml":
            _open_workbook(name, content)

    return check


def _check_parts(name: str, archive: zipfile.ZipFile) -> None:
    """Counts, declared sizes, ratio, names and links first; then every part under a limit."""
    entries = archive.infolist()
    swelling = BadInput(f"“{name}” swells when unpacked and was stopped. Send it as a PDF.")
    if len(entries) > MAX_PARTS or sum(e.file_size for e in entries) > MAX_UNPACKED:
        raise swelling
    for entry in entries:
        unsafe = entry.filename.startswith(("/", "\\")) or ".." in entry.filename
        link = (entry.external_attr >> 16) & 0o170000 == 0o120000
        if unsafe or link or entry.flag_bits & 1:
            raise BadInput(f"“{name}” is locked or unsafe to unpack. Send it as a PDF.")
        if entry.file_size > MEGABYTE and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise swelling
    total = 0
    for entry in entries:
        with archive.open(entry) as part:
            first = part.read(PIECE)
            if b"<!DOCTYPE" in first or b"<!ENTITY" in first:
                raise BadInput(f"“{name}” is unsafe to open. Send it as a PDF.")
            total += len(first)
            while piece := part.read(PIECE):
                total += len(piece)
                if total > MAX_UNPACKED:
                    raise swelling


def _open_workbook(name: str, content: bytes) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl remarks on styles, which are not ours
            openpyxl.load_workbook(io.BytesIO(content), read_only=True).close()
    except Exception as fault:  # openpyxl raises whatever its parsers do
        raise BadInput(f"“{name}” is damaged and cannot be opened. Save it again.") from fault


def _csv(name: str, content: bytes) -> None:
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<script", b"<svg", b"<?xml")):
        raise BadInput(f"“{name}” is a web page, not a CSV file. Send {ACCEPTED}.")


def _message(name: str, content: bytes) -> None:
    found = email.message_from_bytes(content, policy=email.policy.compat32)
    if found["From"] is None or (found["Date"] is None and found["Received"] is None):
        raise BadInput(f"“{name}” is not a saved email. Send {ACCEPTED}.")


_OPENERS: dict[str, Callable[[str, bytes], bytes | None]] = {
    "pdf": _pdf,
    "png": _picture,
    "jpeg": _picture,
    "docx": _office("word/document.xml"),
    "xlsx": _office("xl/workbook.xml"),
    "csv": _csv,
    "eml": _message,
}
