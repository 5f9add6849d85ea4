"""The log's Merkle tree, exactly as RFC 6962 section 2.1 defines it.

No home-made proof shapes: roots, inclusion proofs and consistency proofs are the RFC's own.
Leaves come in as hex leaf hashes; nodes are SHA-256(0x01 || left || right).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Iterable[str]) -> str:
    """The tree head over the leaves, in one pass that keeps at most log2(n) hashes."""
    stack: list[tuple[int, bytes]] = []
    for leaf in leaves:
        height, value = 0, bytes.fromhex(leaf)
        while stack and stack[-1][0] == height:
            value = _node(stack.pop()[1], value)
            height += 1
        stack.append((height, value))
    if not stack:
        return hashlib.sha256(b"").hexdigest()
    value = stack.pop()[1]
    while stack:
        value = _node(stack.pop()[1], value)
    return value.hex()


def _split(size: int) -> int:
    """The largest power of two smaller than size."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(index: int, leaves: Sequence[str]) -> list[str]:
    """PATH(index, leaves): the hashes that lead from one leaf to the root."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} in a tree of {len(leaves)}")
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*inclusion_proof(index, leaves[:k]), root(leaves[k:])]
    return [*inclusion_proof(index - k, leaves[k:]), root(leaves[:k])]


def included(leaf: str, index: int, size: int, proof: Sequence[str], head: str) -> bool:
    """Whether the proof leads from the leaf at `index` to the head of a tree of `size`."""
    if not 0 <= index < size:
        return False
    node, last, value = index, size - 1, bytes.fromhex(leaf)
    for sibling in (bytes.fromhex(p) for p in proof):
        if last == 0:
            return False
        if node & 1 or node == last:
            value = _node(sibling, value)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            value = _node(value, sibling)
        node >>= 1
        last >>= 1
    return last == 0 and value.hex() == head


def consistency_proof(first: int, leaves: Sequence[str]) -> list[str]:
    """PROOF(first, leaves): that the tree of `first` leaves is a prefix of this one."""
    if not 0 < first <= len(leaves):
        raise IndexError(f"no tree of {first} in one of {len(leaves)}")
    return _subproof(first, leaves, whole=True)


def _subproof(first: int, leaves: Sequence[str], *, whole: bool) -> list[str]:
    size = len(leaves)
    if first == size:
        return [] if whole else [root(leaves)]
    k = _split(size)
    if first <= k:
        return [*_subproof(first, leaves[:k], whole=whole), root(leaves[k:])]
    return [*_subproof(first - k, leaves[k:], whole=False), root(leaves[:k])]
