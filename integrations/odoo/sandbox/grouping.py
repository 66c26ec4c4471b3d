"""`formatted_read_group`: counts, sums and the newest stamp, by months and links. What we never ask is refused."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from .domain import Sql, column
from .errors import OdooError, refusal
from .records import Env
from .schema import NUMBERS, Field

COUNTED = {"__count": "count(*)", "write_date:max": "to_char(max(write_date), 'YYYY-MM-DD HH24:MI:SS')"}
NO_LINK = "jsonb_build_array(NULL)"


def groups(env: Env, model: str, domain: list, groupby: Sequence[str], aggregates: Sequence[str]) -> list[dict]:
    """One dict for each group, as Odoo 19 answers it; one for all where there is no grouping."""
    fields = [_grouped(env, model, one) for one in groupby]
    keys = [_key(field) for field in fields]
    sums = [_aggregate(env, model, one) for one in aggregates]
    condition, values = env.condition(model, domain, active_test=env.context.get("active_test", True))
    chosen = [f"{text} AS key{at}" for at, (text, _) in enumerate(keys)]
    chosen += [f'{text} AS "{one}"' for one, (text, _) in zip(aggregates, sums, strict=True)]
    by = ", ".join(str(at + 1) for at in range(len(keys)))
    order = f" GROUP BY {by} ORDER BY {by}" if keys else ""
    asked = list(chain(*(parameters for _, parameters in [*keys, *sums]), values))
    rows = env.rows(f"SELECT {', '.join(chosen) or '1'} FROM record WHERE {condition}{order}", asked)
    return [_answer(env, row, groupby, fields, aggregates) for row in rows]


def _grouped(env: Env, model: str, asked: str) -> Field:
    name, _, part = asked.partition(":")
    field = env.model(model).get(name, model)
    is_month = part == "month" and field.kind in ("date", "datetime")
    if not field.stored or not (is_month or (not part and field.kind in (">", "*"))):
        raise refusal(f"grouping {model} by {asked!r}")
    return field


def _key(field: Field) -> Sql:
    if field.kind == "*":
        links = f"CASE WHEN jsonb_array_length(coalesce(data->%s, '[]')) = 0 THEN {NO_LINK} ELSE data->%s END"
        return f"(jsonb_array_elements({links})#>>'{{}}')::bigint", [field.name, field.name]
    text, parameters = column(field)
    return (text if field.kind == ">" else f"date_trunc('month', ({text})::timestamp)"), parameters


def _aggregate(env: Env, model: str, asked: str) -> Sql:
    if asked in COUNTED:
        return COUNTED[asked], []
    name, _, how = asked.partition(":")
    if how == "array_agg":
        return _whole_column(env, model, name)
    if how != "sum":
        raise refusal(f"the aggregate {asked!r} on {model}")
    field = env.model(model).get(name, model)
    if not field.stored:
        raise OdooError("value", f"Cannot convert {model}.{name} to SQL because it is not stored")
    if field.kind not in (*NUMBERS, ">"):
        raise refusal(f"the aggregate {asked!r} on {model}")
    text, parameters = column(field)
    kind = "float" if field.kind in ("float", "money") else "bigint"
    return f"sum({text})::{kind}", parameters


def _whole_column(env: Env, model: str, name: str) -> Sql:
    """All values in the order of ids, NULL where nothing is set; no rows give NULL instead of a list."""
    field = env.model(model).get(name, model)
    if not env.shows(field):
        raise OdooError("access", f"You do not have enough rights to access the field {name!r} on {model}.")
    if not field.stored:
        raise OdooError("value", f"Cannot convert {model}.{name} to SQL because it is not stored")
    if field.kind in "*<" or field.kind == "binary":
        raise refusal(f"the aggregate '{name}:array_agg' on {model}")
    if field.is_column:
        is_date = field.kind == "datetime"
        text = f"to_char({name}, 'YYYY-MM-DD HH24:MI:SS')" if is_date else name
        return f"array_agg({text} ORDER BY id)", []
    kind = {"float": "float", "money": "float", "int": "bigint", "ref": "bigint", ">": "bigint", "bool": "boolean"}
    text = "data->%s" if field.kind == "json" else f"(data->>%s)::{kind.get(field.kind, 'text')}"
    return f"array_agg({text} ORDER BY id)", [name]


def _answer(
    env: Env, row: dict, groupby: Sequence[str], fields: Sequence[Field], aggregates: Sequence[str]
) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    inside: list[Any] = []
    for at, (asked, field) in enumerate(zip(groupby, fields, strict=True)):
        key = row[f"key{at}"]
        label, domain = _month(field, key) if asked.endswith(":month") else _link(env, field, key)
        answer[asked] = label
        inside += domain
    answer["__extra_domain"] = inside or [[1, "=", 1]]
    return answer | {one: _value(one, row[one]) for one in aggregates}


def _value(asked: str, value: Any) -> Any:
    return False if value is None and not asked.endswith(":array_agg") else value


def _month(field: Field, first: Any) -> tuple[Any, list]:
    if first is None:
        return False, [[field.name, "=", False]]
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    style = "%Y-%m-%d" if field.kind == "date" else "%Y-%m-%d %H:%M:%S"
    bounds = [[field.name, ">=", first.strftime(style)], [field.name, "<", after.strftime(style)]]
    return [first.strftime(style), first.strftime("%B %Y")], ["&", *bounds]


def _link(env: Env, field: Field, linked: int | None) -> tuple[Any, list]:
    if linked is None:
        return False, [[field.name, "not any", []] if field.kind == "*" else [field.name, "=", False]]
    found = env.sudo().one(field.relation, linked) or {}
    operator: tuple[str, Any] = ("in", [linked]) if field.kind == "*" else ("=", linked)
    return [linked, str(found.get("name") or "")], [[field.name, *operator]]
