"""German proves it: every page speaks the reader's language, and numbers, dates and money follow."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from cockpit.exception_queue import open_case
from cockpit.pages import words as say
from integrations.mirror.models import Cursor
from scripts import catalogue
from tests import cast
from tests.cast import PASSWORD
from tests.visiting import visitor, words

pytestmark = pytest.mark.django_db
PLACES = [
    "/",
    "/queue/",
    "/queue/?tab=waiting",
    "/queue/?tab=snoozed",
    "/queue/?tab=mine",
    "/queue/?tab=done",
    "/queue/?q=zzz",
    "/exceptions/",
    "/exceptions/?tab=resolved",
    "/utilization/",
    "/data/",
    "/setup/",
    "/search/",
    "/search/?q=zz",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/logout/",
    "/nowhere/",
]


@pytest.fixture
def firm():
    made = cast.firm()
    cast.policy()
    Cursor.objects.create(model="account.move", fresh_at=timezone.now(), status="done")
    return made


def german(client):
    client.post(reverse("language"), {"language": "de"})
    return client


def pieces():
    """What the English sentences say between their placeholders, where German says something else."""
    [(_language, po)] = catalogue.files()
    entries = catalogue.read(po.read_text("utf-8")).values()
    known = " ".join(text for entry in entries for text in entry.text)
    for entry in entries:
        for source in filter(None, (entry.singular, entry.plural)):
            for piece in re.split(r"%\(\w+\)\w+|\{\w+\}|<[^>]+>|\n", source):
                said = " ".join(piece.split()).strip(" .,:;…")
                if len(said) >= 12 and " " in said and said not in known:
                    yield said


def everything(response):
    """The page with what only screen readers and scripts are given."""
    return " ".join(unescape(response.content.decode()).replace("\u00a0", " ").split())


class TestGerman:
    def test_is_all_that_a_page_says(self, firm):
        now = timezone.now()
        request = firm.ask(at=now - timedelta(hours=1))
        open_case("one", kind="test", title="Nadel", at=now, unit=firm.de)
        left, english = {}, sorted(set(pieces()), key=len, reverse=True)
        assert len(english) > 200
        visits = {"ann": [*PLACES, f"/queue/R-{request.pk}/"], "lea": ["/", "/queue/?tab=waiting"], "eve": ["/"]}
        for name, places in visits.items():
            client = german(visitor(firm, name))
            for place in places:
                shown = everything(client.get(place, follow=True))
                for stored in (request.title, "Invoice release"):  # lists show the one, the firm wrote the other
                    shown = shown.replace(stored, "")
                if found := [piece for piece in english if piece in shown]:
                    left[name, place] = found
        assert left == {}

    def test_is_how_a_request_is_named_on_its_page(self, firm):
        request = firm.ask(at=timezone.now())
        page = german(visitor(firm, "ann")).get(f"/queue/R-{request.pk}/").content.decode()
        assert re.search(r'id="request-title">Rechnung für Brandt AG freigeben', page)

    def test_is_said_in_the_page_for_those_who_listen(self, firm):
        assert '<html lang="de"' in german(visitor(firm, "ann")).get("/queue/").content.decode()
        assert '<html lang="en"' in visitor(firm, "ann").get("/queue/").content.decode()

    def test_is_how_amounts_and_days_are_written(self, firm):
        with translation.override("de"):
            assert say.money("48200", "EUR") == "48.200,00\N{NO-BREAK SPACE}€"
            assert say.money("-5.5", "CHF") == "−CHF\N{NO-BREAK SPACE}5,50"
            assert say.day(datetime(2026, 11, 12, tzinfo=UTC)).replace("\N{NO-BREAK SPACE}", " ") == "12. Nov. 2026"
            assert say.in_full(datetime(2026, 11, 12, 13, 3, 20, tzinfo=UTC)).startswith(
                "Donnerstag, 12. November 2026"
            )

    def test_is_how_the_form_at_the_door_speaks(self, firm, client):
        german(client)
        shown = words(client.post(reverse("account_login"), {"login": "ann@example.com", "password": "wrong"}))
        assert "Anmelden" in shown
        assert "Passwort" in shown


class TestTheChoice:
    def test_is_the_browsers_until_somebody_chooses(self, firm):
        shown = Client().get(reverse("account_login"), headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"})
        assert "Anmelden" in words(shown)
        chosen = Client()
        chosen.post(reverse("language"), {"language": "en"})
        assert "Sign in" in words(chosen.get(reverse("account_login"), headers={"accept-language": "de"}))

    def test_stays_over_signing_in_and_out(self, firm, client):
        german(client)
        client.post(reverse("account_login"), {"login": "ann@example.com", "password": PASSWORD})
        assert "Warteschlange" in words(client.get("/queue/"))
        client.post(reverse("account_logout"))
        assert "Anmelden" in words(client.get(reverse("account_login")))

    def test_leads_back_to_where_it_was_made(self, client):
        made = client.post(reverse("language"), {"language": "de", "next": "/accounts/login/?next=/queue/R-1/"})
        assert made["Location"] == "/accounts/login/?next=%2Fqueue%2FR-1%2F"
        made = client.post(reverse("language"), {"language": "de", "next": "https://evil.example/"})
        assert made["Location"] == "/"

    def test_is_of_what_the_cockpit_speaks(self, client):
        assert client.post(reverse("language"), {"language": "xx"}).status_code == 400
