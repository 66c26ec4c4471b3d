"""What every page shares: the door, the frame, the errors, the health answer."""

import re
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.test import Client
from django.urls import get_resolver, reverse

from cockpit.accounts import grants
from cockpit.accounts.models import User
from cockpit.pages import health
from integrations.mirror import frame as mirror_frame
from integrations.mirror.models import Cursor
from tests import cast
from tests.cast import PASSWORD
from tests.visiting import signed_in, visitor, words

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 13, 3, 20, tzinfo=UTC)
LOGIN = "/accounts/login/"


@pytest.fixture
def firm():
    return cast.firm()


def sign_in(client, name="ann", password=PASSWORD):
    return client.post(LOGIN, {"login": f"{name}@example.com", "password": password})


def addresses(patterns, before=""):
    """Every address that takes no arguments."""
    for each in patterns:
        path = before + str(each.pattern).removeprefix("^").removesuffix(r"\Z").removesuffix("$")
        if hasattr(each, "url_patterns"):
            yield from addresses(each.url_patterns, path)
        elif not re.search(r"[<(\\]", path):
            yield f"/{path}"


class TestTheZone:
    def test_is_the_viewers_on_every_page(self, firm):
        client, missing = visitor(firm, "ann"), []
        for address in addresses(get_resolver().url_patterns):
            with mock.patch("cockpit.pages.middleware.timezone.activate") as activate:
                client.get(address)
            if not activate.called:
                missing.append(address)
            client.force_login(firm.user("ann"))  # one of them is the way out
        assert missing == ["/healthz"]

    def test_costs_a_visitor_of_an_open_page_nothing(self, client):
        with mock.patch("cockpit.pages.middleware.timezone.activate") as activate:
            client.get("/setup/")
        assert not activate.called


