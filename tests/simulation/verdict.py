"""The verdict over one life: the platform's rows against the bank's own books and what the wire carried.

Reads PostgreSQL by plain SQL and the bank over HTTP: nothing here shares code with what it judges but the rank table.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from payments.states import RANK, InstructionState
from tests.simulation.proxy import Seen

FINAL = {"succeeded", "failed", "returned"}
_ROWS = """
    SELECT i.bank_ref, i.state, o.amount, i.next_inquiry_at, i.inquiries, i.unknown_why, i.attempt, i.hold_reason,
           o.order_no, o.state AS order_state, o.shown_state,
           (SELECT count(*) FROM payments_debittie t WHERE t.instruction_id = i.id AND t.role = 'debit') AS ties
    FROM payments_paymentinstruction i JOIN payments_paymentorder o ON o.id = i.order_id ORDER BY i.id
"""
_MOVES = """
    SELECT i.bank_ref, m.old, m.new FROM sim_move m JOIN payments_paymentinstruction i ON i.id = m.instruction_id
    ORDER BY m.id
"""


@dataclass
class Verdict:
    """What was found wrong, and the figures a reader wants."""

    wrong: list[str] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    debits: int = 0
    hand_backs: int = 0

    @property
    def is_good(self) -> bool:
        """Whether every promise held."""
        return not self.wrong


def falls(moves: list[tuple[str, str, str]]) -> list[str]:
    """Moves to a lower rank. A hand-back is none: it says that provably no byte left."""
    return [
        f"{ref}: {old} fell to {new}"
        for ref, old, new in moves
        if (old, new) != ("sending", "queued")
        and old in RANK
        and new in RANK
        and RANK[InstructionState(new)] < RANK[InstructionState(old)]
    ]


def _of_books(row: dict[str, Any], at_bank: dict[str, Any], debits: list[Decimal]) -> list[str]:
    """What is wrong between one instruction and the bank's books."""
    ref, state = row["bank_ref"], row["state"]
    wrong = []
    if len(debits) > 1:
        wrong.append(f"{ref}: debited {len(debits)} times")
    if any(amount != row["amount"] for amount in debits):
        wrong.append(f"{ref}: debited {debits} instead of {row['amount']}")
    if state in ("succeeded", "returned") and len(debits) != 1:
        wrong.append(f"{ref}: {state} with {len(debits)} debits")
    if state == "failed" and debits:
        wrong.append(f"{ref}: failed, yet debited")
    if state == "returned" and at_bank.get("state") != "returned":
        wrong.append(f"{ref}: returned, the bank says {at_bank.get('state')}")
    if state not in FINAL and at_bank.get("state") in ("settled", "failed", "refused"):
        wrong.append(f"{ref}: {state} though the bank has {at_bank.get('state')} it")
    return wrong


def _of_open(row: dict[str, Any], at_bank: dict[str, Any], killed: set[str]) -> list[str]:
    """What is wrong with an instruction that has not come to its end."""
    ref, state = row["bank_ref"], row["state"]
    if state in FINAL:
        return []
    if state != "unknown":
        return [f"{ref}: ended as {state} {row['hold_reason']}"]
    wrong = []
    if row["next_inquiry_at"] is None or not row["inquiries"]:
        wrong.append(f"{ref}: unknown and nobody asks")
    # After a kill the clock jumps past the dead worker's lease, and may jump past a living one's before it has sent: the
    # recorder then refuses to send, the reaper calls the item unknown, and the bank has never heard of it.
    is_outrun = bool(killed) and "租约到期" in row["unknown_why"] and not at_bank
    if ref not in killed and not at_bank.get("faults") and not is_outrun:
        wrong.append(f"{ref}: unknown, no fault or kill explains it ({row['unknown_why']})")
    return wrong


def judge(
    connection: Any, *, bank: dict[str, Any], ledger: dict[str, Any], wire: Seen, orders: int
) -> Verdict:
    """Hold the life against every promise."""
    verdict = Verdict()
    with connection.cursor() as cursor:
        cursor.execute(_ROWS)
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        cursor.execute(_MOVES)
        moves = cursor.fetchall()
        cursor.execute("SELECT count(*) FROM payments_paymentorder WHERE state = 'released'")
        released = cursor.fetchone()[0]
    debits: dict[str, list[Decimal]] = {}
    for debit in ledger["debits"]:
        debits.setdefault(debit["insid"], []).append(Decimal(debit["amount"]))
    refs = {row["bank_ref"] for row in rows}
    verdict.states.update(row["state"] for row in rows)
    verdict.debits = sum(map(len, debits.values()))
    verdict.hand_backs = sum((old, new) == ("sending", "queued") for _, old, new in moves)
    wrong = verdict.wrong
    if released != orders or len(rows) != orders:
        wrong.append(f"{orders} orders went in, {released} are there with {len(rows)} instructions")
    wrong += [f"{ref}: debited, but never ours" for ref in debits.keys() - refs]
    wrong += [f"{ref}: the bank got it twice" for ref in wire.duplicates]
    wrong += falls(moves)
    if ledger["sums"]["balances"] != "0.00":
        wrong.append("the bank's own books do not balance")
    for row in rows:
        at_bank = bank.get(row["bank_ref"], {})
        wrong += _of_books(row, at_bank, debits.get(row["bank_ref"], []))
        wrong += _of_open(row, at_bank, wire.in_killed)
        if row["shown_state"] != row["state"]:
            wrong.append(
                f"{row['order_no']} shows {row['shown_state']}, its instruction is {row['state']}"
            )
    return verdict
