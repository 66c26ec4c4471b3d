"""Nobody but the pull writes the mirror; and the mirror says how fresh it is."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations import mirror
from integrations.mirror.models import Cursor, Partner, PartnerTag, PullStatus, ReadOnlyMirrorError
from integrations.odoo.pull.merge import merge

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def gold() -> PartnerTag:
    merge(PartnerTag, {"odoo_id": [1], "odoo_write_date": [None], "name": ["Gold"], "active": [True]}, at=AT)
    return PartnerTag.objects.get()


class TestMirror:
    @pytest.mark.parametrize(
        "write",
        [
            lambda tag: tag.save(),
            lambda tag: tag.delete(),
            lambda tag: PartnerTag(odoo_id=2, active=True).save(force_insert=True),
            lambda tag: PartnerTag.objects.create(odoo_id=2),
            lambda tag: PartnerTag.objects.get_or_create(odoo_id=2),
            lambda tag: PartnerTag.objects.update_or_create(odoo_id=1),
            lambda tag: PartnerTag.objects.bulk_create([PartnerTag(odoo_id=2)]),
            lambda tag: PartnerTag.objects.bulk_update([tag], ["name"]),
            lambda tag: PartnerTag.objects.filter(name="Gold").update(name="Lead"),
            lambda tag: PartnerTag.objects.all().delete(),
            lambda tag: PartnerTag._base_manager.all().update(name="Lead"),
        ],
    )
    def test_refuses_to_be_written_and_says_what_to_do(self, gold, write):
        with pytest.raises(
            ReadOnlyMirrorError, match=r"PartnerTag mirrors Odoo and only the pull writes it\. To change"
        ):
            write(gold)
        assert PartnerTag.objects.get().name == "Gold"

    def test_is_read_like_any_model(self, gold):
        assert PartnerTag.objects.live().filter(name__startswith="G").count() == 1
        assert not Partner.objects.exists()


class TestFreshness:
    def cursor(self, model="account.move", **values):
        return Cursor.objects.create(model=model, **{"status": PullStatus.DONE, "fresh_at": AT} | values)

    def test_is_the_time_since_the_last_success_of_each_model(self, django_assert_num_queries):
        self.cursor()
        with django_assert_num_queries(1):
            known = mirror.freshness(at=AT + timedelta(seconds=8))
        assert (known["account.move"].state, known["account.move"].lag) == ("fresh", timedelta(seconds=8))

    def test_turns_stale_after_two_minutes(self):
        self.cursor()
        assert mirror.freshness(at=AT + timedelta(seconds=121))["account.move"].state == "stale"

    def test_says_why_the_last_run_failed(self):
        self.cursor(status=PullStatus.FAILED, sentence="account.move: Odoo does not answer.")
        known = mirror.freshness(at=AT)["account.move"]
        assert (known.state, known.sentence) == ("failed", "account.move: Odoo does not answer.")

    def test_knows_no_lag_before_the_first_load(self):
        self.cursor(fresh_at=None, status=PullStatus.RUNNING)
        known = mirror.freshness(at=AT)["account.move"]
        assert (known.state, known.lag) == ("stale", None)
