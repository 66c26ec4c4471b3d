"""What the exceptions page shows, and to whom."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case as Choose
from django.db.models import IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from cockpit.accounts import grants
from cockpit.accounts.models import Unit, User
from cockpit.accounts.roles import CASES
from cockpit.exception_queue.models import Case
from cockpit.pages import words

PAGE = 50
COUNTED = 1000
TODO = (Case.State.OPEN, Case.State.ACKNOWLEDGED)


@dataclass(frozen=True)
class Row:
    case: Case
    kind: str
    severity: str  # the shape that is drawn: high, medium or low
    due: str
    late: bool
    url: str  # the record in Odoo, if the case knows it
    review: bool  # a second person looks at what somebody did
    may_close: bool
    why_not: str
    may_retry: bool


@dataclass(frozen=True)
class Listing:
    rows: list[Row]
    after: str
    total: str
    money: str


def visible_to(user: User) -> Q:
    """The cases of one's units, and one's own. A case of no unit is for those who work on cases of the whole firm."""
    units = grants.units_where(user, CASES)
    found = Q(unit_id__in=units)
    if units and not Unit.objects.filter(parent__isnull=True, active=True).exclude(pk__in=units).exists():
        found |= Q(unit__isnull=True)
    person = getattr(user, "person", None)
    return found | Q(owner=person) if person is not None else found


def may_look(user: User) -> bool:
    return bool(grants.units_where(user, CASES))


def open_count(user: User) -> str:
    number = Case.objects.filter(visible_to(user), state__in=TODO)[: COUNTED + 1].count()
    return (
        ""
        if not number
        else _("%(count)s+") % {"count": words.number(COUNTED)}
        if number > COUNTED
        else words.number(number)
    )


def listing(user: User, *, closed: bool, after: int | None, at: datetime) -> Listing:
    """One page: open ones by severity and age, closed ones by when they were closed."""
    cases = Case.objects.filter(visible_to(user)).select_related("unit", "owner")
    cases = cases.exclude(state__in=TODO) if closed else cases.filter(state__in=TODO)
    ordered = (
        cases.order_by("-last_seen_at", "-pk")
        if closed
        else cases.annotate(weight=_WEIGHT).order_by("-weight", "first_seen_at", "pk")
    )
    start = after or 0
    found = list(ordered[start : start + PAGE + 1])
    total = cases.order_by()[: COUNTED + 1].count()
    return Listing(
        rows=[_row(case, user, at) for case in found[:PAGE]],
        after=str(start + PAGE) if len(found) > PAGE else "",
        total=_("%(count)s+") % {"count": words.number(COUNTED)} if total > COUNTED else words.number(total),
        money="" if closed else _at_risk(cases),
    )


_WEIGHT = Choose(
    When(severity=Case.Severity.CRITICAL, then=Value(3)),
    When(severity=Case.Severity.HIGH, then=Value(2)),
    When(severity=Case.Severity.MEDIUM, then=Value(1)),
    default=Value(0),
    output_field=IntegerField(),
)


def _row(case: Case, user: User, at: datetime) -> Row:
    person = getattr(user, "person", None)
    barred = person is None or person.pk in case.detail.get("barred_persons", [])
    link = case.detail.get("odoo") or {}
    url = str(link.get("url", ""))
    todo = case.state in TODO
    return Row(
        case=case,
        kind=case.kind.replace(".", " · ").replace("_", " "),
        severity={"critical": "high"}.get(case.severity, case.severity),
        due=words.moment(case.due_at, at) if case.due_at and todo else "",
        late=bool(case.due_at and todo and case.due_at <= at),
        url=url if url.startswith(("https://", "http://")) else "",
        review="barred_persons" in case.detail,
        may_close=todo and not barred,
        why_not=_("You took part in it, so a second person reviews it.") if todo and barred and person else "",
        may_retry=todo and not barred and "message" in case.detail,
    )


def _at_risk(cases: QuerySet[Case]) -> str:
    sums: dict[str, object] = {}
    for currency, money in cases.filter(money__isnull=False).order_by().values_list("currency", "money")[:COUNTED]:
        sums[currency] = sums.get(currency, 0) + money  # type: ignore[operator]
    return " + ".join(words.money(str(total), currency, whole=True) for currency, total in sorted(sums.items()))
