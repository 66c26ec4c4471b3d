"""What each finding says, and what to do about it, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from cockpit.pages import words
from integrations.odoo.guardian.finding import Finding
from integrations.odoo.pull.names import NAMES

Words = str | Promise


@dataclass(frozen=True)
class Said:
    """`what` is the case's title; `do` is what to do about it, or what it means."""

    what: Words
    do: Words = ""


_GIVE = gettext_lazy("Give %(login)s a group in Odoo that may%(group)s. The check sees it by itself.")
WORDS: dict[str, Said] = {
    "key.ends": Said(
        gettext_lazy("The key “%(name)s” to Odoo ends on %(on)s (days left: %(days)s)"),
        gettext_lazy(
            "Make a new one in Odoo before that day, and enter it here: afterwards nothing is read or "
            "written.%(several)s"
        ),
    ),
    "key.endless": Said(
        gettext_lazy("Odoo gives no end for the key"),
        gettext_lazy("It may last for ever, or until somebody takes it away. Nothing can be warned of."),
    ),
    "key.unseen": Said(
        gettext_lazy("Odoo does not show when the key ends"),
        gettext_lazy("Note the day yourself: a key of somebody who is no administrator lasts 90 days at most."),
    ),
    "key.password": Said(
        gettext_lazy("The cockpit signs in with a password"),
        gettext_lazy(
            "It does not end by itself. A key can be taken away alone, and opens the newer API: enter one "
            "here."
        ),
    ),
    "key.refused": Said(
        gettext_lazy("Odoo does not accept the key any more"),
        gettext_lazy(
            "It ended, was taken away, or belongs to another database. Make a new one and enter it here. "
            "What was decided waits. %(sentence)s"
        ),
    ),
    "key.unreadable": Said(
        gettext_lazy("The key that was entered here cannot be decrypted"),
        gettext_lazy(
            "ENCRYPTION_KEYS or SECRET_KEY was changed. Put the old one back, or enter the key once more. "
            "Until then the environment’s counts."
        ),
    ),
    "rights.no_model": Said(
        gettext_lazy("Odoo has no %(what)s"),
        gettext_lazy("Install its module %(module)s in Odoo, or find out who took it away."),
    ),
    "rights.read": Said(gettext_lazy("%(login)s may not read %(what)s in Odoo"), _GIVE),
    "rights.write": Said(gettext_lazy("%(login)s may not change %(what)s in Odoo"), _GIVE),
    "rights.create": Said(gettext_lazy("%(login)s may not create %(what)s in Odoo"), _GIVE),
    "rights.release": Said(
        gettext_lazy("%(login)s may not release invoices in Odoo"),
        gettext_lazy(
            "Somebody took the user out of the group Cockpit: release. An administrator runs manage.py odoo "
            "apply."
        ),
    ),
    "rights.group": Said(
        gettext_lazy("%(login)s is in the group %(group)s of Odoo, which the cockpit has no use for"),
        gettext_lazy("Whoever gets hold of the key could do all that this group may. Take the user out of it in Odoo."),
    ),
    "rights.structure": Said(
        gettext_lazy("%(login)s may reach into Odoo’s own structure: %(model)s"),
        gettext_lazy(
            "The cockpit never does that with this user. Find the group or access right that gives it, and "
            "take it away."
        ),
    ),
    "rights.wider": Said(
        gettext_lazy("%(login)s could change kinds of records that the cockpit only reads: %(count)s"),
        gettext_lazy(
            "This comes with groups that are needed for reading; Odoo has no narrower ones. The cockpit "
            "writes none of: %(models)s."
        ),
    ),
    "api.current": Said(gettext_lazy("Odoo %(version)s is spoken to in its present way (JSON-2)")),
    "api.early": Said(
        gettext_lazy("Odoo %(version)s has only the older API"),
        gettext_lazy(
            "That is right for this version. After an upgrade to %(since)s or later the cockpit changes "
            "over by itself, if it has a key."
        ),
    ),
    "api.ends": Said(
        gettext_lazy("The older API of Odoo %(version)s is used, which goes with version %(gone)s"),
        gettext_lazy("Set ODOO_TRANSPORT to auto: the key opens the newer one too."),
    ),
    "api.ends_password": Said(
        gettext_lazy("The older API of Odoo %(version)s is used, which goes with version %(gone)s"),
        gettext_lazy("A password opens no other. Make a key in Odoo and enter it here."),
    ),
    "drift.nothing": Said(
        gettext_lazy("Odoo holds nothing back yet"),
        gettext_lazy("An administrator makes the guard by manage.py odoo apply. Until then the cockpit only observes."),
    ),
    "drift.unseen": Said(
        gettext_lazy("Nobody can see whether the guard in Odoo is as it was made"),
        gettext_lazy(
            "A right to read it was taken away. An administrator runs manage.py odoo apply, which gives it "
            "back. %(sentence)s"
        ),
    ),
    "drift.changed": Said(
        gettext_lazy("Somebody changed “%(name)s” in Odoo"),
        gettext_lazy(
            "It differs in: %(differences)s. An administrator runs manage.py odoo plan to see it, and apply "
            "to put it right."
        ),
    ),
    "drift.gone": Said(
        gettext_lazy("“%(name)s” is missing in Odoo"),
        gettext_lazy(
            "Somebody deleted it, or it is new here. An administrator runs manage.py odoo apply, which "
            "makes it."
        ),
    ),
    "drift.stray": Said(
        gettext_lazy("“%(name)s” is kept in Odoo, but not used any more"),
        gettext_lazy("An administrator runs manage.py odoo apply, which takes it away."),
    ),
    "drift.none": Said(
        gettext_lazy("The guard in Odoo is as it was made"),
        gettext_lazy("The code of its rules is seen by an administrator alone: manage.py odoo plan compares it, too."),
    ),
    "neighbours.shared": Said(
        gettext_lazy("The rule “%(name)s” in Odoo acts on what the guard acts on"),
        gettext_lazy(
            "It runs on %(occasion)s of %(what)s, and shares with the guard: %(shared)s. See whether the "
            "two agree; if not, one of them must go."
        ),
    ),
    "neighbours.code": Said(
        gettext_lazy("The rule “%(name)s” in Odoo runs code on records that the guard holds"),
        gettext_lazy(
            "It runs on %(occasion)s of %(what)s. Code may change anything: let whoever wrote it say that "
            "it leaves releases alone."
        ),
    ),
    "neighbours.beside": Said(
        gettext_lazy("The rule “%(name)s” in Odoo runs beside the guard"),
        gettext_lazy("It runs on %(occasion)s of %(what)s, and touches nothing that the guard does (%(does)s)."),
    ),
    "neighbours.none": Said(gettext_lazy("No other automation rule runs where the guard does")),
    "neighbours.unseen": Said(
        gettext_lazy("The automation rules of others cannot be read"),
        gettext_lazy("The right to read them comes with manage.py odoo apply."),
    ),
}  # fmt: skip


