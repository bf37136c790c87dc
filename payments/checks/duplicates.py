"""Duplicate payments, D1–D9 of DOMAIN §3.6: pure functions over orders, statement debits, files and accounts.

D1 and D2 are the database's (unique keys) and the release's; the others are here. A window holds between the days two
orders were made, between the days they wish to be paid, and between an order and today: so a hit found once is found
again, however long its order waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from kernel.clock import Calendar
from kernel.errors import Finding
from masterdata.checks import normalise_name
from payments.checks import papers
from payments.checks.papers import Paper
from payments.checks.parameters import CODE_VERSION
from payments.topics import HOLD, OFF, TICK, DuplicateRules

SUBMIT, RELEASE, SEND = "submit", "release", "send"
ORDER, ENTRY, FILE, ACCOUNT = "order", "entry", "file", "account"  # kinds of twins
RETURNED = "returned"
# The parameters that rule an order's company and account, and the version they were decided in.
Ruled = tuple[DuplicateRules, int]
# (rule, one order, its digest, kind of the other side, its id, its digest): what a lifted hit binds to.
Pair = tuple[str, int, str, str, int, str]


@dataclass(frozen=True)
class Debit:
    """A statement debit no instruction of ours explains."""

    entry_id: int
    company_id: int
    payer_account_id: int
    amount: Decimal
    currency: str
    counterparty_number: str
    counterparty_name: str
    bank_date: date
    bank_serial: str
    digest: str


@dataclass(frozen=True)
class FileTwin:
    """An earlier payment list with the same rows and totals as the list an order came with."""

    import_set_id: int
    file_name: str
    day: date
    digest: str


@dataclass(frozen=True)
class OtherAccount:
    """The older account of a payee of the same name, where the order's own is young and nobody called back."""

    account_id: int
    number: str
    young_since: date
    digest: str


@dataclass(frozen=True)
class Threshold:
    """An approval band's or a clearing system's limit: payments just under it are looked at together."""

    amount: Decimal
    currency: str
    name: str
    company_id: int | None = None  # None: every company's


@dataclass(frozen=True)
class Facts:
    """What the rules need beside the orders themselves."""

    today: date
    calendar: Calendar
    twins: Sequence[Paper] = ()
    debits: Sequence[Debit] = ()
    files: Mapping[int, FileTwin] = field(default_factory=dict)  # by the order's import set
    other_accounts: Mapping[int, OtherAccount] = field(default_factory=dict)  # by payee account
    thresholds: Sequence[Threshold] = ()
    lifted: frozenset[Pair] = frozenset()
    money_back: frozenset[int] = frozenset()  # returned orders whose credit is on the statement


class _Pool:
    """Orders to compare with, by what two duplicates have in common."""

    def __init__(self, twins: Iterable[Paper]) -> None:
        self.passed: set[int] = set()  # orders of the judged list itself that go on
        self.by_number: dict[object, list[Paper]] = {}
        self.by_name: dict[object, list[Paper]] = {}
        self.by_reference: dict[str, list[Paper]] = {}
        self.by_payee: dict[object, list[Paper]] = {}
        for twin in twins:
            self.add(twin)

    def add(self, paper: Paper) -> None:
        money = (paper.amount, paper.currency)
        self.by_number.setdefault((paper.payee_number, *money), []).append(paper)
        self.by_name.setdefault((paper.name_key, *money), []).append(paper)
        self.by_payee.setdefault((paper.payee_number, paper.currency), []).append(paper)
        for key in paper.numbers:
            self.by_reference.setdefault(key, []).append(paper)

    def let_pass(self, paper: Paper) -> None:
        """An order of the judged list that no rule stops: the later ones are compared with it."""
        self.passed.add(paper.order_id)
        self.add(paper)


