"""Golden bytes of what we send, compared with the sheet's composed messages; limits kept before anything leaves."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Inquiry, ReceiptFound, WireRequest
from bankadapters.errors import NotReady, Unencodable
from kernel.errors import InvalidInput
from kernel.money import Money
from tests.bankadapters.citic.values import (
    DAY,
    GOLDEN,
    PAYER,
    a_batch,
    a_connection,
    an_instruction,
    asked,
    asking,
    canonical,
    golden,
)

ACCOUNT = AccountRef(PAYER)


def written(request: WireRequest, **parameters: str) -> str:
    return canonical(asking(parameters=parameters)[0].write(request))


def submission(*items, operation: Ability = Ability.PAY) -> WireRequest:
    return WireRequest(operation, batch=a_batch(*items, operation=operation))


class TestGolden:
    @pytest.mark.parametrize(
        ("name", "request_"),
        [
            ("balance_request", WireRequest(Ability.BALANCE, accounts=[ACCOUNT])),
            ("pay_request", submission()),
            ("inquire_request", WireRequest(Ability.INQUIRE, inquiries=asked())),
        ],
    )
    def test_a_message_matches_the_sheet(self, name, request_):
        assert written(request_) == canonical(golden(name))

    def test_every_golden_file_names_its_source(self):
        files = sorted(GOLDEN.glob("*.xml"))

        assert len(files) == 6
        assert all(b"<!-- Source: CITIC sheet, section" in f.read_bytes() for f in files)


class TestOperations:
    def test_the_way_follows_payee_and_speed(self):
        home = written(submission(an_instruction(cnaps="302100011000")))
        urgent = written(submission(an_instruction(urgent=True)))

        assert "<payType>01</payType>" in home
        assert "<citicbankFlag>0</citicbankFlag>" in home
        assert "<payType>02</payType>" in urgent

    def test_without_a_clearing_code_the_bank_is_named(self):
        message = written(submission(an_instruction(cnaps="")))

        assert "<recOpenBankName>中国工商银行</recOpenBankName><recOpenBankCode></recOpenBankCode>" in message  # fmt: skip

    def test_a_batch_counts_sums_and_numbers_its_rows_by_our_own_number(self):
        items = [
            an_instruction(reference=f"P{n}", money=Money(Decimal(n)), remark="合同")
            for n in (1, 2)
        ]

        message = written(submission(*items, operation=Ability.PAY_BATCH))
        again = written(submission(*items[::-1], operation=Ability.PAY_BATCH))

        assert "<clientID>B2603100001</clientID>" in message
        assert "<totalNumber>2</totalNumber><totalAmount>3.00</totalAmount>" in message
        rows = {row.split("<ID>")[1][:4]: row for row in message.split("<row>")[1:]}
        assert rows.keys() == {row.split("<ID>")[1][:4] for row in again.split("<row>")[1:]}
        assert sorted(row.split("<memo>")[1][:2] for row in rows.values()) == ["P1", "P2"]

    def test_rows_whose_digits_would_be_the_same_go_in_different_batches(self):
        adapter, _ = asking()
        items = [
            an_instruction(reference=r) for r in ("0001", "0002", "07P2")
        ]  # 07P2 is 0001 + 9973
        assert int("07P2", 36) % 9973 == int("0001", 36)

        together = adapter.together(a_batch(*items, operation=Ability.PAY_BATCH))

        assert [item.reference for item in together] == ["0001", "0002"]

    def test_an_internal_transfer_is_a_trade_of_its_own(self):
        item = an_instruction(payee_account="8110700013500000002", cnaps="302100011000")

        assert "<action>DLINETRN</action>" in written(submission(item, operation=Ability.SWEEP))

    def test_the_pool_is_swept_up_to_and_down_from(self):
        pool = {"sweep": "pool", "pool_account": "8110700013500000002"}
        up = an_instruction(payee_account="8110700013500000002")
        down = an_instruction(payer_account="8110700013500000002", payee_account=PAYER)

        assert "<conAccountNo>8110700013500000002</conAccountNo>" in written(
            submission(up, operation=Ability.SWEEP), **pool
        )
        assert "<coreAccountNo>8110700013500000002</coreAccountNo>" in written(
            submission(down, operation=Ability.SWEEP), **pool
        )
        with pytest.raises(Unencodable, match="cash pool"):
            written(submission(operation=Ability.SWEEP), **pool)
        with pytest.raises(NotReady, match="pool_account"):
            written(submission(operation=Ability.SWEEP), sweep="pool")

    def test_a_question_names_the_trade_it_was_sent_by(self):
        def question(**parameters: str) -> str:
            one = [Inquiry("S1", operation=Ability.SWEEP)]
            return written(WireRequest(Ability.INQUIRE, inquiries=one), **parameters)

        assert "<type>DLINETRN</type>" in question()
        assert "<type>" not in question(sweep="pool")

    def test_a_payroll_is_asked_for_by_its_month(self):
        one = asked(operation=Ability.PAYROLL, batch_no="B2603100001")

        message = written(WireRequest(Ability.INQUIRE_PAYROLL, inquiries=one))

        assert "<action>DLSALCOL</action>" in message
        assert "<yearMonth>202603</yearMonth>" in message

    def test_pagenumber_is_a_number_of_rows_and_startrecord_a_row(self):
        request = WireRequest(
            Ability.TRANSACTIONS, accounts=[ACCOUNT], first=DAY, last=DAY, cursor="21"
        )

        assert "<pageNumber>20</pageNumber><startRecord>21</startRecord>" in written(request)

    def test_receipts_of_today_and_of_earlier_days_are_two_kinds(self):
        earlier = DAY.replace(day=9)

        for day, kind in ((DAY, "1"), (earlier, "2")):
            listed = WireRequest(Ability.RECEIPT_LIST, accounts=[ACCOUNT], first=day, last=day)
            one = ReceiptFound("HD1", PAYER, day, file="100000")
            assert f"<qryType>{kind}</qryType>" in written(listed)
            message = written(WireRequest(Ability.RECEIPT_FILE, receipts=[one]))
            assert f"<isCurrDay>{kind}</isCurrDay>" in message
            assert "<brSeqNo>HD1</brSeqNo><billType>100000</billType>" in message


class TestLimits:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"payee_name": "名" * 62}, "payee_name"),
            ({"purpose": "款" * 52}, "purpose"),
            ({"purpose": ""}, "purpose"),
            ({"remark": "注" * 31}, "remark"),
            ({"cnaps": "", "payee_bank": ""}, "payee_bank"),
            ({"reference": "R" * 21}, "reference"),
            ({"payer_account": "1" * 20}, "payer_account"),
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

    def test_a_batch_needs_clearing_codes_and_a_payroll_one_payer(self):
        with pytest.raises(Unencodable, match="cnaps"):
            written(submission(an_instruction(cnaps=""), operation=Ability.PAY_BATCH))
        two = [
            an_instruction(),
            an_instruction(reference="P2", payer_account="8110700013500000002"),
        ]
        with pytest.raises(Unencodable, match="one payer"):
            written(submission(*two, operation=Ability.PAYROLL))

    def test_a_login_that_is_missing_keeps_payments_waiting(self):
        adapter, transport = asking()
        adapter.connection = a_connection(parameters={"userName": ""})

        with pytest.raises(NotReady, match="userName"):
            adapter.pay(a_batch())
        assert not transport.requests

    def test_a_row_beyond_four_digits_is_not_asked_for(self):
        request = WireRequest(
            Ability.TRANSACTIONS, accounts=[ACCOUNT], first=DAY, last=DAY, cursor="10001"
        )

        with pytest.raises(Unencodable, match="not one of this bank"):
            written(request)
