"""The people of the journeys as a test may speak of them: each is one browser, looked at for faults
on every page (see `Person.looks_at`)."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from email import message_from_bytes
from email.policy import default
from functools import cached_property
from io import BytesIO
from pathlib import Path

import pypdf
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, ConsoleMessage, Page
from sqlalchemy import Engine
from ways import Way

from enforcement.domain.permissions import Role
from enforcement.services.sending import deliver_ready
from enforcement.settings import Settings

# By how much a page is wider than the screen, and what sticks out.
WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
    [document.documentElement.scrollWidth - innerWidth,
    ...[...document.querySelectorAll('body *')]
    .filter(one => one.getBoundingClientRect().left + one.scrollWidth > innerWidth)
    .map(one => one.outerHTML.slice(0, 120))]"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Only what is wrong comes back: the list of what is right is a hundred times as long.
LOOK = """rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})
    .then(found => found.violations.map(one => [one.id, one.nodes[0].html.slice(0, 300)]))"""
# How a page is built: its elements in order with their attributes, equal rows told once. axe looks
# once at a build of one width: the walks come by the same pages again and again.
BUILD = """[...document.querySelectorAll('html *')]
    .map(e => e.tagName + '.' + e.className + e.getAttributeNames())
    .filter((one, n, all) => one !== all[n - 1]).join(' ')"""
FAULTLESS: set[tuple[int, str]] = set()
PASSWORD = "lantern-fennel-quill-4821"
STAFF = {
    "orla.candlewick": Role.OFFICER,
    "selma.rookhaven": Role.SENIOR,
    "petra.silverdew": Role.PANEL,
    "piers.hazelmoth": Role.PANEL,
    "fintan.pennywhistle": Role.FINANCE,
    "lotte.bellwether": Role.LEADER,
    "aurelia.marshlight": Role.AUDITOR,
}
CODE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}\b")


@dataclass
class World:
    """One database, two sites, one clock that only the test moves; all go by one way."""

    settings: Settings
    engine: Engine
    now: datetime
    browser: Browser
    way: Way
    staff: str = ""
    reply: str = ""
    pictures: int = 0

    def clock(self) -> datetime:
        return self.now

    def worker_sends(self) -> dict[str, int]:
        """One pass of the worker, as its sweep of every minute makes it."""
        return deliver_ready(self.engine, self.settings, self.clock, "worker-1")

    def letters_to(self, email: str) -> list[bytes]:
        """The PDFs that reached a mailbox, oldest first."""
        found = []
        for path in sorted(
            self.settings.mail_folder.glob("*.eml"), key=lambda p: p.stat().st_mtime_ns
        ):
            mail = message_from_bytes(path.read_bytes(), policy=default)
            if email in mail["To"]:
                found += [part.get_content() for part in mail.iter_attachments()]
        return found

    def code_in_letter(self, email: str) -> str:
        """The reply code as printed in the newest letter to this mailbox."""
        found = CODE.search(text_of(self.letters_to(email)[-1])[1])
        assert found is not None
        return found[0]


def text_of(pdf: bytes) -> tuple[int, str]:
    """How many pages a PDF has, and its words."""
    read = pypdf.PdfReader(BytesIO(pdf))
    return len(read.pages), "\n".join(page.extract_text() for page in read.pages)


def words_of(pdf: bytes) -> str:
    """The words of a PDF as one line: where its lines break is the printer's business."""
    return " ".join(text_of(pdf)[1].split())