def what(finding: Finding) -> str:
    return str(WORDS[finding.code].what) % _facts(finding.facts)


def do(finding: Finding) -> str:
    return str(WORDS[finding.code].do) % _facts(finding.facts)


def in_english(finding: Finding) -> str:
    """For the log and the audit; people read `what`."""
    with override("en"):
        return what(finding)[:300]


def _facts(facts: Mapping[str, Any]) -> dict[str, str]:
    said = {key: _listed(value) for key, value in facts.items()}
    model = str(facts.get("model", ""))
    said["what"] = f"{NAMES.get(model, model)} ({model})"
    if facts.get("on"):
        said["on"] = words.day(datetime.fromisoformat(facts["on"]).date())
    if "group" in facts and "xid" not in facts:
        said["group"] = f" ({facts['group']})" if facts["group"] else ""
    keys = int(facts.get("keys") or 1)
    more = " " + _("The user has %(count)s keys; Odoo does not say which is ours, and this one ends first.")
    said["several"] = more % {"count": words.number(keys)} if keys > 1 else ""
    said["differences"] = "; ".join(_difference(each) for each in facts.get("fields", []) if isinstance(each, dict))
    fields = [each for each in facts.get("fields", []) if isinstance(each, str)]
    said["occasion"] = _("changes of %(fields)s") % {"fields": ", ".join(fields)} if fields else _("every change")
    return said


def _difference(one: Mapping[str, str]) -> str:
    said = _("%(field)s is “%(now)s”, not “%(wanted)s”")
    return said % {"field": one["field"], "now": one["now"], "wanted": one["wanted"]}


def _listed(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(each) for each in value if not isinstance(each, dict))
    return words.number(value) if isinstance(value, int) else str(value)
