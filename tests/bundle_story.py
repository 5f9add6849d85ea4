"""A case on appeal with replies and evidence, and its bundle, as plain steps for the tests."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import notice_story as story
import pikepdf
from PIL import Image
from sqlalchemy import Engine

from enforcement.data.bundles import BundleEdition
from enforcement.data.cases import Case
from enforcement.domain.bundles import Pack
from enforcement.rendering.bundle.sheets import Sheet, Words, lay_out
from enforcement.services import (
    appeals,
    bundle_making,
    bundles,
    cases,
    evidence,
    replies,
    reply_points,
)
from enforcement.services.evidence import Examined
from enforcement.services.replies import Keyed, Sender
from enforcement.services.work import Work
from enforcement.settings import Settings

SECRET = "Ottoline Farthing"  # the name that gets redacted
FIGURE = "CQC writes that the fee is £2,388.00 a year."


def letter(*paragraphs: str) -> bytes:
    """A PDF of a stranger: a page for each paragraph, without tags."""
    out = io.BytesIO()
    with pikepdf.Pdf.new() as pdf:
        for text in paragraphs:
            with pikepdf.open(io.BytesIO(lay_out(Sheet("A letter", "", (Words(text),))))) as made:
                pdf.pages.extend(made.pages)
        pdf.save(out)
    return out.getvalue()


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "teal").save(out, "PNG")
    return out.getvalue()


@dataclass
class Tribunal:
    """A case under appeal: a reply with a PDF, a picture and a workbook; decided; appealed."""

    begin: Callable[..., Any]
    engine: Engine
    settings: Settings
    tale: story.Story = field(init=False)
    at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.tale = story.Story(self.begin)
        self.tale.to_given()
        self.at = story.NOW + timedelta(days=3)
        self.do(self._reply)
        self.at = story.NOW + timedelta(days=20)

    def _reply(self, work: Work, case: Case) -> None:
        def file(name: str, content: bytes) -> Examined:
            return evidence.examine(name, content, self.settings)

        made = replies.key(
            work,
            case,
            Keyed(
                source="post",
                received_on=work.today,
                sender=Sender(SECRET, "Registered manager"),
                reasons=(),
                words=f"The system was down. {SECRET} was ill.",
                form_key="story-1",
                files=(
                    file("letter.pdf", letter(f"Page one by {SECRET}.", "Page two is harmless.")),
                    file("screen.png", picture()),
                    file("list.csv", b"day,what\n1,down\n"),
                ),
            ),
        )
        reply_points.read(work, made)
        for point in made.points:
            reply_points.answer_point(
                work,
                point,
                "We looked.",
                "Our record.",
                "not_accepted",
                not_opened="Read on paper.",
            )

    def do(self, action: Callable[..., Any], *args: Any, who: Any = None, **more: Any) -> Any:
        """Run `action(work, case, …)` in one committed transaction at the story's moment."""
        with self.begin(who or story.OFFICER, self.at) as work:
            return action(work, cases.find(work, self.tale.reference), *args, **more)

    def decide(self) -> None:
        """Decision and final notice, as the other stories tell them."""
        tale, at = self.tale, self.at
        tale.decide(at)
        tale.ready_for_money(at, file=("fee.pdf", letter(FIGURE)))
        tale.draft_final(at)
        tale.submit(at, "final_notice")
        tale.approve(at, "final_notice")
        assert tale.deliver(tale.issue(at, "final_notice"), at) == "sent"

    def appeal(self) -> None:
        self.decide()
        self.at += timedelta(days=10)
        day = self.at.date()
        self.do(appeals.lodge, day, day, "GRC/2026/0009", "The fee is wrong.")

    def make(self, pack: Pack = Pack.TRIBUNAL, **more: Any) -> BundleEdition:
        """Order an edition and let the worker make it."""
        order = self.do(bundles.order, pack, bundles.sweep_will_find, **more)
        assert bundle_making.make(self.engine, self.settings, order.id, lambda: self.at) == "done"
        found: BundleEdition = self.do(bundles.newest, pack)
        return found

    def volume(self, edition: BundleEdition, number: int = 1) -> bytes:
        return bytes(self.do(lambda work, _: bundles.volume(work, edition, number)[1].content))
