"""Every page as every duty sees it, in a real browser: it opens, breaks no policy, is accessible, and speaks both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from pytest_django.live_server_helper import LiveServer

from approvals.models import Decision
from masterdata.models import Bank, Company, OwnAccount
from payments.import_cells import COLUMNS
from payments.models import PaymentInstruction
from tests.browser.world import PASSWORD, World, lay_down
from tests.build_payments import answer

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

HAN = re.compile("[\u4e00-\u9fff]")
# What the house itself says; names and texts of payments stay in the language they were written in.
CHROME = "nav a .side__text, .side__section, th[scope=col], .btn, form label, .stat__label, .tabs a"

# duty: pages, each with a text that must stand on it
PAGES: dict[str, list[tuple[str, str]]] = {
    "maker1": [
        ("/", "工作台"),
        ("/payments/import/", "上传清单"),
        ("/payments/imports/{waiting_import}/", "新收款方"),
        ("/payments/imports/", "文件指纹"),
        ("/payments/orders/", "全部合计"),
        ("/payments/orders/{done}/", "人民币"),
        ("/payments/new/", "查找收款方"),
        ("/payments/drafts/", "草稿与退回"),
    ],
    "checker1": [
        ("/", "待我复核"),
        ("/payments/check/", "复核"),
        ("/payments/orders/{to_check}/check/", "人民币"),
    ],
    "approver1": [
        ("/", "待我审批"),
        ("/payments/approve/", "审批"),
        ("/payments/orders/{to_approve}/approve/", "再次核对收款账号"),
    ],
    "releaser1": [
        ("/", "待我授权"),
        ("/payments/release/", "授权"),
        ("/approvals/keys/", "使用中的密钥"),
        ("/approvals/keys/new/", "再次输入签名口令"),
        ("/payments/orders/{to_release}/release/", "发送后无法撤回"),
    ],
    "treasurer1": [
        ("/", "结果未知"),
        ("/board/", "在谁手里"),
        ("/payments/unknown/", "请勿重复付款"),
        ("/payments/orders/{unknown}/", "结果未知，请勿重复付款"),
        ("/payments/failed/", "失败与退票"),
        ("/payments/held/", "暂挂"),
        ("/payments/batches/", "批次号"),
        ("/payments/batches/{batch_no}/", "{batch_no}"),
        ("/statements/balances/", "999,876,543.21"),
        ("/statements/entries/", "江阴恒源化工有限公司"),
        ("/statements/days/", "日终核对"),
        ("/payments/status/", "支付状态查询"),
        ("/receipts/report/", "收款处理查询"),
        ("/cases/", "异常中心"),
        ("/notifications/", "通知"),
        ("/jobs/", "任务"),
        ("/password/", "修改密码"),
        ("/me/security/", "我的安全"),
    ],
    "recon1": [
        ("/ledger/journal/", "每个银行账户一本账"),
        ("/ledger/journal/{account_id}/", "月末余额"),
        ("/ledger/import/", "可识别的列"),
        ("/ledger/vouchers/", "凭证"),
        ("/ledger/templates/new/", "可填内容"),
        ("/ledger/periods/", "会计期间"),
        ("/statements/import/", "上传并预览"),
        ("/statements/continuity/", "关闭至"),
        ("/statements/continuity/{account_id}/", "对账单"),
        ("/reconciliation/days/", "核对结果"),
        ("/reconciliation/days/waiting/", "待签署的日对账"),
        ("/reconciliation/days/{account_id}/{today}/", "平台外扣款"),
        ("/reconciliation/items/", "账龄"),
        ("/reconciliation/brs/", "近 12 个月"),
        ("/reconciliation/brs/{account_id}/", "调节后余额"),
        ("/reconciliation/brs/archive/", "内容指纹"),
        ("/reconciliation/close/", "存档"),
        ("/reconciliation/close/{company_id}/{month}/", "余额调节表"),
        ("/reconciliation/", "勾对台"),
        ("/reconciliation/accounts/{account_id}/", "差额"),
        ("/reconciliation/accounts/{account_id}/matches/", "还没有勾对"),
        ("/reconciliation/trial/", "试算条件"),
        ("/reconciliation/explained/", "解释率"),
        ("/reconciliation/explained/{today}/", "解释率"),
        ("/reconciliation/transactions/", "江阴恒源化工有限公司"),
        ("/statements/balance-changes/", "账户余额变化"),
        ("/ledger/journal/entries/", "日记账"),
        ("/ledger/templates/", "凭证模板"),
    ],
    "admin1": [
        ("/masterdata/companies/", "澄江"),
        ("/masterdata/companies/new/", "新建公司"),
        ("/masterdata/accounts/", "银行账户"),
        ("/masterdata/accounts/new/", "新建银行账户"),
        ("/masterdata/counterparties/", "往来单位"),
        ("/masterdata/counterparties/import/", "上传并预览"),
        ("/masterdata/payees/", "收款账户确认"),
        ("/masterdata/changes/", "待确认变更"),
        ("/masterdata/branches/", "联行号"),
        ("/masterdata/connections/", "银行通道"),
        ("/masterdata/calendar/", "个工作日"),
        ("/masterdata/calendar/2026/edit/", "提交复核"),
        ("/masterdata/strategy/", "上线控制"),
        ("/masterdata/matrix/", "金额到（不含）"),
        ("/approvals/matrix/trial/", "试算"),
        ("/masterdata/matrix/new/", "第 1 步"),
        ("/masterdata/matrix/1/", "执行期间"),
        ("/masterdata/matrix/1/withdraw/", "提交撤销"),
        ("/masterdata/limits/", "没有限额的付款"),
        ("/masterdata/limits/new/", "授权人"),
        ("/masterdata/routing/", "小额支付单笔上限"),
        ("/masterdata/strategy/payments.duplicates/", "默认值"),
        ("/masterdata/strategy/payments.duplicates/new/", "提交复核"),
    ],
    "security1": [
        ("/approvals/keys/", "全部密钥"),
        ("/approvals/keys/{releaser_key}/revoke/", "吊销签名密钥"),
    ],
    "auditor1": [
        ("/audit/", "操作轨迹"),
        ("/interface-log/", "接口日志查询"),
        ("/bank/exchanges/", "银行报文"),
        ("/bank/channels/", "定时任务"),
        ("/bank/channels/{connection_id}/", "评分卡"),
        ("/statements/receipts/", "电子回单"),
        ("/statements/completeness/", "最需要处理的排在最前"),
        ("/masterdata/people/", "用户与角色"),
    ],
}


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The demo group once for all pages of this module; swept out afterwards."""
    folder = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setenv("YQLINK_DEMO_DIR", str(folder))
        call_command("flush", interactive=False, verbosity=0)
        yield lay_down(folder)
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def address(world: World) -> Iterator[str]:
    """Where the pages are served."""
    server = LiveServer("localhost")
    yield server.url
    server.stop()


