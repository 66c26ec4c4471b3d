"""The exceptions page: who sees what, and who may end it."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cockpit import outbox
from cockpit.audit.models import Entry
from cockpit.exception_queue import open_case
from cockpit.exception_queue.dead_letters import open_for
from cockpit.exception_queue.models import Case
from cockpit.outbox.models import Message
from tests import cast
from tests.cast import MONDAY
from tests.visiting import visitor, words

pytestmark = pytest.mark.django_db
ADDRESS = "/exceptions/"


@pytest.fixture
def firm():
    with time_machine.travel(MONDAY, tick=False):
        yield cast.firm()


def a_case(firm, name="one", **more):
    given = {"kind": "invoice.late", "title": f"Case {name}", "at": MONDAY, "unit": firm.de, **more}
    return open_case(name, **given)


def titles(response):
    return [row.case.title for row in response.context["listing"].rows]


class TestTheList:
    def test_shows_what_it_is_since_when_how_much_and_until_when(self, firm):
        a_case(
            firm,
            at=MONDAY - timedelta(hours=5),
            money=Decimal(64_000),
            currency="EUR",
            due_at=MONDAY + timedelta(days=1),
            detail={"odoo": {"url": "http://127.0.0.1:8069/odoo/account.move/9"}},
        )
        response = visitor(firm, "mia").get(ADDRESS)
        text = words(response)
        assert "Case one invoice · late Halden & Roth GmbH since 05:00 Open in Odoo" in text
        assert "€64,000.00 due Tue 10:00" in text
        assert "€64,000 at risk" in text

    def test_puts_the_severest_first_then_the_oldest(self, firm):
        a_case(firm, "low", severity="low", at=MONDAY - timedelta(days=3))
        a_case(firm, "new", severity="high")
        a_case(firm, "old", severity="high", at=MONDAY - timedelta(days=1))
        assert titles(visitor(firm, "mia").get(ADDRESS)) == ["Case old", "Case new", "Case low"]

    def test_is_of_ones_own_units(self, firm):
        a_case(firm, "german")
        a_case(firm, "munich", unit=firm.munich)
        a_case(firm, "american", unit=firm.us)
        assert titles(visitor(firm, "mia").get(ADDRESS)) == ["Case german", "Case munich"]
        assert titles(visitor(firm, "frank").get(ADDRESS)) == ["Case american"]
        assert titles(visitor(firm, "lea").get(ADDRESS)) == ["Case german", "Case munich", "Case american"]
        assert titles(visitor(firm, "eve").get(ADDRESS)) == []

    def test_shows_what_belongs_to_no_unit_only_to_those_who_see_the_whole_firm(self, firm):
        a_case(firm, "nowhere", unit=None)
        assert titles(visitor(firm, "lea").get(ADDRESS)) == ["Case nowhere"]
        assert titles(visitor(firm, "mia").get(ADDRESS)) == []

    def test_shows_ones_own_wherever_they_are(self, firm):
        a_case(firm, "american", unit=firm.us, owner=firm["ben"])
        assert titles(visitor(firm, "ben").get(ADDRESS)) == ["Case american"]

    def test_says_when_there_are_none(self, firm):
        assert "What is stuck, refused or must be reviewed appears here" in words(visitor(firm, "mia").get(ADDRESS))
        assert "Nothing resolved yet" in words(visitor(firm, "mia").get(f"{ADDRESS}?tab=resolved"))

    def test_links_to_web_addresses_alone(self, firm):
        a_case(firm, detail={"odoo": {"url": "javascript:alert(1)"}})
        assert "javascript:" not in visitor(firm, "mia").get(ADDRESS).content.decode()

    def test_costs_the_same_number_of_queries_for_one_as_for_many(self, firm):
        counts = []
        for names in (["x0"], [f"x{number}" for number in range(1, 20)]):
            for name in names:
                a_case(firm, name, owner=firm["ben"])
            mia = visitor(firm, "mia")
            mia.get(ADDRESS)
            with CaptureQueriesContext(connection) as queries:
                mia.get(ADDRESS)
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 20


class TestClosing:
    def close(self, firm, name, case, reason="Checked with the client."):
        return visitor(firm, name).post(reverse("case_close", args=[case.pk]), {"reason": reason})

    def test_needs_a_reason_and_keeps_it_with_who_gave_it(self, firm):
        case = a_case(firm)
        empty = self.close(firm, "mia", case, reason="  ")
        assert empty.status_code == 422
        assert "Say what you found or did" in words(empty)
        assert self.close(firm, "mia", case).status_code == 302
        case.refresh_from_db()
        assert (case.state, case.closed_because) == (Case.State.RESOLVED, "Checked with the client.")
        assert (
            Entry.objects.filter(subject=f"exception_queue.case:{case.pk}").latest("seq").verb
            == "exception_queue.case.resolve"
        )
        assert "Checked with the client." in words(visitor(firm, "mia").get(f"{ADDRESS}?tab=resolved"))

    def test_an_emergency_release_takes_a_second_person(self, firm):
        case = a_case(firm, kind="invoice.emergency_release", detail={"barred_persons": [firm["ann"].pk]})
        shown = visitor(firm, "ann").get(ADDRESS)
        assert "You took part in it, so a second person reviews it." in words(shown)
        assert "Mark as reviewed" not in words(shown)
        assert self.close(firm, "ann", case).status_code == 409
        case.refresh_from_db()
        assert case.state == Case.State.OPEN
        assert "Mark as reviewed" in words(visitor(firm, "mia").get(ADDRESS))
        assert self.close(firm, "mia", case).status_code == 302

    def test_tells_the_second_that_somebody_was_faster(self, firm):
        case = a_case(firm)
        self.close(firm, "mia", case)
        answer = self.close(firm, "ann", case)
        assert answer.status_code == 409
        assert "It is resolved already. You had written: Checked with the client." in words(answer)

    def test_asked_for_by_get_shows_the_list(self, firm):
        case = a_case(firm)
        for name in ("case_close", "case_retry"):
            assert visitor(firm, "mia").get(reverse(name, args=[case.pk]))["Location"] == ADDRESS
        case.refresh_from_db()
        assert case.state == Case.State.OPEN


class TestADeadLetter:
    def dead(self, firm, request) -> Message:
        message = outbox.put(
            "odoo.push",
            destination="odoo",
            subject="account.move:17",
            payload={},
            key="k",
            at=MONDAY,
            origin=request.audit_subject,
        )
        Message.objects.filter(pk=message.pk).update(
            state="dead", dead_at=MONDAY, outcome="refused", last_error="Locked."
        )
        message.refresh_from_db()
        open_for(message, at=MONDAY)
        return message

    @pytest.fixture
    def message(self, firm):
        cast.policy()
        return self.dead(firm, firm.ask())

    def test_belongs_to_the_unit_of_the_request_it_comes_from(self, firm, message):
        assert Case.objects.get().unit == firm.de
        assert titles(visitor(firm, "mia").get(ADDRESS)) == ["odoo refused account.move:17: Locked."]
        assert titles(visitor(firm, "frank").get(ADDRESS)) == []

    def test_is_tried_again_from_the_page(self, firm, message):
        response = visitor(firm, "mia").post(reverse("case_retry", args=[Case.objects.get().pk]))
        assert response.status_code == 302
        message.refresh_from_db()
        assert message.state == Message.State.PENDING

    def test_that_waits_no_more_cannot_be_tried_again(self, firm, message):
        mia, case = visitor(firm, "mia"), Case.objects.get()
        mia.post(reverse("case_retry", args=[case.pk]))
        response = mia.post(reverse("case_retry", args=[case.pk]))
        assert response.status_code == 409
        assert "waits for nobody any more" in words(response)
