"""The last look before a payment leaves: seal, signatures, its order, the way it takes, and the duplicate rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from approvals.standing.verifying import verify_cases
from audit import services as audit
from audit.row_verifying import strayed
from payments import payee_facts, routing
from payments.inforce import InForce
from payments.models import PaymentInstruction
from payments.outcomes import SealedInstruction
from payments.services import payee_control, ruling
from payments.services.alarms import alarm
from payments.services.sealing import BROKEN, NotSigned, open_seal
from payments.services.writing import Change, show, write
from payments.states import InstructionState

if TYPE_CHECKING:
    from masterdata.models import OwnAccount

S = InstructionState


def sendable(
    rows: Sequence[PaymentInstruction], account: OwnAccount, *, now: datetime, rules: InForce
) -> list[SealedInstruction]:
    """The items of one payer account that may go now; the others stay behind, each with its reason.

    Behind stay a company and subject that is not live, broken seals, rows changed outside the platform, changed routes,
    closed windows and duplicates.
    """
    if dark := rules.switches(account):
        why = "；".join(one.message for one in dark)
        _hold([Change(row, S.HELD, hold_reason=f"{dark[0].rule} {why}"[:200]) for row in rows])
        return []
    good, held, waiting = [], [], []
    verdicts = verify_cases({row.order.approval_id or 0 for row in rows})
    for row in rows:
        verdict = verdicts.get(row.order.approval_id or 0)
        try:
            item = open_seal(row.order, row, day=now.date(), verdict=verdict)
        except BROKEN as error:
            rule = "SIGN" if isinstance(error, NotSigned) else "SEAL"
            held.append(Change(row, S.HELD, hold_reason=f"{rule} {error}"[:200]))
            continue
        if row.order.state != "released" or row.order.instruction_id != row.pk:
            held.append(
                Change(
                    row,
                    S.HELD,
                    hold_reason="SEAL the order no longer stands behind this instruction",
                )
            )
            continue
        route = rules.route(row.order, now)
        if isinstance(route, routing.Wait):
            waiting.append((row, route.until))
        elif isinstance(route, routing.Refuse) or route.name != row.route_requested:
            held.append(
                Change(row, S.HELD, hold_reason="ROUTE 发送时的汇路与授权时不同，请重新确认")
            )
        else:
            good.append((row, item))
    moved = _strayed([row for row, _ in good], account)
    moved |= _moved([row for row, _ in good if row.pk not in moved])
    doubles = moved | _doubles([row for row, _ in good if row.pk not in moved])
    held += doubles.values()
    for row, until in waiting:
        PaymentInstruction.objects.filter(pk=row.pk).update(not_before=until)
    _hold(held)
    return [item for row, item in good if row.pk not in doubles]


def _strayed(rows: Sequence[PaymentInstruction], account: OwnAccount) -> dict[int, Change]:
    """Those of these items that are not what the platform last made of them, or whose accounts are not.

    A payment put back into the queue by hand has a good seal and good signatures: only its history tells.
    """
    if not rows:
        return {}
    payees = {row.order.payee_account_id for row in rows} - {None}
    found = strayed("payments.paymentinstruction", [row.pk for row in rows])
    accounts = strayed("masterdata.counterpartyaccount", payees) if payees else set()
    is_payer = bool(strayed("masterdata.ownaccount", [account.pk]))
    held = {}
    for row in rows:
        what = (
            ["付款账户"] * is_payer
            + ["支付指令"] * (str(row.pk) in found)
            + ["收款账户"] * (str(row.order.payee_account_id) in accounts)
        )
        if what:
            why = f"SEAL {'、'.join(what)}的数据行在平台之外被改动"
            held[row.pk] = Change(row, S.HELD, hold_reason=why)
    return held


def _moved(rows: Sequence[PaymentInstruction]) -> dict[int, Change]:
    """Those of these items whose payee account changed or was closed since their release."""
    told = payee_facts.moved([row.order for row in rows])
    return {
        row.pk: Change(row, S.HELD, hold_reason=f"{payee_control.MOVED} {told[row.order_id]}"[:200])
        for row in rows
        if row.order_id in told
    }


def _doubles(rows: Sequence[PaymentInstruction]) -> dict[int, Change]:
    """Those of these items that a duplicate rule holds now, whatever was true at their release."""
    orders = [row.order for row in rows]
    found = {pk: hits for pk, hits in ruling.findings(orders, stage=ruling.SEND).items() if hits}
    ruling.keep(found, orders, stage=ruling.SEND)
    told = {
        pk: "；".join(f"{hit.rule} {hit.message}" for hit in hits) for pk, hits in found.items()
    }
    return {
        row.pk: Change(row, S.HELD, hold_reason=f"{ruling.DUPLICATE} {told[row.order_id]}"[:200])
        for row in rows
        if row.order_id in told
    }


def _hold(held: Sequence[Change]) -> None:
    write(held, move="hold")
    show([change.row.pk for change in held])
    for change in held:
        is_broken = change.hold_reason.startswith(("SEAL", "SIGN"))
        event = "payments.instruction.seal_broken" if is_broken else "payments.instruction.held"
        audit.record(
            event,
            actor=None,
            subject=change.row,
            before={"state": S.QUEUED},
            after={"state": S.HELD},
            why=change.hold_reason,
        )
        if is_broken:
            alarm(
                kind="payments.seal_broken",
                subject=change.row,
                title=f"指令 {change.row.instr_no} 封印或签名不符，已拒绝发送",
                details={"reason": change.hold_reason},
            )
