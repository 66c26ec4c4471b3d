"""From when to when somebody works here, on which calendar and in which department. Pure.

A version of an employee holds from its date until the next one's; its contract and its departure cut it short. Where
no contract says when somebody began, the first timesheet does if it is older than the first version (Odoo dates that
by the day on which the record was typed); where somebody is archived without a date of departure, the last timesheet
says when it ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

ONE = timedelta(days=1)


@dataclass(frozen=True)
class Version:
    since: date
    calendar_id: int | None = None
    department_id: int | None = None
    company_id: int | None = None
    contract_start: date | None = None
    contract_end: date | None = None
    departure: date | None = None


@dataclass(frozen=True)
class Span:
    """Both days included."""

    first: date
    last: date
    calendar_id: int | None
    department_id: int | None
    company_id: int | None


def spans(
    versions: Sequence[Version],
    *,
    here: bool,
    first_worked: date | None = None,
    last_worked: date | None = None,
) -> list[Span]:
    """The times of employment in order, none overlapping. `here`: neither archived nor deleted."""
    ordered = sorted(versions, key=lambda one: one.since)
    if not ordered:
        return []
    ordered[0] = _begun(ordered[0], first_worked)
    ends_known = any(one.contract_end or one.departure for one in ordered[-1:])
    horizon = date.max if here or ends_known else last_worked or date.min
    untils = [one.since - ONE for one in ordered[1:]] + [horizon]
    cut = [_span(one, until) for one, until in zip(ordered, untils, strict=True)]
    return [span for span in cut if span.first <= span.last]


def placements(versions: Sequence[Version]) -> list[Span]:
    """Where somebody belongs on any day: the version of that day, and the first one before it (as in Odoo)."""
    ordered = sorted(versions, key=lambda one: one.since)
    sinces = [date.min] + [one.since for one in ordered[1:]]
    untils = [one - ONE for one in sinces[1:]] + [date.max]
    return [
        Span(first, last, one.calendar_id, one.department_id, one.company_id)
        for one, first, last in zip(ordered, sinces, untils, strict=True)
    ]


def timeline(records: Sequence[Sequence[Span]], otherwise: Sequence[Span]) -> list[Span]:
    """Where a human with several employee records belongs, without a gap: the first record that is employed counts.

    On a day on which none is, `otherwise` (which has no gap) does.
    """
    starts = {span.first for spans_ in (*records, otherwise) for span in spans_}
    starts |= {span.last + ONE for spans_ in records for span in spans_ if span.last < date.max}
    ordered = sorted(starts)
    untils = [one - ONE for one in ordered[1:]] + [date.max]
    return [
        replace(_covering((*records, otherwise), first), first=first, last=last)
        for first, last in zip(ordered, untils, strict=True)
    ]


def _covering(records: Sequence[Sequence[Span]], day: date) -> Span:
    return next(span for spans_ in records for span in spans_ if span.first <= day <= span.last)


def _begun(version: Version, first_worked: date | None) -> Version:
    if version.contract_start:
        return replace(version, since=min(version.since, version.contract_start))
    return replace(version, since=min(version.since, first_worked or version.since))


def _span(version: Version, until: date) -> Span:
    ends = [each for each in (until, version.contract_end, version.departure) if each]
    first = max(version.since, version.contract_start or version.since)
    return Span(first, min(ends), version.calendar_id, version.department_id, version.company_id)
