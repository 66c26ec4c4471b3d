import pytest

from integrations.odoo.push.values import same


class TestSame:
    @pytest.mark.parametrize(
        ("expected", "actual"),
        [
            (None, False),
            ("", False),
            (False, False),
            (None, 0.0),  # a number that was never set
            (True, True),
            ("draft", "draft"),
            (5, 5),
            (5, [5, "Client"]),
            ([5, "Client"], 5),
            ([2, 1], [1, 2]),
            ([], []),
            ("48200.00", 48200.0),
            ("48200", 48200.0),
            ("0.10", 0.1),
            ("0.30", 0.1 + 0.2),
            ("0.33", 0.333333),  # what a snapshot kept at two digits
            (0.1, 0.1000000001),
            ("-12.50", -12.5),
            ("2026-11-22", "2026-11-22"),
            ({"7": 100}, {"7": 100.0}),
        ],
    )
    def test_holds_for_values_that_mean_the_same(self, expected, actual):
        assert same(expected, actual)

    @pytest.mark.parametrize(
        ("expected", "actual"),
        [
            ("48200.00", 48200.01),
            ("48200", 48200.4),  # a text without decimals is still compared to the cent
            ("48200.00", False),
            ("0.333333", 0.333334),
            (0.1, 0.10001),
            (None, 0.01),
            (None, 5),
            (True, False),
            (False, True),
            (True, 1),
            (5, 6),
            (5, False),
            (5, [6, "Client"]),
            ("5", "5.0"),  # of texts every character counts
            ("many", 5),
            ("NaN", 5.0),
            ("Infinity", 5.0),
            ([1], [1, 2]),
            ("draft", "posted"),
            ({"7": 100}, {"7": 50, "8": 50}),
        ],
    )
    def test_fails_for_values_that_differ(self, expected, actual):
        assert not same(expected, actual)
