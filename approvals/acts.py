"""Views of what people do with a step beside deciding it. Each verb has its address, its form and one service."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from approvals import services
from approvals.act_forms import VERBS, Verb
from approvals.models import Request
from approvals.reading.notices import Notice
from approvals.views import View, act, address_of, show
from cockpit.accounts.models import Person
from cockpit.pages.requests import PageRequest

Given = dict[str, Any]


def _by_step(service: Callable[..., Any]) -> Callable[..., Any]:
    return lambda asked, given, **who: service(given.pop("step"), **given, **who)


def _by_question(service: Callable[..., Any]) -> Callable[..., Any]:
    return lambda asked, given, **who: service(given.pop("question"), **given, **who)


DOES: dict[str, Callable[..., Any]] = {
    "ask_back": _by_step(services.ask_back),
    "answer": _by_question(services.answer),
    "take_back": _by_question(services.take_back),
    "claim": _by_step(services.claim),
    "release": _by_step(services.release),
    "hand_on": _by_step(services.hand_on),
    "reassign": _by_step(services.reassign),
    "add_approver": _by_step(services.add_approver),
    "consult": _by_step(services.consult),
    "withdraw": lambda asked, given, **who: services.withdraw(asked.pk, **given, **who),
}
SAYS = {  # where the page looks as before
    "hand_on": gettext_lazy("%(person)s may decide it for you now. You still can, too."),
    "consult": gettext_lazy("%(person)s is asked for a view."),
    "add_approver": gettext_lazy("%(person)s must agree as well now."),
}


def view_of(verb: Verb) -> View:
    """Done: the request as it is now. Not done: the same page says why, with what was typed; 422 or 409."""

    @act
    def perform(request: PageRequest, pk: int, person: Person) -> HttpResponse:
        asked = Request.objects.select_related("snapshot").get(pk=pk)
        form = verb.form(request.POST, asked=asked, verb=verb.name)
        if not form.is_valid():
            return show(request, pk, status=422, given=form)
        if form.foreign:
            raise Http404
        try:
            DOES[verb.name](asked, form.cleaned_data, actor=person, at=timezone.now())
        except (services.DecisionRefused, services.CommentRefusedError) as problem:
            return show(request, pk, status=409, given=form, notice=Notice("soon", str(problem.sentence)))
        if verb.name in SAYS:
            whom = form.cleaned_data.get("to") or form.cleaned_data.get("person")
            messages.success(request, SAYS[verb.name] % {"person": whom})
        return redirect(_leads_to(request, pk))

    return perform


def _leads_to(request: PageRequest, pk: int) -> str:
    """Back to the request; to the list for whoever may not see it any more."""
    query = address_of(request).query(tab=None, decided=None)
    if Request.objects.visible_to(request.user).filter(pk=pk).exists():
        return reverse("request", args=[pk]) + query
    return reverse("queue") + query


urlpatterns = [path(f"queue/R-<int:pk>/{name}/", view_of(verb), name=name) for name, verb in VERBS.items()]