@dataclass(frozen=True)
class _Case:
    """One order before the rules."""

    paper: Paper
    pool: _Pool
    facts: Facts
    rules: DuplicateRules
    version: int
    stage: str

    def ahead(self, twins: Iterable[Paper]) -> list[Paper]:
        """Those this order waits for, each once: of two look-alikes the later one waits, and a schedule's own go by."""
        found = {twin.order_id: twin for twin in twins}
        return [t for t in found.values() if self._is_ahead(t) and not self._is_exempt(t)]

    def _is_ahead(self, twin: Paper) -> bool:
        if twin.order_id in self.pool.passed or self.stage == SUBMIT:
            return True
        is_earlier = twin.order_id < self.paper.order_id
        if not twin.is_released:
            return is_earlier and self.stage == RELEASE
        return self.stage == RELEASE or is_earlier or twin.shown_state not in ("queued", "held")

    def _is_exempt(self, twin: Paper) -> bool:
        """Two planned payments of one schedule, each on its own date, are no duplicates of each other."""
        is_same = self.paper.schedule_id is not None and twin.schedule_id == self.paper.schedule_id
        return is_same and twin.wish_date != self.paper.wish_date

    def near(self, other: Paper, *, since: Callable[[date], date]) -> bool:
        """Whether the two lie within a window; `since` gives a day's earliest neighbour."""
        pairs = [
            (self.paper.day, other.day),
            (self.paper.wish_date, other.wish_date),
            (self.facts.today, other.day),
        ]
        return any(min(pair) >= since(max(pair)) for pair in pairs)

    def working_days(self, count: int) -> Callable[[date], date]:
        return lambda day: self.facts.calendar.minus_working_days(day, count)

    def is_lifted(self, rule: str, kind: str, pk: int, digest: str) -> bool:
        """A hit lifted on either side is lifted for the pair, as long as both say what they said then."""
        mine = (self.paper.order_id, self.paper.content_hash)
        if (rule, *mine, kind, pk, digest) in self.facts.lifted:
            return True
        return kind == ORDER and (rule, pk, digest, ORDER, *mine) in self.facts.lifted

    def hit(
        self,
        rule: str,
        level: str,
        twin: tuple[str, int, str, str],
        message: str,
        message_en: str,
    ) -> Iterator[Finding]:
        """The finding, unless somebody lifted it; `twin` is (kind, id, number shown, digest)."""
        kind, pk, number, digest = twin
        if level == OFF or self.is_lifted(rule, kind, pk, digest):
            return
        details = {
            "twin_kind": kind,
            "twin_id": str(pk),
            "twin_no": number,
            "twin_digest": digest,
            "this_digest": self.paper.content_hash,
            "version": f"{CODE_VERSION}.{self.version}",
        }
        if kind == ORDER:
            details["order_no"] = number
        yield Finding(rule, level, message, message_en, details=details)


def _order(twin: Paper) -> tuple[str, int, str, str]:
    return ORDER, twin.order_id, twin.order_no, twin.content_hash


def _same_money(case: _Case) -> Iterator[Finding]:
    """D3 (same payment of the same company), else D4 (same payee and amount), else a like one that came back."""
    paper, rules = case.paper, case.rules
    numbers = case.pool.by_number.get((paper.payee_number, paper.amount, paper.currency), ())
    names = case.pool.by_name.get((paper.name_key, paper.amount, paper.currency), ())
    for twin in case.ahead((*numbers, *names)):
        is_same_number = twin.payee_number == paper.payee_number
        if twin.shown_state == RETURNED:
            yield from _came_back(case, twin)
        elif (
            is_same_number
            and twin.company_id == paper.company_id
            and twin.purpose_key == paper.purpose_key
            and case.near(twin, since=case.working_days(rules.d3_working_days))
        ):
            text = f"与 {twin.order_no} 付款公司、收款账号、金额、用途相同（{rules.d3_working_days} 个工作日内），疑似重复付款"
            english = f"looks like {twin.order_no} paid twice"
            yield from case.hit("D3", rules.d3_action, _order(twin), text, english)
        elif case.near(twin, since=case.working_days(rules.d4_working_days)):
            same = "收款账号" if is_same_number else "收款户名"
            text = (
                f"与 {twin.order_no} {same}、金额相同（{rules.d4_working_days} 个工作日内），请核对"
            )
            english = f"same payee and amount as {twin.order_no}"
            yield from case.hit("D4", rules.d4_action, _order(twin), text, english)


