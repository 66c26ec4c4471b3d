"""A cockpit beside one Odoo: what its worker, its beat and its people would do, in the order that a test says."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from approvals import services as approvals
from approvals.models import Request, Step
from approvals.policy_files import read
from cockpit import outbox
from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit
from cockpit.accounts.signin import give_sign_in
from cockpit.exception_queue.models import Case
from cockpit.outbox.models import Message
from integrations.mirror.models import Invoice, OdooUser
from integrations.odoo.pull.round import pull_round
from integrations.odoo.push import connection
from integrations.odoo.push.handler import SERVER_LIMIT_S
from tests.contract.world import World
from tests.killed_worker import Reaper

ACTOR = "system:path"
PASSWORD = "a long enough password"
CLAIM_S = 60 + 15  # how long a claim of a push holds
SMALL, BIG = 24_000.0, 48_200.0
TABLE = """
kind: invoice_release
name: Invoice release
mode: enforce
rules:
  - name: Large in Germany
    unit: Halden & Roth GmbH
    when: [{fact: amount, op: ">", value: 25000, currency: EUR}]
    ask: [{role: finance, within: 4 h}]
  - name: Everything else passes
"""
ROLES = [("ann", "finance", "de"), ("dan", "finance", "de"), ("frank", "finance", "us"), ("mia", "pmo", "de")]


class Cockpit:
    """`odoo` is shared by all tests: each makes the invoices that it decides."""

    def __init__(self, odoo: World, reaper: Reaper) -> None:
        self.odoo, self.reaper = odoo, reaper
        self._skipped = timedelta()
        self.units: dict[str, Unit] = {}

    # --- time ---------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The time, and what tests have let pass at once."""
        return timezone.now() + self._skipped

    def let_pass(self, seconds: float) -> None:
        self._skipped += timedelta(seconds=seconds)

    # --- what the worker and the beat do ------------------------------------------------------------

    def set_up(self) -> None:
        """Guard, first pull, people with their roles, and the policy in force: what a firm does once."""
        self.odoo.provision()
        self.pull(models=None)
        self.work()
        self.units = {
            key: Unit.objects.get(odoo_model="res.company", odoo_id=pk) for key, pk in self.odoo.companies.items()
        }
        for name, role, unit in ROLES:
            give_sign_in(self.person(name), PASSWORD, actor=ACTOR, at=self.now)
            grants.grant(self.person(name), role, self.units[unit], actor=ACTOR, at=self.now)
        self.publish(TABLE)

    def publish(self, table: str) -> None:
        approvals.submit(approvals.draft(read(table), actor=ACTOR, at=self.now), actor=ACTOR, at=self.now)
        self.work()

    def pull(self, models: Sequence[str] | None = ("res.partner", "account.move")) -> None:
        """A round that sees all that was written in Odoo until now: it reads up to the last second that is over."""
        self._wait_for_the_second_to_end()
        runs = pull_round(connection.client(at=self.now), at=self.now, models=models)
        assert runs
        assert {run.status for run in runs} == {"done"}, [run.sentence for run in runs]

    def work(self) -> None:
        """Workers run until nothing is due."""
        while outbox.drain(self.now, limit=200):
            pass

    def settle(self) -> None:
        """The time for undoing ends."""
        self.let_pass(21)
        approvals.settle_due(self.now)

    def run_one(self) -> bool:
        """A worker takes one message."""
        return outbox.run_one(self.now)

    def kill_worker(self, point: str) -> None:
        """Another process takes the message that is due longest, and dies at a point of it."""
        self.reaper.kill(point, self.now)

    def react(self) -> None:
        """Workers handle events only; what they put for Odoo waits. Mails have tests of their own."""
        while Message.objects.filter(handler="events.handle", state="pending", not_before__lte=self.now).exists():
            assert self.run_one()
            Message.objects.filter(handler="notify.mail", attempt=0).delete()

    def read_again(self) -> None:
        """No round comes, but a push has asked for one."""
        self._wait_for_the_second_to_end()
        self.let_pass(2)
        self.work()

    def let_the_claim_end(self) -> None:
        self.let_pass(CLAIM_S)

    def let_a_lost_call_end(self) -> None:
        self.let_pass(SERVER_LIMIT_S)

    def delete_check(self, models: Sequence[str]) -> None:
        """A round that compares ids, as one does every few minutes; workers handle what it tells."""
        self._wait_for_the_second_to_end()
        pull_round(connection.client(at=self.now), at=self.now, models=models, compare_ids=True)
        self.work()

    def sign_in(self, name: str) -> None:
        if self.person(name).user is None:
            give_sign_in(self.person(name), PASSWORD, actor=ACTOR, at=self.now)

    # --- what people do -----------------------------------------------------------------------------

    def person(self, name: str) -> Person:
        user = OdooUser.objects.get(login=self.odoo.login(name))
        return Person.objects.get(odoo_user_id=user.pk, active=True)

    def decide(self, request: Request, name: str, verdict: str = "approve", note: str = "") -> Request:
        request.refresh_from_db()
        step = Step.objects.get(round__request=request, state="open")
        given = {"verdict": verdict, "snapshot_id": request.snapshot_id, "note": note}
        return approvals.decide(step.pk, actor=self.person(name), at=self.now, **given)

    def draft(self, amount: float = BIG, *, by: str = "ben", company: str = "de") -> int:
        """An invoice that somebody writes in Odoo, and the cockpit has not seen yet."""
        return self.odoo.invoice(amount, by=by, company=company)

    def asked(self, amount: float = BIG) -> tuple[int, Request]:
        """An invoice that was written, and the request about it."""
        invoice = self.draft(amount)
        self.pull()
        self.work()
        return invoice, self.request(invoice)

    def approved(self, amount: float = BIG) -> tuple[int, Request]:
        """An invoice that was approved by Ann; the messages for Odoo wait."""
        invoice, request = self.asked(amount)
        self.decide(request, "ann")
        self.settle()
        self.react()
        return invoice, request

    def change_amount(self, invoice: int, amount: float, by: str = "ben") -> None:
        [line] = [row["id"] for row in self.odoo.lines(invoice)]
        self.odoo.as_user(by).call("account.move.line", "write", [line], vals={"price_unit": amount})

    def rename_line(self, line: dict, name: str) -> None:
        self.odoo.admin.call("account.move.line", "write", [line["id"]], vals={"name": name})

    # --- what there is ------------------------------------------------------------------------------

    def request(self, invoice: int) -> Request:
        return Request.objects.get(subject=f"odoo.account.move:{invoice}")

    def requests(self, invoice: int) -> list[Request]:
        return list(Request.objects.filter(subject=f"odoo.account.move:{invoice}"))

    def mirrored(self, invoice: int) -> Invoice:
        return Invoice.objects.get(pk=invoice)

    def case(self, fingerprint: str) -> Case:
        return Case.objects.get(fingerprint=fingerprint)

    def effects(self, request: Request) -> dict[str, Message]:
        """The messages of a request by what they do: release, post, note (of the latest round)."""
        found = Message.objects.filter(origin=request.audit_subject, handler="odoo.push").order_by("pk")
        return {message.key.rpartition("/")[2]: message for message in found}

    def notes(self, invoice: int) -> list[str]:
        domain = [("model", "=", "account.move"), ("res_id", "=", invoice), ("message_type", "=", "comment")]
        return [row["body"] for row in self.odoo.client.search_read("mail.message", domain, ["body"])]

    def _wait_for_the_second_to_end(self) -> None:
        """Odoo runs on this machine, by the same clock."""
        time.sleep(2.02 - datetime.now(UTC).microsecond / 1e6)
