"""A client that words b2e messages by hand and runs the simulator as the program it is."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from kernel import clock

ROOT = Path(__file__).resolve().parents[3]
PAYER = "320766254501"
OTHER = "320766254519"
START = datetime(2026, 3, 10, 9, 30, tzinfo=clock.SHANGHAI)
ACCOUNTS = [
    {
        "number": PAYER,
        "name": "甲公司",
        "ibknum": "44433",
        "currency": "CNY",
        "balance": "1000000.00",
    },
    {"number": OTHER, "name": "乙公司", "ibknum": "44433", "currency": "CNY", "balance": "100.00"},
]


def item(insid: str, **change: str) -> str:
    """One b2e0009 item with the sheet's fields; changes name them without their containers."""
    f = {
        "payer": PAYER, "toibkn": "102290000000", "payee": "1001000100200300400", "toname": "样例供应商",
        "tobknm": "示例银行上海支行", "trnamt": "12.34", "trncur": "CNY", "priolv": "0", "furinfo": "货款",
        "trfdate": f"{START:%Y%m%d}", "trftime": "",
    } | change  # fmt: skip
    return (
        f"<b2e0009-rq><insid>{insid}</insid><obssid></obssid>"
        f"<fractn><fribkn>44433</fribkn><actacn>{f['payer']}</actacn><actnam>甲公司</actnam></fractn>"
        f"<toactn><toibkn>{f['toibkn']}</toibkn><actacn>{f['payee']}</actacn><toname>{f['toname']}</toname>"
        f"<tobknm>{f['tobknm']}</tobknm><toaddr></toaddr></toactn><trnamt>{f['trnamt']}</trnamt>"
        f"<trncur>{f['trncur']}</trncur><priolv>{f['priolv']}</priolv><furinfo>{f['furinfo']}</furinfo>"
        f"<trfdate>{f['trfdate']}</trfdate><trftime>{f['trftime']}</trftime><comacn></comacn></b2e0009-rq>"
    )


def ids(count: int, *, prefix: str = "P") -> list[str]:
    return [f"{prefix}{number:06d}" for number in range(count)]


def outcomes(text: str, code: str) -> list[tuple[str, str]]:
    """(insid, rspcod) of every item of an answer, in order."""
    parts = re.findall(rf"<{code}-rs>.*?</{code}-rs>", text, re.DOTALL)
    return [(_first("insid", part), _first("rspcod", part)) for part in parts]


def _first(tag: str, text: str) -> str:
    found = re.search(rf"<{tag}>([^<]*)</{tag}>", text)
    return found.group(1) if found else ""


def message_code(text: str) -> str:
    return _first("rspcod", text)


@dataclass
class Sim:
    """The running program, its clock, and an operator's session with it."""

    home: Path
    arguments: tuple[str, ...] = ()
    token: str = ""
    number: int = 0
    process: Any = None
    url: str = ""
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=20))

    def start(self) -> Sim:
        accounts, clock_file = self.home / "accounts.json", self.home / "clock"
        accounts.write_text(json.dumps(ACCOUNTS), "utf-8")
        if not clock_file.exists():
            clock.set_offset(clock_file, START)
        command = [
            sys.executable,
            "-m",
            "bankadapters.simulator",
            "--bank",
            "boc",
            "--port",
            "0",
            "--seed",
            "7",
        ]
        command += [
            "--data",
            str(self.home / "books"),
            "--accounts",
            str(accounts),
            "--clock-file",
            str(clock_file),
        ]
        command += self.arguments
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.url = self.process.stdout.readline().split()[-1]
        return self

    def stop(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        self.process.stdout.close()
        return self.process.wait(10)

    def at(self, moment: datetime) -> None:
        clock.set_offset(self.home / "clock", moment)

    def later(self, **step: float) -> None:
        self.at(datetime.fromisoformat(self.get("health")["now"]) + timedelta(**step))

    def body(self, code: str, inside: str, *, encoding: str = "UTF-8", **head: str) -> bytes:
        self.number += 1
        h = {
            "termid": "E127000000001",
            "trnid": f"{self.number:012d}",
            "custid": "30011223",
            "cusopr": "OPR01",
        }
        h |= {"trncod": code, "token": self.token} | head
        top = "".join(f"<{name}>{value}</{name}>" for name, value in h.items())
        text = (
            f'<?xml version="1.0" encoding="{encoding}"?><bocb2e version="120" security="true" locale="zh_CN">'
            f"<head>{top}</head><trans><trn-{code}-rq>{inside}</trn-{code}-rq></trans></bocb2e>"
        )
        return text.encode("gb18030" if encoding != "UTF-8" else "utf-8")

    def send(self, body: bytes) -> httpx.Response:
        return self.http.post(self.url, content=body, headers={"Content-Type": "application/xml"})

    def ask(self, code: str, inside: str, **head: str) -> str:
        return self.send(self.body(code, inside, **head)).text

    def sign_on(self) -> str:
        inside = "<b2e0001-rq><custdt>20260310093000</custdt><oprpwd>demo</oprpwd></b2e0001-rq>"
        text = self.ask("b2e0001", inside, token="")
        self.token = _first("token", text)
        return text

    def pay(self, insids: list[str], **change: str) -> str:
        return self.ask("b2e0009", "".join(item(insid, **change) for insid in insids))

    def inquire(self, insids: list[str]) -> dict[str, str]:
        inside = "".join(f"<b2e0007-rq><insid>{i}</insid></b2e0007-rq>" for i in insids)
        return dict(outcomes(self.ask("b2e0007", inside), "b2e0007"))

    def rows(
        self, *, begin: str = "1", size: str = "50", kind: str = "2001", extra: str = ""
    ) -> str:
        inside = f"<ibknum>44433</ibknum><actacn>{PAYER}</actacn><type>{kind}</type>{extra}"
        inside += f"<begnum>{begin}</begnum><recnum>{size}</recnum>"
        return self.ask("b2e0035", f"<b2e0035-rq>{inside}</b2e0035-rq>")

    def balance(self, account: str = PAYER) -> str:
        text = self.ask(
            "b2e0005", f"<b2e0005-rq><account><actacn>{account}</actacn></account></b2e0005-rq>"
        )
        return _first("bokbal", text)

    def get(self, name: str) -> Any:
        return self.http.get(self.url.split("/B2EC")[0] + f"/_sim/{name}").json()

    def post(self, name: str, payload: object) -> Any:
        return self.http.post(self.url.split("/B2EC")[0] + f"/_sim/{name}", json=payload).json()


def books_agree(sim: Sim) -> None:
    ledger = sim.get("ledger")
    assert ledger["sums"]["balances"] == "0.00"
    assert ledger["sums"]["debits"] == ledger["sums"]["credits"]
    insids = [d["insid"] for d in ledger["debits"]]
    assert len(insids) == len(set(insids)), "nothing is debited twice"
