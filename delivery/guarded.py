"""The models of Odoo whose records wait for a release, and the code that holds them there.

One shape for all: a guard row with what is held, three fields on the record, four rules. What differs is when a record
would move on, and the text of its material fields. That text is made here (`Text`) and, alike, by the code in Odoo.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from integrations.odoo.installation import GUARD
from integrations.odoo.manifest import Automation, ManualField, Part, Row, View

RELEASE_GROUP = "cockpit.group_release"
EMERGENCY_GROUP = "cockpit.group_emergency"
NOTHING = '[["id", "=", 0]]'


@dataclass(frozen=True)
class Guarded:
    """`domain`: the records that have moved on. `watched`: the fields whose change has it looked at.

    `text`: code that sets `text` from `held`, the record. `holder`: on lines, the path to it. `form` is the external id
    of Odoo's form, `place` where the reason of an emergency release goes in.
    """

    model: str
    short: str  # in external ids: rule_<short>_post
    act: str  # what is held, in words: "posting"
    many: str  # "invoices"
    watched: tuple[str, ...]
    domain: str
    text: str
    words: str
    form: str
    place: str
    shown: str = ""  # on which records the form shows it, as a condition
    lines: str = ""  # a model whose rows are a part of it, and may be changed once it has moved on
    line_watched: tuple[str, ...] = ()
    line_domain: str = ""
    holder: str = ""

    def parts(self) -> tuple[Part, ...]:
        """Everything in Odoo that holds these records, beside the groups and the guard's own model."""
        return (
            ManualField(self.model, "x_cockpit_release", "Cockpit release",
                        help="What the cockpit approved. It counts only while it still fits."),
            ManualField(self.model, "x_cockpit_emergency", "Emergency release: reason",
                        help="Why this goes on without approval. Only for members of Cockpit: emergency release."),
            ManualField(self.model, "x_cockpit_emergency_by", "Emergency release: by whom",
                        help="The ids of the users who took part in it: none of them may review it."),
            Row(GUARD, f"guard_{self.short}",
                {"x_model": self.model, "x_mode": "off", "x_domain": NOTHING, "x_words": self.words}),
            Automation(f"{self.short}_post", f"Cockpit: {self.act} needs a release", self.model, self.watched,
                       self.domain, self.code()),
            *self._line_parts(),
            Automation(f"{self.short}_release", f"Cockpit: who may release {self.many}", self.model,
                       ("x_cockpit_release",), "[('x_cockpit_release', '!=', False)]",
                       RELEASE_CODE % {"group": RELEASE_GROUP, "many": self.many}),
            Automation(f"{self.short}_emergency", f"Cockpit: who may release {self.many} in an emergency", self.model,
                       ("x_cockpit_emergency",), "[('x_cockpit_emergency', '!=', False)]",
                       EMERGENCY_CODE % {"group": EMERGENCY_GROUP}),
            Automation(f"{self.short}_emergency_by", f"Cockpit: who took part in an emergency release of {self.many}",
                       self.model, ("x_cockpit_emergency", "x_cockpit_emergency_by", self.watched[0]),
                       "[('x_cockpit_emergency', '!=', False)]", EMERGENCY_BY_CODE),
            View(f"{self.short}_form", f"Cockpit: reason of an emergency release ({self.many})", self.model, self.form,
                 FORM % {"place": self.place, "group": EMERGENCY_GROUP, "shown": self._shown()}),
        )  # fmt: skip

    def _line_parts(self) -> tuple[Part, ...]:
        if not self.lines:
            return ()
        return (
            Automation(f"{self.short}_lines", f"Cockpit: {self.many} keep what was approved", self.lines,
                       self.line_watched, self.line_domain, self.code(self.holder)),
        )  # fmt: skip

    def _shown(self) -> str:
        return f' invisible="not ({self.shown})"' if self.shown else ""

    def code(self, holder: str = "") -> str:
        path = f".{holder}" if holder else ""
        return HOLD_CODE % {
            "guard": GUARD, "model": self.model, "path": path, "text": self.text.strip("\n"), "group": EMERGENCY_GROUP,
        }  # fmt: skip


def text_of(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    """A release's text: what people can read, then the digest of what is too long for that."""
    digest = sha256(json.dumps([list(row) for row in rows]).encode()).hexdigest()
    return "|".join([*map(str, head), digest])


def product_row(line: Mapping[str, Any]) -> list[Any]:
    """A line of a snapshot as the digest takes it; the code in Odoo writes the same."""
    return [
        line["product"] or 0,
        line["text"] or "",
        number(line["quantity"], 6),
        number(line["unit_price"], 6),
        number(line["discount"], 6),
    ]


def number(value: Decimal | str | float | None, digits: int) -> str:
    return f"{round(float(value or 0), digits) + 0.0:.{digits}f}"  # + 0.0: there is no minus zero


def id_of(fact: Mapping[str, Any] | None) -> int:
    return int((fact or {}).get("id") or 0)


# The row's domain is one domain, or one for each kind of request: then the release must name every kind that holds it.
HOLD_CODE = """
guard = env["%(guard)s"].sudo().search([("x_model", "=", "%(model)s")], order="id", limit=1)
held = record.sudo()%(path)s
domains = json.loads(guard.x_domain or "{}") if guard and guard.x_mode not in ("off", "observe") else {}
is_one = isinstance(domains, list)
kinds = [kind for kind, domain in ([("", domains)] if is_one else sorted(domains.items()))
         if held.filtered_domain(domain)]
if kinds:
    number = lambda value, digits: "%%.*f" %% (digits, round(value, digits) + 0.0)
%(text)s
    env.cr.execute("SELECT encode(sha256(convert_to(%%s, 'UTF8')), 'hex')", [str(json.dumps(rows))])
    text = "|".join([*map(str, head), env.cr.fetchone()[0]])
    release = held.x_cockpit_release or ""
    if is_one:
        fits = release == text
    else:
        named = release.split("|", 1)
        fits = named[1:] == [text] and all(kind in named[0].split(",") for kind in kinds)
    emergency = held.x_cockpit_emergency and env.user.has_group("%(group)s")
    if not fits and not emergency:
        why = "it was changed after it was approved." if release else guard.x_words
        if not is_one:
            why = "%%s (%%s)" %% (why, ", ".join(kinds))
        link = (guard.x_link or "").replace("{id}", str(held.id))
        raise UserError("Waiting for approval in the cockpit: %%s\\n%%s" %% (why, link))
"""
RELEASE_CODE = """
if not env.user.has_group("%(group)s"):
    raise UserError("Only the cockpit releases %(many)s, after they were approved there.")
"""
EMERGENCY_CODE = """
if not env.user.has_group("%(group)s"):
    raise UserError("An emergency release needs the group Cockpit: emergency release.")
"""
# Whoever gives the reason, moves it on, or writes this field joins it: nobody can put somebody else in their place.
EMERGENCY_BY_CODE = """
held = record.sudo()
who = [one for one in (held.x_cockpit_emergency_by or "").split(",") if one]
if str(env.uid) not in who:
    held.write({"x_cockpit_emergency_by": ",".join([*who, str(env.uid)])})
"""
FORM = """
<xpath expr="%(place)s" position="inside">
  <field name="x_cockpit_emergency" groups="%(group)s"%(shown)s/>
</xpath>
"""
