"""The first run: whoever has the key becomes administrator once, and only they say who may what."""

import io
from decimal import Decimal

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from approvals.models import Policy
from cockpit.accounts import grants
from cockpit.accounts.models import Person, User
from cockpit.audit.models import Entry
from delivery.invoice_release.facts import of_invoice
from delivery.models import ClientTier, SetupLook
from delivery.setup import acting, forms, proposals
from integrations.mirror import models as mirror
from integrations.odoo.checking import Finding
from integrations.odoo.client import OdooError
from tests import cast
from tests.cast import MONDAY
from tests.mirrored import mirrored

pytestmark = pytest.mark.django_db
KEY = "a key that make run printed"
PASSWORD = "correct horse battery staple"
FINANCE = "account.group_account_invoice"
guardians = []  # the looks of the page about the connection


@pytest.fixture
def firm(settings):
    settings.SETUP_KEY = KEY
    made = cast.firm()
    for person in made.people.values():
        companies = [made.us.odoo_id] if person.unit == made.us else [made.de.odoo_id]
        values = {"active": True, "share": False, "company_ids": companies}
        mirrored(mirror.OdooUser, person.odoo_user_id, login=person.email, **values)
    Person.objects.filter(name__in=["Eve Egan"]).update(odoo_employee_id=7)
    mirrored(mirror.Department, made.munich.odoo_id, name="Munich", active=True, manager_id=7)
    mirrored(mirror.Project, 1, name="ERP", active=True, is_template=False, user_id=made["ben"].odoo_user_id)
    mirrored(mirror.PartnerTag, 31, name="Strategic", active=True)
    mirrored(mirror.PartnerTag, 32, name="Standard", active=True)
    return made


@pytest.fixture
def visitor(firm):
    """Somebody who has shown the key."""
    client = Client()
    client.get("/setup/", {"key": KEY})
    return client


@pytest.fixture
def admin(firm):
    grants.grant(firm["mia"], acting.ADMIN, firm.de, actor="system:test", at=MONDAY)
    client = Client()
    client.force_login(firm.user("mia"))
    return client


def looked(**members):
    return SetupLook.objects.create(at=MONDAY, findings=[], members={FINANCE: members.get("finance", [])})


@pytest.fixture
def findings(monkeypatch):
    """What a look into Odoo will find; asking for groups, which needs an Odoo, is refused."""
    found = []
    guardians.clear()

    def refuse(client):
        raise OdooError("Odoo does not show its groups.")

    monkeypatch.setattr("delivery.setup.looking.findings", lambda *, at: found)
    monkeypatch.setattr("delivery.setup.looking.connect", lambda config: None)
    monkeypatch.setattr("delivery.setup.looking.members_of_groups", refuse)
    monkeypatch.setattr("delivery.management.commands.setup.look_if_due", lambda *, at: guardians.append(at))
    return found


def command(*words):
    out = io.StringIO()
    call_command("setup", *words, stdout=out)
    return out.getvalue()


class TestTheCommand:
    def test_gives_the_link_until_somebody_has_set_it_up(self, firm, settings):
        assert command() == f"Set it up here: {settings.PUBLIC_URL}/setup/?key={KEY}\n"
        acting.become_first_admin(firm["mia"], PASSWORD, at=MONDAY)
        assert "It is set up" in command()
        assert not SetupLook.objects.exists()

    def test_looks_for_the_page_and_says_what_is_not_in_order(self, firm, visitor, findings):
        findings += [
            Finding("ok", "address", "Odoo 19.0 at https://odoo.example, over json2"),
            Finding("ok", "res.users", "reads 9 fields"),
            Finding("warn", "guard", "Odoo holds nothing back yet."),
        ]
        said = command("--look")
        assert "Odoo 19.0 at https://odoo.example, over json2" in said
        assert "warn  guard: Odoo holds nothing back yet." in said
        assert "reads 9 fields" not in said
        assert "2 things are in order" in said
        assert len(guardians) == 1
        assert f"key={KEY}" in said
        assert "Odoo gives everything that is needed" in visitor.get("/setup/").text

    def test_says_once_that_odoo_is_away(self, firm, findings):
        findings.append(Finding("fail", "connection", "Odoo at odoo.example cannot be reached."))
        said = command("--look")
        assert "fail  connection: Odoo at odoo.example cannot be reached." in said
        assert "the cockpit runs without it" in said
        assert not guardians
        assert SetupLook.objects.get().problem == "Odoo at odoo.example cannot be reached."  # groups were not asked for


