"""The bank tools as a newcomer runs them: real processes, JSON out, one line of complaint."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bankadapters import registry
from tests.bankadapters.boc.values import GOLDEN, canonical, golden

SHEET_PAYMENT = {
    "connection": {
        "termid": "E192168010020",
        "trnid": "260310090004",
        "custid": "30011223",
        "cusopr": "OPR01",
        "token": "Qm9DLXRva2Vu",
        "ibknum": "40303",
    },
    "items": [
        {
            "reference": "260310P00001",
            "payer_account": "440012345678",
            "payer_name": "示例贸易有限公司",
            "payee_account": "1001000100200300400",
            "payee_name": "样例供应商",
            "payee_bank": "示例银行上海支行",
            "cnaps": "102290000000",
            "amount": 5000.00,
            "currency": "CNY",
            "purpose": "货款",
            "urgent": False,
            "personal": False,
            "day": "2026-03-10",
        }
    ],
}


def run(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "bankadapters", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False)


def decoded(operation: str, file: Path, *more: str) -> dict:
    done = run("decode", "--bank", "boc", "--operation", operation, *more, file)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def encoded(tmp_path: Path, operation: str, request: dict) -> subprocess.CompletedProcess[bytes]:
    file = tmp_path / "request.json"
    file.write_text(json.dumps(request, ensure_ascii=False), "utf-8")
    return run("encode", "--bank", "boc", "--operation", operation, file)


def test_list_names_the_abilities_in_order():
    banks = {bank["bank"]: bank for bank in json.loads(run("list").stdout)["banks"]}

    assert sorted(banks) == sorted(registry.ADAPTERS)
    assert banks["boc"]["name"] == "中国银行"
    assert {"pay_batch", "transactions"} <= set(banks["boc"]["abilities"])
    for bank in banks.values():
        assert bank["abilities"] == sorted(bank["abilities"])
        assert "inquire" in bank["abilities"]
        assert {"pay", "pay_batch"} & set(bank["abilities"])


class TestDecode:
    def test_an_inquiry(self):
        assert decoded("inquire", GOLDEN / "inquire_answer.xml") == {
            "message": {"code": "B001", "text": "OK"},
            "outcomes": [
                {
                    "reference": "260310P00001",
                    "fate": "processing",
                    "bank_serial": "1803456789012345678",
                    "code": "B059",
                    "text": "已提交",
                },
                {
                    "reference": "260310P00002",
                    "fate": "succeeded",
                    "bank_serial": "1803456789012345679",
                    "code": "B001",
                    "text": "OK",
                },
            ],
        }

    def test_listed_final_failures_fail_and_others_do_not(self, tmp_path):
        file = tmp_path / "a.xml"
        file.write_bytes(golden("inquire_answer.xml").replace(b"B059", b"S902"))

        told = decoded("inquire", file, "--final-failures", "S901,S902")
        untold = decoded("inquire", file)

        assert [o["fate"] for o in told["outcomes"]] == ["failed", "succeeded"]
        assert [o["fate"] for o in untold["outcomes"]] == ["unknown", "succeeded"]

    def test_balances_and_transactions_are_canonical(self):
        (balance,) = decoded("balance", GOLDEN / "balance_answer.xml")["balances"]
        page = decoded("transactions", GOLDEN / "transactions_answer.xml")

        assert balance == {
            "account": "440012345678",
            "currency": "CNY",
            "book": "1250000.00",
            "available": "1249000.00",
            "frozen": "1000.00",
            "as_of": "2026-03-10",
        }
        assert page["next"] == ""
        assert page["transactions"][0]["amount"] == "5000.00"
        assert page["transactions"][0]["direction"] == "debit"
        assert page["transactions"][0]["booked_at"] == "2026-03-10T10:15:00+08:00"

    def test_sign_on_never_shows_the_token(self):
        done = run(
            "decode", "--bank", "boc", "--operation", "sign_on", GOLDEN / "sign_on_answer.xml"
        )

        assert json.loads(done.stdout) == {
            "message": {"code": "B001", "text": "OK"},
            "session": True,
        }
        assert b"Qm9D" not in done.stdout + done.stderr

    @pytest.mark.parametrize("operation", ["pay", "inquire", "balance", "transactions", "sign_on"])
    def test_an_error_answer_is_readable(self, operation):
        said = decoded(operation, GOLDEN / "error_answer.xml")

        assert said["message"] == {"code": "B998", "text": "数据格式错误"}
        assert not any(said.get(key) for key in ("outcomes", "balances", "transactions", "session"))

    def test_an_http_header_is_recognised(self, tmp_path):
        body = golden("pay_answer.xml")
        file = tmp_path / "raw"
        file.write_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

        assert decoded("pay", file)["outcomes"][0]["fate"] == "accepted"

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\xff\xfe\x00",
            b"<a/>",
            b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
            golden("inquire_answer.xml")[:-30],
            golden("inquire_answer.xml").replace(b'encoding="UTF-8"', b'encoding="GBK"'),
        ],
    )
    def test_what_cannot_be_read_ends_with_2_and_one_line(self, tmp_path, data):
        file = tmp_path / "a.xml"
        file.write_bytes(data)

        done = run("decode", "--bank", "boc", "--operation", "inquire", file)

        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.count(b"\n") == 1
        assert b"a.xml: " in done.stderr

    def test_an_unknown_bank_is_answered_with_the_nearest(self):
        done = run("decode", "--bank", "bok", "--operation", "pay", GOLDEN / "pay_answer.xml")

        assert done.returncode == 2
        assert b"did you mean 'boc'" in done.stderr


class TestEncode:
    def test_a_payment_is_the_sheets_message(self, tmp_path):
        done = encoded(tmp_path, "pay", SHEET_PAYMENT)

        assert done.returncode == 0, done.stderr.decode()
        assert canonical(done.stdout) == canonical(golden("pay_request.xml"))

    def test_a_query_takes_days_and_cursor(self, tmp_path):
        request = {"connection": SHEET_PAYMENT["connection"], "account": "440012345678"}
        request |= {"from": "2026-03-01", "to": "2026-03-05", "next": "h20260301-20260305:51"}

        message = encoded(tmp_path, "transactions", request).stdout

        for part in (b"<type>2002</type>", b"<begnum>51</begnum>", b"<recnum>50</recnum>"):
            assert part in message

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"purpose": "a|b"}, b"purpose"),
            ({"amount": "1.001"}, b"decimals"),
            ({"amount": True}, b"amount"),
            ({"day": "10.03.2026"}, b"day"),
        ],
    )
    def test_a_field_beyond_its_limit_ends_with_2_and_one_line(self, tmp_path, change, words):
        request = SHEET_PAYMENT | {"items": [SHEET_PAYMENT["items"][0] | change]}

        done = encoded(tmp_path, "pay", request)

        assert (done.returncode, done.stdout) == (2, b"")
        assert words in done.stderr
        assert done.stderr.count(b"\n") == 1
