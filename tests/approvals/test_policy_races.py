"""What happens to drafts of policies when people press at once. Real threads on PostgreSQL."""

from datetime import timedelta

import pytest

from approvals import services
from approvals.models import PolicyVersion, Request, Step
from approvals.policy_files import read
from cockpit.events.models import Event
from tests import cast
from tests.approvals.test_races import at_once
from tests.cast import MONDAY

pytestmark = pytest.mark.django_db(transaction=True)
LATER = MONDAY + timedelta(minutes=42)


@pytest.fixture
def firm():
    made = cast.firm()
    cast.policy()
    cast.hold(made, *((name, "operations_admin", unit) for name in ("mia", "eve") for unit in (made.de, made.us)))
    return made


@pytest.fixture
def draft(firm):
    made = services.begin_draft(cast.KIND, actor=firm["mia"], at=LATER)
    text = read(cast.TABLE.replace("25000", "30000"))
    return services.save_draft(made.pk, text, revision=0, actor=firm["mia"], at=LATER)


class TestAtOnce:
    def test_begun_twice_it_is_one_draft(self, firm):
        begin = [
            lambda name=name: services.begin_draft("staffing", actor=firm[name], at=LATER) for name in ("mia", "eve")
        ]
        results = at_once(*begin)
        assert {type(one) for one in results} == {PolicyVersion}, results
        assert PolicyVersion.objects.filter(policy__kind="staffing").count() == 1

    def test_of_two_edits_of_one_state_one_is_kept_and_the_other_told(self, firm, draft):
        def edit(name, limit):
            text = read(cast.TABLE.replace("25000", limit))
            return lambda: services.save_draft(draft.pk, text, revision=1, actor=firm[name], at=LATER)

        results = at_once(edit("mia", "26000"), edit("eve", "27000"))
        assert sorted(type(one).__name__ for one in results) == ["DraftMovedError", "PolicyVersion"]
        kept = next(one for one in results if isinstance(one, PolicyVersion))
        draft.refresh_from_db()
        assert (draft.revision, draft.rules.first().when) == (2, kept.rules.first().when)

    def test_asked_twice_there_is_one_request(self, firm, draft):
        def ask(name):
            return lambda: services.ask_to_publish(draft.pk, revision=1, actor=firm[name], at=LATER)

        results = at_once(ask("mia"), ask("mia"))
        assert sorted(type(one).__name__ for one in results) == ["DraftRefusedError", "Request"]
        assert Request.objects.filter(kind_key="policy_change").count() == 1

    def test_decided_and_taken_back_it_never_comes_into_force(self, firm, draft):
        request = services.ask_to_publish(draft.pk, revision=1, actor=firm["mia"], at=LATER)
        step = Step.objects.get(round__request=request, state=Step.State.OPEN)
        decide = {"verdict": "approve", "snapshot_id": request.snapshot_id, "note": "", "at": LATER}
        at_once(
            lambda: services.decide(step.pk, actor=firm["eve"], **decide),
            lambda: services.take_back_draft(draft.pk, actor=firm["mia"], at=LATER),
        )
        services.settle_due(LATER + timedelta(minutes=1))
        draft.refresh_from_db()
        request.refresh_from_db()
        assert (draft.state, request.state, request.closed_reason) == ("draft", "closed", "withdrawn")

    def test_two_sweeps_send_it_once(self, firm, draft):
        PolicyVersion.objects.filter(pk=draft.pk).update(state="agreed")
        results = at_once(*[lambda: services.send_due(at=LATER)] * 2)
        assert sorted(results) == [0, 1]
        assert Event.objects.filter(name="approvals.policy.submitted", subject=draft.audit_subject).count() == 1
