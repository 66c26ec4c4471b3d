"""Whether the way in which Odoo is spoken to has a future there.

/jsonrpc and /xmlrpc are deprecated since 19. Odoo 19's own log announced their end for version 20, the documentation
of today says 22 (autumn 2028). JSON-2 is there since 19 and takes API keys only.
"""

from __future__ import annotations

from collections.abc import Iterator

from integrations.odoo.client import JSON2_SINCE, OdooClient
from integrations.odoo.guardian.finding import Finding

ANNOUNCED, GONE = 20, 22


def check(client: OdooClient, *, with_key: bool) -> Iterator[Finding]:
    version = client.version()
    facts = {"version": version.text, "gone": GONE, "since": JSON2_SINCE}
    if client.transport == "json2":
        yield Finding("api.current", facts=facts)
    elif version.major < JSON2_SINCE:
        yield Finding("api.early", facts=facts)
    else:
        severity = "high" if version.major >= ANNOUNCED else "medium"
        yield Finding("api.ends" if with_key else "api.ends_password", severity, facts=facts)
