"""The outbox handler against an Odoo that fails where it is told to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cockpit import outbox
from cockpit.exception_queue.models import Case
from cockpit.outbox.models import Attempt, Destination, Message
from integrations.odoo.client import (
    AccessRefusedError,
    AnswerError,
    AuthenticationError,
    BusyError,
    MissingRecordError,
    RefusedError,
    ServerFaultError,
    UnknownNameError,
    UnreachableError,
    WrongDatabaseError,
)
from integrations.odoo.push import connection, handler
from tests.integrations.odoo.push.fake import NOW, FakeOdoo

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)
LOST = UnreachableError("The connection broke. It may still have done it.", maybe_done=True)
AWAY = UnreachableError("Nothing listens there.", maybe_done=False)
RELEASE = "1|5|EUR|48200.00"


@pytest.fixture
def odoo(monkeypatch: pytest.MonkeyPatch) -> FakeOdoo:
    """Invoice 17, a draft over 48,200.00 with one line."""
    fake = FakeOdoo()
    fake.add("account.move", state="draft", name=False, amount_total=48200.0, x_cockpit_release=False)
    fake.add("account.move.line", move_id=17, name="Design", quantity=2.0, price_unit=24100.0)
    monkeypatch.setattr(connection, "client", lambda *, at: fake)
    return fake


def put(what: str, payload: dict[str, Any], destination: str = "odoo") -> Message:
    return outbox.put(
        "odoo.push", destination=destination, subject="account.move:17", payload=payload, key=f"R-42/1/{what}", at=AT
    )


def payload(**parts: Any) -> dict[str, Any]:
    lines = {
        "model": "account.move.line",
        "domain": [["move_id", "=", 17]],
        "rows": [{"name": "Design", "quantity": "2", "price_unit": "24100.00"}],
    }
    header = {"model": "account.move", "id": 17, "fields": {"state": "draft", "amount_total": "48200.00"}}
    return {"model": "account.move", "id": 17, "company_id": 3, "expect": [header, lines], **parts}


def put_release() -> Message:
    call = {"method": "write", "kwargs": {"vals": {"x_cockpit_release": RELEASE}}}
    return put("release", payload(already={"x_cockpit_release": RELEASE}, call=call))


def put_post() -> Message:
    return put("post", payload(call={"method": "action_post"}, verify={"state": "posted"}, read_back=["state", "name"]))


def put_note() -> Message:
    find = {"model": "mail.message", "domain": [["res_id", "=", 17], ["body", "ilike", "[R-42/1]"]]}
    call = {"method": "message_post", "kwargs": {"body": "Approved by Ann [R-42/1]"}}
    return put("note", {"model": "account.move", "id": 17, "call": call, "find": find}, "odoo-notes")


def drain(after_s: float = 0) -> None:
    """A worker works until nothing is due, at the given time."""
    outbox.drain(AT + timedelta(seconds=after_s), limit=50)


def fresh(message: Message) -> Message:
    message.refresh_from_db()
    return message


class TestAPush:
    def test_releases_then_posts_and_tells_when_odoo_showed_it(self, odoo):
        release, post = put_release(), put_post()
        drain()
        assert odoo.calls == [("account.move", "write"), ("account.move", "action_post")]
        assert fresh(release).outcome == "verified"
        assert fresh(post).result == {"at": NOW.isoformat(), "values": {"state": "posted", "name": "INV/2026/00031"}}

    def test_writes_in_the_company_of_the_record(self, odoo):
        put_post()
        drain()
        assert odoo.contexts == [{"allowed_company_ids": [3]}]

    def test_does_not_call_when_it_is_so_already(self, odoo):
        odoo.records["account.move"][17]["x_cockpit_release"] = RELEASE
        release = put_release()
        drain()
        assert odoo.calls == []
        assert fresh(release).outcome == "verified"

    def test_posts_a_note_once_under_its_key(self, odoo):
        note = put_note()
        drain()
        assert odoo.calls == [("account.move", "message_post")]
        assert fresh(note).result["values"]["found"] in odoo.records["mail.message"]

    def test_is_not_fooled_by_a_note_that_somebody_else_wrote(self, odoo):
        odoo.add("mail.message", res_id=17, body="I saw [R-42/1] on the screen", create_uid=9)
        put_note()
        drain()
        assert odoo.calls == [("account.move", "message_post")]


class TestAChangedRecord:
    @pytest.mark.parametrize(
        ("model", "pk", "field", "value"),
        [("account.move", 17, "amount_total", 60000.0), ("account.move.line", 17, "price_unit", 24000.0)],
    )
    def test_is_not_pushed_and_the_stream_goes_on(self, odoo, model, pk, field, value):
        before = odoo.records[model][pk][field]
        odoo.records[model][pk][field] = value
        release, post = put_release(), put_post()
        drain()
        assert odoo.calls == []
        for message in (fresh(release), fresh(post)):
            assert (message.state, message.outcome, message.result["reason"]) == ("done", "refused", "changed")
            [difference] = message.result["differences"]
            assert (difference["field"], float(difference["expected"]), difference["actual"]) == (field, before, value)
        assert set(Case.objects.values_list("kind", flat=True)) == {"push.altered"}  # no dead letter

    def test_is_read_again_at_once(self, odoo):
        odoo.records["account.move"][17]["amount_total"] = 60000.0
        put_release(), put_post()
        drain()
        [hint] = Message.objects.filter(handler="odoo.reread")
        assert hint.payload == {"model": "account.move", "is_gone": False}
        assert hint.origin == "odoo.account.move:17"  # no effect of the request

    def test_that_is_not_mirrored_is_not_read_again(self, odoo):
        odoo.records["res.bank"] = {17: {"id": 17, "name": "Other"}}
        expect = [{"model": "res.bank", "id": 17, "fields": {"name": "Bank"}}]
        call = {"method": "write", "kwargs": {"vals": {"bic": "X"}}}
        put("bank", {"model": "res.bank", "id": 17, "expect": expect, "call": call, "verify": {"bic": "X"}})
        drain()
        assert not Message.objects.filter(handler="odoo.reread").exists()

    def test_that_changes_while_the_call_is_on_its_way_is_told_with_what_was_done(self, odoo):
        odoo.meanwhile = lambda: odoo.records["account.move"][17].update(amount_total=60000.0)
        post = put_post()
        drain()
        assert fresh(post).outcome == "refused"
        assert fresh(post).result["done"] is True

    def test_whose_call_odoo_refuses_for_that_change_is_no_dead_letter(self, odoo):
        odoo.meanwhile = lambda: odoo.records["account.move"][17].update(amount_total=60000.0)
        odoo.effects["action_post"] = _raiser(RefusedError("Odoo refused: Waiting", text="Waiting for approval"))
        post = put_post()
        drain()
        assert (fresh(post).state, post.result["reason"], post.result["done"]) == ("done", "changed", False)


class TestADeletedRecord:
    def test_ends_the_push_as_gone(self, odoo):
        del odoo.records["account.move"][17]
        messages = [put_release(), put_post(), put_note()]
        drain()
        assert [(fresh(m).state, m.outcome, m.result) for m in messages] == [
            ("done", "refused", {"reason": "gone"})
        ] * 3

    def test_that_goes_while_the_call_is_on_its_way_ends_it_too(self, odoo):
        odoo.meanwhile = lambda: odoo.records["account.move"].clear()
        odoo.effects["action_post"] = _raiser(MissingRecordError("Gone.", text="Record does not exist"))
        post = put_post()
        drain()
        assert fresh(post).result == {"reason": "gone"}


class TestARefusal:
    @pytest.mark.parametrize(
        "error",
        [
            RefusedError("Odoo refused: The period is closed.", text="The period is closed."),
            AccessRefusedError("Odoo does not let this user.", text="The period is closed."),
            MissingRecordError("Its journal is gone.", text="The period is closed."),
            UnknownNameError("No such method.", text="The period is closed."),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_is_a_dead_letter_with_the_words_of_odoo_and_a_case(self, odoo, error):
        odoo.fail["call"] = [error]
        release, post = put_post(), put_release()
        drain()
        message = fresh(release)
        assert (message.state, message.outcome) == ("dead", "refused")
        assert message.result["refused"] == "The period is closed."
        assert message.last_error == error.sentence
        assert fresh(post).state == "pending"
        assert Case.objects.get().kind == "outbox.refused"

    def test_of_a_second_call_is_no_refusal_when_the_first_has_done_it(self, odoo):
        odoo.effects["action_post"] = _doing(_post_it, RefusedError("Odoo refused: must be in draft", text="draft"))
        post = put_post()
        drain()
        assert fresh(post).outcome == "verified"

    def test_while_looking_is_a_dead_letter_too(self, odoo):
        odoo.fail["look"] = [AccessRefusedError("Odoo does not let this user read it.", text="Not allowed")]
        post = put_post()
        drain()
        assert (fresh(post).state, post.result["refused"]) == ("dead", "Not allowed")

    def test_by_a_false_answer_of_load_is_told_apart(self, odoo):
        odoo.effects["load"] = lambda *_: {"ids": False, "messages": [{"type": "error", "message": "Unknown unit 'x'"}]}
        message = put("load", LOAD)
        drain()
        assert (fresh(message).state, message.result["refused"]) == ("dead", "Unknown unit 'x'")

    def test_by_load_for_a_race_is_repeated(self, odoo):
        words = "could not serialize access due to concurrent update"
        answers = iter([{"ids": False, "messages": [{"message": words}]}])
        plain = odoo.effects["load"]
        odoo.effects["load"] = lambda *given: next(answers, None) or plain(*given)
        message = put("load", LOAD)
        drain()
        assert fresh(message).state == "pending"
        drain(after_s=10)
        assert fresh(message).outcome == "verified"
        assert len(odoo.records["mail.message"]) == 1

    def test_of_a_payload_that_is_no_push_says_what_is_wrong(self, odoo):
        message = put("typo", payload(call={"method": "action_post"}, verfiy={"state": "posted"}))
        drain()
        assert fresh(message).state == "dead"
        assert "knows nothing of verfiy" in message.last_error

    def test_is_said_when_odoo_took_the_call_but_did_nothing(self, odoo):
        odoo.effects["action_post"] = lambda *_: {"type": "ir.actions.act_window"}
        post = put_post()
        drain()
        assert fresh(post).state == "dead"
        assert "not as it should be" in post.result["refused"]
        assert len(odoo.calls) == 1


class TestNoAnswer:
    @pytest.mark.parametrize(
        "error",
        [
            AWAY,
            LOST,
            AuthenticationError("Make a new key."),
            WrongDatabaseError("Another database."),
            AnswerError("Not as Odoo does."),
            BusyError("Odoo is being restarted."),
            ServerFaultError("The proxy says 502.", maybe_done=True),
        ],
        ids=lambda error: f"{type(error).__name__} {error.sentence}",
    )
    def test_to_the_look_uses_up_no_attempt(self, odoo, error):
        odoo.fail["look"] = [error]
        post = put_post()
        drain()
        assert (fresh(post).state, post.used_attempts, post.last_error) == ("pending", 0, error.sentence)
        drain(after_s=61)
        assert fresh(post).outcome == "verified"
        assert len(odoo.calls) == 1

    def test_for_long_is_waited_for(self, odoo, monkeypatch):
        def nobody(*, at: datetime) -> None:
            raise AWAY

        with monkeypatch.context() as patch:
            patch.setattr(connection, "client", nobody)
            post = put_post()
            for round_ in range(20):
                drain(after_s=round_ * 61)
        assert (fresh(post).state, post.attempt, post.used_attempts) == ("pending", 20, 0)
        assert Destination.objects.get(pk="odoo").breaker == "open"
        drain(after_s=21 * 61)
        assert fresh(post).outcome == "verified"

    def test_to_a_call_that_never_left_is_not_unknown(self, odoo):
        odoo.fail["call"] = [AWAY]
        post = put_post()
        drain()
        assert Attempt.objects.get(message=post).outcome == "away"
        drain(after_s=61)
        assert fresh(post).outcome == "verified"

    def test_for_being_busy_repeats_the_call(self, odoo):
        odoo.fail["call"] = [BusyError("Odoo was busy."), BusyError("Odoo was busy.")]
        post = put_post()
        for after_s in (0, 10, 20):
            drain(after_s)
        assert fresh(post).outcome == "verified"
        assert post.used_attempts == 3

    def test_for_a_fault_that_rolled_back_repeats_the_call(self, odoo):
        odoo.fail["call"] = [ServerFaultError("Odoo failed.", maybe_done=False)]
        post = put_post()
        drain()
        drain(after_s=10)
        assert fresh(post).outcome == "verified"


class TestPushesSeenExactlyOnce:
    """Promise 8, call by call; with processes that are really killed: test_killed_workers."""

    @pytest.mark.parametrize(
        "error",
        [
            LOST,
            ServerFaultError("The proxy says 504.", maybe_done=True),
            AnswerError("Half an answer.", maybe_done=True),
        ],
        ids=lambda error: type(error).__name__,
    )
    @pytest.mark.parametrize("asked", [put_release, put_post, put_note])
    def test_an_answer_lost_after_the_call_was_done_is_found_by_looking(self, odoo, asked, error):
        odoo.fail["answer"] = [error]
        message = asked()
        drain()
        assert Attempt.objects.get(message=message).outcome == "unknown"
        drain(after_s=10)
        assert fresh(message).outcome == "verified"
        assert len(odoo.calls) == 1

    @pytest.mark.parametrize("asked", [put_release, put_post, put_note])
    def test_a_read_back_that_fails_is_made_up_by_the_next_look(self, odoo, asked):
        odoo.fail["read back"] = [AWAY]
        message = asked()
        drain()
        assert fresh(message).state == "pending"
        drain(after_s=61)
        assert fresh(message).outcome == "verified"
        assert len(odoo.calls) == 1

    def test_takes_the_time_from_the_answer_that_showed_it_and_asks_for_nothing_more(self, odoo):
        post = put_post()
        drain()
        assert fresh(post).result["at"] == NOW.isoformat()
        assert (len(odoo.looks), len(odoo.calls)) == (4, 1)  # the draft and its lines, before and after

    def test_a_lost_call_that_was_not_done_is_repeated(self, odoo):
        odoo.fail["call"] = [LOST]
        post = put_post()
        drain()
        assert Attempt.objects.get(message=post).outcome == "unknown"
        drain(after_s=10)
        assert fresh(post).outcome == "verified"
        assert len(odoo.calls) == 2

    def test_a_lost_note_is_looked_for_but_not_repeated_while_odoo_may_still_be_at_work(self, odoo):
        odoo.fail["call"] = [LOST]
        note = put_note()
        drain()
        drain(after_s=10)
        drain(after_s=100)
        assert fresh(note).state == "pending"
        assert note.used_attempts == 1
        assert len(odoo.calls) == 1
        odoo.effects["message_post"](odoo, "account.move", [17], {"body": "Approved by Ann [R-42/1]"})  # it was at work
        drain(after_s=60 + handler.SERVER_LIMIT_S + 1)
        assert fresh(note).outcome == "verified"
        assert len(odoo.calls) == 1

    def test_a_lost_note_is_repeated_when_odoo_must_have_ended(self, odoo):
        odoo.fail["call"] = [LOST]
        note = put_note()
        for after_s in (0, 10, 60 + handler.SERVER_LIMIT_S + 1):
            drain(after_s)
        assert fresh(note).outcome == "verified"
        assert len(odoo.records["mail.message"]) == 1

    def test_a_worker_that_was_stopped_for_long_does_not_call(self, odoo, settings):
        settings.ODOO = {**settings.ODOO, "TIMEOUT_S": 59.8}
        odoo.look_takes_s = 0.3
        post = put_post()
        drain()
        assert "no time is left" in fresh(post).last_error
        assert odoo.calls == []


class TestSecrets:
    def test_no_key_reaches_what_is_stored(self, odoo, settings):
        settings.ODOO = {**settings.ODOO, "API_KEY": "s3cret-key"}
        odoo.fail["call"] = [RefusedError("Odoo refused: no.", text="no")]
        message = put_post()
        drain()
        stored = [
            *Message.objects.values_list("last_error", "result", "payload"),
            *Attempt.objects.values_list("error"),
        ]
        assert fresh(message).state == "dead"
        assert "s3cret-key" not in repr(stored)


LOAD = {
    "model": "mail.message",
    "call": {"method": "load", "kwargs": {"fields": ["body", "create_uid"], "data": [["[R-42/1]", 5]]}},
    "find": {"model": "mail.message", "domain": [["body", "ilike", "[R-42/1]"]]},
}


def _raiser(error: Exception) -> Any:
    return _doing(lambda odoo: None, error)


def _doing(deed: Any, error: Exception) -> Any:
    def effect(odoo: FakeOdoo, *_given: Any) -> None:
        deed(odoo)
        raise error

    return effect


def _post_it(odoo: FakeOdoo) -> None:
    odoo.records["account.move"][17].update(state="posted", name="INV/2026/00031")
