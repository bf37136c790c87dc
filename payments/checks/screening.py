"""Screening: what is odd about a payment, in plain words, whoever made it. Values in, findings out (DOMAIN §3.7).

A hit informs, asks the approver to tick, or holds, as the strategy says; each is kept with the order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from kernel.clock import SHANGHAI, Calendar
from kernel.errors import Finding
from payments.checks.duplicates import Pair, Threshold, just_under
from payments.checks.papers import Paper
from payments.checks.parameters import CODE_VERSION
from payments.topics import OFF, ScreeningRules

ENOUGH = 5  # so many payments make a habit one can depart from


@dataclass(frozen=True)
class Past:
    """An earlier payment to an account number, paid for good."""

    amount: Decimal
    currency: str
    paid_at: datetime
    version_no: int
    order_no: str


@dataclass(frozen=True)
class Neighbours:
    """Who else stands behind the payee's account number or name."""

    vendors: Sequence[str] = ()  # other trading partners with this account number
    own_company: str = ""  # the account is one of the group's own
    employee: str = ""  # an employee or user with this account or name


@dataclass(frozen=True)
class Scene:
    """What screening needs beside the orders."""

    now: datetime
    calendar: Calendar
    past: Mapping[str, Sequence[Past]] = field(default_factory=dict)  # by number, newest first
    other_numbers: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by name: paid before
    neighbours: Mapping[int, Neighbours] = field(default_factory=dict)  # by order
    versions: Mapping[int, int] = field(default_factory=dict)  # by order: of its payee account
    free_typed: frozenset[int] = frozenset()
    internal: frozenset[int] = frozenset()  # transfers between own accounts
    thresholds: Sequence[Threshold] = ()
    lifted: frozenset[Pair] = frozenset()


Told = tuple[str, str]  # Chinese, English
Scenario = Callable[[Paper, Scene, ScreeningRules], Iterator[Told]]


def _first(paper: Paper, scene: Scene, rules: ScreeningRules) -> Iterator[Told]:
    if scene.past.get(paper.payee_number):
        return
    others = scene.other_numbers.get(paper.name_key, ())
    if others:
        numbers = "、".join(others[:3])
        yield (
            f"首次付往此账号；此前付给同名收款方的账号是 {numbers}",
            "first payment to this account; the payee was paid on another before",
        )
    else:
        yield "首次向该收款账户付款", "first payment to this account"


def _shared(paper: Paper, scene: Scene, rules: ScreeningRules) -> Iterator[Told]:
    vendors = scene.neighbours.get(paper.order_id, Neighbours()).vendors
    if vendors:
        yield (
            f"收款账号同时登记在 {'、'.join(vendors[:3])} 名下",
            "the account is registered for several partners",
        )


def _insider(paper: Paper, scene: Scene, rules: ScreeningRules) -> Iterator[Told]:
    near = scene.neighbours.get(paper.order_id, Neighbours())
    if near.own_company:
        yield (
            f"收款账号是本集团 {near.own_company} 的账户，却按对外付款办理",
            "the payee's account is one of the group's own",
        )
    if near.employee:
        yield (
            f"收款方与本单位人员「{near.employee}」账号或姓名相同",
            "the payee shares account or name with an employee or user",
        )


def _near_limit(paper: Paper, scene: Scene, rules: ScreeningRules) -> Iterator[Told]:
    limits = just_under(
        paper.amount,
        paper.currency,
        paper.company_id,
        scene.thresholds,
        rules.near_limit_percent,
    )
    for limit in limits:
        yield (
            f"金额略低于{limit.name} {limit.amount:,.2f}（差 {limit.amount - paper.amount:,.2f}）",
            f"just under {limit.amount:,.2f}",
        )
        return


