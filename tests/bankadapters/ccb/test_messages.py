"""Golden bytes of what we send, compared with the sheet's composed messages; limits kept before anything leaves."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from bankadapters.contract import Ability, AccountRef, Inquiry, WireRequest
from bankadapters.errors import NotReady, Unencodable
from kernel.money import Money
from kernel.secrets import Secret
from tests.bankadapters.ccb.values import (
    BATCH_NO,
    GOLDEN,
    NUMBER,
    PAYER,
    a_batch,
    an_instruction,
    asking,
    canonical,
    code_of,
    golden,
    number_of,
)

ACCOUNT = AccountRef(PAYER)
DAY = date(2025, 1, 15)


def written(request: WireRequest, **parameters: str) -> bytes:
    return asking(parameters=parameters)[0].write(request)


def body_of(message: bytes) -> str:
    return re.search(r"<TX_INFO>.*</TX_INFO>", message.decode("gb18030"), re.DOTALL)[0]


class TestGolden:
    def test_the_balance_request_matches_the_sheet(self):
        message = written(
            WireRequest(Ability.BALANCE, accounts=[ACCOUNT]), CUST_ID="BJ11000000000000001"
        )

        mine = message.replace(number_of(message).encode(), b"2501150000000017")
        assert canonical(mine) == canonical(golden("balance_request"))
        assert message.startswith(b'<?xml version="1.0" encoding="GB2312"?>')

    def test_the_transfer_matches_the_sheet(self):
        item = an_instruction(payee_bank="", cnaps="")
        sheet = golden("pay_request_body").decode("gb18030").replace("DEMO20250115000017", NUMBER)

        message = written(
            WireRequest(Ability.PAY, batch=a_batch(item)), interbank="6W8020", CST_PAY_NO="Y"
        )

        assert canonical(body_of(message).encode("gb18030")) == canonical(sheet.encode("gb18030"))
        assert (code_of(message), number_of(message)) == ("6W8020", NUMBER)

    def test_every_golden_file_names_its_source(self):
        files = sorted(GOLDEN.iterdir())

        assert len(files) == 5
        assert all(b"Source: CCB sheet, section 7" in f.read_bytes() for f in files)


class TestOperations:
    @pytest.mark.parametrize(
        ("changes", "parameters", "code"),
        [
            ({"cnaps": "105290000001"}, {}, "6W8010"),
            ({"cnaps": "", "payee_bank": "中国建设银行上海分行"}, {}, "6W8010"),
            ({}, {}, "6W8060"),
            ({}, {"interbank": "6W8020"}, "6W8020"),
        ],
    )
    def test_the_payees_bank_chooses_the_transaction(self, changes, parameters, code):
        item = an_instruction(**changes)

        message = written(WireRequest(Ability.PAY, batch=a_batch(item)), **parameters)

        assert code_of(message) == code
        assert ("TRAN_TYPE" in body_of(message)) == (code == "6W8060")
        assert ("CHK_RECVNAME" in body_of(message)) == (code != "6W8060")

    def test_a_batch_is_lines_of_pipes_with_a_trailing_one(self):
        items = [an_instruction(), an_instruction(reference="1001000000000284")]

        message = written(WireRequest(Ability.PAY_BATCH, batch=a_batch(*items)), tier1_branch="110")

        text = re.search(r"<FILE_CTX>(.*)</FILE_CTX>", body_of(message), re.DOTALL)[1]
        lines = text.split("\r\n")
        assert lines[0] == (
            f"000017|示例贸易有限公司|{PAYER}|110|11050100000000000022|示例科技有限公司||中国银行上海分行|104290000000||0|"
            "2500.00|01|货款|||"
        )
        assert len(lines) == 2
        assert "<AMOUNT>5000.00</AMOUNT><COUNT>2</COUNT>" in body_of(message)
        assert number_of(message) == BATCH_NO

    def test_a_batch_is_asked_about_by_the_number_of_its_message(self):
        asked = [
            Inquiry(NUMBER, "", DAY, Ability.PAY_BATCH, batch_no=BATCH_NO, payer_account=PAYER)
        ]

        message = written(WireRequest(Ability.INQUIRE_BATCH, inquiries=asked))

        assert code_of(message) == "6W0800"
        assert f"<BATCH_NAME>{BATCH_NO}</BATCH_NAME>" in body_of(message)

    def test_a_payment_is_asked_about_by_its_own_number(self):
        message = written(WireRequest(Ability.INQUIRE, inquiries=[Inquiry(NUMBER)]))

        assert code_of(message) == "6W0600"
        assert f"<REQUEST_SN1>{NUMBER}</REQUEST_SN1>" in body_of(message)
        assert number_of(message) != NUMBER, "a question has a number of its own"

    def test_a_payment_goes_to_the_client_of_payments_under_its_own_operator(self):
        adapter, _ = asking(
            endpoints={"main": "tcp://127.0.0.1:9", "pay": "tcp://127.0.0.1:10"},
            parameters={"pay_USER_ID": "WLPT02"},
            secrets={"pay_PASSWORD": Secret("other000")},
        )

        pays = adapter.compose(WireRequest(Ability.PAY, batch=a_batch()), "")
        asks = adapter.compose(WireRequest(Ability.BALANCE, accounts=[ACCOUNT]), "")

        assert (pays.carrier, asks.carrier) == ("pay", "main")
        assert b"<USER_ID>WLPT02</USER_ID><PASSWORD>other000</PASSWORD>" in pays.body
        assert b"<USER_ID>WLPT09</USER_ID><PASSWORD>demo0000</PASSWORD>" in asks.body

    def test_a_request_number_is_sixteen_digits_and_never_used_twice(self):
        made = {number_of(written(WireRequest(Ability.SIGN_ON))) for _ in range(200)}

        assert len(made) == 200
        assert {len(number) for number in made} == {16}


class TestLimits:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"reference": "Y00100000017"}, "reference"),
            ({"payee_name": "名" * 31}, "payee_name"),
            ({"payee_name": ""}, "payee_name"),
            ({"purpose": "款" * 20}, "purpose"),
            ({"purpose": ""}, "purpose"),
            ({"payee_bank": "行" * 21}, "payee_bank"),
            ({"cnaps": ""}, "cnaps"),
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

    def test_a_pipe_inside_a_line_of_a_batch_is_refused(self):
        adapter, transport = asking()

        with pytest.raises(Unencodable):
            adapter.pay(a_batch(an_instruction(purpose="货|款"), operation=Ability.PAY_BATCH))
        assert not transport.requests

    def test_bytes_bound_a_batch_and_not_rows(self):
        items = [
            an_instruction(reference=f"1001{number:011d}0", payee_name="长" * 30)
            for number in range(1, 200)
        ]
        adapter, _ = asking()

        chosen = adapter.together(a_batch(*items, operation=Ability.PAY_BATCH))
        message = adapter.write(WireRequest(Ability.PAY_BATCH, batch=a_batch(*chosen)))

        text = re.search(rb"<FILE_CTX>(.*)</FILE_CTX>", message, re.DOTALL)[1]
        assert 9700 < len(text) <= 9999
        assert 40 < len(chosen) < 100

    def test_two_payments_that_end_in_the_same_digits_never_share_a_batch(self):
        items = [an_instruction(), an_instruction(reference="1001001000000175")]

        chosen = asking()[0].together(a_batch(*items, operation=Ability.PAY_BATCH))

        assert list(chosen) == items[:1]

    @pytest.mark.parametrize("name", ["CUST_ID", "USER_ID"])
    def test_without_its_settings_nothing_leaves(self, name):
        adapter, transport = asking(parameters={name: ""})

        with pytest.raises(NotReady, match=name):
            adapter.pay(a_batch())
        assert not transport.requests

    def test_a_rare_character_is_carried_because_the_bytes_are_gb18030(self):
        message = written(
            WireRequest(Ability.PAY, batch=a_batch(an_instruction(payee_name="𠮷田公司")))
        )

        assert "𠮷田公司".encode("gb18030") in message