@dataclass
class Person:
    """Somebody at a browser of their own, on the world's screen. `name` is the account, and marks
    the pictures."""

    world: World
    name: str
    faults: list[str] = field(default_factory=list)

    @cached_property
    def page(self) -> Page:
        """The one page they look at; who has nothing to do opens none."""
        way = self.world.way
        context = self.world.browser.new_context(
            viewport={"width": way.width, "height": 844 if way.width < 500 else 900},
            java_script_enabled=way.script,
        )
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._heard)
        page.on("request", lambda request: self._asked(request.url))
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        # A refusal the script asks for is an answer of the site, not a fault of the page.
        if message.type == "error" and "status of 4" not in message.text:
            self.faults.append(message.text)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.world.staff, self.world.reply, "data:", "chrome", "blob:")):
            self.faults.append(f"something from outside: {url}")

    # --- one step ---------------------------------------------------------------------------
    def goes_to(self, address: str) -> None:
        self.page.goto(f"{self.site}{address}")
        self.looks_at(address)

    def presses(self, words: str) -> None:
        self.page.get_by_role("button", name=words, exact=True).first.click()
        self.looks_at(words)

    def follows(self, words: str) -> None:
        self.page.get_by_role("link", name=words, exact=True).first.click()
        self.looks_at(words)

    def chooses(self, words: str) -> None:
        self.page.get_by_label(words, exact=True).check()

    def writes(self, label: str, words: str) -> None:
        self.page.get_by_label(label, exact=True).fill(words)

    def fills_day(self, day: date, label: str = "") -> None:
        """The three boxes of a day: of the question named, or of the first on the page."""
        asked = self.page.get_by_role("group", name=label, exact=True) if label else self.page
        for box, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
            asked.get_by_label(box, exact=True).first.fill(str(value))

    def reads(self) -> str:
        return self.page.inner_text("main")

    def buttons(self) -> list[str]:
        """Every button that sends something, the sign-out apart."""
        found = self.page.locator("main button").all_inner_texts()
        return [words.strip() for words in found]

    def offers(self, words: str) -> bool:
        """Whether an action stands on the page to be taken: a link or button, not greyed."""
        return self.page.get_by_role("button", name=words, exact=True).count() > 0

    @property
    def site(self) -> str:
        return self.world.staff

    def looks_at(self, name: str) -> None:
        """The page has no fault axe can find, none in the console, and nothing too wide."""
        self._picture(name)
        wide = self.page.evaluate(WIDE)
        assert wide == [], f"{name}: wider than the screen by {wide}"
        if self.world.way.script:  # axe itself is a script
            self._has_axe_look(name)
        assert self.faults == [], f"{name}: {self.faults}"

    def _has_axe_look(self, name: str) -> None:
        build = (self.world.way.width, self.page.evaluate(BUILD))
        if build not in FAULTLESS:
            self.page.evaluate(AXE_SCRIPT)
            found = self.page.evaluate(LOOK, RULES)
            assert found == [], f"{name}: {found}"
            FAULTLESS.add(build)

    def _picture(self, name: str) -> None:
        folder = os.environ.get("JOURNEY_PICTURES")
        if not folder:
            return
        self.world.pictures += 1
        plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40]
        place = (
            Path(folder)
            / self.world.way.name
            / f"{self.world.pictures:03d}-{self.name}-{plain}.png"
        )
        self.page.screenshot(path=str(place), full_page=True)


