"""Make the pictures of docs/components.md from the samples in it: each in light above dark, 800 px wide."""

import functools
import re
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "components.md"
SAMPLE = re.compile(r"```html\n(?P<html>.*?)```\s+!\[[^\]]*\]\((?P<file>images/components/[\w-]+\.png)\)", re.S)
SHEETS = ("tokens", "base", "components", "palette", "pages")
# The frame gives a page its gutter; what floats or sticks stands still in a picture.
AROUND = """
.half { padding: 1.25rem; background: var(--bg); color: var(--ink); --gut: 0px; display: grid; gap: .75rem; }
.half.dark { color-scheme: dark; } .half.light { color-scheme: light; }
.half .here { position: static; margin: 0; width: 100%; } .half .finder { display: flex; max-height: none; }
.half .pane { container: list / inline-size; --gut: 1rem; }
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def page_of(html):
    links = "".join(f'<link rel="stylesheet" href="/css/{name}.css">' for name in SHEETS)
    halves = "".join(f'<div class="half {theme}">{html}</div>' for theme in ("light", "dark"))
    return f'<!DOCTYPE html><html lang="en"><head>{links}<style>{AROUND}</style></head><body>{halves}</body></html>'


def main():
    samples = {match["file"]: match["html"] for match in SAMPLE.finditer(PAGE.read_text("utf-8"))}
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=ROOT / "static"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    from tests.chromium import FLAGS, find_chromium

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(playwright), args=FLAGS)
        page = browser.new_page(viewport={"width": 800, "height": 60}, reduced_motion="reduce")
        page.route("**/sample", lambda route: route.fulfill(body=shown, content_type="text/html; charset=utf-8"))
        for file, html in samples.items():
            shown = page_of(html)
            page.goto(f"http://127.0.0.1:{server.server_port}/sample", wait_until="networkidle")
            target = ROOT / "docs" / file
            target.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=target, full_page=True)
        browser.close()
    server.shutdown()
    print(f"{len(samples)} pictures in {(ROOT / 'docs/images/components').relative_to(ROOT)}")


if __name__ == "__main__":
    import sys

    sys.path.insert(0, str(ROOT))
    main()
