"""The sample letter by ReportLab's platypus: the same words, tables, places and sizes, untagged."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from press_rivals import Print, shown
from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    KeepTogether,
    ListFlowable,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from enforcement.rendering.facts import NoticeFacts
from enforcement.rendering.typefaces import FILES, FOLDER
from enforcement.rendering.wording import qr_code

BLUE, NAVY, INK, GREY, RULE, PALE, FILL = map(
    HexColor, ("#005eb8", "#003087", "#212b32", "#4c6272", "#aeb7bd", "#d8dde0", "#eef4fa")
)
REGULAR, BOLD = "Liberation Sans", "Liberation Sans Bold"
WIDTH, HEIGHT = A4
ROOM = 210 * mm - 42.6 * mm


def _look(size: float, lead: float, after: float = 0, **more: Any) -> ParagraphStyle:
    defaults = {"fontName": REGULAR, "textColor": INK, "spaceAfter": after * mm}
    return ParagraphStyle("", fontSize=size, leading=lead, **(defaults | more))


BODY = _look(10.5, 13.4, 2)
SMALL = _look(9, 12, 3, textColor=GREY)
CELL, QUIET = _look(9, 11.4), _look(10.5, 13.4, textColor=GREY)
RIGHT = _look(9, 11.4, alignment=TA_RIGHT)
CAPTION = _look(9, 11.4, 1, fontName=BOLD)
TITLE = _look(17, 21, 1, fontName=BOLD, textColor=NAVY)
HEADING = _look(12, 15, 0.8, fontName=BOLD, textColor=NAVY, spaceBefore=3 * mm, keepWithNext=1)
CODE = _look(12, 15, 1.4, fontName=BOLD)


class _Numbered(Canvas):  # type: ignore[misc]  # ReportLab ships no types
    """A canvas that knows at the end how many pages there are: “Page 1 of 2”."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._sheets: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - ReportLab's name
        self._sheets.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, sheet in enumerate(self._sheets, start=1):
            self.__dict__.update(sheet)
            self.setFont(REGULAR, 8.5)
            self.setFillColor(GREY)
            self.drawString(24.6 * mm, 8 * mm, "NHS Business Services Authority")
            page = f"{self.notice} · Page {number} of {len(self._sheets)}"
            self.drawRightString(WIDTH - 18 * mm, 8 * mm, page)
            super().showPage()
        super().save()


def _bold(words: str) -> str:
    return f'<font name="{BOLD}">{escape(words)}</font>'


def _grey(words: str) -> str:
    return f'<font color="#4c6272">{escape(words)}</font>'


def _table(caption: str, head: list[str], rows: list[list[Any]], widths: list[float],
           foot: bool = False) -> KeepTogether:  # fmt: skip
    cells = [[Paragraph(_bold(name), CELL) for name in head], *rows]
    look = [
        ("LINEBELOW", (0, 0), (-1, 0), 0.5 * mm, BLUE),
        ("LINEBELOW", (0, 1), (-1, -2 if foot else -1), 0.25 * mm, RULE),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3 * mm),
        ("TOPPADDING", (0, 0), (-1, -1), 0.8 * mm),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 0.8 * mm),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    shares = [ROOM * width for width in widths]
    table = Table(cells, colWidths=shares, style=look, hAlign="LEFT", repeatRows=1)
    return KeepTogether([Paragraph(caption, CAPTION), table, Spacer(0, 2.4 * mm)])


def _square(link: str) -> Drawing:
    side, path = qr_code(link)
    step = 25 * mm / (side + 4)
    drawing = Drawing(25 * mm, 25 * mm)
    drawing.add(Rect(0, 0, 25 * mm, 25 * mm, fillColor=HexColor("#ffffff"), strokeWidth=0))
    for run in path.split("M")[1:]:
        place, _, rest = run.partition("h")
        x, y = map(int, place.split())
        wide = int(rest.partition("v")[0])
        drawing.add(
            Rect((x + 2) * step, 25 * mm - (y + 3) * step, wide * step, step,
                 fillColor=HexColor("#000000"), strokeWidth=0, strokeColor=None)
        )  # fmt: skip
    return drawing


def _head(canvas: Canvas, facts: NoticeFacts, told: dict[str, Any]) -> None:
    canvas.setFillColor(BLUE)
    canvas.rect(15 * mm, HEIGHT - 11 * mm, 180 * mm, 3 * mm, stroke=0, fill=1)
    canvas.setFont(BOLD, 15)
    canvas.drawString(24.6 * mm, HEIGHT - 19.6 * mm, "NHS Business Services Authority")
    canvas.setFillColor(GREY)
    canvas.setFont(REGULAR, 10.5)
    canvas.drawString(24.6 * mm, HEIGHT - 25.2 * mm, facts.contacts.team)
    canvas.setFillColor(INK)
    canvas.setFont(REGULAR, 9)
    for number, line in enumerate(told["window"]):
        canvas.drawString(25.4 * mm, HEIGHT - (43.4 + 3.6 * number) * mm, line)
    down = 34.0
    contacts = facts.contacts
    for name, lines in (
        ("Our reference", (facts.notice_reference,)),
        ("Date", (told["dated"],)),
        ("Telephone", (contacts.phone, contacts.hours)),
        ("Email", (contacts.email,)),
        ("Post", contacts.post_address),
    ):
        for words, font, colour in ((name, BOLD, BLUE), *((one, REGULAR, INK) for one in lines)):
            canvas.setFont(font, 8.5)
            canvas.setFillColor(colour)
            canvas.drawString(129 * mm, HEIGHT - down * mm, words)
            down += 3.7
        down += 1.4


