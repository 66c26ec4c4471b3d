"""Values between the wire and the tables: what a field takes, and what it gives."""

import re
from typing import Any

from .domain import DATES, expected
from .errors import OdooError
from .schema import NUMBERS, Field


def taken(model: str, field: Field, value: Any, old: Any = None) -> Any:
    """What is stored for `value`; None when empty. Odoo would coerce a wrong type, we refuse it."""
    if field.kind == "*":
        return _links(model, field, value or [], set(old or []))
    if value is None or (value is False and field.kind != "bool"):
        return 0 if field.kind in NUMBERS else False if field.kind == "bool" else None
    is_wrong = not isinstance(value, expected(field)) or (isinstance(value, bool) and field.kind != "bool")
    if is_wrong or (field.options and value not in field.options):
        raise OdooError("value", f"Wrong value for {model}.{field.name}: {value!r}")
    if field.kind in DATES and not re.fullmatch(DATES[field.kind], value):
        raise OdooError("value", f"time data {value!r} does not match the format of {model}.{field.name}")
    return value.partition(".")[0] if field.kind == "datetime" else value


def _links(model: str, field: Field, value: list, ids: set[int]) -> list[int]:
    """Many2many commands: a plain list, (6, 0, ids), (4, id), (3, id)."""
    if all(type(one) is int for one in value):
        return sorted(set(value))
    for command in value:
        match list(command):
            case [6, _, list(chosen)]:
                ids = set(chosen)
            case [4, int(one), *_]:
                ids.add(one)
            case [3, int(one), *_]:
                ids.discard(one)
            case _:
                raise OdooError("value", f"Wrong value for {model}.{field.name}: {command!r}")
    return sorted(ids)


def given(field: Field, value: Any) -> Any:
    """What Odoo answers for a stored value: False for empty, a float where the field is one."""
    if field.kind in NUMBERS:
        return float(value or 0) if field.kind in ("float", "money") else value or 0
    if field.kind == "*":
        return value or []
    if field.is_column and field.kind == "datetime":
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return False if value is None else value
