"""What a map says: which model of Odoo fills which table, column by column. Pure, but for what the firm configured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from json import dumps
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from integrations.mirror.models import MirrorModel, Number
from integrations.odoo import own_fields
from integrations.odoo.own_fields import OwnField, OwnFieldsError

Value = Any  # what JSON holds, or None
BASE_COLUMNS = ("odoo_id", "odoo_write_date", "odoo_deleted_at", "row_version", "pulled_at")
EXTRA = "extra"  # the firm's own fields; no map names it


class MapError(ValueError):
    """A map and the server do not fit; the message names map, field and model."""


class ValueRefusedError(ValueError):
    """A value that the column cannot hold; the message names column and value."""


@dataclass(frozen=True)
class Via:
    """A column that is made of a field by a function of its own (value → value; raises ValueError)."""

    field: str
    convert: Callable[[Value], Value]
    types: frozenset[str]


@dataclass(frozen=True)
class Mark:
    """What a changed row leaves behind to be told: `reason` about record `column` of `model` (0: the whole model)."""

    reason: str
    model: str
    column: str | None = None
    where: tuple[str, str] | None = None  # only of rows whose column holds this


@dataclass(frozen=True)
class Kind:
    """How a type of column takes a field's values: which types of field fit, which Python types come, what empty is."""

    fields: frozenset[str]
    comes_as: frozenset[type]
    empty: Value


def _kind(fields: str, comes_as: Iterable[type], empty: Value = None) -> Kind:
    return Kind(frozenset(fields.split()), frozenset(comes_as), empty)


# The first that fits a column counts: a Number is a DecimalField, too.
KINDS: list[tuple[type[models.Field], Kind]] = [
    (models.BooleanField, _kind("boolean", [bool], empty=False)),
    (Number, _kind("float monetary integer", [int, float], empty=0)),
    (models.BigIntegerField, _kind("many2one many2one_reference integer", [int])),
    (models.IntegerField, _kind("integer", [int], empty=0)),
    (models.DateTimeField, _kind("datetime", [str])),
    (models.DateField, _kind("date", [str])),
    (models.TextField, _kind("char text selection html", [str])),
    (ArrayField, _kind("many2many one2many", [list], empty=[])),
    (models.JSONField, _kind("json", [dict])),
]


SCALARS = frozenset(
    {"boolean", "integer", "float", "monetary", "many2one", "many2one_reference", "date", "datetime", "char", "text"}
    | {"selection", "html", "json"}
)


@dataclass(frozen=True)
class Map:
    """One model of Odoo → one table. A column is read from the field of its own name unless `fields` says otherwise."""

    odoo_model: str
    mirror_model: type[MirrorModel]
    domain: Sequence[Any] = ()
    fields: Mapping[str, str | Via] = field(default_factory=dict)  # column → the field, or how it is made of one
    optional: Mapping[str, str] = field(default_factory=dict)  # column that stays NULL where Odoo lacks the field → why
    otherwise: Mapping[str, str] = field(default_factory=dict)  # column → what the field is called in another Odoo
    mark: Mark | None = None
    owner: str = ""  # the column with the record that these rows are a part of
    capability: str = ""  # what a server without this model can't do (`capabilities.py`); without one it must have it

    @property
    def may_lack(self) -> bool:
        return bool(self.capability)

    def columns(self) -> dict[str, str | Via]:
        """Every column of content, in the table's order, with its source."""
        others = (*BASE_COLUMNS, EXTRA)
        names = [each.attname for each in self.mirror_model._meta.concrete_fields if each.attname not in others]
        if strangers := {*self.fields, *self.optional, *self.otherwise} - set(names):
            raise MapError(f"The map {self} names {_listed(strangers)}, which {self.mirror_model.__name__} lacks.")
        return {name: self.fields.get(name, name) for name in names}

    def odoo_fields(self) -> list[str]:
        """Fields to ask the server about."""
        own = [each.field for each in self.own()]
        return [*(_field_of(source) for source in self.columns().values()), *self.otherwise.values(), *own]

    def own(self) -> tuple[OwnField, ...]:
        """The firm's own fields of this model. Raises MapError where they can't be read."""
        try:
            return own_fields.of_model(self.odoo_model)
        except OwnFieldsError as problem:
            raise MapError(str(problem)) from None

    def fit(self, described: Mapping[str, Mapping[str, Any]]) -> FittedMap:
        """The map as it can be read from a server that describes its fields so (`fields_get`: name → {"type"}).

        Raises MapError for a field that is missing or of a type that its column can't hold.
        """
        columns: dict[str, str | Via] = {}
        for column, source in self.columns().items():
            name = _field_of(source)
            if name not in described and self.otherwise.get(column) in described:
                name = source = self.otherwise[column]
            if name in described:
                self._check_type(column, source, str(described[name].get("type")))
                columns[column] = source
            elif column not in self.optional:
                raise MapError(
                    f"The map {self} reads the field {name!r}, which the server's {self.odoo_model} does not have "
                    "(or not for the integration user)."
                )
        gatherable = frozenset(name for name, said in described.items() if _is_whole_column(said))
        return FittedMap(self, columns, self._fitting_own(described), settings.ODOO.get("LANG", ""), gatherable)

    def _fitting_own(self, described: Mapping[str, Mapping[str, Any]]) -> tuple[OwnField, ...]:
        own = self.own()
        for each in own:
            try:
                each.check(described)
            except OwnFieldsError as problem:
                raise MapError(str(problem)) from None
        return own

    def _check_type(self, column: str, source: str | Via, found: str) -> None:
        fitting = source.types if isinstance(source, Via) else self.kind(column).fields
        if found not in fitting:
            raise MapError(
                f"The map {self} reads the field {_field_of(source)!r} of {self.odoo_model} as {_listed(fitting)}, "
                f"but on the server it is {found}."
            )

    def kind(self, column: str) -> Kind:
        column_type = self.mirror_model._meta.get_field(column)
        return next(kind for type_, kind in KINDS if isinstance(column_type, type_))

    def __str__(self) -> str:
        return f"{self.odoo_model} → {self.mirror_model.__name__}"


