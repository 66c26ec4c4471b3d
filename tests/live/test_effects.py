"""Every kind of effect on the real server: verified, done once whatever dies when, refused in Odoo's own words."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cockpit import outbox
from cockpit.exception_queue.models import Case
from cockpit.outbox.models import Message
from integrations.mirror.models import UsedId
from integrations.odoo import provision
from integrations.odoo.push import connection, effects, keys
from integrations.odoo.push.handler import SERVER_LIMIT_S
from tests.contract.world import QUIET, World, unique
from tests.killed_worker import Reaper

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)
CLAIM_ENDS = timedelta(seconds=60 + 15)
CALL_IS_OVER = CLAIM_ENDS + timedelta(seconds=SERVER_LIMIT_S)
POINTS = ["before the call", "after the call", "before the read-back", "before completing"]


@dataclass
class Wanted:
    """An effect on a record that was made for it, and how often it is seen in Odoo."""

    payload: dict[str, Any]
    seen: Callable[[], int]


class Firm:
    """Makes what effects work on, each time anew."""

    def __init__(self, odoo: World) -> None:
        self.odoo = odoo

    def make(self, model: str, **values: Any) -> int:
        return self.odoo.admin.call(model, "create", vals_list=[values], context=QUIET)[0]

    def count(self, model: str, *domain: list) -> int:
        context = {"active_test": False}
        return self.odoo.admin.call(model, "search_count", domain=list(domain), context=context)

    def order(self, *, confirmed: bool = False) -> int:
        product = {"name": unique("Work"), "type": "service", "invoice_policy": "order", "list_price": 100.0}
        template = self.make("product.template", **product)
        domain = [["product_tmpl_id", "=", template]]
        [variant] = self.odoo.admin.call("product.product", "search", domain=domain)
        line = [0, 0, {"product_id": variant, "product_uom_qty": 3, "price_unit": 100.0, "tax_ids": [[6, 0, []]]}]
        order = self.make("sale.order", partner_id=self.odoo.partner(), order_line=[line])
        if confirmed:
            self.odoo.admin.call("sale.order", "action_confirm", [order])
        return order

    def set_field(self, key: str) -> Wanted:
        partner = self.odoo.partner(ref="old")
        payload = effects.set_fields("res.partner", partner, {"ref": key}, before={"ref": "old"})
        return Wanted(payload, lambda: self.count("res.partner", ["id", "=", partner], ["ref", "=", key]))

    def confirm(self, key: str) -> Wanted:
        order = self.order()
        expect = [effects.stands("sale.order", order, {"state": "draft", "amount_untaxed": "300.00"})]
        payload = effects.confirm_order(order, expect=expect)
        return Wanted(payload, lambda: self.count("sale.order", ["id", "=", order], ["state", "=", "sale"]))

    def project(self, key: str) -> Wanted:
        # While no project has task dependencies, Odoo lets only an administrator make a next one without them.
        values = {"is_template": True, "allow_task_dependencies": True}
        template = self.make("project.project", name=unique("Template"), **values)
        self.make("project.task", name="Kick-off", project_id=template)
        name = unique("Migration")
        payload = effects.project_from_template(template, {"name": name}, key=key)
        tasks = [["project_id.name", "=", name], ["name", "=", "Kick-off"]]
        return Wanted(payload, lambda: self.count("project.task", *tasks))

    def task(self, key: str) -> Wanted:
        project, name = self.make("project.project", name=unique("P")), unique("Task")
        payload = effects.create_task(project, name, key=key)
        return Wanted(payload, lambda: self.count("project.task", ["name", "=", name]))

    def activity(self, key: str) -> Wanted:
        partner = self.odoo.partner()
        words = {"summary": "Call the client", "user": self.odoo.user_id("cockpit"), "due": "2026-12-01"}
        payload = effects.schedule_activity("res.partner", partner, key=key, **words)
        domain = [["res_model", "=", "res.partner"], ["res_id", "=", partner]]
        return Wanted(payload, lambda: self.count("mail.activity", *domain))

    def note(self, key: str) -> Wanted:
        partner = self.odoo.partner()
        payload = effects.post_note("res.partner", partner, f"Approved by Ann [{key}]", key=key)
        domain = [["model", "=", "res.partner"], ["res_id", "=", partner], ["body", "ilike", f"[{key}]"]]
        return Wanted(payload, lambda: self.count("mail.message", *domain))

    def invoice(self, key: str) -> Wanted:
        order = self.order(confirmed=True)
        payload = effects.invoice_order(order, known=[])
        domain = [["line_ids.sale_line_ids.order_id", "=", order]]
        return Wanted(payload, lambda: self.count("account.move", *domain))


KINDS = ["set_field", "confirm", "project", "task", "activity", "note", "invoice"]


@pytest.fixture(scope="module")
def firm(odoo: World) -> Firm:
    provision.apply(odoo.admin, keys.manifest())
    return Firm(odoo)


@pytest.fixture(scope="module")
def reaper(odoo: World, django_db_setup: None, django_db_blocker: Any) -> Iterator[Reaper]:
    with django_db_blocker.unblock(), Reaper({**os.environ, **odoo.env, "ODOO_TRANSPORT": "json2"}) as reaper:
        yield reaper


@pytest.fixture(autouse=True)
def cockpit(odoo: World, settings: Any) -> Iterator[None]:
    known = {name: odoo.env.get(f"ODOO_{name}", "") for name in ("URL", "DB", "LOGIN", "API_KEY", "PASSWORD")}
    settings.ODOO = {**settings.ODOO, **known, "TRANSPORT": "json2"}
    connection.forget()
    yield
    connection.forget()


def put(payload: dict[str, Any], key: str) -> Message:
    return outbox.put("odoo.push", destination="odoo", subject=key, payload=payload, key=key, at=AT)


def work(after: timedelta = timedelta()) -> None:
    outbox.drain(AT + after, limit=20)


def standing(message: Message) -> tuple[str, str, str]:
    message.refresh_from_db()
    return message.state, message.outcome, message.last_error


@pytest.mark.parametrize("kind", KINDS)
class TestAnEffect:
    def test_is_verified_and_then_found_by_whoever_asks_again(self, firm, kind):
        key = unique("R")
        wanted = getattr(firm, kind)(key)
        first, second = put(wanted.payload, key), put(wanted.payload, f"{key} twice")
        work()
        assert standing(first) == standing(second) == ("done", "verified", "")
        assert wanted.seen() == 1

    @pytest.mark.parametrize("point", POINTS)
    def test_is_seen_once_whenever_its_worker_dies(self, firm, reaper, kind, point):
        key = unique("R")
        wanted = getattr(firm, kind)(key)
        message = put(wanted.payload, key)
        reaper.kill(point, AT)
        work(CLAIM_ENDS)
        work(CALL_IS_OVER)
        assert standing(message) == ("done", "verified", "")
        assert wanted.seen() == 1


class TestAWizard:
    def test_that_nobody_pressed_is_made_again(self, firm, reaper):
        key = unique("R")
        wanted = firm.invoice(key)
        message = put(wanted.payload, key)
        reaper.kill("before it is pressed", AT)
        work(CLAIM_ENDS)
        assert (standing(message)[0], wanted.seen()) == ("pending", 0)  # who knows whether it was pressed
        work(CALL_IS_OVER)
        assert standing(message) == ("done", "verified", "")
        assert wanted.seen() == 1

    def test_is_not_pressed_where_somebody_else_drafted_the_invoice(self, firm, odoo):
        order = firm.order(confirmed=True)
        key = unique("R")
        message = put(effects.invoice_order(order, known=[]), key)
        values = {"advance_payment_method": "delivered", "sale_order_ids": [[6, 0, [order]]]}
        wizard = odoo.admin.call("sale.advance.payment.inv", "create", vals_list=[values])
        odoo.admin.call("sale.advance.payment.inv", "create_invoices", wizard)
        work()
        assert standing(message)[:2] == ("done", "refused")
        assert firm.count("account.move", ["line_ids.sale_line_ids.order_id", "=", order]) == 1
        assert Case.objects.get(kind="push.altered").detail["differences"][0]["field"] == "invoice_ids"


class TestAnExternalId:
    def test_whose_record_was_deleted_is_not_used_again(self, firm, odoo):
        key = unique("R")
        wanted = firm.task(key)
        first = put(wanted.payload, key)
        work()
        first.refresh_from_db()
        odoo.admin.call("project.task", "unlink", [first.result["values"]["found"]])
        again = put(wanted.payload, f"{key} again")
        work()
        assert standing(again)[:2] == ("done", "refused")
        assert again.result["reason"] == "gone"
        assert wanted.seen() == 0
        assert UsedId.objects.get().xmlid == effects.xmlid(key, "task")
        assert Case.objects.get(kind="push.altered").detail["reason"] == "gone"

    def test_whose_record_was_archived_is_found(self, firm, odoo):
        key = unique("R")
        wanted = firm.task(key)
        first = put(wanted.payload, key)
        work()
        first.refresh_from_db()
        odoo.admin.call("project.task", "write", [first.result["values"]["found"]], vals={"active": False})
        UsedId.objects.all().delete()
        again = put(wanted.payload, f"{key} again")
        work()
        assert standing(again)[1] == "verified"
        assert again.result["values"]["found"] == first.result["values"]["found"]

    def test_with_a_row_that_odoo_does_not_take_is_refused_with_its_words(self, firm):
        key = unique("R")
        message = put(effects.create_task(99999999, "Nowhere", key=key), key)
        work()
        state, outcome, error = standing(message)
        assert (state, outcome) == ("dead", "refused")
        assert "No matching record found for database id" in error


class TestARefusal:
    def test_of_a_rule_keeps_odoos_words_and_opens_a_case(self, firm, odoo):
        order = firm.order()
        odoo.admin.call("sale.order", "action_cancel", [order])
        key = unique("R")
        message = put(effects.confirm_order(order, expect=[]), key)
        work()
        assert standing(message)[:2] == ("dead", "refused")
        assert Case.objects.get(kind="outbox.refused").detail["message"] == message.pk

    def test_of_a_right_is_no_unknown(self, firm):
        key = unique("R")
        payload = effects.set_fields("ir.ui.menu", 1, {"name": "Ours"}, before={"name": "Theirs"})
        message = put(payload, key)
        work()
        assert standing(message)[0] == "done"
        assert message.outcome == "refused"
