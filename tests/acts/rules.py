"""Duplicate rules and screening: each window narrows, each action is taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from payments.checks.duplicates import FileTwin, OtherAccount
from payments.checks.screening import Neighbours
from payments.topics import DuplicateRules, ScreeningRules
from tests.acts import Act, ruling
from tests.payments.test_duplicates import BAND, TODAY, _back, a_debit, a_paper, hits
from tests.payments.test_screening import ME, NOW, a_past, a_scene, told

Said = Mapping[str, Any]
DUPLICATES, SCREENING = f"strategy.{DuplicateRules.key}", f"strategy.{ScreeningRules.key}"
SEVEN = {"amount": Decimal("7.00")}


def _seen(paper: Said, twins: list[Said], **facts: Any) -> Callable[[Said], list[tuple[str, str]]]:
    def see(said: Said) -> list[tuple[str, str]]:
        """The rule that finds the payment a duplicate, and how it is treated."""
        others = [a_paper(number, **twin) for number, twin in enumerate(twins, start=100)]
        rules = ruling(DuplicateRules, said)
        return hits(a_paper(200, **paper), *others, rules=rules, **facts)

    return see


week_ago = _seen({}, [_back(8)])
elsewhere = _seen({}, [{"company_id": 2}])
elsewhere_ago = _seen({}, [{"company_id": 2} | _back(8)])
invoice = {"invoice_no": "A-77"}
cited = _seen(SEVEN | invoice, [invoice])
cited_ago = _seen(SEVEN | invoice, [invoice | _back(40)])
contract = _seen(SEVEN | {"remark": "合同HT0001"}, [{"remark": "合同HT0001"}])
split = _seen({"amount": Decimal("46000.00")}, [{"amount": Decimal("47000.00")}], thresholds=[BAND])
list_twin = FileTwin(4, "清单.xlsx", TODAY - timedelta(days=20), "d")
same_list = _seen({"import_set_id": 5}, [], files={5: list_twin})
older = OtherAccount(6, "6222000009", TODAY - timedelta(days=20), "d")
new_account = _seen({}, [], other_accounts={7: older})
debited = _seen({}, [], debits=[a_debit(bank_date=TODAY - timedelta(days=8))])
came_back = _seen({}, [{"state": "released", "shown_state": "returned"} | _back(20)])


def _actions(name: str, rule: str, see: Callable[[Said], object]) -> Act:
    told_ = ("inform", [(rule, "inform")])
    return Act(DUPLICATES, name, told_, ("off", []), see)


def _window(name: str, rule: str, wide: int, narrow: int, see: Callable[[Said], object]) -> Act:
    base = {name.split("_")[0] + "_action": "inform"}
    return Act(DUPLICATES, name, (wide, [(rule, "inform")]), (narrow, []), see, base)


def _odd(name: str, paper: Said = {}, **scene: Any) -> Callable[[Said], str | None]:  # noqa: B006  # never changed
    def see(said: Said) -> str | None:
        """How what is odd about the payment is treated."""
        rules = ruling(ScreeningRules, said)
        return told(a_paper(2, **paper), a_scene(**scene), rules).get(name)

    return see


LARGE = {"past": {ME: [a_past("200000.00")]}}
SCENES: dict[str, Callable[[Said], str | None]] = {
    "first_payment": _odd("first_payment", past={}),
    "shared_account": _odd("shared_account", neighbours={2: Neighbours(vendors=("别家",))}),
    "insider": _odd("insider", neighbours={2: Neighbours(employee="张明")}),
    "near_limit": _odd("near_limit", {"amount": Decimal("49200.00")}, thresholds=[BAND]),
    "unusual_amount": _odd("unusual_amount", {"amount": Decimal("3500.00")}),
    "unusual_time": _odd("unusual_time", now=NOW.replace(hour=22)),
    "changed": _odd("changed", versions={2: 2}),
    "round_sum": _odd("round_sum", {"amount": Decimal("205000.00")}, **LARGE),
    "dormant": _odd("dormant", past={ME: [a_past(days=100)]}),
    "free_typed": _odd("free_typed", free_typed=frozenset({2})),
}
# What else must be said for a scene to be odd at all.
BASES = {"round_sum": {"round_to": "5000.00"}, "dormant": {"dormant_days": 90}}
early = _odd("unusual_time", now=NOW.replace(hour=7, minute=45))
evening = _odd("unusual_time", now=NOW.replace(hour=19))


def _odder(name: str, one: Any, other: Any, see: Callable[[Said], object], **base: Any) -> Act:
    return Act(SCREENING, name, (one, "tick"), (other, None), see, base)


ACTS = [
    _window("d3_working_days", "D3", 5, 2, week_ago),
    _actions("d3_action", "D3", week_ago),
    _window("d4_working_days", "D4", 5, 3, elsewhere_ago),
    _actions("d4_action", "D4", elsewhere),
    _window("d5_days", "D5", 365, 30, cited_ago),
    _actions("d5_action", "D5", cited),
    _actions("d5_contract_action", "D5", contract),
    _window("d6_near_percent", "D6", 10, 5, split),
    _actions("d6_action", "D6", split),
    _window("d7_days", "D7", 30, 10, same_list),
    _actions("d7_action", "D7", same_list),
    _window("d8_days", "D8", 30, 10, new_account),
    _actions("d8_action", "D8", new_account),
    _window("d9_working_days", "D9", 10, 3, debited),
    _actions("d9_action", "D9", debited),
    _window("returned_days", "RET", 30, 10, came_back),
    _actions("returned_action", "RET", came_back),
    *(
        Act(SCREENING, f"{name}_level", ("hold", "hold"), ("off", None), see, BASES.get(name, {}))
        for name, see in SCENES.items()
    ),
    _odder("near_limit_percent", 2, 1, SCENES["near_limit"], near_limit_level="tick"),
    _odder("amount_times", 3, 4, SCENES["unusual_amount"]),
    _odder("day_begins", "08:00", "07:30", early, unusual_time_level="tick"),
    _odder("day_ends", "18:30", "20:00", evening, unusual_time_level="tick"),
    _odder("round_from", "200000.00", "210000.00", SCENES["round_sum"], round_sum_level="tick", round_to="5000.00"),
    _odder("round_to", "5000.00", "10000.00", SCENES["round_sum"], round_sum_level="tick"),
    _odder("dormant_days", 90, 180, SCENES["dormant"]),
]  # fmt: skip