class TestTheDoor:
    def test_lets_people_in(self, firm, client):
        response = sign_in(client)
        assert (response.status_code, response["Location"]) == (302, "/")
        assert client.get("/queue/").status_code == 200

    def test_leads_to_where_one_was_going(self, firm, client):
        asked = client.get("/queue/R-12/")
        response = client.post(
            asked["Location"], {"login": "ann@example.com", "password": PASSWORD, "next": "/queue/R-12/"}
        )
        assert response["Location"] == "/queue/R-12/"

    def test_never_leads_to_another_site(self, firm, client):
        response = client.post(
            LOGIN, {"login": "ann@example.com", "password": PASSWORD, "next": "https://evil.example/"}
        )
        assert response["Location"] == "/"

    def test_says_no_more_than_that_name_or_password_are_wrong(self, firm, client):
        wrong, nobody = sign_in(client, password="wrong"), sign_in(client, name="nobody", password="wrong")
        errors = [re.findall(r'role="alert".*?</div>', page.content.decode(), flags=re.S) for page in (wrong, nobody)]
        assert errors[0] == errors[1] != []

    def test_is_locked_after_eight_wrong_passwords_and_says_for_how_long(self, firm, client):
        answers = [sign_in(client, password="wrong") for _try in range(8)]
        assert answers[-1].status_code == 429
        assert "Too many wrong passwords" in words(answers[-1])
        assert "locked for 15 minutes. It opens by itself." in words(answers[-1])
        assert sign_in(client).status_code == 429

    def test_is_not_locked_for_others(self, firm, client):
        for _try in range(8):
            sign_in(client, password="wrong")
        assert sign_in(Client(), name="dan").status_code == 302
        assert sign_in(Client(), name="ANN").status_code == 429

    def test_opens_also_while_redis_is_away(self, firm, client, settings):
        """Promise 15: if Redis is away, people still sign in."""
        cache = {**django_settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
        settings.CACHES = {"default": cache}
        assert sign_in(client).status_code == 302
        assert client.get("/queue/").status_code == 200

    def test_asks_for_the_second_factor_also_while_redis_is_away(self, firm, client, settings):
        from allauth.mfa.totp.internal import auth

        settings.CACHES = {"default": {**django_settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
        secret = auth.generate_totp_secret()
        auth.TOTP.activate(firm.user("ann"), secret)
        assert sign_in(client)["Location"] == reverse("mfa_authenticate")
        code = auth.format_hotp_value(auth.hotp_value(secret, next(auth.yield_hotp_counters_from_time())))
        assert client.post(reverse("mfa_authenticate"), {"code": code})["Location"] == "/"

    def test_is_shut_to_those_who_were_switched_off(self, firm, client):
        User.objects.update(is_active=False)
        response = client.post(LOGIN, {"login": "ann@example.com", "password": PASSWORD}, follow=True)
        assert "switched off" in words(response) or "not correct" in words(response)
        assert client.get("/queue/").status_code == 302

    def test_has_no_way_to_sign_up_or_to_reset_by_mail(self, client):
        for path in ("signup", "password/reset", "email", "social/signup"):
            assert client.get(f"/accounts/{path}/").status_code == 404


class TestOnesOwnPages:
    @pytest.mark.parametrize(
        "name",
        ["account_change_password", "mfa_index", "mfa_activate_totp", "account_logout", "account_reauthenticate"],
    )
    def test_come_in_our_look(self, firm, client, name):
        sign_in(client)
        response = client.get(reverse(name), follow=True)
        assert response.status_code == 200
        assert "css/tokens.css" in response.content.decode()
        assert "Menu:" not in words(response)

    def test_change_the_password(self, firm, client):
        sign_in(client)
        new = {"oldpassword": PASSWORD, "password1": "another long one 7", "password2": "another long one 7"}
        assert client.post(reverse("account_change_password"), new).status_code == 302
        assert sign_in(Client(), password="another long one 7").status_code == 302

    def test_refuse_a_short_password_and_say_why(self, firm, client):
        sign_in(client)
        new = {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}
        assert "at least 12 characters" in words(client.post(reverse("account_change_password"), new))

    def test_sign_out_by_post_alone(self, firm, client):
        sign_in(client)
        client.get(reverse("account_logout"))
        assert client.get("/queue/").status_code == 200
        client.post(reverse("account_logout"))
        assert client.get("/queue/").status_code == 302


class TestTheFrame:
    def test_says_whose_requests_one_sees(self, firm):
        text = words(visitor(firm, "lea").get("/queue/"))
        assert "All units Leadership" in text
        assert "Halden & Roth GmbH Finance" in words(visitor(firm, "ann").get("/queue/"))
        assert "No unit no role yet" in words(visitor(firm, "eve").get("/queue/"))

    def test_has_no_place_for_exceptions_without_a_role_for_them(self, firm):
        labels = [entry.label for entry in visitor(firm, "ben").get("/queue/").context["frame"].nav]
        assert labels[0] == "Queue"
        assert "Exceptions" not in labels

    def test_forbids_scripts_in_the_page_and_from_elsewhere(self, firm):
        response = visitor(firm, "ann").get("/queue/")
        assert "script-src 'self'" in response["Content-Security-Policy"]
        page = response.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert not re.search(r"""\s(on\w+|style)=["']""", page)
        assert not re.search(r'(src|href)="(https?:)?//', page)

    def test_is_kept_by_no_cache(self, firm):
        ann = visitor(firm, "ann")
        for address in ("/queue/", "/exceptions/", "/frame/freshness/"):
            assert "no-store" in ann.get(address)["Cache-Control"]

    def test_works_for_a_sign_in_that_belongs_to_nobody(self, db):
        client = signed_in(User.objects.create_user("nobody@example.com", PASSWORD))
        assert "nobody@example.com" in words(client.get("/queue/"))


class TestFreshness:
    def cursors(self, **ages):
        for model, (age, status) in ages.items():
            fresh_at = None if age is None else NOW - timedelta(seconds=age)
            Cursor.objects.create(model=model, fresh_at=fresh_at, status=status)

    @pytest.mark.parametrize(
        ("ages", "state", "said", "stale"),
        [
            ({"a": (8, "done"), "b": (3, "done")}, "", "Odoo fresh (8 s)", False),
            ({"a": (8, "done"), "b": (119, "failed")}, "", "Odoo fresh (119 s)", False),
            ({"a": (8, "done"), "b": (3720, "failed")}, "late", "Odoo not read since 12:01", True),
            ({"a": (3720, "done")}, "soon", "Odoo last read at 12:01", True),
            ({"a": (8, "done"), "b": (None, "running")}, "stale", "Odoo has not been read completely yet", True),
            ({}, "stale", "Odoo has not been read completely yet", True),
        ],
    )
    def test_is_that_of_the_model_read_longest_ago(self, ages, state, said, stale):
        """Promise 14: no green on stale data."""
        self.cursors(**ages)
        if said.startswith("Odoo fresh (119"):
            said = "Odoo fresh (1 min)"
        line = mirror_frame.line(NOW)
        assert (line.state, line.words, line.stale) == (state, said, stale)

    def test_when_it_is_gone_turns_the_amounts_grey_and_says_so(self, firm):
        with time_machine.travel(NOW, tick=False):
            self.cursors(a=(3600, "failed"))
            cast.policy(at=NOW - timedelta(days=1))
            firm.ask(at=NOW)
            response = visitor(firm, "ann").get("/queue/")
        assert "data-stale" in response.content.decode()
        assert "Odoo not read since 13:03" in words(response)
        assert "Amounts that rest on it are grey, and as they were then." in words(response)

    def test_is_asked_for_again_by_itself(self, firm):
        with time_machine.travel(NOW, tick=False):
            self.cursors(a=(8, "done"))
            text = words(visitor(firm, "ann").get("/frame/freshness/"))
        assert text == "As of 14:03:20 Odoo fresh (8 s)"


class TestErrors:
    def test_say_what_happened_and_lead_back(self, client):
        response = client.get("/nowhere/")
        assert response.status_code == 404
        assert "This page was not found" in words(response)
        assert 'href="/"' in response.content.decode()

    def broken(self, firm, problem):
        ann = visitor(firm, "ann")
        ann.raise_request_exception = False
        with mock.patch("cockpit.pages.views.first_page", side_effect=problem):
            return ann.get("/")

    def test_of_our_own_say_that_nothing_is_lost(self, firm):
        response = self.broken(firm, RuntimeError("secret detail"))
        assert response.status_code == 500
        assert "Nothing that was saved is lost" in words(response)
        assert "secret detail" not in words(response)

    def test_of_our_own_carry_a_number_that_the_log_has(self, firm, capsys):
        response = self.broken(firm, RuntimeError("secret detail"))
        incident = response["X-Incident"]
        assert incident in words(response)
        logged = capsys.readouterr().err
        assert f"incident={incident}" in logged
        assert "secret detail" in logged

    def test_of_the_database_say_to_come_back(self, firm):
        response = self.broken(firm, OperationalError("password=hunter2"))
        assert (response.status_code, response["Retry-After"]) == (503, "5")
        assert "database does not answer" in words(response)
        assert "hunter2" not in words(response)

    def test_of_the_database_are_said_also_before_anybody_is_known(self, firm):
        ann = visitor(firm, "ann")
        ann.raise_request_exception = False
        with mock.patch("django.contrib.sessions.backends.db.SessionStore.load", side_effect=OperationalError("away")):
            response = ann.get("/queue/")
        assert response.status_code == 503
        assert response["X-Incident"] in words(response)

    def test_are_the_same_for_what_is_gone_and_what_is_not_for_oneself(self, firm):
        frank = visitor(firm, "frank")
        assert frank.get("/queue/R-999999/").content == frank.get("/nowhere/").content


class TestHome:
    @pytest.mark.parametrize(
        ("name", "place"), [("ann", "/queue/"), ("ben", "/queue/"), ("mia", "/exceptions/"), ("lea", "/utilization/")]
    )
    def test_is_the_first_page_of_ones_role(self, firm, name, place):
        assert place in visitor(firm, name).get("/")["Location"]

    def test_is_the_first_place_in_the_rail_while_a_page_does_not_exist(self, firm, settings):
        settings.HOMES = [("leadership", "no_such_page")]
        assert visitor(firm, "lea").get("/")["Location"] == "/queue/"

    def test_tells_who_has_no_role_what_to_do(self, firm):
        grants.grant(firm["mia"], "operations_admin", firm.de, actor="system:test", at=NOW)
        text = words(visitor(firm, "eve").get("/"))
        assert "No role yet" in text
        assert "These people can give you a role: Mia Moreau mia@example.com" in text
        assert "manage.py" not in text


class TestHealth:
    def test_is_well_with_database_and_migrations(self, client):
        response = client.get("/healthz")
        assert (response.status_code, response.json()) == (200, {"status": "ok", "database": "ok", "migrations": "ok"})

    def test_is_ill_without_the_database_and_says_no_more(self, client):
        with mock.patch.object(connection, "cursor", side_effect=OperationalError("password=hunter2")):
            response = client.get("/healthz")
        assert response.status_code == 503
        assert response.json() == {"status": "failing", "database": "unreachable", "migrations": "unknown"}

    def test_is_ill_while_migrations_wait(self, client, monkeypatch):
        monkeypatch.setattr(health, "_applied", False)
        plan = mock.patch("cockpit.pages.health.MigrationExecutor.migration_plan", return_value=["one"])
        with plan:
            assert client.get("/healthz").json()["migrations"] == "pending"
        assert client.get("/healthz").json()["migrations"] == "ok"
