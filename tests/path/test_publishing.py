"""A policy version comes into force together with Odoo's guard, or not at all."""

import json

import pytest
from django.conf import settings

from approvals import services as approvals
from approvals.models import Policy, PolicyVersion
from approvals.policy_files import read
from approvals.services.agreeing import request_of
from cockpit import outbox
from cockpit.accounts import grants
from cockpit.exception_queue.models import Case
from cockpit.outbox.models import Message
from delivery import guards
from integrations.odoo.push import connection
from tests.path.cockpit import TABLE
from tests.visiting import fields_of_row, form_of, signed_in


@pytest.fixture
def publish(cockpit):
    """Put a table on its way; give back its version. The table in force before is in force afterwards."""

    def put(table: str) -> PolicyVersion:
        version = approvals.draft(read(table), actor="system:test", at=cockpit.now)
        approvals.submit(version, actor="system:test", at=cockpit.now)
        return version

    yield put
    cockpit.publish(TABLE)
    assert held(cockpit) == [25_000.0]


def held(cockpit) -> list[float]:
    """The amounts above which Odoo holds invoices now."""
    domain = json.loads(guards.published_guard(cockpit.odoo.client)["x_domain"])
    return [term[2] for term in domain if isinstance(term, list) and term[0] == "amount_total_signed"]


class TestPublishing:
    def test_moves_the_guard_with_the_policy(self, cockpit, publish):
        version = publish(TABLE.replace("25000", "90000"))
        assert version.published_at is None
        cockpit.work()
        version.refresh_from_db()
        assert version.published_at is not None
        assert held(cockpit) == [90_000.0]

    def test_holds_what_either_version_holds_in_between(self, cockpit, publish, monkeypatch):
        version = publish(TABLE.replace("25000", "90000"))
        seen = []
        monkeypatch.setattr("delivery.publishing.approvals.publish", lambda *a, **k: seen.append(held(cockpit)))
        cockpit.work()
        assert seen == [[25_000.0, 90_000.0]]
        monkeypatch.undo()
        approvals.publish(version, actor="system:test", at=cockpit.now)

    def test_waits_while_odoo_is_away_and_the_old_version_stays_in_force(self, cockpit, publish, monkeypatch):
        with monkeypatch.context() as away:
            away.setitem(settings.ODOO, "URL", "http://127.0.0.1:9")
            connection.forget()
            version = publish(TABLE.replace("25000", "90000"))
            cockpit.work()
            version.refresh_from_db()
            assert version.published_at is None
        connection.forget()
        assert held(cockpit) == [25_000.0]
        message = Message.objects.get(key=f"guard/{version.pk}")
        assert message.state == Message.State.PENDING
        cockpit.let_pass(120)
        cockpit.work()
        version.refresh_from_db()
        assert version.published_at is not None

    def test_that_binds_without_a_guard_in_odoo_stays_pending_and_a_case_says_so(self, cockpit, publish, monkeypatch):
        def missing(*args, **kwargs):
            raise guards.GuardMissingError("This Odoo holds no guard yet. Run `manage.py odoo apply` once.")

        with monkeypatch.context() as none:
            none.setattr("delivery.publishing.guards.publish_guard", missing)
            version = publish(TABLE.replace("25000", "90000"))
            cockpit.work()
        version.refresh_from_db()
        assert version.published_at is None
        assert "odoo apply" in Case.objects.get(fingerprint="outbox.dead:odoo|guard:account.move").title
        message = Message.objects.get(key=f"guard/{version.pk}")
        outbox.skip(message, actor="system:test", at=cockpit.now, reason="the test is over")

    def test_to_observe_needs_no_guard(self, cockpit, publish, monkeypatch):
        def missing(*args, **kwargs):
            raise guards.GuardMissingError("none")

        Policy.objects.update(mode="observe")
        PolicyVersion.objects.filter(published_at__isnull=False).update(mode="observe")
        with monkeypatch.context() as none:
            none.setattr("delivery.publishing.guards.publish_guard", missing)
            version = publish(TABLE.replace("enforce", "observe"))
            cockpit.work()
        version.refresh_from_db()
        assert version.published_at is not None
        PolicyVersion.objects.filter(published_at__isnull=False).exclude(pk=version.pk).update(mode="enforce")


class TestTwoPeople:
    """A draft from the page to Odoo's guard: one person asks, another decides, the guard moves, then it is in force."""

    @pytest.fixture
    def runners(self, cockpit):
        """Mia and Ann run the cockpit in both companies."""
        for name in ("mia", "ann"):
            for unit in cockpit.units.values():
                grants.grant(cockpit.person(name), "operations_admin", unit, actor="system:test", at=cockpit.now)
        yield
        cockpit.publish(TABLE)
        assert held(cockpit) == [25_000.0]

    def test_move_the_guard_by_the_pages_alone(self, cockpit, runners):
        mia, ann = (signed_in(cockpit.person(name).user) for name in ("mia", "ann"))
        address = mia.post("/policies/invoice_release/begin/")["Location"]
        form = fields_of_row(mia.get(f"{address}rows/1/"))
        assert mia.post(f"{address}rows/1/", form | {"c0-value": "70000"}).status_code == 302
        draft = approvals.open_draft("invoice_release")
        assert mia.post(f"{address}ask/", {"revision": draft.revision}).status_code == 302
        page = f"/queue/R-{request_of(draft).pk}/"
        with pytest.raises(AssertionError, match="offers no form"):
            form_of(mia.get(page))
        assert ann.post(f"{page}decide/", form_of(ann.get(page))).status_code in (200, 302)
        assert held(cockpit) == [25_000.0]
        cockpit.settle()
        cockpit.work()
        draft.refresh_from_db()
        assert (draft.state, held(cockpit)) == ("published", [70_000.0])
