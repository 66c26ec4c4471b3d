"""The secret part of the address to which Odoo sends hints: its webhook signs nothing and sends no header of ours."""

from __future__ import annotations

from datetime import datetime
from secrets import token_hex

from django.utils.crypto import constant_time_compare, salted_hmac

from .models import HintSeed

SALT = "integrations.odoo.hints"
OFF = ""


def current() -> str | None:
    """The secret; None before the first `odoo apply`, and when hints are turned off."""
    seed = HintSeed.objects.values_list("seed", flat=True).first()
    return salted_hmac(SALT, seed, algorithm="sha256").hexdigest() if seed else None


def fits(given: str) -> bool:
    """Whether that is the secret. Takes as long for one that is nearly right as for one that is not."""
    wanted = current()
    return wanted is not None and constant_time_compare(given, wanted)


def make(*, at: datetime) -> None:
    """Make one where none was ever made."""
    HintSeed.objects.get_or_create(pk=1, defaults={"seed": token_hex(32), "made_at": at})


def renew(*, at: datetime) -> None:
    """Another from now on: what comes to the old address is refused until `odoo apply` has told Odoo the new one."""
    HintSeed.objects.update_or_create(pk=1, defaults={"seed": token_hex(32), "made_at": at})


def turn_off(*, at: datetime) -> None:
    """No address is right any more."""
    HintSeed.objects.update_or_create(pk=1, defaults={"seed": OFF, "made_at": at})
