"""What arrives at the hints' address: kept as one row, or refused with a sentence; never worked on in the request."""

import json
import threading
import time

import pytest
from celery import current_app
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from integrations.odoo.hints import keeping, secret
from integrations.odoo.hints.models import Hint
from integrations.odoo.hints.tasks import read_hints
from integrations.odoo.hints.views import LONGEST, TASK

pytestmark = pytest.mark.django_db
SAVED = {"_action": "Cockpit: hint (save)(#600)", "_id": 7, "_model": "account.move", "id": 7,
         "write_date": "2026-11-21 19:30:38.568485"}  # fmt: skip


@pytest.fixture
def woken(monkeypatch) -> list[str]:
    tasks: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **options: tasks.append(name))
    return tasks


@pytest.fixture
def send(client, woken):
    secret.make(at=timezone.now())

    def post(body=SAVED, given=None):
        address = reverse("odoo-hint", args=[given or secret.current()])
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.post(address, data, content_type="application/json")

    return post


def waiting() -> list[tuple[str, int]]:
    return list(Hint.objects.order_by("model", "odoo_id").values_list("model", "odoo_id"))


class TestHint:
    def test_is_kept_and_wakes_a_worker(self, send, woken):
        assert send().status_code == 204
        assert waiting() == [("account.move", 7)]
        for _ in range(100):
            if woken:
                break
            time.sleep(0.01)
        assert woken == [TASK] == [read_hints.name]

    def test_that_comes_twice_is_one(self, send):
        send()
        send()
        assert waiting() == [("account.move", 7)]
        assert Hint.objects.get().serial == 2

    def test_costs_no_more_than_two_queries(self, send, django_assert_num_queries):
        given = secret.current()
        with django_assert_num_queries(2):
            send(given=given)

    def test_about_a_part_is_a_look_at_its_model(self, send):
        send({"_model": "account.move.line", "_id": 70})
        assert waiting() == [("account.move.line", keeping.LOOK)]

    def test_is_kept_while_redis_hangs(self, send, monkeypatch):
        released = threading.Event()
        monkeypatch.setattr(current_app, "send_task", lambda *_args, **_options: released.wait(10))
        try:
            began = time.perf_counter()
            assert send().status_code == 204
            assert time.perf_counter() - began < 5
        finally:
            released.set()
        assert waiting() == [("account.move", 7)]

    def test_is_kept_while_redis_is_away(self, send, monkeypatch):
        def refuse(*_args, **_options):
            raise ConnectionRefusedError("Redis is away")

        monkeypatch.setattr(current_app, "send_task", refuse)
        assert send().status_code == 204
        assert waiting() == [("account.move", 7)]


class TestRefused:
    def test_with_a_wrong_secret_as_if_there_were_no_such_page(self, send, client):
        current = secret.current()
        for given in ("x", current[:-1], current + "0", "0" * 64):
            assert send(given=given).status_code == 404
            assert client.get(reverse("odoo-hint", args=[given])).status_code == 404
        assert waiting() == []

    def test_before_there_is_a_secret(self, client):
        for given in ("None", "x"):
            assert client.post(reverse("odoo-hint", args=[given]), "{}", content_type="text/plain").status_code == 404

    def test_at_the_old_address_after_another_was_made(self, send):
        old = secret.current()
        secret.renew(at=timezone.now())
        assert send(given=old).status_code == 404
        assert send().status_code == 204

    def test_once_they_are_turned_off(self, send):
        old = secret.current()
        secret.turn_off(at=timezone.now())
        secret.make(at=timezone.now())
        assert send(given=old).status_code == 404

    def test_by_get(self, send, client):
        answer = client.get(reverse("odoo-hint", args=[secret.current()]))
        assert (answer.status_code, answer["Allow"]) == (405, "POST")

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (413, b'{"_model": "account.move", "_id": 7, "x": "' + b"x" * LONGEST + b'"}'),
            (400, b""),
            (400, b'{"_model": "account.mo'),
            (400, b"\xff\xfe\x00"),
            (400, b"[" * 8_000),
            (422, b"[]"),
            (422, b"7"),
            (422, {"_model": "account.move"}),
            (422, {"_id": 7}),
            (422, {"_model": ["account.move"], "_id": 7}),
            (422, {"_model": "ir.config_parameter", "_id": 7}),
            (422, {"_model": "account.move'; DROP TABLE hints_hint", "_id": 7}),
            *((422, {"_model": "account.move", "_id": forged}) for forged in (0, -1, True, "7", 7.0, None, 2**31, [7])),
        ],
    )
    def test_with_a_sentence(self, send, status, body):
        answer = send(body)
        assert answer.status_code == status
        assert answer.json()["error"].endswith(".")
        assert waiting() == []


