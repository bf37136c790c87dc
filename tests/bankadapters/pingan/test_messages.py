"""Golden bytes of what we send, compared with the sheet's composed messages; limits kept before anything leaves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Inquiry, WireRequest
from bankadapters.errors import NotReady, Unencodable
from kernel.money import Money
from tests.bankadapters.pingan.values import (
    GOLDEN,
    PAYER,
    VOUCHER,
    a_batch,
    an_instruction,
    asking,
    golden,
)

ACCOUNT = AccountRef(PAYER)
DAY = date(2025, 1, 15)


def written(request: WireRequest, **parameters: str) -> bytes:
    return asking(parameters=parameters)[0].write(request)


class TestGolden:
    def test_the_header_matches_the_sheet_byte_by_byte(self):
        message = written(WireRequest(Ability.BALANCE, accounts=[ACCOUNT]))
        parts = (GOLDEN / "balance_header.txt").read_text("utf-8").splitlines()[1].split("|")
        sheet = "".join(" " * int(p[1:].split()[0]) if p.startswith("<") else p for p in parts)

        assert len(sheet) == 222
        mine = message[:222].decode("ascii")
        serial = slice(67, 87)  # ours is new each time
        assert (
            mine[: serial.start] + mine[serial.stop :]
            == sheet[: serial.start] + sheet[serial.stop :]
        )

    @pytest.mark.parametrize(
        ("name", "request_"),
        [
            ("balance_request", WireRequest(Ability.BALANCE, accounts=[ACCOUNT])),
            ("pay_request", WireRequest(Ability.PAY, batch=a_batch(operation=Ability.PAY))),
        ],
    )
    def test_a_body_matches_the_sheet(self, name, request_):
        message = written(request_)

        assert message[222:] == golden(name)
        assert int(message[30:40]) == len(golden(name))

    def test_every_golden_file_names_its_source(self):
        files = sorted(GOLDEN.iterdir())

        assert len(files) == 5
        assert all(b"Source: PingAn sheet, section 7" in f.read_bytes() for f in files)


class TestOperations:
    def test_a_batch_is_one_message_under_its_own_voucher(self):
        items = [
            an_instruction(),
            an_instruction(reference="20250115093000000002", cnaps="307584007998"),
        ]

        message = written(WireRequest(Ability.PAY_BATCH, batch=a_batch(*items)))

        body = message[222:]
        assert message[40:46] == b"4018  "
        assert (
            b"<ThirdVoucher>B0100000000017</ThirdVoucher><totalCts>2</totalCts><totalAmt>600.00</totalAmt>"
            in body
        )
        assert body.count(b"<HOResultSet4018R>") == 2
        assert b"<UnionFlag>1</UnionFlag>" in body
        assert body.count(b"InAcctBankNode>") == 2, "an own-bank payee needs no clearing code"

    def test_payments_of_a_batch_are_asked_about_with_their_batch(self):
        asked = [Inquiry(VOUCHER, operation=Ability.PAY_BATCH, batch_no="B0100000000017")]

        message = written(WireRequest(Ability.INQUIRE_BATCH, inquiries=asked))

        assert message[40:46] == b"4015  "
        assert (
            b"<OrigThirdVoucher>B0100000000017</OrigThirdVoucher><QueryType>0</QueryType>"
            in message
        )
        assert (
            f"<HOResultSet4015R><SThirdVoucher>{VOUCHER}</SThirdVoucher></HOResultSet4015R>".encode()
            in message
        )

    def test_our_number_is_asked_for_before_the_banks(self):
        both = written(WireRequest(Ability.INQUIRE, inquiries=[Inquiry(VOUCHER, "51250115000001")]))
        theirs = written(WireRequest(Ability.INQUIRE, inquiries=[Inquiry("", "51250115000001")]))

        assert b"OrigThirdVoucher" in both
        assert b"OrigFrontLogNo" not in both
        assert b"<OrigFrontLogNo>51250115000001</OrigFrontLogNo>" in theirs

    @pytest.mark.parametrize(
        ("first", "last", "size", "asked_last"),
        [
            (DAY, DAY, b"100", b"20250115"),
            (date(2025, 1, 10), date(2025, 1, 14), b"1000", b"20250114"),
            (date(2025, 1, 10), DAY, b"1000", b"20250114"),
        ],
    )
    def test_today_and_the_past_are_never_asked_together(self, first, last, size, asked_last):
        message = written(
            WireRequest(Ability.TRANSACTIONS, accounts=[ACCOUNT], first=first, last=last)
        )

        assert b"<PageSize>" + size + b"</PageSize>" in message
        assert b"<EndDate>" + asked_last + b"</EndDate>" in message
        assert b"<OrderMode>002</OrderMode>" in message

    def test_the_heart_beat_has_an_empty_body(self):
        message = written(WireRequest(Ability.SIGN_ON))

        assert message[40:46] == b"S001  "
        assert message[222:].endswith(b"<Result/>")

    def test_receipts_wait_for_the_banks_code(self):
        request = WireRequest(Ability.RECEIPT_LIST, accounts=[ACCOUNT], first=DAY, last=DAY)

        with pytest.raises(NotReady, match="receipt_BsnCode"):
            written(request)
        assert b"<BsnCode>R1</BsnCode>" in written(request, receipt_BsnCode="R1")

    def test_a_serial_is_new_for_every_message(self):
        serials = {written(WireRequest(Ability.SIGN_ON))[67:87] for _ in range(200)}

        assert len(serials) == 200


class TestLimits:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"reference": "Y12345678"}, "reference"),
            ({"reference": "Y" * 21}, "reference"),
            ({"payee_name": "名" * 31}, "payee_name"),
            ({"payee_bank": ""}, "payee_bank"),
            ({"purpose": "款" * 51}, "purpose"),
            ({"payee_account": "6" * 33}, "payee_account"),
            ({"payer_account": "1" * 21}, "payer_account"),
            ({"payee_name": "𠮷田"}, "payee_name"),
            ({"money": Money(Decimal("1"), "USD")}, "currency"),
        ],
    )
    def test_what_breaks_one_is_refused_by_name_before_anything_leaves(self, changes, field):
        adapter, transport = asking()

        with pytest.raises(Unencodable) as caught:
            adapter.pay(a_batch(an_instruction(**changes)))
        assert caught.value.field == field
        assert not transport.requests

    def test_without_an_enterprise_code_nothing_leaves(self):
        adapter, transport = asking(parameters={"enterprise_code": ""})

        with pytest.raises(NotReady):
            adapter.pay(a_batch())
        assert not transport.requests

    def test_urgent_and_ordinary_payments_go_in_batches_of_their_own(self):
        batch = a_batch(
            an_instruction(), an_instruction(reference="20250115093000000002", urgent=True)
        )

        assert len(asking()[0].together(batch)) == 1
