"""What Odoo sends when a record is saved or deleted: after the commit, its model, id and time of writing."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from integrations.odoo import provision
from integrations.odoo.client import OdooError
from integrations.odoo.hints.manifest import WATCHED
from integrations.odoo.manifest import Hook, Manifest
from tests.contract.world import World

MOVE = "account.move"


@dataclass
class Receiver:
    url: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)

    def of(self, odoo_id: int) -> list[dict[str, Any]]:
        return [each for each in self.got if each["_id"] == odoo_id]


@pytest.fixture
def receiver(odoo: World) -> Iterator[Receiver]:
    """Odoo hints at invoices, to a server of this test."""
    heard = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    heard.url = f"http://127.0.0.1:{server.server_port}/hints/"
    hook = Hook(MOVE, heard.url, WATCHED[MOVE], "[('move_type', '=', 'out_invoice')]")
    manifest = Manifest((*odoo.manifest.parts, hook))
    provision.apply(odoo.admin, manifest)
    try:
        assert provision.plan(odoo.admin, manifest) == []
        yield heard
    finally:
        provision.apply(odoo.admin, odoo.manifest)
        server.shutdown()
        server.server_close()


class TestHook:
    def test_says_which_record_was_made_changed_and_deleted(self, odoo, receiver):
        move = odoo.invoice(500)
        made = receiver.of(move)
        assert made
        assert {"_action", "_id", "_model", "id", "write_date"} == set(made[0])
        assert (made[0]["_model"], made[0]["id"]) == (MOVE, move)
        assert made[0]["write_date"][:2] == "20"
        receiver.got.clear()
        odoo.client.call(MOVE, "write", [move], vals={"invoice_date": "2026-11-03"})
        assert receiver.of(move)
        receiver.got.clear()
        odoo.client.call(MOVE, "unlink", [move])
        assert {"_action", "_id", "_model"} in [set(each) for each in receiver.of(move)]

    def test_sends_nothing_of_what_was_rolled_back(self, odoo, receiver):
        move = odoo.invoice(500)
        receiver.got.clear()
        with pytest.raises(OdooError):
            odoo.client.call(MOVE, "write", [move, 2**31 - 1], vals={"invoice_date": "2026-11-03"})
        assert receiver.got == []

    def test_that_nobody_hears_fails_no_save(self, odoo, receiver):
        move = odoo.invoice(500)
        deaf = Hook(MOVE, "http://127.0.0.1:9/hints/", WATCHED[MOVE])
        provision.apply(odoo.admin, Manifest((*odoo.manifest.parts, deaf)))
        odoo.client.call(MOVE, "write", [move], vals={"invoice_date": "2026-11-04"})
        assert odoo.client.search_read(MOVE, [["id", "=", move]], ["invoice_date"])[0]["invoice_date"] == "2026-11-04"
