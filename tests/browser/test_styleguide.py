"""Every component in a real browser: accessible, no policy violation, rows ticked across pages."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_components_have_no_serious_accessibility_fault(page, site):
    page.goto(f"{site}/desk/styleguide/")

    found = Axe().run(page).response["violations"]

    serious = [
        (v["id"], v["nodes"][0]["html"][:160])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_components_break_no_content_policy(page, site):
    said = []
    page.on(
        "console", lambda message: said.append(message.text) if message.type == "error" else None
    )
    page.goto(f"{site}/desk/styleguide/")
    page.wait_for_selector(".chart canvas")

    assert [text for text in said if "Content Security Policy" in text] == []


def test_ticking_rows_sums_each_currency_exactly(page, site):
    page.goto(f"{site}/desk/styleguide/")

    page.locator("#list input[name=ids]").nth(1).check()
    page.locator("#list input[name=ids]").nth(2).check()

    assert page.locator("[data-count]").inner_text() == "2"
    assert page.locator("[data-sums]").inner_text() == "CNY 1,057,000.00"
