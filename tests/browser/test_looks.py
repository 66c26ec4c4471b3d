"""Every page in both themes and all widths: axe finds nothing, nothing runs over the edge, little script."""

import gzip
from datetime import timedelta
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from approvals import services
from approvals.models import DutyPair, Limit, Request, Step
from cockpit.accounts import grants
from cockpit.accounts.models import User
from cockpit.exception_queue import open_case
from cockpit.outbox.models import Destination
from delivery.models import SetupLook
from integrations.mirror import models as mirror
from integrations.mirror.models import Cursor
from tests.cast import Firm
from tests.mirrored import mirrored
from tests.visiting import answered, put_effects, with_keys

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Amounts and times that stand on more than one line.
BROKEN_NUMBERS = """() => {
  const broken = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    for (const found of text.data.matchAll(/[€$£]?\\d[\\d.,:]*\\d(?:\\u00a0[€$£])?/g)) {
      const range = document.createRange();
      range.setStart(text, found.index);
      range.setEnd(text, found.index + found[0].length);
      const lines = [...range.getClientRects()].filter((box) => box.width).map((box) => Math.round(box.top));
      if (new Set(lines).size > 1) broken.push(found[0]);
    }
  }
  return broken;
}"""
WIDTHS = [(360, 740), (1024, 768), (1280, 800), (2560, 1300)]
# What cannot be read because its list is cut off at a side.
CUT_OFF = """(selector) => [...document.querySelectorAll(selector)].filter((one) => {
  const right = (box) => box.getBoundingClientRect().right;
  for (let box = one.parentElement; box; box = box.parentElement)
    if (getComputedStyle(box).overflowX !== "visible" && right(one) > right(box) + 1) return true;
  return false;
}).map((one) => one.innerText)"""
LONG = "Vereinigte Oberrheinische Versicherungsgesellschaft auf Gegenseitigkeit und Rechtsschutz"
WORD = "Geschwindigkeitsbegrenzungssystemintegrationsdienstleistungsrahmenvertrag"


def decide(request, person, verdict="approve", note="", ago=timedelta(0)):
    step = Step.objects.get(round__request=request, state=Step.State.OPEN)
    at = timezone.now() - ago
    services.decide(step.pk, actor=person, verdict=verdict, snapshot_id=request.snapshot_id, at=at, note=note)


@pytest.fixture
def states(firm: Firm) -> dict[str, Request]:
    """A request in every state that has a look of its own."""
    now = timezone.now()
    hour = timedelta(hours=1)
    made = {
        "late": firm.ask(1, "43450.00", at=now - timedelta(days=9)),
        "pending": firm.ask(2, "1250000.00", at=now - hour, client={"id": 7, "name": LONG}, reference=WORD),
        "missing": firm.ask(3, at=now - hour, reference=None, due_date=None, receivable=None, salesperson=None),
        "settling": firm.ask(4, at=now - hour),
        "in_odoo": firm.ask(5, at=now - hour),
        "refused": firm.ask(6, at=now - hour),
        "away": firm.ask(7, at=now - hour),
        "rejected": firm.ask(8, at=now - hour),
        "closed": firm.ask(9, at=now - hour),
    }
    Request.objects.filter(pk=made["pending"].pk).update(client_name=LONG)
    for name in ("in_odoo", "refused", "away"):
        decide(made[name], firm["ann"], ago=timedelta(minutes=2))
    decide(made["rejected"], firm["dan"], "reject", note=f"The PO is old.\n{WORD}", ago=timedelta(minutes=2))
    services.settle_due(now)
    decide(made["settling"], firm["ann"])
    services.close(made["closed"], "subject_gone", at=now)
    stage_effects(made)
    stage_setup(firm)
    stage_deputies(firm)
    open_case(
        "one", kind="invoice.late", title=f"{LONG} {WORD}", at=now, unit=firm.de, money=Decimal(64_000), currency="EUR"
    )
    open_case(
        "two",
        kind="test",
        title="Low",
        at=now,
        unit=firm.de,
        severity="low",
        detail={"barred_persons": [firm["ann"].pk]},
    )
    return made