class TestTheKey:
    def test_opens_the_page_and_leaves_the_address(self, firm):
        client = Client()
        answer = client.get("/setup/", {"key": KEY})
        assert (answer.status_code, answer["Location"]) == (302, "/setup/")
        assert "Set up your cockpit" in client.get("/setup/").text

    @pytest.mark.parametrize("key", ["wrong", "", "Ünicode"])
    def test_that_is_wrong_leads_to_the_door(self, firm, key):
        client = Client()
        client.get("/setup/", {"key": key})
        assert client.get("/setup/")["Location"].startswith("/accounts/login/")
        assert client.post("/setup/me/", {"person": firm["ann"].pk, "password": PASSWORD}).status_code == 404
        assert client.post("/setup/look/").status_code == 404

    def test_that_is_not_set_opens_nothing(self, firm, settings):
        settings.SETUP_KEY = ""
        client = Client()
        client.get("/setup/", {"key": ""})
        assert client.get("/setup/").status_code == 302

    def test_ends_with_the_first_administrator(self, firm, visitor):
        acting.become_first_admin(firm["mia"], PASSWORD, at=MONDAY)
        assert visitor.get("/setup/").status_code == 302
        assert visitor.post("/setup/me/", {"person": firm["ann"].pk, "password": PASSWORD}).status_code == 404


class TestTheFirstAdministrator:
    def test_chooses_themself_and_is_signed_in(self, firm, visitor):
        answer = visitor.post("/setup/me/", {"person": firm["mia"].pk, "password": PASSWORD}, follow=True)
        assert "4. Roles" in answer.text
        held = grants.granted_units(firm.user("mia"))[acting.ADMIN]
        assert held == {firm.de.pk, firm.us.pk, firm.munich.pk}
        assert User.objects.get(person=firm["mia"]).check_password(PASSWORD)

    def test_needs_a_password_that_is_not_weak(self, firm, visitor):
        answer = visitor.post("/setup/me/", {"person": firm["mia"].pk, "password": "12345678"})
        assert answer.status_code == 422
        assert "too common" in answer.text
        assert not acting.has_admin()

    def test_is_one(self, firm):
        acting.become_first_admin(firm["mia"], PASSWORD, at=MONDAY)
        with pytest.raises(acting.SetupError, match="already"):
            acting.become_first_admin(firm["ann"], PASSWORD, at=MONDAY)


class TestWhoSeesIt:
    @pytest.mark.parametrize("name", ["ann", "lea", "eve"])
    def test_is_nobody_without_the_role(self, firm, name):
        client = Client()
        client.force_login(firm.user(name))
        assert client.get("/setup/").status_code == 404
        for page in ("look", "roles", "tiers", "policy", "me"):
            assert client.post(f"/setup/{page}/").status_code == 404
        assert "Set-up" not in client.get("/queue/").text

    def test_is_the_administrator(self, admin):
        assert "6. Policy" in admin.get("/setup/").text
        assert "/setup/" in admin.get("/queue/").text


class TestProposals:
    def test_come_from_groups_departments_and_projects(self, firm):
        found = {(one.person.name, one.role, one.unit.name) for one in proposals.proposals({FINANCE: [107, 999]})}
        assert found == {
            ("Frank Flynn", "finance", "Halden & Roth Inc."),
            ("Eve Egan", "delivery_manager", "Munich"),
            ("Ben Brook", "project_manager", "Munich"),
        }

    def test_say_what_is_held_already(self, firm):
        held = {one.person.name: one.granted for one in proposals.proposals({FINANCE: [107]})}
        assert held == {"Frank Flynn": True, "Eve Egan": False, "Ben Brook": True}

    def test_are_granted_when_ticked_and_never_otherwise(self, firm, admin):
        looked(finance=[101, 106])
        Person.objects.filter(pk=firm["eve"].pk).update(user=None)
        key = f"{firm['eve'].pk}:finance:{firm.us.pk}"
        assert f'value="{key}"' in admin.get("/setup/").text
        made_up = f"{firm['eve'].pk}:partner:{firm.de.pk}"
        answer = admin.post("/setup/roles/", {"grant": [key, made_up, "nonsense"]}, follow=True)
        step = answer.text.split('id="roles"')[1].split("</section>")[0]
        assert "1 role granted." in step  # where the page stands after the click
        eve = firm.user("eve")
        assert grants.direct(eve) == {"finance": {firm.us.pk}}
        assert firm.us.pk in grants.granted_units(eve)["finance"]

    def test_leave_out_who_has_no_address(self, firm, admin):
        looked(finance=[106])
        Person.objects.filter(pk=firm["eve"].pk).update(user=None, email="")
        answer = admin.post("/setup/roles/", {"grant": [f"{firm['eve'].pk}:finance:{firm.us.pk}"]}, follow=True)
        assert "0 roles granted." in answer.text
        assert "has no work e-mail in Odoo" in answer.text

    def test_give_a_link_to_who_has_no_password(self, firm, admin):
        looked(finance=[106])
        Person.objects.filter(pk=firm["eve"].pk).update(user=None)
        User.objects.filter(email="eve@example.com").delete()
        acting.grant_proposed([f"{firm['eve'].pk}:finance:{firm.us.pk}"], actor=firm["mia"], at=MONDAY)
        with time_machine.travel(MONDAY, tick=False):  # a link carries the second it was made in
            [invitation] = acting.invitations()
            shown = admin.get("/setup/").text
        assert invitation.person == firm["eve"]
        assert invitation.link in shown


