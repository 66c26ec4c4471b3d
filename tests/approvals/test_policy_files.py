"""A decision table as a file: what is wrong with it is said with its row."""

from pathlib import Path

import hypothesis.strategies as st
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from hypothesis import given

from approvals import services
from approvals.models import PolicyVersion
from approvals.policy import PolicyError
from approvals.policy_files import PolicyText, RuleText, read, seconds, write
from tests import cast

ROW = "kind: invoice_release\nrules:\n  - "


class TestRead:
    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("{", "This is not YAML"),
            ("just words", "A policy file has `kind`"),
            ("kind: x\nrules: 3", "A policy file has `kind`"),
            ("kind: x\nmode: maybe\nrules: []", "not 'maybe'"),
            (ROW + "[]", "Row 1 is not a mapping"),
            (ROW + "{name: Large, whenn: []}", r"Row 1 \(Large\)|whenn means nothing here"),
            (ROW + "{when: [{fact: amount, value: 5}]}", "a condition is written as"),
            (ROW + "{when: [{fact: amount, op: over, value: 5}]}", "'over' is no operator"),
            (ROW + "{when: [{fact: amount, op: '>', value: much}]}", "'much' is no number"),
            (ROW + "{ask: [finance]}", "who is asked is written as"),
            (ROW + "{ask: [{role: king}]}", "there is no role 'king'"),
            (ROW + "{ask: [{role: finance, within: soon}]}", "'soon' is no span of time"),
        ],
    )
    def test_names_the_row_and_what_to_write(self, text, says):
        with pytest.raises(PolicyError, match=says):
            read(text)

    def test_takes_spans_in_minutes_hours_and_days_of_eight_hours(self):
        assert [seconds(span, "Row 1") for span in ("30 min", "4 h", "2d")] == [1800, 14_400, 57_600]


amounts = st.integers(-(10**9), 10**9).map(str) | st.decimals("-99999", "99999", places=2).map(str)
plain = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
compared = st.builds(
    dict, fact=st.sampled_from(["amount", "margin"]), op=st.sampled_from([">", ">=", "<", "<="]), value=amounts,
    currency=st.sampled_from(["", "EUR"]),
)  # fmt: skip
named = st.builds(dict, fact=st.just("tier"), op=st.sampled_from(["=", "!="]), value=plain, currency=st.just(""))
listed = st.builds(
    dict, fact=st.just("tier"), op=st.just("in"), value=st.lists(plain, max_size=3), currency=st.just("")
)
conditions = st.lists(compared | named | listed, max_size=3)
rungs = st.builds(dict, at=st.sampled_from([50, 80, 100, 150]), to=st.just("role:pmo"), hand_over=st.booleans())
steps = st.builds(
    dict,
    role=st.sampled_from(["finance", "pmo"]),
    order=st.integers(1, 9),
    quorum=st.integers(0, 4),
    goal_s=st.integers(1, 200).map(lambda minutes: minutes * 60) | st.sampled_from([14_400, 28_800, 57_600]),
    about=st.lists(st.sampled_from(["amount", "margin"]), max_size=2),
    who=st.sampled_from(["", "manager:2", "fact:project_manager", "ann@example.com"]),
    reject=st.sampled_from(["any", "quorum"]),
    when=conditions,
    ladder=st.lists(rungs, max_size=2),
    timeout=st.sampled_from(["", "approve"]),
)
names = plain.filter(str.strip)
rules = st.builds(
    RuleText, name=names, unit=plain, add_on=st.booleans(), when=conditions, steps=st.lists(steps, max_size=3)
)
modes = st.sampled_from(["off", "observe", "enforce"])
texts = st.builds(PolicyText, st.just("x"), st.just("X"), modes, st.lists(rules, max_size=4))


class TestWrite:
    @given(texts)
    def test_is_read_back_as_it_was(self, text):
        assert read(write(text)) == text

    def test_of_several_an_unsaid_reject_rule_stays_unsaid(self):
        text = read(ROW + "{name: All, ask: [{role: finance, quorum: all}]}")
        assert [step["reject"] for step in text.rules[0].steps] == [""]
        assert read(write(text)) == text


class TestChain:
    def test_asks_the_manager_and_above_each_limit_the_next_one(self):
        chain = "{chain: [10000, 50000], fact: amount, currency: EUR, role: partner, within: 1 d, order: 2}"
        steps = read(ROW + f"{{name: Chain, ask: [{chain}]}}").rules[0].steps
        assert [(step["who"], step["order"], [each["value"] for each in step["when"]]) for step in steps] == [
            ("manager:1", 2, []),
            ("manager:2", 3, ["10000"]),
            ("manager:3", 4, ["50000"]),
        ]

    @pytest.mark.parametrize(
        "chain",
        ["{chain: 5, fact: amount, role: partner}", "{chain: [5], fact: amount}", "{chain: [5], role: partner}"],
    )
    def test_says_how_it_is_written(self, chain):
        with pytest.raises(PolicyError, match="a chain of managers is written as"):
            read(ROW + f"{{name: Chain, ask: [{chain}]}}")


@pytest.mark.django_db
class TestLoad:
    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("kind: coffee\nrules: []", "There is no kind of request 'coffee'"),
            (ROW + "{when: [{fact: colour, op: '=', value: red}]}", "there is no fact 'colour'"),
            (ROW + "{when: [{fact: amount, op: '>', value: 5}]}", "give its limit a currency"),
            (ROW + "{when: [{fact: origin, op: '=', value: S1, currency: EUR}]}", "takes no currency"),
            (ROW + "{unit: Mars}", "there is no unit 'Mars'; units are .*Halden"),
        ],
    )
    def test_changes_nothing_when_something_is_wrong(self, text, says, tmp_path):
        cast.firm()
        file = tmp_path / "policy.yaml"
        file.write_text(text)
        with pytest.raises(CommandError, match=says):
            call_command("policy", "load", str(file))
        assert not PolicyVersion.objects.exists()

    def test_says_that_a_file_is_missing(self):
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("policy", "load", "nowhere.yaml")

    @pytest.mark.parametrize("file", sorted(Path("policies").glob("*.example.yaml")), ids=lambda file: file.stem)
    def test_takes_every_example(self, file):
        cast.firm()
        call_command("policy", "load", str(file))
        assert PolicyVersion.objects.get().mode == "observe"

    def test_takes_the_example_as_it_stands(self, capsys):
        cast.firm()
        call_command("policy", "load", "policies/invoice_release.example.yaml", "--at-once")
        version = PolicyVersion.objects.get()
        assert (version.mode, version.published_at) == ("observe", None)
        services.publish(version, actor="system:test", at=timezone.now())
        call_command("policy", "show")
        assert "amount above 25000 EUR" in " ".join(capsys.readouterr().out.split())
