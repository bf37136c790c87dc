"""流程看板: where everything is, who holds it, and for how long. One literal table over the apps' selectors; decides nothing.

A stage's figure is the count of the very rows its list shows: a click leads to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Min, QuerySet, Sum
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from desk import selectors as desk
from desk.views.cases import age_text
from erpbridge import selectors as erp
from kernel.scope import Scope
from ledger import selectors as ledger
from masterdata import selectors as masterdata
from masterdata.roles import RIGHTS, ROLE_NAMES, Role
from payments import selectors as payments
from receipts import selectors as receipts
from reconciliation import statement_selectors as reconciliation

HOLDERS_MAX = 4  # named on the board; the list behind a stage has them all
SYSTEM, BANK, ERP = _("系统"), _("银行"), _("财务系统")
Rows = Callable[[Scope], QuerySet[Any]]
Words = str | Promise


def duties_with(right: str) -> str:
    """The duties that carry a right, in words."""
    return "、".join(str(ROLE_NAMES[role]) for role in Role if right in RIGHTS[role])


def _roles(roles: Iterable[str]) -> str:
    return "、".join(str(ROLE_NAMES[Role(role)]) for role in roles)


@dataclass(frozen=True)
class Stage:
    """One line of the table: its rows, since when one stands there, who holds it, and the list behind it.

    `holder` says who acts there: a right (its duties), or words. `by` names the column that tells the very person, bank or
    system; rows where it is empty fall back to `holder`.
    """

    state: str
    rows: Rows
    since: str
    list_url: str
    query: str
    holder: Words
    by: str = ""
    amount: str = "amount"
    word: Words = ""  # where the state's own word does not say enough


@dataclass(frozen=True)
class Section:
    """Stages of one kind of thing, for whoever holds `right`; the thing's list shows everything of that kind."""

    title: Promise
    right: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class Holder:
    """Somebody who holds some of a stage's rows."""

    name: str
    count: int


@dataclass
class Line:
    """A stage as the template draws it: how many, how much, who holds them, the longest wait."""

    state: str
    word: Words
    url: str
    count: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)
    holders: list[Holder] = field(default_factory=list)
    more_holders: int = 0
    oldest: datetime | None = None
    age: str = ""


@dataclass(frozen=True)
class Shown:
    """A section as the template draws it; `idle` counts its stages nothing stands in."""

    title: Promise
    lines: list[Line]
    idle: int


def _orders(state: str) -> Rows:
    return lambda scope: payments.visible_orders(scope).filter(shown_state=state)


def _order(
    state: str, holder: Words, by: str = "", since: str = "updated_at", word: Words = ""
) -> Stage:
    return Stage(
        state, _orders(state), since, "payments:orders", f"?state={state}", holder, by, word=word
    )


def _notice(state: str, holder: Words, by: str = "") -> Stage:
    return Stage(
        state,
        lambda scope: receipts.visible_notices(scope).filter(state=state),
        "updated_at",
        "receipts:inbox",
        f"?state={state}",
        holder,
        by,
    )


def _voucher(state: str, holder: Words, since: str) -> Stage:
    return Stage(
        state,
        lambda scope: ledger.visible_vouchers(scope).filter(state=state),
        since,
        "ledger:vouchers",
        f"?state={state}",
        holder,
    )


_MAKER, _BANK_NAME = "maker__display_name", "instruction__batch__connection__name"
_SENT = "instruction__sent_at"


def _cases(severity: str) -> Rows:
    return lambda scope: desk.open_cases(scope).filter(severity=severity)


