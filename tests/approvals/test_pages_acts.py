"""What can be done with a request beside deciding it, from its page: by form, and refused in place."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from approvals import services
from approvals.act_forms import VERBS
from approvals.delegations import Delegation
from approvals.models import Comment, Decision, Question, Request, Step
from cockpit.accounts import grants
from tests import cast
from tests.approvals.conftest import NOW
from tests.cast import MONDAY
from tests.visiting import form_of, words

pytestmark = pytest.mark.django_db


def page(client, request):
    return client.get(reverse("request", args=[request.pk]))


def offered(response) -> list[str]:
    return [offer.verb.name for offer in response.context["page"].acts.offers]


def fields_of(response, verb: str) -> dict[str, str]:
    """What a browser would send with the form of this verb, nothing typed."""
    for form in re.findall(rf"<form\b[^>]*/{verb}/.*?</form>", response.content.decode(), flags=re.S):
        tags = re.findall(r'<input type="hidden"[^>]*>', form)
        pairs = [re.findall(r'(name|value)="([^"]*)"', tag) for tag in tags]
        return {
            dict(pair)["name"]: dict(pair).get("value", "")
            for pair in pairs
            if dict(pair)["name"] != "csrfmiddlewaretoken"
        }
    raise AssertionError(f"The page offers no {verb}.")


def do(client, request, verb: str, **typed):
    fields = fields_of(page(client, request), verb)
    return client.post(reverse(verb, args=[request.pk]), {**fields, **typed})


def step_of(request) -> Step:
    return Step.objects.get(round__request=request, round__closed_at__isnull=True, state="open", added_by=None)


def deputise(firm, delegator="ann", deputy="eve", **more) -> Delegation:
    given = {"start_at": MONDAY - timedelta(days=1), "end_at": MONDAY + timedelta(days=9), **more}
    return Delegation.objects.create(
        delegator=firm[delegator], deputy=firm[deputy], proposed_at=MONDAY, confirmed_at=MONDAY, **given
    )


class TestOffers:
    def test_are_what_one_may_do(self, open_firm, visit):
        request = open_firm.ask()
        mine = ["ask_back", "hand_on", "claim", "consult", "add_approver", "reassign"]
        assert offered(page(visit("ann"), request)) == mine
        assert offered(page(visit("ben"), request)) == ["withdraw"]
        assert offered(page(visit("mia"), request)) == ["reassign"]  # the PMO of that unit
        assert offered(page(visit("lea"), request)) == []

    def test_end_with_the_request(self, open_firm, visit):
        request = open_firm.ask()
        services.close(request, "subject_gone", at=NOW)
        assert [offered(page(visit(name), request)) for name in ("ann", "ben", "mia")] == [[], [], []]

    def test_have_a_key_each_that_no_other_button_has(self, open_firm, visit):
        shown = page(visit("ann"), open_firm.ask()).content.decode()
        keys = re.findall(r'data-key="(\w)"', shown)
        assert len(keys) == len(set(keys))
        assert {"a", "r", "q", "d", "c", "s", "m"} <= set(keys)


class TestAskingBack:
    def test_stops_the_clock_and_the_requester_answers_on_the_page(self, open_firm, visit):
        request, ann, ben = open_firm.ask(), visit("ann"), visit("ben")
        assert do(ann, request, "ask_back", text="Which order?").status_code == 302
        shown = page(ann, request)
        assert "Ann Albers asks Ben Brook: Which order?" in words(shown)
        assert "clock paused" in words(shown)
        assert "take_back" in offered(shown)
        assert "ask_back" not in offered(shown)
        assert offered(page(ben, request)) == ["answer", "withdraw"]
        assert do(ben, request, "answer", text="S00046").status_code == 302
        told = words(page(ann, request))
        assert "Ben Brook answered S00046" in told
        assert "Ann Albers asked Ben Brook Which order?" in told

    def test_can_propose_another_value_to_say_yes_or_no_to(self, open_firm, visit):
        request, ann, ben = open_firm.ask(), visit("ann"), visit("ben")
        do(ann, request, "ask_back", text="Yes, if", fact="amount", value="46,900.00")
        assert Question.objects.get().value == {"amount": "46900.00", "currency": "EUR"}
        assert "Proposed: Amount, with tax: €48,200.00 → €46,900.00" in words(page(ben, request))
        refused = do(ben, request, "answer", text="Fine.")
        assert (refused.status_code, "Say whether you agree to the change." in words(refused)) == (409, True)
        do(ben, request, "answer", accepted="yes")
        assert Question.objects.get().accepted is True

    @pytest.mark.parametrize(
        ("typed", "status", "said"),
        [
            ({"text": ""}, 422, "This field is required."),
            ({"text": "  "}, 422, "This field is required."),
            ({"text": "Yes, if", "fact": "amount"}, 422, "choose what and write how much"),
            ({"text": "Yes, if", "fact": "amount", "value": "much"}, 422, "Write a number"),
            ({"text": "Yes, if", "fact": "due_date", "value": "soon"}, 422, "Write the day as 2026-12-01."),
            ({"text": "Yes, if", "fact": "colour", "value": "red"}, 422, "Select a valid choice"),
            ({"text": "Who?", "of": "Nobody Here"}, 422, "Nobody here is called “Nobody Here”."),
            ({"text": "Who?", "of": "Ann Albers"}, 409, "Name whom you want to ask."),
            ({"text": "long " * 1000}, 409, "at most 4000 characters"),
        ],
    )
    def test_refuses_in_place_and_keeps_what_was_typed(self, open_firm, visit, typed, status, said):
        request = open_firm.ask()
        response = do(visit("ann"), request, "ask_back", **typed)
        assert response.status_code == status
        assert said in words(response)
        assert not Question.objects.exists()
        if typed["text"].strip():
            assert typed["text"].strip()[:40] in response.content.decode()

    def test_is_taken_back_by_who_asked(self, open_firm, visit):
        request, ann = open_firm.ask(), visit("ann")
        do(ann, request, "ask_back", text="Which order?")
        assert do(ann, request, "take_back").status_code == 302
        assert Question.objects.get().ended == "taken_back"
        assert "Ann Albers took the question back" in words(page(ann, request))

    def test_answered_after_it_ended_says_so_and_keeps_the_answer(self, open_firm, visit):
        request, ann, ben = open_firm.ask(), visit("ann"), visit("ben")
        do(ann, request, "ask_back", text="Which order?")
        fields = fields_of(page(ben, request), "answer")
        services.take_back(Question.objects.get().pk, actor=open_firm["ann"], at=NOW)
        late = ben.post(reverse("answer", args=[request.pk]), {**fields, "text": "S00046"})
        assert late.status_code == 409
        assert "Ann Albers has taken the question back." in words(late)
        assert "You had written: S00046" in words(late)


class TestTakingOn:
    def test_shows_others_who_has_it_and_lets_them_take_over(self, open_firm, visit):
        request, ann, dan = open_firm.ask(), visit("ann"), visit("dan")
        do(ann, request, "claim")
        assert "release" in offered(page(ann, request))
        shown = page(dan, request)
        assert "Ann Albers has taken this on, until 14:42." in words(shown)
        assert "/decide/" not in shown.content.decode()
        assert do(dan, request, "claim").status_code == 302
        assert step_of(request).claimed_by == open_firm["dan"]
        do(dan, request, "release")
        assert step_of(request).claimed_by is None
        told = words(page(dan, request))
        assert "Dan Dietz gave it back" in told
        assert "Ann Albers took it on" in told

    def test_given_back_twice_is_refused_in_place(self, open_firm, visit):
        request, ann = open_firm.ask(), visit("ann")
        do(ann, request, "claim")
        fields = fields_of(page(ann, request), "release")
        codes = [ann.post(reverse("release", args=[request.pk]), fields).status_code for _twice in range(2)]
        assert codes == [302, 409]


class TestPassingOn:
    def test_lets_somebody_decide_this_one_for_me(self, open_firm, visit):
        request = open_firm.ask()
        ann, eve = visit("ann"), visit("eve")
        assert do(ann, request, "hand_on", to="eve@example.com").status_code == 302
        assert "Eve Egan may decide it for you now. You still can, too." in words(page(ann, request))
        assert "may decide it for you now" not in words(page(ann, request))  # said once
        shown = page(eve, request)
        assert "Ann Albers lets you decide this one." in words(shown)
        eve.post(reverse("decide", args=[request.pk]), form_of(shown))
        made = Decision.objects.get()
        assert (made.person, made.effective_person) == (open_firm["eve"], open_firm["ann"])

    def test_reassigns_within_the_role_and_leads_to_the_request(self, open_firm, visit):
        request = open_firm.ask()
        refused = do(visit("mia"), request, "reassign", to="Lea Lindt", reason="Ann is ill")
        assert refused.status_code == 409
        assert "it needs Finance of Halden &amp; Roth GmbH" in refused.content.decode()
        assert do(visit("mia"), request, "reassign", to="Dan Dietz", reason="Ann is ill").status_code == 302
        assert step_of(request).asked_persons == [open_firm["dan"].pk]
        assert "Mia Moreau passed it on to Dan Dietz Ann is ill" in words(page(visit("mia"), request))

    def test_leads_to_the_list_for_who_may_not_see_it_any_more(self, open_firm, visit):
        cast.policy(
            "{kind: invoice_release, name: R, mode: enforce,"
            " rules: [{name: all, ask: [{role: finance, who: eve@example.com}]}]}",
            at=NOW - timedelta(minutes=5),
        )
        request = open_firm.ask(at=NOW)
        response = do(visit("eve"), request, "reassign", to="Dan", reason="Not mine")
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("queue"))

    def test_asks_one_more_and_somebody_for_a_view(self, open_firm, visit):
        request, ann = open_firm.ask(), visit("ann")
        assert do(ann, request, "add_approver", person="Lea", reason="Large").status_code == 302
        assert do(ann, request, "consult", person="Eve Egan", text="Do you know them?").status_code == 302
        assert Step.objects.get(added_by=open_firm["ann"]).asked_persons == [open_firm["lea"].pk]
        assert Comment.objects.get().text == "Do you know them?"
        told = words(page(ann, request))
        assert "Ann Albers asked Lea Lindt to agree as well Large" in told
        assert "Ann Albers asked Eve Egan for their view" in told
        assert "Brandt AG" in words(page(visit("eve"), request))


class TestWithdrawing:
    def test_is_for_who_asked(self, open_firm, visit):
        request = open_firm.ask()
        assert do(visit("ben"), request, "withdraw", note="Wrong client.").status_code == 302
        request.refresh_from_db()
        assert (request.state, request.closed_reason) == ("closed", "withdrawn")
        assert visit("ann").post(reverse("withdraw", args=[request.pk])).status_code == 409
        assert "Ben Brook withdrew it Wrong client." in words(page(visit("ben"), request))


class TestActingForAnother:
    def test_is_said_with_its_end_and_decides_as_their_vote(self, open_firm, visit):
        deputise(open_firm)
        request, eve = open_firm.ask(), visit("eve")
        shown = page(eve, request)
        assert re.search("You act for Ann Albers until [^.]*2 Dec", words(shown))
        assert "hand_on" not in offered(shown)
        eve.post(reverse("decide", args=[request.pk]), form_of(shown))
        assert Decision.objects.get().effective_person == open_firm["ann"]

    def test_for_several_asks_for_whom(self, open_firm, visit):
        deputise(open_firm)
        deputise(open_firm, "dan")
        request, eve = open_firm.ask(), visit("eve")
        shown = page(eve, request)
        assert [str(vote.person) for vote in shown.context["page"].acts.votes] == ["Ann Albers", "Dan Dietz"]
        fields = form_of(shown)
        eve.post(reverse("decide", args=[request.pk]), {**fields, "for_person": open_firm["dan"].pk})
        assert Decision.objects.get().effective_person == open_firm["dan"]

    def test_for_whom_one_does_not_act_is_refused(self, open_firm, visit):
        request, ann = open_firm.ask(), visit("ann")
        fields = form_of(page(ann, request))
        wrong = ann.post(reverse("decide", args=[request.pk]), {**fields, "for_person": open_firm["dan"].pk})
        assert (wrong.status_code, "You may not decide this for Dan Dietz." in words(wrong)) == (409, True)
        assert ann.post(reverse("decide", args=[request.pk]), {**fields, "for_person": 987_654}).status_code == 404
        assert not Decision.objects.exists()

    def test_offers_the_votes_that_the_service_takes(self, open_firm, visit):
        """The page reads them its own way; both must say the same."""
        deputise(open_firm)
        deputise(open_firm, "dan", "mia", limit=1000)
        grants.grant(open_firm["lea"], "finance", open_firm.de, actor="system:cast", at=MONDAY)
        request = open_firm.ask(barred=[open_firm["lea"].pk, open_firm["ben"].pk])
        for name in open_firm.people:
            client = visit(name)
            client.raise_request_exception = True
            response = page(client, request)
            shown = response.context["page"] if response.status_code == 200 else None
            votes = [vote.person for vote in shown.acts.votes] if shown else []
            locked = services.routing.lock(request.pk)
            assert votes == services.routing.votes_for(step_of(request), locked, open_firm[name], at=NOW), name


class TestMalformed:
    @pytest.mark.parametrize("verb", [name for name in VERBS if name != "withdraw"])
    @pytest.mark.parametrize("spoilt", ["", "x", "-1", "9" * 30])
    def test_does_nothing_and_says_so(self, open_firm, visit, verb, spoilt):
        request = open_firm.ask()
        name = "question" if verb in {"answer", "take_back"} else "step"
        response = visit("ann").post(reverse(verb, args=[request.pk]), {name: spoilt, "text": "x"})
        assert response.status_code == 422
        assert "The form did not arrive whole" in words(response)

    @pytest.mark.parametrize("verb", [name for name in VERBS if name not in {"withdraw", "answer", "take_back"}])
    def test_of_another_requests_step_finds_nothing(self, open_firm, visit, verb):
        request, other = open_firm.ask(1), open_firm.ask(2)
        typed = {"text": "x", "to": "Dan", "person": "Dan", "reason": "x", "step": step_of(other).pk}
        assert visit("ann").post(reverse(verb, args=[request.pk]), typed).status_code == 404

    @pytest.mark.parametrize("verb", list(VERBS))
    def test_by_get_shows_the_request(self, open_firm, visit, verb):
        request = open_firm.ask()
        response = visit("ann").get(reverse(verb, args=[request.pk]))
        assert response["Location"] == reverse("request", args=[request.pk])

    def test_name_that_several_have_asks_for_more(self, open_firm, visit):
        request = open_firm.ask()
        open_firm["dan"].name = "Lea Lorenz"
        open_firm["dan"].save()
        response = do(visit("ann"), request, "hand_on", to="Lea")
        assert response.status_code == 422
        assert "“Lea” could be several people" in words(response)
        assert Request.objects.get().state == "pending"
