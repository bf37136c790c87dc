"""When a channel wants a person: what is known of it and the strategy in, alarms out. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bankbridge.topics import ChannelAlarms
from kernel.clock import SHANGHAI

DOWN, SLOW = "bankbridge.channel_down", "bankbridge.channel_slow"
BACKLOG, UNKNOWNS = "bankbridge.backlog", "bankbridge.unknowns"
KINDS = (DOWN, SLOW, BACKLOG, UNKNOWNS)
SPAN = timedelta(minutes=10)  # how far back answers are looked at for slowness
ENOUGH = 3  # answers that make a percentile worth a word


@dataclass(frozen=True, kw_only=True)
class Health:
    """What is known of one channel now. `results` are its newest exchanges, newest first; `waiting` since when each waits."""

    results: Sequence[tuple[str, str]] = ()  # (result, error)
    p95_ms: int | None = None
    answered: int = 0
    waiting: Sequence[datetime] = ()
    unknown: int = 0


@dataclass(frozen=True)
class Alarm:
    """One thing to tell: its kind, what is wrong in a few words, and what it rests on."""

    kind: str
    what: str
    reason: str
    severity: str = "critical"


def failures(health: Health) -> int:
    """How many of the newest exchanges in a row ended without an answer that could be read."""
    many = 0
    for result, _error in health.results:
        if result == "answered":
            break
        many += 1
    return many


def alarms(health: Health, rules: ChannelAlarms, *, now: datetime) -> Iterator[Alarm]:
    """What of this channel wants a person now."""
    many = failures(health)
    if many >= rules.failures:
        error = health.results[0][1] or health.results[0][0]
        yield Alarm(DOWN, "通道中断", f"最近 {many} 次往来均未得到应答；最后一次：{error}")
    limit = rules.slow_ms
    if health.p95_ms is not None and health.answered >= ENOUGH and health.p95_ms > limit:
        told = f"最近 10 分钟 {health.answered} 次应答的 P95 为 {health.p95_ms} ms，超过 {limit} ms"
        yield Alarm(SLOW, "应答变慢", told, "high")
    late = [since for since in health.waiting if now - since >= timedelta(minutes=rules.backlog_minutes)]  # fmt: skip
    if late:
        oldest = min(late).astimezone(SHANGHAI)
        told = f"{len(late)} 笔付款已到发送时间仍未发出，最早自 {oldest:%Y-%m-%d %H:%M} 起"
        yield Alarm(BACKLOG, "付款积压", told)
    if health.unknown >= rules.unknown_max:
        yield Alarm(UNKNOWNS, "结果未知过多", f"{health.unknown} 笔付款结果未知，请勿重复付款")
