"""A chain of managers, each asked only above the limit of the one below: written as one line, kept as steps."""

from __future__ import annotations

from django.utils.translation import gettext as _

from approvals.editor.forms import limits_of
from approvals.editor.raw import RawRow, RawStep, new_step
from approvals.editor.world import Choices
from approvals.kinds import FactType
from approvals.policy import PolicyError


def add_chain(row: RawRow, choices: Choices) -> str:
    """Add its steps to the form; the id of the first one's field. Raises PolicyError saying what is missing."""
    given = row.values
    fact = next((one for one in choices.limits if one.key == given["chain_fact"]), None)
    if not given["chain_role"]:
        raise PolicyError(_("Say which role answers where somebody has no manager."))
    limits = limits_of(given["chain_limits"])
    if limits and fact is None:
        raise PolicyError(_("Say what the limits are of."))
    currency = given["chain_currency"] if fact and fact.type == FactType.MONEY else ""
    first = len(row.steps)
    begin = max((int(step.values["order"]) for step in row.steps if step.values["order"].isdigit()), default=0)
    for level in range(len(limits) + 1):
        step: RawStep = new_step(begin + level + 1)
        step.values |= {
            "role": given["chain_role"],
            "who": f"manager:{level + 1}",
            "within": given["chain_within"] or "1 d",
        }
        if level and fact:
            step.conditions = [{"fact": fact.key, "op": ">", "value": limits[level - 1], "currency": currency}]
        row.steps.append(step)
    row.values |= {"chain_limits": ""}
    return f"id_s{first}-within"