class TestTiers:
    def test_are_tags_in_the_order_of_their_numbers(self, firm, admin):
        admin.post("/setup/tiers/", {"rank_32": "9", "rank_31": "2", "rank_x": "1", "rank_40": ""})
        assert list(ClientTier.objects.values_list("name", "rank")) == [("Strategic", 1), ("Standard", 2)]
        assert Entry.objects.get(verb="delivery.setup.tiers").data == {"tiers": ["Strategic", "Standard"]}

    def test_that_are_not_in_odoo_change_nothing(self, firm, admin):
        answer = admin.post("/setup/tiers/", {"rank_31": "1", "rank_99": "2"})
        assert (answer.status_code, ClientTier.objects.count()) == (422, 0)
        assert "no longer in Odoo" in answer.text

    def test_are_a_fact_of_an_invoice(self, firm):
        acting.choose_tiers([31, 32], actor=firm["mia"], at=MONDAY)
        mirrored(mirror.Currency, 1, name="EUR", active=True, decimal_places=2)
        mirrored(mirror.Company, firm.de.odoo_id, name="Halden & Roth GmbH", active=True, currency_id=1)
        mirrored(mirror.Partner, 7, name="Brandt AG", active=True, category_id=[32, 31])
        fields = {"company_id": firm.de.odoo_id, "currency_id": 1, "partner_id": 7, "odoo_state": "draft"}
        mirrored(mirror.Invoice, 17, move_type="out_invoice", amount_total=Decimal(1), **fields)
        assert of_invoice(mirror.Invoice.objects.get(pk=17)).facts["client_tier"] == "Strategic"


class TestThePolicy:
    def test_observes_above_each_companys_limit(self, firm, admin):
        answer = admin.post("/setup/policy/", {f"limit_{firm.de.pk}": "25000", f"limit_{firm.us.pk}": ""}, follow=True)
        assert "It only observes." in answer.text
        version = Policy.objects.get(kind="invoice_release").versions.get()
        assert version.mode == "observe"
        large, rest = version.rules.all()
        assert (large.unit, large.when[0]["value"], large.when[0]["currency"]) == (firm.de, "25000", "EUR")
        assert (rest.unit, rest.when, rest.steps) == (None, [], [])

    def test_that_only_observes_fills_the_form_with_its_limits(self, firm, admin):
        admin.post("/setup/policy/", {f"limit_{firm.de.pk}": "25000", f"limit_{firm.us.pk}": ""})
        text = admin.get("/setup/").text
        assert "Halden &amp; Roth GmbH above €25,000" in text
        assert 'value="25000"' in text

    def test_that_is_enforced_is_shown_and_not_replaced_by_one_that_observes(self, firm, admin):
        admin.post("/setup/policy/", {f"limit_{firm.de.pk}": "25000"})
        Policy.objects.update(mode="enforce")
        text = admin.get("/setup/").text
        assert "<b>Enforced:</b>" in text
        assert 'It is changed <a href="/policies/invoice_release/">on its page</a>' in text
        assert "Halden &amp; Roth GmbH above €25,000" in text
        assert "/setup/policy/" not in text
        answer = admin.post("/setup/policy/", {f"limit_{firm.de.pk}": "1"})
        assert (answer.status_code, Policy.objects.get().versions.count()) == (422, 1)

    def test_sent_twice_is_one_version(self, firm):
        for _ in range(2):
            acting.observe_invoices({firm.de: Decimal(25000)}, actor=firm["mia"], at=MONDAY)
        assert Policy.objects.get().versions.count() == 1

    def test_without_any_limit_is_refused_in_words(self, firm, admin):
        answer = admin.post("/setup/policy/", {})
        assert (answer.status_code, Policy.objects.count()) == (422, 0)
        assert "at least one company" in answer.text

    def test_with_a_limit_that_is_no_number_says_so(self, firm, admin):
        answer = admin.post("/setup/policy/", {f"limit_{firm.de.pk}": "a lot"})
        assert answer.status_code == 422
        assert "Enter a number" in answer.text


class TestTiersForm:
    def test_leaves_out_what_is_no_number(self):
        assert forms.tiers({"rank_3": "2", "rank_1": "1", "rank_²": "1", "rank_4": "-1", "other": "1"}) == [1, 3]
