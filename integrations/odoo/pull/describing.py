"""What a server says about its fields, remembered for a while: in a quiet round each model costs one call, not two.

It is kept with the connection, and forgotten as soon as Odoo does not know a name, or refuses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from integrations.odoo.client import OdooClient, OdooError

from .maps import Map
from .reader import described_fields

KEPT = timedelta(minutes=10)  # as late a new field may be seen; whoever compares a model asks anew after half of it
HALF = KEPT / 2
Described = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class _Known:
    at: datetime
    names: frozenset[str]
    said: Described | OdooError  # the server has no such model, or does not show it

    def is_fresh(self, at: datetime, kept: timedelta = KEPT) -> bool:
        return self.at <= at < self.at + (HALF if isinstance(self.said, OdooError) else kept)


_known: WeakKeyDictionary[OdooClient, dict[str, _Known]] = WeakKeyDictionary()


def fields_of(client: OdooClient, map_: Map, *, at: datetime, kept: timedelta = KEPT) -> Described:
    """As `described_fields`, at most `kept` old. Raises PageError and the client's errors, those of `lacking` too."""
    models = _known.setdefault(client, {})
    known, names = models.get(map_.odoo_model), frozenset(map_.odoo_fields())
    if known is None or known.names != names or not known.is_fresh(at, kept):
        models.pop(map_.odoo_model, None)
        known = models[map_.odoo_model] = _Known(at, names, described_fields(client, map_))
    if isinstance(known.said, OdooError):
        raise known.said
    return known.said


def remembered(client: OdooClient, map_: Map, *, at: datetime) -> Described | None:
    """Without asking; None also for a model that can't be read."""
    known = _known.get(client, {}).get(map_.odoo_model)
    is_known = known is not None and known.names == frozenset(map_.odoo_fields()) and known.is_fresh(at)
    return known.said if known is not None and is_known and not isinstance(known.said, OdooError) else None


def lacking(client: OdooClient, map_: Map, problem: OdooError, *, at: datetime) -> None:
    """Remember that the model can't be read: until half of KEPT is over nobody asks."""
    models = _known.setdefault(client, {})
    if map_.odoo_model not in models or not isinstance(models[map_.odoo_model].said, OdooError):
        models[map_.odoo_model] = _Known(at, frozenset(map_.odoo_fields()), problem)


def forget(client: OdooClient, map_: Map, *, at: datetime) -> bool:
    """Ask anew next time; whether what is forgotten came from an earlier round, and so may be why this one failed."""
    known = _known.get(client, {}).get(map_.odoo_model)
    if known is None or isinstance(known.said, OdooError):
        return False
    del _known[client][map_.odoo_model]
    return known.at < at
