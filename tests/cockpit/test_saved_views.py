"""Views that people keep: the query is the state, shared ones reach those with a role there, and nobody else."""

import pytest

from cockpit.audit.models import Entry
from cockpit.saved_views import listing, services
from cockpit.saved_views.models import SavedView
from tests import cast
from tests.cast import MONDAY
from tests.visiting import visitor, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm():
    made = cast.firm()
    cast.policy()
    return made


def keep(firm, name="Large", query="?low=50000&tab=needs", unit=None, who="ann"):
    return services.save("queue", actor=firm[who], name=name, query=query, unit=unit, at=MONDAY)


class TestAView:
    def test_is_its_query_without_what_passes(self, firm):
        assert keep(firm, query="?tab=needs&after=1~2~&low=50000&decided=7").query == "low=50000&tab=needs"

    def test_is_chosen_when_the_address_says_the_same_in_any_order(self, firm):
        keep(firm)
        shown = listing(firm.user("ann"), "queue", "?tab=needs&low=50000&decided=4")
        assert [(one.name, one.url, one.chosen, one.mine) for one in shown] == [
            ("Large", "/queue/?low=50000&tab=needs", True, True)
        ]
        assert not listing(firm.user("ann"), "queue", "?tab=needs")[0].chosen

    def test_of_the_same_name_is_brought_up_to_date(self, firm):
        first = keep(firm)
        assert keep(firm, name=" Large ", query="low=9").pk == first.pk
        assert SavedView.objects.get().query == "low=9"
        assert Entry.objects.filter(verb="saved_views.save").count() == 2

    def test_belongs_to_one_page(self, firm):
        keep(firm)
        assert listing(firm.user("ann"), "exceptions") == []

    @pytest.mark.parametrize(
        ("page", "name", "query"),
        [("queue", " ", ""), ("queue", "x" * 61, ""), ("nowhere", "x", ""), ("queue", "x", "q=" + "y" * 700)],
    )
    def test_without_a_name_or_a_page_or_without_end_is_refused(self, firm, page, name, query):
        with pytest.raises(services.ViewRefusedError):
            services.save(page, actor=firm["ann"], name=name, query=query, unit=None, at=MONDAY)


class TestSharing:
    def test_reaches_those_with_a_role_there(self, firm):
        keep(firm, unit=firm.de)
        assert [(one.name, one.mine, one.shared) for one in listing(firm.user("mia"), "queue")] == [
            ("Large", False, firm.de.name)
        ]
        assert listing(firm.user("frank"), "queue") == listing(firm.user("eve"), "queue") == []

    def test_is_only_for_where_one_holds_a_role(self, firm):
        with pytest.raises(services.ViewRefusedError, match="where you hold a role"):
            keep(firm, unit=firm.us)

    def test_tells_a_foreign_unit_from_a_missing_one_in_no_way(self, firm):
        ann, view = visitor(firm, "ann"), {"page": "queue", "name": "Large", "query": ""}
        foreign, missing = (ann.post("/views/save/", {**view, "unit": pk}) for pk in (firm.us.pk, 987_654))
        assert (foreign.status_code, words(foreign)) == (missing.status_code, words(missing))
        assert foreign.status_code == 422

    def test_gives_nobody_else_the_right_to_remove_it(self, firm):
        view = keep(firm, unit=firm.de)
        assert visitor(firm, "mia").post(f"/views/{view.pk}/remove/").status_code == 404
        assert visitor(firm, "ann").post(f"/views/{view.pk}/remove/")["Location"] == "/queue/?low=50000&tab=needs"
        assert not SavedView.objects.exists()


class TestOnTheQueue:
    def test_are_kept_shown_and_counted(self, firm):
        firm.ask(1, 90_000)
        firm.ask(2, 26_000)
        ann = visitor(firm, "ann")
        kept = ann.post("/views/save/", {"page": "queue", "name": "Large", "query": "?tab=needs&low=50000", "unit": ""})
        assert kept["Location"] == "/queue/?low=50000&tab=needs"
        assert 'aria-current="true">' in ann.get(kept["Location"]).content.decode()
        assert "Large 1" in words(ann.get("/queue/views/?now=%3Ftab%3Dneeds"))

    def test_that_cannot_be_kept_say_why(self, firm):
        answer = visitor(firm, "ann").post("/views/save/", {"page": "queue", "name": "", "query": ""})
        assert answer.status_code == 422
        assert "Give the view a name of at most 60 characters." in words(answer)

    def test_count_no_more_than_one_may_see(self, firm):
        firm.ask(1, 90_000)
        keep(firm, query="tab=waiting", unit=firm.de, who="lea")
        assert "Large 1" in words(visitor(firm, "mia").get("/queue/views/"))
        assert "Large 0" in words(visitor(firm, "ann").get("/queue/views/"))
