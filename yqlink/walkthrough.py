"""`make walkthrough FILE=… [FAULTS=name | BANKS=all]`: the whole job over HTTP in a temporary home, then the two books compared.

Everything runs as `make demo` runs it, on free ports, on a clock of its own: 09:30 of the list's latest 期望付款日, moved
forward to the next due moment whenever nothing is left to do before it. Exits 0 only when every payment is final, or
UNKNOWN, being asked about and explained by an injected fault, and the platform's books agree with the bank's own ledger.
BANKS=all gives each company an account at every bank that tells balances and deals the rows out to them.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from types import FrameType
from typing import Any

import httpx

from kernel import clock
from yqlink import walkbanks
from yqlink.supervisor import Platform
from yqlink.walkbooks import Report, agrees_with, bank_accounts, compare, read_days, untold_debits
from yqlink.walkers import Person, Stopwatch, Stuck

FINAL = frozenset({"succeeded", "failed", "returned", "cancelled", "void"})
REAL_LIMIT_S = 900.0
CLOCK_LIMIT = timedelta(days=3)
MOVES_MAX = 4000
SIGNED = frozenset({"check", "approve", "release"})
WANT_FACTOR = frozenset({"approve", "release", "lift"})
BALANCE_TRIES = 240


class Job:
    """One run of the main job over a started platform."""

    def __init__(self, platform: Platform, path: Path, clock_file: Path, begin: datetime) -> None:
        self.platform, self.path, self.clock_file, self.begin = platform, path, clock_file, begin
        logins = {login["username"]: login for login in platform.logins()}
        self.people = {
            name: Person(
                platform.web_url, name, logins[name]["password"], logins[name]["totp_secret"]
            )
            for name in (
                "maker1",
                "admin1",
                "checker1",
                "approver1",
                "approver2",
                "releaser1",
                "treasurer1",
            )
        }
        self.import_id = 0
        self.lifted: list[str] = []
        self.bank = httpx.Client(base_url=platform.simulator_url, timeout=60, trust_env=False)

    def state(self) -> dict[str, Any]:
        """The pipeline as the treasurer sees it."""
        found: dict[str, Any] = self.people["treasurer1"].get(
            "/api/v1/pipeline", **{"import": self.import_id}
        )
        return found

    def import_list(self) -> dict[str, Any]:
        """Upload, preview, confirm: nothing exists before the confirmation."""
        maker = self.people["maker1"]
        upload = maker.post(
            "/payments/import/", files={"file": (self.path.name, self.path.read_bytes())}
        )
        where = upload.headers.get("location", "")
        if upload.status_code != 302:
            raise Stuck(f"the list was refused: {upload.text[:300]}")
        preview: dict[str, Any] = maker.get(where)
        self.import_id = int(preview["id"])
        form = {"version": preview["version"], "token": preview["token"]}
        if preview["bad_rows"]:
            form |= {"partial": "on", "why_partial": "演练：错误行退回业务部门"}
        maker.post(f"/payments/imports/{self.import_id}/confirm/", **form)
        return preview

    def confirm_payees(self) -> int:
        """Another person confirms what the list announced."""
        ids = self.state()["staged_payees"]
        if ids:
            self.people["admin1"].post(
                "/masterdata/payees/confirm/",
                accept="text/html",
                ids=",".join(map(str, ids)),
                decided="yes",
                why="已与供应商电话核实",
                **self.people["admin1"].factor(),
            )
        return len(ids)

    def call_payees_back(self) -> int:
        """Before much goes to an account nobody paid yet: one person calls the payee, another confirms the record."""
        state = self.state()
        to_call, now = state["payees_to_call"], datetime.fromisoformat(state["now"])
        for payee in to_call:
            if payee["open_call"] is None:
                self.people["treasurer1"].post(
                    f"/masterdata/payees/{payee['id']}/call/",
                    accept="text/html",
                    version=payee["version"],
                    person_called="演练：财务负责人",
                    telephone="0510-86000000",
                    source="contract",
                    called_at=f"{now:%Y-%m-%dT%H:%M}",
                    answer="confirmed",
                    note="按合同所留电话核实户名与账号",
                )
        for payee in self.state()["payees_to_call"]:
            if payee["open_call"] is not None:
                self.people["admin1"].post(
                    f"/masterdata/calls/{payee['open_call']}/decide/",
                    accept="text/html",
                    decision="confirm",
                    **self.people["admin1"].factor(),
                )
        return len(to_call)

    def _ids(self, state: str) -> list[int]:
        return [order["id"] for order in self.state()["orders"] if order["state"] == state]

    def _act(self, act: str, person: str, ids: list[int], *, why: str = "") -> int:
        """One bulk act as its page does it: confirm page with a one-time token, then the act."""
        done = 0
        for start in range(0, len(ids), 500):
            part = ",".join(map(str, ids[start : start + 500]))
            page = self.people[person].post(f"/payments/bulk/{act}/", ids=part)
            shown = page.json()
            # The releaser types the last digits of every payee account that was never paid.
            typed = {one["field"]: one["payee_account"][-4:] for one in shown["first_payments"]}
            form = {
                **typed,
                "confirm": "yes",
                "token": shown["token"],
                "items": shown["items"],
                "why": why,
                "note": "",
                "seen_duplicates": "yes",  # the demo's approvers have compared what looks alike
            }
            if act in SIGNED:
                form["passphrase"] = self.people[person].passphrase
            if act in WANT_FACTOR:
                form |= self.people[person].factor()
            done += len(self.people[person].post(f"/payments/bulk/{act}/", **form).json()["done"])
        return done

    def _try(self, act: str, person: str, state: str, *, why: str = "") -> int:
        ids = self._ids(state)
        if not ids:
            return 0
        try:
            return self._act(act, person, ids, why=why)
        except Stuck as error:
            if "nothing_chosen" in str(error):  # none of them is for this person (any more)
                return 0
            raise

    def lift_holds(self) -> int:
        """Holds are lifted by a further person, with a recorded reason, and told."""
        held = [order for order in self.state()["orders"] if order["state"] == "held"]
        if not held:
            return 0
        done = self._try("lift", "treasurer1", "held", why="演练：已核对原始单据，非重复付款")
        self.lifted += [f"{order['order_no']} ({', '.join(order['holds'])})" for order in held]
        return done

    def fetch_balances(self) -> None:
        """Nothing is released from an account whose balance no bank told: ask, and wait until all have answered."""
        payers = {order["payer_account"] for order in self.state()["orders"]}
        for attempt in range(BALANCE_TRIES):
            state = self.state()
            told = {row["number"] for row in state["accounts"] if row["book"] is not None}
            if payers <= told:
                return
            if attempt % 10 == 0:
                self._clock_to(datetime.fromisoformat(state["now"]) + timedelta(seconds=15))
                self.people["treasurer1"].post("/bank/pull/", accept="text/html")
            time.sleep(0.5)
        raise Stuck(f"no balance of {sorted(payers - told)}")

    def decide(self) -> None:
        """Check, approve, release: until no order waits for a person."""
        for _round in range(12):
            moved = self.lift_holds()
            moved += self._try("check", "checker1", "pending_check")
            moved += self._try("approve", "approver1", "pending_approval")
            moved += self._try("approve", "approver2", "pending_approval")
            moved += self._try("release", "releaser1", "pending_release")
            if not moved and not self._waiting_for_people():
                return
            if not moved:
                time.sleep(1.0)  # a tick lifts holds whose cause is gone
        if left := self._waiting_for_people():
            raise Stuck(f"orders still wait for people: {left}")

    def _waiting_for_people(self) -> dict[str, int]:
        waiting = ("draft", "pending_check", "pending_approval", "pending_release", "held")
        states = [order["state"] for order in self.state()["orders"]]
        return {name: states.count(name) for name in waiting if name in states}

    # --- the bank's part ---
    def wait_for_ends(self) -> None:
        """Until every order is final, or UNKNOWN and asked long enough for the bank to have had every chance."""
        limit, moves = time.monotonic() + REAL_LIMIT_S, 0
        while True:
            state = self.state()
            open_orders = [order for order in state["orders"] if order["state"] not in FINAL]
            now = datetime.fromisoformat(state["now"])
            if not open_orders:
                return
            if all(o["state"] == "unknown" and o["inquiries"] >= 8 for o in open_orders):
                return
            if time.monotonic() > limit or moves > MOVES_MAX or now - self.begin > CLOCK_LIMIT:
                left = sorted({order["state"] for order in open_orders})
                raise Stuck(
                    f"{len(open_orders)} orders have no end after {now - self.begin}: {left}"
                )
            if self._is_busy(state, now):
                time.sleep(0.3)
                continue
            moves += 1
            self._move_clock(state, now)

    @staticmethod
    def _is_busy(state: dict[str, Any], now: datetime) -> bool:
        """Whether something may still be done at the present moment."""
        if any(order["state"] == "sending" for order in state["orders"]):
            return True
        return state["next_due"] is not None and datetime.fromisoformat(state["next_due"]) <= now

    def _move_clock(self, state: dict[str, Any], now: datetime) -> None:
        dues = [datetime.fromisoformat(state["next_due"])] if state["next_due"] else []
        bank_due = self.bank.get("/_sim/next-due").json().get("next_due")
        if bank_due:
            dues.append(datetime.fromisoformat(bank_due))
        later = [due for due in dues if due > now]
        self._clock_to(
            min(later) + timedelta(milliseconds=50) if later else now + timedelta(seconds=30)
        )

    def _clock_to(self, moment: datetime) -> None:
        clock.set_offset(self.clock_file, moment)

    def books(self) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """The platform's figures, the bank's instructions, the bank's ledger: read once they stand still."""
        for _attempt in range(60):
            state = self.state()
            ledger = self.bank.get("/_sim/ledger").json()
            if self._statements_caught_up(state, ledger):
                break
            self._clock_to(datetime.fromisoformat(state["now"]) + timedelta(minutes=6))
            time.sleep(3.0)
        state = self.state()
        return (
            state,
            self.bank.get("/_sim/instructions").json()["instructions"],
            self.bank.get("/_sim/ledger").json(),
        )

    @staticmethod
    def _statements_caught_up(state: dict[str, Any], ledger: dict[str, Any]) -> bool:
        theirs, untold = bank_accounts(ledger), untold_debits(state)
        ends = [
            order
            for order in state["orders"]
            if order["state"] == "succeeded" and order["payer_account"] not in untold
        ]
        return all(order["is_tied"] for order in ends) and all(
            agrees_with(account, theirs.get(account["number"]), untold)
            for account in state["accounts"]
        )

    def result_file(self) -> str:
        """The result file for the finance system, as text."""
        answer = self.people["maker1"].http.get(f"/payments/imports/{self.import_id}/result.csv")
        if answer.status_code != 200:
            raise Stuck(f"no result file: HTTP {answer.status_code}")
        return answer.content.decode("gb18030")


