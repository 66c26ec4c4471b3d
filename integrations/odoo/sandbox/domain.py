"""A domain becomes one SQL condition; whatever Odoo calls invalid, and whatever we never send, is refused.

`where(registry, "res.partner", [["active", "=", True]])` → SQL text over the table alias, and its parameters.
"""

import re
from collections.abc import Sequence
from typing import Any

from .errors import OdooError, refusal
from .schema import NUMBERS, Field, Model

Sql = tuple[str, list[Any]]
OPERATORS = {"=", "!=", "<", "<=", ">", ">=", "in", "not in", "ilike"}
DATES = {"date": r"\d{4}-\d\d-\d\d", "datetime": r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d+)?)?"}


def where(registry: dict[str, Model], model: str, domain: Sequence, alias: str = "record") -> Sql:
    """SQL for `domain` in Odoo's prefix notation; conditions without an operator between them are joined by and."""
    if not isinstance(domain, list | tuple):
        raise OdooError("value", f"Domain() invalid domain: {domain!r}")
    stack: list[Sql] = []
    for item in reversed(domain):
        if item in ("&", "|") and len(stack) >= 2:
            (left, first), (right, second) = stack.pop(), stack.pop()
            stack.append((f"({left} {'AND' if item == '&' else 'OR'} {right})", first + second))
        elif item == "!" and stack:
            text, values = stack.pop()
            stack.append((f"NOT coalesce({text}, false)", values))
        elif isinstance(item, list | tuple) and len(item) == 3:
            stack.append(condition(registry, model, tuple(item), alias))
        else:
            raise OdooError("value", f"Domain() invalid item in domain: {item!r}")
    stack.reverse()
    return " AND ".join(text for text, _ in stack) or "true", [value for _, values in stack for value in values]


def condition(registry: dict[str, Model], model: str, item: tuple, alias: str) -> Sql:
    name, operator, value = item
    if item in ((1, "=", 1), (0, "=", 1)):
        return ("true" if name else "false"), []
    if operator not in OPERATORS:
        raise OdooError("value", f"Invalid operator in condition {item!r}")
    head, _, rest = str(name).partition(".")
    if head not in registry[model].fields:
        raise OdooError("value", f"Invalid field {model}.{head} in condition {item!r}")
    field = registry[model].fields[head]
    if field.kind == "binary":
        raise OdooError("value", f"Cannot convert {model}.{head} to SQL because it is not stored")
    if rest:
        return through(registry, field, [rest, operator, value], alias)
    if field.kind == "*":
        return many(field, item, alias)
    if field.kind == "<" or (operator == "ilike" and field.kind not in ("char", "text", "html")):
        raise refusal(f"a condition on {model}: {item!r}")
    return scalar(field, item, alias)


def through(registry: dict[str, Model], field: Field, item: list, alias: str) -> Sql:
    """`partner_id.category_id in [3]`: the related record fits, also an archived one; of several, any."""
    if field.kind == "<" and field.relation in registry:
        text, values = where(registry, field.relation, [item], f"{alias}_")
        back, keys = column(registry[field.relation].fields[field.inverse], f"{alias}_")
        found = f"SELECT FROM record {alias}_ WHERE {alias}_.model = %s AND {back} = {alias}.id AND {text}"
        return f"EXISTS ({found})", [field.relation, *keys, *values]
    if field.kind != ">" or field.relation not in registry:
        raise refusal(f"a condition through {field.name}: {item!r}")
    text, values = where(registry, field.relation, [item], f"{alias}_")
    link, keys = column(field, alias)
    found = f"SELECT FROM record {alias}_ WHERE {alias}_.model = %s AND {alias}_.id = {link} AND {text}"
    return f"EXISTS ({found})", [field.relation, *keys, *values]


def column(field: Field, alias: str = "record") -> Sql:
    """The value of a stored field, with Odoo's empty value for numbers and booleans; datetimes by whole seconds."""
    if field.is_column:
        plain = f"{alias}.{field.name}"
        return (f"date_trunc('second', {plain})" if field.kind == "datetime" else plain), []
    if field.kind in NUMBERS:
        return f"coalesce(({alias}.data->>%s)::numeric, 0)", [field.name]
    if field.kind == "bool":
        return f"coalesce(({alias}.data->>%s)::boolean, false)", [field.name]
    return (f"({alias}.data->>%s)::bigint" if field.kind == ">" else f'({alias}.data->>%s COLLATE "C")'), [field.name]


def scalar(field: Field, item: tuple, alias: str) -> Sql:
    _, operator, value = item
    text, keys = column(field, alias)
    if operator == "ilike":
        return f"({alias}.data->>%s) ILIKE %s", [field.name, f"%{operand(field, value, item)}%"]
    if operator in ("in", "not in"):
        return membership(field, item, text, keys)
    given = operand(field, value, item)
    if given is None and operator in ("=", "!="):
        return f"{text} IS {'NOT ' if operator == '!=' else ''}NULL", keys
    if given is None:
        raise OdooError("value", f"Invalid value in condition {item!r}")
    return f"{text} {'IS DISTINCT FROM' if operator == '!=' else operator} %s", [*keys, given]


def membership(field: Field, item: tuple, text: str, keys: list) -> Sql:
    _, operator, value = item
    if not isinstance(value, list | tuple):
        raise OdooError("value", f"Invalid value in condition {item!r}: {operator} takes a list")
    given = [operand(field, one, item) for one in value]
    kinds = {"bool": "boolean", ">": "bigint", "datetime": "timestamp" if field.is_column else "text"}
    kind = "numeric" if field.kind in NUMBERS else kinds.get(field.kind, "text")
    found = f"coalesce({text} = ANY(%s::{kind}[]), false)"
    values = [*keys, [one for one in given if one is not None]]
    if None in given:
        found, values = f"({found} OR {text} IS NULL)", values + keys
    return (found if operator == "in" else f"NOT {found}"), values


def operand(field: Field, value: Any, item: tuple) -> Any:
    """The value to compare with; None is "not set". A value of the wrong type is refused, never guessed at."""
    if value is None or (value is False and field.kind != "bool"):
        return 0 if field.kind in NUMBERS and not field.is_column else None
    if not isinstance(value, expected(field)) or (isinstance(value, bool) and field.kind != "bool"):
        raise OdooError("value", f"Invalid value in condition {item!r}")
    if field.kind in DATES:
        if not re.fullmatch(DATES[field.kind], value):
            raise OdooError("value", f"Invalid {field.kind} in condition {item!r}")
        return (value + " 00:00:00" if field.kind == "datetime" and len(value) == 10 else value).partition(".")[0]
    return value


def expected(field: Field) -> Any:
    """The Python types in which a field's values come."""
    kinds = {">": int, "int": int, "ref": int, "bool": bool, "float": (int, float), "money": (int, float),
             "json": dict}  # fmt: skip
    return kinds.get(field.kind, str)


def many(field: Field, item: tuple, alias: str) -> Sql:
    """Many2many: `in` any of the ids, `not in` none of them."""
    _, operator, value = item
    if (
        operator not in ("in", "not in")
        or not isinstance(value, list | tuple)
        or not all(type(v) is int for v in value)
    ):
        raise refusal(f"this condition on a many2many: {item!r}")
    elements = f"jsonb_array_elements(coalesce({alias}.data->%s, '[]'))"
    found = f"EXISTS (SELECT FROM {elements} one WHERE one::bigint = ANY(%s::bigint[]))"
    return (found if operator == "in" else f"NOT {found}"), [field.name, list(value)]
