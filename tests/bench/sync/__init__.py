"""Odoo and the mirror: what writing there costs. Needs ODOO_URL and its variables, else it starts a real Odoo."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from integrations.odoo.client import OdooClient, OdooConfig, connect
from tests.bench.figures import Figure
from tests.bench.sync import effects


def run(scale: float, say: Callable[[str], None]) -> Iterator[Figure]:
    with ExitStack() as stack:
        if not os.environ.get("ODOO_URL"):
            from tests.live.odoo.server import odoo_server

            os.environ.update(stack.enter_context(odoo_server()))
        yield from effects.figures(_client(), scale, say)


def _client() -> OdooClient:
    known = {name.lower(): os.environ.get(f"ODOO_{name}", "") for name in ("URL", "DB", "LOGIN", "API_KEY")}
    return connect(OdooConfig(**known))