class Colleague(Person):
    """Somebody with an account on the staff site."""

    def signs_in(self, password: str = PASSWORD) -> None:
        self.page.goto(f"{self.site}/sign-in")
        self.writes("User name", self.name)
        self.writes("Password", password)
        self.presses("Sign in")

    def brings_in(self, kind: str, name: str, content: bytes, window: str = "") -> None:
        """Upload a file: first checked without writing, then loaded."""
        self.goes_to("/imports/new")
        self.chooses(kind)
        self.page.locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "text/csv", "buffer": content}
        )
        if window:
            self.page.get_by_label("Window", exact=True).select_option(label=window)
        self.page.get_by_role("button", name="Bring the file in").click()
        self._waits_for("Nothing was written.")
        self.looks_at(f"checked {name}")
        self.page.get_by_role("button", name="Load this file").click()
        self._waits_for("SHA-256")
        self.looks_at(f"loaded {name}")

    def _waits_for(self, words: str) -> None:
        self.page.locator("main").get_by_text(words).first.wait_for()

    def opens_case(self, reference: str, part: str = "") -> None:
        self.goes_to(f"/cases/{reference}{part}")

    def opens_notice(self, reference: str, title: str) -> None:
        self.opens_case(reference, "/notices")
        self.follows(title)

    def drafts(self, reference: str, kind: str, email: str) -> None:
        self.opens_case(reference, f"/notices/{kind}")
        self.page.get_by_role("radio", name=re.compile(re.escape(email))).check()
        self.chooses("Email")
        self.presses("Save the draft and see the page")

    def downloads_pdf(self) -> bytes:
        with self.page.expect_download() as started:
            self.page.get_by_role("link", name="Download it").click()
        return Path(started.value.path()).read_bytes()

    def approves_and_issues(self, reference: str, title: str) -> None:
        self.opens_notice(reference, title)
        self.presses("Approve exactly this document")
        self.presses("Issue the notice")

    def opens_every_file(self) -> None:
        """The originals of a reply, each as a download."""
        for button in self.page.get_by_role("button", name=re.compile("^Original of ")).all():
            with self.page.expect_download():
                button.click()

    def reads_and_answers(self, case: str, reply: str, view: str, words: str) -> None:
        """The reply is read whole, its files opened, and its one point answered."""
        self.opens_case(case, "/replies")
        self.follows(reply)
        self.presses("I have read the whole reply")
        self.opens_every_file()
        self.page.get_by_role("link", name="Answer to point 1").click()
        self.looks_at("point 1")
        self.writes("What evidence was looked at", "Call log, and Capacity Tracker's own record")
        self.chooses(view)
        self.writes("Answer", words)
        self.presses("Save the answer")

    def puts_to_panel(self, case: str, outcome: str, reasons: str, excuse: str) -> None:
        self.opens_case(case, "/decision")
        self.follows_action("Put to the panel")
        self.chooses(outcome)
        self.writes("Reasons", reasons)
        self.writes("Finding on reasonable excuse", excuse)

    def finds(self, point: str, found: str, kind: str, reasons: str) -> None:
        """The finding on the excuse that one point offers, on the page open."""
        self.chooses(found)
        self.page.get_by_label(f"{point}: what kind of excuse was offered?").select_option(kind)
        self.writes(f"{point}: reasons of the finding", reasons)

    def decides(self, case: str, action: str, outcome: str) -> None:
        self.opens_case(case, "/decision")
        self.follows_action(action)
        self.chooses(outcome)
        self.presses("Record the decision")

    def closes(self, case: str, reason: str) -> None:
        self.opens_case(case)
        self.follows_action("Close the case")
        self.chooses(reason)
        self.chooses("Nothing to learn")
        self.presses("Close the case")
        assert "The case is closed." in self.page.inner_text("body")

    def votes(self, reference: str, vote: str, reasons: str) -> None:
        self.opens_case(reference, "/decision")
        self.follows_action("Declare your interests")
        self.chooses("No, nothing")
        self.presses("Declare")
        self.follows_action("Vote")
        self.chooses(vote)
        self.writes("Your reasons", reasons)
        self.presses("Cast your vote")

    def follows_action(self, words: str) -> None:
        """The action bar's links look like buttons and are announced as such."""
        self.presses(words)

    def enters_payment(self, reference: str, amount: str) -> None:
        self.opens_case(reference, "/money")
        self.follows_action("Record a payment")
        self.writes("Amount received", amount)
        self.writes("Bank or card reference (optional)", "BACS 20260731")
        self.presses("Record the payment")

    def asks_by_post(self, address: str) -> int:
        """The status of a POST with a token of this session: refused by right, not by form."""
        token = self.page.locator("input[name=csrf_token]").first.get_attribute("value") or ""
        answer = self.page.request.post(
            f"{self.site}{address}",
            form={"csrf_token": token},
            headers={"Referer": self.site},
            max_redirects=0,
        )
        return answer.status


class Provider(Person):
    """Somebody at a care provider with the letter in hand."""

    @property
    def site(self) -> str:
        return self.world.reply

    def types_the_code(self, code: str, location: str, postcode: str) -> None:
        self.goes_to("/")
        self.writes("Your code", code)
        self.presses("Continue")
        self.writes("CQC location ID", location)
        self.writes("Postcode of that location", postcode)
        self.presses("Continue")

    def gives_a_good_reason(self, words: str) -> None:
        self.presses("Reply")
        self.chooses("We had a good reason for not sending it")
        self.presses("Save and continue")
        self.chooses("Capacity Tracker was down, or we could not get in")
        self.presses("Save and continue")
        self.chooses("All of them")
        self.presses("Save and continue")
        self.presses("Save and continue")  # no dates known
        self.page.locator("textarea").fill(words)
        for _ in ("the words", "who was responsible", "what else was tried"):
            self.presses("Save and continue")

    def gives_reason(self, reason: str, *answers: str, words: str) -> None:
        """A reason with its questions, each answered by one choice or, where empty, passed by."""
        self.presses("Reply")
        self.chooses(reason)
        self.presses("Save and continue")
        for answer in answers:
            if answer:
                self.chooses(answer)
            self.presses("Save and continue")
        self.page.locator("textarea").fill(words)
        self.presses("Save and continue")

    def adds_evidence(self, *files: tuple[str, str, bytes]) -> None:
        self.page.locator("input[type=file]").set_input_files(
            [{"name": n, "mimeType": m, "buffer": b} for n, m, b in files]
        )
        self.presses("Upload")
        self.presses("Continue")

    def says_who(self, name: str, email: str) -> None:
        self.writes("Your full name", name)
        self.chooses("Director, partner or trustee")
        self.writes("Email address for your receipt", email)
        self.presses("Save and continue")

    def declares_and_sends(self) -> None:
        self.page.get_by_role("checkbox").check()
        self.presses("Send your reply")
