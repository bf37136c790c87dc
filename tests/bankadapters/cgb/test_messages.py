"""What we send, field by field in the notes' order; limits kept before anything leaves.  Source: bank overview, section 2.2."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Inquiry, WireRequest
from bankadapters.errors import NotReady, Unencodable
from kernel.money import Money
from kernel.secrets import Secret
from tests.bankadapters.cgb.values import (
    NUMBER,
    PAYER,
    a_batch,
    an_instruction,
    asking,
    fields,
    tagged,
)

ACCOUNT = AccountRef(PAYER)
DAY = date(2025, 1, 15)


def written(request: WireRequest, **parameters: str) -> bytes:
    return asking(parameters=parameters)[0].write(request)


def paid(parameters: dict[str, str] | None = None, **changes: object) -> bytes:
    request = WireRequest(Ability.PAY, batch=a_batch(an_instruction(**changes)))
    return written(request, **(parameters or {}))


class TestOperations:
    def test_a_payment_has_its_fields_in_order_and_those_of_the_answer_empty(self):
        head = fields(
            tranCode="0021", cifMaster="1000000001", entSeqNo=NUMBER, tranDate="20250115", tranTime="093000", retCode="000",
            entUserId="OP01", password="<![CDATA[demo0000]]>",
        )  # fmt: skip
        body = fields(
            traceNo="", outAccName="示例公司", outAcc=PAYER, outAccBank="", inAccName="收款公司", inAcc="6222020200112233445",
            inAccBank="工商银行某支行", inAccAdd="", amount="300.00", remark="货款", date="20250115", comment="六月", creNo="",
            frBalance="", toBalance="", handleFee="",
        )  # fmt: skip

        message = paid().decode("gbk")

        assert message == (
            '<?xml version="1.0" encoding="GBK"?>\n'
            f"<BEDC><Message><commHead>{head}</commHead><Body>{body}</Body></Message></BEDC>"
        )

    @pytest.mark.parametrize(
        ("changes", "parameters", "code"),
        [
            ({}, {}, "0021"),
            ({"cnaps": "306581000003"}, {}, "0011"),
            ({"cnaps": "", "payee_bank": "广发银行广州分行"}, {}, "0011"),
            ({}, {"interbank": "0012"}, "0012"),
        ],
    )
    def test_the_payees_bank_chooses_the_transaction(self, changes, parameters, code):
        assert tagged(paid(parameters, **changes), "tranCode") == code

    def test_the_payees_bank_goes_by_name_or_by_code_as_the_connection_says(self):
        assert tagged(paid(), "inAccBank") == "工商银行某支行"
        assert tagged(paid({"inAccBank": "cnaps"}), "inAccBank") == "102100000030"

    @pytest.mark.parametrize("code", ["0004", "0022"])
    def test_a_payment_is_asked_about_by_number_and_day(self, code):
        request = WireRequest(Ability.INQUIRE, inquiries=[Inquiry(NUMBER, day=date(2025, 1, 14))])

        message = written(request, status=code)

        assert tagged(message, "tranCode") == code
        assert tagged(message, "Body") == fields(origEntseqno=NUMBER, origEntdate="20250114")
        assert tagged(message, "entSeqNo") != NUMBER

    def test_a_batch_is_asked_about_as_a_whole(self):
        asked = [Inquiry(NUMBER, operation=Ability.PAY_BATCH, batch_no="B1")]

        message = written(WireRequest(Ability.INQUIRE_BATCH, inquiries=asked))

        assert tagged(message, "Body") == fields(customerBatchNo="B1")

    def test_entries_are_asked_for_from_a_place_of_three_parts(self):
        request = WireRequest(
            Ability.TRANSACTIONS, accounts=[ACCOUNT], first=DAY, last=DAY,
            cursor="h20250115-20250115:20250115|T001|77",
        )  # fmt: skip

        message = written(request)

        assert tagged(message, "beginRecTranDate") == "20250115"
        assert tagged(message, "beginRecTranCode") == "T001"
        assert tagged(message, "beginRecTranSeq") == "77"


class TestLimits:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"reference": "Y" * 21}, "reference"),
            ({"payee_name": "名" * 31}, "payee_name"),
            ({"payee_name": ""}, "payee_name"),
            ({"payee_bank": ""}, "payee_bank"),
            ({"payee_name": "𠮷田"}, "payee_name"),
            ({"payee_account": "6" * 33}, "payee_account"),
            ({"money": Money(Decimal("1"), "USD")}, "currency"),
        ],
    )
    def test_what_breaks_one_is_refused_by_name_before_anything_leaves(self, changes, field):
        adapter, transport = asking()

        with pytest.raises(Unencodable) as caught:
            adapter.pay(a_batch(an_instruction(**changes)))
        assert caught.value.field == field
        assert not transport.requests

    @pytest.mark.parametrize("name", ["cifMaster", "entUserId"])
    def test_without_its_settings_nothing_leaves(self, name):
        with pytest.raises(NotReady, match=name):
            asking(parameters={name: ""})[0].pay(a_batch())

    def test_a_password_that_ends_its_cdata_is_refused(self):
        adapter, transport = asking(secrets={"password": Secret("a]]>b")})

        with pytest.raises(Unencodable):
            adapter.pay(a_batch())
        assert not transport.requests

    def test_a_strange_cursor_is_refused(self):
        with pytest.raises(Unencodable):
            asking()[0].transactions(ACCOUNT, DAY, DAY, cursor="h20250115-20250115:<x>")
