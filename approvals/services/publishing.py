"""Policies come into force as whole versions; a published row never changes."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from approvals import kinds, resolvers
from approvals.models import Policy, PolicyRule, PolicyVersion
from approvals.policy import PolicyError, StepSpec
from approvals.policy_files import PolicyText
from approvals.policy_texts import digest_of
from cockpit.accounts.models import Person, Unit
from cockpit.audit import record
from cockpit.events.services import emit


@transaction.atomic
def draft(text: PolicyText, *, actor: Any, at: datetime) -> PolicyVersion:
    """A new version with these rows, not in force yet. Raises PolicyError naming an unknown kind, fact or unit."""
    try:
        kind = kinds.get(text.kind)
    except kinds.UnknownKindError as unknown:
        raise PolicyError(str(unknown)) from None
    policy, _made = Policy.objects.get_or_create(kind=text.kind, defaults={"name": text.name, "mode": text.mode})
    last = policy.versions.aggregate(last=Max("number"))["last"] or 0
    version = PolicyVersion.objects.create(policy=policy, number=last + 1, mode=text.mode)
    declared = {fact.key: fact for fact in kind.facts}
    for number, row in enumerate(text.rules, start=1):
        where = f"Row {number} ({row.name})"
        for condition in row.when:
            _check_condition(condition, declared, where)
        PolicyRule.objects.create(
            version=version,
            number=number,
            name=row.name,
            unit=_unit(row.unit, where),
            add_on=row.add_on,
            when=row.when,
            steps=[_step(step, kind, declared, where) for step in row.steps],
        )
    version.table()  # reads every row once more, as routing will
    record(
        f"approvals.policyversion:{version.pk}",
        "approvals.policy.draft",
        actor=actor,
        at=at,
        data={"policy": str(version)},
    )
    return version


@transaction.atomic
def submit(version: PolicyVersion, *, actor: Any, at: datetime) -> None:
    """Ask for the version to come into force. Whoever guards records in Odoo moves its guard first, then publishes."""
    record(
        f"approvals.policyversion:{version.pk}",
        "approvals.policy.submit",
        actor=actor,
        at=at,
        data={"policy": str(version)},
    )
    emit(
        "approvals.policy.submitted",
        subject=f"approvals.policyversion:{version.pk}",
        key=f"submit/{version.pk}",
        at=at,
        payload={"version": version.pk},
    )


@transaction.atomic
def publish(version: PolicyVersion, *, actor: Any, at: datetime) -> None:
    """Put the version in force from `at`. Running requests keep theirs. Publishing twice changes nothing."""
    locked = PolicyVersion.objects.select_for_update().select_related("policy").get(pk=version.pk)
    if locked.published_at is not None:
        return
    locked.published_at, locked.digest = at, digest_of(locked)
    locked.save(update_fields=["published_at", "digest"])
    Policy.objects.filter(pk=locked.policy_id).update(mode=locked.mode)
    record(
        f"approvals.policyversion:{version.pk}",
        "approvals.policy.publish",
        actor=actor,
        at=at,
        data={"policy": str(locked), "mode": locked.mode, "policy_hash": locked.digest},
    )
    emit(
        "approvals.policy.published",
        subject=f"approvals.policyversion:{version.pk}",
        key=f"publish/{version.pk}",
        at=at,
        payload={"version": version.pk, "kind": locked.policy.kind},
    )
    version.refresh_from_db()


def _step(step: dict[str, Any], kind: kinds.Kind, declared: dict[str, kinds.Fact], where: str) -> dict[str, Any]:
    """The step as it is stored: colleagues by their number instead of their address. Raises PolicyError."""
    step = {**asdict(StepSpec(step["role"])), **step}
    for condition in step["when"]:
        _check_condition(condition, declared, where)
    if unknown := sorted(set(step["about"]) - set(declared)):
        raise PolicyError(f"{where}: there is no fact {unknown[0]!r}; facts are {', '.join(declared)}.")
    if step["timeout"] and kind.money:
        raise PolicyError(f"{where}: {kind.label} is about money, so nothing of it is approved by running out of time.")
    ladder = [{**rung, "to": _who(rung["to"], declared, where)} for rung in step["ladder"]]
    return {**step, "who": _who(step["who"], declared, where), "ladder": ladder}


def _who(who: str, declared: dict[str, kinds.Fact], where: str) -> str:
    if "@" in who:
        person = Person.objects.filter(email__iexact=who, active=True).first()
        if person is None:
            raise PolicyError(f"{where}: nobody here has the address {who}.")
        return f"person:{person.pk}"
    meant = resolvers.read(who, where)
    if meant.kind == "fact" and (meant.value not in declared or declared[meant.value].type != kinds.FactType.PERSON):
        named = ", ".join(key for key, fact in declared.items() if fact.type == kinds.FactType.PERSON)
        raise PolicyError(f"{where}: {meant.value!r} is no fact that names a person; {named or 'this kind has none'}.")
    return who


def _check_condition(condition: dict[str, Any], declared: dict[str, kinds.Fact], where: str) -> None:
    fact = declared.get(condition["fact"])
    if fact is None:
        raise PolicyError(f"{where}: there is no fact {condition['fact']!r}; facts are {', '.join(declared)}.")
    if (fact.type == kinds.FactType.MONEY) != bool(condition["currency"]):
        raise PolicyError(
            f"{where}: {condition['fact']} is an amount of money: give its limit a currency."
            if fact.type == kinds.FactType.MONEY
            else f"{where}: {condition['fact']} is not money and takes no currency."
        )


def _unit(name: str, where: str) -> Unit | None:
    if not name:
        return None
    found = list(Unit.objects.filter(name=name, active=True)[:2])
    if len(found) != 1:
        names = ", ".join(Unit.objects.filter(active=True).values_list("name", flat=True)[:20])
        problem = "there is no unit" if not found else "more than one unit is called"
        raise PolicyError(f"{where}: {problem} {name!r}; units are {names or 'none yet: pull from Odoo first'}.")
    return found[0]
