"""Who is erased, taken out of requests: of those that ended. While one that names them is open, nobody is erased."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from approvals.models import Request
from approvals.services.erasing import mask_in
from cockpit.accounts.erasing import ErasureRefusedError
from cockpit.accounts.masking import masking
from cockpit.accounts.models import Person

# Reads every text once: an erasure is rare, and an index over all that was ever said would cost with every word.
NAMED = """
    SELECT request_id FROM approvals_snapshot WHERE facts::text ILIKE ANY(%(like)s)
    UNION SELECT request_id FROM approvals_round WHERE route::text ILIKE ANY(%(like)s)
    UNION SELECT request_id FROM approvals_comment WHERE text ILIKE ANY(%(like)s)
    UNION SELECT request_id FROM approvals_question
          WHERE text ILIKE ANY(%(like)s) OR answer ILIKE ANY(%(like)s) OR value::text ILIKE ANY(%(like)s)
    UNION SELECT r.request_id FROM approvals_decision d JOIN approvals_round r ON r.id = d.round_id
          WHERE d.note ILIKE ANY(%(like)s)
    UNION SELECT id FROM approvals_request WHERE title ILIKE ANY(%(like)s) OR client_name ILIKE ANY(%(like)s)
    UNION SELECT substr(subject, 19)::bigint FROM audit_words
          WHERE subject LIKE 'approvals.request:%%' AND text ILIKE ANY(%(like)s)
    UNION SELECT substr(origin, 19)::bigint FROM outbox_message
          WHERE origin LIKE 'approvals.request:%%'
            AND (payload::text ILIKE ANY(%(like)s) OR result::text ILIKE ANY(%(like)s))
    UNION SELECT s.request_id FROM time_segment g JOIN time_clock c ON c.id = g.clock_id
          JOIN (SELECT 'approvals.step:' || t.id AS subject, r.request_id FROM approvals_step t
                JOIN approvals_round r ON r.id = t.round_id) s ON s.subject = c.subject
          WHERE g.cause ILIKE ANY(%(like)s)
"""


def erase_person(person: Person, names: Sequence[str], *, actor: Any, at: datetime) -> dict[str, int]:
    """Raises ErasureRefusedError that names the open requests which speak of them."""
    found = _naming(names)
    if still := Request.objects.open().filter(pk__in=found).order_by("pk"):
        numbers = ", ".join(request.number for request in still[:10])
        raise ErasureRefusedError(f"{person} is named in what is still open: {numbers}. Decide or withdraw it first.")
    mask = masking(names)
    return {"requests": sum(mask_in(pk, mask, actor=actor, at=at) for pk in sorted(found))}


def _naming(names: Sequence[str]) -> set[int]:
    like = [f"%{name.translate({ord(one): chr(92) + one for one in '%_' + chr(92)})}%" for name in names]
    with connection.cursor() as cursor:
        cursor.execute(NAMED, {"like": like})
        known = {row[0] for row in cursor.fetchall()}
    return set(Request.objects.filter(pk__in=known).values_list("pk", flat=True))
