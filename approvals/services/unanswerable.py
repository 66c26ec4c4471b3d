"""Steps that nobody may decide: roles are taken away, people leave, and records get another author."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_noop

from approvals.duties import UNFIT_FOR_ROW, bounded_kinds
from approvals.models import Round, Step
from approvals.services.routing import check_somebody_may_decide, enough, lock
from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.services import clear_case

KIND = "approvals.no_approver"
# Whose vote a step may still get, counted as `routing.eligible` does, against what it still takes, as `enough` does.
# The first condition is cheap and leaves nearly all out: enough are asked who can act and are not barred, even if each
# who took part in the round were one of them. Where duties bound the kind it does not know, and the second is asked.
WITHOUT_APPROVER = f"""
    SELECT s.id FROM approvals_step s
    JOIN approvals_round r ON r.id = s.round_id AND r.closed_at IS NULL
    JOIN approvals_request q ON q.id = r.request_id AND q.state = 'pending'
    WHERE s.state = 'open' AND s.role = %(role)s AND s.unit_id = %(unit)s
      AND (q.kind = ANY (%(bounded)s::text[])
           OR (SELECT count(*)
               FROM unnest(CASE WHEN cardinality(s.asked_persons) = 0 THEN %(holders)s::bigint[]
                           ELSE s.asked_persons END) AS person
               WHERE person = ANY (%(able)s::bigint[]) AND person <> ALL (q.barred_persons))
              - 2 * (SELECT count(*) FROM approvals_decision d WHERE d.round_id = r.id AND d.void_at IS NULL)
              < greatest(1, s.quorum))
      AND (SELECT count(*)
           FROM (SELECT unnest(%(holders)s::bigint[]) AS person WHERE cardinality(s.asked_persons) = 0
                 UNION ALL
                 SELECT p.id FROM accounts_person p JOIN accounts_user u ON u.id = p.user_id
                 WHERE p.id = ANY (s.asked_persons) AND p.active AND u.is_active) asked
           WHERE person <> ALL (q.barred_persons) AND NOT EXISTS (
               SELECT FROM approvals_decision d
               WHERE d.round_id = r.id AND d.void_at IS NULL AND person IN (d.person_id, d.effective_person_id))
             AND (q.kind <> ALL (%(bounded)s::text[]) OR person NOT IN ({UNFIT_FOR_ROW})))
        < greatest(1, s.quorum - (SELECT count(*) FROM approvals_decision d
                                  WHERE d.step_id = s.id AND d.verdict = 'approve' AND d.void_at IS NULL))
      AND NOT EXISTS (SELECT FROM exception_queue_case c WHERE c.state <> 'resolved'
                      AND c.fingerprint = 'approvals.no_approver:' || q.id || ':' || s.role)
    ORDER BY s.id LIMIT %(limit)s
"""  # noqa: S608 - constants of these modules, values as parameters


def recheck_approvers(*, at: datetime, limit: int = 200) -> None:
    """Open a case for each step that nobody may decide any more; close those of steps that somebody may decide by
    now, or that nobody needs to decide."""
    for step_id in _without_approver(limit, at):
        with transaction.atomic():
            request = lock(Round.objects.values_list("request_id", flat=True).get(steps=step_id))
            for step in Step.objects.filter(pk=step_id, state=Step.State.OPEN, round__closed_at__isnull=True):
                check_somebody_may_decide(step, request, at=at)
    for case in Case.objects.filter(kind=KIND).exclude(state=Case.State.RESOLVED):
        _recheck(case, at=at)


@transaction.atomic
def _recheck(case: Case, *, at: datetime) -> None:
    request = lock(int(case.subject.rpartition(":")[2]))
    steps = Step.objects.filter(round__request=request, round__closed_at__isnull=True, state=Step.State.OPEN)
    asked = [step for step in steps if case.fingerprint.endswith(f":{step.role}")]
    if not request.is_open or not asked:
        clear_case(case.fingerprint, at=at, reason=gettext_noop("Nobody is asked any more."))
    elif all(enough(step, request) for step in asked):
        clear_case(case.fingerprint, at=at, reason=gettext_noop("Somebody may decide now."))


def _without_approver(limit: int, at: datetime) -> list[int]:
    """Open steps, without a living case, that fewer may decide than it takes. One query for each role and unit."""
    found: list[int] = []
    said: dict[str, Any] = {
        "at": at,
        "reporting": settings.REPORTING_CURRENCY,
        "limit": limit,
        "bounded": sorted(bounded_kinds()),
        "able": list(Person.objects.filter(active=True, user__is_active=True).values_list("pk", flat=True)),
    }
    for role, unit_id in Step.objects.filter(state=Step.State.OPEN).order_by().values_list("role", "unit").distinct():
        holders = list(grants.holders(role, Unit.objects.get(pk=unit_id)).values_list("pk", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(WITHOUT_APPROVER, said | {"role": role, "unit": unit_id, "holders": holders})
            found += [step_id for (step_id,) in cursor.fetchall()]
    return found[:limit]
