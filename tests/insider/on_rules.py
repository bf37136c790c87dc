"""Attacks on who may do what: matrix, limits, strategy, payees, people, connections; and from the web host."""

from __future__ import annotations

import os
from typing import Any

from tests.insider.attacks import Attack
from tests.insider.ground import Database, Ground
from tests.insider.on_payments import _anything


def _release_the_waiting(ground: Ground) -> None:
    """The platform at work: its releaser releases the order that waits. Raises what refuses it."""
    from payments.models import PaymentOrder
    from payments.services import orders
    from tests.signing import hand_of

    order = PaymentOrder.objects.get(pk=ground.ready.pk)
    releaser = ground.world.people["releaser"]
    orders.release_order(
        order_id=order.pk, version=order.version, digest=order.content_hash, actor=releaser,
        hand=hand_of(releaser),
    )  # fmt: skip


def _matrix_openly(ground: Ground, db: Database) -> str:
    db.plain("UPDATE approvals_policy SET steps = '[]'")
    return ""


def _then_release(do: Any) -> Any:
    """The attack, and then the platform is asked to obey what was altered; the row to name, kept for the report."""

    def both(ground: Ground, db: Database) -> str:
        row: str = do(ground, db)
        try:
            _release_the_waiting(ground)
        except Exception as error:
            raise Refused(row, error) from error
        return row

    return both


class Refused(Exception):
    """The platform refused to obey, and this is the row that was altered."""

    def __init__(self, row: str, why: Exception) -> None:
        super().__init__(f"{type(why).__name__}: {why}")
        self.row = row


def _payee_number(ground: Ground, db: Database) -> str:
    ((pk,),) = db.plain(
        "UPDATE masterdata_counterpartyaccount SET number = '6222000666' RETURNING id"
    )
    return f"masterdata.counterpartyaccount#{pk}"


def _payee_whitelisted(ground: Ground, db: Database) -> str:
    ((pk,),) = db.behind(
        "UPDATE masterdata_counterpartyaccount SET is_whitelisted = true RETURNING id"
    )
    return f"masterdata.counterpartyaccount#{pk}"


def _payee_put_in(ground: Ground, db: Database) -> str:
    db.behind(
        """
        INSERT INTO masterdata_counterpartyaccount SELECT (a).* FROM (
            SELECT jsonb_populate_record(NULL::masterdata_counterpartyaccount, to_jsonb(p)
                || '{"id": 990005, "number": "6222000666"}') AS a
            FROM masterdata_counterpartyaccount p LIMIT 1) AS made
        """
    )
    return "masterdata.counterpartyaccount#990005"


def _of_person(statement: str, label: str) -> Any:
    def do(ground: Ground, db: Database) -> str:
        ((pk,),) = db.plain(statement, ground.world.people["maker"].pk)
        return f"{label}#{pk}"

    return do


def _member_put_in(ground: Ground, db: Database) -> str:
    ((pk,),) = db.plain(
        "INSERT INTO masterdata_membership (user_id, company_id, role) VALUES (%s, %s, 'releaser') RETURNING id",
        ground.world.people["maker"].pk, ground.world.company.pk,
    )  # fmt: skip
    return f"masterdata.membership#{pk}"


def _factor_put_in(ground: Ground, db: Database) -> str:
    ((pk,),) = db.plain(
        """
        INSERT INTO otp_totp_totpdevice (user_id, name, confirmed, throttling_failure_count, key, step, t0, digits,
                                         tolerance, drift, last_t, created_at)
        VALUES (%s, 'x', true, 0, repeat('0', 40), 30, 0, 6, 1, 0, -1, '2026-11-24') RETURNING id
        """,
        ground.world.people["releaser"].pk,
    )
    return f"otp_totp.totpdevice#{pk}"


def _client_put_in(ground: Ground, db: Database) -> str:
    ((pk,),) = db.plain(
        """
        INSERT INTO masterdata_apiclient (name, source_system, key_id, key_digest, rights, acts_for_id, is_active, created_at)
        VALUES ('x', 'x', 'x', repeat('0', 64), '[]', %s, true, '2026-11-24') RETURNING id
        """,
        ground.world.people["maker"].pk,
    )
    return f"masterdata.apiclient#{pk}"


