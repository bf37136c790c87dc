"""All simulated banks of one world under one platform: payments from accounts at each of them, until every one is final.

Speed without agreement is worth nothing: every bank's books hold each payment once, and what they hold is what we call
succeeded.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import rig
from kernel import clock

if TYPE_CHECKING:
    from payments.content import OrderRequest

STEP_S = 300
ROUNDS_MAX = 200
OWN_BANK_ONLY = {"psbc": ("中国邮政储蓄银行", "403100000004")}
ELSEWHERE = ("中国工商银行", "102100099996")
FROM_ICBC = ("中国银行", "104100000004")


class World:
    """The simulators without their delays."""

    def __init__(self, home: Path, accounts: Path, clock_file: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        ports = home / "ports"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bankadapters.simulator", "--all", "--no-delays", "--data", str(home), "--accounts",
             str(accounts), "--clock-file", str(clock_file), "--ports-file", str(ports)],
            stdout=subprocess.DEVNULL, cwd=rig.ROOT,
        )  # fmt: skip
        until = time.monotonic() + 60
        while not ports.exists():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the simulators did not come up")
            time.sleep(0.05)
        self.ports: dict[str, int] = json.loads(ports.read_text("ascii"))
        self.control = f"http://127.0.0.1:{self.ports['boc']}/_sim/"

    def get(self, name: str) -> Any:
        """One page of their control interface."""
        import httpx

        return httpx.get(self.control + name, timeout=120, trust_env=False).json()

    def close(self) -> None:
        """Stop them."""
        self.process.terminate()
        self.process.wait(20)


def wanted(accounts: Sequence[Any], count: int) -> Iterator[tuple[OrderRequest, str, str]]:
    """Payments dealt out over the accounts in turn, no two alike, with the payee's bank and code."""
    from payments.content import OrderRequest

    for number in range(count):
        account = accounts[number % len(accounts)]
        slug = account.connection.bank_slug
        bank, cnaps = OWN_BANK_ONLY.get(slug, FROM_ICBC if slug == "icbc" else ELSEWHERE)
        request = OrderRequest(
            company_code=account.company.code, payer_number=account.number, payee_number=f"6222{number:010d}71",
            payee_name=f"江阴往来{number:05d}有限公司", amount=Decimal(10_000 + number) / 100, wish_date=clock.today(),
            payee_code=f"W{number:05d}", purpose="货款", remark=f"合同{number:05d}", source_system="sim",
            erp_doc_no=f"FB{number:05d}", invoice_no=f"{number:08d}",
        )  # fmt: skip
        yield request, bank, cnaps


def released(count: int, world: World) -> int:
    """Lay down accounts at every bank and take the payments through everybody's hands; at how many banks."""
    from django.core.management import call_command

    from masterdata import selectors
    from masterdata.models import BankProfile, Connection, User
    from tests.build import tell_balance
    from tests.simulation import house

    call_command("seed_banks", verbosity=0)
    scope = selectors.system_scope()
    accounts = [
        one
        for one in selectors.visible_accounts(scope).select_related("company", "connection")
        if one.connection_id
    ]
    for account in accounts:
        tell_balance(account)
    BankProfile.objects.filter(slug="boc").update(items_max=100, inquiry_items_max=50)
    Connection.objects.update(connect_timeout_s=10, read_timeout_s=60, parallel_max=2)
    at_boc = world.get("connections")["boc"]["endpoints"]
    Connection.objects.filter(bank_slug="boc").update(endpoints=at_boc)
    people = {one.username: one for one in User.objects.all()}
    house.walk(house.make_orders(list(wanted(accounts, count)), people), people)
    return len({one.connection_id for one in accounts})


def whole_way(count: int, clock_file: Path) -> list[rig.Line]:
    """dispatch.tick and inquiry.tick until every payment is final."""
    from bankbridge.services import dispatch, inquiry
    from payments.models import PaymentInstruction

    rows = PaymentInstruction.objects.all()
    began = time.perf_counter()
    while rows.filter(state="queued").exists():
        if not dispatch.tick():
            raise RuntimeError(f"nothing leaves any more: {_left(rows.filter(state='queued'))}")
    sent = time.perf_counter() - began
    for _ in range(ROUNDS_MAX):
        if not rows.filter(final_at__isnull=True).exists():
            break
        clock.set_offset(clock_file, clock.now() + timedelta(seconds=STEP_S))
        inquiry.tick()
    else:
        raise RuntimeError(f"not at their end: {_left(rows.filter(final_at__isnull=True))}")
    took = time.perf_counter() - began
    if rows.count() != count:
        raise AssertionError("payments were lost")
    return [
        rig.Line("released → sent and answered for", count / sent, "payments/s"),
        rig.Line(
            "released → final, asked at each bank's own intervals", count / took, "payments/s"
        ),
    ]


def _left(rows: Any) -> dict[str, int]:
    """Payments by bank and state."""
    found = Counter(
        f"{one.connection.bank_slug} {one.state}" for one in rows.select_related("connection")
    )
    return dict(found)


def agreed(world: World, count: int) -> rig.Line:
    """What all banks' books hold is what we call succeeded, each once. Raises AssertionError."""
    from payments.models import PaymentInstruction

    debits = [debit["insid"] for debit in world.get("ledger")["debits"]]
    paid = set(
        PaymentInstruction.objects.filter(state="succeeded").values_list("bank_ref", flat=True)
    )
    if len(debits) != len(set(debits)) or set(debits) != paid:
        raise AssertionError(
            f"{len(debits)} debits of {len(set(debits))} payments, {len(paid)} succeeded"
        )
    if len(paid) != count:
        failed = PaymentInstruction.objects.filter(state="failed").select_related("connection")
        why = Counter(
            f"{one.connection.bank_slug} {one.bank_code} {one.bank_text}" for one in failed
        )
        raise AssertionError(f"{len(paid)} of {count} succeeded, refused: {dict(why)}")
    return rig.Line("payments that the banks' books hold once", float(len(paid)), f"of {count}")


def main() -> int:
    """A process of its own."""
    parser = rig.size_arguments()
    parser.add_argument("--home", type=Path, required=True)
    options = parser.parse_args()
    rig.setup_django()
    clock_file = Path(os.environ["CLOCK_FILE"])
    (options.home / "demo").mkdir(mode=0o700, exist_ok=True)
    world = World(options.home / "banks", options.home / "accounts.json", clock_file)
    os.environ |= {"SIM_CONTROL_URL": world.control, "YQLINK_DEMO_DIR": str(options.home / "demo")}
    try:
        banks = released(options.size, world)
        lines = whole_way(options.size, clock_file)
        lines += [
            rig.Line("simulators in one world, with accounts of ours at", float(banks), f"of {len(world.ports)} banks"),
            agreed(world, options.size), rig.memory("dispatch and inquiry at all banks"),
        ]  # fmt: skip
    finally:
        world.close()
    rig.tell(lines)
    return 0


def run(url: str, *, payments: int, home: Path) -> list[rig.Line]:
    """The whole way over a database of its own."""
    clock_file = home / "clock"
    own = rig.database(url, "bench_banks")
    rig.furnish(own, orders=0, clock_file=clock_file, accounts=home / "accounts.json")
    arguments = ("--size", str(payments), "--home", str(home))
    return rig.child("benchmarks.banks", own, *arguments, clock_file=clock_file)


if __name__ == "__main__":
    sys.exit(main())
