"""Golden bytes of what we send, compared with the sheet's composed bodies; limits kept before anything leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Inquiry, WireRequest
from bankadapters.errors import NotReady, Unencodable
from kernel.errors import InvalidInput
from kernel.money import Money
from tests.bankadapters.spdb.values import (
    DAY,
    GOLDEN,
    PAYER,
    REFERENCE,
    a_batch,
    a_connection,
    an_instruction,
    asked,
    asking,
    canonical,
    golden,
)

ACCOUNT = AccountRef(PAYER)


def written(request: WireRequest, **parameters: str) -> bytes:
    return asking(parameters=parameters)[0].write(request)


def submission(*items, operation: Ability = Ability.PAY) -> WireRequest:
    return WireRequest(operation, batch=a_batch(*items, operation=operation))


class TestGolden:
    def test_a_balance_query_matches_the_sheet(self):
        message = written(WireRequest(Ability.BALANCE, accounts=[ACCOUNT]))

        assert canonical(message) == canonical(golden("balance_body"))

    def test_a_payment_matches_the_sheet(self):
        assert canonical(written(submission())) == canonical(golden("pay_body"))

    def test_every_golden_file_names_its_source(self):
        files = sorted(GOLDEN.glob("*.xml"))

        assert len(files) == 5
        assert all(b"<!-- Source: SPDB sheet, section" in f.read_bytes() for f in files)


class TestOperations:
    def test_a_batch_counts_and_sums_its_rows(self):
        items = [an_instruction(reference=f"P{n}", money=Money(Decimal(n))) for n in (1, 2)]

        message = written(submission(*items, operation=Ability.PAY_BATCH), authMasterID="20")

        assert message.startswith(
            b"<body><authMasterID>20</authMasterID><totalNumber>2</totalNumber>"
            b"<totalAmount>3.00</totalAmount><packageNo>B2501150001</packageNo>"
        )
        assert message.count(b"<elecChequeNo>") == 2
        assert message.count(b"<authMasterID>") == 1

    def test_twenty_rows_go_together(self):
        adapter, _ = asking()
        items = [an_instruction(reference=f"P{n}") for n in range(21)]

        assert len(adapter.together(a_batch(*items, operation=Ability.PAY_BATCH))) == 20

    def test_instant_payments_spell_the_bank_number_with_a_capital(self):
        message = written(submission(), single="EG01")

        assert b"<PayeeBankNo>102100000030</PayeeBankNo>" in message
        assert f"<electronNumber>{REFERENCE}</electronNumber>".encode() in message

    def test_inside_the_bank_even_then_the_ordinary_trade_is_used(self):
        message = written(submission(an_instruction(cnaps="310290000013")), single="EG01")

        assert b"<sysFlag>0</sysFlag>" in message
        assert b"payeeBankNo" not in message

    def test_a_status_is_asked_for_the_day_and_the_next_because_of_midnight(self):
        message = written(WireRequest(Ability.INQUIRE, inquiries=asked(day=date(2025, 1, 14))))

        assert b"<beginDate>20250114</beginDate><endDate>20250115</endDate>" in message
        assert b"<singleOrBatchFlag>0</singleOrBatchFlag>" in message

    def test_details_go_on_from_a_number(self):
        request = WireRequest(
            Ability.TRANSACTIONS, accounts=[ACCOUNT], first=DAY, last=DAY, cursor="21"
        )

        assert b"<queryNumber>20</queryNumber><beginNumber>21</beginNumber>" in written(request)
        with pytest.raises(Unencodable):
            written(replace(request, cursor="h20250115-20250115:two"))


class TestLimits:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"purpose": "货款|1"}, "purpose"),
            ({"purpose": ""}, "purpose"),
            ({"payee_bank": ""}, "payee_bank"),
            ({"payee_name": ""}, "payee_name"),
            ({"reference": "R_1"}, "reference"),
            ({"payee_account": "6217 0000"}, "payee_account"),
            ({"money": Money(Decimal("10000000000000"))}, "amount"),
            ({"money": Money(Decimal("1"), "USD")}, "currency"),
        ],
    )
    def test_what_breaks_one_is_refused_by_name_before_anything_leaves(self, changes, field):
        adapter, hops = asking()

        with pytest.raises(Unencodable) as caught:
            adapter.pay(a_batch(an_instruction(**changes)))
        assert isinstance(caught.value, InvalidInput)
        assert caught.value.field == field
        assert not hops["sign"].requests

    def test_a_connection_without_a_customer_number_keeps_payments_waiting(self):
        adapter, hops = asking()
        adapter.connection = a_connection(parameters={"masterID": ""})

        with pytest.raises(NotReady, match="masterID"):
            adapter.pay(a_batch())
        assert not hops["sign"].requests

    def test_a_status_cannot_be_asked_without_the_account(self):
        with pytest.raises(Unencodable, match="payer_account"):
            written(WireRequest(Ability.INQUIRE, inquiries=[Inquiry(REFERENCE, day=DAY)]))
