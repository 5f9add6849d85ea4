"""What the tests' own process does once and not again for each site and each account."""

from __future__ import annotations

from types import CodeType

from argon2 import PasswordHasher
from jinja2.bccache import Bucket, BytecodeCache

# A test's passwords protect nobody. What real accounts cost is tests/services/test_sign_in.py's.
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class CompiledTemplates(BytecodeCache):
    """Each template compiled once for all the sites of a process; by its text, so never stale."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self.kept[bucket.key, bucket.checksum] = bucket.code
