"""Every few minutes: is the database the one we know, and is everything people and rules rest on untouched?

The whole of it is `verify_audit`'s; this looks at the small tables an insider changes first, and at the end of the chain.
"""

from __future__ import annotations

import structlog
from django.db import transaction

from audit import anchoring, row_sql, row_verifying
from audit.row_rules import kept, label_of
from desk import services as desk

log = structlog.get_logger(__name__)
KIND, SUBJECT = "audit.broken", "audit.link"
_SAID_MAX = 5


def watch() -> list[str]:
    """What is wrong, in words; an urgent case is open as long as anything is."""
    found = [why] if (why := anchoring.behind()) else []
    found += [f"{label_of(table)}：{what}" for table, what in row_sql.faults()]
    small = [table for table in kept() if table.is_told]
    found += [f"{one.table.label}#{one.key}：{one.what}" for one in row_verifying.doubts(small)]
    with transaction.atomic():
        _tell(found)
    return found


def _tell(found: list[str]) -> None:
    if not found:
        desk.close_case(kind=KIND, subject_kind=SUBJECT, subject_id=0, outcome="复查无异常")
        return
    log.error("database_touched", count=len(found), first=found[0])
    more = f"；共 {len(found)} 处" if len(found) > _SAID_MAX else ""
    desk.open_case(
        kind=KIND,
        subject_kind=SUBJECT,
        subject_id=0,
        title="数据库在平台之外被改动，或从备份恢复",
        severity="critical",
        reason="；".join(found[:_SAID_MAX]) + more,
        next_step="停止操作并保留现场；校验审计链，查明由谁改动；若为恢复备份，执行 settle_restore",
        owner_role="security_admin",
    )
