"""What a server says about its fields, remembered for a while: in a quiet round each model costs one call, not two.

It is kept with the connection, and forgotten as soon as Odoo does not know a name, or refuses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from integrations.odoo.client import OdooClient, UnknownNameError

from .maps import Map
from .reader import described_fields

KEPT = timedelta(minutes=5)  # as late a new field may be seen
Described = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class _Known:
    at: datetime
    names: frozenset[str]
    said: Described | UnknownNameError  # an older Odoo has no such model


_known: WeakKeyDictionary[OdooClient, dict[str, _Known]] = WeakKeyDictionary()


def fields_of(client: OdooClient, map_: Map, *, at: datetime) -> Described:
    """As `described_fields`, at most KEPT old. Raises PageError and the client's errors."""
    models = _known.setdefault(client, {})
    known, names = models.get(map_.odoo_model), frozenset(map_.odoo_fields())
    if known is None or known.names != names or not known.at <= at < known.at + KEPT:
        models.pop(map_.odoo_model, None)
        known = models[map_.odoo_model] = _Known(at, names, _asked(client, map_))
    if isinstance(known.said, UnknownNameError):
        raise known.said
    return known.said


def _asked(client: OdooClient, map_: Map) -> Described | UnknownNameError:
    try:
        return described_fields(client, map_)
    except UnknownNameError as problem:
        return problem


def forget(client: OdooClient, map_: Map, *, at: datetime) -> bool:
    """Ask anew next time; whether what is forgotten came from an earlier round, and so may be why this one failed."""
    known = _known.get(client, {}).pop(map_.odoo_model, None)
    return known is not None and known.at < at and not isinstance(known.said, UnknownNameError)
