"""Every event there is: name → what it says and what its payload holds. A name that isn't here cannot be emitted."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EventType:
    """`payload`: the keys every event of this name carries, no more and no less."""

    description: str
    payload: frozenset[str] = frozenset()


EVENTS: dict[str, EventType] = {
    "approvals.answered": EventType("A question asked back was answered.", frozenset({"request", "question"})),
    "approvals.asked": EventType("A step waits for somebody from now on.", frozenset({"request", "step"})),
    "approvals.asked_back": EventType(
        "Who is to decide wants to know something first.", frozenset({"request", "question"})
    ),
    "approvals.decided": EventType(
        "A request has its final outcome, after the time for undoing it.", frozenset({"request", "round", "outcome"})
    ),
    "approvals.deputy.changed": EventType(
        "Somebody shall decide for another, or does so no more.", frozenset({"delegation", "what"})
    ),
    "approvals.escalated": EventType(
        "A step has taken so much of its time that somebody else is told or asked.",
        frozenset({"request", "step", "level", "persons", "handed_over"}),
    ),
    "approvals.reminded": EventType(
        "A step has taken so much of its time that whoever is asked is warned.", frozenset({"request", "step", "level"})
    ),
    "approvals.mentioned": EventType("Somebody is named in a comment.", frozenset({"request", "comment"})),
    "approvals.policy.published": EventType("A policy version is in force.", frozenset({"version", "kind"})),
    "approvals.policy.submitted": EventType(
        "A policy version shall come into force; what guards records in Odoo moves first.", frozenset({"version"})
    ),
    "mirror.loaded": EventType("The mirror holds everything for the first time; each workflow looks at what is open."),
    "odoo.expense.changed": EventType(
        "An employee's expense is new, different or gone: look at it.", frozenset({"deleted"})
    ),
    "odoo.order.changed": EventType(
        "A quotation or order, or a line of it, is new, different or gone: look at it.", frozenset({"deleted"})
    ),
    "odoo.invoice.changed": EventType(
        "A customer invoice or a line of it is new, different or gone: look at it.", frozenset({"deleted"})
    ),
}
