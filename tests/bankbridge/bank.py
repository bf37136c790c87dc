"""The simulator as a process, and what its books say."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

PAYER = "440012345678"
PAYEE = "6217000010001234567"


class BankProcess:
    """`python -m bankadapters.simulator` on a free port."""

    def __init__(
        self, home: Path, clock_file: Path, *options: str, balance: str = "1000000.00"
    ) -> None:
        accounts = home / "accounts.json"
        accounts.write_text(
            json.dumps(
                [
                    {
                        "number": PAYER,
                        "name": "示例贸易有限公司",
                        "ibknum": "40303",
                        "balance": balance,
                    }
                ]
            ),
            "utf-8",
        )
        command = [sys.executable, "-m", "bankadapters.simulator", "--bank", "boc", "--port", "0"]
        command += ["--clock-file", str(clock_file), "--accounts", str(accounts)]
        command += ["--data", str(home / "books"), *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        while "listening on" not in (line := self._process.stdout.readline()):
            assert line, "the simulator did not start"
        self.url = line.split()[-1]

    def ask(self, name: str, **query: str) -> dict:
        """GET one page of the control interface."""
        base = "/".join(self.url.split("/")[:3])
        with urllib.request.urlopen(f"{base}/_sim/{name}", timeout=10) as answer:
            return json.load(answer)

    def tell(self, name: str, body: object) -> dict:
        """POST to the control interface."""
        base = "/".join(self.url.split("/")[:3])
        request = urllib.request.Request(
            f"{base}/_sim/{name}", data=json.dumps(body).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def debits(self) -> dict[str, str]:
        """Amounts the bank took from the payer, by our number; a number debited twice fails."""
        found: dict[str, str] = {}
        for row in self.ask("ledger")["debits"]:
            assert row["insid"] not in found, "debited twice"
            found[row["insid"]] = row["amount"]
        return found

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait(timeout=10)
        self._process.stdout.close()
