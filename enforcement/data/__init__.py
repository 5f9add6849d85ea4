"""Tables and queries. SQLAlchemy lives here; functions flush, never commit."""

from enforcement.data import (
    cases,
    decisions,
    deliveries,
    files,
    giving,
    history,
    issue_runs,
    notices,
    payments,
    people,
    policies,
    print_files,
    register,
    replies,
    runs,
    tasks,
    windows,
)
from enforcement.data.base import Base

__all__ = [
    "Base",
    "cases",
    "decisions",
    "deliveries",
    "files",
    "giving",
    "history",
    "issue_runs",
    "notices",
    "payments",
    "people",
    "policies",
    "print_files",
    "register",
    "replies",
    "runs",
    "tasks",
    "windows",
]
