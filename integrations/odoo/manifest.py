"""What the cockpit keeps in Odoo, as data: a manifest compiles to items, and an item is one record with an external id.

Everything lives under the external module "cockpit", so the same manifest finds its records again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

MODULE = "cockpit"


@dataclass(frozen=True)
class Xid:
    """A record by its full external id, like "base.group_user" or "cockpit.group_release"."""

    name: str


@dataclass(frozen=True)
class ModelRef:
    """The ir.model of a technical name."""

    model: str


@dataclass(frozen=True)
class FieldRefs:
    """The ir.model.fields of a model, as a set."""

    model: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Logins:
    """Users by login, as a set: whoever else is in it does not belong there."""

    logins: tuple[str, ...]


Value = str | int | bool | Xid | ModelRef | FieldRefs | Logins


@dataclass(frozen=True)
class Item:
    """One record to be kept: `values` by field name. `once`: made if missing, its content belongs to others then."""

    model: str
    xid: str
    values: dict[str, Value]
    once: bool = False

    @property
    def full_xid(self) -> str:
        return f"{MODULE}.{self.xid}"


@dataclass(frozen=True)
class Group:
    """A group of users. `members` are logins and exactly these; None leaves the membership to the firm."""

    xid: str
    name: str
    comment: str
    members: tuple[str, ...] | None = None

    def items(self) -> list[Item]:
        values: dict[str, Value] = {"name": self.name, "comment": self.comment}
        if self.members is not None:
            values["user_ids"] = Logins(self.members)
        return [Item("res.groups", self.xid, values)]


@dataclass(frozen=True)
class ManualField:
    """A field of ours on a model. Never copied with its record: a copy was not decided."""

    model: str
    name: str
    label: str
    ttype: str = "char"
    help: str = ""

    def items(self) -> list[Item]:
        values: dict[str, Value] = {
            "name": self.name,
            "model_id": ModelRef(self.model),
            "field_description": self.label,
            "ttype": self.ttype,
            "state": "manual",
            "copied": False,
            "help": self.help,
        }
        return [Item("ir.model.fields", f"field_{_slug(self.model)}__{self.name}", values)]


@dataclass(frozen=True)
class ManualModel:
    model: str
    name: str
    fields: tuple[ManualField, ...] = ()

    def items(self) -> list[Item]:
        values: dict[str, Value] = {"name": self.name, "model": self.model, "state": "manual"}
        own = [Item("ir.model", f"model_{_slug(self.model)}", values)]
        return own + [item for one in self.fields for item in one.items()]


@dataclass(frozen=True)
class Access:
    """What a group (full external id) may do with a model: some of "read", "write", "create", "unlink"."""

    model: str
    group: str
    rights: tuple[str, ...]

    def items(self) -> list[Item]:
        short = self.group.rpartition(".")[2]
        values: dict[str, Value] = {
            "name": f"cockpit {self.model} {short}",
            "model_id": ModelRef(self.model),
            "group_id": Xid(self.group),
            **{f"perm_{right}": right in self.rights for right in ("read", "write", "create", "unlink")},
        }
        return [Item("ir.model.access", f"access_{_slug(self.model)}__{short}", values)]


@dataclass(frozen=True)
class Row:
    """A first record of a manual model; from then on its content belongs to whoever may write it."""

    model: str
    xid: str
    values: dict[str, Value]

    def items(self) -> list[Item]:
        return [Item(self.model, self.xid, self.values, once=True)]


@dataclass(frozen=True)
class Automation:
    """A rule on a model with one action of Python code, run when one of `trigger_fields` changes and `domain` fits."""

    xid: str
    name: str
    model: str
    trigger_fields: tuple[str, ...]
    domain: str
    code: str
    trigger: str = "on_create_or_write"

    def items(self) -> list[Item]:
        rule: dict[str, Value] = {
            "name": self.name,
            "model_id": ModelRef(self.model),
            "trigger": self.trigger,
            "trigger_field_ids": FieldRefs(self.model, self.trigger_fields),
            "filter_domain": self.domain,
            "filter_pre_domain": "",
            "active": True,
        }
        action: dict[str, Value] = {
            "name": self.name,
            "model_id": ModelRef(self.model),
            "state": "code",
            "code": self.code.strip(),
            "usage": "base_automation",
            "base_automation_id": Xid(f"{MODULE}.rule_{self.xid}"),
        }
        return [
            Item("base.automation", f"rule_{self.xid}", rule),
            Item("ir.actions.server", f"action_{self.xid}", action),
        ]


@dataclass(frozen=True)
class Hook:
    """Odoo tells `url` which record of a model was made, deleted, or changed in one of `fields`; not what is in it.

    Never without fields: saving one invoice makes Odoo write its computed fields one after another, and each would be
    a call of its own while the user waits. `domain`: only of these records.
    """

    model: str
    url: str
    fields: tuple[str, ...]
    domain: str = ""

    def items(self) -> list[Item]:
        return self._rule("save", "on_create_or_write", ("write_date",)) + self._rule("unlink", "on_unlink", ())

    def _rule(self, when: str, trigger: str, sent: tuple[str, ...]) -> list[Item]:
        xid = f"hint_{_slug(self.model)}_{when}"
        about: dict[str, Value] = {"name": f"Cockpit: hint ({when})", "model_id": ModelRef(self.model)}
        rule: dict[str, Value] = {
            "trigger": trigger,
            "trigger_field_ids": FieldRefs(self.model, self.fields if sent else ()),
            "filter_domain": self.domain,
            "filter_pre_domain": "",
            "active": True,
        }
        action: dict[str, Value] = {
            "state": "webhook",
            "webhook_url": self.url,
            "webhook_field_ids": FieldRefs(self.model, sent),
            "usage": "base_automation",
            "base_automation_id": Xid(f"{MODULE}.rule_{xid}"),
        }
        return [
            Item("base.automation", f"rule_{xid}", about | rule),
            Item("ir.actions.server", f"action_{xid}", about | action),
        ]


@dataclass(frozen=True)
class View:
    """An addition to a form of Odoo's, given by its full external id."""

    xid: str
    name: str
    model: str
    inherits: str
    arch: str

    def items(self) -> list[Item]:
        values: dict[str, Value] = {
            "name": self.name,
            "model": self.model,
            "inherit_id": Xid(self.inherits),
            "mode": "extension",
            "arch_base": self.arch.strip(),
            "active": True,
        }
        return [Item("ir.ui.view", f"view_{self.xid}", values)]


