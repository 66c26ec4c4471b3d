"""What `odoo apply` made in Odoo: is it still so? And what do others keep on the same records?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from integrations.odoo import installation, provision
from integrations.odoo.client import AccessRefusedError, OdooClient, UnknownNameError
from integrations.odoo.guardian.finding import Finding
from integrations.odoo.manifest import MODULE, FieldRefs, Manifest, ModelRef

RULES, ACTIONS = "base.automation", "ir.actions.server"


def check_drift(client: OdooClient, manifest: Manifest) -> Iterator[Finding]:
    """The integration user sees no code of server actions: `odoo plan` compares that, as the administrator."""
    try:
        client.search_read(installation.GUARD, [], ["id"], limit=1)
    except UnknownNameError:
        yield Finding("drift.nothing")
        return
    try:
        changes = provision.plan(client, manifest)
    except AccessRefusedError as problem:
        yield Finding("drift.unseen", "high", facts={"sentence": problem.sentence})
        return
    for change in changes:
        yield _changed(change)
    if not changes:
        yield Finding("drift.none", facts={"count": len(manifest.items())})


def _changed(change: provision.Change) -> Finding:
    fields = [{"field": one.field, "now": one.now[:200], "wanted": one.wanted[:200]} for one in change.differences]
    facts = {"name": change.name, "xid": change.xid, "model": change.model}
    if change.action == "change":
        return Finding("drift.changed", "high", change.xid, {**facts, "fields": fields})
    code = "drift.gone" if change.action == "create" else "drift.stray"
    return Finding(code, "high" if code == "drift.gone" else "low", change.xid, facts)


def check_neighbours(client: OdooClient, manifest: Manifest) -> Iterator[Finding]:
    """Active automation rules of others on the models that ours are on; those that run on, or write, our fields too
    may get in their way.
    """
    watched = _watched(manifest)
    if not watched:
        return
    try:
        rules = _foreign_rules(client, sorted(watched))
        actions = _actions(client, [rule["id"] for rule in rules])
        fields = _field_names(client, [pk for rule in rules for pk in rule["trigger_field_ids"]])
    except (AccessRefusedError, UnknownNameError):
        yield Finding("neighbours.unseen")
        return
    for rule in rules:
        yield _neighbour(rule, actions.get(rule["id"], []), fields, watched)
    if not rules:
        yield Finding("neighbours.none", facts={"models": sorted(watched)})


def _watched(manifest: Manifest) -> dict[str, set[str]]:
    """Model → the fields that our rules run on, and those that we keep there."""
    found: dict[str, set[str]] = {}
    for item in manifest.items():
        model = item.values.get("model_id")
        if not isinstance(model, ModelRef):
            continue
        if item.model == RULES:
            triggers = item.values["trigger_field_ids"]
            found.setdefault(model.model, set()).update(triggers.names if isinstance(triggers, FieldRefs) else ())
    for item in manifest.items():
        model = item.values.get("model_id")
        if item.model == "ir.model.fields" and isinstance(model, ModelRef) and model.model in found:
            found[model.model].add(str(item.values["name"]))
    return found


def _foreign_rules(client: OdooClient, models: list[str]) -> list[dict[str, Any]]:
    ours = [row["res_id"] for row in client.search_read(
        "ir.model.data", [("module", "=", MODULE), ("model", "=", RULES)], ["res_id"])]  # fmt: skip
    domain = [("model_id.model", "in", models), ("active", "=", True), ("id", "not in", ours)]
    return client.search_read(RULES, domain, ["name", "model_name", "trigger", "filter_domain", "trigger_field_ids"])


def _actions(client: OdooClient, rules: list[int]) -> dict[int, list[dict[str, Any]]]:
    if not rules:
        return {}
    known = client.call(ACTIONS, "fields_get", attributes=["type"])
    wanted = [name for name in ("name", "state", "base_automation_id", "update_path") if name in known]
    found: dict[int, list[dict[str, Any]]] = {}
    for row in client.search_read(ACTIONS, [("base_automation_id", "in", rules)], wanted):
        found.setdefault(row["base_automation_id"], []).append(row)
    return found


def _field_names(client: OdooClient, ids: list[int]) -> dict[int, str]:
    rows = client.search_read("ir.model.fields", [("id", "in", sorted(set(ids)))], ["name"]) if ids else []
    return {row["id"]: row["name"] for row in rows}


def _neighbour(
    rule: dict[str, Any], actions: list[dict[str, Any]], names: dict[int, str], watched: dict[str, set[str]]
) -> Finding:
    ours = watched.get(rule["model_name"], set())
    triggers = {names[pk] for pk in rule["trigger_field_ids"] if pk in names}
    writes = {str(action["update_path"]).split("/")[0] for action in actions if action.get("update_path")}
    shared = sorted((triggers | writes) & ours)
    facts = {"name": rule["name"], "id": rule["id"], "model": rule["model_name"], "trigger": rule["trigger"],
             "domain": rule["filter_domain"] or "", "fields": sorted(triggers), "shared": shared,
             "writes": sorted(writes), "does": sorted({str(action["state"]) for action in actions})}  # fmt: skip
    code = "shared" if shared else "code" if "code" in facts["does"] else "beside"
    severity = {"shared": "medium", "code": "low", "beside": ""}[code]
    return Finding(f"neighbours.{code}", severity, str(rule["id"]), facts)
