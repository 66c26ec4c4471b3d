"""The audit page in a browser: axe in both themes, all widths, German on a phone, and all of it by the keyboard."""

import json
import os
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone

from approvals import services
from cockpit.accounts import grants
from cockpit.audit import checking, offline

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = [(360, 740), (1024, 768), (1280, 800), (2560, 1300)]
WORD = "Geschwindigkeitsbegrenzungssystemintegrationsdienstleistungsrahmenvertrag"


@pytest.fixture
def request_(firm):
    """Talked about at length; Eve audits the firm, and a check has been made."""
    now = timezone.now()
    for unit in (firm.de, firm.us):
        grants.grant(firm["eve"], "auditor", unit, actor="system:test", at=now)
    request = firm.ask(at=now - timedelta(hours=1))
    services.comment(request.pk, actor=firm["ann"], text=f"{WORD}\nSecond line", at=now)
    checking.check_all(at=now)
    return request


def addresses(request):
    return {
        "all": "/audit/",
        "one": f"/audit/?about={request.number}",
        "nothing": "/audit/?verb=zzz",
    }


BESIDE = """() => Math.max(0, ...[...document.querySelectorAll(".table.trail *")]
    .map((one) => Math.ceil(one.getBoundingClientRect().right) - innerWidth))"""


class TestTrail:
    @pytest.mark.timeout(300)
    def test_holds_in_both_themes_all_widths_and_in_german(self, request_, sit, live_server):
        page, found, over = sit("eve", reduced_motion="reduce"), {}, {}
        for name, address in addresses(request_).items():
            page.goto(address)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                wrong = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
                found[name, scheme] = [(one["id"], [node["target"] for node in one["nodes"]]) for one in wrong]
            for language in ("en", "de"):
                page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
                page.reload()
                for width, height in WIDTHS:
                    page.set_viewport_size({"width": width, "height": height})
                    over[name, language, width] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                    if (
                        width == 360
                    ):  # entries are cards there: nothing is beside the screen, not in a box that scrolls either
                        over[name, language, "table"] = page.evaluate(BESIDE)
                    if folder := os.environ.get("SHOTS"):
                        page.screenshot(path=f"{folder}/trail-{name}-{language}-{width}.png", full_page=True)
        assert {name: wrong for name, wrong in found.items() if wrong} == {}
        assert {name: by for name, by in over.items() if by > 0} == {}

    def test_is_searched_checked_and_taken_along_by_the_keyboard(self, request_, sit, tmp_path):
        page = sit("eve")
        page.goto(reverse("trail"))
        page.locator("#t-about").focus()
        page.keyboard.type(request_.number)
        page.keyboard.press("Enter")
        page.wait_for_url("**/audit/?about=*")
        page.get_by_role("button", name="Check this chain").press("Enter")
        page.get_by_text("is as it was written: every link fits").wait_for()
        with page.expect_download() as taken:
            page.get_by_role("button", name=f"Take {request_.number} along").press("Enter")
        path = tmp_path / taken.value.suggested_filename
        taken.value.save_as(path)
        assert path.name == f"{request_.number}.zip"
        files = offline.load(path)
        assert offline.prove(files, {}).key == json.loads(files["manifest.json"])["packet"] == request_.number
