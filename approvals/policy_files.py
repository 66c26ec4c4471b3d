"""A decision table as YAML: how it is read and written. Pure; names of units are resolved by who calls."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

from approvals.policy import OPERATORS, PolicyError
from cockpit.accounts.roles import ROLES

_SPAN = re.compile(r"^(\d+)\s*(min|h|d)$")
_SECONDS = {"min": 60, "h": 3600, "d": 8 * 3600}  # a day of business time is eight hours


@dataclass(frozen=True)
class RuleText:
    """A row as written: unit by its name, "" for every unit."""

    name: str
    unit: str
    add_on: bool
    when: list[dict[str, Any]]
    steps: list[dict[str, Any]]


@dataclass(frozen=True)
class PolicyText:
    kind: str
    name: str
    mode: str
    rules: list[RuleText]
    bulk_below: Decimal | None = None  # several at once up to this; none: what the kind says; 0: each by itself


def read(text: str) -> PolicyText:
    """Read a file's text. Raises PolicyError that names the row and what to write instead."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as problem:
        raise PolicyError(f"This is not YAML: {problem}") from problem
    if not isinstance(data, dict) or not isinstance(data.get("rules"), list) or not data.get("kind"):
        raise PolicyError("A policy file has `kind`, `name`, `mode` and a list of `rules`.")
    if data.get("mode", "observe") not in {"off", "observe", "enforce"}:
        raise PolicyError(f"mode is off, observe or enforce, not {data['mode']!r}.")
    rules = [_rule(number, row) for number, row in enumerate(data["rules"], start=1)]
    name, mode = str(data.get("name") or data["kind"]), data.get("mode", "observe")
    return PolicyText(str(data["kind"]), name, mode, rules, _limit(data.get("bulk_below")))


def _limit(said: Any) -> Decimal | None:
    if said is None:
        return None
    try:
        found = Decimal(str(said))
    except InvalidOperation:
        found = Decimal(-1)
    if isinstance(said, bool) or not found.is_finite() or not 0 <= found < 10**15:
        raise PolicyError(f"bulk_below is an amount in the reporting currency, like 500, or 0 for none; not {said!r}.")
    return found


def seconds(span: Any, row: str) -> int:
    """`30 min`, `4 h` or `2 d` of business time."""
    found = _SPAN.match(str(span).strip())
    if not found:
        raise PolicyError(
            f"{row}: {span!r} is no span of time; write 30 min, 4 h or 2 d (a day has eight business hours)."
        )
    return int(found[1]) * _SECONDS[found[2]]


def _rule(number: int, row: Any) -> RuleText:
    where = f"Row {number}"
    if not isinstance(row, dict):
        raise PolicyError(f"{where} is not a mapping of name, unit, when and ask.")
    if unknown := sorted(set(row) - {"name", "unit", "add_on", "when", "ask"}):
        raise PolicyError(
            f"{where}: {', '.join(unknown)} means nothing here; a row has name, unit, add_on, when and ask."
        )
    name = str(row.get("name") or where)
    where = f"{where} ({name})"
    return RuleText(
        name=name,
        unit=str(row.get("unit") or ""),
        add_on=bool(row.get("add_on", False)),
        when=[_condition(part, where) for part in row.get("when") or []],
        steps=[step for part in row.get("ask") or [] for step in _steps(part, where)],
    )


def _condition(part: Any, where: str) -> dict[str, Any]:
    if not isinstance(part, dict) or not {"fact", "op", "value"} <= set(part):
        raise PolicyError(f"{where}: a condition is written as {{fact: amount, op: '>', value: 25000, currency: EUR}}.")
    if part["op"] not in OPERATORS:
        raise PolicyError(f"{where}: {part['op']!r} is no operator; use one of {' '.join(OPERATORS)}.")
    value = part["value"]
    if part["op"] in {">", ">=", "<", "<="}:
        try:
            value = str(Decimal(str(value)))
        except InvalidOperation:
            raise PolicyError(f"{where}: {part['value']!r} is no number to compare with.") from None
    return {"fact": str(part["fact"]), "op": part["op"], "value": value, "currency": str(part.get("currency") or "")}


STEP = {"role", "each_of", "who", "order", "quorum", "within", "about", "reject", "when", "ladder", "timeout"}
CHAIN = {"chain", "fact", "currency"}


def _steps(part: Any, where: str) -> list[dict[str, Any]]:
    """One entry of `ask`; `each_of` is a step for each of its roles, side by side; `chain` one for each manager."""
    if isinstance(part, dict) and "chain" in part:
        return _chain(part, where)
    if not isinstance(part, dict) or not ({"role", "each_of"} & set(part)):
        raise PolicyError(f"{where}: who is asked is written as {{role: finance, within: 4 h}}.")
    if unknown := sorted(set(part) - STEP):
        raise PolicyError(f"{where}: {', '.join(unknown)} means nothing in a step; it has {', '.join(sorted(STEP))}.")
    return [_step(part, str(role), where) for role in part.get("each_of") or [part["role"]]]


