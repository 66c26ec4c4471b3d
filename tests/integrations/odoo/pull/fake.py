"""Odoo's tables with Odoo's clock, in memory: transactions that begin, stay open for a while and commit late.

The sandbox answers as Odoo does; this one can do what no server does on request: commit late, twice in one second,
die between two pages, answer half a page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from integrations.odoo.client import AccessRefusedError, UnknownNameError
from integrations.odoo.pull.catalogue import MAPS
from integrations.odoo.pull.maps import Kind, Via

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MAGIC = ("id", "write_date", "create_date")
STAMP = "%Y-%m-%d %H:%M:%S"
LISTS = ("many2many", "one2many")
EMPTY: dict[str, Any] = {"boolean": False, "float": 0.0, "integer": 0, "many2many": [], "selection": "0"}


def described(model: str) -> dict[str, dict[str, str]]:
    """What fields_get says when every map fits."""
    map_ = next(each for each in MAPS if each.odoo_model == model)
    types: dict[str, dict[str, str]] = {}
    for column, source in map_.columns().items():
        kind: Kind = map_.kind(column)
        fitting = source.types if isinstance(source, Via) else kind.fields
        name = source.field if isinstance(source, Via) else source
        if column not in map_.optional:
            types[name] = {"type": next(each for each in (*EMPTY, *sorted(fitting)) if each in fitting)}
    return types


def grouped(rows: list[dict[str, Any]], groupby: list[str], aggregates: list[str]) -> list[dict[str, Any]]:
    """As `formatted_read_group`: by months, many2one and many2many; counts, sums, the newest stamp."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {} if groupby else {(): []}
    for row in rows:
        for key in product(*(_keys_of(row, name) for name in groupby)):
            groups.setdefault(key, []).append(row)
    return [
        {"__extra_domain": [each for name, one in zip(groupby, key, strict=True) for each in _inside(name, one)]}
        | {name: _label(name, one) for name, one in zip(groupby, key, strict=True)}
        | {name: _aggregate(name, found) for name in aggregates}
        for key, found in groups.items()
    ]


def _keys_of(row: dict[str, Any], name: str) -> list[Any]:
    value = row[name.partition(":")[0]]
    if name.endswith(":month"):
        return [value and value[:7]]
    return (value or [False]) if isinstance(value, list) else [value]


def _label(name: str, key: Any) -> Any:
    return [f"{key}-01", key] if key and name.endswith(":month") else [key, "Name"] if key else False


def _inside(name: str, key: Any) -> list[Any]:
    field_, _, is_month = name.partition(":")
    if key is False or not is_month:
        return [[field_, "=", key]]
    return ["&", [field_, ">=", f"{key}-01"], [field_, "<", f"{key}-99"]]


def _aggregate(name: str, rows: list[dict[str, Any]]) -> Any:
    if name == "__count":
        return len(rows)
    values = [row.get(name.partition(":")[0], False) for row in rows]
    if name.endswith(":array_agg"):  # empty is null, where a row says false; nothing at all is null
        return [None if value is False else value for value in values] or None
    return (max(filter(None, values), default=False) if name.endswith(":max") else sum(values)) or False


