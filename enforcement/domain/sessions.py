"""Sessions of people signed in, staff and providers alike: their secrets, and how long they last.

The cookie holds the secret, the database its hash: who reads the one cannot make the other.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

NOTE_USE_EVERY = timedelta(minutes=1)


def secret_hash(secret: str) -> str:
    """What is stored of a secret: 256 random bits need no slow or keyed hash (reliability C2)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def goes_on(
    begun: datetime, used: datetime, now: datetime, idle: timedelta, longest: timedelta
) -> bool:
    """Whether a session lives: last used within `idle`, and begun within `longest` (ASVS 7.3).

    Both limits themselves are still within. Nothing keeps a session for longer than `longest`.
    """
    return now - used <= idle and now - begun <= longest
