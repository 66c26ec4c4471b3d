"""Who is erased, taken out of cases that ended: title, detail, and why they were closed."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from cockpit import audit
from cockpit.accounts.erasing import ErasureRefusedError
from cockpit.accounts.masking import masking
from cockpit.accounts.models import Person
from cockpit.audit.models import Words
from cockpit.exception_queue.models import Case
from cockpit.transitions import subject_of

PREFIX = "exception_queue.case:"
FIELDS = ("title", "detail", "closed_because")


def erase_person(person: Person, names: Sequence[str], *, actor: Any, at: datetime) -> dict[str, int]:
    """Raises ErasureRefusedError that names the open cases which speak of them."""
    found = Case.objects.annotate(said=Cast("detail", TextField())).filter(
        _any(names, "title", "said", "closed_because")
    )
    mask = masking(names)
    touched = [(case, changed) for case in found.order_by("pk") if (changed := _changed(case, mask))]
    if still := [f"E-{case.pk}" for case, _changed in touched if case.state != Case.State.RESOLVED]:
        raise ErasureRefusedError(f"{person} is named in cases that are still open: {', '.join(still[:10])}.")
    for case, changed in touched:
        Case.objects.filter(pk=case.pk).update(**changed)
    spoken = Words.objects.filter(subject__startswith=PREFIX, erased_at__isnull=True).filter(_any(names, "text"))
    subjects = {*spoken.values_list("subject", flat=True), *(subject_of(case) for case, _changed in touched)}
    return {"cases": sum(_erase_words(subject, mask, actor=actor, at=at) for subject in sorted(subjects))}


def _erase_words(subject: str, mask: Callable[[Any], Any], *, actor: Any, at: datetime) -> int:
    """Take away what people wrote in acts on a case, and say in its chain what went."""
    kept = Words.objects.filter(subject=subject, erased_at__isnull=True)
    words = audit.erase_words([one.digest for one in kept if mask(one.text) != one.text], at=at)
    audit.record(subject, "exception_queue.case.erase", actor=actor, at=at, data={"words": words})
    return 1


def _any(names: Sequence[str], *fields: str) -> Q:
    found = Q()
    for name in names:
        for field in fields:
            found |= Q(**{f"{field}__icontains": name})
    return found


def _changed(case: Case, mask: Callable[[Any], Any]) -> dict[str, Any]:
    return {name: found for name in FIELDS if (found := mask(getattr(case, name))) != getattr(case, name)}
