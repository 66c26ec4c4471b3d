"""The unit chosen in the frame: who may choose which, and where it leads."""

import pytest
from django.test import RequestFactory
from django.urls import reverse

from cockpit.accounts import grants
from cockpit.accounts.models import Unit
from cockpit.pages import scope
from tests import cast
from tests.cast import MONDAY
from tests.visiting import visitor, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm():
    return cast.firm()


def choose(client, unit, **more):
    return client.post(reverse("scope"), {"unit": unit.pk if unit else ""}, **more)


def asked(client, user):
    """A request with that client's session, as a view would get it."""
    request = RequestFactory().get("/queue/")
    request.user, request.session = user, client.session
    return request


class TestTheChosenUnit:
    def test_is_none_until_somebody_chooses(self, firm):
        lea = visitor(firm, "lea")
        assert scope.chosen_units(asked(lea, firm.user("lea"))) is None

    def test_stands_for_itself_and_all_below(self, firm):
        lea = visitor(firm, "lea")
        choose(lea, firm.de)
        assert scope.chosen_units(asked(lea, firm.user("lea"))) == {firm.de.pk, firm.munich.pk}
        choose(lea, firm.munich)
        assert scope.chosen_units(asked(lea, firm.user("lea"))) == {firm.munich.pk}

    def test_is_let_go_with_an_empty_choice(self, firm):
        lea = visitor(firm, "lea")
        choose(lea, firm.de)
        choose(lea, None)
        assert scope.chosen_units(asked(lea, firm.user("lea"))) is None

    def test_of_another_company_is_refused(self, firm):
        ann = visitor(firm, "ann")
        assert choose(ann, firm.us).status_code == 400
        assert scope.chosen_units(asked(ann, firm.user("ann"))) is None

    def test_is_forgotten_with_the_role_there(self, firm):
        ann = visitor(firm, "ann")
        choose(ann, firm.munich)
        grants.revoke(firm["ann"], "finance", firm.de, actor="system:test", at=MONDAY)
        assert scope.chosen_units(asked(ann, firm.user("ann"))) is None

    def test_is_shown_in_the_frame_of_every_page(self, firm):
        ann = visitor(firm, "ann")
        choose(ann, firm.munich)
        assert "Munich Finance" in words(ann.get("/queue/"))
        assert "Unit: Munich" in words(ann.get("/accounts/password/change/"))

    @pytest.mark.parametrize("page", ["queue", "exceptions", "utilization"])
    def test_is_a_chip_on_the_lists_that_it_narrows(self, firm, page):
        lea = visitor(firm, "lea")
        assert "only Munich" not in words(lea.get(reverse(page)))
        choose(lea, firm.munich)
        shown = lea.get(reverse(page))
        assert "only Munich" in words(shown)
        assert 'aria-label="Show all units"' in shown.content.decode()

    def test_costs_nothing_while_there_is_none(self, firm, django_assert_num_queries):
        request = asked(visitor(firm, "ann"), firm.user("ann"))
        assert request.session.get("unit") is None
        with django_assert_num_queries(0):
            scope.chosen_units(request)


class TestTheChoice:
    def test_is_a_tree_of_what_one_holds_a_role_in(self, firm):
        found = [(one.name, one.depth) for one in scope.choices(firm.user("lea"))]
        assert found == [("Halden & Roth GmbH", 0), ("Munich", 1), ("Halden & Roth Inc.", 0)]

    def test_is_not_offered_where_there_is_nothing_to_choose(self, firm):
        assert scope.choices(firm.user("frank")) == []
        assert scope.choices(firm.user("eve")) == []
        assert 'id="scope-menu"' not in visitor(firm, "frank").get("/queue/").content.decode()

    def test_leaves_out_units_that_are_closed(self, firm):
        Unit.objects.filter(pk=firm.munich.pk).update(active=False)
        assert scope.choices(firm.user("ann")) == []


class TestWhereItLeads:
    def test_is_the_page_it_was_made_on_from_its_beginning(self, firm):
        lea = visitor(firm, "lea")
        referer = "http://testserver/queue/?tab=done&after=abc"
        assert choose(lea, firm.de, headers={"referer": referer})["Location"] == "/queue/?tab=done"

    def test_is_the_page_the_form_names_where_the_browser_says_nothing(self, firm):
        answer = visitor(firm, "lea").post(reverse("scope"), {"unit": "", "next": "/exceptions/?tab=resolved"})
        assert answer["Location"] == "/exceptions/?tab=resolved"

    @pytest.mark.parametrize("foreign", ["https://evil.example/queue/", "//evil.example", "javascript:alert(1)", ""])
    def test_is_never_another_site(self, firm, foreign):
        answer = visitor(firm, "lea").post(reverse("scope"), {"unit": "", "next": foreign})
        assert answer["Location"] == "/"

    def test_is_by_post_alone(self, firm):
        assert visitor(firm, "lea").get(reverse("scope")).status_code == 405
