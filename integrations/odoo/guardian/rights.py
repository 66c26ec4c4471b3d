"""What the integration user may in Odoo: too little, and more than the cockpit has a use for."""

from __future__ import annotations

from collections.abc import Iterator

from integrations.mirror.models import Cursor
from integrations.odoo import installation
from integrations.odoo.checking import ALSO_WRITTEN, MODULES, RELEASES, WRITES
from integrations.odoo.client import OdooClient, UnknownNameError
from integrations.odoo.guardian.finding import Finding
from integrations.odoo.pull.capabilities import CAPABILITIES
from integrations.odoo.pull.catalogue import MAPS
from integrations.odoo.pull.maps import Map

# Groups that nobody needs in order to mirror, release and post; the first are as good as every key of the house.
TOO_MUCH = {
    "base.group_system": ("Role / Administrator", "high"),
    "base.group_erp_manager": ("Access Rights", "high"),
    "account.group_account_manager": ("Accounting / Administrator", "medium"),
    "hr.group_hr_manager": ("Employees / Administrator", "medium"),
    "sales_team.group_sale_manager": ("Sales / Administrator", "medium"),
    "purchase.group_purchase_manager": ("Purchase / Administrator", "medium"),
}
# What opens Odoo itself, by whichever group or access rule it came.
STRUCTURE = (
    ("ir.config_parameter", "read"),
    ("ir.model.fields", "write"),
    ("ir.actions.server", "write"),
    ("base.automation", "write"),
    ("ir.model.access", "write"),
    ("res.groups", "write"),
    ("res.users", "write"),
)
CHANGING = ("write", "create", "unlink")


def check(client: OdooClient) -> Iterator[Finding]:
    yield from _missing(client)
    yield from _excess(client)


def _missing(client: OdooClient) -> Iterator[Finding]:
    read = set(Cursor.objects.filter(done_to__isnull=False, absent="").values_list("model", flat=True))
    for map_ in MAPS:
        allowed = may(client, map_.odoo_model, "read")
        if allowed or (map_.capability and map_.odoo_model not in read):
            continue  # what was never there is an absent capability, no right that is missing
        if allowed is None:
            yield Finding("rights.no_model", "high", map_.odoo_model, _facts(client, map_.odoo_model, map_))
        else:
            yield Finding("rights.read", "high", map_.odoo_model, _facts(client, map_.odoo_model, map_))
    for model, operation in WRITES:
        if may(client, model, operation) is False:
            yield Finding(f"rights.{operation}", "high", model, _facts(client, model))
    if _is_guarded(client) and not _has_group(client, RELEASES):
        yield Finding("rights.release", "critical", facts={"login": client.login})


def _excess(client: OdooClient) -> Iterator[Finding]:
    held = [(xid, *words) for xid, words in TOO_MUCH.items() if _has_group(client, xid)]
    for xid, name, severity in held:
        yield Finding("rights.group", severity, xid, {"login": client.login, "group": name, "xid": xid})
    if not any(severity == "high" for _xid, _name, severity in held):  # an administrator's are named by their group
        for model, operation in STRUCTURE:
            if may(client, model, operation):
                yield Finding("rights.structure", "high", f"{model}.{operation}", _facts(client, model))
    wider = [each.odoo_model for each in MAPS if _changes_needlessly(client, each.odoo_model)]
    if wider:
        yield Finding("rights.wider", facts={"login": client.login, "models": wider, "count": len(wider)})


def may(client: OdooClient, model: str, operation: str) -> bool | None:
    """None: Odoo has no such model."""
    try:
        return bool(client.call(model, "has_access", [], operation=operation))
    except UnknownNameError:
        return None


def _changes_needlessly(client: OdooClient, model: str) -> bool:
    needed = {name for name, _operation in WRITES} | ALSO_WRITTEN
    return model not in needed and bool(may(client, model, "write"))


def _has_group(client: OdooClient, xid: str) -> bool:
    return bool(client.call("res.users", "has_group", [client.uid], group_ext_id=xid))


def _is_guarded(client: OdooClient) -> bool:
    try:
        return bool(client.search_read(installation.GUARD, [], ["id"], limit=1))
    except UnknownNameError:
        return False


def _facts(client: OdooClient, model: str, map_: Map | None = None) -> dict[str, str]:
    module, group = MODULES.get(model, ("", ""))
    if map_ is not None and map_.capability:
        known = CAPABILITIES[map_.capability]
        module, group = module or known.module, group or known.group
    return {"login": client.login, "model": model, "module": module, "group": group}
