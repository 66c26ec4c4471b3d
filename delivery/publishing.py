"""A policy version comes into force together with the guard that holds its records in Odoo."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from approvals import services as approvals
from approvals.models import PolicyVersion
from cockpit.accounts.models import Unit
from cockpit.events.models import Event
from cockpit.outbox import DestinationAway, Done, Refused, RetryLater, put
from cockpit.outbox.models import Message
from delivery import guards
from delivery.guarded_kinds import KINDS, row_of
from delivery.standing import in_force
from integrations.odoo.client import BusyError, OdooClient, OdooError, UnreachableError
from integrations.odoo.push import connection

ACTOR = "system:publishing"


def on_submitted(event: Event, *, at: datetime) -> None:
    """Handler of `approvals.policy.submitted`: a kind that Odoo guards goes through Odoo, others are in force now."""
    version = PolicyVersion.objects.select_related("policy").get(pk=event.payload["version"])
    if version.policy.kind not in KINDS:
        approvals.publish(version, actor=ACTOR, at=at)
        return
    put(
        "delivery.guard",
        destination="odoo",
        subject=f"guard:{KINDS[version.policy.kind].guarded.model}",  # two kinds of one model share its row
        payload={"version": version.pk},
        key=f"guard/{version.pk}",
        at=at,
        origin=event.subject,
    )


def run(message: Message, *, at: datetime) -> Done:
    """Move Odoo's guard, then publish. Between the two the guard holds what either version holds.

    While Odoo is away the version stays unpublished and is tried again; when Odoo refuses, a case says so. A version
    that does not bind is published also where no guard has been made yet.
    """
    version = PolicyVersion.objects.select_related("policy").get(pk=message.payload["version"])
    before = version.policy.version_at(at)
    with _answering():
        client = connection.client(at=at)
        both = [version] if before is None or before.pk == version.pk else [before, version]
        guarded = _move_guard(client, both, bound_to=version.mode, at=at)
    with transaction.atomic():
        approvals.publish(version, actor=ACTOR, at=timezone.now())
    with _answering():
        _move_guard(client, [version], bound_to=version.mode, at=at)
    return Done("verified", {"version": str(version), "mode": version.mode, "guarded": guarded})


def _move_guard(client: OdooClient, versions: list[PolicyVersion], *, bound_to: str, at: datetime) -> bool:
    """Let Odoo hold what any of the versions asks about, and what other kinds hold of the same model.

    False: there is no guard, and none is needed.
    """
    kind = versions[0].policy.kind
    model = KINDS[kind].guarded.model
    counting = {
        key: versions if key == kind else in_force(key, at)
        for key, each in KINDS.items()
        if each.guarded.model == model
    }
    modes = {version.mode for each in counting.values() for version in each}
    mode = next(mode for mode in reversed(guards.MODES) if mode in modes)  # the strictest
    companies = list(Unit.objects.filter(parent__isnull=True, active=True, odoo_model="res.company"))
    domains = {
        key: [KINDS[key].compile(version.table(), companies) for version in each if version.mode == mode]
        for key, each in counting.items()
    }
    try:
        guards.publish_guard(
            client,
            row_of(model, domains),
            mode,
            model=model,
            link=f"{settings.PUBLIC_URL}/requests/about/{model}/{{id}}/",
        )
    except guards.GuardMissingError:
        if bound_to == "enforce":
            raise
        return False
    return True


@contextmanager
def _answering() -> Iterator[None]:
    """What an error of Odoo means for the message."""
    try:
        yield
    except UnreachableError as away:
        raise DestinationAway(away.sentence) from None
    except BusyError as busy:
        raise RetryLater(busy.sentence) from None
    except OdooError as no:
        connection.forget()
        raise Refused(no.sentence) from None
