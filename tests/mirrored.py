"""Rows of the mirror for tests, written through the pull's own door: `mirrored(Partner, 7, name="Azure")`."""

from datetime import UTC, datetime
from json import dumps
from typing import Any

from integrations.mirror.models import MirrorModel
from integrations.odoo.pull.maps import BASE_COLUMNS, KINDS
from integrations.odoo.pull.merge import bury, merge

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def mirrored(model: type[MirrorModel], odoo_id: int, *, at: datetime = AT, **values: Any) -> MirrorModel:
    """Create or change one record; what is not given keeps its value, or is empty in a new one."""
    known = model.objects.filter(pk=odoo_id).values().first() or {}
    row = {"odoo_write_date": at}
    for field in model._meta.concrete_fields:
        if field.attname not in BASE_COLUMNS:
            empty = next(kind.empty for type_, kind in KINDS if isinstance(field, type_))
            default = True if field.attname == "active" else empty
            given = values.pop(field.attname, known.get(field.attname, default))
            row[field.attname] = dumps(given) if isinstance(given, dict) else given
    assert not values, f"{model.__name__} has no {', '.join(values)}"
    merge(model, {"odoo_id": [odoo_id], **{name: [value] for name, value in row.items()}}, at=at)
    return model.objects.get(pk=odoo_id)


def vanished(model: type[MirrorModel], *odoo_ids: int, at: datetime = AT) -> None:
    """As when Odoo has them no more."""
    bury(model, odoo_ids, at=at)
