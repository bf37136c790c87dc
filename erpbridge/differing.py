"""Both sides' books beside each other: what a finance system says it holds, what we hold, what the bank shows. Pure functions.

A difference is named by a code of `WORDS`, which says what it means and what to do. What changed within the hour before the
list was drawn is under way, not different.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.clock import SHANGHAI

UNDER_WAY = timedelta(hours=1)


class End(StrEnum):
    """How a document stands, in the words both sides can say."""

    OPEN = "open"
    PAID = "paid"
    UNPAID = "unpaid"  # it ended without a payment
    RETURNED = "returned"
    REFUSED = "refused"  # the platform did not take it


_ENDS = {
    "succeeded": {End.PAID},
    "returned": {End.RETURNED},
    "failed": {End.UNPAID, End.OPEN},  # over there it may wait for its new attempt
    "void": {End.UNPAID},
    "cancelled": {End.UNPAID},
    "rejected": {End.OPEN, End.UNPAID},  # back with its maker
}


class Bank(StrEnum):
    """What the bank's statement shows of a payment."""

    NOTHING = ""
    DEBITED = "debited"
    RETURNED = "returned"
    OUTSIDE = "outside"  # paid outside the platform, so recorded
    DUE = "due"  # paid, and its debit may still come
    MISSING = "missing"  # paid, and its debit should have come
    UNCLAIMED = "unclaimed"  # a debit of this amount that no payment of ours explains


@dataclass(frozen=True)
class Ours:
    """A payment or voucher as we hold it. `state` is our own word, `number` ours (an order) or theirs (of a voucher)."""

    pk: int
    amount: Decimal
    currency: str
    state: str
    number: str
    made_at: datetime
    changed_at: datetime
    bank: Bank = Bank.NOTHING
    version: int = 0


@dataclass(frozen=True)
class Theirs:
    """The same as the finance system says it holds it."""

    amount: Decimal
    currency: str
    state: str
    number: str


@dataclass(frozen=True)
class Found:
    """One difference: its code, the document or posting key, and both sides where there are two."""

    code: str
    key: str
    ours: Ours | None
    theirs: Theirs | None


@dataclass(frozen=True)
class Drawn:
    """When the list was drawn, and the first day it covers: of that day it may lack what was sent the day before."""

    at: datetime
    first_day: date

    def expects(self, one: Ours) -> bool:
        """Whether the list has to hold this: neither of before its days, nor under way when it was drawn."""
        day = one.made_at.astimezone(SHANGHAI).date()
        return day > self.first_day and one.made_at <= self.at - UNDER_WAY

    def is_settled(self, one: Ours) -> bool:
        """Whether it stood so for an hour when the list was drawn."""
        return one.changed_at <= self.at - UNDER_WAY


@dataclass(frozen=True)
class Meaning:
    """What a difference is called, what it means, and what to do about it."""

    title: str | Promise
    why: str | Promise
    what_next: str | Promise
    is_grave: bool = False
    is_told_again: bool = False  # telling it again is the remedy


WORDS: dict[str, Meaning] = {
    "not_here": Meaning(
        _("平台没有此单"),
        _("财务系统持有此付款单，平台没有：未送到，或平台由较早的备份恢复。"),
        _("对账单没有同额的未认领扣款；取到最新对账单后由财务系统重新发送，同一单据只会成为一笔付款。"),
        is_grave=True,
    ),
    "not_here_debited": Meaning(
        _("平台没有此单，银行有扣款"),
        _("财务系统持有此付款单，平台没有；对账单已有同额扣款，不属于任何付款：多半已经付出。"),
        _("切勿重付。先在对账单核对该扣款，按平台外支付登记；财务系统重新发送的同额付款会被暂挂。"),
        is_grave=True,
    ),
    "not_there": Meaning(
        _("财务系统没有此单"),
        _("平台有此付款单，财务系统的清单没有：财务系统可能由较早的备份恢复。"),
        _("在财务系统补录该单据，不要新编单号；补录后重新告知结果。"),
        is_grave=True,
        is_told_again=True,
    ),
    "refused_there": Meaning(
        _("对方记为被拒收"),
        _("财务系统认为平台拒收此单，平台却已有付款单。"),
        _("通知财务系统按平台的付款单号登记；切勿以新单号重新发送。"),
        is_grave=True,
    ),
    "paid_there": Meaning(
        _("对方记为已付"),
        _("财务系统记为已付，平台没有付成。"),
        _("核对银行列与付款单；未付成的由财务系统冲回付款记录。"),
        is_grave=True,
    ),
    "unpaid_there": Meaning(
        _("对方记为未付成"),
        _("财务系统认为没有付成，平台已付或尚无结果：在财务系统再付一次就是重付。"),
        _("立即通知财务系统切勿重付，并重新告知结果。"),
        is_grave=True,
        is_told_again=True,
    ),
    "state": Meaning(
        _("状态不一致"),
        _("平台的结果没有到达财务系统，或到达后没有登记。"),
        _("重新告知结果；仍不一致时在财务系统按付款单号登记。"),
        is_told_again=True,
    ),
    "amount": Meaning(
        _("金额不一致"),
        _("同一单据两边的金额或币种不同：发送后在财务系统被改动。"),
        _("以平台已审批的金额为准，在财务系统更正单据。"),
        is_grave=True,
    ),
    "number": Meaning(
        _("付款单号不一致"),
        _("同一单据两边登记的付款单号不同：任一方由备份恢复后重新发送过。"),
        _("核对两个付款单号在银行是否各有扣款；更正财务系统登记的单号。"),
        is_grave=True,
    ),
    "no_debit": Meaning(
        _("银行无扣款"),
        _("银行答复成功，对账单到次日仍没有这笔扣款。"),
        _("重新获取对账单；仍没有时向开户行查询。"),
        is_grave=True,
    ),
    "debited": Meaning(
        _("未付成却有扣款"),
        _("付款没有付成，对账单却有这笔扣款。"),
        _("按裁定流程处理，切勿重付。"),
        is_grave=True,
    ),
    "voucher_not_there": Meaning(
        _("凭证未入账"),
        _("平台已记账，财务系统的清单没有：未送到、未接收，或财务系统由较早的备份恢复。"),
        _("重新告知凭证；同一记账键在财务系统只会入账一次。"),
        is_told_again=True,
    ),
    "voucher_not_here": Meaning(
        _("平台没有此凭证"),
        _("财务系统持有平台的凭证，平台没有：平台可能由较早的备份恢复。"),
        _("核对业务是否仍会在平台记账；会重复时在财务系统冲销这一张。"),
        is_grave=True,
    ),
    "voucher_amount": Meaning(
        _("凭证金额不一致"),
        _("同一凭证两边的借方合计不同：入账时被改动。"),
        _("在财务系统红冲后按平台凭证重新入账。"),
        is_grave=True,
    ),
    "voucher_number": Meaning(
        _("凭证号不一致"),
        _("财务系统现在的凭证号与曾经确认的不同：重新编号，或入账两次。"),
        _("在财务系统查两个凭证号，重复的冲销一张。"),
        is_grave=True,
    ),
    "voucher_unconfirmed": Meaning(
        _("已入账未确认"),
        _("财务系统已入账，平台没有收到确认。"),
        _("由财务系统补报凭证入账结果。"),
    ),
    "unconfirmed": Meaning(
        _("结果未获确认"),
        _("结果已告知，财务系统到次日仍没有确认收到。"),
        _("检查接口通道；恢复后重新告知。"),
        is_told_again=True,
    ),
    "list_missing": Meaning(
        _("未收到当日清单"),
        _("财务系统平日报送持有清单，今日没有，或没有报全。"),
        _("请财务系统补报；报全后自动比对。"),
    ),
}  # fmt: skip


