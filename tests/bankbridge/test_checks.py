"""账户自检: what a bank lets us do with an account is asked over real sockets and told in plain words."""

from __future__ import annotations

import pytest
from django.test import Client

from bankbridge import checks
from bankbridge.models import AccountCheck
from bankbridge.services import checking
from desk.models import ExceptionCase
from kernel.errors import NotFound
from masterdata.models import OwnAccount
from tests.bankbridge.test_api import caller
from tests.build import a_company

pytestmark = pytest.mark.django_db(transaction=True)


def page(user) -> str:
    browser = Client()
    browser.force_login(user)
    return browser.get("/bank/checks/").content.decode()


def tested(world) -> dict[str, checks.Found]:
    checking.ask(account_ids=None, actor=world.people["admin"], scope=world.scope("admin"))
    checking.run()
    (one,) = checks.newest(world.scope("admin"))
    return {found.ability: found for found in one.found}


class TestRun:
    def test_tells_each_service_of_an_account_that_may_be_used(self, world, bank):
        world.reach(bank("--no-delays").url)

        found = tested(world)

        assert set(found) == set(checks.CHECKED)
        assert {one.verdict for one in found.values()} == {checks.OK, checks.NOT_OFFERED}
        assert found["balance"].verdict == checks.OK
        assert found["transactions"].verdict == checks.OK
        assert not ExceptionCase.objects.exists()
        assert "可用" in page(world.people["admin"])

    def test_what_the_bank_refuses_is_told_with_its_code_and_what_to_do_until_it_is_mended(
        self, world, bank
    ):
        world.reach(bank("--no-delays").url)
        OwnAccount.objects.update(number="999900001111")

        found = tested(world)

        assert found["balance"].verdict in (checks.REFUSED, checks.ABSENT)
        (case,) = ExceptionCase.objects.filter(kind=checking.CASE)
        assert (case.company_id, "余额查询" in case.reason) == (world.company.pk, True)
        shown = page(world.people["admin"])
        assert "开户行" in shown
        assert found["balance"].code in shown

        OwnAccount.objects.update(number=world.payer)
        tested(world)
        case.refresh_from_db()
        assert case.outcome == "自检通过"

    def test_a_bank_out_of_reach_is_no_missing_entitlement(self, world):
        found = tested(world)

        assert found["balance"].verdict == checks.UNREACHED
        assert not ExceptionCase.objects.exists()
        assert "不是权限问题" in page(world.people["admin"])

    def test_asked_twice_it_is_made_once(self, world, bank):
        world.reach(bank("--no-delays").url)
        for _ in range(2):
            checking.ask(account_ids=None, actor=world.people["admin"], scope=world.scope("admin"))

        assert checking.run() == 1
        assert checking.run() == 0
        assert AccountCheck.objects.get().asked_by == "admin"


class TestAsk:
    def test_nobody_asks_about_accounts_out_of_scope(self, world):
        with pytest.raises(NotFound):
            checking.ask(account_ids=None, actor=world.people["maker"], scope=world.scope("maker"))

    def test_a_system_asks_and_reads_over_the_api(self, world, bank):
        world.reach(bank("--no-delays").url)
        system = caller(world.company)

        asked = system.call("post", "accounts/self-test", accounts=[world.payer])
        checking.run()

        assert (asked.status_code, asked.json()) == (202, {"asked": 1})
        (told,) = system.call("get", "accounts/self-test").json()["results"]
        assert (told["account"], told["state"]) == (world.payer, "done")
        assert {"service": "balance", "verdict": "ok", "code": "", "text": "", "advice": ""} in told["services"]  # fmt: skip
        stranger = caller(a_company("7000"))
        assert stranger.call("get", "accounts/self-test").json() == {"results": []}
        assert (
            stranger.call("post", "accounts/self-test", accounts=[world.payer]).status_code == 404
        )