@dataclass(frozen=True)
class FittedMap:
    """A map that was held against the server: only columns that it has."""

    map: Map
    columns: Mapping[str, str | Via]
    own: tuple[OwnField, ...] = ()  # the firm's, which fill `extra`
    lang: str = ""  # of translated names
    gatherable: frozenset[str] = frozenset()  # fields that the server gives as whole columns

    @property
    def apart(self) -> list[str]:
        """Fields that come by rows alone: lists of ids, and what the server computes as it is read."""
        return [name for name in self.fields if name not in self.gatherable and name not in ("id", "write_date")]

    @property
    def fields(self) -> list[str]:
        """What to name in `fields=`: never more than the map needs, each once."""
        of_columns = [_field_of(source) for source in self.columns.values()]
        return list(dict.fromkeys(["id", "write_date", *of_columns, *(each.field for each in self.own)]))

    @property
    def context(self) -> dict[str, Any]:
        """Of every reading of records: archived ones, too, and names in one language."""
        return {"active_test": False} | ({"lang": self.lang} if self.lang else {})

    @property
    def lacks(self) -> list[str]:
        """Columns that stay NULL, because the server lacks or hides what they are read from."""
        return [column for column in self.map.columns() if column not in self.columns]

    @property
    def digest(self) -> str:
        """Changes when rows have to be read anew: another column, source, type or domain."""
        types = {name: self.map.mirror_model._meta.get_field(name).get_internal_type() for name in self.columns}
        said = [(name, _field_of(source), types[name]) for name, source in self.columns.items()]
        configured = [repr(each) for each in (self.own, self.lang) if each]
        return sha256(repr((said, self.map.domain, *configured)).encode()).hexdigest()

    def convert(self, columns: Mapping[str, Sequence[Value]]) -> dict[str, Sequence[Value]]:
        """Values as Odoo gave them, by field → values as the table takes them, by column.

        Raises ValueRefusedError.
        """
        ids = columns["id"]
        made: dict[str, Sequence[Value]] = {"odoo_id": ids}
        made["odoo_write_date"] = _taken("odoo_write_date", _kind("datetime", [str]), columns["write_date"], ids)
        for column, source in self.columns.items():
            values = columns[_field_of(source)]
            if isinstance(source, Via):
                values = _made(column, source, values, ids)
            made[column] = _taken(column, self.map.kind(column), values, ids)
        if self.own:
            made[EXTRA] = _extra(self.own, columns)
        return made


def _extra(own: Sequence[OwnField], columns: Mapping[str, Sequence[Value]]) -> list[str]:
    """One JSON object for each record."""
    rows = zip(*(columns[each.field] for each in own), strict=True)
    return [dumps(_filled(own, row), ensure_ascii=False) for row in rows]


def _filled(own: Sequence[OwnField], row: Sequence[Value]) -> dict[str, Value]:
    """Without what is empty. A number that was never set is 0, and a truth value false, by rows as by columns."""
    empty: dict[str, Value] = {"number": 0, "yes_no": False}
    filled = ((each, value or empty.get(each.type)) for each, value in zip(own, row, strict=True))
    return {each.key: value for each, value in filled if value is not None}


def _is_whole_column(said: Mapping[str, Any]) -> bool:
    """Whether Odoo can gather a field's values in PostgreSQL: stored, one for a record, the same for everybody."""
    return bool(said.get("store")) and said.get("type") in SCALARS and not said.get("company_dependent")


def _field_of(source: str | Via) -> str:
    return source.field if isinstance(source, Via) else source


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _made(column: str, source: Via, values: Sequence[Value], ids: Sequence[int]) -> list[Value]:
    made = []
    for at, value in enumerate(values):
        try:
            made.append(source.convert(False if value is None else value))  # empty is null in a column, false in a row
        except (TypeError, ValueError):
            raise ValueRefusedError(f"record {ids[at]} has {value!r:.80} in {source.field}") from None
    return made


def _taken(column: str, kind: Kind, values: Sequence[Value], ids: Sequence[int]) -> Sequence[Value]:
    """One column's values with Odoo's `false` made empty. What is inside a text (a date, say) PostgreSQL checks."""
    types = set(map(type, values))
    if bool in types and bool not in kind.comes_as:
        values = [kind.empty if value is False else value for value in values]
        types = set(map(type, values))
    if type(None) in types and kind.empty is not None:
        values = [kind.empty if value is None else value for value in values]
    if strange := types - kind.comes_as - {type(None), type(kind.empty)}:
        at = next(at for at, value in enumerate(values) if type(value) in strange)
        raise ValueRefusedError(f"record {ids[at]} has {values[at]!r:.80} in {column}")
    if list in types:
        return [_sorted_ids(column, value, id_) for value, id_ in zip(values, ids, strict=True)]
    if dict in types:
        return [None if value is None else dumps(value, sort_keys=True, ensure_ascii=False) for value in values]
    return values


def _sorted_ids(column: str, value: Sequence[Value], record: int) -> list[int]:
    if any(type(each) is not int for each in value):
        raise ValueRefusedError(f"record {record} has {value!r:.80} in {column}")
    return sorted(value)
