"""The only doors for state changes: a guarded UPDATE and its audit entry, in one transaction.

A model names its moves once; buttons, services and tests read the same table:

    TRANSITIONS = {"settle": ({State.PENDING}, State.SETTLING)}      # action: (allowed from, to)
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import models, transaction
from django.db.models import QuerySet

from cockpit import audit

EXACT = {str, int, bool, datetime}
PERSON = "accounts.person"  # by name: accounts is a floor above


class TransitionError(Exception):
    """The row is not (or no longer) in a state from which the action is allowed: someone was faster."""

    def __init__(self, subject: str, action: str, current: str | None, allowed: set[str]):
        self.subject, self.action, self.current, self.allowed = subject, action, current, allowed
        state = f"is {current}" if current else "does not exist any more"
        super().__init__(f"{subject} {state}; {action!r} is possible only from {' or '.join(sorted(allowed))}.")


def subject_of(obj: models.Model) -> str:
    """`approvals.request:12`: how audit, clocks and messages name a row."""
    return f"{obj._meta.label_lower}:{obj.pk}"


def advance(
    obj: Any,
    action: str,
    *,
    actor: Any,
    at: datetime,
    note: str = "",
    data: Mapping[str, Any] | None = None,
    after: Iterable[audit.Act] = (),
    follows: Mapping[str, Any] | None = None,
    locked: bool = False,
    words: Mapping[str, str] | None = None,
    **changes: Any,
) -> None:
    """Move one row by `action`, set `changes` with it, refresh `obj`, and record who did it.

    One guarded UPDATE: of people who act at once one wins. The audit entry holds from, to, note, changes and `data`;
    `after` are acts of the same actor that led to it and are recorded before it; `follows` are columns that are set
    with it and not recorded, for they only repeat what other rows say. `locked`: the caller has locked the row in this
    transaction, and `obj` is as it is stored. `note` is the program's own; what a person wrote goes into `words`, and a
    column that takes it is not repeated. Raises TransitionError, which says the current state.
    """
    model: type[models.Model] = type(obj)
    allowed, to = move(model, action)
    rows = model._base_manager.filter(pk=obj.pk, state__in=allowed)
    with transaction.atomic(savepoint=not locked):  # what breaks then ends the caller's transaction, too
        before: Any = obj if locked else rows.select_for_update().order_by().first()
        columns = {"state": to, **(follows or {}), **changes}
        was = before.state if before is not None else ""
        if before is None or not rows.update(**columns):
            raise _refusal(obj, action, allowed)
        _refresh(obj, before, columns)
        said = {name: value for name, value in changes.items() if not value or value not in (words or {}).values()}
        more = {**({"note": note} if note else {}), **_values(obj, said), **(data or {})}
        act = replace(_act(model, action, obj.pk, was, to, more), words=words or {})
        audit.record_all([*after, act], actor=actor, at=at)


def _refresh(obj: models.Model, before: models.Model, changes: Mapping[str, Any]) -> None:
    """Bring `obj` in step with its row: by what was locked and written, where the database stores just that."""
    model = type(obj)
    if not all(_stored_as_given(_column(model, name), value) for name, value in changes.items()):
        obj.refresh_from_db()
        return
    for field in model._meta.concrete_fields:
        setattr(obj, field.attname, getattr(before, field.attname))
    for name, value in changes.items():
        setattr(obj, name, value)


def _stored_as_given(field: "models.Field[Any, Any]", value: Any) -> bool:
    if value is None or isinstance(value, models.Model):
        return True
    return value == [] or (type(value) in EXACT and type(field.to_python(value)) is type(value))


def advance_all(queryset: QuerySet[Any], action: str, *, actor: Any, at: datetime, **changes: Any) -> list[Any]:
    """Move every row of `queryset` that `action` allows, and audit each; returns their primary keys in order.

    Set-based: a fixed number of queries. Rows that someone else moves first are left out, not errors.
    """
    model: type[models.Model] = queryset.model
    allowed, to = move(model, action)
    with transaction.atomic():
        due = queryset.filter(state__in=allowed).order_by("pk").select_for_update(of=("self",))
        before = dict(due.values_list("pk", "state"))
        if not before:
            return []
        model._base_manager.filter(pk__in=before, state__in=allowed).update(state=to, **changes)
        values = _values_of_all(model, list(before), changes)
        acts = [_act(model, action, pk, state, to, values[pk]) for pk, state in before.items()]
        audit.record_all(acts, actor=actor, at=at)
    return list(before)


@cache
def move(model: type[models.Model], action: str) -> tuple[frozenset[str], str]:
    """The states `action` starts from, and the one it leads to. A typo in the table or the call is named."""
    table = getattr(model, "TRANSITIONS", {})
    known = {value for value, _label in _column(model, "state").flatchoices}
    for name, (allowed, to) in table.items():
        if unknown := {str(state) for state in {*allowed, to}} - known:
            raise ImproperlyConfigured(f"{model._meta.label}: {name!r} names unknown states {sorted(unknown)}.")
    if action not in table:
        raise ImproperlyConfigured(f"{model._meta.label} has no action {action!r}; it has {', '.join(table)}.")
    allowed, to = table[action]
    return frozenset(str(state) for state in allowed), str(to)


def _refusal(obj: models.Model, action: str, allowed: frozenset[str]) -> TransitionError:
    current = type(obj)._base_manager.filter(pk=obj.pk).values_list("state", flat=True).first()
    return TransitionError(subject_of(obj), action, current, set(allowed))


def _act(model: type[models.Model], action: str, pk: Any, before: str, to: str, more: dict[str, Any]) -> audit.Act:
    data = {"from": before, "to": to, **more}
    return audit.Act(f"{model._meta.label_lower}:{pk}", f"{model._meta.label_lower}.{action}", data)


def _values_of_all(model: type[models.Model], pks: list[Any], changes: Mapping[str, Any]) -> dict[Any, dict[str, Any]]:
    """`_values` of each row; read once where they are the same for all, so once for a person."""
    rows = model._base_manager.filter(pk__in=pks)
    if not any(hasattr(value, "resolve_expression") for value in changes.values()):
        same = _values(rows[0], changes)
        return dict.fromkeys(pks, same)
    return {obj.pk: _values(obj, changes) for obj in rows}


def _values(obj: models.Model, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changed columns as stored; a person as the trail's reference."""
    return {"changes": {name: _value(obj, name) for name in changes}} if changes else {}


def _value(obj: models.Model, name: str) -> Any:
    field = _column(type(obj), name)
    related = field.related_model
    if isinstance(related, type) and related._meta.label_lower == PERSON and getattr(obj, field.attname) is not None:
        return audit.reference(getattr(obj, field.name))
    return getattr(obj, field.attname)


def _column(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise ImproperlyConfigured(f"{model._meta.label}.{name} is no column.")
    return field
