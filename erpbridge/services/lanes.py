"""How each lane to a finance system is doing: last success, last error, and the cases a person must look at."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from django.db import transaction

from desk import services as desk
from erpbridge.models import ErpSystem
from kernel import clock

log = structlog.get_logger(__name__)
_KIND = "erpbridge.erpsystem"


@transaction.atomic(durable=True)
def note_ok(system: ErpSystem) -> None:
    """The lane works; a case about it is closed."""
    ErpSystem.objects.filter(pk=system.pk).update(last_ok_at=clock.now())
    if system.last_error:
        ErpSystem.objects.filter(pk=system.pk).update(last_error="")
        desk.close_case(
            kind="erp.lane_down", subject_kind=_KIND, subject_id=system.pk, outcome="已恢复"
        )


@transaction.atomic(durable=True)
def note_error(system: ErpSystem, *, why: str) -> None:
    """The lane does not work now; it is tried again at the next tick, and a person is told."""
    log.error("erp_lane_down", system=system.name, style=system.style, why=why[:200])
    ErpSystem.objects.filter(pk=system.pk).update(last_error=why[:300], last_error_at=clock.now())
    desk.open_case(
        kind="erp.lane_down",
        subject_kind=_KIND,
        subject_id=system.pk,
        title=f"财务系统「{system.name}」通道不通",
        severity="high",
        reason=why,
        next_step="检查对方系统、网络与交换目录；恢复后自动继续",
        owner_role="admin",
    )


@transaction.atomic(durable=True)
def alarm_dead(system: ErpSystem, *, count: int) -> None:
    """Messages were pushed in vain so often that a person has to see why."""
    desk.open_cases(
        [
            desk.NewCase(
                kind="erp.dead_letter",
                subject_kind=_KIND,
                subject_id=system.pk,
                title=f"推送给财务系统「{system.name}」的消息多次失败，已停止",
                severity="high",
                reason=f"本次有 {count} 条消息停止自动重试；对方仍可用接口读取",
                next_step="检查对方接收地址；恢复后在接口监控的去报中重新送达",
                owner_role="admin",
                is_closable=True,
            )
        ]
    )


@transaction.atomic(durable=True)
def alarm_unfit(system: ErpSystem, *, why: Mapping[int, str]) -> None:
    """Messages (Outbox id → reason) the system's form has no room for: each wants a person, the others went out."""
    desk.open_cases(
        [
            desk.NewCase(
                kind="erp.message_unfit",
                subject_kind="erpbridge.outbox",
                subject_id=pk,
                title=f"送给财务系统「{system.name}」的一条消息超出对方格式",
                severity="high",
                reason=reason,
                next_step="在财务系统手工处理该笔，或更正凭证模板、编码后由平台重新送达；其余消息已照常送出",
                owner_role="admin",
                is_closable=True,
            )
            for pk, reason in why.items()
        ]
    )


@transaction.atomic(durable=True)
def alarm_waiting(system: ErpSystem, *, name: str) -> None:
    """A file has waited too long for its turn or its data."""
    desk.open_case(
        kind="erp.file_waits",
        subject_kind=_KIND,
        subject_id=system.pk,
        title=f"财务系统「{system.name}」的文件 {name} 缺少前一序号或数据文件",
        severity="high",
        reason="序号不连续或数据文件未到，按序等待，未做任何处理",
        next_step="请财务系统补发缺少的文件；补齐后自动继续",
        owner_role="admin",
    )
