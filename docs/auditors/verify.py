#!/usr/bin/env python3
"""Check an export of the history, on any machine, with Python alone.

    python3 verify.py EXPORT.jsonl --key KEY.txt [--checkpoint NOTE.txt ...]

EXPORT.jsonl  one event a line, in the order of the log
KEY.txt       the service's public key, 64 hexadecimal digits
NOTE.txt      any signed checkpoint you were sent or kept, however old; more than one may be given

Prints what it checked and the three lines of each checkpoint, so that a person can compare them
with the copy in their own mailbox. Exit code 0 when everything holds, 1 at the first bad event,
which is named. Uses no network and nothing but the standard library.
"""

import argparse
import base64
import hashlib
import json
import sys

ORIGIN = "enforcement.history"
GENESIS = "0" * 64
ROW = {"number", "hash", "body", "texts"}
TEXT = {"salt", "text", "erased_at", "erased_authority"}


class Broken(Exception):
    """The first thing that does not hold, in words."""


# --- Ed25519 (RFC 8032), checking only ---------------------------------------------------------
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def _recover_x(y, sign):
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P != 0:
        x = x * SQRT_M1 % P
    if (x * x - xx) % P != 0 or (x == 0 and sign):
        raise Broken("a key or signature is not a point of the curve")
    return P - x if x % 2 != sign else x


def _point(data):
    number = int.from_bytes(data, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    if y >= P:
        raise Broken("a key or signature is not a point of the curve")
    x = _recover_x(y, sign)
    return (x, y, 1, x * y % P)


def _add(a, b):
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    w, x, y, z = f - e, h - g, h + g, f + e
    return (w * x % P, y * z % P, x * y % P, w * z % P)


def _times(scalar, point):
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point = _add(point, point)
        scalar >>= 1
    return total


def _same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = _recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def signature_holds(public, message, signature):
    """Whether an Ed25519 signature of 64 bytes holds for a message under a key of 32 bytes."""
    if len(public) != 32 or len(signature) != 64:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if scalar >= L:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % L
    try:
        right = _add(_point(signature[:32]), _times(challenge, _point(public)))
    except Broken:
        return False
    return _same(_times(scalar, BASE), right)


# --- the log -------------------------------------------------------------------------------------
def leaf(body):
    return hashlib.sha256(b"\x00" + body.encode()).hexdigest()


def tree_head(leaves):
    """The RFC 6962 tree head, keeping no more than one hash a level."""
    stack = []
    for value in leaves:
        height, node = 0, bytes.fromhex(value)
        while stack and stack[-1][0] == height:
            node = hashlib.sha256(b"\x01" + stack.pop()[1] + node).digest()
            height += 1
        stack.append((height, node))
    if not stack:
        return hashlib.sha256(b"").hexdigest()
    node = stack.pop()[1]
    while stack:
        node = hashlib.sha256(b"\x01" + stack.pop()[1] + node).digest()
    return node.hex()


def check_event(number, line, streams):
    """Check one line of the export against the event before it in its stream; give its hash."""
    try:
        row = json.loads(line)
        if set(row) != ROW:
            raise KeyError("its parts are not those of an export")
        body = json.loads(row["body"])
        name = f"event {body['seq']} of {body['stream']} ({body['kind']})"
        given, texts = row["hash"], row["texts"]
        seq, previous = streams.get(body["stream"], (0, GENESIS))
        order, link, hashes = body["seq"], body["previous"], body["texts"]
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise Broken(f"line {number + 1}: it cannot be read as an event ({fault})") from None
    if row["number"] != number:
        raise Broken(f"{name}: line {number + 1} says it is number {row['number']} of the log")
    if leaf(row["body"]) != given:
        raise Broken(f"{name}: its content was changed after it was written")
    if order != seq + 1:
        raise Broken(f"{name}: event {seq + 1} is missing before it")
    if link != previous:
        raise Broken(f"{name}: it does not follow the event before it")
    erased = check_texts(name, hashes, texts)
    streams[body["stream"]] = (order, given)
    return given, erased


def check_texts(name, hashes, texts):
    """Check an event's personal texts against their salted hashes; give how many were erased."""
    erased = 0
    for text_name, digest in hashes.items():
        text = texts.get(text_name)
        if text is None:
            raise Broken(f"{name}: its text “{text_name}” is gone without a record of erasure")
        if set(text) != TEXT:
            raise Broken(f"{name}: its text “{text_name}” has parts that no export writes")
        if text["erased_at"]:
            erased += 1
            continue
        plain = f"{text.get('salt')}\x00{text.get('text')}".encode()
        if hashlib.sha256(plain).hexdigest() != digest:
            raise Broken(f"{name}: its text “{text_name}” was changed")
    if set(texts) - set(hashes):
        raise Broken(f"{name}: it has a text that was not there when it was written")
    return erased


def check_checkpoint(name, note, public, leaves):
    """Check one signed note against the log; give its size."""
    text, gap, tail = note.partition("\n\n")
    lines = text.split("\n")
    if not gap or len(lines) != 3 or lines[0] != ORIGIN or not lines[1].isdigit():
        raise Broken(f"{name}: it is not a checkpoint of this history")
    try:
        signature = base64.b64decode(tail.strip().split(" ")[-1], validate=True)
        head = base64.b64decode(lines[2], validate=True).hex()
    except ValueError:
        raise Broken(f"{name}: it cannot be read") from None
    mark = hashlib.sha256(ORIGIN.encode() + b"\n\x01" + public).digest()[:4]
    if signature[:4] != mark:
        raise Broken(f"{name}: it was signed with another key")
    if not signature_holds(public, (text + "\n").encode(), signature[4:]):
        raise Broken(f"{name}: its signature does not hold")
    size = int(lines[1])
    if size > len(leaves):
        raise Broken(f"{name}: {size} events were signed, the export holds only {len(leaves)}")
    if tree_head(leaves[:size]) != head:
        raise Broken(f"{name}: the first {size} events are not those that were signed")
    return size


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Check an export of the history.")
    parser.add_argument("export")
    parser.add_argument("--key", required=True)
    parser.add_argument("--checkpoint", action="append", default=[])
    given = parser.parse_args(arguments)
    try:
        leaves, streams, erased = [], {}, 0
        with open(given.export, encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                value, gone = check_event(number, line, streams)
                leaves.append(value)
                erased += gone
        with open(given.key, encoding="utf-8") as file:
            public = bytes.fromhex(file.read().strip())
        covered = 0
        for name in given.checkpoint:
            with open(name, encoding="utf-8") as file:
                note = file.read()
            covered = max(covered, check_checkpoint(name, note, public, leaves))
            print("\n".join(note.split("\n")[:3]))
    except (Broken, OSError, ValueError) as fault:
        print(f"NOT TRUE: {fault}", file=sys.stderr)
        return 1
    print(f"{len(leaves)} events hold, {erased} texts erased lawfully. Head {tree_head(leaves)}.")
    print(f"{covered} of them are under a signed checkpoint that you gave.")
    if covered < len(leaves):
        print(f"The last {len(leaves) - covered} rest on this export alone.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