def _sum(facts: NoticeFacts, told: dict[str, Any]) -> Table:
    who = facts.provider
    provider = (
        f"{_bold(who.name)}<br/>CQC provider ID {escape(who.cqc_id)}, "
        f"company number {who.company_number}"
    )
    rows = [
        [Paragraph(name, QUIET), Paragraph(words, BODY)]
        for name, words in (
            ("Provider", provider),
            ("Penalty we propose", _bold(told["amount"])),
            ("Last day to reply", _bold(told["ends"])),
        )
    ]
    look = [
        ("LINEABOVE", (0, 0), (-1, -1), 0.25 * mm, PALE),
        ("LINEBELOW", (0, -1), (-1, -1), 0.25 * mm, PALE),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 0.8 * mm),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    return Table(rows, colWidths=[45 * mm, ROOM - 45 * mm], style=look, hAlign="LEFT")


def _answer(facts: NoticeFacts) -> Table:
    reply = facts.reply
    assert reply
    words = [
        Paragraph(
            f"Go to {_bold(reply.address)} and enter this code, or scan the square with a phone. "
            "You need no account.",
            BODY,
        ),
        Paragraph(reply.code, CODE),
        Paragraph(
            "Or write to us by email or post, at the addresses on the first page.<br/>"
            f"Give the reference {escape(facts.notice_reference)}.",
            BODY,
        ),
    ]
    look = [
        ("BACKGROUND", (0, 0), (-1, -1), FILL),
        ("LINEBEFORE", (0, 0), (0, -1), 1 * mm, BLUE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 4 * mm),
        ("TOPPADDING", (0, 0), (-1, -1), 3 * mm),
    ]
    widths = [ROOM - 33 * mm, 33 * mm]
    return Table([[words, _square(reply.link)]], colWidths=widths, style=look, hAlign="LEFT")


def _items(*items: str) -> ListFlowable:
    return ListFlowable(
        [Paragraph(item, BODY) for item in items], bulletType="bullet", leftIndent=5 * mm,
        bulletFontName=REGULAR, bulletFontSize=8, start="•",
    )  # fmt: skip


def _why(facts: NoticeFacts, told: dict[str, Any]) -> list[Any]:
    rows = [
        [Paragraph(words, CELL) for words in (
            f"{escape(miss.location_name)}<br/>{_grey(miss.location_id)}", escape(miss.service),
            f"{escape(miss.window)}<br/>{_grey(days)}", escape(miss.result))]
        for miss, days in zip(facts.misses, told["days"], strict=True)
    ]  # fmt: skip
    head = ["Location and CQC location ID", "Service", "Month and window", "Our record"]
    return [
        Paragraph("Why we propose a penalty", HEADING),
        Paragraph(
            "Under section 277A of the Act the Secretary of State requires providers of adult "
            "social care to give information about each location and service every month, "
            "through the Capacity Tracker. Our records show that these returns were not made as "
            "required:",
            BODY,
        ),
        _table("Returns counted in this case", head, rows, [0.4, 0.16, 0.28, 0.16]),
        Paragraph(
            f"{escape(facts.threshold_sentence)} Source: {escape(facts.threshold_citation)}. "
            "We do not know of a reasonable excuse for this (regulation 2).",
            BODY,
        ),
        Paragraph("Before this notice we offered help:", BODY),
        _items(*map(escape, facts.support_contacts)),
    ]


def _penalty(facts: NoticeFacts, told: dict[str, Any]) -> list[Any]:
    amount = facts.amount
    assert amount
    rows = [
        [Paragraph(escape(line.label), CELL), Paragraph(escape(line.basis), CELL),
         Paragraph(fee, RIGHT)]
        for line, fee in zip(amount.lines, told["fees"], strict=True)
    ]  # fmt: skip
    total = [Paragraph(_bold("Total"), CELL), Paragraph(_bold(amount.scheme), CELL),
             Paragraph(_bold(told["amount"]), RIGHT)]  # fmt: skip
    return [
        Paragraph("The penalty we propose", HEADING),
        Paragraph(
            f"The penalty we propose is {_bold(told['amount'])}.<br/>By regulation 3 it equals "
            "the fee that you pay to the Care Quality Commission (CQC) for your registration, so "
            "we cannot choose a higher or lower amount.",
            BODY,
        ),
        _table("How the amount is worked out", ["Registration", "Basis", "Fee"], [*rows, total],
               [0.4, 0.45, 0.15], foot=True),
        Paragraph(
            f"{escape(amount.status)} If we impose the penalty, we work out the amount again from "
            "the fees in force on that day.",
            BODY,
        ),
        Paragraph("When we may not impose a penalty", HEADING),
        Paragraph(
            "We consider every reason that you give us. We may not impose the penalty if, for "
            "example:",
            BODY,
        ),
        _items(
            "you had a reasonable excuse, such as no way into the Capacity Tracker although you "
            "asked for help, a serious incident, or the illness of the only person able to send "
            "the return;",
            "our record is wrong, for example because the return was made in its window;",
            "in a month counted you were not the registered provider or did not have to report; "
            "or",
            "you are a public body: regulation 2 does not allow a penalty on one.",
        ),
    ]  # fmt: skip