def _came_back(case: _Case, twin: Paper) -> Iterator[Finding]:
    """R24: what came back may be paid again in its own order; a new like one is looked at first."""
    if not case.near(twin, since=lambda day: day - timedelta(days=case.rules.returned_days)):
        return
    is_back = twin.order_id in case.facts.money_back
    level = case.rules.returned_action
    if is_back and level == HOLD:
        level = TICK
    seen = "退回款项已在对账单上" if is_back else "对账单上尚未见退回款项"
    text = f"与已退票的 {twin.order_no} 收款方、金额相同，{seen}；重付应在原单「按新数据重付」"
    english = f"like {twin.order_no}, which came back: pay that one again instead"
    yield from case.hit("RET", level, _order(twin), text, english)


_CITED = (papers.INVOICE, papers.CONTRACT, papers.MENTION)
_KIND_WORDS = {papers.INVOICE: "发票号", papers.CONTRACT: "合同号", papers.MENTION: "单据号"}


def _shared(mine: str, theirs: str) -> str:
    """What a number both name is called, or "" when its being in both says nothing (lines of one document)."""
    if papers.LINE in (mine, theirs):
        return "来源单据" if mine == theirs else ""
    if mine == theirs == papers.DOCUMENT:
        return ""
    for kind in _CITED:
        if kind in (mine, theirs):
            return _KIND_WORDS[kind]
    return ""


def _same_reference(case: _Case) -> Iterator[Finding]:
    """D5: an invoice, contract or document number both name."""
    told = set()
    for key, kind in case.paper.numbers.items():
        for twin in case.ahead(case.pool.by_reference.get(key, ())):
            word = _shared(kind, twin.numbers[key])
            if not word or twin.order_id in told:
                continue
            if not case.near(twin, since=lambda day: day - timedelta(days=case.rules.d5_days)):
                continue
            told.add(twin.order_id)
            is_contract = word == "合同号"
            level = case.rules.d5_contract_action if is_contract else case.rules.d5_action
            number = key.split("/")[2] if kind == papers.LINE else key
            text = f"{word} {number} 已用于 {twin.order_no}，疑似重复付款"
            english = f"{number} is already paid by {twin.order_no}"
            yield from case.hit("D5", level, _order(twin), text, english)


def just_under(
    amount: Decimal,
    currency: str,
    company_id: int,
    thresholds: Iterable[Threshold],
    percent: int,
) -> Iterator[Threshold]:
    """The thresholds an amount lies just under."""
    for threshold in thresholds:
        if threshold.currency == currency and threshold.company_id in (None, company_id):
            low = threshold.amount * (100 - percent) / 100
            if low <= amount < threshold.amount:
                yield threshold


def _split(case: _Case) -> Iterator[Finding]:
    """D6: several payments to one payee on one day, each just under a limit, together above it."""
    paper, percent = case.paper, case.rules.d6_near_percent
    limits = just_under(
        paper.amount, paper.currency, paper.company_id, case.facts.thresholds, percent
    )
    for limit in limits:
        low = limit.amount * (100 - percent) / 100
        siblings = [
            twin
            for twin in case.ahead(case.pool.by_payee.get((paper.payee_number, paper.currency), ()))
            if (twin.day == paper.day or twin.wish_date == paper.wish_date)
            and twin.company_id == paper.company_id
            and low <= twin.amount < limit.amount
            and twin.shown_state != RETURNED
        ]
        total = paper.amount + sum((twin.amount for twin in siblings), Decimal(0))
        if siblings and total >= limit.amount:
            others = "、".join(twin.order_no for twin in siblings[:5])
            text = f"与 {others} 同日付同一收款方，各笔略低于{limit.name} {limit.amount:,.2f}，合计 {total:,.2f}，疑似拆分付款"
            english = f"split below {limit.amount:,.2f} together with {siblings[0].order_no}"
            yield from case.hit("D6", case.rules.d6_action, _order(siblings[0]), text, english)
            return


