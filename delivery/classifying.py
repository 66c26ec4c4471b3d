"""Client tier, project type and service line of mirrored records, from where the settings say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from delivery.classes import ClassError, classify, parse
from delivery.models import ClientTier
from integrations.mirror.models import (
    Department,
    Employee,
    MirrorModel,
    Partner,
    PartnerTag,
    Product,
    ProductCategory,
    ProductTag,
    ProductTemplate,
    Project,
    ProjectTag,
    SaleOrder,
    SaleOrderLine,
    SalesTag,
)

Names = dict[str, Sequence[str]]


def client_tier(client: Partner | None) -> str | None:
    """How important a client is."""
    return _of("client_tier", _of_client(client)) if client else None


def project_type(project: Project | None, order: SaleOrder | None = None) -> str | None:
    return _of("project_type", _names(project, order, ())) if project or order else None


def service_line(
    lines: Iterable[SaleOrderLine], project: Project | None = None, order: SaleOrder | None = None
) -> str | None:
    """Of what is sold; what most of the money is for counts first."""
    return _of("service_line", _names(project, order, list(lines)))


def _of(fact: str, names: Names) -> str | None:
    return classify(parse(settings.CLASSES_FROM[fact]), names)


def _names(project: Project | None, order: SaleOrder | None, lines: Sequence[SaleOrderLine]) -> Names:
    templates = _templates(lines)
    client = Partner.objects.filter(pk=_client(project, order) or 0).first()
    return {
        **_of_client(client),
        "project.tag": _listed(ProjectTag, project.tag_ids if project else None),
        "order.tag": _listed(SalesTag, order.tag_ids if order else None),
        "product.tag": _listed(ProductTag, [tag for one in templates for tag in one.product_tag_ids or ()]),
        "product.category": _listed(ProductCategory, [one.categ_id for one in templates]),
        "department": _department(project),
        **_own(order),
        **_own(project),
    }


def _client(project: Project | None, order: SaleOrder | None) -> int | None:
    return (project.partner_id if project else None) or (order.partner_id if order else None)


def _listed(model: Any, ids: Sequence[int | None] | None) -> list[str]:
    """Names in the order of `ids`, each once."""
    wanted = list(dict.fromkeys(one for one in ids or () if one))
    known = dict(model.objects.live().filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}
    return [known[one] for one in wanted if known.get(one)]


def _templates(lines: Sequence[SaleOrderLine]) -> list[ProductTemplate]:
    """What is sold, by the money it is sold for."""
    money: dict[int, Decimal] = {}
    for line in lines:
        if line.product_id and line.display_type is None:
            money[line.product_id] = money.get(line.product_id, Decimal(0)) + line.price_subtotal
    of_product = dict(Product.objects.filter(pk__in=money).values_list("pk", "product_tmpl_id"))
    templates = ProductTemplate.objects.in_bulk([one for one in of_product.values() if one])
    ranked = sorted(money, key=lambda product: (-money[product], product))
    return [templates[of_product[one]] for one in ranked if of_product.get(one) in templates]


def _of_client(client: Partner | None) -> Names:
    """Its tags, those of them that are tiers (the lowest rank first), and its own fields."""
    tags = list(client.category_id or ()) if client else []
    tiers = ClientTier.objects.filter(tag_odoo_id__in=tags).values_list("name", flat=True) if tags else ()
    return {"tier": list(tiers), "partner.tag": _listed(PartnerTag, tags), **_own(client)}


def _department(project: Project | None) -> list[str]:
    if project is None or project.user_id is None:
        return []
    manager = Employee.objects.live().filter(user_id=project.user_id, active=True).order_by("pk").first()
    return _listed(Department, [manager.department_id] if manager else None)


def _own(record: MirrorModel | None) -> Names:
    extra = (record.extra or {}) if record else {}
    return {f"own:{key}": [str(value)] for key, value in extra.items() if value not in (None, "")}


@register
def check_sources(**kwargs: object) -> list[CheckMessage]:
    """A wrong setting is named at the start, not by the first request."""
    found: list[CheckMessage] = []
    for fact, text in settings.CLASSES_FROM.items():
        try:
            parse(text)
        except ClassError as problem:
            found.append(Error(f"{fact.upper()}_FROM: {problem}", id="delivery.E001"))
    return found
