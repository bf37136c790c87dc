"""Golden bytes of what we send, compared with the sheet's composed messages; limits kept before anything leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Batch, Inquiry, WireRequest
from bankadapters.errors import NotReady, Unencodable
from kernel.errors import InvalidInput
from kernel.money import Money
from tests.bankadapters.cmb.values import (
    GOLDEN,
    PAYER,
    a_batch,
    a_connection,
    an_instruction,
    asking,
    canonical,
    golden,
    people,
)

ACCOUNTS = [AccountRef(PAYER), AccountRef("571900000010102")]
DAY = date(2024, 6, 11)


def written(request: WireRequest, **parameters: str) -> bytes:
    return asking(parameters=parameters)[0].write(request)


def submission(operation: Ability, *items, batch_no: str = "S202406") -> WireRequest:
    return WireRequest(operation, batch=Batch(batch_no, items or (an_instruction(),), operation))


class TestGolden:
    @pytest.mark.parametrize(
        ("name", "request_"),
        [
            ("balance_request", WireRequest(Ability.BALANCE, accounts=ACCOUNTS)),
            (
                "transactions_request",
                WireRequest(Ability.TRANSACTIONS, accounts=ACCOUNTS[:1], first=DAY, last=DAY),
            ),
            (
                "inquire_request",
                WireRequest(Ability.INQUIRE, inquiries=[Inquiry("P20240611000002", day=DAY)]),
            ),
        ],
    )
    def test_a_query_matches_the_sheet(self, name, request_):
        assert canonical(written(request_)) == canonical(golden(name))

    def test_a_payment_matches_the_sheet(self):
        assert canonical(written(submission(Ability.PAY))) == canonical(golden("pay_request"))

    def test_a_batch_matches_the_sheet(self):
        request = submission(Ability.PAY_BATCH, *people("10.00", "20.00"))

        # The sheet leaves the optional TRSTYP out of its batch; its default is what we send.
        message = canonical(written(request, RCVCHK="0")).replace("<TRSTYP>100001</TRSTYP>", "")

        assert message == canonical(golden("pay_batch_request"))

    def test_a_payroll_matches_the_sheet(self):
        staff = [replace(item, purpose="六月工资") for item in people("10.00", "20.00")]
        request = submission(Ability.PAYROLL, *staff)

        message = canonical(written(request))

        for item in staff:  # the remark of an item is optional; ours carries the payment's number
            message = message.replace(f"<TRSDSP>{item.reference}</TRSDSP>", "")
        assert message == canonical(golden("payroll_request"))

    def test_every_golden_file_names_its_source(self):
        files = sorted(GOLDEN.glob("*.xml"))

        assert len(files) == 12
        assert all(b"<!-- Source: CMB direct-link sheet, section" in f.read_bytes() for f in files)


class TestModes:
    def test_a_form_carries_the_document_in_reqdata(self):
        body = written(submission(Ability.PAY), mode="form")

        assert body.startswith(b"REQDATA=%3C%3Fxml")
        assert body.isascii()

    def test_a_socket_announces_bytes_not_characters(self):
        frame = written(submission(Ability.PAY), mode="socket")

        document = written(submission(Ability.PAY))
        assert frame[:8] == str(len(document)).ljust(8).encode()
        assert frame[8:] == document

    def test_a_document_says_gbk_and_is(self):
        message = written(submission(Ability.PAY))

        assert message.startswith(b'<?xml version="1.0" encoding="GBK"?>')
        assert "示例服务公司".encode("gbk") in message


class TestOperations:
    def test_the_kind_of_payment_chooses_function_and_business(self):
        approved = written(submission(Ability.PAY), payment="approval")
        group = written(submission(Ability.PAY), payment="group")

        assert b"<FUNNAM>DCPAYREQ</FUNNAM>" in approved
        assert b"<BUSCOD>N02030</BUSCOD>" in approved
        assert b"<DCPAYREQX>" in approved
        assert b"CRTADR" not in approved
        assert b"<FUNNAM>DCPAYMNT</FUNNAM>" in group
        assert b"<BUSCOD>N02041</BUSCOD>" in group

    def test_an_internal_transfer_sends_no_business_and_is_asked_about_under_its_own(self):
        sent = written(submission(Ability.SWEEP))
        asked = written(
            WireRequest(
                Ability.INQUIRE,
                inquiries=[Inquiry("P20240611000002", day=DAY, operation=Ability.SWEEP)],
            )
        )

        assert b"<FUNNAM>DCOPRTRF</FUNNAM>" in sent
        assert b"BUSCOD" not in sent
        assert b"<BUSCOD>N02020</BUSCOD>" in asked

    @pytest.mark.parametrize(
        ("function", "kind"),
        [("NTAGCSAL", b"<TRSTYP>BYSA</TRSTYP>"), ("NTAGCAPY", b"<TRSTYP>BYBK</TRSTYP>")],
    )
    def test_a_large_payroll_goes_in_one_upload(self, function, kind):
        message = written(
            submission(Ability.PAYROLL, *people("1.00", "2.00")),
            agent_function=function,
            agent_TRSTYP="BYBK",
        )

        for part in (
            b"<BEGTAG>Y</BEGTAG>",
            b"<ENDTAG>Y</ENDTAG>",
            b"<TTLAMT>3.00</TTLAMT>",
            b"<TTLCNT>2</TTLCNT>",
            kind,
        ):
            assert part in message

    def test_many_payments_are_asked_about_by_their_days_with_the_neighbours(self):
        asked = [Inquiry(f"P{n}", day=DAY) for n in range(3)]

        message = written(WireRequest(Ability.INQUIRE, inquiries=asked))

        assert b"<FUNNAM>NTQRYSTN</FUNNAM>" in message
        assert b"<BGNDAT>20240610</BGNDAT><ENDDAT>20240612</ENDDAT>" in message

    def test_the_banks_number_alone_asks_for_the_reason(self):
        message = written(WireRequest(Ability.INQUIRE, inquiries=[Inquiry("", "0030900002")]))

        assert b"<NTSTLINFX><REQNBR>0030900002</REQNBR></NTSTLINFX>" in message

    def test_a_payroll_is_asked_about_by_its_batch_number(self):
        asked = [Inquiry("", day=DAY, operation=Ability.PAYROLL, batch_no="S202406")]

        message = written(WireRequest(Ability.INQUIRE_PAYROLL, inquiries=asked))

        assert b"<BUSCOD>N03010</BUSCOD><YURREF>S202406</YURREF>" in message

    def test_accounts_history_and_receipts(self):
        days = {"accounts": ACCOUNTS[:1], "first": date(2024, 6, 1), "last": date(2024, 6, 10)}

        assert b"<BUSCOD>N01010</BUSCOD>" in written(WireRequest(Ability.ACCOUNT_LIST))
        assert b"<BGNDAT>20240601</BGNDAT><ENDDAT>20240610</ENDDAT>" in written(
            WireRequest(Ability.HISTORY_BALANCE, **days)
        )
        assert b"<RRCFLG>1</RRCFLG>" in written(WireRequest(Ability.RECEIPT_LIST, **days))

    def test_one_booking_day_is_asked_at_a_time_from_its_place_on(self):
        request = WireRequest(
            Ability.TRANSACTIONS,
            accounts=ACCOUNTS[:1],
            first=date(2024, 6, 1),
            last=DAY,
            cursor="h20240603-20240603:101",
        )

        assert b"<TRSDAT>20240603</TRSDAT><TRSSEQ>101</TRSSEQ>" in written(request)


class TestLimits:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"payee_name": "名" * 101}, "payee_name"),
            ({"purpose": "款" * 32}, "purpose"),
            ({"purpose": ""}, "purpose"),
            ({"remark": "注" * 101}, "remark"),
            ({"payee_bank": "行" * 32}, "payee_bank"),
            ({"payee_bank": "", "cnaps": "105290000001"}, "payee_bank"),
            ({"reference": "R" * 31}, "reference"),
            ({"reference": "R_1"}, "reference"),
            ({"payee_account": "6217 0000"}, "payee_account"),
            ({"payer_branch": "5719"}, "payer_branch"),
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

    @pytest.mark.parametrize("missing", ["LGNNAM", "BBKNBR"])
    def test_a_connection_without_a_setting_keeps_payments_waiting(self, missing):
        adapter, transport = asking()
        adapter.connection = a_connection(parameters={missing: ""})

        with pytest.raises(NotReady, match=missing):
            adapter.pay(a_batch())
        assert not transport.requests

    def test_a_payroll_to_other_banks_needs_their_place(self):
        adapter, _ = asking()

        with pytest.raises(NotReady, match="EACCTY"):
            adapter.pay(a_batch(an_instruction(), operation=Ability.PAYROLL))

    def test_a_question_reaches_back_90_days_and_spans_a_week(self):
        for asked in (
            [Inquiry("P1", day=date(2024, 3, 1))],
            [Inquiry("P1", day=date(2024, 6, 1)), Inquiry("P2", day=DAY)],
        ):
            with pytest.raises(Unencodable):
                written(WireRequest(Ability.INQUIRE, inquiries=asked))
