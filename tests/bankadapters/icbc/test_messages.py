"""Golden bytes of what we send, compared with the sheet's composed messages; limits kept before anything leaves."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Inquiry, WireRequest
from bankadapters.errors import NotReady, Unencodable
from kernel import clock
from kernel.errors import InvalidInput
from kernel.money import Money
from tests.bankadapters.icbc.values import (
    GOLDEN,
    PACKAGE,
    PAYER,
    a_batch,
    a_connection,
    an_instruction,
    asking,
    canonical,
    golden,
    inside,
)

ACCOUNT = AccountRef(PAYER)


def written(request: WireRequest, **parameters: str) -> bytes:
    return asking(parameters=parameters)[0].write(request)


def submission(*items, operation: Ability = Ability.PAY) -> WireRequest:
    return WireRequest(operation, batch=a_batch(*items, operation=operation))


class TestGolden:
    def test_a_balance_query_matches_the_sheet_but_for_its_own_number(self):
        message = canonical(written(WireRequest(Ability.BALANCE, accounts=[ACCOUNT])))
        ours = message.split("<fSeqno>")[1].split("<")[0]

        assert message.replace(ours, "Q20260310090102003") == canonical(golden("balance_request"))

    def test_a_payment_matches_the_sheet_but_for_our_number_beside_it(self):
        row = inside(written(submission()), "rd")

        # The sheet leaves the references of its row empty; ours carry the payment's number.
        for name in ("Ref", "ERPSqn"):
            row = row.replace(f"<{name}>{PACKAGE}</{name}>", f"<{name}></{name}>")
        assert row == canonical(golden("pay_row"))

    def test_a_status_query_matches_the_sheet(self):
        message = written(WireRequest(Ability.INQUIRE, inquiries=[Inquiry(PACKAGE)]))

        assert inside(message, "in") == canonical(golden("inquire_in"))

    def test_every_golden_file_names_its_source(self):
        files = sorted(GOLDEN.glob("*.xml"))

        assert len(files) == 5
        assert all(b"<!-- Source: ICBC sheet, section" in f.read_bytes() for f in files)


class TestOperations:
    def test_a_package_counts_and_sums_what_it_holds(self):
        items = [an_instruction(reference=f"P{n}", money=Money(Decimal(n))) for n in (1, 2)]

        message = written(submission(*items, operation=Ability.PAY_BATCH))

        assert b"<fSeqno>B20260310001</fSeqno>" in message
        assert b"<TotalNum>2</TotalNum><TotalAmt>300</TotalAmt>" in message
        assert b"<iSeqno>2</iSeqno>" in message

    def test_the_two_layouts_differ_and_the_connection_chooses(self):
        old, new = written(submission()), written(submission(), version="0.0.1.0")

        assert b"<ReqReserved3>" in old
        assert b"<MCardNo>" not in old
        assert b"<ReqReserved3>" not in new
        assert b"<MCardNo></MCardNo>" in new or b"<MCardNo/>" in new

    def test_a_payroll_leaves_prop_out(self):
        message = written(submission(operation=Ability.PAYROLL), version="0.0.1.0")

        assert b"<TransCode>PAYPER</TransCode>" in message
        assert b"<Prop>" not in message
        assert b"<THBaseAccFlag" in message

    def test_speed_city_and_person_are_told(self):
        plain = written(submission(an_instruction(urgent=False, personal=True)), PayType="3")

        assert b"<PayType>3</PayType>" in plain
        assert b"<Prop>1</Prop>" in plain
        assert "上海".encode("gbk") not in plain  # a fast payment names no city

    def test_inside_the_bank_no_clearing_code_is_sent(self):
        message = written(submission(an_instruction(cnaps="102100099996")))

        assert b"<SysIOFlg>1</SysIOFlg>" in message
        assert b"102100099996" not in message

    def test_today_and_history_are_two_trades(self):
        today = clock.today()
        days = {"accounts": [ACCOUNT], "last": today}

        assert b"<TransCode>QPD</TransCode>" in written(
            WireRequest(Ability.TRANSACTIONS, first=today, **days)
        )
        assert b"<BeginDate>20260301</BeginDate><EndDate>20260309</EndDate>" in written(
            WireRequest(Ability.TRANSACTIONS, first=today.replace(day=1), **days)
        )


class TestLimits:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"purpose": "款" * 11}, "purpose"),
            ({"purpose": ""}, "purpose"),
            ({"remark": "注" * 31}, "remark"),
            ({"payee_bank": "行" * 61}, "payee_bank"),
            ({"payee_bank": ""}, "payee_bank"),
            ({"cnaps": "", "payee_bank": "中国银行"}, "cnaps"),
            ({"payer_name": ""}, "payer_name"),
            ({"reference": "R" * 31}, "reference"),
            ({"reference": "R_1"}, "reference"),
            ({"payee_account": "6217 0000"}, "payee_account"),
            ({"money": Money(Decimal("10000000000000"))}, "amount"),
            ({"money": Money(Decimal("1"), "USD")}, "currency"),
        ],
    )
    def test_what_breaks_one_is_refused_by_name_before_anything_leaves(self, changes, field):
        adapter, business, signing = asking()

        with pytest.raises(Unencodable) as caught:
            adapter.pay(a_batch(an_instruction(**changes)))
        assert isinstance(caught.value, InvalidInput)
        assert caught.value.field == field
        assert not business.requests + signing.requests

    @pytest.mark.parametrize("missing", ["CIS", "ID"])
    def test_a_connection_without_its_identity_keeps_payments_waiting(self, missing):
        adapter, business, _ = asking()
        adapter.connection = a_connection(parameters={missing: ""})

        with pytest.raises(NotReady, match=missing):
            adapter.pay(a_batch())
        assert not business.requests
