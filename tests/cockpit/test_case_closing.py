"""Why a case closed, in the reader's language: what a rule wrote is translated, what a person wrote is left alone."""

from decimal import Decimal

import pytest
from django.utils import translation

from cockpit.exception_queue import clear_case, closing, open_case
from tests import cast
from tests.cast import MONDAY
from tests.visiting import visitor, words

ENTERED = closing.reason("The timesheets were entered: # of # h.", Decimal("39.5"), Decimal("40.0"))
OWN = "Called on 2026-11-28, see #12 and 1000 more."


class TestSaid:
    @pytest.mark.parametrize(
        ("language", "written", "said"),
        [
            ("en", ENTERED, "The timesheets were entered: 39.5 of 40 h."),
            ("de", ENTERED, "Die Zeiten wurden eingetragen: 39,5 von 40 h."),
            ("de", "Odoo is read again.", "Odoo wird wieder gelesen."),
            ("de", OWN, OWN),
            ("de", "", ""),
        ],
    )
    def test_is_the_readers_language_for_rules_and_the_persons_own_words(self, language, written, said):
        with translation.override(language):
            assert closing.said(written) == said


@pytest.mark.django_db
class TestPage:
    def test_says_it_in_german_and_that_the_money_was_at_risk(self, time_machine):
        time_machine.move_to(MONDAY, tick=False)
        firm = cast.firm()
        case = open_case("one", kind="x", title="One", at=MONDAY, unit=firm.de, money=Decimal(100), currency="EUR")
        clear_case("one", at=MONDAY, reason="Somebody may decide now.")
        mia = visitor(firm, "mia")
        mia.cookies["django_language"] = "de"
        said = words(mia.get(f"/exceptions/E-{case.pk}/"))
        assert said.count("Jetzt darf jemand entscheiden.") == 2  # the answer and the timeline
        assert "100,00 € waren gefährdet." in said
