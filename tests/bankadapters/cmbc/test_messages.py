"""Golden bytes of what we send, compared with the sheet's composed message; limits kept before anything leaves."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Inquiry, WireRequest
from bankadapters.errors import NotReady, Unencodable
from kernel.errors import InvalidInput
from kernel.money import Money
from tests.bankadapters.cmbc.values import (
    DAY,
    GOLDEN,
    PAYER,
    REFERENCE,
    a_batch,
    a_connection,
    an_instruction,
    asking,
    canonical,
    golden,
)

ACCOUNT = AccountRef(PAYER)


def written(request: WireRequest, **parameters: str) -> bytes:
    return asking(parameters=parameters)[0].write(request)


def submission(*items) -> WireRequest:
    return WireRequest(Ability.PAY, batch=a_batch(*items))


class TestGolden:
    def test_a_payment_matches_the_sheet_but_for_the_messages_own_number(self):
        message = canonical(written(submission()))
        ours = re.sub(r"<trnId>\w{16}</trnId>", "<trnId>DEMO2501150001</trnId>", message)

        assert ours == canonical(golden("pay_request"))

    def test_every_golden_file_names_its_source(self):
        files = sorted(GOLDEN.glob("*.xml"))

        assert len(files) == 2
        assert all(b"<!-- Source: CMBC sheet, section" in f.read_bytes() for f in files)


class TestOperations:
    def test_a_status_is_asked_by_our_number_and_the_banks(self):
        one = [Inquiry(REFERENCE, "SV1")]
        message = written(WireRequest(Ability.INQUIRE, inquiries=one))

        assert f"<insId>{REFERENCE}</insId><svrId>SV1</svrId>".encode() in message

    def test_days_have_dashes_and_rows_a_range(self):
        days = {"accounts": [ACCOUNT], "first": DAY, "last": DAY}
        message = written(WireRequest(Ability.TRANSACTIONS, cursor="51", **days))

        assert b"<dateFrom>2025-01-15</dateFrom><dateTo>2025-01-15</dateTo>" in message
        assert b"<startNo>51</startNo><endNo>100</endNo>" in message
        with pytest.raises(Unencodable):
            written(WireRequest(Ability.TRANSACTIONS, cursor="h20250115-20250115:x", **days))

    def test_inside_the_bank_nothing_is_said_of_another(self):
        message = written(submission(an_instruction(cnaps="305100000013")))

        assert b"<externBank>0</externBank><localFlag>1</localFlag>" in message
        assert b"305100000013" not in message

    def test_the_way_follows_speed_and_the_instant_limit(self):
        def way(amount: str, *, urgent: bool = False, **parameters: str) -> bytes:
            item = an_instruction(money=Money(Decimal(amount)), urgent=urgent)
            return written(submission(item), **parameters).split(b"<localFlag>")[1][:1]

        assert way("1.00", urgent=True) == b"3"
        assert way("50000.00", localFlag="5") == b"5"
        assert way("50000.01", localFlag="5") == b"3"

    def test_a_person_is_told_from_a_company(self):
        assert b"<rcvCustType>2</rcvCustType>" in written(submission(an_instruction(personal=True)))

    def test_the_encoding_is_the_connections(self):
        message = written(submission(an_instruction(payee_name="朱镕")), encoding="UTF-8")

        assert message.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
        assert "朱镕".encode() in message

    def test_the_content_type_is_the_connections(self):
        adapter, _ = asking(parameters={"content_type": "bdes"})

        assert adapter.compose(submission(), "").carrier == "bdes"
        assert asking()[0].compose(submission(), "").carrier == "main"


class TestLimits:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"payee_name": "朱镕"}, "payee_name"),
            ({"payee_name": ""}, "payee_name"),
            ({"payee_bank": ""}, "payee_bank"),
            ({"cnaps": "", "payee_bank": "工商银行"}, "cnaps"),
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

    @pytest.mark.parametrize("missing", ["clientId", "userId"])
    def test_a_connection_without_its_identity_keeps_payments_waiting(self, missing):
        adapter, transport = asking()
        adapter.connection = a_connection(parameters={missing: ""})

        with pytest.raises(NotReady, match=missing):
            adapter.pay(a_batch())
        assert not transport.requests

    def test_a_password_that_is_missing_keeps_payments_waiting(self):
        adapter, transport = asking(secrets={})

        with pytest.raises(NotReady, match="userPswd"):
            adapter.pay(a_batch())
        assert not transport.requests
