"""The Bank of China simulator on a good day, spoken to over a real socket with messages worded by hand."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from tests.bankadapters.simulator.client import (
    OTHER,
    PAYER,
    START,
    Sim,
    ids,
    item,
    message_code,
    outcomes,
)  # fmt: skip

DAY = f"{START:%Y%m%d}"


@pytest.fixture
def sim(run) -> Sim:
    return run()


class TestSession:
    def test_sign_on_gives_a_token_and_the_banks_clock(self, run):
        sim = run(signed=False)

        text = sim.sign_on()

        assert message_code(text) == "B001"
        assert re.search(r"<serverdt>20260310093\d{3}</serverdt>", text)
        assert len(sim.token) >= 20

    def test_a_second_sign_on_ends_the_first_session(self, sim):
        first = sim.token
        sim.sign_on()
        second = sim.token

        sim.token = first
        old = sim.ask(
            "b2e0005", f"<b2e0005-rq><account><actacn>{PAYER}</actacn></account></b2e0005-rq>"
        )
        sim.token = second

        assert message_code(old) == "B107"
        assert "trn-b2eerror-rs" in old
        assert sim.balance() == "1000000.00"

    def test_sign_off_answers_b002_ok_and_kills_the_token(self, sim):
        text = sim.ask("b2e0002", "<b2e0002-rq><custdt>20260310093000</custdt></b2e0002-rq>")

        assert "<rspcod>B002</rspcod>" in text
        assert ">OK<" in text
        assert message_code(sim.rows()) == "B107"

    @pytest.mark.parametrize(
        ("head", "code"),
        [
            ({"token": ""}, "1033"),
            ({"custid": "999"}, "S911"),
            ({"cusopr": "NOBODY"}, "S911"),
            ({"termid": "E1"}, "B998"),
            ({"trncod": "b2e9999"}, "S913"),
            ({"trncod": "b2e0009"}, "B998"),
        ],
    )
    def test_strangers_are_refused_as_a_whole_message(self, sim, head, code):
        text = sim.ask("b2e0007", "<b2e0007-rq><insid>P1</insid></b2e0007-rq>", **head)

        assert message_code(text) == code
        assert "trn-b2eerror-rs" in text

    def test_passwords_count_when_they_are_set(self, run):
        sim = run("--operator", "30011223:OPR01:right", signed=False)

        assert message_code(sim.sign_on()) == "S912"
        assert sim.token == ""


class TestTransfer:
    def test_a_hundred_items_are_accepted_then_worked_on_then_settled(self, sim):
        insids = ids(100)

        text = sim.pay(insids)
        early = set(sim.inquire(insids).values())
        sim.later(seconds=30)
        middle = set(sim.inquire(insids).values())
        sim.later(seconds=100)
        late = sim.inquire(insids)

        assert message_code(text) == "B001"
        assert outcomes(text, "b2e0009") == [(insid, "B001") for insid in insids]
        assert len(set(re.findall(r"<obssid>(\d{19})</obssid>", text))) == 100
        assert early == {"B059"}
        assert middle & {"B054", "B266"}
        assert set(late.values()) == {"B001"}
        assert sim.balance() == "998766.00"

    def test_an_insid_pays_once_whatever_is_sent_again(self, sim):
        sim.pay(["P1"])

        again = outcomes(sim.pay(["P1", "P2", "P2"], trnamt="99.00"), "b2e0009")
        sim.later(minutes=5)

        assert again == [("P1", "S901"), ("P2", "B001"), ("P2", "S901")]
        assert sorted(d["insid"] for d in sim.get("ledger")["debits"]) == ["P1", "P2"]
        assert sim.balance() == "999888.66"

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"toname": "错名供应商"}, "S904"),
            ({"toname": "销户供应商"}, "S905"),
            ({"trnamt": "1000000.01"}, "S903"),
            ({"payee": OTHER, "toibkn": "44433", "toname": "丙公司"}, "S904"),
            ({"payee": OTHER, "toibkn": "44433", "toname": "乙 公司"}, "B001"),
        ],
    )
    def test_payee_and_funds_are_judged_after_acceptance(self, sim, change, code):
        accepted = outcomes(sim.pay(["P1"], **change), "b2e0009")
        sim.later(minutes=5)

        assert accepted == [("P1", "B001")]
        assert sim.inquire(["P1"]) == {"P1": code}

    def test_an_unknown_payer_is_refused_at_the_door_and_stays_refused(self, sim):
        text = sim.pay(["P1"], payer="999")

        assert outcomes(text, "b2e0009") == [("P1", "S906")]
        assert sim.inquire(["P1"]) == {"P1": "S906"}

    @pytest.mark.parametrize(
        "change",
        [
            {"trnamt": "1.005"}, {"trnamt": "0.00"}, {"trnamt": "-1"}, {"trncur": "USD"}, {"furinfo": "a|b"},
            {"furinfo": "款" * 101}, {"toname": ""}, {"trfdate": "20260309"}, {"trfdate": "20260411"},
            {"trfdate": "20260230"}, {"trftime": "093000"}, {"trftime": "090000"}, {"toibkn": "", "tobknm": ""},
        ],
    )  # fmt: skip
    def test_one_malformed_item_refuses_the_message_and_books_nothing(self, sim, change):
        text = sim.ask("b2e0009", item("P1") + item("P2", **change))

        assert message_code(text) == "B998"
        assert not outcomes(text, "b2e0009")
        assert sim.inquire(["P1", "P2"]) == {"P1": "S902", "P2": "S902"}

    def test_items_are_one_to_a_thousand(self, sim):
        assert message_code(sim.ask("b2e0009", "<transtype></transtype>")) == "B998"
        assert message_code(sim.pay(ids(1001))) == "B998"
        assert len(outcomes(sim.pay(ids(1000)), "b2e0009")) == 1000

    def test_a_future_date_waits_for_its_day_and_hour(self, sim):
        sim.pay(["P1"], trfdate="20260312", trftime="140000")
        sim.later(days=1)
        waiting = sim.inquire(["P1"])
        due = sim.get("next-due")["next_due"]
        sim.at(START.replace(day=12, hour=14, minute=5))

        assert waiting["P1"] in {"B059", "B054", "B266"}
        assert due.startswith("2026-03-12T14:0")
        assert sim.inquire(["P1"]) == {"P1": "B001"}

    def test_gbk_requests_and_personal_payees_are_read(self, sim):
        personal = item("P1", toname="张三").replace("b2e0009", "b2e0061")
        personal = personal.replace(
            "</b2e0061-rq>", "<cuspriolv>0</cuspriolv><bocflag>0</bocflag></b2e0061-rq>"
        )

        text = sim.send(sim.body("b2e0061", personal, encoding="GBK")).text

        assert outcomes(text, "b2e0061") == [("P1", "B001")]
        assert sim.get("instructions")["instructions"]["P1"]["payee_name"] == "张三"

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"\xff\xfe",
            b"<a",
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><bocb2e/>',
            b"<bocb2e/>",
        ],
    )
    def test_what_is_no_message_is_answered_with_b998(self, sim, body):
        assert message_code(sim.send(body).text) == "B998"


class TestPayroll:
    @staticmethod
    def batch(*names: str, total: str) -> str:
        details = "".join(
            f"<detail><toibkn>44</toibkn><toactn>62{n}</toactn><pydcur>CNY</pydcur><pydamt>100.00</pydamt>"
            f"<toname>{name}</toname></detail>"
            for n, name in enumerate(names)
        )
        return (
            f"<b2e0078-rq><insid>W1</insid><fractn><fribkn>44433</fribkn><actacn>{PAYER}</actacn></fractn>"
            f"<pybcur>CNY</pybcur><pybamt>{total}</pybamt><pybnum>{len(names)}</pybnum><crdtyp>7</crdtyp>"
            f"<furinfo>E1</furinfo><useinf>工资</useinf><trfdate>{DAY}</trfdate>{details}</b2e0078-rq>"
        )

    def test_one_debit_for_the_batch_and_one_credit_for_what_failed(self, sim):
        accepted = outcomes(
            sim.ask("b2e0078", self.batch("张三", "错名李四", "王五", total="300.00")), "b2e0078"
        )
        sim.later(minutes=5)

        assert accepted == [("W1", "B001")]
        assert sim.inquire(["W1"]) == {"W1": "B001"}
        rows = re.findall(r"<txnamt>([\d.]+)</txnamt>.*?<direction>(\d)</direction>", sim.rows())
        assert rows == [("300.00", "2"), ("100.00", "1")]
        assert sim.balance() == "999800.00"

    def test_totals_must_agree_with_the_details(self, sim):
        assert message_code(sim.ask("b2e0078", self.batch("张三", total="300.00"))) == "B998"

    def test_nothing_is_debited_when_every_detail_fails(self, sim):
        sim.ask("b2e0078", self.batch("错名张三", total="100.00"))
        sim.later(minutes=5)

        assert sim.inquire(["W1"]) == {"W1": "S907"}
        assert sim.balance() == "1000000.00"


class TestStatement:
    def test_120_rows_are_read_page_by_page_to_the_last(self, sim):
        sim.pay(ids(120))
        sim.later(minutes=5)

        begin, seen, codes = 1, [], []
        while True:
            text = sim.rows(begin=str(begin))
            page = re.findall(r"<b2e0035-rs>.*?</b2e0035-rs>", text)
            codes.append(message_code(text))
            assert f"<totalnum>{len(page)}</totalnum><notenum>120</notenum>" in text
            seen += page
            begin += len(page)
            if codes[-1] != "B002":
                break

        assert codes == ["B002", "B002", "B001"]
        assert sorted(re.search(r"<insid>(.*?)</insid>", row).group(1) for row in seen) == ids(120)
        assert len({re.search(r"<vouchnum>(.*?)</vouchnum>", row).group(1) for row in seen}) == 120
        assert "<acctbal>998519.20</acctbal>" in seen[-1]
        assert message_code(sim.rows(begin="121")) == "B003"

    def test_blank_recnum_means_one_row_and_51_is_too_many(self, sim):
        sim.pay(ids(3))
        sim.later(minutes=5)

        assert sim.rows(size="").count("<b2e0035-rs>") == 1
        assert message_code(sim.rows(size="51")) == "B998"

    def test_running_balances_follow_the_amounts_whatever_the_order(self, sim):
        sim.pay(ids(40))
        sim.later(minutes=2)
        sim.post("credit", {"account": PAYER, "amount": "77.70", "name": "来款公司"})

        balance, text = Decimal("1000000.00"), sim.rows()
        for row in re.findall(r"<b2e0035-rs>.*?</b2e0035-rs>", text):
            amount, direction = (
                re.search(f"<{t}>(.*?)</{t}>", row).group(1) for t in ("txnamt", "direction")
            )
            balance += Decimal(amount) if direction == "1" else -Decimal(amount)
            assert f"<acctbal>{balance}</acctbal>" in row
        assert str(balance) == sim.balance() == "999584.10"
        incoming = sim.rows(extra="<direction>1</direction>")
        assert incoming.count("<b2e0035-rs>") == 1
        assert f"<toactn><toibkn>44433</toibkn><actacn>{PAYER}</actacn>" in incoming
        assert "<acntname>来款公司</acntname>" in incoming

    def test_history_leaves_out_today_and_spans_a_month_at_most(self, sim):
        def scope(first: str, last: str) -> str:
            return f"<datescope><from>{first}</from><to>{last}</to></datescope>"

        sim.pay(["P1"])
        sim.later(days=1)
        yesterday = sim.rows(kind="2002", extra=scope("20260301", "20260311"))

        assert yesterday.count("<b2e0035-rs>") == 1
        assert message_code(sim.rows()) == "B003"
        assert message_code(sim.rows(kind="2002", extra=scope("20260101", "20260302"))) == "S915"
        assert message_code(sim.rows(kind="2002", extra=scope("20240101", "20240102"))) == "S915"
        assert message_code(sim.rows(kind="2005")) == "B003"

    def test_day_end_balances_come_one_answer_a_day(self, sim):
        sim.pay(["P1"])
        sim.later(days=1)
        scope = "<datescope><from>20260309</from><to>20260311</to></datescope>"

        text = sim.ask(
            "b2e0012",
            f"<b2e0012-rq><account><actacn>{PAYER}</actacn></account>{scope}</b2e0012-rq>",
        )

        assert "<trncod>bocb2e</trncod>" in text
        found = re.findall(r"<bokbal>(.*?)</bokbal>.*?<baldat>(\d+)</baldat>", text)
        assert found == [
            ("1000000.00", "20260309"),
            ("999987.66", "20260310"),
            ("999987.66", "20260311"),
        ]


class TestReturns:
    def test_a_returned_payment_mirrors_its_debit_and_still_counts_as_executed(self, sim):
        sim.pay(["P1"], toname="退票供应商")
        sim.later(minutes=5)
        paid = sim.balance()
        sim.later(hours=7)

        text = sim.rows(extra="<direction>1</direction>")

        assert paid == "999987.66"
        assert sim.balance() == "1000000.00"
        assert re.search(r"<furinfo>退票 原业务\d{19} P1 ", text)
        assert "<fractn><ibknum>102290000000</ibknum><actacn>1001000100200300400</actacn>" in text
        assert sim.inquire(["P1"]) == {"P1": "B001"}
        assert sim.get("instructions")["instructions"]["P1"]["state"] == "returned"
