"""Make in Odoo what a manifest declares, show what differs, and take it away again.

Works by external ids in the module "cockpit": what carries one and is not declared any more is taken away; what
carries none is not ours and is never touched. Needs an administrator's client; it is never stored.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from integrations.odoo.client import AccessRefusedError, OdooClient, RefusedError, UnknownNameError
from integrations.odoo.manifest import (
    MODULE,
    ORDER,
    FieldRefs,
    Item,
    Logins,
    Manifest,
    ModelRef,
    Value,
    Xid,
    cell,
)

EVERYTHING = {"active_test": False}
MANAGED = tuple(model for model in ORDER if model != "rows")


@dataclass(frozen=True)
class Difference:
    """One field of a record: what Odoo holds and what is declared, as words."""

    field: str
    now: str
    wanted: str


@dataclass(frozen=True)
class Change:
    """What `apply` would do. `differences` are empty for a record that is deleted."""

    action: Literal["create", "change", "delete"]
    model: str
    xid: str
    name: str
    differences: tuple[Difference, ...] = ()


def plan(client: OdooClient, manifest: Manifest) -> list[Change]:
    """What differs between the manifest and Odoo; empty when nothing does. Reads only. Raises OdooError.

    The integration user may call it too, but sees no code of server actions: only an administrator compares that.
    """
    return _changes(_Odoo(client), manifest.items())


def apply(client: OdooClient, manifest: Manifest) -> list[Change]:
    """Make Odoo as declared and answer what was done. Running it again does nothing. Raises OdooError.

    Each stage is one call, so a failure leaves whole stages; the next run goes on from there.
    """
    odoo = _Odoo(client)
    items = manifest.items()
    changes = _changes(odoo, items)
    by_xid = {change.xid: change for change in changes}
    for stage in dict.fromkeys(item.model for item in items):
        wanted = [item for item in items if item.model == stage and item.full_xid in by_xid]
        for alike in _alike(wanted, by_xid):
            odoo.load(stage, alike)
        if stage == "ir.model.access" and wanted:
            client.call(stage, "call_cache_clearing_methods")  # Odoo's own clearing happens before the row is there
    odoo.delete(change for change in changes if change.action == "delete")
    return changes


def destroy(client: OdooClient, manifest: Manifest) -> list[Change]:
    """Take away everything the manifest declares, and whatever else is ours by external id; answer what went."""
    odoo = _Odoo(client)
    rows = {item.model for item in manifest.items()} - set(MANAGED)
    gone = [_deletion(model, xid) for xid, (model, _id) in odoo.ours.items() if model in MANAGED]
    odoo.delete(gone)
    left = client.search_read(
        "ir.model.data", [("module", "=", MODULE), ("model", "in", sorted(rows))], ["id"], context=EVERYTHING
    )
    if left:  # the rows went with their model's table, their names did not
        client.call("ir.model.data", "unlink", [row["id"] for row in left])
    return gone


def neighbours(client: OdooClient, manifest: Manifest) -> list[str]:
    """Names of the rules that others keep on the same models: they run on the same occasions and may get in the way."""
    odoo = _Odoo(client)
    models = {item.values["model_id"] for item in manifest.items() if item.model == "base.automation"}
    ids = [odoo_id for model in models for odoo_id in odoo.ids(model) or ()]
    own = [odoo_id for model, odoo_id in odoo.ours.values() if model == "base.automation"]
    domain = [("model_id", "in", ids), ("id", "not in", own), ("active", "=", True)]
    return [str(row["name"]) for row in client.search_read("base.automation", domain, ["name"])]


def _changes(odoo: "_Odoo", items: list[Item]) -> list[Change]:
    found = [change for item in items if (change := _change(odoo, item))]
    declared = {item.full_xid for item in items}
    stray = [(xid, model) for xid, (model, _id) in odoo.ours.items() if model in MANAGED and xid not in declared]
    return found + [_deletion(model, xid) for xid, model in stray]


def _change(odoo: "_Odoo", item: Item) -> Change | None:
    current = odoo.current(item)
    name = str(item.values.get("name") or item.values.get("x_model") or item.xid)
    if current is None:
        wanted = tuple(Difference(key, "", _words(value)) for key, value in item.values.items())
        return Change("create", item.model, item.full_xid, name, wanted)
    if item.once:
        return None
    differing = tuple(
        Difference(key, _words(current[key]), _words(value))
        for key, value in item.values.items()
        if key in current and not odoo.same(current[key], value)
    )
    return Change("change", item.model, item.full_xid, name, differing) if differing else None


def _deletion(model: str, xid: str) -> Change:
    return Change("delete", model, xid, xid.partition(".")[2])


def _alike(items: list[Item], changes: Mapping[str, Change]) -> list[list[tuple[Item, tuple[str, ...]]]]:
    """Items with the columns to be loaded, grouped so that one call loads rows of the same columns."""
    groups: dict[tuple[str, ...], list[tuple[Item, tuple[str, ...]]]] = {}
    for item in items:
        change = changes[item.full_xid]
        columns = tuple(item.values) if change.action == "create" else tuple(d.field for d in change.differences)
        groups.setdefault(columns, []).append((item, columns))
    return list(groups.values())


class _Odoo:
    """One look at what Odoo holds under our external ids, and the ids that references stand for."""

    def __init__(self, client: OdooClient) -> None:
        self.client = client
        self._records: dict[tuple[str, tuple[str, ...]], dict[int, dict[str, Any]]] = {}
        self._ids: dict[Value, list[int]] = {}

    @cached_property
    def ours(self) -> dict[str, tuple[str, int]]:
        """Full external id → (model, id) of everything under our module."""
        rows = self.client.search_read("ir.model.data", [("module", "=", MODULE)], ["name", "model", "res_id"])
        return {f"{MODULE}.{row['name']}": (row["model"], row["res_id"]) for row in rows}

    def current(self, item: Item) -> dict[str, Any] | None:
        """The record as Odoo holds it, or None when there is none (any more)."""
        model, odoo_id = self.ours.get(item.full_xid, ("", 0))
        if model != item.model:
            return None
        alike = model, tuple(item.values)  # a webhook has other fields than code
        if alike not in self._records:
            self._records[alike] = self._read(model, [i for m, i in self.ours.values() if m == model], item)
        return self._records[alike].get(odoo_id)

    def _read(self, model: str, ids: list[int], item: Item) -> dict[int, dict[str, Any]]:
        fields = ["id"] if item.once else [*item.values]
        try:
            rows = self.client.search_read(model, [("id", "in", ids)], fields, context=EVERYTHING)
        except UnknownNameError:  # the manual model itself was deleted, its rows' names are left
            if model in MANAGED:
                raise
            return {}
        except AccessRefusedError:  # only administrators may read an action's code
            visible = self.client.call(model, "fields_get", allfields=fields, attributes=["type"])
            rows = self.client.search_read(model, [("id", "in", ids)], sorted(visible), context=EVERYTHING)
        return {row["id"]: row for row in rows}

    def same(self, now: Any, value: Value) -> bool:
        if isinstance(value, bool):
            return bool(now) is value
        if isinstance(value, str):
            return (now or "").strip() == value.strip()
        if isinstance(value, int):
            return bool(now == value)
        wanted = self.ids(value)
        if isinstance(value, FieldRefs | Logins):
            return wanted is not None and set(now or ()) == set(wanted)
        return wanted is not None and [now] == wanted

    def ids(self, value: Value) -> list[int] | None:
        """The database ids that a reference stands for; None while one of them does not exist."""
        if value not in self._ids:
            found = self._find(value)
            if found is None:
                return None
            self._ids[value] = found
        return self._ids[value]

    def _find(self, value: Value) -> list[int] | None:
        if isinstance(value, Xid):
            return self._by_xid(value.name)
        if isinstance(value, ModelRef):
            return self._exactly("ir.model", [("model", "=", value.model)], 1)
        if isinstance(value, FieldRefs):
            domain = [("model", "=", value.model), ("name", "in", list(value.names))]
            return self._exactly("ir.model.fields", domain, len(value.names))
        if isinstance(value, Logins):
            return self._exactly("res.users", [("login", "in", list(value.logins))], len(value.logins))
        return None

    def _by_xid(self, name: str) -> list[int] | None:
        module, _dot, short = name.partition(".")
        if module == MODULE:
            return [self.ours[name][1]] if name in self.ours else None
        domain = [("module", "=", module), ("name", "=", short)]
        rows = self.client.search_read("ir.model.data", domain, ["res_id"])
        return [row["res_id"] for row in rows] or None

    def _exactly(self, model: str, domain: list, count: int) -> list[int] | None:
        rows = self.client.search_read(model, domain, ["id"])
        return [row["id"] for row in rows] if len(rows) == count else None

    def load(self, model: str, batch: list[tuple[Item, tuple[str, ...]]]) -> None:
        """Create or change records by their external ids, all or none."""
        columns = batch[0][1]
        header = ["id", *(self._column(batch[0][0].values[column], column) for column in columns)]
        data = [[item.full_xid, *(self._cell(item, column) for column in columns)] for item, columns in batch]
        answer = self.client.call(model, "load", fields=header, data=data)
        if not answer["ids"]:
            words = "; ".join(str(message.get("message", "")).strip() for message in answer["messages"])
            raise RefusedError(f"Odoo did not take {', '.join(row[0] for row in data)}: {words}", text=words)
        for row, odoo_id in zip(data, answer["ids"], strict=True):
            self.ours[row[0]] = (model, odoo_id)
            self._ids.pop(Xid(row[0]), None)

    def _column(self, value: Value, name: str) -> str:
        return name if isinstance(value, str | int) else f"{name}/.id"

    def _cell(self, item: Item, column: str) -> str:
        value = item.values[column]
        if isinstance(value, str | int):
            return cell(value)
        ids = self.ids(value)
        if ids is None:
            raise RefusedError(f"{item.full_xid} needs {_words(value)}, which Odoo does not have.{_advice(value)}")
        return ",".join(map(str, ids))

    def delete(self, changes: Iterable[Change]) -> None:
        """Last made, first removed. A record that went with another one is no error."""
        by_model: dict[str, list[int]] = {}
        for change in changes:
            by_model.setdefault(change.model, []).append(self.ours[change.xid][1])
        for model in reversed(MANAGED):
            ids = by_model.get(model, [])
            left = self.client.search_read(model, [("id", "in", ids)], ["id"], context=EVERYTHING) if ids else []
            if left:
                self.client.call(model, "unlink", [row["id"] for row in left])


def _words(value: Any) -> str:
    match value:
        case Xid(name):
            return name
        case ModelRef(model):
            return f"the model {model}"
        case FieldRefs(model, names):
            return ", ".join(f"{model}.{name}" for name in names)
        case Logins(logins):
            return "the user " + ", ".join(map(repr, logins))
        case None | False:
            return "no" if value is False else ""
        case True:
            return "yes"
    return str(value)


def _advice(value: Value) -> str:
    match value:
        case Logins():
            return " Create the user in Odoo, or correct ODOO_LOGIN."
        case ModelRef() | FieldRefs():
            return " Install the module that brings it."
    return ""


def check_administrator(client: OdooClient) -> None:
    """Raise AccessRefusedError unless this user may change Odoo's structure."""
    if not client.call("ir.actions.server", "has_access", [], operation="create"):
        raise AccessRefusedError(
            f"{client.login!r} is no administrator of Odoo. Set ODOO_ADMIN_LOGIN and ODOO_ADMIN_API_KEY "
            "(or ODOO_ADMIN_PASSWORD) to one who has Role / Administrator."
        )
