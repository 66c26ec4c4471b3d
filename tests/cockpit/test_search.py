"""⌘K: what it finds, and that one broken part doesn't take the others down."""

import time

import pytest
from django.db import connection
from django.urls import reverse

from cockpit.pages.search import Found
from tests import cast
from tests.visiting import visitor, words

pytestmark = pytest.mark.django_db
HERE = "tests.cockpit.test_search"


def records(user, text, limit):
    return [Found(f"{text} {number}", f"/thing/{number}/", "Things", "of Brandt AG") for number in range(100)][:limit]


def greedy(user, text, limit):
    return [Found(f"many {number}", "/many/", "Many") for number in range(100)]


def broken(user, text, limit):
    raise RuntimeError("secret detail")


def slow(user, text, limit):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")
    return []


@pytest.fixture
def firm():
    return cast.firm()


@pytest.fixture
def sources(settings):
    def use(*names):
        settings.SEARCH_SOURCES = [f"{HERE}.{name}" for name in names]
        settings.SEARCH_NAMES = {f"{HERE}.broken": "Cases", f"{HERE}.slow": "Invoices"}

    return use


def palette(client, text=""):
    """The list as the palette asks for it."""
    return client.get(
        reverse("search"), {"q": text}, headers={"HX-Request": "true", "HX-Target": "palette-found"}
    ).content.decode()


class TestThePalette:
    def test_offers_pages_and_actions_before_anything_is_typed(self, firm, sources):
        sources("records")
        text = words(visitor(firm, "ann").get(reverse("search")))
        for named in ("Queue", "Exceptions", "Change password", "Show all keys", "Sign out"):
            assert named in text
        assert "Things" not in text

    def test_finds_records_by_their_kind_and_leads_to_them(self, firm, sources):
        sources("records")
        found = palette(visitor(firm, "ann"), "go-live")
        assert "Things" in found
        assert 'href="/thing/0/"' in found
        assert "go-live 5" in found
        assert "go-live 6" not in found

    def test_asks_for_records_from_two_letters_on(self, firm, sources):
        sources("records")
        ann = visitor(firm, "ann")
        assert "Things" not in palette(ann, "g")
        assert "Type one more letter" in palette(ann, "g")

    def test_shows_no_more_of_a_part_than_was_asked_for(self, firm, sources):
        sources("greedy")
        assert palette(visitor(firm, "ann"), "many").count('href="/many/"') == 6

    def test_finds_pages_by_every_word_in_any_case(self, firm, sources):
        sources()
        found = palette(visitor(firm, "ann"), "PASS ch")
        assert "Change password" in found
        assert "Second factor" not in found

    def test_says_that_nothing_was_found(self, firm, sources):
        sources()
        assert "Nothing found that you may see" in palette(visitor(firm, "ann"), "zzzz")

    def test_offers_the_units_one_may_choose(self, firm, sources):
        sources()
        assert "Show only Munich" in palette(visitor(firm, "ann"), "munich")
        assert "Show only" not in palette(visitor(firm, "frank"), "munich")

    def test_shows_what_was_typed_as_text(self, firm, sources):
        sources("records")
        page = visitor(firm, "ann").get(reverse("search"), {"q": "<script>x"}).content.decode()
        assert "<script>x" not in page
        assert "&lt;script&gt;x" in page

    def test_offers_what_needs_a_script_to_the_palette_alone(self, firm, sources):
        sources()
        ann = visitor(firm, "ann")
        assert "Theme: dark" in palette(ann, "dark")
        assert "data-act" not in ann.get(reverse("search")).content.decode()


class TestAPartThatDoesNotAnswer:
    def test_is_named_and_the_others_are_shown(self, firm, sources, capsys):
        sources("broken", "records")
        found = palette(visitor(firm, "ann"), "go-live")
        assert "These did not answer: Cases." in found
        assert "go-live 0" in found
        assert "secret detail" not in found
        assert "secret detail" in capsys.readouterr().err

    def test_is_waited_for_no_longer_than_a_second(self, firm, sources):
        sources("slow", "records")
        began = time.monotonic()
        found = palette(visitor(firm, "ann"), "go-live")
        assert time.monotonic() - began < 2
        assert "These did not answer: Invoices." in found
        assert "go-live 0" in found

    def test_may_be_a_name_that_leads_nowhere(self, firm, settings):
        settings.SEARCH_SOURCES = ["nowhere.search.records"]
        assert "These did not answer: nowhere." in palette(visitor(firm, "ann"), "go-live")
