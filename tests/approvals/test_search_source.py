"""What Ctrl+K finds of requests: never more than one may see, the open ones first."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import services
from approvals.search import pages, requests, titles
from tests.approvals.conftest import NOW

pytestmark = pytest.mark.django_db


class TestTheSource:
    @pytest.mark.parametrize("text", ["brandt", "48200", "R-{pk}", "inv/2026/00031"])
    def test_finds_by_what_people_know(self, open_firm, text):
        request = open_firm.ask()
        services.name_record(request.kind_key, request.subject, "INV/2026/00031")
        found = requests(open_firm.user("ann"), text.format(pk=request.pk), 5)
        assert [one.url for one in found] == [f"/queue/R-{request.pk}/"]
        assert found[0].detail == f"{request.number} · €48,200.00 · INV/2026/00031 · Waiting for a decision"

    def test_shows_nothing_of_what_one_may_not_see(self, open_firm):
        open_firm.ask()
        assert requests(open_firm.user("frank"), "brandt", 5) == requests(open_firm.user("eve"), "brandt", 5) == []

    def test_puts_what_waits_first_and_asks_twice_at_most(self, open_firm):
        done, waits = open_firm.ask(1), open_firm.ask(2)
        services.close(done, "not_required", at=NOW)
        user = open_firm.user("ann")
        requests(user, "brandt", 5)
        with CaptureQueriesContext(connection) as queries:
            found = requests(user, "brandt", 5)
        assert [one.url for one in found] == [f"/queue/R-{waits.pk}/", f"/queue/R-{done.pk}/"]
        assert len(queries) == 2


class TestPages:
    @pytest.mark.parametrize(("name", "found"), [("ann", ["/coverage/"]), ("mia", ["/coverage/", "/hand-over/"])])
    def test_are_those_that_are_for_who_asks(self, open_firm, name, found):
        shown = [one.url for one in pages(open_firm.user(name), "", 9)]
        assert [url for url in shown if url in {"/coverage/", "/hand-over/"}] == found

    def test_are_found_by_their_words(self, open_firm):
        assert [one.url for one in pages(open_firm.user("mia"), "Who DECIDE", 9)] == ["/coverage/"]


def test_titles_are_those_of_what_one_may_see(open_firm):
    request = open_firm.ask()
    assert titles(open_firm.user("ann"), [str(request.pk), "999"]) == {str(request.pk): request.title}
    assert titles(open_firm.user("eve"), [str(request.pk)]) == {}