def stage_setup(firm):
    """Ann may see the set-up page: something is wrong, somebody is proposed, somebody has no password yet."""
    grants.grant(firm["ann"], "operations_admin", firm.de, actor="system:test", at=timezone.now())
    wrong = {"level": "fail", "subject": WORD, "words": f"Give 'cockpit' a group that may. {LONG}"}
    fine = {"level": "ok", "subject": "address", "words": "Odoo 19.0"}
    SetupLook.objects.create(at=timezone.now(), findings=[wrong, fine], members={}, problem="Odoo does not answer.")
    mirrored(mirror.PartnerTag, 31, name=WORD, active=True)
    mirrored(mirror.Project, 1, name="ERP", active=True, is_template=False, user_id=firm["ben"].odoo_user_id)
    User.objects.filter(person=firm["frank"]).update(password="!")


def stage_deputies(firm):
    """Ann acts for others, has a deputy within limits, and one is proposed."""
    now = timezone.now()
    days = {"start_at": now - timedelta(days=1), "end_at": now + timedelta(days=20)}
    for name in ("lea", "frank"):
        services.appoint(firm[name], firm["ann"], actor=firm[name], at=now, **days)
    within = {"kinds": ["invoice_release", "credit_note"], "limit": Decimal("1250000"), "client_odoo_id": 7}
    services.appoint(firm["ann"], firm["dan"], actor=firm["ann"], at=now, **days, **within)
    services.propose(firm["ann"], firm["mia"], actor="system:test", at=now, absence_odoo_id=1, **days)
    kinds = {"first_kind": "vendor", "second_kind": "invoice_release"}
    DutyPair.objects.create(first_act="decides", same="client", why=f"{LONG} {WORD}", added_at=now, **kinds)
    Limit.objects.create(person=firm["dan"], kind="invoice_release", amount=2500000, currency="EUR", set_at=now)


def stage_effects(made):
    now = timezone.now()
    Destination.objects.create(name="odoo", breaker="open", opened_at=now, next_probe_at=now + timedelta(minutes=3))
    for message in put_effects(made["in_odoo"], at=now).values():
        answered(message, state="done", done_at=now, outcome="verified", result={"values": {"name": "INV/2026/00031"}})
    refused = put_effects(made["refused"], at=now)["release"]
    answered(
        refused, state="dead", dead_at=now, outcome="refused", last_error="no", result={"refused": f"{WORD} is locked."}
    )
    for message in put_effects(made["away"], at=now).values():
        answered(message, last_error="Odoo does not answer.", not_before=now + timedelta(minutes=3))


def addresses(states):
    ids = {name: f"/queue/R-{request.pk}/" for name, request in states.items()}
    lists = {
        "queue": "/queue/",
        "waiting": "/queue/?tab=waiting",
        "done": "/queue/?tab=done",
        "mine": "/queue/?tab=mine",
        "narrowed": f"/queue/?tab=waiting&sort=due&client={LONG}&by={WORD}&low=1",
        "nothing": "/queue/?q=zzz",
    }
    others = {
        "exceptions": "/exceptions/",
        "resolved": "/exceptions/?tab=resolved",
        "gone": "/queue/R-99999/",
        "setup": "/setup/",
        "deputies": "/deputies/",
        "roles": "/duties/",
        "who_may": "/duties/who/",
        "apart": "/duties/apart/",
        "coverage": "/coverage/",
    }
    own = {"password": "/accounts/password/change/", "factor": "/accounts/2fa/", "signing_out": "/accounts/logout/"}
    return ids | lists | others | own


def violations(page, **options):
    found = Axe().run(page, options={"resultTypes": ["violations"], **options}).response["violations"]
    return [(one["id"], node["target"], node.get("failureSummary", "")[:160]) for one in found for node in one["nodes"]]


