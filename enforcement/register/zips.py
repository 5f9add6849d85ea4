"""Zipped spreadsheets opened safely: counts, declared sizes, ratio, names, links, entities.

A zip that lies about its size is read no further than the lie (`zipfile` stops at the declared
size and its checksum fails).
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator

from enforcement.domain.refusals import UnreadableFile

MAX_MEMBERS = 2_000
#: The published directory with filters unpacks to about 440 MB (24 MB zipped).
MAX_DECLARED = 1_500 * 1024 * 1024
MAX_RATIO = 150
#: Below this size a high ratio is harmless.
FREE_SIZE = 20 * 1024 * 1024
_PIECE = 256 * 1024
_ENCRYPTED = 0x1
DAMAGE = (zipfile.BadZipFile, zlib.error, KeyError, OSError, EOFError, NotImplementedError)


def open_zip(data: bytes) -> zipfile.ZipFile:
    """The archive, checked before it is read. Refuses (UnreadableFile) what is unsafe."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as fault:
        raise UnreadableFile(f"The spreadsheet is damaged: {fault}") from fault
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise UnreadableFile(f"The spreadsheet holds {len(members)} parts: too many to be one.")
    declared = sum(member.file_size for member in members)
    if declared > MAX_DECLARED or (declared > FREE_SIZE and declared > MAX_RATIO * len(data)):
        raise UnreadableFile(
            f"The file would swell from {len(data) // 1024} kB to {declared // 1024} kB "
            "when unpacked, and was stopped."
        )
    for member in members:
        _check_member(member)
    return archive


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename
    if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name:
        raise UnreadableFile(f"The spreadsheet holds a part with an unsafe name: {name[:60]}")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise UnreadableFile(f"The spreadsheet holds a link: {name[:60]}")
    if member.flag_bits & _ENCRYPTED:
        raise UnreadableFile("The spreadsheet is protected by a password.", fix="Save it without.")


def pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """One part, unpacked piece by piece under a running limit."""
    total = 0
    try:
        with archive.open(name) as part:
            while piece := part.read(_PIECE):
                total += len(piece)
                if total > MAX_DECLARED:
                    raise UnreadableFile("The spreadsheet swells past the limit and was stopped.")
                yield piece
    except DAMAGE as fault:
        raise UnreadableFile(f"The spreadsheet is damaged: {fault}") from fault


def refuse_entities(archive: zipfile.ZipFile) -> None:
    """No XML part of an honest spreadsheet declares a document type: refuse entities early."""
    for member in archive.infolist():
        if not member.filename.endswith((".xml", ".rels")):
            continue
        start = next(pieces(archive, member.filename), b"")
        if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
            raise UnreadableFile(
                f"The part {member.filename[:60]} declares XML entities, which can swell without "
                "end; it was not read."
            )
