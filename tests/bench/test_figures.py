"""What a line of `make bench` says, and how it ends."""

import sys

import pytest

from tests.bench import __main__ as bench
from tests.bench.figures import Figure, medians


class TestVerdict:
    @pytest.mark.parametrize(
        ("figure", "ratio", "verdict"),
        [
            (Figure("x", 90, 40, most=100, ratio_most=3), 2.25, "met"),
            (Figure("x", 110, 40, most=100, ratio_most=3), 2.75, "short"),
            (Figure("x", 90, 20, most=100, ratio_most=3), 4.5, "short"),
            (Figure("x", 10, 150, ratio_least=10), 15, "met"),
            (Figure("x", 10, 90, ratio_least=10), 9, "short"),
            (Figure("x", 61, unit="kB", most=60), None, "short"),
        ],
    )
    def test_holds_the_figure_against_its_goal(self, figure, ratio, verdict):
        assert (figure.ratio, figure.verdict) == (ratio, verdict)
        assert figure.line().endswith(verdict)


class TestMedians:
    def test_let_all_take_their_turn(self):
        said = []
        found = medians([lambda: said.append("a"), lambda: said.append("b")], runs=3, warm=1)
        assert "".join(said) == "ababab" + "ab"
        assert len(found) == 2
        assert all(one >= 0 for one in found)


class TestRunner:
    def test_names_the_sections_there_are(self, monkeypatch, capsys):
        monkeypatch.setattr(sys, "argv", ["bench", "nothing"])
        assert bench.main() == 2
        assert "there are web, sync, approvals, lifecycle, dashboards" in capsys.readouterr().err

    def test_says_what_is_not_measured_yet(self, capsys):
        assert bench.measure("lifecycle") == 0
        assert "not measured yet" in capsys.readouterr().out

    def test_ends_badly_when_a_section_fails(self, monkeypatch, capsys):
        monkeypatch.setitem(bench.SECTIONS, "sync", "tests.bench.nowhere")
        assert bench.measure("sync") == 1
        assert "sync failed" in capsys.readouterr().out
