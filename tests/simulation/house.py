"""The house every simulated life begins in: the demo group, and orders that real people's hands released.

`python -m tests.simulation.house --orders N --seed S` fills the (migrated or empty) database DATABASE_URL names, and adds
a table that remembers every change of state of every instruction, written by a trigger of the test's own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kernel import clock
from tests import schema

if TYPE_CHECKING:
    from masterdata.models import User
    from payments.content import OrderRequest

START = datetime(
    2026, 3, 10, 9, 30, tzinfo=clock.SHANGHAI
)  # a Tuesday, inside every clearing window
CONNECTION = "模拟前置机"
ITEMS_MAX = 5  # small batches: many messages, so that faults and kills find something to hit
BANKS = {"中国工商银行": "102100099996", "中国银行": "104100000004", "招商银行": "308584000013"}
ODD_NAMES = {
    7: "户名不符",
    11: "已销户",
    19: "户名不符",
}  # words the simulated bank fails a payment for

HISTORY_SQL = """
    CREATE TABLE sim_move (id bigserial PRIMARY KEY, instruction_id bigint, old text, new text, fence integer,
                           at timestamptz DEFAULT clock_timestamp());
    CREATE FUNCTION sim_note() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.state IS DISTINCT FROM NEW.state THEN
            INSERT INTO sim_move (instruction_id, old, new, fence) VALUES (NEW.id, OLD.state, NEW.state, NEW.fence);
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER sim_note AFTER UPDATE ON payments_paymentinstruction FOR EACH ROW EXECUTE FUNCTION sim_note();
"""


def requests(count: int, *, seed: int) -> Iterator[tuple[OrderRequest, str, str]]:
    """Payments as a finance system asks for them, with the payee's bank and CNAPS code; no two look alike."""
    from payments.content import OrderRequest
    from yqlink.management import demo

    draw = random.Random(seed)
    payers = [(spec.company, spec.number) for spec in demo.ACCOUNTS if spec.is_linked]
    for number in range(count):
        company, payer = payers[number % len(payers)]
        bank = draw.choice(list(BANKS))
        amount = Decimal(draw.randrange(10_000, 4_900_000)) / 100 + number
        if number % 10 == 3:
            amount += 60_000  # one approver
        yield (
            OrderRequest(
                company_code=company,
                payer_number=payer,
                payee_number=f"62{seed % 1000:03d}{number:06d}71",
                payee_name=f"江阴模拟{ODD_NAMES.get(number, '')}{number:04d}有限公司",
                amount=amount,
                wish_date=START.date(),
                payee_code=f"V{number:05d}",
                purpose="货款",
                remark=f"合同{seed}-{number:05d}",
                source_system="sim",
                erp_doc_no=f"FK{seed}-{number:05d}",
                invoice_no=f"{seed}{number:07d}",
            ),
            bank,
            BANKS[bank],
        )


def lay_foundations() -> dict[str, User]:
    """Companies, people, accounts, the connection, the matrix and the bank's profile; people by username."""
    from approvals import matrix
    from bankbridge.services import profiles
    from kernel.secrets import Secret
    from masterdata.services import seeding
    from payments.services import baseline
    from yqlink.management import demo

    seeding.ensure_directory()
    profiles.sync()
    companies = seeding.ensure_companies(demo.COMPANIES)
    people = seeding.ensure_people(demo.PEOPLE, companies=companies, password_hash="!", reset=False)
    connection = seeding.ensure_connection(
        name=CONNECTION,
        values=demo.CONNECTION | {"connect_timeout_s": 2, "read_timeout_s": 2, "parallel_max": 2},
        endpoints={"main": "http://127.0.0.1:9"},
        credentials={"oprpwd": Secret("simulated")},
    )
    for spec in demo.ACCOUNTS:
        if spec.is_linked:
            draft = spec.draft(company=companies[spec.company], connection_id=connection.pk)
            seeding.ensure_account(draft, is_direct_link=True)
    matrix.lay_down_bands(demo.APPROVAL_BANDS, source_note="模拟")
    baseline.lay_down_routes()
    for code, subject in demo.LIVE_PAIRS:
        baseline.take_live(companies[code], subject, source_note="模拟")
    return people