def _go_live_for_all(ground: Ground, db: Database) -> str:
    ((pk,),) = db.behind(
        "UPDATE masterdata_strategyrow SET subject = '' WHERE topic = 'payments.go_live' RETURNING id"
    )
    return f"masterdata.strategyrow#{pk}"


def _connection(ground: Ground, db: Database) -> str:
    pk = ground.world.connection.pk
    db.plain(
        """UPDATE masterdata_connection SET endpoints = '{"main": "http://10.6.6.6/"}' WHERE id = %s""",
        pk,
    )
    return f"masterdata.connection#{pk}"


def _gate(ground: Ground, db: Database) -> str:
    db.plain("UPDATE masterdata_outboundgate SET epoch = epoch + 1, is_open = true")
    return "masterdata.outboundgate#1"


def _without_worker_keys(do: Any) -> Any:
    """As on the web host: every key of that process, not one of the workers'."""

    def run(ground: Ground, db: Database) -> str:
        kept = os.environ.pop("SEAL_PRIVATE_KEYS")
        try:
            do(ground)
        finally:
            os.environ["SEAL_PRIVATE_KEYS"] = kept
        return ""

    return run


def _send_from_the_web_host(ground: Ground) -> None:
    from payments.services import instructions

    instructions.claim_batches(connection_id=ground.world.connection.pk, limit=1, lease_s=60)


def _read_from_the_web_host(ground: Ground) -> None:
    from payments.services.sealing import unsealed

    unsealed(ground.first)


def _credentials_from_the_web_host(ground: Ground) -> None:
    from masterdata.services import connections

    connections.connection_credentials(ground.world.connection_now())


def _sign_without_the_passphrase(ground: Ground, db: Database) -> str:
    from approvals.signing import keys
    from kernel.secrets import Secret

    keys.unlock(user=ground.world.people["releaser"], passphrase=Secret("guessed by an insider"))
    return ""


_REFUSED = {"is_prevented": True, "is_detected": False}

ATTACKS = [
    Attack("放宽审批矩阵（触发器在）", _matrix_openly, **_REFUSED),
    Attack("放宽审批矩阵（绕过触发器）", _then_release(_anything("approvals_policy", "approvals.policy", "steps = '[]', amount_below = 1")), is_prevented=True),
    Attack("抬高限额", _then_release(_anything("payments_limit", "payments.limit", "amount = 999999999")), is_prevented=True),
    Attack("清零已用限额", _anything("payments_limitcounter", "payments.limitcounter", "used = 0")),
    Attack("上线开关改为对所有科目生效", _go_live_for_all,
           is_prevented=True, sends=True, spares=()),
    Attack("改收款账户的账号", _then_release(_payee_number), is_prevented=True),
    Attack("把收款账户列入白名单", _then_release(_payee_whitelisted), is_prevented=True),
    Attack("插入已确认的收款账户", _payee_put_in),
    Attack("制单人改为授权人", _of_person("UPDATE masterdata_membership SET role = 'releaser' WHERE user_id = %s RETURNING id", "masterdata.membership")),
    Attack("插入一项职责", _member_put_in),
    Attack("改自然人标识，一人充两人", _of_person("UPDATE masterdata_user SET person_key = 'p-other' WHERE id = %s RETURNING id", "masterdata.user")),
    Attack("换掉他人的密码", _of_person("UPDATE masterdata_user SET password = 'x' WHERE id = %s RETURNING id", "masterdata.user")),
    Attack("给授权人加一个动态口令设备", _factor_put_in),
    Attack("插入接口客户端", _client_put_in),
    Attack("银行连接指向别处", _connection),
    Attack("手工打开出口、改编号纪元", _gate),
    Attack("在网页主机上领取并发送", _without_worker_keys(_send_from_the_web_host), **_REFUSED),
    Attack("在网页主机上解开指令", _without_worker_keys(_read_from_the_web_host), **_REFUSED),
    Attack("在网页主机上读银行口令", _without_worker_keys(_credentials_from_the_web_host), **_REFUSED),
    Attack("不知口令而用他人签名密钥", _sign_without_the_passphrase, is_prevented=True, is_detected=False),
]  # fmt: skip
