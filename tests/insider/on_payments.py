"""Attacks on payments: their orders, seals, signatures and states, the statement and the books."""

from __future__ import annotations

from typing import Any

from tests.insider.attacks import Attack
from tests.insider.ground import Database, Ground

ORDER, INSTRUCTION = "payments.paymentorder", "payments.paymentinstruction"


def _order(assignment: str) -> Any:
    def do(ground: Ground, db: Database) -> str:
        db.behind(
            f"UPDATE payments_paymentorder SET {assignment} WHERE id = %s", ground.first.order_id
        )
        return f"{ORDER}#{ground.first.order_id}"

    return do


def _instruction(assignment: str, which: str = "first") -> Any:
    def do(ground: Ground, db: Database) -> str:
        row = getattr(ground, which)
        db.behind(f"UPDATE payments_paymentinstruction SET {assignment} WHERE id = %s", row.pk)
        return f"{INSTRUCTION}#{row.pk}"

    return do


def _swapped(ground: Ground, db: Database) -> str:
    for one, other in ((ground.first, ground.second), (ground.second, ground.first)):
        db.behind(
            "UPDATE payments_paymentinstruction SET sealed = %s, seal = %s WHERE id = %s",
            bytes(other.sealed), other.seal, one.pk,
        )  # fmt: skip
    return f"{INSTRUCTION}#{ground.first.pk}"


def _sealed_anew(ground: Ground, db: Database) -> str:
    """With every key the web host has."""
    from kernel import vault
    from payments.services.sealing import instruction_bytes, seal_instruction

    row = ground.first
    row.refresh_from_db()
    row.order.payee_number = "6222000666"
    seal_instruction(row, instruction_bytes(row.order, row), vault.sealer())
    db.behind(
        "UPDATE payments_paymentinstruction SET sealed = %s, seal = %s WHERE id = %s",
        bytes(row.sealed), row.seal, row.pk,
    )  # fmt: skip
    db.behind(
        "UPDATE payments_paymentorder SET payee_number = '6222000666' WHERE id = %s", row.order_id
    )
    return f"{INSTRUCTION}#{row.pk}"


_COPY = """
    INSERT INTO payments_paymentinstruction
    SELECT (i).* FROM (SELECT jsonb_populate_record(NULL::payments_paymentinstruction, to_jsonb(p) || %s::jsonb) AS i
                       FROM payments_paymentinstruction p WHERE id = %s) AS made
"""
_NEW = '{"id": 990001, "instr_no": "Y0000000000000990001", "bank_ref": "Y990001", "attempt": 9}'


def _inserted_openly(ground: Ground, db: Database) -> str:
    db.plain(_COPY, _NEW.replace("}", f', "order_id": {ground.ready.pk}}}'), ground.first.pk)
    return ""


def _inserted(ground: Ground, db: Database) -> str:
    db.behind(_COPY, _NEW.replace("}", ', "state": "queued"}'), ground.failed.pk)
    db.behind(
        "UPDATE payments_paymentorder SET instruction_id = 990001 WHERE id = %s",
        ground.failed.order_id,
    )
    return f"{INSTRUCTION}#990001"


def _released_by_a_forger(ground: Ground, db: Database) -> str:
    """The waiting order, with the releaser's signature of another one and a seal of the web host's keys."""
    from kernel import vault
    from payments.models import PaymentInstruction
    from payments.services.sealing import instruction_bytes, seal_instruction

    order, other = ground.ready, ground.first
    row = PaymentInstruction.objects.get(pk=other.pk)
    row.instr_no, row.bank_ref, row.content_hash = (
        "Y0000000000000990002",
        "Y990002",
        order.content_hash,
    )
    row.order = order
    seal_instruction(row, instruction_bytes(order, row), vault.sealer())
    db.behind(
        """
        INSERT INTO approvals_decision SELECT (d).* FROM (
            SELECT jsonb_populate_record(NULL::approvals_decision, to_jsonb(p) || jsonb_build_object(
                'id', 990002, 'case_id', %s, 'digest', %s)) AS d
            FROM approvals_decision p WHERE case_id = %s AND act = 'release') AS made
        """,
        order.approval_id, order.content_hash, other.order.approval_id,
    )  # fmt: skip
    more = f', "state": "queued", "attempt": 1, "order_id": {order.pk}}}'
    new = _NEW.replace("990001", "990002").replace("}", more)
    db.behind(_COPY, new, other.pk)
    db.behind(
        "UPDATE payments_paymentinstruction SET content_hash = %s, sealed = %s, seal = %s WHERE id = 990002",
        order.content_hash, bytes(row.sealed), row.seal,
    )  # fmt: skip
    db.behind(
        "UPDATE payments_paymentorder SET state = 'released', instruction_id = 990002 WHERE id = %s",
        order.pk,
    )
    return "approvals.decision#990002"


