"""Tables and queries. SQLAlchemy lives here; functions flush, never commit."""

from enforcement.data import (
    cases,
    decisions,
    files,
    history,
    issue_runs,
    notices,
    payments,
    people,
    policies,
    register,
    replies,
    runs,
    windows,
)
from enforcement.data.base import Base

__all__ = [
    "Base",
    "cases",
    "decisions",
    "files",
    "history",
    "issue_runs",
    "notices",
    "payments",
    "people",
    "policies",
    "register",
    "replies",
    "runs",
    "windows",
]
