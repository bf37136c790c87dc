"""State diagrams drawn from the Flows themselves, so that docs/states/ cannot tell another story than the code."""

from __future__ import annotations

from kernel.states import Flow
from ledger.states import PERIOD, VOUCHER
from masterdata.states import COUNTERPARTY_ACCOUNT
from payments.states import INSTRUCTION, ORDER, SCHEDULE
from receipts.states import NOTICE, RUN
from reconciliation.states import DAY, STATEMENT

FLOWS: dict[str, tuple[str, Flow]] = {
    "payment_order": ("付款单 payment order", ORDER),
    "payment_instruction": ("支付指令 payment instruction", INSTRUCTION),
    "voucher": ("凭证 voucher", VOUCHER),
    "period": ("会计期间 period", PERIOD),
    "recurring_schedule": ("周期付款计划 recurring schedule", SCHEDULE),
    "arrival_notice": ("到款通知单 arrival notice", NOTICE),
    "collection_run": ("归集执行 collection run", RUN),
    "reconciliation_statement": ("余额调节表 bank reconciliation statement", STATEMENT),
    "day_sign_off": ("日对账签署 day sign-off", DAY),
    "payee_account": ("收款账户 payee account", COUNTERPARTY_ACCOUNT),
}


def pages() -> dict[str, str]:
    """Markdown of each Flow by file name: its diagram, and its table of moves."""
    drawn = {}
    for name, (title, flow) in FLOWS.items():
        rows = "".join(
            f"| {one.name} | {', '.join(one.sources)} | {one.target} |\n" for one in flow.moves
        )
        drawn[f"{name}.md"] = (
            f"# {title}\n\nDrawn by `manage.py draw_states`; every move that is not here is refused by the code and by a\n"
            f"database trigger.\n\n```mermaid\n{flow.diagram()}```\n\n| move | from | to |\n|---|---|---|\n{rows}"
        )
    return drawn