def _unusual_amount(paper: Paper, scene: Scene, rules: ScreeningRules) -> Iterator[Told]:
    past = [p for p in scene.past.get(paper.payee_number, ()) if p.currency == paper.currency]
    if len(past) < ENOUGH:
        return
    most = max(one.amount for one in past)
    if paper.amount >= most * rules.amount_times:
        yield (
            f"金额是该账户近 {len(past)} 次付款最高额 {most:,.2f} 的 {paper.amount / most:.1f} 倍",
            f"{paper.amount / most:.1f} times the highest of {len(past)} earlier payments",
        )


def _unusual_time(paper: Paper, scene: Scene, rules: ScreeningRules) -> Iterator[Told]:
    local = scene.now.astimezone(SHANGHAI)
    if not scene.calendar.is_working_day(local.date()):
        yield f"在非工作日（{local:%Y-%m-%d}）办理", "handled on a day off"
    elif not rules.day_begins <= local.time() < rules.day_ends:
        yield f"在非工作时间（{local:%H:%M}）办理", "handled outside working hours"


def _changed(paper: Paper, scene: Scene, rules: ScreeningRules) -> Iterator[Told]:
    past = scene.past.get(paper.payee_number, ())
    version = scene.versions.get(paper.order_id, 0)
    if past and version and past[0].version_no not in (0, version):
        yield (
            f"收款资料在上次付款（{past[0].paid_at.astimezone(SHANGHAI):%Y-%m-%d}）之后变更过："
            f"第 {past[0].version_no} 版 → 第 {version} 版",
            "the payee's particulars changed since the last payment",
        )


def _round(paper: Paper, scene: Scene, rules: ScreeningRules) -> Iterator[Told]:
    if paper.amount >= rules.round_from and paper.amount % rules.round_to == 0:
        yield f"大额整数金额 {paper.amount:,.2f}", "a large round sum"


def _dormant(paper: Paper, scene: Scene, rules: ScreeningRules) -> Iterator[Told]:
    past = scene.past.get(paper.payee_number, ())
    if past and (days := (scene.now - past[0].paid_at).days) > rules.dormant_days:
        yield (
            f"已 {days} 天未向该账户付款（上次 {past[0].paid_at.astimezone(SHANGHAI):%Y-%m-%d}）",
            f"no payment to this account for {days} days",
        )


def _free_typed(paper: Paper, scene: Scene, rules: ScreeningRules) -> Iterator[Told]:
    if paper.order_id in scene.free_typed:
        yield "收款方为手工录入，不在基础数据中", "the payee was typed freely"


# Scenario → (its rule, does it speak of transfers between own accounts, too?); the level is `<name>_level` of the topic.
SCENARIOS: Mapping[str, tuple[Scenario, bool]] = {
    "first_payment": (_first, False),
    "shared_account": (_shared, False),
    "insider": (_insider, False),
    "near_limit": (_near_limit, False),
    "unusual_amount": (_unusual_amount, False),
    "unusual_time": (_unusual_time, True),
    "changed": (_changed, False),
    "round_sum": (_round, False),
    "dormant": (_dormant, False),
    "free_typed": (_free_typed, False),
}


def screen(
    papers: Iterable[Paper], scene: Scene, ruled: Callable[[Paper], tuple[ScreeningRules, int]]
) -> dict[int, list[Finding]]:
    """What is odd about each of these orders, by its id; what somebody answered for is left out."""
    found: dict[int, list[Finding]] = {}
    for paper in papers:
        rules, version = ruled(paper)
        found[paper.order_id] = [
            Finding(name, level, message, message_en, details=_details(paper, version))
            for name, (scenario, also_internal) in SCENARIOS.items()
            if (level := getattr(rules, f"{name}_level")) != OFF
            and (also_internal or paper.order_id not in scene.internal)
            and (name, paper.order_id, paper.content_hash, "", 0, "") not in scene.lifted
            for message, message_en in scenario(paper, scene, rules)
        ]
    return found


def _details(paper: Paper, version: int) -> dict[str, str]:
    return {
        "twin_kind": "",
        "twin_id": "0",
        "twin_digest": "",
        "this_digest": paper.content_hash,
        "version": f"{CODE_VERSION}.{version}",
    }
