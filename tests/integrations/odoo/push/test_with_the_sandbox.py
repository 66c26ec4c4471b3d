"""The whole handler over HTTP, both transports, with the sandbox's faults, and with two workers at once."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection as database

from cockpit import outbox
from cockpit.outbox.models import Attempt, Destination, Message
from integrations.mirror.models import Installation
from tests.integrations.odoo.push.pushes import AMOUNT, AT, RELEASE, note_count, put_note, put_post, put_release

TRANSPORTS = pytest.mark.parametrize("transport", ["json2", "jsonrpc"])


def work_on(after_s: float = 0) -> None:
    outbox.drain(AT + timedelta(seconds=after_s), limit=50)


def standings() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("pk").values_list("state", "outcome"))


def attempts() -> list[str]:
    return list(Attempt.objects.order_by("pk").values_list("outcome", flat=True))


@pytest.mark.django_db
class TestPush:
    @TRANSPORTS
    def test_releases_posts_and_leaves_one_note(self, bed, settings, transport):
        settings.ODOO = {**settings.ODOO, "TRANSPORT": transport}
        _, post, _ = put_release(bed.invoice), put_post(bed.invoice), put_note(bed.invoice)
        work_on()
        work_on(after_s=1)
        assert standings() == [("done", "verified")] * 3
        [invoice] = bed.admin.search_read("account.move", [["id", "=", bed.invoice]], ["state", "name", "ref"])
        assert (invoice["state"], invoice["ref"]) == ("posted", RELEASE)
        post.refresh_from_db()
        assert post.result["values"] == {"state": "posted", "name": invoice["name"]}
        assert datetime.fromisoformat(post.result["at"]).tzinfo is not None
        assert note_count(bed.admin, bed.invoice) == 1

    @TRANSPORTS
    def test_is_refused_for_what_changed_and_says_what(self, bed, settings, transport):
        settings.ODOO = {**settings.ODOO, "TRANSPORT": transport}
        [line] = bed.admin.call("account.move.line", "search", domain=[["move_id", "=", bed.invoice]])
        bed.admin.call("account.move.line", "write", [line], vals={"quantity": 2})
        post = put_post(bed.invoice)
        work_on()
        post.refresh_from_db()
        assert (post.state, post.outcome, post.result["reason"]) == ("done", "refused", "changed")
        moved = {(row["field"], str(row["expected"]), row["actual"]) for row in post.result["differences"]}
        assert moved == {("amount_total", AMOUNT, 2 * float(AMOUNT)), ("quantity", "1", 2.0)}
        assert bed.count("action_post") == 0

    @TRANSPORTS
    def test_keeps_the_words_of_a_refusal(self, bed, settings, transport):
        settings.ODOO = {**settings.ODOO, "TRANSPORT": transport}
        empty = bed.admin.call("account.move", "create", vals_list=[{"move_type": "out_invoice", "partner_id": 1}])[0]
        payload = {
            "model": "account.move",
            "id": empty,
            "call": {"method": "action_post"},
            "verify": {"state": "posted"},
        }
        message = outbox.put("odoo.push", destination="odoo", subject="x", payload=payload, key="empty", at=AT)
        work_on()
        message.refresh_from_db()
        assert message.state == "dead"
        assert message.result == {"refused": "Even magicians can't post nothing!"}

    def test_ends_as_gone_when_the_draft_was_deleted(self, bed):
        bed.admin.call("account.move", "unlink", [bed.invoice])
        post, note = put_post(bed.invoice), put_note(bed.invoice)
        work_on()
        for message in (post, note):
            message.refresh_from_db()
            assert (message.state, message.outcome, message.result["reason"]) == ("done", "refused", "gone")

    def test_is_refused_where_the_user_has_no_right(self, bed):
        post = put_post(bed.invoice)
        Message.objects.filter(pk=post.pk).update(payload={**post.payload, "company_id": 99})
        work_on()
        post.refresh_from_db()
        assert post.state == "dead"
        assert "unauthorized or invalid companies" in post.result["refused"]


@pytest.mark.django_db
class TestFaults:
    """Promise 8, by what the sandbox can do to a call."""

    @TRANSPORTS
    @pytest.mark.parametrize("kind", ["drop", "half", "garbage", "500"])
    def test_after_each_of_the_calls_leave_everything_done_once(self, bed, settings, transport, kind):
        settings.ODOO = {**settings.ODOO, "TRANSPORT": transport}
        for method in ("write", "action_post", "message_post"):
            bed.fault(kind, method=method)
        put_release(bed.invoice), put_post(bed.invoice), put_note(bed.invoice)
        for after_s in (0, 10, 20, 30, 200):
            work_on(after_s)
        assert standings() == [("done", "verified")] * 3
        assert attempts().count("unknown") == 3
        assert note_count(bed.admin, bed.invoice) == 1
        [invoice] = bed.admin.search_read("account.move", [["id", "=", bed.invoice]], ["state", "ref"])
        assert (invoice["state"], invoice["ref"]) == ("posted", RELEASE)
        calls = [bed.count(method) for method in ("write", "action_post", "message_post")]
        assert calls == ([2, 2, 2] if kind == "500" else [1, 1, 1])

    def test_by_a_proxy_that_asks_to_slow_down_is_repeated_after_a_pause(self, bed):
        for method in ("write", "action_post", "message_post"):
            bed.fault("429", method=method)
        put_release(bed.invoice), put_post(bed.invoice), put_note(bed.invoice)
        for after_s in (0, 10, 20, 30, 200):
            work_on(after_s)
        assert standings() == [("done", "verified")] * 3
        assert attempts().count("unknown") == 0
        assert note_count(bed.admin, bed.invoice) == 1

    def test_by_a_time_out_leaves_the_note_to_odoo(self, bed, settings):
        settings.ODOO = {**settings.ODOO, "TIMEOUT_S": 0.5}
        bed.fault("delay", method="message_post", seconds=1)
        put_note(bed.invoice)
        work_on()
        work_on(after_s=10)
        assert attempts() == ["unknown", "retry"]
        bed.wait_until_quiet()
        work_on(after_s=200)
        assert standings() == [("done", "verified")]
        assert (note_count(bed.admin, bed.invoice), bed.count("message_post")) == (1, 1)

    def test_while_looking_cost_no_attempt(self, bed):
        bed.fault("500", method="read")
        bed.fault("drop", method="read")
        post = put_post(bed.invoice)
        work_on()
        work_on(after_s=10)
        work_on(after_s=20)
        assert attempts() == ["away", "away", "verified"]
        post.refresh_from_db()
        assert post.used_attempts == 1

    def test_by_another_database_answering_write_nothing_into_that(self, bed):
        post = put_post(bed.invoice)
        mine = Installation.objects.create(url=bed.sandbox.url, database="sandbox", born="another", pinned_at=AT)
        work_on()
        assert (standings(), bed.count("action_post")) == ([("pending", "")], 0)
        post.refresh_from_db()
        assert "another database" in post.last_error
        mine.delete()
        work_on(after_s=61)
        assert standings() == [("done", "verified")]

    def test_by_another_database_taking_its_place_are_noticed_within_minutes(self, bed):
        put_release(bed.invoice)
        work_on()
        Installation.objects.update(mark="", born="another")
        put_post(bed.invoice)
        work_on(after_s=301)
        assert standings() == [("done", "verified"), ("pending", "")]

    @TRANSPORTS
    def test_by_odoo_being_away_make_everything_wait_and_drain_in_order(self, bed, settings, transport):
        settings.ODOO = {**settings.ODOO, "TRANSPORT": transport}
        bed.stop()
        try:
            put_release(bed.invoice), put_post(bed.invoice), put_note(bed.invoice)
            for minute in range(15):  # more than a message has attempts
                work_on(after_s=minute * 61)
            assert standings() == [("pending", "")] * 3
            assert {message.used_attempts for message in Message.objects.all()} == {0}
            assert "cannot be reached" in Destination.objects.get(pk="odoo").last_error
        finally:
            bed.start()
        work_on(after_s=16 * 61)
        assert standings() == [("done", "verified")] * 3
        assert bed.calls.index(("account.move", "write")) < bed.calls.index(("account.move", "action_post"))
        assert Destination.objects.get(pk="odoo").breaker == "closed"


@pytest.mark.django_db(transaction=True)
class TestTwoWorkers:
    def test_at_once_on_one_stream_do_each_thing_once_and_in_order(self, bed, rounds):
        invoices = [bed.draft() for _ in range(rounds + 1)]
        for invoice in invoices:
            put_release(invoice), put_post(invoice), put_note(invoice)
        start = threading.Barrier(2)

        def work() -> None:
            start.wait()
            for _ in range(4):
                work_on(after_s=1)
            database.close()

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        assert standings() == [("done", "verified")] * 3 * len(invoices)
        calls = [bed.count(method) for method in ("write", "action_post", "message_post")]
        assert calls == [len(invoices)] * 3
        for invoice in invoices:
            release, post = Message.objects.filter(subject=f"account.move:{invoice}", destination="odoo").order_by("pk")
            assert release.result["at"] <= post.result["at"]
