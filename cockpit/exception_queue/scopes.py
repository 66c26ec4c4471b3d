"""Which unit a case about some subject belongs to: whoever owns such subjects says so, by a dotted name in settings."""

from django.conf import settings
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.module_loading import import_string

from cockpit.accounts.models import Unit
from cockpit.exception_queue.models import Case


def unit_of(subject: str) -> Unit | None:
    """The unit of "approvals.request:12"; None for a subject that belongs to no unit, or that nobody answers for."""
    kind, _sep, key = subject.partition(":")
    name = settings.SUBJECT_UNITS.get(kind)
    return import_string(name)(key) if name else None


def unit_of_case(key: str) -> Unit | None:
    """The unit of the case with this id, for messages that come from it."""
    return Unit.objects.filter(cases__pk=key).first() if key.isdigit() else None


def subjects_in(units: set[int]) -> QuerySet:
    """The audit subjects of all cases of these units."""
    found = Case.objects.filter(unit_id__in=units)
    return found.values_list(Concat(Value("exception_queue.case:"), Cast("pk", CharField())))
