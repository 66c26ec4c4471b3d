"""Who may read the trail, and which entries: an auditor of the whole firm all, one of a part what belongs to it."""

from collections.abc import Callable

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string

from cockpit.accounts import grants
from cockpit.accounts.models import Unit, User
from cockpit.accounts.roles import AUDIT
from cockpit.audit.models import Entry


def may_read(user: User) -> bool:
    return bool(grants.units_where(user, AUDIT))


def visible_to(user: User) -> QuerySet[Entry]:
    """What belongs to no unit (policies, settings, persons, the trail itself) is for who audits all of them."""
    units = grants.units_where(user, AUDIT)
    if not units:
        return Entry.objects.none()
    if not Unit.objects.filter(parent=None, active=True).exclude(pk__in=units).exists():
        return Entry.objects.all()
    found = Q()
    for dotted in settings.AUDIT_SCOPES:
        subjects: Callable[[set[int]], QuerySet] = import_string(dotted)
        found |= Q(subject__in=subjects(units))
    return Entry.objects.filter(found)
