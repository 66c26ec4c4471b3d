"""What ⌘K finds of people, projects, clients and invoices: those that somebody may see anyway."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit, User
from cockpit.accounts.roles import VIEW
from cockpit.pages.search import Found
from dashboards.models import Place
from dashboards.scope import scope_of
from integrations.mirror.models import OF_CLIENTS, Invoice, Partner, Project
from integrations.odoo.links import record_url


def people(user: User, text: str, limit: int) -> list[Found]:
    """Whose utilization one may see, oneself included. Two queries."""
    scope = scope_of(user)
    seen = Q(pk__in=Place.objects.filter(unit_id__in=scope.units).values("person_id")) | Q(pk=scope.own or 0)
    rows = Person.objects.filter(seen, _words("name", text), active=True).select_related("unit").order_by("name")
    address = reverse("utilization")
    return [
        Found(one.name, f"{address}?person={one.pk}", _("People"), one.unit.name if one.unit else "")
        for one in rows[:limit]
    ]


def projects(user: User, text: str, limit: int) -> list[Found]:
    """Of the companies in which one may see requests, and those that one manages. Two queries."""
    person = getattr(user, "person", None)
    own = Q(user_id=person.odoo_user_id) if person and person.odoo_user_id else Q(pk=0)
    rows = Project.objects.live().filter(Q(company_id__in=_companies(user)) | own, _words("name", text), active=True)
    found = list(rows.order_by("name")[:limit])
    names = dict(_partners({one.partner_id for one in found}))
    return [
        Found(one.name or "", url, _("Projects"), names.get(one.partner_id or 0) or "")
        for one in found
        if (url := record_url("project.project", one.pk))
    ]


def clients(user: User, text: str, limit: int) -> list[Found]:
    """Clients of those companies' projects and invoices. Two queries."""
    companies = _companies(user)
    of_projects = Project.objects.live().filter(company_id__in=companies).values("partner_id")
    of_invoices = Invoice.objects.live().filter(OF_CLIENTS, company_id__in=companies).values("commercial_partner_id")
    seen = Q(pk__in=of_projects) | Q(pk__in=of_invoices)
    rows = Partner.objects.live().filter(seen, _words("name", text)).order_by("name")[:limit]
    return [
        Found(one.name or "", url, _("Clients"), one.ref or "")
        for one in rows
        if (url := record_url("res.partner", one.pk))
    ]


def invoices(user: User, text: str, limit: int) -> list[Found]:
    """By number, the latest first; drafts have none and are found as requests. Two queries."""
    if not any(letter.isdigit() for letter in text):
        return []
    rows = Invoice.objects.live().filter(OF_CLIENTS, _words("name", text), company_id__in=_companies(user))
    found = list(rows.order_by(F("invoice_date").desc(nulls_last=True), "-pk")[:limit])
    names = dict(_partners({one.partner_id for one in found}))
    return [
        Found(one.name or "", url, _("Invoices"), names.get(one.partner_id or 0) or "")
        for one in found
        if (url := record_url("account.move", one.pk))
    ]


def _words(field: str, text: str) -> Q:
    """Each of the words, wherever it stands."""
    found = Q()
    for word in text.split()[:8]:
        found &= Q(**{f"{field}__icontains": word})
    return found


def _companies(user: User) -> list[int]:
    """Companies, by their ids in Odoo, in which one may see requests."""
    units = grants.units_where(user, VIEW)
    rows = Unit.objects.filter(pk__in=units, odoo_model="res.company", odoo_id__isnull=False)
    return [odoo_id for odoo_id in rows.values_list("odoo_id", flat=True) if odoo_id] if units else []


def _partners(ids: set[int | None]) -> QuerySet:
    return Partner.objects.filter(pk__in=[one for one in ids if one]).values_list("pk", "name")
