"""One attack carried out on a copy of the platform's database: what was refused, what was sent, what the verifier named."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from kernel.errors import DomainError, InvariantBroken
from tests.bankbridge.bank import BankProcess
from tests.insider.attacks import Attack
from tests.insider.ground import Database, Ground
from tests.insider.on_rules import Refused


def at_database(url: str, name: str) -> str:
    """The same server's address with another database."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


@contextlib.contextmanager
def a_copy(base_url: str, base: str, name: str) -> Iterator[str]:
    """A copy of the database, which this process works on meanwhile."""
    from django.db import connections

    def execute(*statements: str) -> None:
        maintenance = psycopg2.connect(at_database(base_url, "postgres"))
        try:
            maintenance.autocommit = True
            with maintenance.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            maintenance.close()

    own = connections["default"].settings_dict
    before = own["NAME"]
    connections.close_all()
    execute(
        # The thread of a page's server keeps its own for a while after the page is gone.
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        f" WHERE datname = '{base}' AND backend_type = 'client backend'",
        f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
        f"CREATE DATABASE {name} TEMPLATE {base}",
    )
    own["NAME"] = name
    try:
        yield at_database(base_url, name)
    finally:
        connections.close_all()
        own["NAME"] = before
        execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@dataclass(frozen=True)
class Told:
    """What came of one attack."""

    attack: Attack
    refused: str
    sent: dict[str, str]  # amounts the bank took, by our number
    wrong: list[str]  # of them, what nobody had released
    named: bool
    others: int  # what else the verifier named
    row: str
    missing: list[str]  # what should have gone out all the same

    @property
    def is_prevented(self) -> bool:
        """Whether nothing came of it."""
        return bool(self.refused) or (self.attack.sends and not self.wrong)

    @property
    def is_as_expected(self) -> bool:
        """Whether it is prevented and detected as it must be, and nothing wrong was ever sent."""
        return (
            (self.is_prevented or not self.attack.is_prevented)
            and (self.named or not self.attack.is_detected)
            and not self.wrong
            and not self.missing
        )

    @property
    def words(self) -> str:
        """What happened, for the table."""
        told = []
        if self.refused:
            told.append(f"拒绝：{self.refused}")
        if self.attack.sends:
            told.append(f"误发 {self.wrong}" if self.wrong else "未发送")
        if self.missing:
            told.append(f"未受影响的 {self.missing} 没有发出")
        if self.attack.is_detected:
            told.append(f"校验指出 {self.row}" if self.named else f"校验未指出 {self.row}")
        return "；".join(told)


def named() -> set[str]:
    """Everything the verifier finds now."""
    from audit import anchoring, row_verifying, verifying

    found: set[str] = set()
    for one in [
        *verifying.verify()[1],
        *anchoring.verify_anchors(),
        *row_verifying.verify_rows(),
    ]:
        found |= {one.row} if one.row else set()
        found |= {f"audit.entry#{one.entry_id}"} if one.entry_id else set()
        found |= {f"audit.link#{one.seq}", one.what}
    return found


def carried_out(attack: Attack, ground: Ground, url: str) -> Told:
    """The attack, the workers' next tick where it aims at the bank, and the verifier."""
    bank = _fresh_bank(ground) if attack.sends else None
    try:
        if bank is not None:
            ground.world.reach(bank.url)
        row, refused = "", ""
        try:
            row = attack.do(ground, Database(url))
        except Refused as error:
            row, refused = error.row, str(error)
        except (psycopg2.Error, DomainError, InvariantBroken) as error:
            refused = f"{type(error).__name__}: {error}"
        sent = _sent(bank) if bank is not None else {}
    finally:
        if bank is not None:
            bank.stop()
    found = named()
    amounts = {"first": "1200.00", "second": "3400.00"}
    good = {getattr(ground, name).bank_ref: amounts[name] for name in attack.spares}
    wrong = [
        no for no, amount in sent.items() if no not in good or Decimal(amount) != Decimal(good[no])
    ]
    missing = [no for no in good if no not in sent] if attack.sends else []
    return Told(
        attack, refused.splitlines()[0][:90] if refused else "", sent, wrong, row in found,
        len(found), row, missing,
    )  # fmt: skip


def _fresh_bank(ground: Ground) -> BankProcess:
    """With empty books."""
    shutil.rmtree(ground.folder / "books", ignore_errors=True)
    return BankProcess(ground.folder, ground.clock_file, "--no-delays")


def _sent(bank: BankProcess) -> dict[str, str]:
    from bankbridge.services import dispatch

    for _ in range(2):
        dispatch.tick()
    return bank.debits()
