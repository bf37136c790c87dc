"""Screening over values alone, and twenty traps set for people who decide: each is named in plain words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from kernel.clock import SHANGHAI
from payments.checks import Facts, Paper, Scene, judge, screen
from payments.checks.screening import Neighbours, Past
from payments.topics import ScreeningRules
from tests.payments.test_duplicates import (
    BAND,
    CALENDAR,
    TODAY,
    a_debit,
    a_paper,
    by_default,
)

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
ME = "6222000010"


def a_past(amount: str = "1000.00", *, days: int = 20, version_no: int = 1) -> Past:
    return Past(Decimal(amount), "CNY", NOW - timedelta(days=days), version_no, "P0")


def a_scene(**changes: object) -> Scene:
    """A payee that is paid about a thousand every three weeks."""
    habit = [a_past(f"{900 + 20 * n}.00", days=20 + 20 * n) for n in range(6)]
    values: dict[str, object] = {
        "now": NOW, "calendar": CALENDAR, "past": {ME: habit}, "versions": {2: 1},
    }  # fmt: skip
    return Scene(**(values | changes))  # type: ignore[arg-type]  # a table of facts


def told(paper: Paper, scene: Scene, rules: ScreeningRules | None = None) -> dict[str, str]:
    """Scenario → level."""
    found = screen([paper], scene, lambda _: (rules or ScreeningRules(), 0))
    return {hit.rule: hit.level for hit in found[paper.order_id]}


def test_an_ordinary_payment_is_let_alone():
    assert told(a_paper(2), a_scene()) == {}


@pytest.mark.parametrize(
    ("scene", "paper", "hit"),
    [
        ({"past": {}}, {}, ("first_payment", "inform")),
        ({"neighbours": {2: Neighbours(vendors=("别家",))}}, {}, ("shared_account", "tick")),
        ({"neighbours": {2: Neighbours(own_company="集团")}}, {}, ("insider", "tick")),
        ({"neighbours": {2: Neighbours(employee="张明")}}, {}, ("insider", "tick")),
        ({"thresholds": [BAND]}, {"amount": Decimal("49500.00")}, ("near_limit", "inform")),
        ({}, {"amount": Decimal("3000.00")}, ("unusual_amount", "tick")),
        ({"now": NOW.replace(hour=22)}, {}, ("unusual_time", "inform")),
        ({"now": NOW + timedelta(days=4)}, {}, ("unusual_time", "inform")),  # a Saturday
        ({"versions": {2: 2}}, {}, ("changed", "tick")),
        ({"past": {ME: [a_past("200000.00")]}}, {"amount": Decimal("200000.00")}, ("round_sum", "inform")),
        ({"past": {ME: [a_past(days=181)]}}, {}, ("dormant", "tick")),
        ({"free_typed": frozenset({2})}, {}, ("free_typed", "tick")),
    ],
)  # fmt: skip
def test_each_scenario_is_told_at_its_level(scene, paper, hit):
    assert hit in told(a_paper(2, **paper), a_scene(**scene)).items()


@pytest.mark.parametrize(
    ("scene", "paper", "name"),
    [
        ({"past": {ME: [a_past()] * 4}}, {"amount": Decimal("9000.00")}, "unusual_amount"),  # no habit yet
        ({}, {"amount": Decimal("2999.99")}, "unusual_amount"),
        ({"past": {ME: [a_past("99990.00")]}}, {"amount": Decimal("90000.00")}, "round_sum"),
        ({"past": {ME: [a_past("200000.00")]}}, {"amount": Decimal("205000.00")}, "round_sum"),
        ({"past": {ME: [a_past(days=180)]}}, {}, "dormant"),
        ({"past": {ME: [a_past(version_no=0)]}}, {}, "changed"),  # paid before versions were kept
        ({"now": NOW.replace(hour=7, minute=30)}, {}, "unusual_time"),
    ],
)  # fmt: skip
def test_what_is_still_usual_is_not_told(scene, paper, name):
    assert name not in told(a_paper(2, **paper), a_scene(**scene))


def test_the_strategy_sets_the_level_and_may_silence_it():
    scene = a_scene(past={})

    assert told(a_paper(2), scene, ScreeningRules(first_payment_level="hold")) == {"first_payment": "hold"}  # fmt: skip
    assert told(a_paper(2), scene, ScreeningRules(first_payment_level="off")) == {}


def test_a_transfer_between_own_accounts_is_judged_by_its_hour_alone():
    scene = a_scene(past={}, internal=frozenset({2}), now=NOW.replace(hour=23))

    assert told(a_paper(2), scene) == {"unusual_time": "inform"}


def test_what_somebody_answered_for_is_not_told_again():
    lifted = frozenset({("first_payment", 2, "hash2", "", 0, "")})

    assert told(a_paper(2), a_scene(past={}, lifted=lifted)) == {}
    assert told(a_paper(2, content_hash="new"), a_scene(past={}, lifted=lifted)) != {}


# --- twenty traps: (what is wrong, the order, what screening knows, what the duplicate rules know, words shown) --------

_TWIN = a_paper(1)
TRAPS = [
    ("the same payment again", {}, {}, {"twins": [_TWIN]}, "用途相同"),
    ("the same amount by another company", {"company_id": 2}, {}, {"twins": [_TWIN]}, "收款账号、金额相同"),
    ("the same amount to the payee's other account", {"payee_number": "99"}, {}, {"twins": [_TWIN]}, "收款户名、金额相同"),
    ("an invoice paid before", {"amount": Decimal(7), "invoice_no": "A-77"}, {}, {"twins": [replace(_TWIN, invoice_no="a77")]}, "发票号 A77"),
    ("a contract paid before", {"amount": Decimal(7), "remark": "合同HT0001"}, {}, {"twins": [replace(_TWIN, remark="合同HT0001")]}, "合同号 HT0001"),
    ("split below a band", {"amount": Decimal("49000.00")}, {}, {"twins": [replace(_TWIN, amount=Decimal("48000.00"))], "thresholds": [BAND]}, "拆分付款"),
    ("paid at the counter already", {}, {}, {"debits": [a_debit()]}, "柜台"),
    ("a debit that names nobody", {}, {}, {"debits": [a_debit(counterparty_number="")]}, "柜台"),
    ("a payment that came back", {}, {}, {"twins": [replace(_TWIN, state="released", shown_state="returned")]}, "退票"),
    ("a payee never paid", {}, {"past": {}}, {}, "首次向该收款账户付款"),
    ("another account than before", {"payee_number": "99"}, {"other_numbers": {_TWIN.name_key: [ME]}}, {}, "此前付给同名收款方的账号"),
    ("particulars changed since", {}, {"versions": {2: 3}}, {}, "第 1 版 → 第 3 版"),
    ("an account of two vendors", {}, {"neighbours": {2: Neighbours(vendors=("别家",))}}, {}, "别家"),
    ("an employee's account", {}, {"neighbours": {2: Neighbours(employee="张明")}}, {}, "张明"),
    ("our own account", {}, {"neighbours": {2: Neighbours(own_company="澄江化工")}}, {}, "澄江化工"),
    ("just under the next approver", {"amount": Decimal("49999.00")}, {"thresholds": [BAND]}, {}, "略低于审批线"),
    ("a zero too many", {"amount": Decimal("10000.00")}, {}, {}, "10.0 倍"),
    ("a round sum", {"amount": Decimal("500000.00")}, {}, {}, "整数金额"),
    ("nobody paid for a year", {}, {"past": {ME: [a_past(days=400)]}}, {}, "400 天未向该账户付款"),
    ("late at night", {}, {"now": NOW.replace(hour=23)}, {}, "非工作时间（23:00）"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("paper", "scene", "facts", "words"), [t[1:] for t in TRAPS], ids=[t[0] for t in TRAPS]
)
def test_each_of_twenty_traps_is_named_in_plain_words(paper, scene, facts, words):
    one = a_paper(2, **paper)
    known = Facts(today=TODAY, calendar=CALENDAR, **facts)

    hits = judge([one], known, by_default, stage="submit")[2]
    odd = screen([one], a_scene(**scene), lambda _: (ScreeningRules(), 0))[2]

    assert any(words in hit.message for hit in (*hits, *odd))
    assert all(hit.message_en for hit in (*hits, *odd))