@contextlib.contextmanager
def platform_for(
    path: Path, faults: str, seed: str, banks: str
) -> Iterator[tuple[Platform, Path, datetime]]:
    """A platform in a home of its own, its clock at 09:30 of the list's day; gone afterwards. (platform, clock file, begin)."""
    home = Path(tempfile.mkdtemp(prefix="yqlink-walk-"))
    home.chmod(0o755)  # the embedded database may run as another user
    clock_file = home / "clock"
    day = max(read_days(path), default=clock.today())
    begin = datetime.combine(day, clock_time(9, 30), clock.SHANGHAI)
    clock.set_offset(clock_file, begin)
    arguments = ["--seed", seed, "--slow-s", "8"]
    if faults:
        arguments += ["--faults", faults]
    platform = Platform(
        home,
        simulator_args=arguments,
        banks=banks,
        clock_file=clock_file,
        ports={"web": 0, "simulator": 0},  # several may run beside each other, and beside a demo
        say=lambda line: print(line, flush=True),
    )
    try:
        platform.start()
        yield platform, clock_file, begin
    except Stuck:
        for name, child in platform.children.items():
            print(
                f"--- {name}, last lines of its log\n{child.log_tail(12)[-3000:]}", file=sys.stderr
            )
        raise
    finally:
        platform.stop()
        shutil.rmtree(home, ignore_errors=True)


