"""The Merkle tree against the definitions of RFC 6962 section 2.1, written out plainly here."""

from __future__ import annotations

import hashlib
from functools import cache

import pytest

from enforcement.domain.events import leaf_hash
from enforcement.domain.merkle import consistency_proof, included, inclusion_proof, root

MOST = 200
ENTRIES = [f"entry {n}" for n in range(MOST)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@cache
def mth(start: int, end: int) -> bytes:
    """Section 2.1, "Merkle Tree Hash": MTH(D[start:end])."""
    n = end - start
    if n == 0:
        return sha(b"")
    if n == 1:
        return sha(b"\x00" + ENTRIES[start].encode())
    k = 1
    while k * 2 < n:
        k *= 2
    return sha(b"\x01" + mth(start, start + k) + mth(start + k, end))


def walk(index: int, size: int, proof: list[str]) -> str | None:
    """The root from a leaf and its path, by the recursion of section 2.1.1 read backwards."""

    def up(m: int, n: int, path: list[bytes]) -> bytes | None:
        if n == 1:
            return bytes.fromhex(LEAVES[index]) if not path else None
        if not path:
            return None
        k = 1
        while k * 2 < n:
            k *= 2
        inner = up(m, k, path[:-1]) if m < k else up(m - k, n - k, path[:-1])
        if inner is None:
            return None
        pair = inner + path[-1] if m < k else path[-1] + inner
        return sha(b"\x01" + pair)

    found = up(index, size, [bytes.fromhex(p) for p in proof])
    return found.hex() if found else None


def consistent(first: int, second: int, proof: list[str]) -> tuple[str, str] | None:
    """Both roots from a consistency proof: the verifier of RFC 9162 section 2.1.4.2."""
    path = [bytes.fromhex(p) for p in proof]
    if first & (first - 1) == 0:
        path.insert(0, mth(0, first))
    if not path:
        return None
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            fr, sr = sha(b"\x01" + c + fr), sha(b"\x01" + c + sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = sha(b"\x01" + sr + c)
        fn, sn = fn >> 1, sn >> 1
    return (fr.hex(), sr.hex()) if sn == 0 else None


def test_the_empty_tree_is_the_hash_of_nothing() -> None:
    assert root([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_known_roots_of_the_certificate_transparency_test_vectors() -> None:
    """The eight inputs that certificate-transparency implementations share."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    inputs.append("606162636465666768696a6b6c6d6e6f")
    leaves = [sha(b"\x00" + bytes.fromhex(i)).hex() for i in inputs]
    assert root(leaves[:1]) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert root(leaves[:2]) == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    assert root(leaves[:3]) == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    assert root(leaves) == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@pytest.mark.parametrize("size", range(MOST + 1))
def test_the_root_is_the_merkle_tree_hash(size: int) -> None:
    assert root(LEAVES[:size]) == mth(0, size).hex()
    assert root(iter(LEAVES[:size])) == mth(0, size).hex()


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65, 127, 128, 129, 199, 200])
def test_every_leaf_is_proven_and_no_other(size: int) -> None:
    leaves = LEAVES[:size]
    head = root(leaves)
    for index in range(size):
        proof = inclusion_proof(index, leaves)
        assert walk(index, size, proof) == head
        assert included(leaves[index], index, size, proof, head)
        assert not included(leaf_hash("another"), index, size, proof, head)
        assert not included(leaves[index], (index + 1) % size, size, proof, head) or size == 1
        assert not included(leaves[index], index, size, [*proof, "00" * 32], head)
        if proof:
            assert not included(leaves[index], index, size, proof[:-1], head)
            assert not included(leaves[index], index, size, proof, root(leaves[:-1]))
            turned = [f"{int(proof[0][:2], 16) ^ 1:02x}{proof[0][2:]}", *proof[1:]]
            assert not included(leaves[index], index, size, turned, head)


@pytest.mark.parametrize("second", [*range(1, 34), 64, 65, 100, 127, 128, 129, 200])
def test_every_smaller_tree_is_a_prefix(second: int) -> None:
    leaves = LEAVES[:second]
    for first in range(1, second):
        proof = consistency_proof(first, leaves)
        assert consistent(first, second, proof) == (mth(0, first).hex(), mth(0, second).hex())
    assert consistency_proof(second, leaves) == []


def test_a_changed_past_has_no_consistency_proof() -> None:
    """With one early leaf changed, the proof leads to another first root."""
    changed = [leaf_hash("forged"), *LEAVES[1:20]]
    found = consistent(7, 20, consistency_proof(7, changed))
    assert found != (mth(0, 7).hex(), root(changed))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 4), (4, 4)])
def test_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(IndexError):
        inclusion_proof(index, LEAVES[:size])
    assert not included(LEAVES[0], index, size, [], root(LEAVES[:size]))


@pytest.mark.parametrize(("first", "size"), [(0, 4), (5, 4), (-1, 4), (1, 0)])
def test_a_tree_that_never_was(first: int, size: int) -> None:
    with pytest.raises(IndexError):
        consistency_proof(first, LEAVES[:size])


def test_a_node_is_not_taken_for_a_leaf() -> None:
    """The 0x00 and 0x01 prefixes: the second pre-image trick of unprefixed trees fails."""
    joined = bytes.fromhex(LEAVES[0]) + bytes.fromhex(LEAVES[1])
    assert root([sha(joined).hex()]) != root(LEAVES[:2])
    assert root([sha(b"\x00" + joined).hex()]) != root(LEAVES[:2])
