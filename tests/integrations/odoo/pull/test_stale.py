"""Old data becomes a case for each model, and one above them when Odoo is away."""

from datetime import UTC, datetime, timedelta

import pytest

from cockpit.accounts.models import Person
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.reading.seen import todo
from cockpit.exception_queue.repairs import NoRepairError, run_repair
from cockpit.outbox.models import Message
from integrations.mirror.models import Cursor
from integrations.odoo.pull.stale import LATE, watch

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MODELS = ("account.move", "res.partner", "project.project")


@pytest.fixture(autouse=True)
def read_now():
    for model in MODELS:
        Cursor.objects.create(model=model, fresh_at=AT, status="done")


def age(*models: str, at: datetime = AT, by: timedelta = LATE + timedelta(seconds=1)) -> None:
    Cursor.objects.filter(model__in=models).update(fresh_at=at - by, status="failed", sentence="Access refused.")


def states() -> dict[str, str]:
    return dict(Case.objects.values_list("fingerprint", "state"))


class TestWatch:
    def test_opens_one_for_what_is_older_than_its_limit_and_closes_it_when_it_was_read(self):
        age("account.move", by=LATE)
        assert watch(at=AT) == 0
        age("account.move")
        assert watch(at=AT) == 1
        case = Case.objects.get()
        assert (case.fingerprint, case.severity, case.parent) == ("mirror.stale:account.move", "high", None)
        assert case.detail["sentence"] == "Access refused."
        Cursor.objects.update(fresh_at=AT, status="done")
        watch(at=AT + timedelta(seconds=30))
        case.refresh_from_db()
        assert (case.state, case.closed_because) == ("resolved", "It was read from Odoo again.")

    def test_weighs_by_what_rests_on_it(self):
        age("project.project")
        watch(at=AT)
        assert Case.objects.get().severity == "low"

    def test_silences_all_of_them_under_one_while_odoo_is_away(self):
        age(*MODELS)
        assert watch(at=AT) == 3
        assert [case.fingerprint for case in todo()] == ["mirror.all_stale"]
        parent = todo().get()
        assert (parent.severity, parent.children.count()) == ("critical", 3)

    def test_shows_again_what_is_still_old_when_odoo_is_back(self):
        age(*MODELS)
        watch(at=AT)
        Cursor.objects.exclude(model="res.partner").update(fresh_at=AT, status="done")
        watch(at=AT)
        assert states() == {
            "mirror.all_stale": "resolved",
            "mirror.stale:account.move": "resolved",
            "mirror.stale:project.project": "resolved",
            "mirror.stale:res.partner": "open",
        }
        assert [case.fingerprint for case in todo()] == ["mirror.stale:res.partner"]

    def test_asks_nothing_of_a_first_load(self):
        Cursor.objects.update(fresh_at=None, status="running")
        assert watch(at=AT) == 0


class TestResync:
    def test_asks_for_a_round_once(self):
        age("account.move")
        watch(at=AT)
        person, case = Person.objects.create(name="Mia Moreau"), Case.objects.get()
        run_repair(case.pk, "resync", actor=person, at=AT)
        assert Message.objects.get().payload == {"model": "account.move"}
        with pytest.raises(NoRepairError, match="waits for its turn"):
            run_repair(case.pk, "resync", actor=person, at=AT)
