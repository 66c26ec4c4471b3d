"""Whose turn it is, and who may see what: the conditions that lists of requests are made of."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from approvals.delegations import acting_for, duties_of
from approvals.keys import keys_of, person_key, role_key
from approvals.models.decisions import Decision, Participant
from approvals.models.states import State
from cockpit.accounts import grants
from cockpit.accounts.models import Person, User
from cockpit.accounts.roles import ROLES, VIEW


def needing(user: User, at: datetime | None = None) -> Q:
    """What `Step.decidable_by` says, asked of requests alone: at 100,000 open ones a join costs too much."""
    person = getattr(user, "person", None)
    if person is None:
        return Q(pk__in=[])
    at = at or timezone.now()
    asked = Q(asks__overlap=keys_of(user))
    for each in acting_for(person, at=at):
        asked |= each.covers() & Q(asks__overlap=each.keys) & ~Q(pk__in=voted_by(each.delegator))
    free = ~Q(barred_persons__contains=[person.pk]) & ~Q(pk__in=voted_by(person))
    if duties := duties_of(person, at=at):
        free &= ~duties.refuses(at)
    return Q(state=State.PENDING) & asked & free


def waiting(user: User) -> Q:
    """The open requests that `needing` leaves out, said without a "not": each part finds its rows by an index.

    Asks a small question of the database as it is built.
    """
    pending, settling = Q(state=State.PENDING), Q(state=State.SETTLING)
    person = getattr(user, "person", None)
    if person is None:
        return pending | settling
    at = timezone.now()
    acting = acting_for(person, at=at)
    theirs = {key for each in acting for key in each.keys}
    mine = theirs | set(keys_of(user))
    asks, voted = asked_and_voted(person)
    others = [one for one in asks if not mine & set(one)]
    found = settling | (pending & Q(barred_persons__contains=[person.pk]))
    if others:
        found |= pending & Q(asks__in=others)
    if voted:
        found |= pending & Q(pk__in=voted)
    if theirs:
        found |= pending & Q(asks__overlap=sorted(theirs)) & ~needing(user)
    if duties := duties_of(person, at=at):
        found |= pending & Q(asks__overlap=sorted(mine)) & duties.refuses(at)
    return found


def visible_to(user: User, prefix: str = "") -> Q:
    """The granted scope, what one is asked now in a role that has no such scope, and what one took part in."""
    person = getattr(user, "person", None)
    acting = acting_for(person, at=timezone.now()) if person is not None else []  # reads the roles of all, if any
    scope = Q(**{f"{prefix}unit_id__in": grants.units_where(user, VIEW)})
    if person is None:
        return scope
    held = grants.granted_units(user).items()
    asked = [role_key(role, unit) for role, units in held if VIEW not in ROLES[role].capabilities for unit in units]
    pending = Q(**{f"{prefix}state": State.PENDING}) & ~Q(**{f"{prefix}barred_persons__contains": [person.pk]})
    scope |= pending & Q(**{f"{prefix}asks__overlap": [*asked, person_key(person.pk)]})
    for each in acting:
        scope |= pending & each.covers(prefix) & Q(**{f"{prefix}asks__overlap": each.keys})
    part = Participant.objects.filter(request_id=OuterRef(f"{prefix}pk"), person=person)
    return scope | Q(Exists(part))


def voted_by(person: Person) -> models.QuerySet:
    """The requests on whose round this person has decided, or somebody for them, or they for somebody."""
    votes = Decision.objects.filter(votes_of(person), round__closed_at__isnull=True, void_at__isnull=True)
    return votes.values_list("round__request_id", flat=True)


def votes_of(person: Person) -> Q:
    """Decisions in which this person took part: whoever presses and whose vote it is count as one."""
    return Q(effective_person=person) | Q(person=person)


def asked_and_voted(person: Person) -> tuple[list[list[str]], list[int]]:
    """Each different `asks` of a pending request, and on which requests `person` has voted, or somebody for them.

    The first by steps through its index: as fast for many requests as for few.
    """
    voted, params = voted_by(person).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE found(asks) AS (
                (SELECT asks FROM approvals_request WHERE state = 'pending' ORDER BY asks LIMIT 1)
                UNION ALL
                SELECT (SELECT r.asks FROM approvals_request r WHERE r.state = 'pending' AND r.asks > found.asks
                        ORDER BY r.asks LIMIT 1)
                FROM found WHERE found.asks IS NOT NULL
            )
            SELECT asks, NULL::bigint FROM found WHERE asks IS NOT NULL
            UNION ALL SELECT NULL, voted.* FROM ({voted}) voted
            """,  # noqa: S608  of the ORM
            params,
        )
        rows = cursor.fetchall()
    return [asks for asks, _pk in rows if asks is not None], [pk for asks, pk in rows if asks is None]
