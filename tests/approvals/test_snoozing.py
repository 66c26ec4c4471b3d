"""Not seeing a request for a while: for one person alone, the clock goes on, and it comes back in time."""

from datetime import timedelta

import pytest

from approvals import services
from approvals.models import Snooze
from cockpit.audit.models import Entry
from tests import cast
from tests.approvals.conftest import NOW
from tests.cast import MONDAY
from tests.visiting import words

pytestmark = pytest.mark.django_db
QUEUE = "/queue/"
TOMORROW = NOW + timedelta(days=1)


def rows(response) -> list[int]:
    return [row.request.pk for group in response.context["screen"].listing.groups for row in group.rows]


@pytest.fixture
def long(open_firm):
    """A request with four working days to decide."""
    cast.policy(cast.TABLE.replace("within: 4 h", "within: 32 h"), at=MONDAY - timedelta(hours=1))
    return open_firm.ask()


def verbs(request) -> list[str]:
    return [
        entry.verb.rpartition(".")[2] for entry in Entry.objects.filter(subject=request.audit_subject).order_by("seq")
    ]


class TestSnoozing:
    def test_hides_it_from_one_person_alone_and_its_clock_goes_on(self, long, open_firm, visit):
        due = long.due_at
        ann = visit("ann")
        answer = ann.post(f"/queue/R-{long.pk}/snooze/?tab=needs", {"until": "tomorrow"})
        assert answer["Location"] == "/queue/?tab=needs"
        shown = ann.get(QUEUE)
        assert rows(shown) == []
        assert [tab.count for tab in shown.context["screen"].tabs][:3] == ["0", "0", "1"]
        assert rows(visit("dan").get(QUEUE)) == [long.pk]
        long.refresh_from_db()
        assert long.due_at == due
        assert verbs(long)[-1] == "snooze"

    def test_says_until_when_and_that_the_clock_goes_on(self, long, visit):
        ann = visit("ann")
        ann.post(f"/queue/R-{long.pk}/snooze/", {"until": "tomorrow"})
        listed = words(ann.get(QUEUE, {"tab": "snoozed"}))
        assert "snoozed until Tue 09:00" in listed
        opened = words(ann.get(f"/queue/R-{long.pk}/"))
        assert "For you alone snoozed until Tue 09:00. Its clock goes on." in opened
        assert "Ann Albers snoozed it until Tuesday 24 November 2026, 09:00:00 CET; its clock went on" in opened

    def test_ends_by_hand(self, long, visit):
        ann = visit("ann")
        ann.post(f"/queue/R-{long.pk}/snooze/", {"until": "change"})
        ann.post(f"/queue/R-{long.pk}/wake/")
        assert rows(ann.get(QUEUE)) == [long.pk]
        assert Snooze.objects.get().woke_why == Snooze.Woke.PERSON

    def test_again_replaces_the_earlier_one(self, long, open_firm):
        services.snooze(long.pk, actor=open_firm["ann"], until=None, at=NOW)
        services.snooze(long.pk, actor=open_firm["ann"], until=TOMORROW, at=NOW)
        assert Snooze.objects.get(woke_at__isnull=True).until_at == TOMORROW

    def test_is_for_whoever_waits_too(self, long, visit):
        mia = visit("mia")
        mia.post(f"/queue/R-{long.pk}/snooze/?tab=waiting", {"until": "monday"})
        assert rows(mia.get(QUEUE, {"tab": "waiting"})) == []
        assert rows(mia.get(QUEUE, {"tab": "snoozed"})) == [long.pk]

    @pytest.mark.parametrize(
        ("fields", "status", "said"),
        [
            ({}, 422, "Choose until when."),
            ({"until": "date"}, 422, "Choose the day."),
            ({"until": "date", "day": "soon"}, 422, "Write the day as 2026-12-01."),
            ({"until": "date", "day": "2026-11-01"}, 409, "That moment has passed. Choose a later one."),
        ],
    )
    def test_says_what_is_wrong_with_the_form(self, long, visit, fields, status, said):
        answer = visit("ann").post(f"/queue/R-{long.pk}/snooze/", fields)
        assert answer.status_code == status
        assert said in words(answer)

    def test_is_refused_when_it_is_nearly_due_or_decided(self, open_firm, visit, now):
        request = open_firm.ask()  # four hours
        with pytest.raises(services.SnoozeRefusedError, match="nearly due"):
            services.snooze(request.pk, actor=open_firm["ann"], until=None, at=NOW + timedelta(hours=2, minutes=40))
        services.close(request, "not_required", at=NOW)
        with pytest.raises(services.SnoozeRefusedError, match="waits for a decision"):
            services.snooze(request.pk, actor=open_firm["ann"], until=None, at=NOW)


class TestItComesBack:
    def snoozed(self, firm, request, until=None):
        return services.snooze(request.pk, actor=firm["ann"], until=until, at=NOW)

    def woken(self, at):
        services.wake_due(at=at)
        return Snooze.objects.get().woke_why

    def test_at_its_time_also_before_a_sweep(self, long, open_firm, visit, now):
        self.snoozed(open_firm, long, TOMORROW)
        assert self.woken(TOMORROW - timedelta(seconds=1)) == ""
        now.move_to(TOMORROW)
        assert rows(visit("ann").get(QUEUE)) == [long.pk]
        assert self.woken(TOMORROW) == Snooze.Woke.TIME
        assert verbs(long)[-1] == "wake"

    def test_when_four_fifths_of_its_time_are_used(self, open_firm):
        request = open_firm.ask()  # from ten for four hours: 80 % are used at 13:12
        made = self.snoozed(open_firm, request, TOMORROW)
        assert made.wakes_at == MONDAY + timedelta(hours=3, minutes=12)
        assert self.woken(made.wakes_at) == Snooze.Woke.DUE

    def test_when_something_material_changed_but_not_for_less(self, long, open_firm):
        self.snoozed(open_firm, long)
        services.refresh_facts(long, cast.invoice_facts(open_firm.de, reference="4500 118 343"), at=NOW)
        assert self.woken(NOW) == ""
        services.refresh_facts(long, cast.invoice_facts(open_firm.de, 46_900), at=NOW)
        assert self.woken(NOW) == Snooze.Woke.CHANGED

    def test_never_again_once_it_is_closed(self, long, open_firm):
        self.snoozed(open_firm, long)
        services.close(long, "not_required", at=NOW)
        assert self.woken(NOW) == Snooze.Woke.ENDED
