"""What the buttons inside the form of a row do: add, take out, move. Pure; nothing is stored by it."""

from __future__ import annotations

import re

from approvals.editor.raw import MOST, RawRow, RawStep, new_step

# add-condition · remove-c2 · add-step · remove-s1 · up-s1 · down-s0 · add-condition-s1 · remove-s1c0 · add-chain
_ACT = re.compile(r"(add-condition|add-step|remove|up|down)(?:-(?:s(\d+))?(?:c(\d+))?)?")


def apply(row: RawRow, act: str, new_fact: str) -> str:
    """Change `row` by one button; the id of the field that should have the focus then, "" for the button itself."""
    found = _ACT.fullmatch(act)
    if found is None:
        return ""
    verb, step, condition = found[1], _place(found[2]), _place(found[3])
    if verb == "add-step":
        return _add_step(row)
    owner = row if step is None else row.steps[step] if step < len(row.steps) else None
    if owner is None:
        return ""
    prefix = "c" if step is None else f"s{step}c"
    if verb == "add-condition":
        return _add_condition(owner, prefix, new_fact)
    if verb == "remove":
        return _remove(row, owner, step, condition)
    return _move(row, step, -1 if verb == "up" else 1)


def _place(text: str | None) -> int | None:
    return None if text is None else int(text)


def _add_condition(owner: RawRow | RawStep, prefix: str, fact: str) -> str:
    if len(owner.conditions) < MOST:
        owner.conditions.append({"fact": fact, "op": "", "value": "", "currency": ""})
    return f"id_{prefix}{len(owner.conditions) - 1}-op"


def _add_step(row: RawRow) -> str:
    if len(row.steps) < MOST:
        orders = [int(step.values["order"]) for step in row.steps if step.values["order"].isdigit()]
        row.steps.append(new_step(max(orders, default=0) + 1))
    return f"id_s{len(row.steps) - 1}-role"


def _remove(row: RawRow, owner: RawRow | RawStep, step: int | None, condition: int | None) -> str:
    if condition is not None:
        if condition < len(owner.conditions):
            del owner.conditions[condition]
    elif step is not None:
        del row.steps[step]
    return "id_name"


def _move(row: RawRow, step: int | None, by: int) -> str:
    """A step changes places with its neighbour, and so do their orders: what came first comes second."""
    if step is None or not 0 <= step + by < len(row.steps):
        return ""
    one, other = row.steps[step], row.steps[step + by]
    one.values["order"], other.values["order"] = other.values["order"], one.values["order"]
    row.steps[step], row.steps[step + by] = other, one
    return f"id_s{step + by}-role"