def in_both_themes(page):
    """Every rule, in light and in dark."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found += violations(page)
    return found


class TestAxe:
    @pytest.mark.timeout(300)
    def test_finds_nothing_on_any_page(self, states, sit):
        page, found = sit("ann", reduced_motion="reduce"), {}
        for name, address in addresses(states).items():
            page.goto(address)
            page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
            found[name] = in_both_themes(page)
        assert {name: wrong for name, wrong in found.items() if wrong} == {}

    def test_finds_nothing_at_the_door(self, firm, browse):
        door = browse(reduced_motion="reduce")
        door.goto("/accounts/login/")
        assert in_both_themes(door) == []
        door.locator("[name=login]").fill("ann@example.com")
        door.locator("[name=password]").fill("wrong")
        door.get_by_role("button", name="Sign in").click()
        door.locator(".errors").wait_for()
        assert in_both_themes(door) == []

    def test_finds_nothing_on_a_phone_and_in_the_dialogs(self, states, sit):
        phone = sit("ann", width=360, height=740, reduced_motion="reduce")
        phone.goto("/queue/")
        assert in_both_themes(phone) == []
        phone.get_by_role("button", name="More").click()
        assert in_both_themes(phone) == []
        desk = sit("ann", reduced_motion="reduce")
        desk.goto(f"/queue/?decided={states['settling'].pk}")
        desk.get_by_role("button", name="Keys").click()
        assert in_both_themes(desk) == []


class TestWidths:
    @pytest.mark.timeout(300)
    def test_hold_every_page_with_the_longest_names(self, states, sit):
        page, over = sit("ann"), {}
        for name, address in addresses(states).items():
            page.goto(address)
            for width, height in WIDTHS:
                page.set_viewport_size({"width": width, "height": height})
                over[name, width] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert {name: by for name, by in over.items() if by > 0} == {}

    @pytest.mark.timeout(300)
    def test_hold_german_words_on_a_phone_and_break_no_number(self, states, sit, live_server):
        page, over, broken = sit("ann", width=360, height=740), {}, {}
        page.context.add_cookies([{"name": "django_language", "value": "de", "url": live_server.url}])
        for name, address in addresses(states).items():
            page.goto(address)
            assert page.evaluate("document.documentElement.lang") == "de"
            over[name] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            broken[name] = page.evaluate(BROKEN_NUMBERS)
        assert {name: by for name, by in over.items() if by > 0} == {}
        assert {name: numbers for name, numbers in broken.items() if numbers} == {}

    def test_show_every_tab_of_the_queue_beside_what_orders_it(self, states, sit, live_server):
        for language in ("en", "de"):
            for width, height in WIDTHS[1:]:
                page = sit("ann", width=width, height=height)
                page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
                page.goto("/queue/")
                assert page.evaluate(CUT_OFF, "#queue-tabs a") == [], (language, width)

    def test_fold_the_verbs_of_a_request_into_two_lines_and_their_keys_work_all_the_same(self, states, sit):
        page = sit("ann", width=1024, height=768)
        page.goto(f"/queue/R-{states['missing'].pk}/")
        with_keys(page)
        snooze = page.locator("summary[data-key='s']")
        expect(snooze).to_be_hidden()
        assert page.locator(".decide-acts").bounding_box()["height"] <= 80
        page.keyboard.press("s")
        expect(page.locator("[name=until]:checked")).to_be_focused()
        expect(snooze).to_be_visible()

    def test_keep_the_verbs_in_view(self, states, sit):
        for width, height in WIDTHS:
            page = sit("ann", width=width, height=height)
            page.goto(f"/queue/R-{states['pending'].pk}/")
            expect(page.get_by_role("button", name="Approve")).to_be_in_viewport(ratio=1)


class TestTheTheme:
    def test_is_chosen_and_kept(self, states, sit):
        page = sit("ann")
        page.goto("/queue/")
        button = page.locator(".rail [data-theme-toggle]")
        background = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(background)
        button.click()
        expect(button).to_have_text("Theme: light")
        button.click()
        expect(button).to_have_text("Theme: dark")
        dark = page.evaluate(background)
        page.reload()
        assert page.evaluate(background) == dark != light


class TestStaleData:
    def test_turns_the_amounts_grey(self, states, sit):
        """Promise 14: no green on stale data."""
        colour = "getComputedStyle(document.querySelector('.row-num')).color"
        page = sit("ann")
        page.goto("/queue/")
        fresh = page.evaluate(colour)
        Cursor.objects.update(fresh_at=timezone.now() - timedelta(hours=2), status="failed")
        page.reload()
        expect(page.locator("#freshness")).to_contain_text("Odoo not read since")
        assert page.evaluate(colour) != fresh


class TestTheBudget:
    def test_is_sixty_kilobytes_of_script_from_nowhere_else(self, states, sit, live_server):
        page, scripts, foreign = sit("ann"), [], []
        page.on("response", lambda response: scripts.append(response) if response.url.endswith(".js") else None)
        page.on(
            "request",
            lambda request: foreign.append(request.url) if not request.url.startswith(live_server.url) else None,
        )
        page.goto("/queue/", wait_until="networkidle")
        assert sum(len(gzip.compress(response.body())) for response in scripts) <= 60_000
        assert len(scripts) >= 4
        assert foreign == []
