"""Making the synthetic year in an empty instance, whole or not at all."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from enforcement.data.cases import Case
from enforcement.data.engine import open_engine
from enforcement.data.people import Account
from enforcement.data.policies import Policy
from enforcement.data.register import Provider
from enforcement.data.schema import upgrade
from enforcement.demo import generator, issue_runs, money, months, staff, stories
from enforcement.demo.staff import SET_UP, SignIn
from enforcement.demo.stage import Schedule, Stage, Tell
from enforcement.domain.calendar import WorkingCalendar
from enforcement.domain.cases import State
from enforcement.domain.permissions import system_actor
from enforcement.domain.refusals import BadInput, WrongState
from enforcement.services import default_policies, links
from enforcement.services.work import Work, transaction
from enforcement.settings import Settings

MARKER = "demo.json"
SIGN_INS = "demo-sign-ins.txt"
_MAKING, _WHOLE = "being made", "whole"
_INVENTED = "# Everything in this instance is invented. These passwords are for it alone."


@dataclass(frozen=True)
class Wish:
    """What the person asked for."""

    size: int = generator.DEFAULT_SIZE
    miss_rate: float = generator.DEFAULT_MISS_RATE
    seed: int = generator.DEFAULT_SEED

    def check(self) -> None:
        """Refuses (BadInput) a size or a rate that cannot be made."""
        if not generator.SMALLEST <= self.size <= generator.LARGEST:
            raise BadInput(
                f"The size is a number of location-services from {generator.SMALLEST} to "
                f"{generator.LARGEST:,}: the stories alone need {generator.SMALLEST}."
            )
        if not 0 <= self.miss_rate <= 0.5:
            raise BadInput("The miss rate is a share of returns, from 0 to 0.5.")


@dataclass(frozen=True)
class ReplyLinkShown:
    """One provider's way in, with the second fact that they type."""

    case: str
    url: str
    code: str
    location_id: str
    postcode: str


@dataclass(frozen=True)
class Demo:
    """What there is, for the words that are printed."""

    made_now: bool
    wish: Wish
    sign_ins: Sequence[SignIn]
    link: ReplyLinkShown | None  # None once every reply link has run out
    cases: dict[str, int]

    def as_json(self) -> dict[str, object]:
        return {
            "invented": True,
            "made_now": self.made_now,
            **asdict(self.wish),
            "sign_ins": [asdict(one) for one in self.sign_ins],
            "reply": asdict(self.link) if self.link else None,
            "cases": self.cases,
        }


def prepare(settings: Settings, wish: Wish, now: datetime, tell: Tell) -> Demo:
    """The synthetic year of this instance: as it is there, or made now.

    Refuses WrongState for an instance that holds anything else, or a year that was not finished;
    BadInput for a wish that cannot be fulfilled.
    """
    wish.check()
    marker = settings.instance / MARKER
    if marker.exists():
        found = json.loads(marker.read_text(encoding="utf-8"))
        if found["state"] != _WHOLE:
            raise WrongState(
                f"The synthetic year in {settings.instance} was not finished.", fix=_again(settings)
            )
        there = Wish(found["size"], found["miss_rate"], found["seed"])
        engine = open_engine(settings.database_url)
        try:
            upgrade(engine)
            return _shown(engine, settings, now, there, made_now=False)
        finally:
            engine.dispose()
    settings.instance.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database_url)
    try:
        upgrade(engine)
        _refuse_other(engine, settings)
        _mark(settings, wish, _MAKING)
        _make(engine, settings, wish, now, tell)
        _mark(settings, wish, _WHOLE)
        return _shown(engine, settings, now, wish, made_now=True)
    finally:
        engine.dispose()


def _again(settings: Settings) -> str:
    where = settings.database_file
    if where is None:
        return (
            f"To start over: empty the database {settings.database_shown}, delete "
            f"{settings.instance / MARKER}, and run this again."
        )
    return (
        f"To start over, delete the folder {settings.instance} and run this again; or leave it "
        "and name another folder in ENFORCEMENT_INSTANCE."
    )


def _refuse_other(engine: Engine, settings: Settings) -> None:
    """Invented cases are never put beside real ones."""
    with Session(engine) as session:
        for table in (Account, Provider, Case):
            if session.scalar(select(table.id).limit(1)) is not None:
                raise WrongState(
                    f"{settings.database_shown} holds data already, and not a synthetic year.",
                    fix="Name another, empty folder in ENFORCEMENT_INSTANCE.",
                )


def _mark(settings: Settings, wish: Wish, state: str) -> None:
    """The marker is replaced whole, so that a start never reads half of it."""
    text = json.dumps({"state": state, **asdict(wish)}, indent=2)
    _write(settings.instance / MARKER, text + "\n")


def _write(path: Path, text: str) -> None:
    """A file that only its owner reads, there whole or not at all."""
    new = path.with_name(path.name + ".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    new.replace(path)


def _make(engine: Engine, settings: Settings, wish: Wish, now: datetime, tell: Tell) -> None:
    calendar = WorkingCalendar()
    latest = months.latest_month(now.date(), calendar)
    year = generator.year(latest, wish.size, wish.seed, wish.miss_rate)
    windows = months.windows_of(latest, generator.WINDOWS, calendar)
    begun = windows[0].opens_at - timedelta(days=6)
    tell(f"{year.duties():,} location-services of {len(year.firms):,} invented providers")
    with Session(engine) as session:
        bare = session.scalar(select(Policy.id).limit(1)) is None
    if bare:
        with transaction(engine, system_actor("set-up"), begun, settings) as work:
            default_policies.install(work)
    with transaction(engine, SET_UP, begun + timedelta(hours=9), settings) as work:
        people, sign_ins = staff.hire(work)
    lines = ["\t".join((one.username, one.password, one.name, one.role)) for one in sign_ins]
    _write(settings.instance / SIGN_INS, "\n".join([_INVENTED, *lines]) + "\n")
    stage = Stage(engine, settings, year, windows, people, now, calendar, tell)
    schedule = Schedule()
    months.plan(schedule, stage)
    stories.plan(schedule, stage)
    issue_runs.plan(schedule, stage)
    money.plan(schedule, stage)
    schedule.play(stage)
    months.sweep(stage, now)


def _shown(engine: Engine, settings: Settings, now: datetime, wish: Wish, made_now: bool) -> Demo:
    lines = (settings.instance / SIGN_INS).read_text(encoding="utf-8").splitlines()
    sign_ins = [SignIn(*line.split("\t")) for line in lines if not line.startswith("#")]
    with transaction(engine, system_actor("demo"), now, settings) as work:
        cases = work.session.scalars(select(Case).order_by(Case.reference)).all()
        counts = Counter(State(case.state).label for case in cases)
        shown = (_way_in(work, case) for case in cases)
        return Demo(made_now, wish, sign_ins, next(filter(None, shown), None), dict(counts))


def _way_in(work: Work, case: Case) -> ReplyLinkShown | None:
    """The provider's way in, when the case hears representations and its link still answers."""
    if State(case.state) is not State.REPRESENTATIONS or case.holds:
        return None
    link = links.current(work, case)
    place = case.misses[0].duty.location
    if link is None or links.state_of(work, link) is not links.LinkState.LIVE:
        return None
    printed = links.printed(work.settings, link)
    return ReplyLinkShown(
        case.reference, printed.url, printed.code, place.cqc_id, place.postcode or ""
    )