def make_orders(
    wanted: Sequence[tuple[OrderRequest, str, str]], people: dict[str, User]
) -> list[int]:
    """Stage and confirm the payees, draft the orders; their ids."""
    from django.db import transaction

    from masterdata import selectors as masterdata
    from masterdata.services import seeding
    from masterdata.services.payees import PayeeProposal
    from payments.services.drafting import draft_orders

    maker = people["maker1"]
    with transaction.atomic():
        payees = [
            PayeeProposal(r.payee_code, r.payee_name, r.payee_number, bank, cnaps)
            for r, bank, cnaps in wanted
        ]
        seeding.ensure_payees(
            payees,
            proposer=maker,
            confirmer=people["admin1"],
            source_note="模拟",
            in_use_since=clock.now() - timedelta(days=400),
        )
    scope = masterdata.scope_of(maker)
    with transaction.atomic():
        drafts = draft_orders(requests=[r for r, _, _ in wanted], maker=maker, scope=scope)
        return [order.pk for order in drafts]


def walk(ids: Sequence[int], people: dict[str, User]) -> int:
    """Take the orders through everybody's hands; how many were released. Raises RuntimeError on any refusal."""
    from masterdata import selectors as masterdata
    from payments import selectors
    from payments.services import orders
    from tests.signing import hand_of

    def items(state: str) -> list[tuple[int, int, str]]:
        rows = selectors.visible_orders(masterdata.system_scope()).filter(pk__in=ids, state=state)
        return list(rows.order_by("pk").values_list("pk", "version", "content_hash"))

    def decided(step: Any, who: str, state: str) -> Any:
        return step(items=items(state), actor=people[who], hand=hand_of(people[who]))

    refused: list[Any] = []
    refused += orders.submit_orders(items=items("draft"), actor=people["maker1"]).refused
    refused += decided(orders.check_orders, "checker1", "pending_check").refused
    refused += decided(orders.approve_orders, "approver1", "pending_approval").refused
    done = decided(orders.release_orders, "releaser1", "pending_release")
    refused += done.refused
    if refused or len(done.done) != len(ids):
        raise RuntimeError(f"{len(done.done)} of {len(ids)} released, refused: {refused[:5]}")
    return len(done.done)


def build(count: int, *, seed: int, items_max: int = ITEMS_MAX) -> int:
    """Everything; how many orders were released."""
    from django.db import connection, transaction

    from masterdata import selectors as masterdata
    from masterdata.models import BankProfile
    from tests.build import tell_balance

    with transaction.atomic():
        people = lay_foundations()
        BankProfile.objects.update(items_max=items_max, inquiry_items_max=20)
    for account in masterdata.visible_accounts(masterdata.system_scope()):
        tell_balance(account)
    released = walk(make_orders(list(requests(count, seed=seed)), people), people) if count else 0
    with connection.cursor() as cursor:
        cursor.execute(HISTORY_SQL)
    return released


def accounts_file(path: Path) -> Path:
    """What the simulated bank opens at its start."""
    from yqlink.management import demo

    path.write_text(json.dumps(demo.SIMULATOR_ACCOUNTS, ensure_ascii=False), "utf-8")
    return path


def main(argv: Sequence[str] | None = None) -> int:
    """Migrate and build; prints the number of released orders."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.house")
    parser.add_argument("--orders", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--items-max", type=int, default=ITEMS_MAX)
    parser.add_argument("--accounts", type=Path)
    options = parser.parse_args(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yqlink.settings.test")
    import django

    django.setup()
    from django.core.management import call_command

    schema.load(os.environ["DATABASE_URL"])
    call_command("migrate", verbosity=0, interactive=False)
    print(build(options.orders, seed=options.seed, items_max=options.items_max))
    if options.accounts:
        accounts_file(options.accounts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
