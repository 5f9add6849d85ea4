"""Frozen dataclasses to plain JSON values and back, exactly.

Strict on the way in: an unknown, missing or wrongly typed value is refused, because what is read
back is compared with what a person sealed.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from enforcement.domain.refusals import BadInput

T = TypeVar("T")


def to_plain(facts: object) -> dict[str, object]:
    """Return a dataclass as a dict of str, int, bool, list, dict and None."""
    if not is_dataclass(facts):
        raise BadInput(f"{type(facts).__name__} is not a set of facts.")
    return {field.name: _plain(getattr(facts, field.name)) for field in fields(facts)}


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        return to_plain(value)
    return value


def from_plain(kind: type[T], plain: object) -> T:
    """Return the dataclass `kind` that `to_plain` wrote. Refuses BadInput for any other shape."""
    result: T = _dataclass(kind, plain, kind.__name__)
    return result


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _dataclass(kind: Any, plain: object, path: str) -> Any:
    if not isinstance(plain, dict):
        raise BadInput(f"{path} is not an object.")
    known = {field.name: field for field in fields(kind)}
    if unknown := sorted(set(plain) - set(known)):
        raise BadInput(f"{path} has unknown facts: {', '.join(map(str, unknown))}.")
    needed = {name for name, field in known.items() if field.default is MISSING}
    if absent := sorted(needed - set(plain)):
        raise BadInput(f"{path} lacks facts: {', '.join(absent)}.")
    hints = _hints(kind)
    return kind(
        **{name: _value(hints[name], value, f"{path}.{name}") for name, value in plain.items()}
    )


def _value(hint: Any, plain: object, path: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        if plain is None:
            return None
        (hint,) = (part for part in get_args(hint) if part is not type(None))
        return _value(hint, plain, path)
    if origin is tuple:
        return _tuple(hint, plain, path)
    if is_dataclass(hint):
        return _dataclass(hint, plain, path)
    if hint in (date, datetime):
        return _moment(hint.fromisoformat, plain, path)
    if type(plain) is not hint:
        raise BadInput(f"{path} is not {hint.__name__}.")
    return plain


def _tuple(hint: Any, plain: object, path: str) -> tuple[Any, ...]:
    if not isinstance(plain, list):
        raise BadInput(f"{path} is not a list.")
    parts = get_args(hint)
    if parts[-1] is Ellipsis:
        parts = (parts[0],) * len(plain)
    if len(parts) != len(plain):
        raise BadInput(f"{path} has {len(plain)} values, not {len(parts)}.")
    return tuple(
        _value(part, item, f"{path}[{index}]")
        for index, (part, item) in enumerate(zip(parts, plain, strict=True))
    )


def _moment(read: Callable[[str], date], plain: object, path: str) -> date:
    if not isinstance(plain, str):
        raise BadInput(f"{path} is not a date.")
    try:
        return read(plain)
    except ValueError:
        raise BadInput(f"{path} is not a date: {plain}.") from None
