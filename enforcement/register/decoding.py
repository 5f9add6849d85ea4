"""What a file is, and its text: magic bytes, encodings, and the notices that guessing needs."""

from __future__ import annotations

import gzip
import io
import zlib
from enum import StrEnum

from enforcement.domain.refusals import NothingToImport, UnreadableFile

MAX_TEXT = 200 * 1024 * 1024
_PIECE = 1024 * 1024


class Kind(StrEnum):
    """What a file's first bytes say, whatever its name says."""

    TEXT = "text"
    JSON = "json"
    XLSX = "Excel workbook (XLSX)"
    ODS = "OpenDocument spreadsheet (ODS)"


_OTHER_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file (before 2007) or one protected by a password"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"{\\rtf", "a rich text document"),
    (b"SQLite format 3\0", "a database"),
)


def unzip_gz(data: bytes) -> bytes:
    """Gzip taken off under a running limit. Refuses (UnreadableFile) a broken or huge one."""
    parts: list[bytes] = []
    total = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            while piece := stream.read(_PIECE):
                total += len(piece)
                if total > MAX_TEXT or (total > 20 * _PIECE and total > 150 * len(data)):
                    raise UnreadableFile(
                        f"The gzip file swells to more than {total // _PIECE} MB and was stopped."
                    )
                parts.append(piece)
    except (OSError, EOFError, zlib.error) as fault:
        raise UnreadableFile(f"The gzip file is damaged: {fault}") from fault
    return b"".join(parts)


def kind_of(data: bytes, filename: str) -> Kind:
    """What the file is. Refuses what is not a table, saying what it is; refuses an empty file."""
    if not data.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise NothingToImport(f"{filename} is empty.")
    for magic, what in _OTHER_KINDS:
        if data.startswith(magic):
            raise UnreadableFile(
                f"{filename} is {what}, not a table.",
                fix="Save or export the table as CSV, XLSX or ODS and bring that file.",
            )
    if data.startswith(b"PK"):
        return _zipped_kind(data, filename)
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] in (b"{", b"["):
        return Kind.JSON
    if start[:9].lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise UnreadableFile(f"{filename} is a web page or XML, not a table.")
    return Kind.TEXT


def _zipped_kind(data: bytes, filename: str) -> Kind:
    if b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet" in data[:256]:
        return Kind.ODS
    if b"xl/workbook.xml" in data:
        return Kind.XLSX
    if b"word/document.xml" in data:
        raise UnreadableFile(f"{filename} is a Word document, not a table.")
    if b"opendocument" in data[:256] and b"content.xml" in data:
        return Kind.ODS
    raise UnreadableFile(
        f"{filename} is a ZIP archive.", fix="Unpack it and bring the file inside."
    )


def text_of_file(data: bytes, notices: list[str]) -> str:
    """The text: by byte-order mark, else UTF-8 strict, else Windows-1252 with a notice and sample.

    Refuses (UnreadableFile) what is not text at all.
    """
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return _marked(data, encoding, notices)
    bare = _bare_utf16(data)
    if bare is not None:
        return _marked(data, bare, notices)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = _windows_1252(data, notices)
    _refuse_binary(text)
    return text


def _marked(data: bytes, encoding: str, notices: list[str]) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as fault:
        if encoding == "utf-8-sig":
            return _windows_1252(data[3:], notices)
        raise UnreadableFile(f"The file says it is {encoding} but is damaged: {fault}") from fault
    if encoding != "utf-8-sig":
        notices.append(f"Read as {encoding.upper()}.")
    _refuse_binary(text)
    return text


def _bare_utf16(data: bytes) -> str | None:
    """UTF-16 without its mark: ASCII text has a NUL in every second byte."""
    start = data[:400]
    if len(start) < 8:
        return None
    if start[1::2].count(0) > len(start) * 0.4:
        return "utf-16-le"
    return "utf-16-be" if start[0::2].count(0) > len(start) * 0.4 else None


def _windows_1252(data: bytes, notices: list[str]) -> str:
    text = data.decode("cp1252", errors="replace")
    changed = [line.strip() for line in text.splitlines() if not line.isascii()]
    cells = [cell for line in changed[:50] for cell in line.split(",") if not cell.isascii()]
    notices.append(
        "Not UTF-8: read as Windows-1252. "
        f"{len(changed)} lines hold other letters, for example: "
        + "; ".join(cell.strip()[:60] for cell in cells[:5])
    )
    return text


def _refuse_binary(text: str) -> None:
    sample = text[:20_000]
    strange = sum(1 for c in sample if (c < " " and c not in "\t\r\n\0") or c == "\ufffd")
    if strange > 20 and strange > len(sample) * 0.05:
        raise UnreadableFile("The file is not text: it is full of control characters.")
