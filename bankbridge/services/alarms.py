"""Alarms of channels and of the clock: a case each, opened at the tick that sees the fact and closed at the one that misses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.db import transaction

from bankbridge import selectors
from bankbridge.alarm_rules import KINDS, SPAN, Alarm, Health, alarms, failures
from bankbridge.channels import Traffic, traffic
from bankbridge.models import Exchange, TickHealth
from bankbridge.services import cursors
from bankbridge.topics import ChannelAlarms
from desk import selectors as cases
from desk import services as desk
from kernel import clock
from masterdata.bank_selectors import prefixes_by_bank
from masterdata.strategies import Strategies
from payments import scoring

if TYPE_CHECKING:
    from masterdata.models import Connection

log = structlog.get_logger(__name__)
SUBJECT, TICK, STOPPED = (
    "masterdata.connection",
    "bankbridge.tickhealth",
    "bankbridge.tick_stopped",
)
NEWEST = 20
_NEXT = {
    KINDS[0]: "检查网络、前置机与证书；未发出的付款会在通道恢复后自动发送，请勿另行付款",
    KINDS[1]: "联系银行技术支持；在途付款按时自动查询",
    KINDS[2]: "查看出口、上线开关与发送时段，再检查通道",
    KINDS[3]: "请勿重复付款；核对银行流水，必要时电话开户行后裁定",
}


def watch() -> int:
    """Look at every channel in use; returns how many alarms stand."""
    now, rows = clock.now(), selectors.connections()
    hour = traffic([row.pk for row in rows], since=now - SPAN)
    waiting = scoring.waiting_by_connection()
    unknown = selectors.open_by_connection()
    decided, standing = Strategies(clock.today()).on(clock.today()), 0
    prefixes = prefixes_by_bank()
    for row in rows:
        rules, _version = decided.of_bank(ChannelAlarms, prefixes.get(row.bank_slug, ""))
        heard = hour.get(row.pk, Traffic())
        health = Health(
            results=_newest(row),
            p95_ms=heard.p95,
            answered=heard.answered,
            waiting=waiting.get(row.pk, ()),
            unknown=unknown.get(row.pk, {}).get("unknown", 0),
        )
        if 0 < failures(health) < rules.failures:
            cursors.hasten_one(connection_id=row.pk)  # one more word decides it within the minute
        found = [] if row.is_frozen else list(alarms(health, rules, now=now))
        _tell(row, found)
        standing += len(found)
    return standing


def _newest(row: Connection) -> list[tuple[str, str]]:
    rows = Exchange.objects.filter(connection_id=row.pk).exclude(result="open")
    newest = rows.order_by("-began_at", "-id").values_list("result", "error")
    return list(newest[:NEWEST])


@transaction.atomic(durable=True)
def _tell(row: Connection, found: list[Alarm]) -> None:
    open_now = {
        kind
        for kind, _pk in cases.open_kinds(kinds=KINDS, subject_kind=SUBJECT, subject_ids=[row.pk])
    }
    over = sorted(open_now - {one.kind for one in found})
    if over:
        desk.close_cases(
            kinds=over, subject_kind=SUBJECT, subject_ids=[row.pk], outcome="已恢复正常"
        )
    for one in found:
        if one.kind not in open_now:
            log.error("channel_alarm", kind=one.kind, connection=row.name, reason=one.reason)
        desk.open_case(
            kind=one.kind,
            subject_kind=SUBJECT,
            subject_id=row.pk,
            title=f"{row.name} {one.what}",
            severity=one.severity,
            reason=one.reason,
            next_step=_NEXT[one.kind],
            owner_role="admin",
            page=f"/bank/channels/{row.pk}/",
        )


@transaction.atomic(durable=True)
def tell_stopped(stopped: list[str]) -> None:
    """Ticks that stopped have a case each, until they run again."""
    for name in stopped:
        desk.open_case(
            kind=STOPPED,
            subject_kind=TICK,
            subject_id=name,
            title=f"定时任务 {name} 已停止",
            severity="critical",
            reason="超过 3 分钟没有运行，或每次运行都出错",
            next_step="检查工作进程与日志，重启后自动恢复；期间没有丢失任何业务",
            owner_role="admin",
            page="/bank/channels/",
        )
    others = TickHealth.objects.exclude(name__in=stopped).values_list("name", flat=True)
    desk.close_cases(
        kinds=[STOPPED], subject_kind=TICK, subject_ids=list(others), outcome="已恢复运行"
    )