@dataclass(eq=False)
class FakeOdoo:
    """`put` and `drop` write at once or with a late commit; the protocol's calls see what is committed by `now`."""

    url: str = "http://odoo.test"
    db: str = "firm"
    login: str = "cockpit"
    gathers: bool = False  # whole columns, too: fields say that they are stored
    born: str = "2020-01-01 00:00:00"
    now: datetime = START
    fields: dict[str, dict[str, dict[str, str]]] = field(
        default_factory=lambda: {each.odoo_model: described(each.odoo_model) for each in MAPS}
    )
    history: dict[str, list[tuple[datetime, int, datetime, dict[str, Any] | None]]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)  # models that the user may not read
    calls: list[tuple[str, str]] = field(default_factory=list)
    spoil: Callable[[str, str, Any], Any] = lambda model, method, answer: answer

    def __post_init__(self) -> None:
        for each in (said for model in self.fields.values() for said in model.values()) if self.gathers else ():
            each["store"] = each["type"] not in LISTS  # type: ignore[assignment]
        self.put("res.users", 1, login="__system__", active=False)

    def put(self, model: str, id_: int, *, commits_after: float = 0, **values: Any) -> datetime:
        """Create or change a record in a transaction that begins now; when it commits."""
        self.history.setdefault(model, [])
        begun = max([self.now, *(at for at, each, *_ in self.history[model] if each == id_)])  # a lock makes it wait
        known = next((row for at, each, _, row in reversed(self.history[model]) if each == id_ and row), {})
        blank = {name: EMPTY.get(each["type"], False) for name, each in self.fields[model].items()}
        committed = begun + timedelta(seconds=commits_after)
        self.history[model].append((committed, id_, begun, {**blank, **known, **values, "id": id_}))
        self.history[model].sort(key=lambda each: each[0])
        return committed

    def mark(self, text: str) -> None:
        """What `odoo apply` does."""
        self.fields["x_cockpit_guard"] = {"x_model": {"type": "char"}, "x_domain": {"type": "text"}}
        self.put("x_cockpit_guard", 1, x_model="cockpit.database", x_domain=text)

    def alter(self, model: str, id_: int, **values: Any) -> None:
        """Past Odoo, by SQL or a cascade: the stamp stays."""
        begun, row = next((begun, row) for _, each, begun, row in reversed(self.history[model]) if each == id_ and row)
        self.history[model].append((self.now, id_, begun, {**row, **values}))

    def drop(self, model: str, *ids: int) -> None:
        for id_ in ids:
            self.history[model].append((self.now, id_, self.now, None))

    def rows(self, model: str) -> list[dict[str, Any]]:
        """Records as committed by now, in the order of ids; stamps cut to the second as over RPC."""
        seen: dict[int, dict[str, Any] | None] = {}
        for committed, id_, begun, row in self.history.get(model, []):
            if committed <= self.now:
                seen[id_] = row and {**row, "write_date": begun.strftime(STAMP), "create_date": self.born}
        return [row for _, row in sorted(seen.items()) if row]

    # --- the protocol -----------------------------------------------------------------------------

    def twin(self) -> FakeOdoo:
        return self

    def server_now(self) -> datetime:
        return self.now.replace(microsecond=0)

    def search_read(
        self,
        model: str,
        domain: list,
        fields: list[str],
        *,
        order: str = "id",
        limit: int | None = None,
        context: dict | None = None,
    ) -> list[dict]:
        if unknown := [name for name in fields if name not in (*self.fields.get(model, fields), *MAGIC)]:
            raise UnknownNameError(f"Invalid field {unknown[0]!r} on {model!r}", text=f"Invalid field {unknown[0]!r}")
        found = self._search(model, domain)[:limit]
        answer = [{name: row.get(name, False) for name in fields} for row in found]
        return self._answer(model, "search_read", answer)

    def call(self, model: str, method: str, ids: Any = None, *, context: dict | None = None, **kwargs: Any) -> Any:
        match method:
            case "fields_get":
                known = self.fields[model]
                answer: Any = {name: known[name] for name in kwargs["allfields"] if name in known}
            case "read":
                if model in self.closed:
                    raise AccessRefusedError(f"You are not allowed to access {model}")
                answer = [{"id": row["id"]} for row in self.rows(model) if row["id"] in ids]
            case "search_count":
                answer = len(self._search(model, kwargs["domain"]))
            case "search":
                found = [row["id"] for row in self._search(model, kwargs["domain"])]
                answer = (found[::-1] if kwargs.get("order") == "id desc" else found)[: kwargs.get("limit")]
            case "formatted_read_group":
                answer = grouped(self._search(model, kwargs["domain"]), kwargs["groupby"], kwargs["aggregates"])
            case "has_access":
                answer = model not in self.closed
            case _:
                raise AssertionError(f"the pull never calls {method}")
        return self._answer(model, method, answer)

    def _answer(self, model: str, method: str, answer: Any) -> Any:
        self.calls.append((model, method))
        return self.spoil(model, method, answer)

    def _search(self, model: str, domain: list) -> list[dict]:
        return [row for row in self.rows(model) if self._fits(model, row, list(domain))]

    def _fits(self, model: str, row: dict, domain: list) -> bool:
        while domain:
            item = domain.pop(0)
            if item == "&":
                continue
            if item == "|":
                fits = self._holds(model, row, *domain.pop(0)) | self._holds(model, row, *domain.pop(0))
            elif item == [0, "=", 1]:
                return False
            elif item == [1, "=", 1]:
                continue
            else:
                fits = self._holds(model, row, *item)
            if not fits:
                return False
        return True

    def _holds(self, model: str, row: dict, name: str, operator: str, value: Any) -> bool:
        first, _, rest = name.partition(".")
        has = row.get(first, False)
        if rest:
            owner = next((each for each in self.rows("account.move") if each["id"] == has), {})
            return self._holds(model, owner, rest, operator, value)
        match operator:
            case "=":
                return has == value
            case "!=":
                return has != value
            case "in":
                return bool(set(has) & set(value)) if isinstance(has, list) else has in value
            case ">":
                return has is not False and has > value
            case ">=":
                return has is not False and has >= value
            case "<":
                return has is not False and has < value
            case "<=":
                return has is not False and has <= value
        raise AssertionError(f"the pull never asks with {operator}")