def document_key(doc_type: str, doc_no: str, line_no: str) -> str:
    """What names a document line to both sides."""
    return "|".join((doc_type, doc_no, line_no or "1"))


def ends_of(state: str) -> set[End]:
    """What a finance system may call this state of an order of ours."""
    return _ENDS.get(state, {End.OPEN})


def payments(
    ours: Mapping[str, Ours], theirs: Mapping[str, Theirs], *, drawn: Drawn
) -> tuple[list[Found], int]:
    """Differences between payments of both sides by document, and how many were under way."""
    found: list[Found] = []
    under_way = 0
    for key in sorted({*ours, *theirs}):
        mine, other = ours.get(key), theirs.get(key)
        if mine is None:
            if other is not None and other.state != End.REFUSED:
                found.append(Found("not_here", key, None, other))
            continue
        codes = list(_of_bank(mine))
        if other is None:
            codes += ["not_there"] if drawn.expects(mine) else []
        elif drawn.is_settled(mine):
            codes += _of_payment(mine, other)
        elif list(_of_payment(mine, other)):
            under_way += 1
        found += [Found(code, key, mine, other) for code in codes]
    return found, under_way


def _of_bank(mine: Ours) -> Iterator[str]:
    if mine.bank == Bank.MISSING:
        yield "no_debit"
    elif mine.bank == Bank.DEBITED and End.UNPAID in ends_of(mine.state):
        yield "debited"


def _of_payment(mine: Ours, other: Theirs) -> Iterator[str]:
    if (mine.amount, mine.currency) != (other.amount, other.currency):
        yield "amount"
    if other.number and other.number != mine.number:
        yield "number"
    if other.state == End.REFUSED:
        yield "refused_there"
    elif other.state not in ends_of(mine.state):
        yield _of_state(mine, other)


def _of_state(mine: Ours, other: Theirs) -> str:
    is_over = not ends_of(mine.state).isdisjoint({End.PAID, End.RETURNED})
    if other.state == End.UNPAID:
        return "unpaid_there"
    return "paid_there" if other.state == End.PAID and not is_over else "state"


def vouchers(
    ours: Mapping[str, Ours], theirs: Mapping[str, Theirs], *, drawn: Drawn
) -> tuple[list[Found], int]:
    """Differences between vouchers of both sides by posting key, and how many were under way."""
    found: list[Found] = []
    under_way = 0
    for key in sorted({*ours, *theirs}):
        mine, other = ours.get(key), theirs.get(key)
        if mine is None:
            found.append(Found("voucher_not_here", key, None, other))
            continue
        if other is None:
            if drawn.expects(mine):
                found.append(Found("voucher_not_there", key, mine, None))
            continue
        codes = list(_of_voucher(mine, other))
        if codes and not drawn.is_settled(mine):
            under_way += 1
            continue
        found += [Found(code, key, mine, other) for code in codes]
    return found, under_way


def _of_voucher(mine: Ours, other: Theirs) -> Iterator[str]:
    if (mine.amount, mine.currency) != (other.amount, other.currency):
        yield "voucher_amount"
    if mine.state == "posted":
        yield "voucher_unconfirmed"
    elif mine.number and other.number and mine.number != other.number:
        yield "voucher_number"