def sign_in(page: Any, address: str, username: str, world: World) -> None:
    """Be this person at once; what the sign-in page asks has a test of its own."""
    page.set_default_timeout(30_000)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": world.cookies[username]}
    page.context.add_cookies([cookie | {"url": address}])


def without(text: str, names: set[str]) -> str:
    """A text without the names in it, the longest first."""
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = text.replace(name, "")
    return text


def path_of(pattern: str, world: World) -> str:
    values = {name: getattr(value, "order_no", value) for name, value in vars(world).items()}
    return pattern.format(**values)


@pytest.mark.parametrize("username", PAGES)
def test_every_page_of_a_duty_opens_clean(page, address, world, username):
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "response",
        lambda one: said.append(f"{one.status} {one.url}") if one.status >= 400 else None,
    )
    sign_in(page, address, username, world)
    faults: list[str] = []
    for pattern, text in PAGES[username]:
        path = path_of(pattern, world)
        answer = page.goto(f"{address}{path}")
        if answer.status != 200:
            faults.append(f"{path}: HTTP {answer.status}")
            continue
        if path_of(text, world) not in page.locator("body").inner_text():
            faults.append(f"{path}: 「{text}」 is missing")
        faults += [f"{path}: console: {one}" for one in said]
        faults += [
            f"{path}: {one['id']} {one['nodes'][0]['html'][:120]}"
            for one in Axe().run(page, options={"preload": False}).response["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        said.clear()  # the checker of accessibility itself writes styles that the policy refuses

    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("username", PAGES)
def test_every_page_of_a_duty_speaks_english(page, address, world, settings, username):
    page.context.add_cookies(
        [{"name": settings.LANGUAGE_COOKIE_NAME, "value": "en", "url": address}]
    )
    sign_in(page, address, username, world)
    data = {
        *COLUMNS,
        *Bank.objects.values_list("name", flat=True),
    }  # in the language of their papers
    names = {
        *OwnAccount.objects.values_list("name", flat=True),
        *Company.objects.values_list("short_name", flat=True),
    }
    faults: list[str] = []
    for pattern, _text in PAGES[username]:
        path = path_of(pattern, world)
        page.goto(f"{address}{path}")
        texts = [*page.locator(CHROME).all_inner_texts(), page.locator("h1").inner_text()]
        faults += [
            f"{path}: {text}"
            for text in texts
            if text not in data and HAN.search(without(text, names))
        ]

    assert not faults, "\n".join(sorted(set(faults)))


def test_a_release_is_confirmed_with_the_retyped_account_and_done_once(page, address, world):
    sign_in(page, address, "releaser1", world)
    order = world.to_release
    page.goto(f"{address}/payments/orders/{order.order_no}/")
    page.get_by_role("link", name="授权付款").click()

    shown = page.locator("main").inner_text()
    page.fill(f"input[name=retype_{order.payee_number}]", order.payee_number[-4:])
    page.fill("input[name=otp]", world.phones["releaser1"].code())
    page.fill("input[name=passphrase]", world.passphrase)
    page.locator("main form button[name=confirm]").click()
    page.wait_for_load_state()

    assert f"{order.amount:,.2f}" in shown
    assert "人民币" in shown
    order.refresh_from_db()
    assert order.state == "released"
    assert order.instructions.count() == 1
    assert Decision.objects.get(case_id=order.approval_id, act="release").factor_method == "totp"


def _answered(instruction_id: int) -> None:
    try:
        answer(PaymentInstruction.objects.get(pk=instruction_id), "succeeded")
    finally:
        connections.close_all()


def test_a_banks_answer_shows_on_the_open_page_by_itself(page, address, world):
    row = PaymentInstruction.objects.filter(state="accepted").order_by("pk")[0]
    sign_in(page, address, "treasurer1", world)
    page.goto(f"{address}/payments/orders/{row.order.order_no}/")
    page.locator("main h1 [data-state=accepted]").wait_for()

    with ThreadPoolExecutor(
        1
    ) as bank:  # a connection of its own: the server sees what is committed
        bank.submit(_answered, row.pk).result()

    page.locator("main h1 [data-state=succeeded]").wait_for()  # nobody loaded the page again
    assert page.locator("#moving").count() == 0


def test_a_list_uploaded_in_the_browser_is_previewed_and_refused_the_second_time(
    page, address, world
):
    sign_in(page, address, "maker1", world)
    page.goto(f"{address}/payments/import/")

    page.set_input_files("input[type=file]", str(world.list_file))
    page.locator("main form button.btn-primary").click()
    page.wait_for_load_state()

    assert "payments.xlsx" in page.locator("main").inner_text()
    assert "文件" in page.locator("main").inner_text()


def test_a_person_signs_in_with_both_factors_and_the_language_is_remembered(page, address, world):
    def enter() -> None:
        page.goto(f"{address}/sign-in/")
        page.fill("input[name=username]", "viewer1")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.fill("input[name=otp]", world.phones["viewer1"].code())
        page.press("input[name=otp]", "Enter")
        page.wait_for_url(lambda url: "/sign-in/" not in url)

    page.set_default_timeout(30_000)
    enter()
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("html[lang=en]")
    page.context.clear_cookies()

    enter()

    assert page.locator("html").get_attribute("lang") == "en"
    assert "Workspace" in page.locator("nav").inner_text()
    assert "Last sign-in" in page.locator("main").inner_text()


def test_an_idle_page_is_covered_and_keeps_what_was_typed(page, address, world):
    settings.SESSION_IDLE_S, kept = 3, settings.SESSION_IDLE_S
    try:
        sign_in(page, address, "maker2", world)
        page.goto(f"{address}/payments/new/")
        page.fill("input[name=purpose]", "写到一半的用途")
        page.wait_for_selector("dialog#lock[open]")
        assert not page.locator("input[name=purpose]").is_visible()

        page.fill("#lock-password", "wrong")
        page.press("#lock-password", "Enter")
        page.wait_for_selector("dialog#lock [data-wrong]:not([hidden])")
        page.fill("#lock-password", PASSWORD)
        page.press("#lock-password", "Enter")
        page.wait_for_selector("dialog#lock", state="hidden")
    finally:
        settings.SESSION_IDLE_S = kept

    assert page.locator("input[name=purpose]").input_value() == "写到一半的用途"