def _approval_replayed(ground: Ground, db: Database) -> str:
    db.plain(
        """
        INSERT INTO approvals_decision SELECT (d).* FROM (
            SELECT jsonb_populate_record(NULL::approvals_decision, to_jsonb(p) || jsonb_build_object(
                'id', 990003, 'case_id', %s, 'digest', %s)) AS d
            FROM approvals_decision p WHERE case_id = %s AND act = 'release') AS made
        """,
        ground.ready.approval_id, ground.ready.content_hash, ground.first.order.approval_id,
    )  # fmt: skip
    return ""


def _decision(statement: str, act: str = "check") -> Any:
    def do(ground: Ground, db: Database) -> str:
        ((pk,),) = db.behind(
            "SELECT id FROM approvals_decision WHERE case_id = %s AND act = %s",
            ground.first.order.approval_id, act,
        )  # fmt: skip
        db.behind(statement, pk)
        return f"approvals.decision#{pk}"

    return do


def _own_key_put_in(ground: Ground, db: Database) -> str:
    from kernel import signatures

    _, point = signatures.generate("ecdsa-p256")
    releaser = ground.world.people["releaser"]
    ((pk,),) = db.behind(
        "UPDATE approvals_signingkey SET point = %s, fingerprint = %s WHERE user_id = %s RETURNING id",
        point, signatures.fingerprint("ecdsa-p256", point), releaser.pk,
    )  # fmt: skip
    return f"approvals.signingkey#{pk}"


def _own_account(ground: Ground, db: Database) -> str:
    pk = ground.world.account.pk
    db.plain("UPDATE masterdata_ownaccount SET number = '440099999999' WHERE id = %s", pk)
    return f"masterdata.ownaccount#{pk}"


def _declared_failed(ground: Ground, db: Database) -> str:
    """As an ERP vendor's public notes tell administrators to do; the database allows the move."""
    db.plain(
        "UPDATE payments_paymentinstruction SET state = 'failed', final_at = sent_at WHERE id = %s",
        ground.unknown.pk,
    )
    return f"{INSTRUCTION}#{ground.unknown.pk}"


def _anything(table: str, label: str, assignment: str) -> Any:
    """One row of a table: the first."""

    def do(ground: Ground, db: Database) -> str:
        ((pk,),) = db.behind(
            f"UPDATE {table} SET {assignment} WHERE id = (SELECT min(id) FROM {table}) RETURNING id"
        )
        return f"{label}#{pk}"

    return do


def _gone(table: str, label: str) -> Any:
    def do(ground: Ground, db: Database) -> str:
        ((pk,),) = db.behind(
            f"DELETE FROM {table} WHERE id = (SELECT min(id) FROM {table}) RETURNING id"
        )
        return f"{label}#{pk}"

    return do


def _entry_made_up(ground: Ground, db: Database) -> str:
    ((pk,),) = db.behind(
        """
        INSERT INTO statements_statemententry SELECT (e).* FROM (
            SELECT jsonb_populate_record(NULL::statements_statemententry, to_jsonb(p) || '{"id": 990004,
                "bank_serial": "S9", "direction": "credit"}') AS e
            FROM statements_statemententry p ORDER BY id LIMIT 1) AS made RETURNING id
        """
    )
    return f"statements.statemententry#{pk}"


def _balance_raised(ground: Ground, db: Database) -> str:
    pk = ground.world.account.pk
    db.plain("UPDATE statements_latestbalance SET book = 999999999, available = 999999999")
    return f"statements.latestbalance#{pk}"


