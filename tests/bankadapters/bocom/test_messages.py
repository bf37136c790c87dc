"""Golden bytes of what we send, compared with the sheet's composed messages; limits kept before anything leaves."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from bankadapters.banks.bocom.messages import FRAME
from bankadapters.contract import Ability, AccountRef, Inquiry, WireRequest
from bankadapters.errors import NotReady, Unencodable
from kernel.money import Money
from tests.bankadapters.bocom.values import (
    GOLDEN,
    NUMBER,
    PAYER,
    a_batch,
    a_person,
    an_instruction,
    asking,
    golden,
    tagged,
)

ACCOUNT = AccountRef(PAYER)
TODAY = date(2026, 3, 10)


def written(request: WireRequest, **parameters: str) -> bytes:
    return asking(parameters=parameters)[0].write(request)


class TestGolden:
    def test_the_balance_request_matches_the_sheet(self):
        message = written(WireRequest(Ability.BALANCE, accounts=[ACCOUNT]))

        mine = message.replace(tagged(message, "req_no").encode(), b"Q2603100901020000001")
        assert mine == golden("balance_request")

    @pytest.mark.parametrize(
        ("name", "request_"),
        [
            ("pay_request_body", WireRequest(Ability.PAY, batch=a_batch())),
            ("inquire_request_body", WireRequest(Ability.INQUIRE, inquiries=[Inquiry(NUMBER)])),
        ],
    )
    def test_a_body_matches_the_sheet(self, name, request_):
        message = written(request_)

        assert message.endswith(b"</head>" + golden(name) + b"</ap>")
        assert not message.startswith(b"<?xml")

    def test_the_length_is_on_the_left_and_blanks_follow(self):
        assert FRAME.encode(b"x" * 512)[:7] == b"0512   "

    def test_every_golden_file_names_its_source(self):
        files = sorted(GOLDEN.iterdir())

        assert len(files) == 5
        assert all(b"Source: BOCOM sheet, section 4" in f.read_bytes() for f in files)


class TestOperations:
    def test_several_accounts_are_several_bodies(self):
        message = written(
            WireRequest(Ability.BALANCE, accounts=[ACCOUNT, AccountRef(PAYER[:-1] + "2")])
        )

        assert message.count(b"<body>") == 2
        assert tagged(message, "atom_tr_count") == "2"

    @pytest.mark.parametrize(
        ("first", "last", "code"),
        [
            (TODAY, TODAY, "310201"),
            (TODAY - timedelta(days=5), TODAY, "310301"),
            (TODAY - timedelta(days=90), TODAY, "310301"),
        ],
    )
    def test_today_has_an_operation_of_its_own_and_the_past_at_most_31_days(
        self, first, last, code
    ):
        message = written(
            WireRequest(Ability.TRANSACTIONS, accounts=[ACCOUNT], first=first, last=last)
        )

        assert tagged(message, "tr_code") == code
        if code == "310301":
            end = date.fromisoformat(tagged(message, "end_date"))
            assert end < TODAY
            assert (end - first).days <= 30

    def test_a_payee_here_needs_no_bank_number(self):
        item = an_instruction(cnaps="", payee_bank="交通银行上海分行")

        message = written(WireRequest(Ability.PAY, batch=a_batch(item)))

        assert tagged(message, "bank_flag") == "0"
        assert tagged(message, "rcv_bank_no") == ""

    def test_a_payroll_is_one_message_under_its_batch_number(self):
        people = [a_person("6222600000000000017", "P1"), a_person("6222600000000000025", "P2")]
        request = WireRequest(Ability.PAYROLL, batch=a_batch(*people, operation=Ability.PAYROLL))

        with pytest.raises(NotReady, match="busi_no"):
            written(request)
        message = written(request, busi_no="7001")

        assert tagged(message, "cert_no") == "B0100000000017"
        assert tagged(message, "sum_amt") == "10000.00"
        assert message.count(b"<rcd>") == 2
        asked = [Inquiry("B0100000000017", operation=Ability.PAYROLL, batch_no="B0100000000017")]
        question = written(WireRequest(Ability.INQUIRE_PAYROLL, inquiries=asked))
        assert tagged(question, "query_flag") == "3"

    def test_the_banks_serial_is_asked_for_only_without_our_number(self):
        message = written(WireRequest(Ability.INQUIRE, inquiries=[Inquiry("", "31000000000007")]))

        assert tagged(message, "query_flag") == "2"
        assert tagged(message, "ogl_serial_no") == "31000000000007"

    def test_a_machine_set_to_utf8_is_written_to_in_utf8(self):
        message = written(WireRequest(Ability.PAY, batch=a_batch()), encoding="UTF-8")

        assert "示例贸易有限公司".encode() in message


class TestLimits:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"reference": "P" * 21}, "reference"),
            ({"payee_name": "名" * 31}, "payee_name"),
            ({"payee_name": ""}, "payee_name"),
            ({"payee_bank": ""}, "payee_bank"),
            ({"cnaps": ""}, "cnaps"),
            ({"purpose": "款" * 31}, "purpose"),
            ({"payee_account": "6" * 41}, "payee_account"),
            ({"money": Money(Decimal("1"), "USD")}, "currency"),
        ],
    )
    def test_what_breaks_one_is_refused_by_name_before_anything_leaves(self, changes, field):
        adapter, transport = asking()

        with pytest.raises(Unencodable) as caught:
            adapter.pay(a_batch(an_instruction(**changes)))
        assert caught.value.field == field
        assert not transport.requests

    @pytest.mark.parametrize("name", ["corp_no", "user_no"])
    def test_without_its_settings_nothing_leaves(self, name):
        with pytest.raises(NotReady, match=name):
            asking(parameters={name: ""})[0].pay(a_batch())

    def test_days_the_bank_has_forgotten_are_refused(self):
        with pytest.raises(Unencodable, match="730"):
            asking()[0].transactions(ACCOUNT, TODAY - timedelta(days=731), TODAY)
