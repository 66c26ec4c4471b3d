"""Who left, or lost a role, though something waits for them; and the rule that opens a case for each who left."""

from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_noop

from approvals.models import Step
from approvals.resolvers import can_act
from approvals.services.handing import waiting_for
from cockpit.accounts import grants
from cockpit.accounts.models import Person
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.services import clear_case, open_case

KIND = "approvals.left_behind"
# Persons who cannot act any more, though something waits for them.
GONE = """
    SELECT p.id FROM accounts_person p LEFT JOIN accounts_user u ON u.id = p.user_id
    WHERE (NOT p.active OR u.id IS NULL OR NOT u.is_active) AND (
        p.id IN (SELECT unnest(s.asked_persons) FROM approvals_step s JOIN approvals_round r ON r.id = s.round_id
                 WHERE s.state = 'open' AND r.closed_at IS NULL AND s.asked_persons <> '{}')
        OR p.id IN (SELECT claimed_by_id FROM approvals_step WHERE claimed_by_id IS NOT NULL AND state = 'open')
        OR p.id IN (SELECT asked_of_id FROM approvals_question WHERE ended_at IS NULL)
        OR p.id IN (SELECT owner_id FROM exception_queue_case WHERE owner_id IS NOT NULL AND state <> 'resolved'))
    ORDER BY p.id LIMIT 500
"""


def watch(*, at: datetime) -> int:
    """Open, update and close the cases; how many left something behind. Twice is once."""
    found = {f"{KIND}:{person.pk}": person for person in Person.objects.filter(pk__in=gone()).select_related("unit")}
    for fingerprint, person in found.items():
        count = len(waiting_for(person))
        open_case(
            fingerprint,
            kind=KIND,
            title=f"{count} things wait for {person}, who cannot sign in any more",
            at=at,
            severity="high",
            unit=person.unit,
            subject=f"accounts.person:{person.pk}",
            detail={"person": person.name, "person_id": person.pk, "count": count},
            actor="system:duties",
            anew=False,
        )
    for case in Case.objects.filter(kind=KIND).exclude(state=Case.State.RESOLVED):
        if case.fingerprint not in found:
            clear_case(case.fingerprint, at=at, reason=gettext_noop("Nothing waits for them any more."))
    return len(found)


def gone() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(GONE)
        return [pk for (pk,) in cursor.fetchall()]


def without_role() -> list[int]:
    """Who is asked by name, because it was passed on to them, in a role that they hold no more."""
    steps = Step.objects.filter(state=Step.State.OPEN, who="", added_by=None, asked_persons__len=1).select_related(
        "unit"
    )
    found: list[int] = []
    for role, unit in {(step.role, step.unit) for step in steps[:500]}:
        holders = set(grants.holders(role, unit).values_list("pk", flat=True))
        asked = {step.asked_persons[0] for step in steps if (step.role, step.unit_id) == (role, unit.pk)}
        found += [pk for pk in asked - holders if can_act(Person.objects.select_related("user").get(pk=pk))]
    return sorted(set(found))
