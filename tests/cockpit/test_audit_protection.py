import pytest
from django.db import DatabaseError, connection, transaction

from cockpit import audit
from cockpit.audit.models import Entry, Head, Leaf, PersonRef, Seal
from tests.cockpit.fakes import MONDAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def trail(ann):
    audit.record("case:1", "case.open", actor=ann, at=MONDAY)
    audit.seal(MONDAY)


class TestTrail:
    @pytest.mark.parametrize("model", [Entry, Seal, Leaf])
    @pytest.mark.parametrize("act", ["UPDATE {table} SET hash = hash", "DELETE FROM {table}"])
    def test_refuses_to_be_changed_by_raw_sql(self, trail, model, act):
        with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(act.format(table=model._meta.db_table))

    @pytest.mark.parametrize("model", [Entry, Head, Seal, Leaf, PersonRef])
    def test_refuses_to_be_emptied(self, trail, model):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            with pytest.raises(DatabaseError, match="cannot be emptied"), transaction.atomic():
                cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")

    @pytest.mark.parametrize("model", [Head, PersonRef])
    def test_refuses_to_lose_a_head_or_a_person(self, trail, model):
        with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
            model.objects.all().delete()

    def test_refuses_a_head_that_goes_back(self, trail):
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            Head.objects.update(seq=0)
