"""The matching desk in a real browser: by keyboard, ten thousand lines, two people at once."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.urls import reverse

from ledger.models import Voucher
from ledger.services import vouchers
from masterdata.roles import Role
from reconciliation.models import MatchLine
from reconciliation.services import matching, running
from tests.browser.test_pages import HAN
from tests.browser.world import a_session
from tests.build import a_company, a_user, an_account
from tests.ledger.build import a_template
from tests.reconciliation.build import Told, bank_lines, book_lines, both
from tests.reconciliation.test_missing import FEE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MANY = 10_000


@pytest.fixture
def account():
    return an_account(company=a_company())


@pytest.fixture
def accountant(account):
    return a_user(Role.RECONCILER, company=account.company)


@pytest.fixture
def faults(page):
    """What the browser complained about: scripts, styles, the policy."""
    found: list[str] = []
    page.on("console", lambda one: found.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def open_desk(page: Any, site: str, user: Any, account: Any) -> None:
    """The desk of this account as this person, its lines there."""
    page.set_default_timeout(60_000)
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": a_session(user), "url": site}]
    )
    page.goto(site + reverse("reconciliation:desk", args=[account.pk]))
    page.wait_for_selector("[data-matching][data-loaded]")


def picked(page: Any) -> tuple[str, str, str]:
    """The sums and the difference in the bar."""
    texts = [
        page.locator(f"[data-{name}]").inner_text()
        for name in ("sum-bank", "sum-book", "difference")
    ]
    return texts[0], texts[1], texts[2]


def said(page: Any, words: str) -> None:
    """Wait until the desk says so."""
    page.locator("[data-notice]", has_text=words).wait_for()


def test_lines_are_matched_and_undone_by_keyboard_alone(page, site, account, accountant, faults):
    both(
        account,
        [
            Told("60.00", name="恒通化工"),
            Told("40.00", name="恒通化工", day=1),
            Told("7.00", day=2),
        ],
    )
    open_desk(page, site, accountant, account)

    page.locator('[data-pane="bank"] [data-grid]').focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    assert picked(page) == ("-100.00", "0.00", "-100.00")
    assert page.locator('[data-do="match"]').is_disabled()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    assert picked(page) == ("-100.00", "-100.00", "0.00")
    page.keyboard.press("m")
    said(page, "已勾对：银行 2 笔、日记账 2 笔")

    assert MatchLine.objects.filter(account_id=account.pk).count() == 2
    assert page.locator('[data-pane="bank"] [data-n]').count() == 1
    page.keyboard.press("u")
    said(page, "已撤销「人工勾对」")
    page.locator('[data-pane="bank"] [data-n]').nth(2).wait_for()
    assert not MatchLine.objects.filter(account_id=account.pk).exists()
    assert faults == []


def test_a_proposal_is_shown_with_its_reason_taken_and_the_next_refused(
    page, site, account, accountant, faults
):
    bank_lines(account, Told("4567.89", name="恒通化工"), Told("1234.56", name="明德机械", day=2))
    book_lines(account, Told("4567.89"), Told("1234.56", day=2))
    running.run(account_id=account.pk)
    open_desk(page, site, accountant, account)

    page.locator("[data-asked-reason]", has_text="仅金额与日期相符").wait_for()
    page.keyboard.press("n")
    assert picked(page)[2] == "0.00"
    page.keyboard.press("a")
    said(page, "已勾对")
    page.locator("[data-asked-at]", has_text="共 1 条").wait_for()
    page.keyboard.press("r")
    said(page, "已否决此建议")

    assert MatchLine.objects.filter(account_id=account.pk).count() == 1
    assert page.locator("[data-asked]").is_hidden()
    assert faults == []


def test_what_cannot_be_done_says_why_and_a_fee_kept_back_is_booked_then_matched(
    page, site, account, accountant, faults
):
    a_template(FEE)
    bank_lines(account, Told("72485.00", name="天目贸易", outgo=False, doc="X1"))
    book_lines(account, Told("72500.00", name="天目贸易", outgo=False))
    running.run(account_id=account.pk)
    open_desk(page, site, accountant, account)
    for key, words in (("m", "请先选择：勾对"), ("v", "只选一笔银行流水"), ("f", "请先选择流水")):
        page.keyboard.press(key)
        said(page, words)

    page.locator("[data-asked-rung]", has_text="M8").wait_for()
    page.keyboard.press("n")
    page.keyboard.press("m")
    said(page, "相差 -15.00，不能勾对")
    page.keyboard.press("a")
    page.locator("[data-voucher-form] button[type=submit]", has_text="15.00").click()
    said(page, "已生成凭证草稿")
    draft = Voucher.objects.get()
    assert str(draft.pk) in page.locator("[data-notice] a").get_attribute("href")
    other = a_user(Role.RECONCILER, company=account.company)
    vouchers.post_draft(voucher_id=draft.pk, version=draft.version, actor=other)
    page.reload()
    page.wait_for_selector("[data-matching][data-loaded]")
    page.locator("[data-asked-rung]", has_text="M8").wait_for()
    page.keyboard.press("a")
    said(page, "已勾对：银行 1 笔、日记账 2 笔")

    assert MatchLine.objects.filter(account_id=account.pk).count() == 2
    assert faults == []


def test_what_another_person_matched_is_dropped_and_said_and_the_rest_is_kept(
    page, site, account, accountant
):
    bank, book = both(account, [Told("60.00"), Told("40.00", day=1), Told("7.00", day=2)])
    open_desk(page, site, accountant, account)
    for side in ("bank", "book"):
        for n in (0, 1):
            page.locator(f'[data-pane="{side}"] [data-n="{n}"]').click()
    assert picked(page) == ("-100.00", "-100.00", "0.00")
    other = a_user(Role.RECONCILER, company=account.company)
    matching.confirm(account_id=account.pk, part=matching.Part((bank[0],), (book[0],)), actor=other)

    page.keyboard.press("m")
    said(page, f"{other.display_name} 已勾对您所选的 2 笔")

    assert picked(page) == ("-40.00", "-40.00", "0.00")
    page.keyboard.press("m")
    said(page, "已勾对：银行 1 笔、日记账 1 笔")


def test_ten_thousand_lines_a_side_keep_few_rows_in_the_page(page, site, account, accountant):
    both(
        account,
        [Told(f"{n}.01", day=n % 20, name=f"往来{n % 300:03d}公司") for n in range(1, MANY + 1)],
    )
    open_desk(page, site, accountant, account)

    assert "10,000" in page.locator('[data-pane="bank"] [data-count]').inner_text()
    page.locator('[data-pane="bank"] [data-grid]').focus()
    page.keyboard.press("End")
    page.locator(f'[data-pane="bank"] [data-n="{MANY - 1}"]').wait_for()
    assert page.locator('[data-pane="bank"] [data-n]').count() < 60
    page.locator("[data-filter-text]").fill("9,876.01")
    page.locator('[data-pane="book"] [data-count]', has_text="1 笔").wait_for()
    assert page.locator('[data-pane="bank"] [data-n]').count() == 1


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_desk_is_accessible_and_speaks_both_languages(
    page, site, account, accountant, language, faults
):
    both(account, [Told("60.00"), Told("40.00", day=1)])
    bank_lines(account, Told("7.00", text="FEE 手续费", day=2))
    running.run(account_id=account.pk)
    page.context.add_cookies(
        [{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": site}]
    )
    open_desk(page, site, accountant, account)

    assert faults == []
    found = Axe().run(page)

    serious = [
        one for one in found.response["violations"] if one["impact"] in ("serious", "critical")
    ]
    assert serious == []
    if language == "en":
        for text in page.locator(
            "main .btn, main label, main h2, [role=columnheader]"
        ).all_inner_texts():
            assert not HAN.search(text), text