def _reply(facts: NoticeFacts, told: dict[str, Any]) -> list[Any]:
    return [
        Paragraph("Your right to reply", HEADING),
        Paragraph(
            "You have the right to make written representations to us about this proposal "
            f"(regulation 5).<br/>The period for them begins on {told['starts']} and ends at the "
            f"end of {_bold(told['ends'])}.<br/>We treat this notice as given on "
            f"{told['given']}.<br/>{escape(facts.method or '')}",
            BODY,
        ),
        _answer(facts),
        Spacer(0, 2.4 * mm),
        Paragraph(
            "It helps to say which location and month you mean, what happened, and when, and to "
            "send what shows it: a confirmation email, a screenshot, or letters about your CQC "
            "registration.",
            BODY,
        ),
        Paragraph("What happens next", HEADING),
        Paragraph(
            "People who did not prepare this notice then consider the case, whether or not you "
            f"reply.<br/>We must decide by {told['decide']}, which is 28 days after the period "
            "ends (regulation 6).<br/>If we impose the penalty, a final notice will tell you how "
            "and when to pay, and how to appeal to the First-tier Tribunal. If we do not, we will "
            "write to say so.",
            BODY,
        ),
        Paragraph(
            "Please keep sending a return in every window, even if nothing has changed or you "
            "have nobody in your care.",
            BODY,
        ),
        Paragraph(
            f"{_bold(facts.signatory.name)}, {escape(facts.signatory.role)}<br/>NHS Business "
            "Services Authority, for the Secretary of State for Health and Social Care",
            BODY,
        ),
    ]


def _ask(facts: NoticeFacts) -> list[Any]:
    rows = [
        [Paragraph(words, CELL) for words in (
            escape(row.about), f"{escape(row.who)}<br/>{row.phone}",
            f"{escape(row.email)}<br/>{_grey(row.hours)}")]
        for row in facts.who_to_ask
    ]  # fmt: skip
    head = ["About", "Who, and telephone", "Email, and hours"]
    return [
        _table("Who to ask", head, rows, [0.34, 0.28, 0.38]),
        Paragraph(
            "We use what you send us under the Health and Social Care Act 2012. Ask us about your "
            "rights over it.",
            SMALL,
        ),
    ]


def platypus() -> Print:
    """ReportLab's platypus with its fonts registered once: untagged, nothing attached."""
    pdfmetrics.registerFont(TTFont(REGULAR, FOLDER / FILES["regular"]))
    pdfmetrics.registerFont(TTFont(BOLD, FOLDER / FILES["bold"]))
    law = (
        "Given under regulation 4 of the Adult Social Care Information (Enforcement) Regulations "
        "2022 (SI 2022/1175, “the Regulations”), made under section 277E of the Health and "
        "Social Care Act 2012 (“the Act”)."
    )
    about = (
        "We propose to impose a financial penalty on the provider named above. "
        f"{_bold('This is not a demand for payment.')} No decision has been made. You can tell us "
        "in writing why we should not impose it."
    )

    def printed(facts: NoticeFacts) -> bytes:
        told = shown(facts)
        held = BytesIO()
        title = "Notice of intent to impose a financial penalty"
        document = BaseDocTemplate(
            held, pagesize=A4, lang="en", title=f"{title} – {facts.notice_reference}",
            author="NHS Business Services Authority", invariant=1,
        )  # fmt: skip
        plain = {"leftPadding": 0, "rightPadding": 0, "topPadding": 0, "bottomPadding": 0}
        first = Frame(24.6 * mm, 13 * mm, ROOM, (297 - 95 - 13) * mm, **plain)
        later = Frame(24.6 * mm, 13 * mm, ROOM, (297 - 15 - 13) * mm, **plain)

        def head(canvas: Canvas, _document: Any) -> None:
            canvas.notice = facts.notice_reference
            _head(canvas, facts, told)

        document.addPageTemplates([
            PageTemplate("first", [first], onPage=head, autoNextPageTemplate="later"),
            PageTemplate("later", [later]),
        ])  # fmt: skip
        start = [Paragraph(title, TITLE), Paragraph(law, SMALL), _sum(facts, told),
                 Spacer(0, 3.2 * mm), Paragraph(about, BODY)]  # fmt: skip
        story = [*start, *_why(facts, told), *_penalty(facts, told), *_reply(facts, told)]
        document.build([*story, *_ask(facts)], canvasmaker=_Numbered)
        return held.getvalue()

    return printed
