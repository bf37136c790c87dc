"""Money comes in and ends in the finance system's books, in a real browser: a schedule fires, the notice appears, a clerk
supplements, another reviews, the batch is booked, the U8 file is made and its acknowledgement read back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.management import call_command
from pytest_django.live_server_helper import LiveServer

from ledger.models import Voucher
from receipts.models import ArrivalNotice, CollectionRun
from tests.browser.receipts_world import World, lay_down
from tests.browser.test_pages import CHROME, HAN, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

PAGES: dict[str, list[tuple[str, str]]] = {
    "clerk1": [
        ("/receipts/inbox/", "上海远东纺织"),
        ("/receipts/supplement/", "认领"),
        ("/notifications/", "新到款"),
    ],
    "accountant1": [
        ("/receipts/review/", "补录复核"),
        ("/receipts/booking/", "收款入账"),
        ("/receipts/unconfirmed/", "待确认记账"),
        ("/receipts/bookings/", "入账记录"),
        ("/receipts/report/", "95,800.50"),
        ("/receipts/ageing/", "3 天内"),
        ("/receipts/offices/", "上海办事处"),
        ("/receipts/offices/new/", "备用金银行卡号"),
        ("/receipts/schedules/", "上海办事处每日取数"),
        ("/receipts/schedules/new/", "执行时刻"),
        ("/receipts/runs/", "已由后次补做"),
        ("/receipts/receivables/", "INV-2026-0012"),
        ("/receipts/receivables/new/", "上传并预览"),
        ("/", "待复核的补录"),
    ],
}


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The demo group with its bank, once for this module; swept out afterwards."""
    folder = tmp_path_factory.mktemp("receipts")
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setenv("YQLINK_DEMO_DIR", str(folder))
        patch.setenv("CLOCK_FILE", str(folder / "clock"))
        patch.setenv("BOC_SIM_PASSWORD", "of-the-demo-bank")
        call_command("flush", interactive=False, verbosity=0)
        made = lay_down(folder, folder / "clock")
        try:
            made.tick()
            yield made
        finally:
            made.bank.terminate()
            made.bank.wait(10)
            call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def address(world: World) -> Iterator[str]:
    server = LiveServer("localhost")
    yield server.url
    server.stop()


@pytest.mark.parametrize("username", PAGES)
def test_every_page_opens_clean(page, address, world, username):
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    sign_in(page, address, username, world)
    faults: list[str] = []
    for path, text in PAGES[username]:
        answer = page.goto(f"{address}{path}")
        if answer.status != 200 or text not in page.locator("body").inner_text():
            faults.append(f"{path}: HTTP {answer.status}, 「{text}」")
        faults += [f"{path}: console: {one}" for one in said]
        faults += [
            f"{path}: {one['id']} {one['nodes'][0]['html'][:120]}"
            for one in Axe().run(page, options={"preload": False}).response["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        said.clear()

    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("username", PAGES)
def test_every_page_speaks_english(page, address, world, username):
    sign_in(page, address, username, world)
    page.context.add_cookies(
        [{"name": settings.LANGUAGE_COOKIE_NAME, "value": "en", "url": address}]
    )
    faults: list[str] = []
    for path, _text in PAGES[username]:
        page.goto(f"{address}{path}")
        texts = [*page.locator(CHROME).all_inner_texts(), page.locator("h1").inner_text()]
        faults += [f"{path}: {text}" for text in texts if HAN.search(text)]

    assert not faults, "\n".join(sorted(set(faults)))


def supplement(page: Any, address: str, notice: ArrivalNotice) -> str:
    """Claim, take the proposal over as it stands, and hand it to review; what the form showed."""
    page.goto(f"{address}/receipts/notices/{notice.notice_no}/")
    page.get_by_role("button", name="认领并补录").click()
    page.wait_for_url("**/supplement/")
    shown = page.locator("main").inner_text()
    page.get_by_role("button", name="提交复核").click()
    page.wait_for_url(f"**/notices/{notice.notice_no}/")
    return str(shown)


def test_money_comes_in_and_ends_in_the_books_of_the_finance_system(page, address, world):
    run = CollectionRun.objects.get(state="done")
    first = ArrivalNotice.objects.get(amount="120000.00")
    second = ArrivalNotice.objects.get(amount="95800.50")
    assert (run.arrivals, first.office.code) == (7, "BSC-SH")

    sign_in(page, address, "clerk1", world)
    page.goto(f"{address}/notifications/")
    assert "新到款 6 笔" in page.locator("main").inner_text()
    assert "INV-2026-0012" in supplement(page, address, first)
    assert "几张未付发票之和正好相等" in supplement(page, address, second)

    sign_in(page, address, "accountant1", world)
    for path, button in (("review", "复核通过"), ("booking", "入账")):
        page.goto(f"{address}/receipts/{path}/")
        page.check("[data-pick-all]")
        page.locator("#bulk").get_by_role("button", name=button, exact=True).click()
        page.wait_for_load_state()
    assert "收-0001" in page.locator("main").inner_text()

    world.tick()
    assert world.u8() == 1
    world.tick()

    voucher = Voucher.objects.get()
    assert (voucher.state, voucher.erp_voucher_no) == ("acked", "收-0001")
    assert voucher.lines.filter(debit__gt=0).count() == 2  # one a bank entry
    page.goto(f"{address}/receipts/notices/{second.notice_no}/")
    assert "已确认" in page.locator("h1").inner_text()
    story = page.locator("main").inner_text()
    assert all(
        word in story
        for word in ("认领到款", "补录复核通过", "收款入账", "确认记账", "INV-2026-0021")
    )


def test_a_second_claim_is_told_who_was_first(page, address, world):
    notice = ArrivalNotice.objects.get(amount="33000.00")
    sign_in(page, address, "clerk1", world)
    page.goto(f"{address}/receipts/notices/{notice.notice_no}/")
    page.get_by_role("button", name="认领并补录").click()
    page.wait_for_url("**/supplement/")

    sign_in(page, address, "clerk2", world)
    page.goto(f"{address}/receipts/supplement/")
    page.check("[data-pick-all]")
    page.locator("#bulk").get_by_role("button", name="认领").click()
    page.wait_for_load_state()

    assert "已由 唐伟 认领" in page.locator("main").inner_text()
