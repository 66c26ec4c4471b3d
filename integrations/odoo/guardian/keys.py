"""How long the key of the integration user lasts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from integrations.odoo.client import OdooClient
from integrations.odoo.guardian.finding import Finding

# Days that are left, and how bad that is. Odoo gives a key of somebody who is no administrator 90 days at most.
WARNINGS = ((1, "critical"), (7, "high"), (14, "medium"), (30, "low"))
RPC = (False, "rpc")  # scopes of keys that open the API


@dataclass(frozen=True)
class Key:
    name: str
    expires_at: datetime | None


def check(client: OdooClient, *, at: datetime, with_key: bool = True) -> Iterator[Finding]:
    """Odoo never says which of a user's keys was used: of several, the one that ends first is warned of."""
    if not with_key:
        yield Finding("key.password")
        return
    keys = keys_of(client, at=at)
    ending = sorted((key for key in keys if key.expires_at), key=lambda key: key.expires_at or at)
    if not ending:
        yield Finding("key.endless" if keys else "key.unseen", facts={"keys": len(keys)})
        return
    yield _ending(ending[0], len(keys), at)


def keys_of(client: OdooClient, *, at: datetime) -> list[Key]:
    """The user's own keys that still open the API. Odoo's daily cleaning takes away the others only later."""
    rows = client.search_read("res.users.apikeys", [("user_id", "=", client.uid)], ["name", "scope", "expiration_date"])
    found = [Key(str(row["name"]), _moment(row["expiration_date"])) for row in rows if row["scope"] in RPC]
    return [key for key in found if key.expires_at is None or key.expires_at > at]


def severity(days: int) -> str:
    return next((each for limit, each in WARNINGS if days <= limit), "")


def days_left(expires_at: datetime, at: datetime) -> int:
    """Whole days; 0 on the last."""
    return max(0, (expires_at - at).days)


def _ending(key: Key, count: int, at: datetime) -> Finding:
    assert key.expires_at is not None
    days = days_left(key.expires_at, at)
    facts = {"name": key.name, "days": days, "on": key.expires_at.isoformat(), "keys": count}
    return Finding("key.ends", severity(days), facts=facts)


def _moment(value: Any) -> datetime | None:
    return datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) if value else None
