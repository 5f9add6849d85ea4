"""The orders for bundles as a worker sees them: which wait, who makes one, how far it is.

Apart from the making itself, so that a worker which makes none does not load the layout.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, Engine, select, update
from sqlalchemy.orm import Session

from enforcement.data.bundles import BundleOrder
from enforcement.data.engine import read_only

LEASE = timedelta(minutes=15)  # several times what the largest bundle takes


def waiting(engine: Engine, now: datetime) -> list[int]:
    """The orders that nobody makes: new ones, and those whose worker was killed."""
    with Session(engine) as session:
        read_only(session)
        return list(session.scalars(_open(now).order_by(BundleOrder.id)))


def _open(now: datetime) -> Any:
    ran_out = (BundleOrder.state == "building") & (BundleOrder.lease_until < now)
    return select(BundleOrder.id).where((BundleOrder.state == "waiting") | ran_out)


def claim(engine: Engine, order_id: int, now: datetime) -> bool:
    """Take an order for this worker. False when another one has it or it is done."""
    with Session(engine) as session, session.begin():
        taken: CursorResult[Any] = session.execute(  # type: ignore[assignment]  # UPDATE gives a cursor
            update(BundleOrder)
            .where(BundleOrder.id == order_id, BundleOrder.id.in_(_open(now)))
            .values(
                state="building", lease_until=now + LEASE, updated_at=now, message="Reading", done=0
            )
            .execution_options(synchronize_session=False)
        )
        return taken.rowcount == 1


def tell(engine: Engine, order_id: int, message: str, done: int, total: int, now: datetime) -> None:
    """Show how far the making is; the order stays this worker's."""
    _note(engine, order_id, message=message, done=done, total=total, updated_at=now,
          lease_until=now + LEASE)  # fmt: skip


def fail(engine: Engine, order_id: int, words: str, now: datetime) -> None:
    """End an order with the reason why nothing was made."""
    _note(engine, order_id, state="failed", message=words, updated_at=now)


def _note(engine: Engine, order_id: int, **values: object) -> None:
    with Session(engine) as session, session.begin():
        session.execute(update(BundleOrder).where(BundleOrder.id == order_id).values(**values))
