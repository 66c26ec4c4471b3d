"""What every mirrored record has, and the lock on its door: the pull alone writes, by SQL."""

from __future__ import annotations

from typing import Any, NoReturn, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models


class ReadOnlyMirrorError(TypeError):
    """Something other than the pull tried to write a mirrored record."""

    def __init__(self, model: type[models.Model]) -> None:
        super().__init__(
            f"{model.__name__} mirrors Odoo and only the pull writes it. To change the record, change it in Odoo "
            "(a push does); the next pull brings it here."
        )


class Number(models.DecimalField):
    """`numeric` without a scale: it keeps the very number that Odoo said, neither rounded nor padded."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        options.pop("max_digits", None)
        options.pop("decimal_places", None)
        return name, path, args, options

    def check(self, **kwargs: Any) -> list[Any]:
        return models.Field.check(self, **kwargs)

    def db_type(self, connection: Any) -> str:
        return "numeric"


class MirrorQuerySet(models.QuerySet):
    """Reads chain; every write is refused."""

    def live(self) -> Self:
        """Records that still exist in Odoo."""
        return self.filter(odoo_deleted_at__isnull=True)

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ReadOnlyMirrorError(self.model)

    async def _arefuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ReadOnlyMirrorError(self.model)

    create = get_or_create = update_or_create = bulk_create = bulk_update = update = delete = _refuse
    acreate = aget_or_create = aupdate_or_create = abulk_create = abulk_update = aupdate = adelete = _arefuse
    _raw_delete = _update = _insert = _refuse


class MirrorModel(models.Model):
    """One record of Odoo. Columns carry Odoo's names; a many2one is its plain id, without a foreign key."""

    odoo_id = models.BigIntegerField(primary_key=True)
    odoo_write_date = models.DateTimeField(null=True)
    odoo_deleted_at = models.DateTimeField(null=True)  # a tombstone: when its absence was found
    row_version = models.BigIntegerField(default=1)  # +1 whenever the content changes
    pulled_at = models.DateTimeField()  # when this content came
    extra = models.JSONField(null=True)  # the firm's own fields that it gave a name as a fact: {key: value}

    objects = MirrorQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ReadOnlyMirrorError(type(self))

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ReadOnlyMirrorError(type(self))

    def save_base(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ReadOnlyMirrorError(type(self))


def link() -> models.BigIntegerField:
    """A many2one: the other record's id in Odoo, or NULL."""
    return models.BigIntegerField(null=True)


def text() -> models.TextField:
    """A char, text or selection; Odoo's empty is NULL."""
    return models.TextField(null=True)


def number() -> Number:
    """A float or an amount; Odoo reads a number that was never set as 0."""
    return Number(default=0)


def maybe_number() -> Number:
    """A number that some servers do not have: NULL there."""
    return Number(null=True)


def ids() -> ArrayField:
    """A many2many: ids in rising order; NULL where the server has no such field."""
    return ArrayField(models.BigIntegerField(), null=True)


def json() -> models.JSONField:
    """A field of type json; Odoo's empty is NULL."""
    return models.JSONField(null=True)


class GuardedModel(MirrorModel):
    """A record that Odoo may hold until it is released; NULL also where the guard has not been made."""

    x_cockpit_release = text()
    x_cockpit_emergency = text()
    x_cockpit_emergency_by = text()  # ids of Odoo's users, with commas between

    class Meta(MirrorModel.Meta):
        abstract = True