def _chain(part: dict[str, Any], where: str) -> list[dict[str, Any]]:
    """The managers above who asked, one after the other: each next one only above the limit of the one before."""
    limits = part["chain"]
    if not isinstance(limits, list) or not {"fact", "role"} <= set(part) or {"who", "each_of", "when"} & set(part):
        raise PolicyError(
            f"{where}: a chain of managers is written as "
            "{chain: [10000, 50000], fact: amount, currency: EUR, role: partner, within: 1 d}."
        )
    rest = {key: value for key, value in part.items() if key not in CHAIN}
    limit = {"fact": part["fact"], "op": ">", "currency": part.get("currency")}
    whens = [[], *([{**limit, "value": each}] for each in limits)]
    try:
        first = int(part.get("order", 1))
    except (TypeError, ValueError):
        raise PolicyError(f"{where}: order is a whole number.") from None
    return [
        step
        for level, when in enumerate(whens)
        for step in _steps({**rest, "who": f"manager:{level + 1}", "order": first + level, "when": when}, where)
    ]


def _step(part: dict[str, Any], role: str, where: str) -> dict[str, Any]:
    if role not in ROLES:
        raise PolicyError(f"{where}: there is no role {role!r}; roles are {', '.join(ROLES)}.")
    quorum = part.get("quorum", 1)
    try:
        order, needed = int(part.get("order", 1)), 0 if quorum == "all" else int(quorum)
    except (TypeError, ValueError):
        raise PolicyError(f"{where}: order and quorum are whole numbers (or quorum: all).") from None
    return {
        "role": role,
        "order": order,
        "quorum": needed,
        "goal_s": seconds(part.get("within", "4 h"), where),
        "about": [str(fact) for fact in part.get("about") or []],
        "who": str(part.get("who") or ""),
        "reject": str(part.get("reject") or ("any" if needed == 1 else "")),  # of several it has to be said
        "when": [_condition(each, where) for each in part.get("when") or []],
        "ladder": [_rung(each, where) for each in part.get("ladder") or []],
        "timeout": str(part.get("timeout") or ""),
    }


def _rung(part: Any, where: str) -> dict[str, Any]:
    if not isinstance(part, dict) or set(part) - {"at", "to", "hand_over"} or not {"at", "to"} <= set(part):
        raise PolicyError(f"{where}: a rung is written as {{at: 100, to: 'role:partner', hand_over: true}}.")
    try:
        at = int(part["at"])
    except (TypeError, ValueError):
        raise PolicyError(f"{where}: a rung is at a per cent of the time, like 100, not {part['at']!r}.") from None
    return {"at": at, "to": str(part["to"]), "hand_over": bool(part.get("hand_over", False))}


def write(text: PolicyText) -> str:
    """The table as a file; `read` gives the same table back."""
    data: dict[str, Any] = {"kind": text.kind, "name": text.name, "mode": text.mode}
    if text.bulk_below is not None:
        whole = text.bulk_below == text.bulk_below.to_integral_value()
        data["bulk_below"] = int(text.bulk_below) if whole else str(text.bulk_below)
    data["rules"] = [_rule_data(rule) for rule in text.rules]
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110)


def span(goal_s: int) -> str:
    """Seconds of business time as they are written: "2 d", "4 h", "30 min"."""
    unit = next((unit for unit in ("d", "h") if goal_s and not goal_s % _SECONDS[unit]), "min")
    return f"{-(-goal_s // _SECONDS[unit])} {unit}"


def _rule_data(rule: RuleText) -> dict[str, Any]:
    found: dict[str, Any] = {"name": rule.name}
    if rule.unit:
        found["unit"] = rule.unit
    if rule.add_on:
        found["add_on"] = True
    if rule.when:
        found["when"] = [_condition_data(each) for each in rule.when]
    if rule.steps:
        found["ask"] = [_step_data(step) for step in rule.steps]
    return found


def _condition_data(condition: dict[str, Any]) -> dict[str, Any]:
    value = condition["value"]
    if condition["op"] in {">", ">=", "<", "<="} and re.fullmatch(r"0|-?[1-9]\d*", value):
        value = int(value)
    data = {"fact": condition["fact"], "op": condition["op"], "value": value}
    return {**data, "currency": condition["currency"]} if condition["currency"] else data


def _step_data(step: dict[str, Any]) -> dict[str, Any]:
    """What is as it would be unsaid is left out."""
    said: dict[str, Any] = {"role": step["role"]}
    if step["who"]:
        said["who"] = step["who"]
    if step["order"] != 1:
        said["order"] = step["order"]
    if step["quorum"] != 1:
        said["quorum"] = step["quorum"] or "all"
    said["within"] = span(step["goal_s"])
    if step["reject"] and (step["reject"], step["quorum"]) != ("any", 1):
        said["reject"] = step["reject"]
    if step["when"]:
        said["when"] = [_condition_data(each) for each in step["when"]]
    if step["about"]:
        said["about"] = step["about"]
    if step["ladder"]:
        said["ladder"] = [
            {**rung} if rung["hand_over"] else {"at": rung["at"], "to": rung["to"]} for rung in step["ladder"]
        ]
    return {**said, "timeout": step["timeout"]} if step["timeout"] else said