def run(path: Path, faults: str, seed: str, banks: str = "boc") -> Report:
    """The whole job; raises Stuck."""
    with platform_for(path, faults, seed, banks) as (platform, clock_file, begin):
        if banks == "all":
            path = walkbanks.at_every_bank(platform, path)
        job, spent = Job(platform, path, clock_file, begin), Stopwatch()
        preview = job.import_list()
        print(
            f"  imported {preview['good_rows']} of {preview['rows']} rows, {len(preview['new_payees'])} new payees"
        )
        print(f"  payees confirmed by another person: {job.confirm_payees()}")
        print(f"  payees called back, the record confirmed by another: {job.call_payees_back()}")
        job.fetch_balances()
        spent.lap("import and payees")
        job.decide()
        spent.lap("people")
        job.wait_for_ends()
        spent.lap("bank")
        state, instructions, ledger = job.books()
        report = compare(
            state, instructions, ledger, result_file=job.result_file(), rows=preview["rows"]
        )
        spent.lap("statements")
        if banks == "all":
            count, total, between = walkbanks.between_banks(ledger)
            report.accounts.append(
                f"  between banks: {count} payments, {total:,.2f}, {', '.join(between)}"
            )
        report.lifted, report.phases = job.lifted, spent.laps
        return report


def stop(number: int, frame: FrameType | None) -> None:
    """SIGTERM as Ctrl-C: what was started is stopped."""
    raise KeyboardInterrupt


def main() -> int:
    """The command."""
    signal.signal(signal.SIGTERM, stop)  # so that the platform is stopped, too
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--faults", default="")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--banks", choices=("boc", "all"), default="boc")
    given = parser.parse_args()
    if not given.file.is_file():
        print(f"no such file: {given.file}", file=sys.stderr)
        return 2
    try:
        report = run(given.file, given.faults, given.seed, given.banks)
    except Stuck as error:
        print(f"STUCK: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    print(report.text())
    return 0 if report.agrees else 1


if __name__ == "__main__":
    sys.exit(main())
