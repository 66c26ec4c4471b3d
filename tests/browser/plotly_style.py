"""The rules that Plotly writes into a page that lets it, as the text of a stylesheet."""

from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "static" / "vendor" / "plotly"
RULES = (
    """[...document.getElementById("plotly.js-style-global").sheet.cssRules].map((rule) => rule.cssText).reverse()"""
)


def style_of_script(chromium: Any) -> str:
    page = chromium.new_page()
    page.set_content("<!doctype html><title>Plotly</title>")
    page.add_script_tag(path=FOLDER / "plotly-cartesian.min.js")
    rules = page.evaluate(RULES)
    page.close()
    return "\n".join(rules) + "\n"