@dataclass(frozen=True)
class Where:
    """Parts that only an Odoo with this field has a use for: what is not installed needs no guard."""

    model: str
    field: str
    parts: tuple["Part", ...]

    def items(self) -> list[Item]:
        return [item for part in self.parts for item in part.items()]


Part = Where | Group | ManualModel | ManualField | Access | Row | Automation | Hook | View
# Made in this order, removed in the opposite one: an action comes last, so a rule acts when all it needs is there.
ORDER = ("res.groups", "ir.model", "ir.model.access", "ir.model.fields", "rows", "base.automation",
         "ir.actions.server", "ir.ui.view")  # fmt: skip


@dataclass(frozen=True)
class Manifest:
    parts: tuple[Part, ...] = field(default=())

    def items(self) -> list[Item]:
        """Every record, once, in the order in which they are made. Raises ValueError when two parts disagree."""
        found: dict[str, Item] = {}
        for item in (item for part in self.parts for item in part.items()):
            if found.setdefault(item.xid, item) != item:
                raise ValueError(f"Two parts of the manifest declare cockpit.{item.xid} differently.")
        return sorted(found.values(), key=lambda item: ORDER.index(item.model if item.model in ORDER else "rows"))

    def fitting(self, has: Callable[[str, str], bool]) -> "Manifest":
        """Without what this Odoo has no use for; `has` says whether it has a model's field."""
        return Manifest(
            tuple(part for part in self.parts if not isinstance(part, Where) or has(part.model, part.field))
        )


def merge(manifests: Sequence[Manifest]) -> Manifest:
    return Manifest(tuple(part for manifest in manifests for part in manifest.parts))


def _slug(model: str) -> str:
    return model.replace(".", "_")


def cell(value: Any) -> str:
    """A plain value as `load` wants it."""
    return str(int(value)) if isinstance(value, bool) else str(value)
