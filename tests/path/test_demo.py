"""The simulated firm has something of each kind to decide, so that a queue shows what they look like side by side."""

from collections import Counter

from approvals.models import Request
from delivery import demo


def test_the_firm_has_something_of_each_kind_to_decide(cockpit):
    for table in demo.BESIDE:
        cockpit.publish(table)
    cockpit.pull(models=None)
    cockpit.work()
    asked = Counter(Request.objects.open().filter(kind_key__in=["discount", "credit_note", "expense"])
                    .values_list("kind_key", flat=True))  # fmt: skip
    assert asked >= Counter({"discount": 3, "credit_note": 2, "expense": 3})  # other tests leave theirs in this Odoo
    two_steps = Request.objects.get(title__contains="30", kind_key="discount").rounds.get().route["steps"]
    assert [step["role"] for step in two_steps] == ["finance", "leadership"]
    cockpit.odoo.guard_orders("off")
    cockpit.odoo.guard_expenses("off")