class TestFlood:
    def test_of_ten_thousand_becomes_one_look_at_the_model(self):
        at = timezone.now()
        for id_ in range(1, 10_001):
            keeping.hear("account.move", id_, at=at)
        kept = waiting()
        assert len(kept) == keeping.WAITING + 1
        assert kept[0] == ("account.move", keeping.LOOK)
        keeping.hear("sale.order", 1, at=at)
        assert ("sale.order", 1) in waiting(), "the others are not affected"

    def test_still_knows_the_records_that_wait(self):
        at = timezone.now()
        for id_ in range(1, keeping.WAITING + 1):
            keeping.hear("account.move", id_, at=at)
        keeping.hear("account.move", 3, at=at)
        assert Hint.objects.get(odoo_id=3).serial == 2
        assert not Hint.objects.filter(odoo_id=keeping.LOOK).exists()


class TestClaim:
    def test_is_nobody_elses(self):
        at = timezone.now()
        keeping.hear("account.move", 7, at=at)
        assert [each.odoo_id for each in keeping.claim(at=at)] == [7]
        assert keeping.claim(at=at) == []

    def test_of_a_worker_that_died_is_taken_over_and_its_late_end_changes_nothing(self):
        at = timezone.now()
        keeping.hear("account.move", 7, at=at)
        dead = keeping.claim(at=at)
        later = at + keeping.CLAIMED_FOR
        assert [each.odoo_id for each in keeping.claim(at=later)] == [7]
        keeping.finish(dead, at=later)
        keeping.put_off(dead, until=at)
        assert waiting() == [("account.move", 7)]
        assert keeping.claim(at=later) == []

    def test_leaves_what_was_hinted_at_again_meanwhile(self):
        at = timezone.now()
        keeping.hear("account.move", 7, at=at)
        hints = keeping.claim(at=at)
        keeping.hear("account.move", 7, at=at)
        keeping.finish(hints, at=at)
        assert [each.odoo_id for each in keeping.claim(at=at)] == [7]

    def test_of_a_look_waits_until_its_second_is_over_and_is_repeated_for_a_late_hint(self):
        at = timezone.now()
        keeping.hear("account.move", keeping.LOOK, at=at)
        assert keeping.claim(at=at) == []
        first = at + keeping.SECOND_IS_OVER
        look = keeping.claim(at=first)
        keeping.finish(look, at=first)
        assert waiting() == []
        keeping.hear("account.move", keeping.LOOK, at=at)
        keeping.hear("account.move", keeping.LOOK, at=first)
        keeping.finish(keeping.claim(at=first), at=first)
        assert waiting() == [("account.move", keeping.LOOK)]
        second = first + keeping.SECOND_IS_OVER
        keeping.finish(keeping.claim(at=second), at=second)
        assert waiting() == []


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_keep_each_record_once(self, send):
        given = secret.current()

        def hear():
            try:
                for id_ in range(1, 21):
                    keeping.hear("account.move", id_, at=timezone.now())
            finally:
                connection.close()

        threads = [threading.Thread(target=hear) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert len(waiting()) == 20
        assert set(Hint.objects.values_list("serial", flat=True)) == {4}
        assert given == secret.current()
