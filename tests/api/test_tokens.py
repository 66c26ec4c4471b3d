"""What opens the API, and what does not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cockpit.api import services
from cockpit.api.models import Token
from cockpit.audit.models import Entry
from tests.api.conftest import NOW, Program
from tests.visiting import visitor, words

pytestmark = pytest.mark.django_db


class TestToken:
    def test_is_kept_as_a_digest_alone(self, firm, program):
        key = program("ann").key
        kept = Token.objects.get()
        assert key not in {str(value) for value in vars(kept).values()}
        assert kept.digest == services.digest(key)
        assert key.startswith(kept.prefix)

    @pytest.mark.parametrize("key", ["", "ck_wrong", "Basic", "ck_" + "é"])
    def test_that_is_none_is_refused_with_a_sentence_and_the_way_in(self, firm, key):
        answer = Program(key).get("/requests")
        assert (answer.status_code, answer.json()["code"]) == (401, "no_token")
        assert answer["WWW-Authenticate"] == "Bearer"
        assert answer["Content-Type"] == "application/problem+json"

    def test_that_was_revoked_opens_nothing(self, firm, program):
        ann = program("ann")
        assert ann.get("/requests").status_code == 200
        services.revoke(Token.objects.get().pk, actor=firm["ann"], at=NOW)
        assert ann.get("/requests").status_code == 401

    def test_ends_by_itself(self, firm, program, now):
        ann = program("ann")
        now.shift(timedelta(days=30))
        assert ann.get("/requests").status_code == 401

    @pytest.mark.parametrize("change", [{"active": False}, {"user": None}])
    def test_of_somebody_who_left_opens_nothing(self, firm, program, change):
        ann = program("ann")
        for name, value in change.items():
            setattr(firm["ann"], name, value)
        firm["ann"].save()
        assert ann.get("/requests").status_code == 401

    def test_does_only_what_it_was_made_for(self, firm, program):
        answer = program("ann", "ask", "comment", "decide").get("/requests")
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
        assert "“read”" in answer.json()["detail"]

    def test_is_not_replaced_by_a_session(self, firm):
        assert visitor(firm, "ann").get("/api/v1/requests").status_code == 401

    def test_opens_no_page(self, firm, program):
        from django.test import Client

        answer = Client().get("/queue/", headers={"Authorization": f"Bearer {program('ann').key}"})
        assert answer.status_code == 302

    def test_that_asks_too_often_is_told_to_wait(self, firm, program, settings, now):
        settings.API_CALLS_A_MINUTE = 3
        ann = program("ann")
        assert [ann.get("/requests").status_code for _ in range(4)] == [200, 200, 200, 429]
        now.shift(timedelta(minutes=1))
        assert ann.get("/requests").status_code == 200

    def test_is_noted_when_it_is_made_and_revoked(self, firm, program):
        program("ann")
        for _ in range(2):
            services.revoke(Token.objects.get().pk, actor=firm["ann"], at=NOW)
        assert list(
            Entry.objects.filter(subject__startswith="api.token").order_by("pk").values_list("verb", flat=True)
        ) == [
            "api.token.issue",
            "api.token.revoke",
        ]

    def test_of_another_is_none_of_yours(self, firm, program):
        program("ann")
        with pytest.raises(Token.DoesNotExist):
            services.revoke(Token.objects.get().pk, actor=firm["ben"], at=NOW)

    def test_is_one_of_twenty_at_most(self, firm, program):
        for _ in range(services.MOST):
            program("ann")
        with pytest.raises(services.TokenRefusedError, match="20 tokens"):
            program("ann")


class TestPage:
    def test_makes_one_whose_key_is_shown_once(self, firm):
        ann = visitor(firm, "ann")
        made = ann.post("/tokens/", {"name": "Reports", "scopes": ["read"], "days": 30})
        key = made.context["issued"].key
        assert key in words(made)
        assert key not in words(ann.get("/tokens/"))
        assert Program(key).get("/requests").status_code == 200

    @pytest.mark.parametrize(
        "given", [{}, {"name": "X", "scopes": ["all"], "days": 30}, {"name": "X", "scopes": ["read"], "days": 9999}]
    )
    def test_says_what_is_wrong_with_the_form(self, firm, given):
        answer = visitor(firm, "ann").post("/tokens/", given)
        assert answer.status_code == 422
        assert not Token.objects.exists()

    def test_revokes_ones_own_and_knows_no_others(self, firm, program):
        program("ann")
        token = Token.objects.get()
        assert visitor(firm, "ben").post(f"/tokens/{token.pk}/revoke/").status_code == 404
        assert visitor(firm, "ann").post(f"/tokens/{token.pk}/revoke/").status_code == 302
        token.refresh_from_db()
        assert token.revoked_at == timezone.now()
        assert "revoked" in words(visitor(firm, "ann").get("/tokens/"))
