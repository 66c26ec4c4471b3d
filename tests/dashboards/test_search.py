import pytest

from cockpit.accounts import grants
from cockpit.accounts.models import Person, User
from dashboards import rollups, search
from integrations.mirror import models as mirror
from tests.measures.staffed import SAM
from tests.mirrored import mirrored

from .world import AT, BILLED, CLIENT, CLOSED, made

pytestmark = pytest.mark.django_db
ALL = (search.people, search.projects, search.clients, search.invoices)


@pytest.fixture
def world(settings):
    settings.ODOO = {**settings.ODOO, "URL": "http://odoo.test"}
    people, units = made()
    mirrored(mirror.Project, BILLED, company_id=1)
    mirrored(mirror.Project, CLOSED, company_id=2)
    mirrored(
        mirror.Invoice,
        17,
        name="INV/2026/00017",
        move_type="out_invoice",
        company_id=1,
        partner_id=CLIENT,
        commercial_partner_id=CLIENT,
    )
    rollups.refresh(at=AT)
    return people, units


def somebody(role="", unit=None, person=None) -> User:
    person = person or Person.objects.create(name="Lea Lindt", unit=unit)
    person.user = User.objects.create_user(f"{person.pk}@example.com", "a long enough password")
    person.save()
    if role:
        grants.grant(person, role, unit, actor="system:test", at=AT)
    return User.objects.get(pk=person.user_id)


class TestSearch:
    def test_finds_what_one_may_see_with_where_it_leads(self, world, django_assert_max_num_queries):
        people, units = world
        lea = somebody("leadership", units["de"])
        assert search.people(lea, "full", 5)[0].url == f"/utilization/?person={people[SAM].pk}"
        grants.granted_units(lea)
        for source, text, label in (
            (search.projects, "munich go", "Go-live Munich"),
            (search.clients, "brandt", "Brandt AG"),
            (search.invoices, "00017", "INV/2026/00017"),
        ):
            with django_assert_max_num_queries(3):
                assert [one.label for one in source(lea, text, 5)] == [label]

    def test_finds_nothing_of_another_company(self, world):
        _, units = world
        frank = somebody("finance", units["us"])
        for source, text in zip(ALL, ("full", "Go-live", "Brandt", "00017"), strict=True):
            assert source(frank, text, 5) == []
        assert [one.label for one in search.projects(frank, "audit", 5)] == ["Audit"]

    def test_finds_a_stranger_but_oneself_nobody(self, world):
        people, _ = world
        sam = somebody(person=people[SAM])
        assert [one.label for one in search.people(sam, "l", 5)] == [people[SAM].name]
        assert (
            search.projects(sam, "munich", 5) == search.clients(sam, "brandt", 5) == search.invoices(sam, "17", 5) == []
        )
