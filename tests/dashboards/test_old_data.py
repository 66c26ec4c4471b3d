"""Promise 14: no green on stale data. Every page says of what it shows since when it is old, and turns it grey."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.template import Context, Template
from django.urls import reverse
from django.utils.module_loading import import_string

from approvals.models import Request
from cockpit.exception_queue import open_case
from cockpit.exception_queue.models import Case
from dashboards import rollups
from dashboards.models import Rollup
from integrations.mirror.dependents import dependents, models_of
from integrations.mirror.models import Cursor
from integrations.odoo.pull.catalogue import MAPS
from integrations.odoo.standing import Standings
from tests import cast
from tests.cast import MONDAY
from tests.visiting import visitor, words

pytestmark = pytest.mark.django_db
GREY = "data-stale"
SINCE = "Not read from Odoo since 09:00: "
PAGES = {"queue", "exceptions", "utilization"}


@pytest.fixture
def firm(time_machine):
    """Everything was read eight seconds ago; a request is open, and a case."""
    time_machine.move_to(MONDAY, tick=False)
    made = cast.firm()
    cast.policy()
    read_all()
    made.ask(1, "43450.00")
    week = {"name": "Ben Brandt", "week": "2026-W46", "expected_h": "40", "booked_h": "0",
            "employee": 1, "person": made["ben"].pk}  # fmt: skip
    open_case(
        "missing", kind="timesheets.missing", title="Hours", at=MONDAY, unit=made.de, subject="cockpit.person:1",
        detail=week,
    )  # fmt: skip
    return made


def read_all() -> None:
    Cursor.objects.bulk_create(
        Cursor(model=each.odoo_model, fresh_at=MONDAY - timedelta(seconds=8), status="done") for each in MAPS
    )


def age(*models: str) -> None:
    Cursor.objects.filter(model__in=models).update(fresh_at=MONDAY - timedelta(hours=1))


def shown(firm, address: str, name: str = "ann") -> tuple[str, str]:
    response = visitor(firm, name).get(address)
    return words(response), response.content.decode()


def greys(html: str, element: str) -> list[bool]:
    """Of each such element, whether it is grey."""
    return [GREY in tag for tag in re.findall(rf"<{element}[\s>][^>]*>", html, flags=re.S)]


class TestPromise14:
    def test_every_kind_of_request_says_what_it_rests_on(self):
        of_odoo = [name for name in settings.APPROVAL_KINDS if name.startswith("delivery.")]  # policies are our own
        kinds = [import_string(name).key for name in of_odoo]
        assert [key for key in kinds if not models_of(request=key)] == []

    def test_every_kind_of_case_that_the_lifecycle_makes_says_what_it_rests_on(self):
        made = [key for key, name in settings.CASE_KINDS.items() if name.startswith("delivery.")]
        assert [key for key in made if not models_of(case=key)] == []

    def test_every_page_that_shows_numbers_of_odoo_says_what_it_rests_on(self):
        assert {page for one in dependents() for page in one.pages} == PAGES

    @pytest.mark.parametrize("model", sorted({model for one in dependents() for model in one.models}))
    def test_holds_for_each_model_wherever_it_is_declared(self, model):
        read_all()
        age(model)
        standings = Standings(MONDAY)
        for one in dependents():
            is_old = model in one.models
            for kind in one.requests:
                assert standings.of_request(kind).stale is is_old
            for kind in one.cases:
                assert standings.of_case(kind).stale is is_old
            assert not is_old or all(standings.of_page(page).stale for page in one.pages)

    def test_is_fresh_while_everything_is(self, firm):
        for address in ("/queue/", "/exceptions/"):
            said, html = shown(firm, address, "mia" if "exc" in address else "ann")
            assert "Not read from Odoo" not in said
            assert GREY not in html

    def test_holds_in_the_queue_and_on_a_request(self, firm):
        age("account.move")
        said, html = shown(firm, "/queue/")
        assert said.count(f"{SINCE}Invoices.") == 1
        assert greys(html, 'li class="row[^"]*"') == [True]
        said, html = shown(firm, reverse("request", args=[Request.objects.get().pk]))
        assert f"{SINCE}Invoices." in said
        assert greys(html, "article") == [True]

    def test_leaves_alone_what_does_not_rest_on_it(self, firm):
        age("hr.leave")
        said, html = shown(firm, "/queue/")
        assert f"{SINCE}Time off. Amounts that rest on it are grey" in said
        assert greys(html, 'li class="row[^"]*"') == [False]
        assert greys(shown(firm, reverse("request", args=[Request.objects.get().pk]))[1], "article") == [False]
        age("crm.lead")
        Cursor.objects.filter(model="hr.leave").update(fresh_at=MONDAY)
        assert "Not read from Odoo" not in shown(firm, "/queue/")[0]

    def test_does_not_touch_what_was_decided(self, firm):
        Cursor.objects.all().delete()
        code = Template("{% load words %}{% standing 'request' 'invoice_release' False as old %}{{ old.stale }}")
        assert code.render(Context({})) == "False"

    def test_holds_among_the_exceptions_and_on_a_case(self, firm):
        age("hr.leave")
        case = Case.objects.get(kind="timesheets.missing")
        said, html = shown(firm, reverse("case", args=[case.pk]), "mia")
        assert said.count(f"{SINCE}Time off.") == 2
        assert greys(html, 'li class="row case-row"') == [True]
        assert greys(html, "article") == [True]

    def test_holds_for_utilization(self, firm):
        rollups.refresh(at=MONDAY)
        assert Rollup.objects.exists()
        age("hr.leave")
        for name in ("utilization", "utilization_rows"):
            said, html = shown(firm, reverse(name), "lea")
            assert "Stale since 09:00: Time off could not be read since." in said
            assert greys(html, "main") == [True]

    def test_says_what_was_never_read(self, firm):
        Cursor.objects.filter(model="account.move").update(fresh_at=None)
        assert "Not read from Odoo completely yet: Invoices." in shown(firm, "/queue/")[0]

    def test_names_a_few_models_and_counts_the_others(self, firm):
        Cursor.objects.update(fresh_at=MONDAY - timedelta(hours=1))
        assert re.search(rf"{SINCE}Companies, Currencies and \d+ more\.", shown(firm, "/queue/")[0])
