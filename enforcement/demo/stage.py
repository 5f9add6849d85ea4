"""The moved clock: every act of the year in the order of time, each a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Engine

from enforcement.demo.generator import Year
from enforcement.domain.calendar import WorkingCalendar
from enforcement.domain.permissions import Actor
from enforcement.domain.windows import Window
from enforcement.services import sending
from enforcement.services.work import Work, transaction
from enforcement.settings import Settings

Tell = Callable[[str], None]
Act = Callable[["Stage", datetime], None]


@dataclass
class Stage:
    """What acts are done with: the database, the people, the year, the calendar."""

    engine: Engine
    settings: Settings
    year: Year
    windows: list[Window]
    people: dict[str, Actor]
    now: datetime
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)
    tell: Tell = lambda words: None

    @property
    def today(self) -> date:
        return self.now.date()

    @contextmanager
    def work(self, who: str, at: datetime) -> Iterator[Work]:
        """One person's piece of work at a moment of the year."""
        with transaction(self.engine, self.people[who], at, self.settings) as work:
            yield work

    def post(self, at: datetime) -> None:
        """What the worker does: send everything that is due at this moment."""
        sending.deliver_ready(self.engine, self.settings, lambda: at, "demo")

    def working_day(self, days_ago: int) -> date:
        """The day so long before today, or the last working day before that."""
        day = self.today - timedelta(days=days_ago)
        while not self.calendar.is_working(day):
            day -= timedelta(days=1)
        return day


@dataclass(order=True)
class Step:
    """One act at its moment; `number` keeps the order of acts of the same moment."""

    at: datetime
    number: int
    act: Act = field(compare=False)
    title: str = field(compare=False)


class Schedule:
    """Acts as they are thought of, done as they happened."""

    def __init__(self) -> None:
        self._steps: list[Step] = []

    def add(self, at: datetime, title: str, act: Act) -> None:
        self._steps.append(Step(at, len(self._steps), act, title))

    def play(self, stage: Stage) -> int:
        """Do every act that lies in the past, in the order of time. Returns how many."""
        due = sorted(step for step in self._steps if step.at < stage.now)
        for position, step in enumerate(due):
            if position % 50 == 0:
                stage.tell(f"{step.at:%B %Y}: act {position + 1} of {len(due)}")
            try:
                step.act(stage, step.at)
            except Exception as fault:
                fault.add_note(f"while making the synthetic year: {step.title}, {step.at}")
                raise
        return len(due)
