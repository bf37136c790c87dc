"""Golden bytes of what we send, compared with the sheet's composed messages; limits kept before anything leaves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bankadapters.banks.abc.messages import FRAME
from bankadapters.contract import Ability, AccountRef, Inquiry, WireRequest
from bankadapters.errors import NotReady, Unencodable
from kernel.money import Money
from tests.bankadapters.abc.values import (
    GOLDEN,
    NUMBER,
    PAYER,
    a_batch,
    an_instruction,
    asking,
    golden,
    tagged,
)

ACCOUNT = AccountRef(PAYER)
DAY = date(2025, 1, 15)


def written(request: WireRequest, **parameters: str) -> bytes:
    return asking(parameters=parameters)[0].write(request)


def paid(parameters: dict[str, str] | None = None, **changes: object) -> bytes:
    request = WireRequest(Ability.PAY, batch=a_batch(an_instruction(**changes)))
    return written(request, **(parameters or {}))


class TestGolden:
    def test_the_balance_request_matches_the_sheet(self):
        message = written(WireRequest(Ability.BALANCE, accounts=[ACCOUNT]))

        mine = message.replace(tagged(message, "ReqSeqNo").encode(), b"DEMO2501150001")
        assert mine == golden("balance_request.xml")

    def test_the_frame_counts_bytes_on_the_left_and_leaves_itself_out(self):
        body = "<ap>示例</ap>".encode("gbk")

        assert FRAME.encode(body) == b"013    " + body

    def test_every_golden_file_names_its_source(self):
        files = sorted(GOLDEN.iterdir())

        assert len(files) == 4
        assert all(b"Source: ABC sheet, section 7" in f.read_bytes() for f in files)


class TestOperations:
    def test_a_transfer_splits_the_banks_own_accounts_and_no_others(self):
        home = paid(payee_account="31000002040000002", cnaps="103290000007")
        other = paid(payee_account="31000002040000002")

        assert b"<DbProv>11</DbProv><DbAccNo>000001040000001</DbAccNo>" in home
        assert b"<CrProv>31</CrProv><CrAccNo>000002040000002</CrAccNo>" in home
        assert b"<OthBankFlag>0</OthBankFlag>" in home
        assert b"<CrProv></CrProv><CrAccNo>31000002040000002</CrAccNo>" in other
        assert b"<OthBankFlag>1</OthBankFlag>" in other

    def test_a_persons_card_here_has_a_transaction_without_bank_fields(self):
        message = paid(personal=True, cnaps="103290000007", payee_account="6228480000000000001")

        assert tagged(message, "CCTransCode") == "CFRT21"
        assert b"CrBankName" not in message
        assert b"OthBankFlag" not in message

    @pytest.mark.parametrize(("setting", "flag"), [("Y/N", "Y"), ("1/0", "1")])
    def test_urgency_is_written_as_the_front_end_takes_it(self, setting, flag):
        message = paid({"UrgencyFlag": setting}, urgent=True)

        assert tagged(message, "UrgencyFlag") == flag

    def test_the_number_of_a_payment_is_the_number_of_its_message(self):
        message = paid()

        assert tagged(message, "ReqSeqNo") == NUMBER
        assert tagged(message, "Amt") == "300.00"

    def test_an_internal_transfer_stays_inside_the_bank(self):
        inside = an_instruction(payee_account="11000001040000002", cnaps="103100000026")
        request = WireRequest(Ability.SWEEP, batch=a_batch(inside, operation=Ability.SWEEP))

        assert tagged(written(request), "CCTransCode") == "CFRT02"
        assert tagged(written(request, sweep="CFRT01"), "CCTransCode") == "CFRT01"
        with pytest.raises(Unencodable):
            written(
                WireRequest(Ability.SWEEP, batch=a_batch(an_instruction(), operation=Ability.SWEEP))
            )

    def test_what_is_handled_by_hand_is_asked_for_in_a_field_named_for_a_day(self):
        request = WireRequest(
            Ability.INQUIRE, inquiries=[Inquiry(NUMBER, payer_account=PAYER)], cursor="by hand"
        )

        message = written(request)

        assert tagged(message, "CCTransCode") == "CQRA61"
        assert tagged(message, "BookingDate") == NUMBER

    def test_serials_of_questions_are_new_each_time(self):
        request = WireRequest(Ability.BALANCE, accounts=[ACCOUNT])

        assert len({tagged(written(request), "ReqSeqNo") for _ in range(100)}) == 100


class TestLimits:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"payer_account": "1100000104000000"}, "payer_account"),
            ({"payee_name": "名" * 31}, "payee_name"),
            ({"payee_name": ""}, "payee_name"),
            ({"purpose": "款" * 16}, "purpose"),
            ({"payee_bank": ""}, "payee_bank"),
            ({"reference": "Y" * 21}, "reference"),
            ({"money": Money(Decimal("1"), "USD")}, "currency"),
        ],
    )
    def test_what_breaks_one_is_refused_by_name_before_anything_leaves(self, changes, field):
        adapter, transport = asking()

        with pytest.raises(Unencodable) as caught:
            adapter.pay(a_batch(an_instruction(**changes)))
        assert caught.value.field == field
        assert not transport.requests

    def test_without_a_corporation_number_nothing_leaves(self):
        with pytest.raises(NotReady, match="CorpNo"):
            asking(parameters={"CorpNo": ""})[0].pay(a_batch())

    def test_a_strange_cursor_is_refused(self):
        adapter, _ = asking()

        with pytest.raises(Unencodable):
            adapter.transactions(ACCOUNT, DAY, DAY, cursor="h20250115-20250115:<x>")
