"""What we send: the order and the names of the bank's notes, composed here; limits kept before anything leaves."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, ReceiptFound, WireRequest
from bankadapters.errors import NotReady, Unencodable
from kernel.errors import InvalidInput
from kernel.money import Money
from tests.bankadapters.ceb.values import (
    ASKED,
    DAY,
    PASSWORD,
    PAYER,
    REFERENCE,
    a_batch,
    a_connection,
    an_instruction,
    answer,
    asking,
)

NOTES = (
    "ClientPatchID transferType accountNo toAccountName toAccountNo toBank amount toLocation clientSignature checkNo "
    "checkPassword note noteOther bankNo isUrgent cellphone perOrEnt IsAudit matchRule"
)
SYSTEM = "Language Encodeing Version ServiceName CifNo UserID SyMacFlag MAC SyPinFlag PinSeed LicenseId Flag Note"


def written(request: WireRequest, **parameters: str) -> str:
    return asking(parameters=parameters)[0].write(request).decode("gbk")


def submission(*items) -> WireRequest:
    return WireRequest(Ability.PAY, batch=a_batch(*items))


def names(message: str, element: str) -> list[str]:
    inside = re.search(f"<{element}>(.*)</{element}>", message, re.DOTALL)
    assert inside is not None
    return re.findall(r"<(\w+)[/>]", inside[1])


class TestMessages:
    def test_the_fields_stand_in_the_order_of_the_notes_misspelling_included(self):
        message = written(submission())

        assert names(message, "ReqData") == NOTES.split()
        assert names(message, "SystemHead") == SYSTEM.split()
        assert names(message, "TransHead") == ["TransCode", "BatchID", "JnlDate", "JnlTime"]
        assert message.startswith('<?xml version="1.0" encoding="GBK"?>')

    def test_batch_and_payment_go_under_one_number_by_which_they_are_asked_for(self):
        sent = written(submission())
        question = written(WireRequest(Ability.INQUIRE, inquiries=ASKED))

        assert f"<BatchID>{REFERENCE}</BatchID>" in sent
        assert f"<ClientPatchID>{REFERENCE}</ClientPatchID>" in sent
        assert f"<ClientBchID>{REFERENCE}</ClientBchID><ClientPchID>{REFERENCE}</ClientPchID>" in question  # fmt: skip
        assert f"<ClientPatchID>{REFERENCE}<" not in question

    def test_the_way_follows_payee_and_speed(self):
        home = written(submission(an_instruction(cnaps="303100000006")))
        linked = written(submission(), transferType="2124")
        urgent = written(submission(an_instruction(urgent=True)), transferType="2124")

        assert "<transferType>2122</transferType>" in home
        assert "303100000006" not in home
        assert "<transferType>2124</transferType>" in linked
        assert "<isUrgent>0</isUrgent>" in linked
        assert "<transferType>2120</transferType>" in urgent
        assert "<isUrgent>1</isUrgent>" in urgent

    def test_a_person_is_told_from_a_company(self):
        assert "<perOrEnt>1</perOrEnt>" in written(submission(an_instruction(personal=True)))

    def test_a_word_of_the_banks_vocabulary_leaves_the_purpose_beside_it(self):
        message = written(submission(), note="其他")

        assert "<note>其他</note><noteOther>货款</noteOther>" in message

    def test_receipts_are_listed_and_made(self):
        listed = WireRequest(
            Ability.RECEIPT_LIST, accounts=[AccountRef(PAYER)], first=DAY, last=DAY, cursor="51"
        )
        made = WireRequest(Ability.RECEIPT_FILE, receipts=[ReceiptFound("CEB1", PAYER, DAY)])

        assert "<BeginNum>51</BeginNum><QueryNum>50</QueryNum>" in written(listed)
        assert "<OperationType>1</OperationType><BillNumber>CEB1</BillNumber>" in written(made)


class TestTheAddress:
    def test_a_payment_names_customer_password_and_signature_there(self):
        adapter, transport = asking(answer())

        adapter.pay(a_batch())

        assert transport.targets == [
            f"ent/b2e004001.do?usrID=3000000001&userPassword={PASSWORD}&Sigdata=1"
        ]
        assert PASSWORD.encode() not in transport.requests[0]

    def test_a_question_names_the_password_only(self):
        adapter, transport = asking(answer("<NowFlag>00</NowFlag><TransferFlag>00</TransferFlag>"))

        adapter.inquire(ASKED)

        assert transport.targets == [f"ent/b2e004003.do?userPassword={PASSWORD}"]


class TestLimits:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"payee_name": "A<B 公司"}, "payee_name"),
            ({"purpose": "A&B"}, "purpose"),
            ({"purpose": ""}, "purpose"),
            ({"payee_bank": ""}, "payee_bank"),
            ({"cnaps": "", "payee_bank": "工商银行"}, "cnaps"),
            ({"reference": "R" * 51}, "reference"),
            ({"reference": "R_1"}, "reference"),
            ({"payee_account": "6217 0000"}, "payee_account"),
            ({"money": Money(Decimal("10000000000000"))}, "amount"),
            ({"money": Money(Decimal("1"), "USD")}, "currency"),
        ],
    )
    def test_what_breaks_one_is_refused_by_name_before_anything_leaves(self, changes, field):
        adapter, transport = asking()

        with pytest.raises(Unencodable) as caught:
            adapter.pay(a_batch(an_instruction(**changes)))
        assert isinstance(caught.value, InvalidInput)
        assert caught.value.field == field
        assert not transport.requests

    def test_a_connection_without_customer_or_password_keeps_payments_waiting(self):
        adapter, transport = asking(secrets={})
        with pytest.raises(NotReady, match="userPassword"):
            adapter.pay(a_batch())
        adapter, transport = asking()
        adapter.connection = a_connection(parameters={"usrID": ""})
        with pytest.raises(NotReady, match="usrID"):
            adapter.pay(a_batch())
        assert not transport.requests
