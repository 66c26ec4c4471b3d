"""Comments: who is told, who cannot be, and that what people write stays text."""

import pytest
from django.db import ProgrammingError, transaction

from approvals import services
from approvals.models import Comment, Mention
from cockpit.accounts.models import Person, User
from cockpit.audit.models import Entry
from tests.approvals.conftest import NOW
from tests.visiting import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_(open_firm):
    return open_firm.ask()


def say(client, request, text, **more):
    return client.post(f"/queue/R-{request.pk}/comment/", {"text": text}, **more)


class TestAComment:
    def test_stands_in_the_timeline_and_in_the_trail(self, request_, visit):
        ann = visit("ann")
        assert say(ann, request_, "Is the PO there?").status_code == 302
        assert "Ann Albers commented Is the PO there?" in words(ann.get(f"/queue/R-{request_.pk}/"))
        assert Entry.objects.filter(subject=request_.audit_subject, verb="approvals.request.comment").count() == 1

    def test_is_text_with_safe_links(self, request_, visit):
        ann = visit("ann")
        say(ann, request_, "<script>alert(1)</script> https://example.com/a javascript:alert(1)")
        shown = ann.get(f"/queue/R-{request_.pk}/").content.decode()
        assert "<script>alert" not in shown
        assert '<a href="https://example.com/a" rel="nofollow">' in shown
        assert 'href="javascript' not in shown

    def test_is_never_changed(self, request_, open_firm):
        services.comment(request_.pk, actor=open_firm["ann"], text="One.", at=NOW)
        with pytest.raises(ProgrammingError), transaction.atomic():
            Comment.objects.update(text="Two.")

    @pytest.mark.parametrize(
        ("text", "said"), [("  ", "Write something first."), ("x" * 4001, "at most 4000 characters")]
    )
    def test_that_says_nothing_or_too_much_is_refused_and_kept_in_the_field(self, request_, visit, text, said):
        answer = say(visit("ann"), request_, text)
        assert answer.status_code == 422
        assert said in words(answer)
        assert text.strip() in answer.content.decode()

    def test_replaces_the_request_alone_when_a_script_sends_it(self, request_, visit):
        answer = say(visit("ann"), request_, "Yes.", headers={"HX-Request": "true", "HX-Target": "request"})
        shown = answer.content.decode()
        assert answer.status_code == 200
        assert "Ann Albers commented" in shown
        assert "<html" not in shown

    def test_may_be_made_by_whoever_sees_the_request_and_by_nobody_else(self, request_, visit):
        assert say(visit("ben"), request_, "It is.").status_code == 302
        assert say(visit("frank"), request_, "Me too.").status_code == 404
        assert Comment.objects.count() == 1


class TestAMention:
    def test_marks_the_request_in_the_queue_of_who_is_named_until_they_look(self, request_, visit):
        say(visit("ann"), request_, "@Mia Moreau, and @ben: is the PO there?")
        assert {one.person.name for one in Mention.objects.all()} == {"Mia Moreau", "Ben Brook"}
        mia = visit("mia")
        assert "mentions you" in words(mia.get("/queue/?tab=waiting&mentions=me"))
        assert [
            one
            for group in mia.get("/queue/?mentions=me&tab=waiting").context["screen"].listing.groups
            for one in group.rows
        ]
        mia.get(f"/queue/R-{request_.pk}/")
        assert "mentions you" not in words(mia.get("/queue/?tab=waiting")).replace("Somebody mentions me", "")
        assert Mention.objects.filter(seen_at__isnull=True).count() == 1

    def test_of_somebody_who_may_not_see_it_is_refused_in_words(self, request_, visit):
        answer = say(visit("ann"), request_, "@Frank Flynn, look")
        assert answer.status_code == 422
        assert "Frank Flynn may not see this request, so a mention would not reach them." in words(answer)
        assert not Comment.objects.exists()

    def test_of_nobody_is_refused(self, request_, visit):
        assert "Nobody here is called @Zoe" in words(say(visit("ann"), request_, "Hello @Zoe"))

    def test_that_two_could_be_asks_for_the_full_name(self, request_, visit):
        Person.objects.create(name="Mia Other", user=User.objects.create_user("other@example.com", "x" * 14))
        answer = say(visit("ann"), request_, "@Mia?")
        assert "@Mia could be Mia Moreau, Mia Other: write the full name." in words(answer)
        assert say(visit("ann"), request_, "@mia moreau?").status_code == 302

    def test_is_not_an_address(self, request_, visit):
        assert say(visit("ann"), request_, "Write to ben@example.com").status_code == 302
        assert not Mention.objects.exists()

    def test_of_oneself_marks_nothing(self, request_, visit):
        say(visit("ann"), request_, "@ann")
        assert not Mention.objects.exists()
