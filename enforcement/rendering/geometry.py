"""Where ink may be on a posted page (GOV.UK Notify precompiled letters), in millimetres.

All measures are from the left and top edge of A4. The marks come from WeasyPrint's own boxes, so
the check needs no other tool and holds for the page that is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

MM = 96 / 25.4  # CSS pixels in a millimetre
SLACK = 0.2  # mm; rounding of the layout, well under the 1 mm that the checker allows
MOST_PAGES = 10
FEWEST_LINES = 3  # on the last page of several
FOOT = 284.5  # mm; below it stand the page number and its neighbours


@dataclass(frozen=True)
class Area:
    """A rectangle on the page."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, mark: Mark) -> bool:
        """Tell whether `mark` lies inside, give or take `SLACK`."""
        return (
            mark.left >= self.left - SLACK
            and mark.top >= self.top - SLACK
            and mark.right <= self.right + SLACK
            and mark.bottom <= self.bottom + SLACK
        )


PRINTABLE = Area(15, 5, 195, 292)
LOGO = Area(15, 5, 125, 30)
CONTACT = Area(125, 5, 195, 95)
ADDRESS = Area(24.6, 39.5, 120, 66.3)
BODY = Area(15, 95, 195, 292)
FIRST_PAGE = (LOGO, CONTACT, ADDRESS, BODY, Area(15, 5, 195, 30))


@dataclass(frozen=True)
class Mark:
    """Something inked: a line of text, a filled or ruled box, or a picture."""

    page: int
    kind: str
    words: str
    left: float
    top: float
    right: float
    bottom: float
    in_window: bool = False


@dataclass(frozen=True)
class Fault:
    """A mark where none may be, with the reason in words."""

    page: int
    reason: str
    mark: Mark | None = None


def page_marks(pages: Sequence[Any]) -> tuple[Mark, ...]:
    """Return every mark on WeasyPrint's laid-out `pages`, in reading order."""
    return tuple(
        mark
        for number, page in enumerate(pages, start=1)
        for mark in _walk(page._page_box, number, False)
    )


def _walk(box: Any, page: int, in_window: bool) -> Iterator[Mark]:
    in_window = in_window or _has_class(box, "window")
    kind = type(box).__name__
    if kind == "TextBox":
        if box.text.strip():
            yield _mark(box, page, "text", box.text, in_window)
        return
    if kind not in ("PageBox", "MarginBox") and _inked(box):
        yield _mark(box, page, "box", "", in_window)
    if hasattr(box, "replacement"):
        yield _mark(box, page, "picture", "", in_window)
    for child in getattr(box, "children", ()):
        yield from _walk(child, page, in_window)


def _has_class(box: Any, name: str) -> bool:
    element = getattr(box, "element", None)
    return element is not None and name in (element.get("class") or "").split()


def _inked(box: Any) -> bool:
    if box.style["visibility"] != "visible" or not hasattr(box, "border_top_width"):
        return False
    colour = box.style["background_color"]
    ruled = any(getattr(box, f"border_{side}_width") for side in ("top", "right", "bottom", "left"))
    return ruled or (colour != "currentcolor" and colour.alpha > 0)


def _mark(box: Any, page: int, kind: str, words: str, in_window: bool) -> Mark:
    if kind == "text":
        left, top, width, height = box.position_x, box.position_y, box.width, box.height
    else:
        left, top = box.border_box_x(), box.border_box_y()
        width, height = box.border_width(), box.border_height()
    return Mark(
        page=page,
        kind=kind,
        words=words,
        left=left / MM,
        top=top / MM,
        right=(left + width) / MM,
        bottom=(top + height) / MM,
        in_window=in_window,
    )


def check_geometry(
    marks: Sequence[Mark], posted: bool = True, most_pages: int | None = MOST_PAGES
) -> tuple[Fault, ...]:
    """Return what the posting service would refuse; empty when the letter can be posted.

    On page 1 a mark must lie in one allowed area, and the address alone in its window; on later
    pages in the printable area. At most `most_pages` (None: any number), and no stray line on the
    last page. What is not `posted` has no window: its page 1 is like any other.
    """
    faults = [fault for mark in marks if (fault := _fault(mark, posted))]
    pages = max((mark.page for mark in marks), default=0)
    if most_pages is not None and pages > most_pages:
        faults.append(Fault(pages, f"{pages} pages; at most {most_pages} can be posted"))
    if posted and not any(mark.in_window for mark in marks):
        faults.append(Fault(1, "no address in the window"))
    if pages > 1 and (lines := _lines(marks, pages)) < FEWEST_LINES:
        faults.append(Fault(pages, f"the last page has only {lines} line{'s' * (lines != 1)}"))
    return tuple(faults)


def at_foot(mark: Mark) -> bool:
    """Whether a mark is of the page number and its neighbours, below the words of the page."""
    return mark.bottom > FOOT


def _lines(marks: Sequence[Mark], page: int) -> int:
    """How many lines of words a page has above its foot."""
    words = (mark for mark in marks if mark.page == page and mark.kind == "text")
    return len({round(mark.bottom) for mark in words if not at_foot(mark)})


def _fault(mark: Mark, posted: bool) -> Fault | None:
    what = f"“{mark.words.strip()}”" if mark.words else f"a {mark.kind}"
    if not PRINTABLE.holds(mark):
        return Fault(mark.page, f"{what} is outside the printable area", mark)
    if mark.page > 1 or not posted:
        return None
    if mark.in_window:
        inside = ADDRESS.holds(mark)
        return None if inside else Fault(1, f"{what} is outside the address window", mark)
    allowed = (area for area in FIRST_PAGE if area is not ADDRESS)
    if not any(area.holds(mark) for area in allowed):
        return Fault(1, f"{what} is in a part of page 1 that must stay empty", mark)
    return None