def _same_file(case: _Case) -> Iterator[Finding]:
    """D7: the list an order came with repeats an earlier one."""
    twin = case.facts.files.get(case.paper.import_set_id or 0)
    since = case.facts.today - timedelta(days=case.rules.d7_days)
    if twin is not None and twin.day >= since:
        text = f"所在清单与 {twin.day} 导入的「{twin.file_name}」行数、金额相同，疑似重复导入"
        pair = (FILE, twin.import_set_id, twin.file_name, twin.digest)
        english = f"its list repeats {twin.file_name}"
        yield from case.hit("D7", case.rules.d7_action, pair, text, english)


def _changed_account(case: _Case) -> Iterator[Finding]:
    """D8: a known name with a young account, and nobody called back. Goes away with a call-back, never by a lift."""
    other = case.facts.other_accounts.get(case.paper.payee_account_id or 0)
    since = case.facts.today - timedelta(days=case.rules.d8_days)
    if other is not None and other.young_since >= since:
        text = f"收款方「{case.paper.payee_name}」另有账号 {other.number}，本账号 {other.young_since} 起才登记或变更，须回拨核实"
        pair = (ACCOUNT, other.account_id, other.number, other.digest)
        english = "the payee's account is new beside an older one: call back first"
        yield from case.hit("D8", case.rules.d8_action, pair, text, english)


def _already_debited(case: _Case) -> Iterator[Finding]:
    """D9: the bank shows a debit of this amount to this payee that no instruction explains."""
    paper = case.paper
    since = case.facts.calendar.minus_working_days(case.facts.today, case.rules.d9_working_days)
    for debit in case.facts.debits:
        is_same_sum = (debit.amount, debit.currency) == (paper.amount, paper.currency)
        if not is_same_sum or debit.company_id != paper.company_id or debit.bank_date < since:
            continue
        level = case.rules.d9_action
        if debit.counterparty_number:
            if debit.counterparty_number != paper.payee_number:
                continue
        elif debit.counterparty_name:
            told = normalise_name(debit.counterparty_name)
            if not paper.name_key.startswith(told):  # banks cut long names
                continue
        elif debit.payer_account_id != paper.payer_account_id:
            continue
        else:
            level = (
                TICK if level == HOLD else level
            )  # the bank names nobody: it may be another payment
        text = f"对账单 {debit.bank_date} 已有相同金额的扣款（流水 {debit.bank_serial}），不属于任何支付指令，可能已在柜台付出"
        pair = (ENTRY, debit.entry_id, debit.bank_serial, debit.digest)
        english = f"the statement shows such a debit on {debit.bank_date}"
        yield from case.hit("D9", level, pair, text, english)


_RULES = (_same_money, _same_reference, _split, _same_file, _changed_account, _already_debited)
# At send only what may have come up since the release: other payments gone out, debits seen at the bank.
_AT_SEND = (_same_money, _same_reference, _already_debited)


def judge(
    orders: Iterable[Paper], facts: Facts, ruled: Callable[[Paper], Ruled], *, stage: str
) -> dict[int, list[Finding]]:
    """The hits of each order by its id, judged in the order of their ids: of a list's look-alikes the first goes on.

    `facts.twins` are orders that stand submitted and are not on hold: who waits himself holds nobody. At `SEND` only
    hits that hold are told, for there is nobody to tick. `ruled` gives the parameters of an order's company and account.
    """
    papers_ = sorted(orders, key=lambda paper: paper.order_id)
    own = {paper.order_id for paper in papers_}
    pool = _Pool(twin for twin in facts.twins if twin.order_id not in own)
    found: dict[int, list[Finding]] = {}
    for paper in papers_:
        case = _Case(paper, pool, facts, *ruled(paper), stage)
        hits = [hit for rule in (_AT_SEND if stage == SEND else _RULES) for hit in rule(case)]
        if stage == SEND:
            hits = [hit for hit in hits if hit.level == HOLD]
        found[paper.order_id] = hits
        if not any(hit.level == HOLD for hit in hits):
            pool.let_pass(paper)
    return found