BOARD: tuple[Section, ...] = (
    Section(
        _("付款"),
        "payments.view",
        (
            _order("draft", "payments.make", _MAKER),
            _order("rejected", "payments.make", _MAKER),
            _order("pending_check", "payments.check"),
            _order("pending_approval", "payments.approve", "next_roles"),
            _order("pending_release", "payments.release"),
            _order("held", "payments.lift_hold"),
            _order("queued", SYSTEM),
            _order("sending", SYSTEM, since=_SENT),
            _order("accepted", BANK, _BANK_NAME, _SENT),
            _order("manual_handling", BANK, _BANK_NAME, _SENT),
            _order("unknown", "payments.adjudicate", since="instruction__unknown_since"),
            _order("disputed", "payments.adjudicate"),
            _order("failed", "payments.make", _MAKER),
            _order("returned", "payments.make", _MAKER),
            Stage(
                "proposed",
                lambda scope: payments.visible_adjudications(scope).filter(state="proposed"),
                "proposed_at",
                "payments:adjudications",
                "?state=proposed",
                "payments.adjudicate",
                amount="",
                word=_("裁定待另一人确认"),
            ),
        ),
    ),
    Section(
        _("收款"),
        "receipts.view",
        (
            _notice("fetched", "receipts.supplement"),
            _notice("rejected", "receipts.supplement"),
            _notice("supplementing", "receipts.supplement", "claimed_by__display_name"),
            _notice("pending_review", "receipts.review"),
            _notice("suspense", "receipts.supplement"),
            _notice("approved", "receipts.book"),
            _notice("booked", ERP),
        ),
    ),
    Section(
        _("凭证与对账"),
        "ledger.view",
        (
            _voucher("draft", "ledger.confirm", "created_at"),
            _voucher("posted", ERP, "posted_at"),
            Stage(
                "prepared",
                lambda scope: reconciliation.visible_statements(scope).filter(state="prepared"),
                "prepared_at",
                "reconciliation:brs_archive",
                "?state=prepared",
                "reconciliation.decide",
                amount="",
                word=_("调节表待复核签字"),
            ),
        ),
    ),
    Section(
        _("基础数据与参数"),
        "masterdata.view",
        (
            Stage(
                "staged",
                lambda scope: masterdata.visible_payees(scope).filter(state="staged"),
                "created_at",
                "masterdata:payees",
                "?state=staged",
                "payees.confirm",
                amount="",
                word=_("收款账户待确认"),
            ),
            Stage(
                "proposed",
                lambda scope: masterdata.visible_changes(scope).filter(state="proposed"),
                "made_at",
                "masterdata:changes",
                "?state=proposed",
                "payees.confirm",
                amount="",
                word=_("变更待另一人复核"),
            ),
        ),
    ),
    Section(
        _("送往财务系统"),
        "exchanges.read",
        (
            Stage(
                "waiting",
                lambda scope: erp.visible_outbox(scope).filter(delivered_at=None),
                "made_at",
                "workspace:interface_log",
                "?peer=outbox&delivered=False",
                SYSTEM,
                "system",
                amount="",
                word=_("待送达的消息"),
            ),
        ),
    ),
    Section(
        _("异常"),
        "",
        tuple(
            Stage(
                "exception",
                _cases(severity),
                "opened_at",
                "desk:cases",
                f"?severity={severity}",
                _("待领取"),
                "owner__display_name",
                amount="",
                word=word,
            )
            for severity, word in (
                ("critical", _("紧急事项")),
                ("high", _("重要事项")),
                ("normal", _("一般事项")),
            )
        ),
    ),
)


def _name(stage: Stage, told: Any) -> str:
    """Whom a group of rows is with."""
    if told:
        return _roles(told) if isinstance(told, list) else str(told)
    words = stage.holder
    return duties_with(words) if isinstance(words, str) and "." in words else str(words)


def line_of(stage: Stage, scope: Scope, *, now: datetime) -> Line:
    """How a stage stands for a viewer: one query, grouped by holder and currency."""
    groups = ([stage.by] if stage.by else []) + (["currency"] if stage.amount else [])
    counted: dict[str, Any] = {"n": Count("pk"), "since": Min(F(stage.since))}
    if stage.amount:
        counted["sum"] = Sum(stage.amount)
    rows = stage.rows(scope).select_related(None).order_by().values(*groups).annotate(**counted)
    line = Line(stage.state, stage.word, reverse(stage.list_url) + stage.query)
    held: dict[str, int] = {}
    for row in rows:
        line.count += row["n"]
        name = _name(stage, row.get(stage.by) if stage.by else None)
        held[name] = held.get(name, 0) + row["n"]
        if row["since"] and (line.oldest is None or row["since"] < line.oldest):
            line.oldest = row["since"]
        if stage.amount:
            before = line.sums.get(row["currency"], Decimal(0))
            line.sums[row["currency"]] = before + row["sum"]
    ranked = sorted(held.items(), key=lambda pair: (-pair[1], pair[0]))
    line.holders = [Holder(name, count) for name, count in ranked[:HOLDERS_MAX]]
    line.more_holders = len(ranked) - len(line.holders)
    line.age = age_text(line.oldest, now) if line.oldest else ""
    return line


def board_for(scope: Scope, *, now: datetime) -> list[Shown]:
    """Every section the viewer may see, with the stages something stands in."""
    shown = []
    for section in BOARD:
        if section.right and not scope.has(section.right):
            continue
        lines = [line_of(stage, scope, now=now) for stage in section.stages]
        busy = [line for line in lines if line.count]
        shown.append(Shown(section.title, busy, len(lines) - len(busy)))
    return shown
