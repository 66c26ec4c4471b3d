import pytest

from cockpit.sweeping import each


def broken(number):
    if number == 2:
        raise ValueError("two")
    return number


class TestEach:
    def test_gives_every_item_its_turn_and_adds_up(self):
        assert each([1, 3, 4], broken) == 8

    def test_goes_on_after_one_that_breaks_and_says_so_at_the_end(self):
        seen = []
        with pytest.raises(ExceptionGroup, match="1 of what was due broke") as raised:
            each([1, 2, 3], lambda number: seen.append(broken(number)))
        assert seen == [1, 3]
        assert [str(problem) for problem in raised.value.exceptions] == ["two"]

    def test_counts_nothing_for_work_that_says_nothing(self):
        assert each([1, 2], lambda _number: None) == 0
