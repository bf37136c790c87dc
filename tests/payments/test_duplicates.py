"""The duplicate rules over values alone: each rule's own case, its neighbours that are no duplicates, and a seeded set."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from kernel.clock import SHANGHAI, Calendar
from payments.checks import Facts, Paper, judge
from payments.checks.duplicates import (
    Debit,
    FileTwin,
    OtherAccount,
    Threshold,
)
from payments.topics import DuplicateRules

TODAY = date(2026, 11, 24)  # a Tuesday
CALENDAR = Calendar(holidays=frozenset({date(2026, 11, 19)}))


def by_default(_: Paper) -> tuple[DuplicateRules, int]:
    return DuplicateRules(), 0


BAND = Threshold(Decimal("50000.00"), "CNY", "审批线")


def a_paper(order_id: int = 2, **changes: object) -> Paper:
    values: dict[str, object] = {
        "order_id": order_id, "order_no": f"P{order_id}", "company_id": 1, "payer_account_id": 1,
        "payee_account_id": 7, "payee_name": "江阴恒源化工有限公司", "payee_number": "6222000010",
        "amount": Decimal("1000.00"), "currency": "CNY", "purpose": "货款", "remark": "",
        "invoice_no": "", "erp_doc_type": "付款单", "erp_doc_no": f"FK{order_id:06d}",
        "erp_line_no": "1", "wish_date": TODAY,
        "created_at": datetime(2026, 11, 24, 9, 0, tzinfo=SHANGHAI), "state": "pending_check",
        "shown_state": "pending_check", "content_hash": f"hash{order_id}", "import_set_id": None,
        "schedule_id": None,
    }  # fmt: skip
    return Paper(**(values | changes))  # type: ignore[arg-type]  # a table of columns


def _back(days: int) -> dict[str, object]:
    moment = datetime(2026, 11, 24, 9, 0, tzinfo=SHANGHAI) - timedelta(days=days)
    return {"created_at": moment, "wish_date": moment.date()}


def hits(
    paper: Paper,
    *twins: Paper,
    stage: str = "submit",
    rules: DuplicateRules | None = None,
    **facts: object,
):  # type: ignore[no-untyped-def]
    known = Facts(today=TODAY, calendar=CALENDAR, twins=twins, **facts)  # type: ignore[arg-type]  # a table of facts
    ruled = (rules or DuplicateRules(), 0)
    found = judge([paper], known, lambda _: ruled, stage=stage)[paper.order_id]
    return [(hit.rule, hit.level) for hit in found]


class TestD3:
    def test_holds_the_same_payment_of_one_company(self):
        assert hits(a_paper(2), a_paper(1)) == [("D3", "hold")]

    @pytest.mark.parametrize("purpose", ["货 款", "货款。", "货款（）", " 货款 "])
    def test_reads_over_blanks_and_marks_in_the_purpose(self, purpose):
        assert hits(a_paper(2, purpose=purpose), a_paper(1)) == [("D3", "hold")]

    @pytest.mark.parametrize(
        ("days", "found"), [(8, [("D3", "hold")]), (11, [])]
    )  # five working days back from Tuesday over a holiday is Monday of the week before
    def test_counts_working_days(self, days, found):
        assert hits(a_paper(2), a_paper(1, **_back(days))) == found

    def test_a_hit_stands_however_long_its_order_waits(self):
        old, older = a_paper(2, **_back(40)), a_paper(1, **_back(41))

        assert hits(old, older) == [("D3", "hold")]

    def test_sees_two_orders_made_far_apart_for_the_same_day(self):
        far = {"wish_date": date(2026, 12, 30)}

        assert hits(a_paper(2, **far), a_paper(1, **(_back(30) | far))) == [("D3", "hold")]

    @pytest.mark.parametrize(
        "other",
        [
            {"amount": Decimal("1000.01")},
            {"currency": "USD"},
            {"payee_number": "6222000011", "payee_name": "别家"},
        ],
    )
    def test_another_amount_currency_or_payee_is_no_duplicate(self, other):
        assert hits(a_paper(2, **other), a_paper(1)) == []


class TestD4:
    @pytest.mark.parametrize(
        "other",
        [
            {"company_id": 2},
            {"purpose": "运费"},
            {"payee_number": "6222000099"},  # the same payee's other account
            {"payee_number": "6222000099", "payee_name": "江阴恒源化工有限 公司"},
        ],
    )
    def test_asks_the_approver_to_tick(self, other):
        assert hits(a_paper(2, **other), a_paper(1)) == [("D4", "tick")]

    def test_looks_three_working_days_back(self):
        far = a_paper(1, company_id=2, **_back(7))

        assert hits(a_paper(2), far) == []


class TestD5:
    @pytest.mark.parametrize(
        ("mine", "theirs"),
        [
            ({"invoice_no": "INV-2026-0012"}, {"invoice_no": "inv 20260012"}),
            ({"invoice_no": "７３６２２３３１"}, {"invoice_no": "73622331"}),
            ({"invoice_no": "73622331"}, {"remark": "发票73622331货款"}),
            ({"purpose": "货款 合同HT00000594348"}, {"remark": "合同号：HT00000594348"}),
            ({"remark": "补付FK000001"}, {}),
            ({"invoice_no": "11112222、33334444"}, {"invoice_no": "33334444"}),
        ],
    )
    def test_holds_what_names_the_same_paper(self, mine, theirs):
        other = {"amount": Decimal("7.00"), "payee_number": "1", "payee_name": "别家"}

        assert hits(a_paper(2, **mine), a_paper(1, **(other | theirs))) == [("D5", "hold")]

    def test_holds_a_document_line_that_came_in_by_another_way(self):
        again = a_paper(2, erp_doc_no="FK000001", amount=Decimal("7.00"))

        assert hits(again, a_paper(1)) == [("D5", "hold")]

    @pytest.mark.parametrize(
        "text",
        ["2026-11-24 货款", "20261124", "2026年11月", "1,234,567.89 元", "房租 11 月", "A-1"],
    )
    def test_dates_and_amounts_are_no_papers(self, text):
        other = {"amount": Decimal("7.00"), "payee_number": "1", "payee_name": "别家"}

        assert hits(a_paper(2, remark=text), a_paper(1, remark=text, **other)) == []

    def test_lines_of_one_document_are_no_duplicates(self):
        other = {"amount": Decimal("7.00"), "payee_number": "1", "payee_name": "别家"}
        first = a_paper(1, erp_doc_no="FK9", remark="单据FK9", **other)

        assert hits(a_paper(2, erp_doc_no="FK9", erp_line_no="2", remark="单据FK9"), first) == []

    def test_a_contract_alone_may_be_let_through_to_the_approver(self):
        rules = DuplicateRules(d5_contract_action="tick")
        other = a_paper(1, amount=Decimal("7.00"), remark="合同HT0001")

        assert hits(a_paper(2, remark="合同HT0001"), other, rules=rules) == [("D5", "tick")]


class TestD6:
    def test_holds_a_payment_split_below_a_band(self):
        mine = a_paper(2, amount=Decimal("49000.00"), purpose="一期")
        other = a_paper(1, amount=Decimal("48500.00"))

        assert hits(mine, other, thresholds=[BAND]) == [("D6", "hold")]

    @pytest.mark.parametrize(
        "other",
        [
            {"amount": Decimal("44999.99")},  # not just under it
            {"amount": Decimal("50000.00")},
            {"amount": Decimal("48500.00"), "company_id": 2},
            {"amount": Decimal("48500.00"), **_back(1)},
        ],
    )
    def test_leaves_others_alone(self, other):
        mine = a_paper(2, amount=Decimal("49000.00"))

        assert hits(mine, a_paper(1, **other), thresholds=[BAND]) == []


class TestD7:
    def test_holds_the_orders_of_a_list_that_repeats_another(self):
        twin = FileTwin(3, "付款.xlsx", TODAY, "sha")

        assert hits(a_paper(2, import_set_id=9), files={9: twin}) == [("D7", "hold")]


class TestD8:
    def test_holds_a_known_name_with_a_young_account(self):
        elder = OtherAccount(5, "6222000001", TODAY, "1")

        assert hits(a_paper(2), other_accounts={7: elder}) == [("D8", "hold")]


def a_debit(**changes: object) -> Debit:
    values: dict[str, object] = {
        "entry_id": 4, "company_id": 1, "payer_account_id": 1, "amount": Decimal("1000.00"),
        "currency": "CNY", "counterparty_number": "6222000010", "counterparty_name": "",
        "bank_date": TODAY, "bank_serial": "S1", "digest": "d",
    }  # fmt: skip
    return Debit(**(values | changes))  # type: ignore[arg-type]  # a table of columns


class TestD9:
    @pytest.mark.parametrize(
        ("debit", "level"),
        [
            ({}, "hold"),
            ({"payer_account_id": 2}, "hold"),  # paid from another account of the company
            ({"counterparty_number": "", "counterparty_name": "江阴恒源化工"}, "hold"),
            ({"counterparty_number": ""}, "tick"),  # the bank names nobody
        ],
    )
    def test_finds_what_was_paid_at_the_counter(self, debit, level):
        assert hits(a_paper(2), debits=[a_debit(**debit)]) == [("D9", level)]

    @pytest.mark.parametrize(
        "debit",
        [
            {"amount": Decimal("1000.01")},
            {"company_id": 2},
            {"counterparty_number": "6222000011"},
            {"counterparty_number": "", "counterparty_name": "别家"},
            {"bank_date": TODAY - timedelta(days=30)},
        ],
    )
    def test_leaves_other_debits_alone(self, debit):
        assert hits(a_paper(2), debits=[a_debit(**debit)]) == []


class TestWhatCameBack:
    def test_a_like_payment_is_held_until_the_money_is_back(self):
        returned = a_paper(1, state="released", shown_state="returned", **_back(10))

        assert hits(a_paper(2, purpose="再付"), returned) == [("RET", "hold")]
        assert hits(a_paper(2), returned, money_back=frozenset({1})) == [("RET", "tick")]


class TestSchedules:
    def test_planned_dates_of_one_schedule_are_no_duplicates(self):
        first = a_paper(1, schedule_id=5, wish_date=TODAY, remark="合同HT0001")
        second = a_paper(2, schedule_id=5, wish_date=TODAY + timedelta(days=1), remark="合同HT0001")

        assert hits(second, first) == []

    @pytest.mark.parametrize("schedule", [None, 6])
    def test_but_one_beside_the_schedule_is(self, schedule):
        planned = a_paper(2, schedule_id=5, wish_date=TODAY + timedelta(days=1))

        assert hits(planned, a_paper(1, schedule_id=schedule)) == [("D3", "hold")]


class TestLifts:
    PAIR = ("D3", 2, "hash2", "order", 1, "hash1")

    @pytest.mark.parametrize("pair", [PAIR, ("D3", 1, "hash1", "order", 2, "hash2")])
    def test_a_hit_lifted_on_either_side_is_lifted(self, pair):
        assert hits(a_paper(2), a_paper(1), lifted=frozenset({pair})) == []

    @pytest.mark.parametrize("changed", [{"content_hash": "new"}])
    def test_binds_to_what_both_sides_said(self, changed):
        lifted = frozenset({self.PAIR})

        assert hits(a_paper(2), a_paper(1, **changed), lifted=lifted) == [("D3", "hold")]
        assert hits(a_paper(2, **changed), a_paper(1), lifted=lifted) == [("D3", "hold")]


class TestWhoWaits:
    def test_of_a_list_of_look_alikes_the_first_goes_on(self):
        papers = [a_paper(pk) for pk in (3, 1, 2)]

        found = judge(papers, Facts(today=TODAY, calendar=CALENDAR), by_default, stage="submit")

        assert [pk for pk in (1, 2, 3) if not found[pk]] == [1]

    @pytest.mark.parametrize(
        ("twin", "found"),
        [
            ({"state": "released", "shown_state": "queued"}, True),
            ({}, False),  # submitted beside it, but later: it will wait at its own release
        ],
    )
    def test_at_release_only_what_is_ahead_holds(self, twin, found):
        later = a_paper(9, **twin)

        assert bool(hits(a_paper(2), later, stage="release")) is found

    @pytest.mark.parametrize(
        ("pk", "shown", "found"),
        [(9, "sending", True), (9, "queued", False), (1, "queued", True), (9, "unknown", True)],
    )
    def test_at_send_only_what_left_or_leaves_first_holds(self, pk, shown, found):
        twin = a_paper(pk, state="released", shown_state=shown)

        assert bool(hits(a_paper(2), twin, stage="send")) is found

    def test_at_send_nobody_is_asked_to_tick(self):
        twin = a_paper(1, company_id=2, state="released", shown_state="sending")

        assert hits(a_paper(2), twin, stage="send") == []


def test_no_rule_finds_another_purpose_without_papers_a_week_later():
    bare = {"purpose": "尾款", "erp_doc_no": "ZZ1"}

    assert hits(a_paper(2, **bare), a_paper(1, **_back(7))) == []


# --- a seeded set: every exact duplicate and nearly every near one is found, and few others are ------------------------

_NEAR = (
    lambda p, r: {"purpose": f" {p.purpose}。"},
    lambda p, r: {"company_id": p.company_id + 1, "payer_account_id": 99},
    lambda p, r: {"purpose": "尾款"},
    lambda p, r: {"purpose": "尾款", "invoice_no": p.invoice_no, **_later(p, r.randint(10, 300))},
    lambda p, r: {"amount": p.amount + 1, "invoice_no": p.invoice_no.lower().replace("INV", "inv ")},
    lambda p, r: {"amount": p.amount * 2, "invoice_no": "", "remark": f"补开发票{p.invoice_no}"},
    lambda p, r: {"payee_number": f"9{p.payee_number}", "purpose": p.purpose},
    lambda p, r: {"payee_name": p.payee_name.replace("（", "(").replace("）", ")")},
    lambda p, r: {"erp_doc_no": p.erp_doc_no, "erp_line_no": p.erp_line_no, "amount": p.amount + 5},
    lambda p, r: {"amount": p.amount - 3, "remark": p.remark, **_later(p, r.randint(1, 200))},
    lambda p, r: {"purpose": p.purpose, **_later(p, r.randint(1, 4))},
)  # fmt: skip


def _later(paper: Paper, days: int) -> dict[str, object]:
    return {
        "created_at": paper.created_at + timedelta(days=days),
        "wish_date": paper.wish_date + timedelta(days=days),
    }


def _an_honest_month(rnd: random.Random, count: int) -> list[Paper]:
    """Payments of a group to 120 payees over two months, none of which repeats another."""
    purposes = ["货款", "运费", "设备款", "检测费", "工程进度款", "广告费"]
    papers = []
    for pk in range(1, count + 1):
        payee, back = rnd.randrange(120), rnd.randrange(60)
        amount = Decimal(rnd.randrange(100_00, 900_000_00)) / 100
        if rnd.random() < 0.15:  # round sums are common
            amount = Decimal(rnd.randrange(1, 90)) * 10_000
        papers.append(
            a_paper(
                pk, company_id=rnd.randrange(1, 5), payee_number=f"6222{payee:06d}",
                payee_name=f"收款（{payee}）有限公司", amount=amount, purpose=rnd.choice(purposes),
                invoice_no=f"INV{10_000_000 + pk * 37}", remark=f"合同HT{pk * 7919:09d}",
                **_back(back),
            )
        )  # fmt: skip
    return papers


def _found(paper: Paper, others: list[Paper]) -> bool:
    facts = Facts(today=paper.day, calendar=CALENDAR, twins=others, thresholds=[BAND])
    return bool(judge([paper], facts, by_default, stage="submit")[paper.order_id])


def test_a_seeded_set_finds_every_exact_and_nearly_every_near_duplicate(capsys):
    rnd = random.Random(20261124)
    honest = _an_honest_month(rnd, 1500)
    victims = rnd.sample(honest, 220)
    exact = [
        replace(one, order_id=9000 + n, order_no=f"Q{n}", erp_doc_no=f"ZZ{n:06d}", content_hash="x")
        for n, one in enumerate(victims[:110])
    ]
    near = []
    for n, one in enumerate(victims[110:]):
        blank = {"invoice_no": "", "remark": "", "erp_doc_no": f"ZY{n:06d}", "content_hash": "x"}
        change = blank | _NEAR[n % len(_NEAR)](one, rnd)
        near.append(replace(one, order_id=9500 + n, order_no=f"R{n}", **change))

    exact_found = sum(_found(one, honest) for one in exact)
    near_found = sum(_found(one, honest) for one in near)
    facts = Facts(today=TODAY, calendar=CALENDAR, thresholds=[BAND])
    judged = judge(honest, facts, by_default, stage="submit")
    held = sum(any(hit.level == "hold" for hit in found) for found in judged.values())
    ticked = sum(any(hit.level == "tick" for hit in found) for found in judged.values())

    with capsys.disabled():
        print(
            f"\n  duplicates: exact {exact_found}/{len(exact)}, near {near_found}/{len(near)};"
            f" false alarms of {len(honest)}: held {held}, to tick {ticked}"
        )
    assert exact_found == len(exact)
    assert near_found >= 0.95 * len(near)
    assert held <= 0.01 * len(honest)
