"""The JSON Schema of the facts attached to every notice, made from the dataclasses themselves.

Published as docs/notices/facts.schema.json; a test holds the file to what is made here.
"""

from __future__ import annotations

import inspect
import types
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from typing import Any, Union, get_args, get_origin, get_type_hints

from enforcement.rendering.facts import BREACHES, KINDS, PARTS, NoticeFacts

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN: dict[object, dict[str, object]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
}


def facts_schema() -> dict[str, object]:
    """Return the schema of facts.json: every part, and which parts each kind of notice needs."""
    parts: dict[str, object] = {}
    whole = _object(NoticeFacts, parts)
    properties: Any = whole["properties"]
    properties["kind"] = {"enum": list(KINDS)}
    properties["breach"] = {"enum": list(BREACHES)}
    return {
        "$schema": DRAFT,
        "$id": "urn:enforcement:notice-facts",
        "title": "The facts that a notice was made from",
        **whole,
        "allOf": [_needs(kind) for kind in KINDS],
        "$defs": dict(sorted(parts.items())),
    }


def _needs(kind: str) -> dict[str, object]:
    """A kind's own parts: there, and not null."""
    return {
        "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
        "then": {
            "required": list(PARTS[kind]),
            "properties": {part: {"not": {"type": "null"}} for part in PARTS[kind]},
        },
    }


def _object(kind: Any, parts: dict[str, object]) -> dict[str, object]:
    hints = get_type_hints(kind)
    return {
        "description": " ".join(
            inspect.cleandoc(kind.__doc__ or "").partition("\n\nRefuses")[0].split()
        ),
        "type": "object",
        "properties": {field.name: _form(hints[field.name], parts) for field in fields(kind)},
        "required": [field.name for field in fields(kind) if field.default is MISSING],
        "additionalProperties": False,
    }


def _form(hint: Any, parts: dict[str, object]) -> dict[str, object]:
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if is_dataclass(hint):
        name = str(getattr(hint, "__name__", ""))
        if name not in parts:
            parts[name] = {}
            parts[name] = _object(hint, parts)
        return {"$ref": f"#/$defs/{name}"}
    if get_origin(hint) in (Union, types.UnionType):
        (inner,) = (part for part in get_args(hint) if part is not type(None))
        return {"anyOf": [_form(inner, parts), {"type": "null"}]}
    inner, *others = get_args(hint)
    if others == [Ellipsis]:
        return {"type": "array", "items": _form(inner, parts)}
    items = [_form(part, parts) for part in (inner, *others)]
    return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
