"""Master data both ways (S18, S21): the five fields in and out, subjects with version and origin, whatever carries them."""

from __future__ import annotations

import pytest

from erpbridge.models import Outbox
from erpbridge.services import telling
from masterdata.models import AccountSubject, Counterparty, CounterpartyAccount
from masterdata.roles import RIGHTS, Role
from tests.build_payments import World
from tests.erpbridge.lanes import Lane, a_client, a_system, codes, statuses

pytestmark = pytest.mark.django_db(transaction=True)
FIVE = {  # 客户名称、客户代码（供应商客户编码）、银行卡号（银行帐号） in our words
    "name": "江阴新客户有限公司", "code": "C90001", "account": "6222021234500001", "account_name": "江阴新客户有限公司",
    "kind": "customer",
}  # fmt: skip
SUBJECT = {"kind": "subject", "company_code": "1000", "code": "1002.01", "name": "银行存款-中行"}


def ask(lane: Lane, *items, key):
    return lane.ask(items, key=key, kind="master_data")


class TestIn:
    def test_the_five_fields_make_a_partner_and_stage_its_account(self, lane: Lane):
        answer = ask(lane, {**FIVE, "cnaps": "102100099996"}, key="M1")

        assert statuses(answer) == ["OK"]
        partner = Counterparty.objects.get(code="C90001")
        account = CounterpartyAccount.objects.get(number=FIVE["account"])
        assert (partner.name, partner.kind, partner.origin) == (FIVE["name"], "customer", "u8")
        assert (account.counterparty, account.name, account.state) == (
            partner,
            FIVE["account_name"],
            "staged",
        )

    def test_a_subject_is_kept_with_its_origin_and_a_version_for_each_change(self, lane: Lane):
        first = ask(lane, SUBJECT, {**SUBJECT, "code": "2202", "name": "应付账款"}, key="M1")
        second = ask(lane, {**SUBJECT, "name": "银行存款-中国银行"}, key="M2")
        third = ask(lane, {**SUBJECT, "name": "银行存款-中国银行"}, key="M3")

        assert [statuses(one) for one in (first, second, third)] == [["OK", "OK"], ["OK"], ["DUP"]]
        row = AccountSubject.objects.get(code="1002.01")
        other = AccountSubject.objects.get(code="2202")
        assert (row.name, row.origin) == ("银行存款-中国银行", "u8")
        assert row.version == other.version + 1

    def test_a_subject_of_a_company_out_of_reach_is_refused(self, lane: Lane):
        answer = ask(lane, {**SUBJECT, "company_code": "9999"}, key="M1")

        assert codes(answer) == {"company_unknown"}
        assert not AccountSubject.objects.exists()


class TestOut:
    def told(self, world: World, *, rights=frozenset({"masterdata.view"})):
        client = a_client(world, rights=RIGHTS[Role.MAKER] | rights).client
        a_system(client, "api", kinds=["master_data"])
        telling.tell()
        return list(Outbox.objects.filter(kind="master_data").order_by("pk"))

    def test_tells_partners_with_the_five_fields_version_and_origin(self, world: World):
        (row,) = self.told(world)

        (item,) = row.payload["items"]
        account = CounterpartyAccount.objects.get()
        partner = account.counterparty
        assert (item["code"], item["name"], item["account"], item["account_name"]) == (
            partner.code,
            partner.name,
            account.number,
            account.name,
        )
        assert (item["kind"], item["origin"], item["account_state"]) == (
            partner.kind,
            partner.origin,
            "confirmed",
        )
        assert row.company_code == world.company.code

    def test_tells_again_what_changed_and_nothing_else(self, world: World):
        (first,) = self.told(world)
        assert telling.tell() == 0

        account = CounterpartyAccount.objects.get()
        account.move("close")
        account.save_changes(["state"])
        telling.tell()

        newest = Outbox.objects.latest("pk")
        assert newest.payload["items"][0]["account_state"] == "closed"
        assert newest.state_version > first.state_version

    def test_tells_nobody_who_may_not_see_master_data(self, world: World):
        client = a_client(world, rights=frozenset({"payments.view"})).client
        a_system(client, "api", kinds=["master_data"])

        telling.tell()

        assert not Outbox.objects.exists()
