"""Golden bytes of what we send, compared with the sheet's composed messages; limits kept before anything leaves."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from bankadapters.banks.cib import codes, requests
from bankadapters.contract import Ability, AccountRef, Inquiry, WireRequest
from bankadapters.errors import NotReady, Unencodable
from kernel.money import Money
from tests.bankadapters.cib.values import (
    BATCH_NO,
    GOLDEN,
    NUMBER,
    PAYER,
    a_batch,
    an_instruction,
    asking,
    canonical,
    function_of,
    golden,
    number_of,
)

ACCOUNT = AccountRef(PAYER)
DAY = date(2024, 6, 11)
IN_BATCH = [Inquiry(NUMBER, "", DAY, Ability.PAY_BATCH, batch_no=BATCH_NO)]


def written(request: WireRequest, **parameters: str) -> bytes:
    return asking(parameters=parameters)[0].write(request)


def alike(message: bytes, name: str) -> tuple[str, str]:
    """Ours and the sheet's, but for the time, the number of a question and the application."""

    def bare(document: bytes) -> str:
        text = re.sub(r"<DTCLIENT>.*?</DTCLIENT>", "", canonical(document))
        text = re.sub(r"<APPID>.*?</APPVER>", "", text)
        return re.sub(r"<TRNUID>Q\w+<", "<TRNUID>Q<", text)

    return bare(message), bare(golden(name))


class TestGolden:
    @pytest.mark.parametrize(
        ("name", "request_"),
        [
            ("balance_request", WireRequest(Ability.BALANCE, accounts=[ACCOUNT])),
            (
                "entries_request",
                WireRequest(Ability.TRANSACTIONS, accounts=[ACCOUNT], first=DAY, last=DAY),
            ),
            ("pay_request", WireRequest(Ability.PAY, batch=a_batch())),
            ("inquire_request", WireRequest(Ability.INQUIRE, inquiries=[Inquiry(NUMBER)])),
        ],
    )
    def test_a_request_matches_the_sheet(self, name, request_):
        mine, sheet = alike(written(request_, CITY="上海"), name)

        assert mine == sheet

    def test_an_asynchronous_batch_matches_the_sheet_but_for_remarks_and_title(self):
        items = [
            an_instruction(
                reference="Y1", payee_account="117010100100999902", payee_name="示例一公司", cnaps="", payee_bank="兴业银行",
                money=Money(Decimal("10.00")),
            ),
            an_instruction(reference="Y2", payee_name="示例二公司", money=Money(Decimal("20.00"))),
        ]  # fmt: skip
        request = WireRequest(Ability.PAY_BATCH, batch=a_batch(*items, operation=Ability.PAY_BATCH))

        mine, sheet = alike(written(request, CITY="上海"), "batch_request")

        sheet = re.sub(r"<TITLE>.*?</TITLE>", "", sheet).replace("|20.00|货款||", "|20.00|货款|Y2|")
        sheet = sheet.replace("|Y|Y||||10.00|货款||", "|Y|N||||10.00|货款|Y1|")
        assert mine == sheet

    def test_a_city_goes_out_where_it_is_set_and_fits(self):
        request = WireRequest(Ability.PAY, batch=a_batch())

        assert b"CITY" not in written(request)
        with pytest.raises(Unencodable, match="CITY is too long"):
            written(request, CITY="市" * 16)

    def test_application_and_version_go_out_where_they_are_set(self):
        message = written(
            WireRequest(Ability.BALANCE, accounts=[ACCOUNT]), APPID="XYFIB", APPVER="1000"
        )

        assert b"<GENUSERKEY>N</GENUSERKEY><APPID>XYFIB</APPID><APPVER>1000</APPVER>" in message

    def test_every_golden_file_names_its_source(self):
        files = sorted(GOLDEN.iterdir())

        assert len(files) == 10
        assert all(b"Source: CIB sheet, section 4" in f.read_bytes() for f in files)


class TestQueriesAndPayments:
    """A payment without its body is a query, and a query with one is a payment."""

    @pytest.mark.parametrize("function", codes.BATCHES)
    def test_a_batch_is_asked_about_by_its_own_element_without_a_body(self, function):
        message = written(WireRequest(Ability.INQUIRE_BATCH, inquiries=IN_BATCH), batch=function)

        assert function_of(message) == function
        assert f"<{function}RQ><TRNUID>{BATCH_NO}</TRNUID></{function}RQ>".encode() in message

    @pytest.mark.parametrize(
        ("operation", "parameters"),
        [
            (Ability.PAY, {}),
            (Ability.PAY, {"transfer": "ICTRANSFERTRN"}),
            (Ability.SWEEP, {}),
            (Ability.PAY_BATCH, {}),
            (Ability.PAY_BATCH, {"batch": "RBATCHTRSFRTRN"}),
        ],
    )
    def test_a_payment_never_leaves_without_its_body(self, operation, parameters):
        message = written(WireRequest(operation, batch=a_batch(operation=operation)), **parameters)

        function = function_of(message)
        assert f"</TRNUID></{function}RQ>".encode() not in message
        assert message.count(b"<TRNUID>") == 1

    def test_neither_writer_does_the_others_work(self):
        adapter, _ = asking()
        body = requests.status(NUMBER)
        empty = body.render()
        empty.clear()

        with pytest.raises(Unencodable):
            requests.question("XFERTRN", NUMBER, body, setting=adapter.setting, password="x")
        with pytest.raises(Unencodable):
            requests.submission("XFERTRN", NUMBER, empty, setting=adapter.setting, password="x")

    @pytest.mark.parametrize(
        ("parameters", "function"),
        [({}, "XFERINQTRN"), ({"transfer": "ICTRANSFERTRN"}, "ICTRANSFERINQTRN")],
    )
    def test_a_question_about_a_single_payment_has_a_number_of_its_own(self, parameters, function):
        message = written(WireRequest(Ability.INQUIRE, inquiries=[Inquiry(NUMBER)]), **parameters)

        assert function_of(message) == function
        assert number_of(message) != NUMBER
        assert f"<CLIENTREF>{NUMBER}</CLIENTREF>".encode() in message


