"""Invoice release: a draft customer invoice above the policy's limit is agreed to before Odoo posts it."""

from datetime import date
from decimal import Decimal

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.kinds import Change, Effect, Fact, Facts, FactType, Kind, Slot, Text
from cockpit.pages import words
from delivery.invoice_release.endings import moved_on

KEY = "invoice_release"


ACCEPTANCE = ("accept", "abnahme", "sign-off", "signoff", "delivery note", "leistungsnachweis")


def is_acceptance(document: Facts) -> bool:
    """By its name: Odoo knows no kinds of attachments."""
    return any(word in document["name"].casefold() for word in ACCEPTANCE)


def is_invoice(document: Facts) -> bool:
    return document["mimetype"] == "application/pdf" and not is_acceptance(document)


def money_words(money: Facts | None) -> str:
    """An amount with its currency, as the reader's language writes it."""
    if money is None:
        return "—"
    return words.money(money["amount"], money["currency"])


def title(facts: Facts) -> Text:
    client = (facts.get("client") or {}).get("name") or _("an unknown client")
    if facts.get("origin"):
        return _("Release invoice for %(client)s, order %(order)s") % {"client": client, "order": facts["origin"]}
    return _("Release invoice for %(client)s") % {"client": client}


def about(facts: Facts) -> Text:
    """The order, else the client's reference, and what is billed first."""
    order = facts.get("origin") or facts.get("reference") or ""
    first = next((line["text"] for line in facts.get("lines") or [] if line.get("text")), "")
    return _(", ").join(part for part in (order, Truncator(first.partition("\n")[0]).chars(60)) if part)


def if_approved(facts: Facts) -> Text:
    amount = money_words(facts.get("amount"))
    if due := facts.get("due_date"):
        return _("Odoo posts this draft (%(amount)s) and numbers it; the client owes it by %(due)s.") % {
            "amount": amount,
            "due": words.day(date.fromisoformat(due)),
        }
    return _("Odoo posts this draft (%(amount)s) and numbers it; the client’s payment terms say when it is due.") % {
        "amount": amount
    }


def if_rejected(facts: Facts) -> Text:
    requester = (facts.get("author") or {}).get("name")
    if requester:
        return _("The draft stays as it is; %(person)s reads the reason on the invoice in Odoo.") % {
            "person": requester
        }
    return _("The draft stays as it is; the reason is written on the invoice in Odoo.")


def month(facts: Facts) -> date | None:
    """An invoice belongs to the month it is dated in; an undated one to the month in which somebody looks at it."""
    return date.fromisoformat(facts["invoice_date"]) if facts.get("invoice_date") else None


def changes(facts: Facts) -> list[Change]:
    return [
        Change(_("Invoice"), _("Draft, no number"), _("Posted, next number of its journal")),
        Change(
            _("Owed by the client"),
            money_words(facts.get("receivable")),
            money_words(_plus(facts.get("receivable"), facts.get("amount"))),
        ),
    ]


def _plus(owed: Facts | None, amount: Facts | None) -> Facts | None:
    """Both in the company's currency; unknown stays unknown."""
    if owed is None or amount is None or owed["currency"] != amount.get("company_currency"):
        return None
    return {"amount": str(Decimal(owed["amount"]) + Decimal(amount["company_amount"])), "currency": owed["currency"]}


def posted(values: Facts, at: str) -> Text:
    return _("Posted in Odoo at %(time)s as %(number)s") % {"time": at, "number": values.get("name") or "—"}


def noted(values: Facts, at: str) -> Text:
    return _("Written on the invoice in Odoo at %(time)s") % {"time": at}


def released(values: Facts, at: str) -> Text:
    return _("Released in Odoo at %(time)s") % {"time": at}


INVOICE_RELEASE = Kind(
    key=KEY,
    label=gettext_lazy("Invoice release"),
    money="amount",
    month=month,
    cutoff=gettext_lazy("billing cut-off"),
    title=title,
    if_approved=if_approved,
    if_rejected=if_rejected,
    changes=changes,
    about=about,
    moved_on=moved_on,
    effects=(
        Effect("release", gettext_lazy("lets the invoice pass"), released),
        Effect("post", gettext_lazy("posts the invoice"), posted, lead=True),
        Effect("note", gettext_lazy("notes the decision on the invoice"), noted),
    ),
    evidence=(
        Slot("acceptance", gettext_lazy("The client’s acceptance"), is_acceptance, gettext_lazy("acceptance missing")),
        Slot("invoice", gettext_lazy("The invoice’s PDF"), is_invoice, gettext_lazy("PDF missing")),
    ),
    facts=(
        Fact("amount", gettext_lazy("Amount, with tax"), FactType.MONEY, material=True, lead=True),
        Fact("net", gettext_lazy("Amount, net"), FactType.MONEY),
        Fact("client", gettext_lazy("Client"), FactType.RECORD, material=True),
        Fact("client_tier", gettext_lazy("Client tier"), FactType.TEXT),
        Fact("company", gettext_lazy("Invoicing company"), FactType.RECORD, material=True),
        Fact("due_date", gettext_lazy("Payment due"), FactType.DATE),
        Fact("invoice_date", gettext_lazy("Invoice date"), FactType.DATE, absent=gettext_lazy("set on posting")),
        Fact("reference", gettext_lazy("Client’s reference"), FactType.TEXT),
        Fact("origin", gettext_lazy("Order"), FactType.TEXT),
        Fact("salesperson", gettext_lazy("Salesperson"), FactType.RECORD),
        Fact("author", gettext_lazy("Drafted by"), FactType.RECORD),
        Fact("overdue", gettext_lazy("Overdue from this client"), FactType.MONEY, dated=True),
        Fact("receivable", gettext_lazy("Owed by this client"), FactType.MONEY, dated=True),
        Fact("lines", gettext_lazy("What is billed"), FactType.LINES, material=True, totals=("net", "amount")),
        Fact("evidence", gettext_lazy("Documents"), FactType.DOCUMENTS),
        Fact("odoo", gettext_lazy("In Odoo"), FactType.LINK, shown=False),
    ),
)
