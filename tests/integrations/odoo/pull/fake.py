"""Odoo's tables with Odoo's clock, in memory: transactions that begin, stay open for a while and commit late.

The sandbox answers as Odoo does; this one can do what no server does on request: commit late, twice in one second,
die between two pages, answer half a page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.odoo.pull.catalogue import MAPS
from integrations.odoo.pull.maps import Kind, Via

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
STAMP = "%Y-%m-%d %H:%M:%S"
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


@dataclass
class FakeOdoo:
    """`put` and `drop` write at once or with a late commit; the protocol's calls see what is committed by `now`."""

    url: str = "http://odoo.test"
    db: str = "firm"
    login: str = "cockpit"
    born: str = "2020-01-01 00:00:00"
    now: datetime = START
    fields: dict[str, dict[str, dict[str, str]]] = field(
        default_factory=lambda: {each.odoo_model: described(each.odoo_model) for each in MAPS}
    )
    history: dict[str, list[tuple[datetime, int, datetime, dict[str, Any] | None]]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    spoil: Callable[[str, str, Any], Any] = lambda model, method, answer: answer

    def __post_init__(self) -> None:
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
        found = self._search(model, domain)[:limit]
        answer = [{name: row.get(name, False) for name in fields} for row in found]
        return self._answer(model, "search_read", answer)

    def call(self, model: str, method: str, ids: Any = None, *, context: dict | None = None, **kwargs: Any) -> Any:
        match method:
            case "fields_get":
                known = self.fields[model]
                answer: Any = {name: known[name] for name in kwargs["allfields"] if name in known}
            case "search_count":
                answer = len(self._search(model, kwargs["domain"]))
            case "search":
                answer = [row["id"] for row in self._search(model, kwargs["domain"])][: kwargs.get("limit")]
            case "formatted_read_group":
                found = [row["id"] for row in self._search(model, kwargs["domain"])]
                answer = [{"__count": len(found), "id:sum": sum(found) or False}]
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
            if item == "|":
                fits = self._holds(model, row, *domain.pop(0)) | self._holds(model, row, *domain.pop(0))
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
                return has in value
            case ">":
                return has > value
            case ">=":
                return has >= value
            case "<":
                return has < value
        raise AssertionError(f"the pull never asks with {operator}")
