"""Certificates of bank front-ends: somebody is told 60, 30 and 7 days before one ends, and when it has."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction

from bankbridge import selectors
from bankbridge.channels import WARN_DAYS, certificate_until
from desk import services as desk
from kernel import clock

if TYPE_CHECKING:
    from masterdata.models import Connection

ENDS = "bankbridge.certificate.ends"
KIND = "masterdata.connection"


@transaction.atomic(durable=True)
def check() -> int:
    """Open a case for each active connection whose certificate ends, close it for the others; how many end."""
    today, ending = clock.today(), 0
    for row in selectors.connections():
        until = certificate_until(row)
        if until is not None and (until - today).days <= WARN_DAYS[0]:
            ending += 1
            _tell(row, until, (until - today).days)
        else:
            desk.close_case(kind=ENDS, subject_kind=KIND, subject_id=row.pk, outcome="证书已更新")
    return ending


def _tell(row: Connection, until: date, days: int) -> None:
    left = f"{days} 天后到期" if days >= 0 else f"已于 {until} 过期"
    desk.open_case(
        kind=ENDS,
        subject_kind=KIND,
        subject_id=row.pk,
        title=f"{row.name} 的证书或密钥{left}",
        severity="critical"
        if days <= WARN_DAYS[2]
        else "high"
        if days <= WARN_DAYS[1]
        else "normal",
        reason=f"通道参数中登记的有效期至 {until}；到期后银行拒绝签名，付款与查询都会中断",
        next_step="向银行更新证书或 UKey，更新后由两位管理员修改通道参数中的有效期",
        owner_role="admin",
        page=f"/bank/channels/{row.pk}/",
    )
