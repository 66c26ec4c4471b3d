"""The whole path on the real server; and promise 8 on it: the worker is killed, and everything is in Odoo once."""

import pytest

from cockpit.outbox.models import Attempt
from tests.path.fixtures import cockpit, database, db  # noqa: F401
from tests.path.test_approval import *  # noqa: F403
from tests.path.test_changes import *  # noqa: F403

POINTS = ["before the call", "after the call", "before the read-back"]


class TestAKilledWorker:
    @pytest.mark.parametrize("point", POINTS)
    def test_leaves_the_invoice_released_posted_and_noted_once(self, cockpit, point):  # noqa: F811
        invoice, request = cockpit.approved()
        cockpit.kill_worker(point)  # release and note are the heads of their streams
        cockpit.kill_worker(point)
        cockpit.let_the_claim_end()
        assert cockpit.run_one()  # the release
        cockpit.kill_worker(point)  # the posting, due since the decision
        cockpit.let_the_claim_end()
        cockpit.work()
        cockpit.let_a_lost_call_end()
        cockpit.work()
        effects = cockpit.effects(request)
        assert {what: message.outcome for what, message in effects.items()} == dict.fromkeys(effects, "verified")
        lost = Attempt.objects.filter(message__in=effects.values(), outcome="lost")
        assert sorted(attempt.message.key.rpartition("/")[2] for attempt in lost) == ["note", "post", "release"]
        move = cockpit.odoo.move(invoice, "state", "name")
        assert (move["state"], effects["post"].result["values"]["name"]) == ("posted", move["name"])
        assert len(cockpit.notes(invoice)) == 1
