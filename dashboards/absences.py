"""What this Odoo does not have, or does not show: no error, but somebody may want to know what it would add."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.mirror.models import Absence, Cursor
from integrations.odoo.pull.capabilities import CAPABILITIES, Capability
from integrations.odoo.pull.catalogue import MAPS
from integrations.odoo.pull.names import NAMES


@dataclass(frozen=True)
class Absent:
    """`names`: the kinds of records. `why`: there is no such model, or no right. `group` may be empty."""

    names: list[str]
    why: str
    adds: str
    module: str
    group: str


def absences() -> list[Absent]:
    """One for each capability, in the order of reading. One query."""
    known = dict(Cursor.objects.exclude(absent="").values_list("model", "absent"))
    found: dict[tuple[str, str], list[str]] = {}
    for map_ in MAPS:
        if absent := known.get(map_.odoo_model):
            found.setdefault((map_.capability, absent), []).append(str(NAMES[map_.odoo_model]))
    return [_absent(CAPABILITIES[capability], absent, names) for (capability, absent), names in found.items()]


def _absent(one: Capability, absent: str, names: list[str]) -> Absent:
    return Absent(names, str(Absence(absent).label), str(one.adds), one.module, one.group)