class TestOperations:
    def test_interbank_y_means_inside_this_bank(self):
        inside = an_instruction(cnaps="309391000011", payee_bank="兴业银行")

        ours = written(WireRequest(Ability.PAY, batch=a_batch(inside)))
        theirs = written(WireRequest(Ability.PAY, batch=a_batch()))

        assert b'<ACCTTO INTERBANK="Y" LOCAL="N">' in ours
        assert b"BANKDESC" not in ours
        assert b'<ACCTTO INTERBANK="N" LOCAL="N">' in theirs

    @pytest.mark.parametrize(
        ("changes", "goes"),
        [
            ({"urgent": True}, True),
            ({}, False),
            ({"urgent": True, "money": Money(Decimal("50000.01"))}, False),
            ({"urgent": True, "cnaps": "309391000011"}, False),
        ],
    )
    def test_urgent_payments_up_to_fifty_thousand_go_by_the_super_network(self, changes, goes):
        request = WireRequest(Ability.PAY, batch=a_batch(an_instruction(**changes)))

        assert (b"<PMTMODE>SUPER</PMTMODE>" in written(request, super_for_urgent="Y")) == goes
        assert b"PMTMODE" not in written(request)

    def test_no_empty_due_date_is_ever_sent(self):
        assert b"DTDUE" not in written(WireRequest(Ability.PAY, batch=a_batch()))

    def test_a_payroll_names_its_people(self):
        item = an_instruction(
            cnaps="309391000011", payee_account="622900000000000001", payee_name="张示例"
        )
        request = WireRequest(Ability.PAYROLL, batch=a_batch(item, operation=Ability.PAYROLL))

        message = written(request).decode("gbk")

        assert "<DESCRIPTION>006</DESCRIPTION><TOTALCOUNT>1</TOTALCOUNT>" in message
        assert (
            "<RPAYOFF><INDX>1</INDX><ACCTNAME>张示例</ACCTNAME><ACCTID>622900000000000001</ACCTID><TRNAMT>200.00</TRNAMT></RPAYOFF>"
            in message
        )

    def test_days_are_asked_one_by_one(self):
        request = WireRequest(
            Ability.TRANSACTIONS, accounts=[ACCOUNT], first=date(2024, 6, 1), last=DAY
        )

        assert b"<DTSTART>2024-06-01</DTSTART><DTEND>2024-06-01</DTEND>" in written(request)

    def test_a_receipt_job_keeps_its_number_however_often_it_is_asked_for(self):
        request = WireRequest(
            Ability.RECEIPT_LIST, accounts=[ACCOUNT], first=date(2024, 6, 10), last=DAY
        )

        assert number_of(written(request)) == number_of(written(request)) == f"R{PAYER}20240610A"


class TestLimits:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"payee_name": "A&B"}, "payee_name"),
            ({"purpose": "<货款>"}, "purpose"),
            ({"purpose": "货\n款"}, "purpose"),
            ({"purpose": ""}, "purpose"),
            ({"remark": "注" * 16}, "remark"),
            ({"payee_name": "名" * 26}, "payee_name"),
            ({"payee_bank": ""}, "payee_bank"),
            ({"payee_bank": "兴业银行上海分行"}, "payee_bank"),
            ({"payer_account": "1" * 19}, "payer_account"),
            ({"payee_name": "𠮷田"}, "payee_name"),
            ({"reference": "Y" * 31}, "reference"),
            ({"money": Money(Decimal("1"), "USD")}, "currency"),
        ],
    )
    def test_what_breaks_one_is_refused_by_name_before_anything_leaves(self, changes, field):
        adapter, transport = asking()

        with pytest.raises(Unencodable) as caught:
            adapter.pay(a_batch(an_instruction(**changes)))
        assert caught.value.field == field
        assert not transport.requests

    def test_a_bar_inside_a_line_of_a_batch_is_refused(self):
        adapter, transport = asking()

        with pytest.raises(Unencodable):
            adapter.pay(a_batch(an_instruction(purpose="货|款"), operation=Ability.PAY_BATCH))
        assert not transport.requests

    @pytest.mark.parametrize("name", ["CID", "USERID"])
    def test_without_its_settings_nothing_leaves(self, name):
        with pytest.raises(NotReady, match=name):
            asking(parameters={name: ""})[0].pay(a_batch())
