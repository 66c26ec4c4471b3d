"""Who must agree, as a pure function: a versioned decision table and a record's facts give a route and its reasons."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

OPERATORS = {">": "above", ">=": "at least", "<": "below", "<=": "at most", "=": "is", "!=": "is not", "in": "one of"}
LEVELS = (50, 80, 100, 150)  # per cent of a step's time at which a ladder may have a rung
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip


class PolicyError(ValueError):
    """A decision table that cannot be read or applied; the message names the row."""


@dataclass(frozen=True)
class Condition:
    """`fact op value`; for money the value is a number in `currency`."""

    fact: str
    op: str
    value: Any
    currency: str = ""

    @cached_property
    def held(self) -> Callable[[Any], bool | None]:
        """Says of a known fact whether this holds; made once, for a table looks at many records."""
        return _test_of(self)


@dataclass(frozen=True)
class Rung:
    """What happens when a step has taken `at` per cent of its time: `to` is told, or (`hand_over`) takes it over.

    `to` is written like `StepSpec.who`; "manager:1" is the manager of whoever was asked.
    """

    at: int
    to: str
    hand_over: bool = False


@dataclass(frozen=True)
class StepSpec:
    """Who is asked, and by when. Equal `order` = in parallel. `goal_s` is business time.

    `role` on the record's unit is who is asked where `who` is empty, and who answers for it where `who` finds nobody.
    `who` is read by `resolvers`: "fact:project_manager", "manager:1", "person:7".
    """

    role: str
    order: int = 1
    quorum: int = 1  # how many must approve; 0 = everybody who may
    goal_s: int = 4 * 3600
    about: tuple[str, ...] = ()  # the facts this step answers for; none = all material ones
    who: str = ""
    reject: str = (
        "any"  # "any": one rejection ends it; "quorum": it ends when too few are left to approve; "": unsaid, as any
    )
    when: tuple[Condition, ...] = ()  # asked only if this holds as well; the unknown counts as held
    ladder: tuple[Rung, ...] = ()  # by rising `at`
    timeout: str = ""  # "approve": approved when its time is over; only kinds without money may


@dataclass(frozen=True)
class Rule:
    """A row. Base rows: the first that matches counts. Add-on rows: all that match add their steps."""

    number: int
    name: str
    steps: tuple[StepSpec, ...]
    when: tuple[Condition, ...] = ()
    unit_id: int | None = None
    add_on: bool = False


@dataclass(frozen=True)
class Version:
    """A published table. Rows of a unit come before those of the units above it; rows without a unit come last."""

    id: int
    number: int
    kind: str
    rules: tuple[Rule, ...]

    @cached_property
    def by_units(self) -> dict[tuple[int, ...], list[Rule]]:
        """What `effective_rules` found: a version never changes."""
        return {}


class Checked(NamedTuple):
    """One condition as it turned out. `held` None = the fact or its rate is not known."""

    condition: Condition
    actual: Any
    held: bool | None


class TraceRow(NamedTuple):
    rule: Rule
    checks: tuple[Checked, ...]
    matched: bool


@dataclass(frozen=True)
class Route:
    """`steps` in order; empty = nobody is asked. `trace` has a row for every rule that was looked at."""

    steps: tuple[StepSpec, ...]
    tracing: Callable[[], tuple[TraceRow, ...]] = field(default=tuple, compare=False, repr=False)

    @cached_property
    def trace(self) -> tuple[TraceRow, ...]:
        """Made when somebody asks why: most routes are only followed."""
        return self.tracing()

    @property
    def matched(self) -> tuple[TraceRow, ...]:
        return tuple(row for row in self.trace if row.matched)


def route(version: Version, facts: Mapping[str, Any], unit_ids: tuple[int, ...]) -> Route:
    """The steps that `facts` need under `version`.

    unit_ids: the record's unit and all above it, root first. A fact that is not known counts against the record: a row
    that asks somebody matches, a row that asks nobody does not.
    """
    tried: list[Rule] = []
    steps: list[StepSpec] = []
    base_found = False
    for rule in effective_rules(version, unit_ids):
        if base_found and not rule.add_on:
            continue
        tried.append(rule)
        if _matches(rule, facts):
            steps.extend(step for step in rule.steps if _counts(step, facts))
            base_found = base_found or not rule.add_on
    ordered = sorted(dict.fromkeys(steps), key=lambda step: step.order)
    return Route(tuple(ordered), lambda: tuple(_try(rule, facts) for rule in tried))


def effective_rules(version: Version, unit_ids: tuple[int, ...]) -> list[Rule]:
    """The rows that apply in a unit, nearest unit first, each in the order of its number."""
    if unit_ids not in version.by_units:
        depth = {unit: place for place, unit in enumerate(unit_ids, start=1)}
        rules = [rule for rule in version.rules if rule.unit_id is None or rule.unit_id in depth]
        version.by_units[unit_ids] = sorted(
            rules, key=lambda rule: (-(depth[rule.unit_id] if rule.unit_id else 0), rule.number)
        )
    return version.by_units[unit_ids]


def as_data(found: Route) -> dict:
    """A route as JSON-ready data, for keeping with the round it opened."""
    return {
        "steps": [asdict(step) for step in found.steps],
        "trace": [
            {
                "rule": row.rule.number,
                "name": row.rule.name,
                "unit": row.rule.unit_id,
                "matched": row.matched,
                "checks": [
                    {**asdict(check.condition), "actual": check.actual, "held": check.held} for check in row.checks
                ],
            }
            for row in found.trace
        ],
    }


def rule_from_data(number: int, name: str, when: list, steps: list, unit_id: int | None, add_on: bool) -> Rule:
    """Read a stored row, or raise PolicyError naming it and what is wrong with it."""
    try:
        conditions = tuple(_condition(each) for each in when)
        specs = tuple(spec_from_data(step) for step in steps)
    except (TypeError, AttributeError) as problem:
        raise PolicyError(f"Row {number} ({name}) cannot be read: {problem}.") from problem
    for condition in (*conditions, *(each for step in specs for each in step.when)):
        if condition.op not in OPERATORS:
            raise PolicyError(
                f"Row {number} ({name}): {condition.op!r} is not an operator; use one of {' '.join(OPERATORS)}."
            )
    for step in specs:
        _check_spec(step, f"Row {number} ({name})")
    return Rule(number, name, specs, conditions, unit_id, add_on)


def spec_from_data(step: Mapping[str, Any]) -> StepSpec:
    """A stored step; what an older one does not say is as it was then."""
    parts = {
        "about": tuple(step.get("about", ())),
        "when": tuple(_condition(each) for each in step.get("when", ())),
        "ladder": tuple(Rung(**each) for each in step.get("ladder", ())),
    }
    return StepSpec(**{**step, **parts})


def _condition(data: Mapping[str, Any]) -> Condition:
    """A list of values becomes a tuple, so that steps can be told apart."""
    found = Condition(**data)
    return replace(found, value=tuple(found.value)) if isinstance(found.value, list) else found


def _check_spec(step: StepSpec, where: str) -> None:
    if step.goal_s <= 0:
        raise PolicyError(f"{where}: the time for {step.role} must be more than nothing.")
    if step.quorum < 0:
        raise PolicyError(f"{where}: {step.quorum} approvals of {step.role} make no quorum; 0 means everybody.")
    if step.reject not in {"", "any", "quorum"}:
        raise PolicyError(f"{where}: a rejection ends the step if it is from anybody (any) or the quorum (quorum).")
    if step.timeout not in {"", "approve"}:
        raise PolicyError(f"{where}: when its time is over a step waits on, or is approved (approve).")
    if strange := [str(rung.at) for rung in step.ladder if rung.at not in LEVELS]:
        known = ", ".join(map(str, LEVELS))
        raise PolicyError(f"{where}: a rung is at {known} per cent of the time, not at {', '.join(strange)}.")
    if [rung.at for rung in step.ladder] != sorted({rung.at for rung in step.ladder}):
        raise PolicyError(f"{where}: the rungs of a ladder rise, each at another per cent.")


def _counts(step: StepSpec, facts: Mapping[str, Any]) -> bool:
    return all(check(condition, facts).held is not False for condition in step.when)


def _matches(rule: Rule, facts: Mapping[str, Any]) -> bool:
    asks = bool(rule.steps)
    for condition in rule.when:
        actual = facts.get(condition.fact)
        held = None if actual is None else condition.held(actual)
        if not (asks if held is None else held):
            return False
    return True


def _try(rule: Rule, facts: Mapping[str, Any]) -> TraceRow:
    checks = tuple([check(condition, facts) for condition in rule.when])
    asks = bool(rule.steps)
    return TraceRow(rule, checks, all(asks if check.held is None else check.held for check in checks))


def check(condition: Condition, facts: Mapping[str, Any]) -> Checked:
    """How one condition turns out for these facts."""
    actual = facts.get(condition.fact)
    if actual is None:
        return Checked(condition, None, None)
    held = condition.held(actual)
    if type(actual) is dict and "amount" not in actual:
        actual = actual.get("id")
    return Checked(condition, actual, held)


def _test_of(condition: Condition) -> Callable[[Any], bool | None]:
    op, value, limit = condition.op, condition.value, number_of(condition.value)
    if op == "in":
        return lambda actual: (actual.get("id") if isinstance(actual, dict) else actual) in value
    compare, equal = COMPARE[op], op in {"=", "!="}

    def held(actual: Any) -> bool | None:
        if isinstance(actual, dict):
            if "amount" in actual:
                left, right = compared(actual, condition, limit)
                return None if right is None else compare(left, right)
            actual = actual.get("id")
        number = number_of(actual)
        if number is None:
            return compare(actual, value) if equal else None
        return None if limit is None else compare(number, limit)

    return held


def compared(money: Mapping[str, Any], condition: Condition, limit: Decimal | None) -> tuple[Decimal, Decimal | None]:
    """Amount and limit in one currency: the company's by the record's own stored rate; None if a rate is missing."""
    if limit is None or condition.currency in {"", money["currency"]}:
        return _amount(money["amount"]), limit
    if condition.currency == money.get("company_currency"):
        return _amount(money["company_amount"]), limit
    rate = number_of(
        (money.get("rates") or {}).get(condition.currency)
    )  # units of it for one of the company's currency
    if not rate:
        return _amount(money["amount"]), None
    return _amount(money["company_amount"]), limit / rate


def _amount(text: str) -> Decimal:
    number = number_of(text)
    if number is None:
        raise PolicyError(f"{text!r} is no amount of money.")
    return number


def number_of(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    return _decimal(value if isinstance(value, str) else str(value))


@lru_cache(maxsize=8192)  # the same limits and amounts are compared in row after row
def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