_FRESH = (
    "state = 'queued', batch_id = NULL, fence = 0, lease_until = NULL, sent_at = NULL, send_attempts = 0, "
    "final_at = NULL, not_before = NULL, next_inquiry_at = NULL, unknown_since = NULL"
)
_BOTH = {"is_prevented": True, "sends": True}
_BOTHERS_NOBODY = {**_BOTH, "spares": ("first", "second")}

ATTACKS = [
    Attack("付款单金额改大", _order("amount = 99999"), **_BOTH),
    Attack("付款单收款账号改掉", _order("payee_number = '6222000666'"), **_BOTH),
    Attack("付款单收款户名改掉", _order("payee_name = '别家有限公司'"), **_BOTH),
    Attack("付款单收款行号改掉", _order("payee_cnaps = '102100099996'"), **_BOTH),
    Attack("付款单内容与摘要一起改", _order("amount = 99999, content_hash = repeat('0', 64)"), **_BOTH),
    Attack("本方付款账号改掉", _own_account, spares=(), **_BOTH),
    Attack("两条指令密文互换", _swapped, spares=(), **_BOTH),
    Attack("指令密文改一个字节", _instruction("sealed = set_byte(sealed, 40, 255 - get_byte(sealed, 40))"), **_BOTH),
    Attack("指令封印改掉", _instruction("seal = repeat('0', 64)"), **_BOTH),
    Attack("指令汇路改掉", _instruction("route_requested = 'beps'"), **_BOTH),
    Attack("用网页主机的密钥重新封印", _sealed_anew, **_BOTH),
    Attack("手工插入指令（触发器在）", _inserted_openly, is_prevented=True, is_detected=False),
    Attack("手工插入指令（绕过触发器）", _inserted, **_BOTHERS_NOBODY),
    Attack("冒用他单授权签名，插入授权与指令", _released_by_a_forger, **_BOTHERS_NOBODY),
    Attack("把一笔的授权重放到另一笔", _approval_replayed, is_prevented=True, is_detected=False),
    Attack("删除复核记录", _decision("DELETE FROM approvals_decision WHERE id = %s"), **_BOTH),
    Attack("改写授权陈述", _decision("UPDATE approvals_decision SET note = 'x', person_key = 'p-maker' WHERE id = %s", "release"), **_BOTH),
    Attack("换上自己的签名公钥", _own_key_put_in, spares=(), **_BOTH),
    Attack("已付指令改回待发送", _instruction(_FRESH, "paid"), **_BOTHERS_NOBODY),
    Attack("结果未知的指令改回待发送", _instruction(_FRESH, "unknown"), **_BOTHERS_NOBODY),
    Attack("失败的指令改回待发送", _instruction(_FRESH, "failed"), **_BOTHERS_NOBODY),
    Attack("用 SQL 把“未知”改为“失败”", _declared_failed),
    Attack("用 SQL 把“失败”改为“成功”", _instruction("state = 'succeeded'", "failed")),
    Attack("删除指令", _gone("payments_paymentinstruction", INSTRUCTION)),
    Attack("改批次金额", _anything("payments_batch", "payments.batch", "amount = 1")),
    Attack("改银行流水金额", _anything("statements_statemententry", "statements.statemententry", "amount = 1")),
    Attack("编造银行流水", _entry_made_up),
    Attack("抬高可用余额", _balance_raised),
    Attack("拆开付款与流水的对应", _gone("payments_debittie", "payments.debittie")),
    Attack("改凭证金额", _anything("ledger_voucher", "ledger.voucher", "amount = 1")),
    Attack("改凭证分录科目", _anything("ledger_voucherline", "ledger.voucherline", "subject = '6602'")),
    Attack("改日记账", _anything("ledger_journalentry", "ledger.journalentry", "amount = 1")),
    Attack("改待发给财务系统的结果", _anything("erpbridge_outbox", "erpbridge.outbox", "payload = '{}'")),
    Attack("改银行往来报文摘要", _anything("bankbridge_exchange", "bankbridge.exchange", "answer_sha256 = repeat('0', 64)")),
]  # fmt: skip
