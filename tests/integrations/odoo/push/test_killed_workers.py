"""Promise 8: a push is seen exactly once in Odoo, whatever dies when. Real processes, a real kill, HTTP."""

from datetime import datetime, timedelta

import pytest

from cockpit import outbox
from cockpit.outbox.models import Attempt, Message
from integrations.odoo.push.handler import SERVER_LIMIT_S
from tests.integrations.odoo.push.pushes import AT, RELEASE, note_count, put_note, put_post, put_release

pytestmark = pytest.mark.django_db(transaction=True)
CLAIM_ENDS = AT + timedelta(seconds=60 + 15)
CALL_IS_OVER = CLAIM_ENDS + timedelta(seconds=SERVER_LIMIT_S)
POINTS = ["before the call", "after the call", "before the read-back", "before completing"]


def work_on(at: datetime) -> None:
    """A worker that lives finishes what is due."""
    outbox.drain(at, limit=20)


def standing(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.outcome


class TestKilledWorkers:
    @pytest.mark.parametrize("point", POINTS)
    def test_leave_a_release_a_posting_and_a_note_that_happen_once(self, bed, kill_worker, point):
        release, note = put_release(bed.invoice), put_note(bed.invoice)
        kill_worker(point, AT)
        kill_worker(point, AT)  # the other stream
        work_on(CLAIM_ENDS - timedelta(seconds=1))
        assert standing(release) == standing(note) == ("pending", "")
        work_on(CLAIM_ENDS)
        post = put_post(bed.invoice)
        kill_worker(point, CLAIM_ENDS + timedelta(seconds=5))
        work_on(CALL_IS_OVER)
        assert standing(release) == standing(post) == standing(note) == ("done", "verified")
        assert Attempt.objects.filter(outcome="lost").count() == 3
        [invoice] = bed.admin.search_read("account.move", [["id", "=", bed.invoice]], ["state", "name", "ref"])
        assert (invoice["state"], invoice["ref"], note_count(bed.admin, bed.invoice)) == ("posted", RELEASE, 1)
        assert post.result["values"] == {"state": "posted", "name": invoice["name"]}
        assert [bed.count(method) for method in ("write", "action_post", "message_post")] == [1, 1, 1]

    def test_leave_a_note_that_odoo_is_still_at_work_on_alone(self, bed, kill_worker):
        bed.fault("delay", method="message_post", seconds=2)
        note = put_note(bed.invoice)
        kill_worker("during the call", AT)
        work_on(CLAIM_ENDS)
        assert standing(note) == ("pending", "")
        assert note_count(bed.admin, bed.invoice) == 0
        bed.wait_until_quiet()
        work_on(CALL_IS_OVER)
        assert standing(note) == ("done", "verified")
        assert (note_count(bed.admin, bed.invoice), bed.count("message_post")) == (1, 1)

    def test_leave_a_posting_that_odoo_is_still_at_work_on_done_once(self, bed, kill_worker):
        bed.fault("delay", method="action_post", seconds=2)
        post = put_post(bed.invoice)
        kill_worker("during the call", AT)
        work_on(CLAIM_ENDS)
        bed.wait_until_quiet()  # the late call finds it posted
        assert standing(post) == ("done", "verified")
        [invoice] = bed.admin.search_read("account.move", [["id", "=", bed.invoice]], ["state", "name"])
        assert post.result["values"] == {"state": "posted", "name": invoice["name"]}
