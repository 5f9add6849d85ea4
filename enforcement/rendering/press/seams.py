"""Every private seam of the press into WeasyPrint, in one file, with a guard on its version.

How WeasyPrint breaks a line (`split_first_line`), shapes it (`create_layout`), measures it
(`line_size`) and writes it (`draw_first_line` into a `Stream`); and how a laid-out page is made of
boxes (`_page_box`, `formatting_structure.boxes`) that share the document's `fonts`. They are used
as they are; nothing is replaced. On other versions than those they were read in, the press is off
and every letter is laid out in full: `docs/decisions/0030-the-press.md` says how to move on.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pydyf
import weasyprint
from weasyprint.draw.text import draw_first_line
from weasyprint.formatting_structure import boxes
from weasyprint.matrix import Matrix
from weasyprint.pdf.stream import Stream
from weasyprint.text.line_break import create_layout, line_size, split_first_line

KNOWN = ("70.0", "0.13.0")  # WeasyPrint and pydyf
_HERE = Matrix(d=-1)


def installed() -> tuple[str, str]:
    """Return the versions of WeasyPrint and pydyf at hand."""
    return weasyprint.__version__, pydyf.__version__


def usable() -> bool:
    """Tell whether the seams are those of the versions they were read in."""
    return installed() == KNOWN


def stream(fonts: dict[int, Any]) -> Any:
    """Return an empty page stream that records the glyphs it is given in `fonts`."""
    resources: dict[str, Any] = {
        name: {} for name in ("ExtGState", "XObject", "Pattern", "Shading")
    }
    return Stream(fonts, (0, 0, 0, 0), resources, {}, None, {}, None)


def paint(document: Any, fonts: dict[int, Any]) -> None:
    """Paint a laid-out document to nowhere, so that `fonts` knows its glyphs."""
    for page in document.pages:
        page.paint(stream(fonts))


def shaped(scratch: Any, style: Any, text: str) -> tuple[float, list[bytes]]:
    """Return a line's width in CSS pixels and the operators that show it."""
    layout = create_layout(text, style, None, None, 0)
    line, _ = layout.get_first_line()
    width, _ = line_size(line, style)
    scratch.stream = []
    box = SimpleNamespace(text=text, style=style, pango_layout=layout)
    draw_first_line(scratch, box, "clip", "none", _HERE)
    return width, [item for item in scratch.stream if item.endswith(b" TJ")]


def first_line(style: Any, text: str, width: float) -> tuple[int, int | None]:
    """Return how many bytes of `text` fit in `width` CSS pixels, and where the next line begins."""
    _, length, resume, *_ = split_first_line(text, style, None, width, 0)
    return length, resume


def glyphs_on_record(fonts: dict[int, Any]) -> int:
    """Return how many glyphs the fonts know, those they lack included."""
    return sum(len(font.to_unicode) + len(font.missing) for font in fonts.values())


def blocks(page: Any) -> Iterator[tuple[Any, list[Any]]]:
    """Yield each block of a laid-out page that holds lines, with its lines."""
    yield from _blocks(page._page_box)


def _blocks(box: Any) -> Iterator[tuple[Any, list[Any]]]:
    children = list(getattr(box, "children", ()))
    lines = [child for child in children if isinstance(child, boxes.LineBox)]
    if lines:
        yield box, lines
    for child in children:
        yield from _blocks(child)


def _leaves(box: Any) -> Iterator[Any]:
    children = getattr(box, "children", ())
    if not children:
        yield box
    for child in children:
        yield from _leaves(child)


def texts(line: Any) -> list[Any]:
    """Return the texts on a line, in order."""
    return [leaf for leaf in _leaves(line) if isinstance(leaf, boxes.TextBox) and leaf.text.strip()]


def breaks(line: Any) -> bool:
    """Tell whether a line ends because the template breaks it there."""
    leaves = list(_leaves(line))
    return bool(leaves) and str(leaves[-1].element_tag).startswith("br")


def is_margin(block: Any) -> bool:
    """Tell whether a block is in the margin of the page."""
    return isinstance(block, boxes.MarginBox)
