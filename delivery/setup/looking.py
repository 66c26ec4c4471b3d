"""A look into Odoo, kept so that pages need not ask it: what works, and who is in which group."""

from datetime import datetime
from typing import Any

from delivery.models import SetupLook
from integrations.odoo.checking import findings
from integrations.odoo.client import OdooClient, OdooError, ServerFaultError, UnknownNameError, connect
from integrations.odoo.credentials import current_config

KEPT = 20
NO_SUCH_ID = "External ID not found"  # Odoo's words
# Odoo's groups from which roles are proposed, and the role.
GROUPS = {
    "account.group_account_invoice": "finance",
    "account.group_account_manager": "finance",
    "hr_timesheet.group_timesheet_manager": "pmo",
    "project.group_project_manager": "pmo",
}


def look(*, at: datetime) -> SetupLook:
    """Ask Odoo once, outside of any transaction. What cannot be had is said in the row, never raised."""
    found = [{"level": each.level, "subject": each.subject, "words": each.words} for each in findings(at=at)]
    members: dict[str, list[int]] = {}
    problem = next((each["words"] for each in found if each["subject"] == "connection"), "")
    if not problem:
        try:
            members = members_of_groups(connect(current_config()))
        except OdooError as trouble:
            problem = trouble.sentence
    made = SetupLook.objects.create(at=at, findings=found, members=members, problem=problem)
    SetupLook.objects.exclude(pk__in=SetupLook.objects.values("pk")[:KEPT]).delete()
    return made


def members_of_groups(client: OdooClient) -> dict[str, list[int]]:
    """External id of each of GROUPS that this Odoo has → ids of the users in it, by whatever group implies it."""
    groups = {row["id"]: row for row in _groups(client)}
    found = {}
    for xmlid in GROUPS:
        group = _group(client, xmlid)
        if group is not None:
            found[xmlid] = sorted({user for each in _implying(groups, group) for user in groups[each]["users"]})
    return found


def _group(client: OdooClient, xmlid: str) -> int | None:
    """The group's id, asked for in the one way that needs no right on external ids; None: its module is not there."""
    module, name = xmlid.split(".", 1)
    try:
        return client.call("ir.model.data", "check_object_reference", module=module, xml_id=name)[1]
    except ServerFaultError as problem:
        if NO_SUCH_ID in str(problem):
            return None
        raise


def _groups(client: OdooClient) -> list[dict[str, Any]]:
    """Every group with its users; the field has another name since Odoo 19."""
    try:
        rows = client.search_read("res.groups", [], ["implied_ids", "user_ids"])
        return [{**row, "users": row["user_ids"]} for row in rows]
    except UnknownNameError:
        return client.search_read("res.groups", [], ["implied_ids", "users"])


def _implying(groups: dict[int, dict[str, Any]], wanted: int) -> set[int]:
    """The group and all whose members are members of it, too."""
    found = {wanted}
    while more := {pk for pk, row in groups.items() if pk not in found and found & set(row["implied_ids"])}:
        found |= more
    return found
